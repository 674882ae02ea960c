"""Pooling to a given output size over one, two and three spatial axes, channels last."""

from __future__ import annotations

from typing import Any

import numpy as np

from npnn._typing import Shape
from npnn.functional._check import as_input
from npnn.functional.pooling._check import COUNTS, as_given
from npnn.ops.adaptive_pool import AdaptiveAvgPool, AdaptiveMaxPool
from npnn.tensors import Tensor


def adaptive_max_pool1d(input: Any, output_size: Any, return_indices: bool = False) -> Any:
    """The maximum of each of so many windows of sequences, as even as can be.

    Window i of n on an axis of length L is [⌊i L / n⌋, ⌈(i + 1) L / n⌉): windows may overlap by one element.

    Args:
        input: (N, L, C) or (L, C).
        output_size: the number of windows, an int or a tuple of one.
        return_indices: return also where each maximum was found, counted through the axis.

    Returns:
        A tensor, (N, L', C) or (L', C); and, if asked for, int64 indices of the same shape.

    Raises:
        RuntimeError: output_size is negative or of another length, or the input has another number of axes.
        NotImplementedError: the input is not of floating-point numbers.

    Source: torch.nn.functional.adaptive_max_pool1d.

    Examples:
        >>> import npnn
        >>> import npnn.functional as F
        >>> F.adaptive_max_pool1d(npnn.tensor([[1.0], [5.0], [2.0], [3.0], [4.0]]), 2).flatten()
        tensor([5., 4.])
    """
    return _adaptive_max_pool(1, input, output_size, return_indices)


def adaptive_max_pool1d_with_indices(
    input: Any, output_size: Any, return_indices: bool = False
) -> tuple[Tensor, Tensor]:
    """`adaptive_max_pool1d` with its indices, whatever return_indices says.

    Source: torch.nn.functional.adaptive_max_pool1d_with_indices.
    """
    pooled: tuple[Tensor, Tensor] = _adaptive_max_pool(1, input, output_size, True)
    return pooled


def adaptive_max_pool2d(input: Any, output_size: Any, return_indices: bool = False) -> Any:
    """The maximum of each of so many windows of images, as even as can be.

    Window i of n on an axis of length L is [⌊i L / n⌋, ⌈(i + 1) L / n⌉): windows may overlap by one element.

    Args:
        input: (N, H, W, C) or (H, W, C).
        output_size: the number of windows, an int, or for each spatial axis an int or None, for as many as
            there are elements.
        return_indices: return also where each maximum was found, counted through the flattened spatial axes.

    Returns:
        A tensor, (N, H', W', C) or (H', W', C); and, if asked for, int64 indices of the same shape.

    Raises:
        RuntimeError: output_size is negative or of another length, or the input has another number of axes.
        NotImplementedError: the input is not of floating-point numbers.

    Source: torch.nn.functional.adaptive_max_pool2d.

    Examples:
        >>> import npnn
        >>> import npnn.functional as F
        >>> F.adaptive_max_pool2d(npnn.ones(2, 8, 7, 3), (3, None)).shape
        torch.Size([2, 3, 7, 3])
    """
    return _adaptive_max_pool(2, input, output_size, return_indices)


def adaptive_max_pool2d_with_indices(
    input: Any, output_size: Any, return_indices: bool = False
) -> tuple[Tensor, Tensor]:
    """`adaptive_max_pool2d` with its indices, whatever return_indices says.

    Source: torch.nn.functional.adaptive_max_pool2d_with_indices.
    """
    pooled: tuple[Tensor, Tensor] = _adaptive_max_pool(2, input, output_size, True)
    return pooled


def adaptive_max_pool3d(input: Any, output_size: Any, return_indices: bool = False) -> Any:
    """The maximum of each of so many windows of volumes, as even as can be.

    Window i of n on an axis of length L is [⌊i L / n⌋, ⌈(i + 1) L / n⌉): windows may overlap by one element.

    Args:
        input: (N, D, H, W, C) or (D, H, W, C).
        output_size: the number of windows, an int, or for each spatial axis an int or None, for as many as
            there are elements.
        return_indices: return also where each maximum was found, counted through the flattened spatial axes.

    Returns:
        A tensor, (N, D', H', W', C) or without N; and, if asked for, int64 indices of the same shape.

    Raises:
        RuntimeError: output_size is negative or of another length, or the input has another number of axes.
        NotImplementedError: the input is not of floating-point numbers.

    Source: torch.nn.functional.adaptive_max_pool3d.

    Examples:
        >>> import npnn
        >>> import npnn.functional as F
        >>> F.adaptive_max_pool3d(npnn.ones(2, 5, 8, 7, 3), 3).shape
        torch.Size([2, 3, 3, 3, 3])
    """
    return _adaptive_max_pool(3, input, output_size, return_indices)


def adaptive_max_pool3d_with_indices(
    input: Any, output_size: Any, return_indices: bool = False
) -> tuple[Tensor, Tensor]:
    """`adaptive_max_pool3d` with its indices, whatever return_indices says.

    Source: torch.nn.functional.adaptive_max_pool3d_with_indices.
    """
    pooled: tuple[Tensor, Tensor] = _adaptive_max_pool(3, input, output_size, True)
    return pooled


def adaptive_avg_pool1d(input: Any, output_size: Any) -> Tensor:
    """The mean of each of so many windows of sequences, as even as can be.

    Window i of n on an axis of length L is [⌊i L / n⌋, ⌈(i + 1) L / n⌉): windows may overlap by one element.

    Args:
        input: (N, L, C) or (L, C).
        output_size: the number of windows, an int or a tuple of one.

    Returns:
        A tensor, (N, L', C) or (L', C).

    Raises:
        RuntimeError: output_size is negative or of another length, or the input has another number of axes.
        NotImplementedError: the input is not of floating-point numbers.

    Source: torch.nn.functional.adaptive_avg_pool1d.

    Examples:
        >>> import npnn
        >>> import npnn.functional as F
        >>> F.adaptive_avg_pool1d(npnn.tensor([[1.0], [5.0], [3.0], [4.0], [2.0]]), 2).flatten()
        tensor([3., 3.])
    """
    return _adaptive_avg_pool(1, input, output_size)


def adaptive_avg_pool2d(input: Any, output_size: Any) -> Tensor:
    """The mean of each of so many windows of images, as even as can be.

    Window i of n on an axis of length L is [⌊i L / n⌋, ⌈(i + 1) L / n⌉): windows may overlap by one element.

    Args:
        input: (N, H, W, C) or (H, W, C).
        output_size: the number of windows, an int, or for each spatial axis an int or None, for as many as
            there are elements.

    Returns:
        A tensor, (N, H', W', C) or (H', W', C).

    Raises:
        RuntimeError: output_size is negative or of another length, or the input has another number of axes.
        NotImplementedError: the input is not of floating-point numbers.

    Source: torch.nn.functional.adaptive_avg_pool2d.

    Examples:
        >>> import npnn
        >>> import npnn.functional as F
        >>> F.adaptive_avg_pool2d(npnn.ones(2, 8, 7, 3), (3, None)).shape
        torch.Size([2, 3, 7, 3])
    """
    return _adaptive_avg_pool(2, input, output_size)


def adaptive_avg_pool3d(input: Any, output_size: Any) -> Tensor:
    """The mean of each of so many windows of volumes, as even as can be.

    Window i of n on an axis of length L is [⌊i L / n⌋, ⌈(i + 1) L / n⌉): windows may overlap by one element.

    Args:
        input: (N, D, H, W, C) or (D, H, W, C).
        output_size: the number of windows, an int, or for each spatial axis an int or None, for as many as
            there are elements.

    Returns:
        A tensor, (N, D', H', W', C) or without N.

    Raises:
        RuntimeError: output_size is negative or of another length, or the input has another number of axes.
        NotImplementedError: the input is not of floating-point numbers.

    Source: torch.nn.functional.adaptive_avg_pool3d.

    Examples:
        >>> import npnn
        >>> import npnn.functional as F
        >>> F.adaptive_avg_pool3d(npnn.ones(2, 5, 8, 7, 3), 1).shape
        torch.Size([2, 1, 1, 1, 3])
    """
    return _adaptive_avg_pool(3, input, output_size)


def _adaptive_max_pool(axes: int, input: Any, output_size: Any, return_indices: bool) -> Any:
    """Adaptive max pooling over n spatial axes: the arguments checked, one operation called."""
    words = "internal error: output_size.size() must be", "Trying to create tensor with negative dimension"
    x, unbatched, out = _checked(f"adaptive_max_pool{axes}d", axes, input, output_size, words)
    return as_given(AdaptiveMaxPool.apply(x, out=out, return_indices=return_indices), unbatched)


def _adaptive_avg_pool(axes: int, input: Any, output_size: Any) -> Tensor:
    """Adaptive average pooling over n spatial axes."""
    words = "output_size must be", "elements of output_size must be greater than or equal to 0"
    x, unbatched, out = _checked(f"adaptive_avg_pool{axes}d", axes, input, output_size, words)
    y: Tensor = AdaptiveAvgPool.apply(x, out=out)
    return y.squeeze(0) if unbatched else y


def _checked(
    name: str, axes: int, input: Any, output_size: Any, words: tuple[str, str]
) -> tuple[Tensor, bool, Shape]:
    """The input with a batch axis, whether that had to be added, and the number of windows on each axis.

    `words` are what torch begins with about an output size of another length, and about a negative one.
    """
    x = as_input(input, name)
    shape = x.array.shape
    single = isinstance(output_size, (int, np.integer))
    sizes = (output_size,) * axes if single else output_size
    if not isinstance(sizes, (tuple, list)) or not all(
        isinstance(size, (int, np.integer)) or (size is None and axes > 1) for size in sizes
    ):
        raise TypeError(
            f"{name}(): argument 'output_size' must be an int or a tuple of {COUNTS[axes]}, but got"
            f" {output_size!r}"
        )
    if axes > 1 and not single and len(shape) <= len(sizes):
        raise ValueError(
            f"Input dimension should be at least {len(sizes) + 1} for {name} to output_size {output_size},"
            f" but got input of shape {list(shape)}"
        )
    if len(sizes) != axes:
        expected = "'output_size' should contain one int" if axes == 1 else f"{words[0]} {axes}"
        raise RuntimeError(f"{name}(): {expected}, but got {output_size}")
    if len(shape) not in (axes + 1, axes + 2):
        raise RuntimeError(
            f"{name}(): Expected {axes + 1}D or {axes + 2}D tensor, channels last, but got: {list(shape)}"
        )
    spatial = shape[-axes - 1 : -1]
    if 0 in spatial:
        raise RuntimeError(
            f"{name}(): Expected input to have non-zero size for non-batch dimensions, but got {list(shape)}"
        )
    out = tuple(size if wanted is None else int(wanted) for wanted, size in zip(sizes, spatial, strict=True))
    if min(out) < 0:
        raise RuntimeError(f"{name}(): {words[1]} {min(out)}: output_size is {output_size}")
    if x.array.dtype.kind != "f":
        raise NotImplementedError(f'"{name}" not implemented for {x.array.dtype.name!r}')
    unbatched = len(shape) == axes + 1
    return x.unsqueeze(0) if unbatched else x, unbatched, out
