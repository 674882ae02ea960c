"""Interpolation against torch: sizes, factors, modes, dtypes, older names and errors."""

import itertools

import numpy as np
import pytest
import torch

import npnn
from npnn import functional as F
from torch_ref import channels_last, compare_functions
from torch_ref.layouts import CHANNELS_SECOND, ModuleLayout

LAYOUT = ModuleLayout({"input": CHANNELS_SECOND}, CHANNELS_SECOND)
CORNERS = [(name, corners) for name in ("linear", "bilinear", "trilinear", "bicubic") for corners in (0, 1)]
MODES = [(name, None) for name in ("nearest", "nearest-exact", "area")] + CORNERS
AXES = {"linear": (1,), "bilinear": (2,), "trilinear": (3,), "bicubic": (2,)}
SPATIAL = (5, 7, 4)


def normal(*shape, dtype="float64"):
    return np.random.default_rng(len(shape)).standard_normal(shape).astype(dtype)


def agree(x, second=True, **options):
    rtol = options.pop("rtol", None)
    compare_functions(
        lambda input: F.interpolate(input, **options),
        lambda input: torch.nn.functional.interpolate(input, **options),
        x,
        layouts=LAYOUT,
        second=second,
        rtol=rtol,
        atol=rtol,
        name=str(options),
    ).raise_if_failed()


def arguments(mode, corners):
    return {"mode": mode} if corners is None else {"mode": mode, "align_corners": bool(corners)}


SIZES = [(5, 7, 4), (10, 14, 8), (11, 3, 9), (1, 1, 1), (3, 16, 2), (13, 29, 5)]
FACTORS = [2, 0.5, 1.7, 0.9, (2.0, 0.6, 1.3), (3.3, 1.0, 0.3), 1 / 3]


@pytest.mark.parametrize(("mode", "corners"), MODES)
@pytest.mark.parametrize("axes", [1, 2, 3])
def test_sizes(mode, corners, axes):
    if axes not in AXES.get(mode, (1, 2, 3)):
        return
    x = normal(2, *SPATIAL[:axes], 3)
    for size in SIZES:
        agree(x, size=size[:axes], **arguments(mode, corners))
    agree(x, size=6, **arguments(mode, corners))
    agree(normal(0, *SPATIAL[:axes], 3), second=False, size=6, **arguments(mode, corners))
    agree(normal(2, *(1,) * axes, 3), size=4, **arguments(mode, corners))


@pytest.mark.parametrize(("mode", "corners"), MODES)
@pytest.mark.parametrize("axes", [1, 2, 3])
def test_factors(mode, corners, axes):
    if axes not in AXES.get(mode, (1, 2, 3)):
        return
    x = normal(2, *SPATIAL[:axes], 3)
    for factor, again in itertools.product(FACTORS, (None, True)):
        given = factor[:axes] if isinstance(factor, tuple) else factor
        agree(x, scale_factor=given, recompute_scale_factor=again, **arguments(mode, corners))


@pytest.mark.parametrize(("mode", "corners"), MODES)
@pytest.mark.parametrize("axes", [1, 2, 3])
def test_factor_that_changes_no_size(mode, corners, axes):
    """Positions still follow the factor. Outputs alone: torch takes the gradient to be that of a copy."""
    if axes in AXES.get(mode, (1, 2, 3)):
        x = npnn.tensor(normal(2, *SPATIAL[:axes], 3))
        agree(x, second=False, scale_factor=1.1, **arguments(mode, corners))


@pytest.mark.parametrize("factor", [1.1, 2.1, (1.1, 2.1)])
def test_nearest_copies_and_doubles_images(factor):
    agree(normal(2, 5, 7, 3), scale_factor=factor)


@pytest.mark.parametrize("mode", ["bilinear", "bicubic", "lanczos"])
@pytest.mark.parametrize("corners", [False, True])
def test_antialias(mode, corners):
    if mode == "lanczos" and corners:
        return
    x = normal(2, 9, 12, 3)
    for size in ((3, 5), (9, 12), (20, 4), (1, 1), (4, 31)):
        agree(x, size=size, mode=mode, align_corners=corners, antialias=True)
    for factor in (0.4, 1.7, (0.25, 0.9)):
        agree(x, scale_factor=factor, mode=mode, align_corners=corners, antialias=True)


# float16 is rounded once here, and on torch in some modes after each axis.
@pytest.mark.parametrize(("dtype", "tolerance"), [("float16", 4e-3), ("float32", 4e-6)])
@pytest.mark.parametrize(("mode", "corners"), MODES)
def test_dtypes(mode, corners, dtype, tolerance):
    for axes in AXES.get(mode, (1, 2, 3)):
        x = normal(2, *SPATIAL[:axes], 3, dtype=dtype)
        for size in ((9, 5, 7), (2, 11, 3)):
            agree(x, second=False, rtol=tolerance, size=size[:axes], **arguments(mode, corners))


@pytest.mark.parametrize("mode", ["nearest", "nearest-exact"])
def test_bytes(mode):
    agree(np.arange(2 * 5 * 7 * 3, dtype=np.uint8).reshape(2, 5, 7, 3), second=False, size=(8, 3), mode=mode)


def test_many_pairs_of_sizes():
    """Where floor and rounding to an integer part ways: each pair of sizes up to 24."""
    for size, out in itertools.product(range(1, 25), range(1, 25)):
        x = normal(1, size, 1)
        for mode, corners in (("nearest", None), ("nearest-exact", None), ("linear", 0), ("linear", 1)):
            options = arguments(mode, corners)
            mine = F.interpolate(npnn.tensor(x), size=out, **options).array
            theirs = torch.nn.functional.interpolate(torch.from_numpy(x).mT, size=out, **options)
            np.testing.assert_allclose(mine[0, :, 0], theirs[0, 0], 1e-12, 1e-14, err_msg=f"{size} {out}")


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("upsample", {"size": (3, 9), "mode": "bicubic", "align_corners": True}),
        ("upsample", {"scale_factor": 2}),
        ("upsample_nearest", {"scale_factor": 1.6}),
        ("upsample_bilinear", {"size": (4, 9)}),
    ],
)
def test_older_names(name, given):
    x = normal(2, 5, 7, 3)
    compare_functions(  # which keeps warnings to itself
        lambda input: getattr(F, name)(input, **given),
        lambda input: getattr(torch.nn.functional, name)(input, **given),
        x,
        layouts=ModuleLayout({"input": channels_last(2)}, channels_last(2)),
        second=True,
    ).raise_if_failed()
    with pytest.warns(UserWarning, match="is deprecated. Use `nn.functional.interpolate` instead") as warned:
        getattr(F, name)(npnn.tensor(x), **given)
    assert len(warned) == 1
    assert warned[0].filename == __file__


def f(*shape):
    return np.zeros(shape, "f4")


ERRORS = [
    (f(1, 3, 2), {"size": 0}, RuntimeError, "Input and output sizes should be greater than 0"),
    (f(1, 3, 2), {"scale_factor": -1.0}, RuntimeError, "Input and output sizes should be greater than 0"),
    (f(1, 0, 2), {"size": 2}, RuntimeError, "Input and output sizes should be greater than 0"),
    (f(1, 3, 0), {"size": 2}, RuntimeError, "Non-empty 3D data tensor expected but got a tensor with sizes"),
    (f(1, 3, 2), {}, ValueError, "either size or scale_factor should be defined"),
    (f(1, 3, 2), {"size": 2, "scale_factor": 2}, ValueError, "only one of size or scale_factor"),
    (f(1, 3, 2), {"size": (2, 3)}, ValueError, "must have the same number of spatial dimensions"),
    (f(1, 3, 2), {"scale_factor": (2, 3)}, ValueError, "must have the same number of spatial dimensions"),
    (f(1, 3, 2), {"size": (2.5,)}, TypeError, "expected size to be one of int or Tuple"),
    (f(1, 3, 2), {"size": 2, "align_corners": True}, ValueError, "align_corners option can only be set"),
    (f(1, 3, 2), {"size": 2, "recompute_scale_factor": True}, ValueError, "is not meaningful with"),
    (f(1, 3, 2), {"size": 2, "antialias": True}, ValueError, "Anti-alias option is restricted to"),
    (f(1, 3, 2), {"size": 2, "mode": "bilinear"}, NotImplementedError, "bilinear mode needs 4D input"),
    (f(1, 3, 2), {"size": 2, "mode": "trilinear"}, NotImplementedError, "trilinear mode needs 5D input"),
    (f(1, 3, 3, 2), {"size": 2, "mode": "linear"}, NotImplementedError, "linear mode needs 3D input"),
    (f(1, 3, 2), {"size": 2, "mode": "bicubic"}, NotImplementedError, "Only 3D, 4D and 5D input Tensors"),
    (f(1, 3, 2), {"size": 2, "mode": "cubic"}, NotImplementedError, "Only 3D, 4D and 5D input Tensors"),
    (f(3, 2), {"size": ()}, NotImplementedError, "Only 3D, 4D and 5D input Tensors"),
    (f(1, 3, 3, 2), {"size": 2, "mode": "lanczos"}, ValueError, "Lanczos mode requires antialias=True"),
    (
        f(1, 3, 3, 2),
        {"size": 2, "mode": "lanczos", "align_corners": True, "antialias": True},
        ValueError,
        "Lanczos mode does not support align_corners=True",
    ),
    (f(1, 3, 2).astype("i8"), {"size": 2}, NotImplementedError, "not implemented for"),
    (f(1, 3, 2).astype("i8"), {"size": 2, "mode": "linear"}, NotImplementedError, "not implemented for"),
]


@pytest.mark.parametrize(("x", "options", "error", "pattern"), ERRORS)
def test_errors(x, options, error, pattern):
    with pytest.raises(error, match=pattern) as caught:
        F.interpolate(x, **options)
    assert type(caught.value) is error
    with pytest.raises(error, match=pattern):
        torch.nn.functional.interpolate(torch.from_numpy(np.moveaxis(x, -1, 1)), **options)
