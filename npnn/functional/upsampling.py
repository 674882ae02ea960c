"""Sequences, images and volumes resampled to other sizes, channels last."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from npnn._typing import Shape
from npnn.functional._check import as_input
from npnn.functional.pooling import adaptive_avg_pool1d, adaptive_avg_pool2d, adaptive_avg_pool3d
from npnn.ops.interpolate import (
    Resample,
    Taps,
    antialiased,
    cubic,
    keys,
    lanczos,
    linear,
    nearest,
    scale_of,
    triangle,
)
from npnn.tensors import Tensor

_NEAREST = {"nearest": 0.0, "nearest-exact": 0.5}
_SPATIAL_AXES = {"linear": 1, "bilinear": 2, "trilinear": 3, "bicubic": 2, "lanczos": 2}
_AREA = (adaptive_avg_pool1d, adaptive_avg_pool2d, adaptive_avg_pool3d)
_KERNELS: dict[str, tuple[Callable[..., Any], int]] = {
    "bilinear": (triangle, 1),
    "bicubic": (partial(keys, a=-0.5), 2),
    "lanczos": (lanczos, 3),
}
"""For antialiasing: the kernel and where it becomes 0."""

_MODES = "nearest | linear | bilinear | bicubic | trilinear | lanczos | area | nearest-exact"


def interpolate(
    input: Any,
    size: Any = None,
    scale_factor: Any = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
    recompute_scale_factor: bool | None = None,
    antialias: bool = False,
) -> Tensor:
    """Resamples sequences, images or volumes to another size.

    Args:
        input: (N, L, C), (N, H, W, C) or (N, D, H, W, C).
        size: the spatial size of the result, an int for all axes or one for each.
        scale_factor: or how many times larger it is, rounded down; a number for all axes or one for each.
        mode: "nearest", which takes the element at or before each position; "nearest-exact"; "linear",
            "bilinear" or "trilinear", for 1, 2 or 3 spatial axes; "bicubic", for 2; "lanczos", for 2, with
            antialias; or "area", which is adaptive average pooling.
        align_corners: for the modes with "linear" or "cubic": the centres of the corner elements stay where
            they are, rather than the corners themselves.
        recompute_scale_factor: reckon positions from the rounded size, rather than from scale_factor.
        antialias: for "bilinear", "bicubic" and "lanczos": where the result is smaller, average over as much
            of the input as an element of it covers.

    Returns:
        A tensor, (N, *size, C).

    Raises:
        ValueError: options do not go together.
        TypeError: size is no integer.
        NotImplementedError: the mode is not one for so many axes, or for the input's dtype.
        RuntimeError: a size is not positive.

    Source: torch.nn.functional.interpolate.

    Examples:
        >>> import npnn
        >>> import npnn.functional as F
        >>> x = npnn.tensor([1.0, 2.0, 4.0]).reshape(1, 3, 1)
        >>> F.interpolate(x, scale_factor=2).squeeze()
        tensor([1., 1., 2., 2., 4., 4.])
        >>> F.interpolate(x, size=5, mode="linear", align_corners=True).squeeze()
        tensor([1.0000, 1.5000, 2.0000, 3.0000, 4.0000])
    """
    x = as_input(input, "interpolate")
    if (mode in _NEAREST or mode == "area") and align_corners is not None:
        raise ValueError(
            "align_corners option can only be set with the interpolating modes: linear | bilinear | bicubic |"
            f" trilinear, not with {mode}"
        )
    sizes, factors = _sizes(x.array.shape[1:-1], size, scale_factor)
    if recompute_scale_factor and size is not None:
        raise ValueError("recompute_scale_factor is not meaningful with an explicit size.")
    if recompute_scale_factor:
        factors = (None,) * len(sizes)
    if mode == "nearest" and len(sizes) == 2:
        # As on torch, which copies or doubles images whatever the factor was before rounding.
        factors = tuple(
            None if after in (before, 2 * before) else factor
            for before, after, factor in zip(x.array.shape[1:-1], sizes, factors, strict=True)
        )
    if antialias and not (mode in _KERNELS and x.array.ndim == 4):
        raise ValueError(
            "Anti-alias option is restricted to bilinear, bicubic, and lanczos modes and requires a 4-D"
            f" tensor as input, got mode {mode} and {x.array.ndim} axes"
        )
    _check_mode(mode, x.array.ndim, align_corners, antialias)
    if mode == "area":
        return _AREA[len(sizes) - 1](x, sizes)
    _check_sizes(x.array.shape, sizes)
    if x.array.dtype.kind != "f" and not (x.array.dtype == np.uint8 and mode in _NEAREST):
        raise NotImplementedError(f'"interpolate" in mode {mode} not implemented for {x.array.dtype.name!r}')
    # float16 would not do for positions.
    dtype = np.float64 if x.array.dtype == np.float64 else np.float32
    axes = tuple(
        _taps(mode, before, after, factor, bool(align_corners), antialias, dtype)
        for before, after, factor in zip(x.array.shape[1:-1], sizes, factors, strict=True)
    )
    result: Tensor = Resample.apply(x, axes=axes)
    return result


def upsample(
    input: Any,
    size: Any = None,
    scale_factor: Any = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
) -> Tensor:
    """`interpolate`, under an older name.

    Args:
        input: as `interpolate` takes it.
        size: likewise.
        scale_factor: likewise.
        mode: likewise.
        align_corners: likewise.

    Returns:
        A tensor, (N, *size, C).

    Source: torch.nn.functional.upsample.
    """
    _warn_of_old_name("upsample")
    return interpolate(input, size, scale_factor, mode, align_corners)


def upsample_nearest(input: Any, size: Any = None, scale_factor: Any = None) -> Tensor:
    """`interpolate` with mode "nearest", under an older name.

    Args:
        input: as `interpolate` takes it.
        size: likewise.
        scale_factor: likewise.

    Returns:
        A tensor, (N, *size, C).

    Source: torch.nn.functional.upsample_nearest.
    """
    _warn_of_old_name("upsample_nearest")
    return interpolate(input, size, scale_factor, mode="nearest")


def upsample_bilinear(input: Any, size: Any = None, scale_factor: Any = None) -> Tensor:
    """`interpolate` with mode "bilinear" and align_corners, under an older name.

    Args:
        input: as `interpolate` takes it.
        size: likewise.
        scale_factor: likewise.

    Returns:
        A tensor, (N, *size, C).

    Source: torch.nn.functional.upsample_bilinear.
    """
    _warn_of_old_name("upsample_bilinear")
    return interpolate(input, size, scale_factor, mode="bilinear", align_corners=True)


def _warn_of_old_name(name: str) -> None:
    warnings.warn(
        f"`nn.functional.{name}` is deprecated. Use `nn.functional.interpolate` instead.", stacklevel=3
    )


def _sizes(spatial: Shape, size: Any, scale_factor: Any) -> tuple[Shape, tuple[float | None, ...]]:
    """The spatial size of the result, and the factors that it came from."""
    count = len(spatial)
    if size is not None and scale_factor is not None:
        raise ValueError("only one of size or scale_factor should be defined, got both")
    if size is not None:
        sizes = tuple(size) if isinstance(size, (list, tuple)) else (size,) * count
        if len(sizes) != count:
            raise ValueError(
                "Input and output must have the same number of spatial dimensions, but got input with spatial"
                f" dimensions of {list(spatial)} and output size of {size}. Please provide input tensor in"
                " (N, d1, d2, ...,dK, C) format and output size in (o1, o2, ...,oK) format."
            )
        if not all(isinstance(one, (int, np.integer)) for one in sizes):
            raise TypeError(
                "expected size to be one of int or Tuple[int] or Tuple[int, int] or Tuple[int, int, int], but"
                f" got size with types {[type(one) for one in sizes]}"
            )
        return tuple(map(int, sizes)), (None,) * count
    if scale_factor is None:
        raise ValueError("either size or scale_factor should be defined")
    factors = tuple(scale_factor) if isinstance(scale_factor, (list, tuple)) else (scale_factor,) * count
    if len(factors) != count:
        raise ValueError(
            "Input and scale_factor must have the same number of spatial dimensions, but got input with"
            f" spatial dimensions of {list(spatial)} and scale_factor of shape {scale_factor}. Please provide"
            " input tensor in (N, d1, d2, ...,dK, C) format and scale_factor in (s1, s2, ...,sK) format."
        )
    return tuple(int(before * factor) for before, factor in zip(spatial, factors, strict=True)), factors


def _check_mode(mode: str, ndim: int, align_corners: bool | None, antialias: bool) -> None:
    """Raises unless there is such a mode for so many axes."""
    if mode in _SPATIAL_AXES and ndim == _SPATIAL_AXES[mode] + 2:
        if mode == "lanczos" and align_corners:
            raise ValueError("Lanczos mode does not support align_corners=True")
        if mode == "lanczos" and not antialias:
            raise ValueError("Lanczos mode requires antialias=True")
    elif mode in ("linear", "bilinear", "trilinear") and ndim in (3, 4, 5):
        raise NotImplementedError(
            f"Got {ndim}D input, but {mode} mode needs {_SPATIAL_AXES[mode] + 2}D input"
        )
    elif ndim not in (3, 4, 5) or (mode not in _NEAREST and mode != "area"):
        raise NotImplementedError(
            f"Input Error: Only 3D, 4D and 5D input Tensors supported (got {ndim}D) for the modes: {_MODES}"
            f" (got {mode})"
        )


def _check_sizes(shape: Shape, sizes: Shape) -> None:
    if 0 in shape[1:-1] or min(sizes) <= 0:
        raise RuntimeError(
            f"Input and output sizes should be greater than 0, but got input {list(shape[1:-1])} and output"
            f" {list(sizes)}"
        )
    if math.prod(shape[1:]) == 0:
        raise RuntimeError(
            f"Non-empty {len(shape)}D data tensor expected but got a tensor with sizes {list(shape)}"
        )


def _taps(
    mode: str, size: int, out: int, factor: float | None, align_corners: bool, antialias: bool, dtype: Any
) -> Taps:
    """What each element along one axis of the result is made of."""
    scale = scale_of(size, out, factor, align_corners, dtype)
    if mode in _NEAREST:
        return nearest(size, out, scale, _NEAREST[mode])
    if antialias:
        kernel, reach = _KERNELS[mode]
        return antialiased(size, out, scale, kernel, reach)
    return (
        cubic(size, out, scale, align_corners)
        if mode == "bicubic"
        else linear(size, out, scale, align_corners)
    )
