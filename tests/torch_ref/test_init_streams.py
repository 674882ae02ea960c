"""The initializers against torch.nn.init: from the same seed the same weights, in npnn's order of axes."""

from __future__ import annotations

import inspect
import re

import numpy as np
import pytest
import torch

import npnn
from npnn.init.variance_scaling import _GAINS

# In torch's order: Linear weights and kernels of one, two and three axes; normals come in blocks of sixteen.
SHAPES = [(5, 3), (2, 7), (40, 30), (4, 6, 3), (7, 5, 2, 3), (3, 4, 5, 2, 3)]
MATRICES = [shape for shape in SHAPES if len(shape) == 2]
VECTORS = [(7,), (50,), ()]

UNIFORM = {
    "uniform_": {"a": -0.3, "b": 1.7},
    "xavier_uniform_": {"gain": 1.3},
    "kaiming_uniform_": {"a": 5**0.5},
    "kaiming_uniform_ of fan_out": {"mode": "fan_out", "nonlinearity": "relu"},
    "constant_": {"val": 0.3},
    "ones_": {},
    "zeros_": {},
}
NORMAL = {
    "normal_": {"mean": 0.3, "std": 1.7},
    "xavier_normal_": {"gain": 1.3},
    "kaiming_normal_": {"a": 0.2},
    "kaiming_normal_ of fan_out": {"mode": "fan_out", "nonlinearity": "tanh"},
    "trunc_normal_": {},
    "trunc_normal_ to one side": {"mean": 0.5, "std": 2.0, "a": -0.5, "b": 4.0},
}
# Uniform candidates, which are accepted or rejected by a logarithm: bits, unless one lies on the border.
BY_DENSITY = {
    "trunc_normal_ of a stretch": {"mean": 0.5, "std": 2.0, "a": 0.0, "b": 0.9},
    "trunc_normal_ of a tail": {"mean": 0.0, "std": 1.0, "a": 1.25, "b": 3.0},
}
DTYPES = [np.float32, np.float64]


def torch_order(array):
    """The axes of a Linear or convolution weight in torch's order."""
    return array if array.ndim < 2 else np.moveaxis(array, (-1, -2), (0, 1))


def weight(shape, dtype):
    """A layer's weight; what has fewer than two axes has only one order."""
    array = np.empty(shape if len(shape) < 2 else (*shape[2:], shape[1], shape[0]), dtype)
    last = len(shape) - 1
    return npnn.Parameter(array, torch_axes=None if last < 1 else (last, last - 1, *range(last - 1)))


def from_seed(name, shape, dtype, arguments, generator, seed=3):
    """A layer's weight as npnn fills it, in torch's order, and as torch does; a plain tensor is the same."""
    function = name.split()[0]
    plain, own = npnn.empty(shape, dtype=npnn.dtype(dtype)), weight(shape, dtype)
    theirs = torch.empty(shape, dtype=getattr(torch, np.dtype(dtype).name))
    draws = []
    for library, tensor in ((npnn, plain), (npnn, own), (torch, theirs)):
        library.manual_seed(seed)
        source = {"generator": library.Generator().manual_seed(7)} if generator else {}
        getattr(library.nn.init, function)(tensor, **arguments, **source)
        draws.append((library.rand(1).item(), library.rand(1, **source).item()))
    assert draws[0] == draws[1] == draws[2]
    assert (plain.array == torch_order(own.array)).all()
    return plain.array, theirs.numpy()


def cases(table, shapes):
    return [
        pytest.param(name, arguments, shape, id=f"{name}-{'x'.join(map(str, shape))}")
        for name, arguments in table.items()
        for shape in shapes
        if len(shape) > 1
        or name.split()[0] in ("uniform_", "normal_", "trunc_normal_", "constant_", "ones_", "zeros_")
    ]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("name", "arguments", "shape"), cases({**UNIFORM, **BY_DENSITY}, SHAPES + VECTORS))
def test_equal_to_the_bit(name, arguments, shape, dtype):
    with_generator = "generator" in inspect.signature(getattr(npnn.init, name.split()[0])).parameters
    for generator in (False, True)[: 1 + with_generator]:
        mine, theirs = from_seed(name, shape, dtype, arguments, generator)
        assert mine.dtype == theirs.dtype
        assert (mine == theirs).all()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("name", "arguments", "shape"), cases(NORMAL, SHAPES + VECTORS))
def test_normal_draws(name, arguments, shape, dtype):
    """As near as npnn's normal numbers are to torch's: 4 ulp in float32, of the largest of them."""
    for generator in (False, True):
        mine, theirs = from_seed(name, shape, dtype, arguments, generator)
        assert mine.dtype == theirs.dtype
        scale = max(1.0, np.abs(theirs).max())
        atol = scale * (4e-7 if dtype == np.float32 else 1e-14)
        np.testing.assert_allclose(mine, theirs, rtol=0, atol=atol)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("gain", [1, 1.7])
@pytest.mark.parametrize("shape", SHAPES)
def test_orthogonal(shape, gain, dtype):
    """Two libraries' QR decompositions of the same matrix, up to the matrix's condition."""
    for generator in (False, True):
        mine, theirs = from_seed("orthogonal_", shape, dtype, {"gain": gain}, generator)
        atol = 2e-5 if dtype == np.float32 else 1e-12
        np.testing.assert_allclose(mine, theirs, rtol=0, atol=atol)


@pytest.mark.parametrize("sparsity", [0.1, 0.5, 0.93])
@pytest.mark.parametrize("shape", MATRICES)
def test_sparse(shape, sparsity):
    """The same entries are zero; with a generator too, whose draws do not choose them."""
    for generator in (False, True):
        mine, theirs = from_seed("sparse_", shape, np.float64, {"sparsity": sparsity, "std": 0.3}, generator)
        assert ((mine == 0) == (theirs == 0)).all()
        np.testing.assert_allclose(mine, theirs, rtol=0, atol=1e-14)


@pytest.mark.parametrize("shape", MATRICES)
def test_eye(shape):
    mine, theirs = from_seed("eye_", shape, np.float32, {}, False)
    assert (mine == theirs).all()


@pytest.mark.parametrize(
    ("shape", "groups"), [(s, g) for s in SHAPES for g in (1, 2, 3) if len(s) > 2 and s[0] % g == 0]
)
def test_dirac(shape, groups):
    mine, theirs = from_seed("dirac_", shape, np.float32, {"groups": groups}, False)
    assert (mine == theirs).all()


@pytest.mark.parametrize("nonlinearity", [*_GAINS, "leaky_relu"])
@pytest.mark.parametrize("param", [None, 0, 0.3, 2])
def test_gain(nonlinearity, param):
    assert npnn.init.calculate_gain(nonlinearity, param) == torch.nn.init.calculate_gain(nonlinearity, param)


REFUSALS = [
    ("calculate_gain", ("gelu",)),
    ("calculate_gain", ("leaky_relu", "steep")),
    ("calculate_gain", ("leaky_relu", True)),
    *(
        (name, ((3,),))
        for name in ("xavier_uniform_", "xavier_normal_", "kaiming_uniform_", "kaiming_normal_")
    ),
    ("kaiming_uniform_", ((3, 2), 0, "fan")),
    ("eye_", ((3,),)),
    ("eye_", ((3, 2, 4),)),
    ("dirac_", ((3, 2),)),
    ("dirac_", ((5, 2, 3), 2)),
    ("orthogonal_", ((3,),)),
    ("sparse_", ((3,), 0.5)),
]


@pytest.mark.parametrize(("name", "arguments"), REFUSALS, ids=str)
def test_what_torch_refuses_is_refused(name, arguments):
    """The same exception; and torch's message, up to what npnn adds to it."""

    def call(library):
        first, *rest = arguments
        if isinstance(first, tuple):
            first = library.empty(first)
        with pytest.raises(Exception) as caught:  # noqa: PT011 - the two libraries' are compared
            getattr(library.nn.init, name)(first, *rest)
        return caught.value

    ours, theirs = call(npnn), call(torch)
    assert type(ours) is type(theirs)
    words = set(re.findall(r"[A-Za-z]{4,}", str(theirs)))
    assert words <= set(re.findall(r"[A-Za-z]{4,}", str(ours)))


def test_every_public_name_of_torch_is_there():
    assert set(npnn.init.__all__) == set(torch.nn.init.__all__)
    for name in torch.nn.init.__all__:
        theirs = inspect.signature(getattr(torch.nn.init, name)).parameters
        ours = inspect.signature(getattr(npnn.init, name)).parameters
        if list(theirs) != ["args", "kwargs"]:
            assert list(ours) == list(theirs)
            assert [p.default for p in ours.values()] == [p.default for p in theirs.values()]


@pytest.mark.parametrize("name", ["xavier_uniform_", "kaiming_uniform_"])
@pytest.mark.parametrize("axes", [(0, 1, 2, 3), (2, 3, 0, 1)])
def test_declared_order_of_axes(name, axes):
    """A kernel (*k, in, out/groups) of a transposed convolution is (in, out/groups, *k) on torch."""
    theirs = torch.empty(5, 7, 2, 3)
    mine = npnn.zeros(*np.array(theirs.shape)[np.argsort(axes)])
    mine.torch_axes = axes
    getattr(npnn.init, name)(mine, generator=npnn.Generator().manual_seed(7))
    getattr(torch.nn.init, name)(theirs, generator=torch.Generator().manual_seed(7))
    assert (mine.array.transpose(axes) == theirs.numpy()).all()
