"""Shuffles of pixels and channels, Unflatten and the bilinear form, against torch: dtypes, draws, errors.

The configurations themselves are in torch_ref/cases.py.
"""

import numpy as np
import pytest
import torch

import npnn
from torch_ref import compare_functions, layouts
from torch_ref.values import seeded


def normal(*shape, dtype="float64"):
    return np.random.default_rng(len(shape)).standard_normal(shape).astype(dtype)


CALLS = [
    ("pixel_shuffle", (2, 3, 5, 18), 3),
    ("pixel_shuffle", (3, 5, 8), 2),
    ("pixel_unshuffle", (2, 6, 3, 5), 3),
    ("pixel_unshuffle", (4, 2, 4, 6, 5), 2),
    ("channel_shuffle", (2, 5, 6), 3),
    ("channel_shuffle", (2, 5, 3, 8), 4),
]


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "int64", "bool"])
@pytest.mark.parametrize(("name", "shape", "option"), CALLS)
def test_every_dtype(name, shape, option, dtype):
    mine, theirs = getattr(npnn.functional, name), getattr(torch.nn.functional, name)
    report = compare_functions(
        lambda input: mine(input, option),
        lambda input: theirs(input, option),
        normal(*shape, dtype=dtype),
        layouts=layouts.FUNCTIONS[name],
        second=dtype == "float64",
    )
    report.raise_if_failed()
    assert report.worst("output") == 0


def test_native_channel_shuffle():
    """Of which torch has no derivative."""
    x = normal(2, 5, 3, 8)
    theirs = torch.nn.functional.native_channel_shuffle(torch.from_numpy(x.transpose(0, 3, 1, 2)), 4)
    mine = npnn.functional.native_channel_shuffle(npnn.tensor(x), 4)
    np.testing.assert_array_equal(mine.array, theirs.numpy().transpose(0, 2, 3, 1))


# Sums of 12 products, for the gradients of 5: a few units in the last place.
@pytest.mark.parametrize(("dtype", "tolerance"), [("float16", 1e-2), ("float32", 4e-6), ("float64", 1e-12)])
@pytest.mark.parametrize("lead", [(), (7,), (2, 5), (0,)])
def test_bilinear(lead, dtype, tolerance):
    given = [normal(*shape, dtype=dtype) for shape in ((*lead, 4), (*lead, 3), (4, 3, 5), (5,))]
    for arguments in (given, given[:3]):
        compare_functions(
            npnn.functional.bilinear,
            torch.nn.functional.bilinear,
            *arguments,
            rtol=tolerance,
            atol=tolerance,
            second=dtype == "float64",
        ).raise_if_failed()


@pytest.mark.parametrize("bias", [True, False])
def test_bilinear_starts_with_the_same_draw(bias):
    with seeded(5):
        theirs, mine = (library.nn.Bilinear(4, 3, 5, bias=bias) for library in (torch, npnn))
    np.testing.assert_array_equal(mine.weight.array, theirs.weight.detach().numpy().transpose(1, 2, 0))
    if bias:
        np.testing.assert_array_equal(mine.bias.array, theirs.bias.detach().numpy())


def f(*shape):
    return np.zeros(shape, "f4")


X, Z, W = f(3, 4), f(3, 5), f(4, 5, 6)
ERRORS = [
    ("pixel_shuffle", RuntimeError, "expects input to have at least 3 dimensions", f(3, 4), 2),
    ("pixel_shuffle", RuntimeError, "divisible by the square of upscale_factor", f(4, 4, 3), 2),
    ("pixel_shuffle", RuntimeError, "expects a positive upscale_factor, but got 0", f(4, 4, 4), 0),
    ("pixel_unshuffle", RuntimeError, "expects input to have at least 3 dimensions", f(3, 4), 2),
    ("pixel_unshuffle", RuntimeError, "expects width to be divisible by downscale_factor", f(4, 5, 3), 2),
    ("pixel_unshuffle", RuntimeError, "expects height to be divisible by downscale_factor", f(5, 4, 3), 2),
    ("pixel_unshuffle", RuntimeError, "expects a positive downscale_factor, but got -2", f(4, 4, 3), -2),
    ("channel_shuffle", RuntimeError, "expects input with > 2 dims", f(3, 4), 2),
    ("channel_shuffle", RuntimeError, "Number of channels must be divisible by groups", f(3, 4, 3), 2),
    ("channel_shuffle", RuntimeError, "Number of groups .* must be positive", f(3, 4, 3), 0),
    ("native_channel_shuffle", RuntimeError, "Number of channels must be divisible", f(3, 4, 3), 2),
    ("bilinear", RuntimeError, r"batch dimensions do not match at dim 0: got 3 and 2", X, f(2, 5), W),
    ("bilinear", RuntimeError, "input1 size does not match weight size", f(3, 3), Z, W),
    ("bilinear", RuntimeError, "input2 size does not match weight size", X, f(3, 4), W),
    ("bilinear", RuntimeError, "input dimensions do not match: got 2 and 1", X, f(5), W),
    ("bilinear", RuntimeError, "bias size does not match weight size", X, Z, W, f(4)),
    ("bilinear", IndexError, "Dimension out of range", X, Z, f(4, 4)),
    ("bilinear", RuntimeError, "All tensors must have the same dtype", X.astype("f8"), Z, W),
]


@pytest.mark.parametrize(
    ("name", "error", "pattern", "given"), [(n, e, p, given) for n, e, p, *given in ERRORS]
)
def test_errors(name, error, pattern, given):
    with pytest.raises(error, match=pattern) as caught:
        getattr(npnn.functional, name)(*given)
    assert type(caught.value) is error
    order = layouts.FUNCTIONS[name].of_input("weight" if name == "bilinear" else "input")
    with pytest.raises(error, match=pattern):
        getattr(torch.nn.functional, name)(*(_for_torch(value, order) for value in given))


def _for_torch(value, order):
    if not isinstance(value, np.ndarray):
        return value
    return torch.from_numpy(layouts.to_torch(value, order) if order.fits(value.ndim, "npnn") else value)


@pytest.mark.parametrize("size", [5, (2, 2.5), "ab", None, (2, "b")])
def test_unflatten_refuses_sizes(size):
    for library in (npnn, torch):
        with pytest.raises(TypeError, match=r"unflattened_size must be (a )?tuple of ints"):
            library.nn.Unflatten(1, size)


def test_bilinear_refuses_no_features():
    for library in (npnn, torch):
        with pytest.raises(ValueError, match="in1_features must be > 0, but got"):
            library.nn.Bilinear(0, 3, 4)
