"""Images, channels last: channels that change places or become pixels, and sampling at any positions."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from npnn._typing import Array
from npnn.functional._check import as_input
from npnn.ops.grid import GridSample
from npnn.tensors import Tensor
from npnn.tensors.creation import as_tensor

_MODES = ("bilinear", "nearest", "bicubic")
_PADDING_MODES = ("zeros", "border", "reflection")


def pixel_shuffle(input: Any, upscale_factor: int) -> Tensor:
    """Channels become pixels: r² channels make a block of r by r pixels of one channel.

    Args:
        input: (*, H, W, C r²). The channel that torch numbers c r² + i r + j becomes row i, column j of the
            block in channel c.
        upscale_factor: r.

    Returns:
        A tensor, (*, H r, W r, C).

    Raises:
        RuntimeError: the input has fewer than three axes, r is not positive, or r² does not divide the number
            of channels.

    Source: torch.nn.functional.pixel_shuffle.

    Examples:
        >>> import npnn
        >>> import npnn.functional as F
        >>> F.pixel_shuffle(npnn.arange(4).reshape(1, 1, 4), 2).squeeze()
        tensor([[0, 1],
                [2, 3]])
    """
    x, r = _image("pixel_shuffle", "upscale_factor", input, upscale_factor)
    *lead, height, width, channels = x.array.shape
    if channels % (r * r):
        raise RuntimeError(
            "pixel_shuffle expects its input's 'channel' dimension to be divisible by the square of"
            f" upscale_factor, but input.size(-1)={channels} is not divisible by {r * r}"
        )
    blocks = x.reshape(*lead, height, width, channels // (r * r), r, r)
    n = len(lead)
    pixels = blocks.permute(*range(n), n, n + 3, n + 1, n + 4, n + 2)
    return _apart(pixels.reshape(*lead, height * r, width * r, channels // (r * r)), x)


def pixel_unshuffle(input: Any, downscale_factor: int) -> Tensor:
    """Pixels become channels: the inverse of `pixel_shuffle`.

    Args:
        input: (*, H r, W r, C).
        downscale_factor: r.

    Returns:
        A tensor, (*, H, W, C r²).

    Raises:
        RuntimeError: the input has fewer than three axes, r is not positive, or it does not divide height and
            width.

    Source: torch.nn.functional.pixel_unshuffle.

    Examples:
        >>> import npnn
        >>> import npnn.functional as F
        >>> F.pixel_unshuffle(npnn.arange(4).reshape(2, 2, 1), 2).squeeze()
        tensor([0, 1, 2, 3])
    """
    x, r = _image("pixel_unshuffle", "downscale_factor", input, downscale_factor)
    *lead, height, width, channels = x.array.shape
    for name, axis, size in (("height", -3, height), ("width", -2, width)):
        if size % r:
            raise RuntimeError(
                f"pixel_unshuffle expects {name} to be divisible by downscale_factor, but"
                f" input.size({axis})={size} is not divisible by {r}"
            )
    pixels = x.reshape(*lead, height // r, r, width // r, r, channels)
    n = len(lead)
    blocks = pixels.permute(*range(n), n, n + 2, n + 4, n + 1, n + 3)
    return _apart(blocks.reshape(*lead, height // r, width // r, channels * r * r), x)


def channel_shuffle(input: Any, groups: int) -> Tensor:
    """Channels dealt out anew: the first of each group, then the second of each, and so on.

    Args:
        input: (N, *, C), with one spatial axis or more.
        groups: the number of groups, each of C / groups channels that stand together.

    Returns:
        A tensor of the input's shape.

    Raises:
        RuntimeError: the input has fewer than three axes, or groups is not positive or does not divide C.

    Source: torch.nn.functional.channel_shuffle.

    Examples:
        >>> import npnn
        >>> import npnn.functional as F
        >>> F.channel_shuffle(npnn.arange(6).reshape(1, 1, 6), 2).squeeze()
        tensor([0, 3, 1, 4, 2, 5])
    """
    x = as_input(input, "channel_shuffle")
    shape = x.array.shape
    if len(shape) < 3:
        raise RuntimeError(
            f"channel_shuffle expects input with > 2 dims, but got input with sizes {list(shape)}"
        )
    if groups <= 0:
        raise RuntimeError(
            f"Number of groups to divide channels in must be positive. Value of groups:{groups}"
        )
    if shape[-1] % groups:
        raise RuntimeError(
            f"Number of channels must be divisible by groups. Got {shape[-1]} channels and {groups} groups."
        )
    dealt = x.reshape(*shape[:-1], groups, shape[-1] // groups).transpose(-1, -2)
    return _apart(dealt.reshape(shape), x)


def native_channel_shuffle(input: Any, groups: int) -> Tensor:
    """`channel_shuffle`, under the name that torch gives to its faster path.

    Args:
        input: (N, *, C), with one spatial axis or more.
        groups: the number of groups.

    Returns:
        A tensor of the input's shape.

    Raises:
        RuntimeError: as `channel_shuffle` does.

    Source: torch.nn.functional.native_channel_shuffle.

    Examples:
        >>> import npnn
        >>> import npnn.functional as F
        >>> F.native_channel_shuffle(npnn.arange(6).reshape(1, 1, 6), 3).squeeze()
        tensor([0, 2, 4, 1, 3, 5])
    """
    return channel_shuffle(input, groups)


def _apart(result: Tensor, x: Tensor) -> Tensor:
    """The result, copied if it is a view of the input: when nothing moved."""
    return result.clone() if np.may_share_memory(result.array, x.array) else result


def _image(name: str, option: str, input: Any, factor: int) -> tuple[Tensor, int]:
    """The input and the factor, if both are such as a shuffle of pixels takes."""
    x = as_input(input, name)
    if x.array.ndim < 3:
        raise RuntimeError(
            f"{name} expects input to have at least 3 dimensions, but got input with {x.array.ndim}"
            " dimension(s)"
        )
    if factor <= 0:
        raise RuntimeError(f"{name} expects a positive {option}, but got {factor}")
    return x, factor


def grid_sample(
    input: Any,
    grid: Any,
    mode: str = "bilinear",
    padding_mode: str = "zeros",
    align_corners: bool | None = None,
) -> Tensor:
    """Images or volumes sampled at any positions.

    Args:
        input: (N, H, W, C) or (N, D, H, W, C).
        grid: the positions, (N, H', W', 2) or (N, D', H', W', 3): x, y and z in this order, along W, H and D,
            each from -1 to 1.
        mode: "bilinear" (also for volumes), "nearest", or, for images, "bicubic".
        padding_mode: what lies beside the image: "zeros"; "border", the nearest pixel of it; or "reflection",
            its mirror image.
        align_corners: -1 and 1 stand for the centres of the first and last elements, rather than for their
            outer edges. Default: False, with a warning, since it was once True.

    Returns:
        A tensor, (N, H', W', C) or (N, D', H', W', C).

    Raises:
        ValueError: there is no such mode or padding_mode.
        RuntimeError: shapes or dtypes do not go together.

    Source: torch.nn.functional.grid_sample.

    Examples:
        >>> import npnn
        >>> import npnn.functional as F
        >>> x = npnn.tensor([[1.0, 2.0], [3.0, 4.0]]).reshape(1, 2, 2, 1)
        >>> centre_and_corner = npnn.tensor([[[[0.0, 0.0], [1.0, -1.0]]]])
        >>> F.grid_sample(x, centre_and_corner, align_corners=True).squeeze()
        tensor([2.5000, 2.0000])
    """
    for option, given, known in (("mode", mode, _MODES), ("padding_mode", padding_mode, _PADDING_MODES)):
        if given not in known:
            raise ValueError(
                f"nn.functional.grid_sample(): expected {option} to be {known[0]!r}, {known[1]!r}, or"
                f" {known[2]!r}, but got: {given!r}"
            )
    if align_corners is None:
        _warn_of_corners()
    x, positions = as_input(input, "grid_sample"), as_input(grid, "grid_sample")
    shape, places = x.array.shape, positions.array.shape
    got = f"but got input with sizes {list(shape)} and grid with sizes {list(places)}"
    if not shape or not places or shape[0] != places[0]:
        raise RuntimeError(f"grid_sampler(): expected grid and input to have same batch size, {got}")
    if places[-1] != len(shape) - 2:
        raise RuntimeError(
            f"grid_sampler(): expected grid to have size {len(shape) - 2} in last dimension, {got}"
        )
    if 0 in shape[1:-1]:
        raise RuntimeError(f"grid_sampler(): expected input to have non-empty spatial dimensions, {got}")
    if len(shape) not in (4, 5) or len(shape) != len(places):
        raise RuntimeError(
            f"grid_sampler(): expected 4D or 5D input and grid with same number of dimensions, {got}"
        )
    if mode == "bicubic" and len(shape) != 4:
        raise RuntimeError(f"grid_sampler(): bicubic interpolation only supports 4D input, {got}")
    if x.array.dtype != positions.array.dtype:
        raise RuntimeError(
            f"grid_sampler(): expected scalar type {x.array.dtype} but found {positions.array.dtype}: input"
            " and grid must have the same dtype"
        )
    dtype = x.array.dtype
    if dtype.kind != "f":
        raise NotImplementedError(f'"grid_sampler" not implemented for {dtype.name!r}')
    if dtype == np.float16:  # too coarse for positions
        x, positions = x.to(np.float32), positions.to(np.float32)
    result: Tensor = GridSample.apply(
        x, positions, mode=mode, padding_mode=padding_mode, align_corners=bool(align_corners)
    )
    return result.to(dtype)


def affine_grid(theta: Any, size: Any, align_corners: bool | None = None) -> Tensor:
    """The positions for `grid_sample` by which images or volumes are mapped affinely.

    Args:
        theta: for each image a matrix (2, 3), for each volume one of (3, 4), which takes the coordinates of a
            pixel of the result, x, y (and z) and 1, to those of the input: (N, 2, 3) or (N, 3, 4).
        size: the shape of the result, (N, H, W, C) or (N, D, H, W, C).
        align_corners: as `grid_sample` takes it.

    Returns:
        A tensor, (N, H, W, 2) or (N, D, H, W, 3).

    Raises:
        ValueError: theta is not of floating-point numbers, its shape does not go with size, or a size is not
            positive.
        NotImplementedError: size has neither 4 nor 5 entries.

    Source: torch.nn.functional.affine_grid.

    Examples:
        >>> import npnn
        >>> import npnn.functional as F
        >>> mirror = npnn.tensor([[[-1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]])
        >>> x = npnn.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]).reshape(1, 2, 3, 1)
        >>> F.grid_sample(x, F.affine_grid(mirror, x.shape, False), align_corners=False).squeeze()
        tensor([[3., 2., 1.],
                [6., 5., 4.]])
    """
    if align_corners is None:
        _warn_of_corners()
    matrices = as_input(theta, "affine_grid")
    dtype, shape, wanted = matrices.array.dtype, matrices.array.shape, tuple(size)
    if dtype.kind != "f":
        raise ValueError(f"Expected theta to have floating point type, but got {dtype}")
    if len(wanted) not in (4, 5):
        raise NotImplementedError(
            "affine_grid only supports 4D and 5D sizes, for 2D and 3D affine transforms, respectively. Got"
            f" size {list(wanted)}."
        )
    axes = len(wanted) - 2
    if len(shape) != 3 or shape[1:] != (axes, axes + 1):
        raise ValueError(
            f"Expected a batch of {axes}D affine matrices of shape Nx{axes}x{axes + 1} for size"
            f" {list(wanted)}. Got {list(shape)}."
        )
    if align_corners and min(wanted[1:-1]) == 1:
        warnings.warn(
            "Since version 1.3.0, affine_grid behavior has changed for unit-size grids when"
            " align_corners=True: the single position is 0, the centre.",
            stacklevel=2,
        )
    elif min(wanted) <= 0:
        raise ValueError(f"Expected non-zero, positive output size. Got {list(wanted)}")
    lines = [_line(length, bool(align_corners), dtype) for length in wanted[1:-1]]
    coordinates = np.meshgrid(*lines, indexing="ij")[::-1]
    base = np.stack([*coordinates, np.ones(wanted[1:-1], dtype)], -1).reshape(1, -1, axes + 1)
    positions = as_tensor(base) @ matrices.transpose(1, 2)
    return positions.reshape(shape[0], *wanted[1:-1], axes)


def _line(length: int, align_corners: bool, dtype: Any) -> Array:
    """The coordinates of the elements along an axis."""
    if length <= 1:
        return np.zeros(length, dtype)
    line = np.linspace(-1, 1, length, dtype=dtype)
    return line if align_corners else (line * (length - 1) / length).astype(dtype)


def _warn_of_corners() -> None:
    warnings.warn(
        "Default grid_sample and affine_grid behavior has changed to align_corners=False since 1.3.0. Please"
        " specify align_corners=True if the old behavior is desired.",
        stacklevel=3,
    )
