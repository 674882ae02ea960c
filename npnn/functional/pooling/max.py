"""Max pooling over one, two and three spatial axes, channels last, and max unpooling."""

from __future__ import annotations

from typing import Any

import numpy as np

from npnn._typing import Shape
from npnn.functional._check import as_input
from npnn.functional.pooling._check import (
    as_batch,
    as_given,
    checked_options,
    one_for_each_axis,
    windows_over,
)
from npnn.ops.pool import MaxPool, MaxUnpool
from npnn.tensors import Tensor


def max_pool1d(
    input: Any,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """The maximum of each window of sequences.

    Args:
        input: (N, L, C) or (L, C).
        kernel_size: the size of the window, an int or a tuple of one.
        stride: the step between windows. Default: kernel_size.
        padding: how far windows may begin before the input, and end behind it: at most half kernel_size.
        dilation: the step between the elements of a window.
        ceil_mode: round the number of windows up, if the last begins on the input or on the padding before
            it.
        return_indices: return also where each maximum was found, as max_unpool1d takes it.

    Returns:
        A tensor, (N, L', C) or (L', C), with L' =
        ⌊(size + 2 padding - dilation (kernel_size - 1) - 1) / stride⌋ + 1; and, if asked for, int64 indices
        of the same shape, which count through the axis.

    Raises:
        RuntimeError: an option is out of range, or the input has another number of axes, or no windows.
        NotImplementedError: the input is neither of floating-point numbers nor of integers.

    Source: torch.nn.functional.max_pool1d.

    Examples:
        >>> import npnn
        >>> import npnn.functional as F
        >>> x = npnn.tensor([[1.0], [5.0], [2.0], [3.0]])
        >>> y, index = F.max_pool1d(x, 2, return_indices=True)
        >>> y.flatten(), index.flatten()
        (tensor([5., 3.]), tensor([1, 3]))
    """
    return _max_pool(1, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


def max_pool1d_with_indices(
    input: Any,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> tuple[Tensor, Tensor]:
    """`max_pool1d` with its indices, whatever return_indices says.

    Source: torch.nn.functional.max_pool1d_with_indices.
    """
    pooled: tuple[Tensor, Tensor] = _max_pool(
        1, input, kernel_size, stride, padding, dilation, ceil_mode, True
    )
    return pooled


def max_pool2d(
    input: Any,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """The maximum of each window of images.

    Args:
        input: (N, H, W, C) or (H, W, C).
        kernel_size: the size of the window, an int, or one for each spatial axis.
        stride: the step between windows. Default: kernel_size.
        padding: how far windows may begin before the input, and end behind it: at most half kernel_size.
        dilation: the step between the elements of a window.
        ceil_mode: round the number of windows up, if the last begins on the input or on the padding before
            it.
        return_indices: return also where each maximum was found, as max_unpool2d takes it.

    Returns:
        A tensor, (N, H', W', C) or (H', W', C), with each size
        ⌊(size + 2 padding - dilation (kernel_size - 1) - 1) / stride⌋ + 1; and, if asked for, int64 indices
        of the same shape, which count through the flattened spatial axes.

    Raises:
        RuntimeError: an option is out of range, or the input has another number of axes, or no windows.
        NotImplementedError: the input is neither of floating-point numbers nor of integers.

    Source: torch.nn.functional.max_pool2d.

    Examples:
        >>> import npnn
        >>> import npnn.functional as F
        >>> F.max_pool2d(npnn.ones(2, 8, 7, 3), 3, stride=2, padding=1).shape
        torch.Size([2, 4, 4, 3])
    """
    return _max_pool(2, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


def max_pool2d_with_indices(
    input: Any,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> tuple[Tensor, Tensor]:
    """`max_pool2d` with its indices, whatever return_indices says.

    Source: torch.nn.functional.max_pool2d_with_indices.
    """
    pooled: tuple[Tensor, Tensor] = _max_pool(
        2, input, kernel_size, stride, padding, dilation, ceil_mode, True
    )
    return pooled


def max_pool3d(
    input: Any,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """The maximum of each window of volumes.

    Args:
        input: (N, D, H, W, C) or (D, H, W, C).
        kernel_size: the size of the window, an int, or one for each spatial axis.
        stride: the step between windows. Default: kernel_size.
        padding: how far windows may begin before the input, and end behind it: at most half kernel_size.
        dilation: the step between the elements of a window.
        ceil_mode: round the number of windows up, if the last begins on the input or on the padding before
            it.
        return_indices: return also where each maximum was found, as max_unpool3d takes it.

    Returns:
        A tensor, (N, D', H', W', C) or without N, with each size
        ⌊(size + 2 padding - dilation (kernel_size - 1) - 1) / stride⌋ + 1; and, if asked for, int64 indices
        of the same shape, which count through the flattened spatial axes.

    Raises:
        RuntimeError: an option is out of range, or the input has another number of axes, or no windows.
        NotImplementedError: the input is neither of floating-point numbers nor of integers.

    Source: torch.nn.functional.max_pool3d.

    Examples:
        >>> import npnn
        >>> import npnn.functional as F
        >>> F.max_pool3d(npnn.ones(2, 5, 8, 7, 3), (1, 2, 2), ceil_mode=True).shape
        torch.Size([2, 5, 4, 4, 3])
    """
    return _max_pool(3, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


def max_pool3d_with_indices(
    input: Any,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> tuple[Tensor, Tensor]:
    """`max_pool3d` with its indices, whatever return_indices says.

    Source: torch.nn.functional.max_pool3d_with_indices.
    """
    pooled: tuple[Tensor, Tensor] = _max_pool(
        3, input, kernel_size, stride, padding, dilation, ceil_mode, True
    )
    return pooled


def max_unpool1d(
    input: Any,
    indices: Any,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    output_size: Any = None,
) -> Tensor:
    """Zeros with each value put where max_pool1d found it.

    Args:
        input: (N, L, C) or (L, C).
        indices: where the values go, int64, of the input's shape.
        kernel_size: of the pooling that is undone.
        stride: of that pooling. Default: kernel_size.
        padding: of that pooling.
        output_size: the length of what was pooled, alone or as (N, L', C), where it is not the default; it
            differs by less than a stride from that.

    Returns:
        A tensor, (N, L', C) or (L', C), by default with L' =
        (size - 1) stride - 2 padding + kernel_size.

    Raises:
        RuntimeError: shapes do not go together, or an index is out of range.
        ValueError: output_size is not possible.
        NotImplementedError: the input is not of floating-point numbers.

    Source: torch.nn.functional.max_unpool1d.

    Examples:
        >>> import npnn
        >>> import npnn.functional as F
        >>> y, index = F.max_pool1d(npnn.tensor([[1.0], [5.0], [2.0], [3.0]]), 2, return_indices=True)
        >>> F.max_unpool1d(y, index, 2).flatten()
        tensor([0., 5., 0., 3.])
    """
    return _max_unpool(1, input, indices, kernel_size, stride, padding, output_size)


def max_unpool2d(
    input: Any,
    indices: Any,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    output_size: Any = None,
) -> Tensor:
    """Zeros with each value put where max_pool2d found it.

    Args:
        input: (N, H, W, C) or (H, W, C).
        indices: where the values go, int64, of the input's shape.
        kernel_size: of the pooling that is undone.
        stride: of that pooling. Default: kernel_size.
        padding: of that pooling.
        output_size: the spatial sizes of what was pooled, alone or between N and C, where it is not the
            default; it differs by less than a stride from that.

    Returns:
        A tensor, (N, H', W', C) or (H', W', C), by default with each size
        (size - 1) stride - 2 padding + kernel_size.

    Raises:
        RuntimeError: shapes do not go together, or an index is out of range.
        ValueError: output_size is not possible.
        NotImplementedError: the input is not of floating-point numbers.

    Source: torch.nn.functional.max_unpool2d.

    Examples:
        >>> import npnn
        >>> import npnn.functional as F
        >>> y, index = F.max_pool2d(npnn.ones(2, 8, 7, 3), 2, return_indices=True)
        >>> F.max_unpool2d(y, index, 2, output_size=(8, 7)).shape
        torch.Size([2, 8, 7, 3])
    """
    return _max_unpool(2, input, indices, kernel_size, stride, padding, output_size)


def max_unpool3d(
    input: Any,
    indices: Any,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    output_size: Any = None,
) -> Tensor:
    """Zeros with each value put where max_pool3d found it.

    Args:
        input: (N, D, H, W, C) or (D, H, W, C).
        indices: where the values go, int64, of the input's shape.
        kernel_size: of the pooling that is undone.
        stride: of that pooling. Default: kernel_size.
        padding: of that pooling.
        output_size: the spatial sizes of what was pooled, alone or between N and C, where it is not the
            default; it differs by less than a stride from that.

    Returns:
        A tensor, (N, D', H', W', C) or without N, by default with each size
        (size - 1) stride - 2 padding + kernel_size.

    Raises:
        RuntimeError: shapes do not go together, or an index is out of range.
        ValueError: output_size is not possible.
        NotImplementedError: the input is not of floating-point numbers.

    Source: torch.nn.functional.max_unpool3d.

    Examples:
        >>> import npnn
        >>> import npnn.functional as F
        >>> y, index = F.max_pool3d(npnn.ones(2, 4, 8, 6, 3), 2, return_indices=True)
        >>> F.max_unpool3d(y, index, 2).shape
        torch.Size([2, 4, 8, 6, 3])
    """
    return _max_unpool(3, input, indices, kernel_size, stride, padding, output_size)


def _max_pool(
    axes: int,
    input: Any,
    kernel_size: Any,
    stride: Any,
    padding: Any,
    dilation: Any,
    ceil_mode: bool,
    return_indices: bool,
) -> Any:
    """Max pooling over n spatial axes: the arguments checked and made uniform, one operation called."""
    name = f"max_pool{axes}d"
    options = checked_options(name, axes, kernel_size, stride, padding, dilation)
    x, unbatched = as_batch(name, input, axes, "iuf")
    windows = windows_over(name, x.array.shape[1:-1], options, ceil_mode)
    return as_given(MaxPool.apply(x, windows=windows, return_indices=return_indices), unbatched)


def _max_unpool(
    axes: int, input: Any, indices: Any, kernel_size: Any, stride: Any, padding: Any, output_size: Any
) -> Tensor:
    """Max unpooling over n spatial axes."""
    name = f"max_unpool{axes}d"
    kernel = one_for_each_axis(name, "kernel_size", kernel_size, axes)
    strides = kernel if stride is None else one_for_each_axis(name, "stride", stride, axes)
    paddings = one_for_each_axis(name, "padding", padding, axes)
    if min(strides) < 1:
        raise RuntimeError(f"{name}: strides should be greater than zero, but got stride: {list(strides)}")
    places = as_input(indices, name)
    x, unbatched = as_batch(name, input, axes, "f")
    given = x.array.shape[1:] if unbatched else x.array.shape
    if places.array.dtype != np.int64:
        raise RuntimeError(
            f"{name}: elements in indices should be type int64 but got: {places.array.dtype.name}"
        )
    if places.array.shape != given:
        raise RuntimeError(
            f"{name}: Expected shape of indices to be same as that of the input tensor ({list(given)}) but"
            f" got indices tensor with shape: {list(places.array.shape)}"
        )
    spatial = _unpooled_size(x.array.shape[1:-1], kernel, strides, paddings, output_size)
    flat, size = places.array.reshape(-1), int(np.prod(spatial))
    outside = flat[(flat < 0) | (flat >= size)]
    if outside.size:
        volume = "x".join(map(str, spatial))
        raise RuntimeError(
            f"{name}: Found an invalid max index: {outside[0]} (output volumes are of size {volume})"
        )
    y: Tensor = MaxUnpool.apply(x, places.array.reshape(x.array.shape), spatial=spatial)
    return y.squeeze(0) if unbatched else y


def _unpooled_size(spatial: Shape, kernel: Shape, stride: Shape, padding: Shape, output_size: Any) -> Shape:
    """The spatial sizes of what was pooled: those asked for, if they are possible."""
    default = tuple(
        (size - 1) * s + k - 2 * p for size, k, s, p in zip(spatial, kernel, stride, padding, strict=True)
    )
    wanted = default if output_size is None else tuple(output_size)
    if len(wanted) == len(spatial) + 2:
        wanted = wanted[1:-1]
    if len(wanted) != len(spatial):
        raise ValueError(
            f"output_size should be a sequence containing {len(spatial)} or {len(spatial) + 2} elements, but"
            f" it has a length of '{len(wanted)}'"
        )
    for axis, (size, usual, step) in enumerate(zip(wanted, default, stride, strict=True)):
        if not usual - step < size < usual + step:
            raise ValueError(
                f'invalid output_size "{output_size}" (dim {axis} must be between {usual - step} and'
                f" {usual + step})"
            )
        if size < 0:
            raise ValueError(
                "max_unpooling: output_size must contain non-negative spatial dimensions, but got"
                f" output_size[{axis}]={size}"
            )
    return tuple(int(size) for size in wanted)
