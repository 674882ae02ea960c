"""What runs along an axis: extremes so far, products, differences, slopes, areas.

Each function takes the tensor first. The running sum is `Tensor.cumsum`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from npnn import dtypes
from npnn.autograd.function import wrap
from npnn.ops import cumulative as ops
from npnn.ops import indexing
from npnn.tensors.base import array_of, axis_of
from npnn.tensors.joining import cat
from npnn.tensors.promotion import in_dtype, in_floating
from npnn.tensors.results import extremes


def cumprod(input: Any, dim: int, *, dtype: Any = None) -> Any:
    """The running product along an axis; integers and bools multiply in int64.

    Source: torch.cumprod.

    Examples:
        >>> import npnn
        >>> npnn.tensor([2, 3, 4]).cumprod(0)
        tensor([ 2,  6, 24])
    """
    axis = axis_of(dim, input.array.ndim)
    x = in_dtype(input, dtypes.int64 if dtype is None and input.array.dtype.kind in "bui" else dtype)
    return in_dtype(ops.CumProd.apply(x, axis=axis), dtype) if x.array.ndim else x.clone()


def logcumsumexp(input: Any, dim: int) -> Any:
    """The logarithm of the running sum of exponentials along an axis, without overflow.

    Source: torch.logcumsumexp.

    Examples:
        >>> import npnn
        >>> npnn.zeros(3).logcumsumexp(0)
        tensor([0.0000, 0.6931, 1.0986])
    """
    axis = axis_of(dim, input.array.ndim)
    x = in_floating(input)
    return ops.LogCumSumExp.apply(x, axis=axis) if x.array.ndim else x.clone()


def cummax(input: Any, dim: int) -> Any:
    """The largest value so far along an axis, and where it was, last.

    Source: torch.cummax.

    Examples:
        >>> import npnn
        >>> npnn.tensor([1, 3, 2, 3]).cummax(0)
        torch.return_types.cummax(
        values=tensor([1, 3, 3, 3]),
        indices=tensor([0, 1, 1, 3]))
    """
    return _so_far("cummax", np.maximum, input, dim)


def cummin(input: Any, dim: int) -> Any:
    """The smallest value so far along an axis, and where it was, last.

    Source: torch.cummin.
    """
    return _so_far("cummin", np.minimum, input, dim)


def _so_far(name: str, extreme: np.ufunc, input: Any, dim: int) -> Any:
    axis, x = axis_of(dim, input.array.ndim), input.array
    if not x.ndim:
        return extremes(name, input.clone(), wrap(np.zeros((), np.int64)))
    if not x.size:
        return extremes(name, input.clone(), wrap(np.zeros(x.shape, np.int64)))
    running = extreme.accumulate(x, axis=axis)
    position = np.arange(x.shape[axis]).reshape([-1 if other == axis else 1 for other in range(x.ndim)])
    reached = (x == running) | (np.isnan(x) & np.isnan(running))
    places = np.asarray(np.maximum.accumulate(np.where(reached, position, 0), axis=axis), order="C")
    return extremes(name, indexing.Gather.apply(input, places, axis=axis), wrap(places))


def diff(input: Any, n: int = 1, dim: int = -1, prepend: Any = None, append: Any = None) -> Any:
    """The differences of neighbours along an axis, n times over.

    Args:
        input: the tensor; of bools it is told which neighbours differ.
        n: how often.
        dim: the axis.
        prepend: what to put before it along the axis first.
        append: what to put behind it.

    Raises:
        RuntimeError: there are no axes, or n is negative.

    Source: torch.diff.

    Examples:
        >>> import npnn
        >>> npnn.tensor([1, 4, 9]).diff()
        tensor([3, 5])
    """
    if input.array.ndim == 0:
        raise RuntimeError("diff expects input to be at least one-dimensional")
    if n < 0:
        raise RuntimeError(f"order must be non-negative but got {n}")
    axis = axis_of(dim, input.array.ndim)
    if n == 0:
        return input.clone()
    parts = [part for part in (prepend, input, append) if part is not None]
    result = cat(parts, axis) if len(parts) > 1 else input
    for _ in range(min(n, result.array.shape[axis])):
        length = result.array.shape[axis]
        later, earlier = result.narrow(axis, 1, length - 1), result.narrow(axis, 0, length - 1)
        result = later != earlier if result.array.dtype.kind == "b" else later - earlier
    return result


def gradient(input: Any, *, spacing: Any = None, dim: Any = None, edge_order: int = 1) -> tuple[Any, ...]:
    """The slope along each axis, from values at points: ∂f/∂x_i, of second order inside.

    Inside it is the mean of the slopes on both sides, weighted by the distances on the opposite sides; with
    even spacing that is (f(x + h) - f(x - h)) / 2h.

    Args:
        input: the values.
        spacing: how far the points are apart: a number for all axes, or a sequence that has for each axis a
            number or a vector of coordinates. Default: 1.
        dim: the axis or axes. Default: all.
        edge_order: of the slope at either end: 1 for that to the neighbour, 2 for that of a parabola.

    Returns:
        For each of the axes a tensor of the input's shape.

    Raises:
        RuntimeError: another order, an axis that is too short for it or that is named twice, or spacings that
            do not fit.
        TypeError: the spacing is a vector, not a sequence of vectors.
        IndexError: there is no such axis.

    Source: torch.gradient.

    Examples:
        >>> import npnn
        >>> npnn.gradient(npnn.tensor([1.0, 4.0, 9.0, 16.0]))
        (tensor([3., 4., 6., 7.]),)
    """
    if edge_order not in (1, 2):
        raise RuntimeError(f"gradient: only edge_order=1 and edge_order=2 are supported, got {edge_order}")
    if input.array.dtype == np.uint8:
        raise RuntimeError("gradient: does not support uint8 input, whose differences are not negative")
    ndim = input.array.ndim
    named = range(ndim) if dim is None else dim if isinstance(dim, (tuple, list)) else (dim,)
    axes = [axis_of(each, ndim) for each in named]
    for number, axis in enumerate(axes):
        if axis in axes[:number]:
            raise RuntimeError(f"dim {axis} appears multiple times in the list of dims")
        if input.array.shape[axis] < edge_order + 1:
            raise RuntimeError(
                f"gradient: expected each dimension size to be at least edge_order+1, {edge_order + 1}, got"
                f" shape {list(input.array.shape)}"
            )
    spacings = _spacings(spacing, len(axes))
    return tuple(_slope(input, *each, edge_order) for each in zip(axes, spacings, strict=True))


def _spacings(spacing: Any, count: int) -> list[Any]:
    """For each of so many axes the distance of its points, or their coordinates."""
    if not isinstance(spacing, (tuple, list)):
        if np.ndim(array_of(spacing)):
            raise TypeError("gradient: expected a spacing that is a number or a sequence, got a tensor")
        return [1 if spacing is None else spacing] * count
    if len(spacing) != count:
        raise RuntimeError(
            "gradient: expected spacing to be unspecified, a number, or a sequence with one for each of"
            f" {count} axes, got one of {len(spacing)}"
        )
    for each in spacing:
        if hasattr(each, "dtype") and np.ndim(array_of(each)) != 1:
            raise RuntimeError(
                "gradient: expected each element of spacing to have one dimension, but got an element with"
                f" {np.ndim(array_of(each))} dimensions"
            )
    return list(spacing)


def _slope(f: Any, axis: int, spacing: Any, edge_order: int) -> Any:
    """∂f along one axis."""
    count = f.array.shape[axis] - 1
    slopes = diff(f, dim=axis)
    if slopes.array.dtype.kind == "b":
        raise NotImplementedError("gradient: bools have no differences, and so no slope")
    if np.ndim(array_of(spacing)):
        widths = diff(wrap(spacing))
        if widths.array.size != count:
            raise RuntimeError(
                f"gradient: expected a coordinate for each of the {count + 1} points along axis {axis}, got"
                f" {widths.array.size + 1}"
            )
        widths = widths.reshape([-1 if other == axis else 1 for other in range(f.array.ndim)])
        slopes = slopes / widths
    else:
        slopes = slopes / spacing
        widths = wrap(np.ones([count if other == axis else 1 for other in range(f.array.ndim)], slopes.dtype))
    first, last = slopes.narrow(axis, 0, 1), slopes.narrow(axis, count - 1, 1)
    if count == 1:
        return cat([first, last], axis)
    (left, right), (before, after) = (
        (x.narrow(axis, 0, count - 1), x.narrow(axis, 1, count - 1)) for x in (slopes, widths)
    )
    if edge_order == 2:
        bends = (right - left) / (before + after)
        first = first - before.narrow(axis, 0, 1) * bends.narrow(axis, 0, 1)
        last = last + after.narrow(axis, count - 2, 1) * bends.narrow(axis, count - 2, 1)
    return cat([first, (after * left + before * right) / (before + after), last], axis)


def trapezoid(y: Any, x: Any = None, *, dx: Any = 1, dim: int = -1) -> Any:
    """The area under a curve along an axis, as that of trapezoids.

    Args:
        y: the heights.
        x: where they are: a vector, or a tensor that broadcasts to them.
        dx: how far they are apart, if x is not given.
        dim: the axis.

    Raises:
        RuntimeError: x does not fit.

    Source: torch.trapezoid.

    Examples:
        >>> import npnn
        >>> npnn.trapezoid(npnn.tensor([1.0, 5.0, 10.0]))
        tensor(10.5000)
    """
    return _areas(y, x, dx, dim).sum(dim)


def cumulative_trapezoid(y: Any, x: Any = None, *, dx: Any = 1, dim: int = -1) -> Any:
    """The running area under a curve along an axis, as that of trapezoids.

    Args:
        y: as `trapezoid` takes them.
        x: likewise.
        dx: likewise.
        dim: the axis.

    Raises:
        RuntimeError: x does not fit.

    Source: torch.cumulative_trapezoid.

    Examples:
        >>> import npnn
        >>> npnn.cumulative_trapezoid(npnn.tensor([1.0, 5.0, 10.0]))
        tensor([ 3.0000, 10.5000])
    """
    return _areas(y, x, dx, dim).cumsum(dim)


trapz = trapezoid


def _areas(y: Any, x: Any, dx: Any, dim: int) -> Any:
    """The areas of the single trapezoids."""
    axis = axis_of(dim, y.array.ndim)
    length = y.array.shape[axis]
    widths = dx
    if x is not None:
        if x.array.ndim == 1:
            if x.array.size != length:
                raise RuntimeError(
                    f"trapezoid: There must be one `x` value for each sample point, got {x.array.size} for"
                    f" {length}"
                )
            x = x.reshape([-1 if other == axis else 1 for other in range(y.array.ndim)])
        widths = diff(x, dim=axis - y.array.ndim)
    count = max(length - 1, 0)
    heights = y.narrow(axis, min(1, length), count) + y.narrow(axis, 0, count)
    return heights * widths / 2
