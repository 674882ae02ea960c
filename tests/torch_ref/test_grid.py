"""grid_sample and affine_grid against torch: modes, positions far outside, dtypes, errors."""

import itertools

import numpy as np
import pytest
import torch

import npnn
from npnn import functional as F
from torch_ref import compare_functions, layouts

PADDINGS = ["zeros", "border", "reflection"]
FLAGS = [False, True]
MODES = [
    (mode, padding, corners, sizes)
    for mode, padding, corners in itertools.product(["bilinear", "nearest", "bicubic"], PADDINGS, FLAGS)
    for sizes in ((5, 7), (1, 4), (3, 5, 2))
    if mode != "bicubic" or len(sizes) == 2
]
TOLERANCE = {"float64": 1e-9, "float32": 4e-5, "float16": 4e-3}
"""float32 knows the positions, of up to 20, to 1e-6, and multiplies them by slopes of up to 10."""


def drawn(sizes, reach, dtype="float64"):
    random = np.random.default_rng(len(sizes))
    x = random.standard_normal((2, *sizes, 3))
    grid = random.uniform(-reach, reach, (2, *(4, 3, 6)[: len(sizes)], len(sizes)))
    return x.astype(dtype), grid.astype(dtype)


def agree(x, grid, second=True, tolerance=None, **options):
    compare_functions(
        lambda input, grid: F.grid_sample(input, grid, **options),
        lambda input, grid: torch.nn.functional.grid_sample(input, grid, **options),
        x,
        grid,
        layouts=layouts.FUNCTIONS["grid_sample"],
        second=second,
        rtol=tolerance,
        atol=tolerance,
        name=str(options),
    ).raise_if_failed()


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize(("mode", "padding", "corners", "sizes"), MODES)
def test_modes(mode, padding, corners, sizes, dtype):
    options = {"mode": mode, "padding_mode": padding, "align_corners": corners}
    for reach in (0.9, 5):
        x, grid = drawn(sizes, reach, dtype)
        # Of the cubic mode torch has one derivative.
        second = dtype == "float64" and mode != "bicubic"
        agree(x, grid, second=second, tolerance=TOLERANCE[dtype], **options)


@pytest.mark.parametrize("mode", ["bilinear", "nearest", "bicubic"])
def test_half_precision(mode):
    """The grid as float16 has it, since a step of it is a twentieth of a pixel; the gradient of x alone."""
    x, grid = drawn((5, 7), 1.1, "float16")
    options = {"mode": mode, "align_corners": False}
    y = F.grid_sample(x, grid, **options)
    exact = F.grid_sample(x.astype(float), grid.astype(float), **options)
    assert y.dtype == np.float16
    np.testing.assert_allclose(y.array, exact.array, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("corners", FLAGS)
@pytest.mark.parametrize("padding", PADDINGS)
def test_whole_positions(padding, corners):
    """Where floor and the ends decide: every pixel, its edges, and as far again on either side."""
    line = np.linspace(-3, 3, 25)
    grid = np.stack(np.meshgrid(line, line, indexing="ij"), -1)[None]
    x = np.random.default_rng(0).standard_normal((1, 4, 4, 2))
    for mode in ("bilinear", "nearest", "bicubic"):
        agree(x, grid, second=False, mode=mode, padding_mode=padding, align_corners=corners)


@pytest.mark.parametrize("corners", FLAGS)
@pytest.mark.parametrize("dtype", ["float64", "float32", "float16"])
@pytest.mark.parametrize("size", [(2, 5, 7, 3), (2, 4, 5, 7, 3), (2, 2, 3, 1), (2, 2, 3, 4, 1)])
def test_affine_grid(size, dtype, corners):
    axes = len(size) - 2
    theta = np.random.default_rng(0).standard_normal((2, axes, axes + 1)).astype(dtype)
    tolerance = {"float64": 1e-12, "float32": 4e-5, "float16": 5e-2}[dtype]  # 140 terms in the gradient
    compare_functions(
        lambda theta, size: F.affine_grid(theta, size, corners),
        lambda theta, size: torch.nn.functional.affine_grid(theta, list(size), corners),
        theta,
        size,
        layouts=layouts.FUNCTIONS["affine_grid"],
        second=dtype == "float64",
        rtol=tolerance,
        atol=tolerance,
    ).raise_if_failed()


def test_affine_grid_of_one_position():
    theta = np.random.default_rng(0).standard_normal((2, 2, 3))
    found = []
    for library, convert in ((npnn, npnn.tensor), (torch, torch.from_numpy)):
        size = (2, 1, 4, 3) if library is npnn else (2, 3, 1, 4)
        with pytest.warns(UserWarning, match="affine_grid behavior has changed"):
            found.append(np.asarray(library.nn.functional.affine_grid(convert(theta), size, True)))
    np.testing.assert_allclose(*found, rtol=1e-12)


def test_left_out_align_corners():
    x, grid = drawn((5, 7), 1)
    theta = np.zeros((2, 2, 3))
    with pytest.warns(UserWarning, match="align_corners=False since 1.3.0") as warned:
        y = F.grid_sample(x, grid)
    assert warned[0].filename == __file__
    np.testing.assert_array_equal(y.array, F.grid_sample(x, grid, align_corners=False).array)
    with pytest.warns(UserWarning, match="align_corners=False since 1.3.0"):
        F.affine_grid(theta, (2, 3, 4, 1))


def f(*shape):
    return np.zeros(shape, "f4")


ERRORS = [
    (f(1, 3, 3, 1), f(1, 2, 2, 3), {}, RuntimeError, "expected grid to have size 2 in last dimension"),
    (f(1, 3, 3, 3, 1), f(1, 2, 2, 2), {}, RuntimeError, "expected grid to have size 3 in last dimension"),
    (f(1, 3, 3, 1), f(2, 2, 2, 2), {}, RuntimeError, "expected grid and input to have same batch size"),
    (f(1, 0, 3, 1), f(1, 2, 2, 2), {}, RuntimeError, "expected input to have non-empty spatial dimensions"),
    (f(1, 3, 1), f(1, 2, 1), {}, RuntimeError, "input and grid with same number of dimensions"),
    (f(1, 3, 3, 3, 1), f(1, 2, 2, 2, 3), {"mode": "bicubic"}, RuntimeError, "only supports 4D input"),
    (f(1, 3, 3, 1), f(1, 2, 2, 2).astype("f8"), {}, RuntimeError, "expected scalar type .* but found"),
    (
        f(1, 3, 3, 1),
        f(1, 2, 2, 2),
        {"mode": "cubic"},
        ValueError,
        "expected mode to be 'bilinear'",
    ),
    (f(1, 3, 3, 1), f(1, 2, 2, 2), {"padding_mode": "wrap"}, ValueError, "expected padding_mode to be"),
]


@pytest.mark.parametrize(("x", "grid", "options", "error", "pattern"), ERRORS)
def test_errors(x, grid, options, error, pattern):
    with pytest.raises(error, match=pattern) as caught:
        F.grid_sample(x, grid, align_corners=False, **options)
    assert type(caught.value) is error
    theirs = torch.from_numpy(np.moveaxis(x, -1, 1)), torch.from_numpy(grid)
    with pytest.raises(error, match=pattern):
        torch.nn.functional.grid_sample(*theirs, align_corners=False, **options)


@pytest.mark.parametrize(
    ("theta", "size", "error", "pattern"),
    [
        (f(2, 2, 3), (2, 3, 4), NotImplementedError, "affine_grid only supports 4D and 5D sizes"),
        (f(2, 2, 2), (2, 3, 4, 5), ValueError, "Expected a batch of 2D affine matrices of shape Nx2x3"),
        (f(2, 2, 3), (2, 3, 4, 5, 6), ValueError, "Expected a batch of 3D affine matrices of shape Nx3x4"),
        (f(2, 2, 3), (2, 3, 0, 4), ValueError, "Expected non-zero, positive output size"),
        (f(2, 2, 3).astype("i8"), (2, 3, 4, 5), ValueError, "Expected theta to have floating point type"),
    ],
)
def test_errors_of_affine_grid(theta, size, error, pattern):
    for library, convert in ((npnn, npnn.tensor), (torch, torch.from_numpy)):
        with pytest.raises(error, match=pattern):
            library.nn.functional.affine_grid(convert(theta), size, False)
