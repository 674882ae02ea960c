"""Elements written into copies of tensors: slices, by indices of all axes, by masks, where a view shows them.

Each function takes the tensor first.
"""

from __future__ import annotations

import functools
import operator
from typing import Any

import numpy as np

from npnn._typing import Array
from npnn.autograd.function import wrap
from npnn.ops import indexing
from npnn.tensors.base import array_of, axis_of
from npnn.tensors.indexing import put_error
from npnn.tensors.picking import flat_places
from npnn.tensors.promotion import fill_value, in_dtype, scaled
from npnn.tensors.scattering import REDUCTIONS, scatter_reduce, shaped, with_axes

_whole = functools.partial(indexing.viewed, steps=None)
"""The region of `SetItem` that is everything."""

# ---- along an axis, whole slices


def index_add(input: Any, dim: int, index: Any, source: Any, *, alpha: Any = 1) -> Any:
    """A copy with slices added, alpha times, at the places along an axis that a vector says.

    Args:
        input: the tensor.
        dim: the axis.
        index: the places, a vector of integers.
        source: the slices, along the same axis.
        alpha: a factor.

    Raises:
        RuntimeError: dtypes or shapes do not fit.
        IndexError: the index is no vector of integers, or points outside the axis.

    Source: torch.index_add.

    Examples:
        >>> import npnn
        >>> npnn.zeros(3).index_add(0, npnn.tensor([0, 0]), npnn.tensor([1.0, 5.0]))
        tensor([6., 0., 0.])
    """
    x, axis, places, slices = _slices("index_add", input, dim, index, source)
    slices = scaled(slices, alpha, x)
    added = indexing.TakeAdd.apply(slices, index=places, axis=axis, size=x.array.shape[axis])
    return shaped(x + added, input)


def index_copy(input: Any, dim: int, index: Any, source: Any) -> Any:
    """A copy with slices written at the places along an axis that a vector says.

    Raises:
        RuntimeError: dtypes or shapes do not fit.
        IndexError: the index is no vector of integers, or points outside the axis.

    Source: torch.index_copy.

    Examples:
        >>> import npnn
        >>> npnn.zeros(3).index_copy(0, npnn.tensor([2, 0]), npnn.tensor([1.0, 5.0]))
        tensor([5., 0., 1.])
    """
    x, axis, places, slices = _slices("index_copy", input, dim, index, source)
    written = indexing.SetItem.apply(x, slices, region=_whole, index=(*_lead(axis), places))
    return shaped(written, input)


def index_fill(input: Any, dim: int, index: Any, value: Any) -> Any:
    """A copy with a number written over the slices at the places along an axis that a vector says.

    Raises:
        RuntimeError: the value has axes.
        IndexError: the index is no vector of integers, or points outside the axis.

    Source: torch.index_fill.

    Examples:
        >>> import npnn
        >>> npnn.zeros(3).index_fill(0, npnn.tensor([2, 0]), 4)
        tensor([4., 0., 4.])
    """
    if np.ndim(array_of(value)):
        raise RuntimeError(
            "index_fill_ only supports a 0-dimensional value tensor, but got tensor with"
            f" {np.ndim(array_of(value))} dimension(s)."
        )
    axis = axis_of(dim, input.array.ndim)
    x = with_axes(input)
    places = np.unique(_vector("index_fill", index, x.array.shape[axis]))
    number = in_dtype(fill_value(value, x.array.dtype), x.array.dtype)
    written = indexing.SetItem.apply(x, number, region=_whole, index=(*_lead(axis), places))
    return shaped(written, input)


def index_reduce(
    input: Any, dim: int, index: Any, source: Any, reduce: str, *, include_self: bool = True
) -> Any:
    """A copy in which slices are reduced with what is at the places along an axis that a vector says.

    Args:
        input: the tensor.
        dim: the axis.
        index: the places, a vector of integers.
        source: the slices, along the same axis.
        reduce: "prod", "mean", "amax" or "amin".
        include_self: whether what is there counts.

    Raises:
        RuntimeError: dtypes or shapes do not fit, or the reduction is another.
        IndexError: the index is no vector of integers, or points outside the axis.

    Source: torch.index_reduce.
    """
    if reduce not in REDUCTIONS or reduce == "sum":
        raise RuntimeError(
            f"index_reduce(): Expected reduce to be one of prod, mean, amax or amin but got {reduce}."
        )
    x, axis, places, slices = _slices("index_reduce", input, dim, index, source)
    upright = places.reshape([-1 if other == axis else 1 for other in range(x.array.ndim)])
    everywhere = wrap(np.broadcast_to(upright, slices.array.shape))
    result = scatter_reduce(x, axis, everywhere, slices, reduce, include_self=include_self)
    return shaped(result, input)


def _lead(axis: int) -> tuple[slice, ...]:
    return (slice(None),) * axis


def _vector(name: str, index: Any, length: int) -> Array:
    """Checked places along an axis."""
    places: Array = array_of(index)
    if places.ndim > 1:
        raise IndexError(f"{name}(): Index is supposed to be a vector, but got dim: {places.ndim}")
    if places.dtype.kind not in "iu":
        raise RuntimeError(f"{name}(): Expected dtype int32/int64 for index but got: {places.dtype}")
    wrong = (places < -length) | (places >= length)
    if wrong.any():
        raise IndexError(
            f"{name}(): index {places[wrong].flat[0]} out of range for an axis of length {length}"
        )
    places = places.reshape(-1)
    return np.where(places < 0, places + length, places)


def _slices(name: str, input: Any, dim: int, index: Any, source: Any) -> tuple[Any, int, Array, Any]:
    """The tensor, the axis, the places and the slices for them, checked; nothing is without axes any more."""
    axis = axis_of(dim, input.array.ndim)
    if source.array.dtype != input.array.dtype:
        raise RuntimeError(
            f"{name}(): self ({input.array.dtype}) and source ({source.array.dtype}) must have the same dtype"
        )
    x, slices = with_axes(input), with_axes(source)
    places = _vector(name, index, x.array.shape[axis])
    wanted = (*x.array.shape[:axis], places.size, *x.array.shape[axis + 1 :])
    if slices.array.shape != wanted:
        raise RuntimeError(
            f"{name}(): Number of indices should be equal to source.size(dim), and the other sizes to those"
            f" of self: expected source of shape {list(wanted)}, got {list(slices.array.shape)}"
        )
    return x, axis, places, slices


# ---- by indices of all axes, by places, by masks


def index_put(input: Any, indices: Any, values: Any, accumulate: bool = False) -> Any:
    """A copy with values written, or added, at what a tuple of index tensors says, as `x[indices] = values`.

    Args:
        input: the tensor.
        indices: a tensor of integers or bools for each axis, or None for all of it.
        values: a tensor that broadcasts to the shape of what is indexed.
        accumulate: add, also more than once where places are equal.

    Raises:
        IndexError: a place is outside.
        RuntimeError: dtypes differ.

    Source: torch.index_put.

    Examples:
        >>> import npnn
        >>> npnn.zeros(2, 2).index_put((npnn.tensor([0, 1]), npnn.tensor([1, 0])), npnn.tensor(3.0))
        tensor([[0., 3.],
                [3., 0.]])
    """
    if values.array.dtype != input.array.dtype:
        raise put_error(input.array.dtype, values.array.dtype)
    index = tuple(slice(None) if part is None else array_of(part) for part in indices)
    if not accumulate:
        return indexing.SetItem.apply(input, values, region=_whole, index=index)
    spread = values.expand(input.array[index].shape)
    return input + indexing.PutAdd.apply(spread, index=index, shape=input.array.shape)


def put(input: Any, index: Any, source: Any, accumulate: bool = False) -> Any:
    """A copy with values written, or added, at places counted over all axes, run together.

    Args:
        input: the tensor.
        index: the places.
        source: as many values.
        accumulate: add, also more than once where places are equal.

    Raises:
        RuntimeError: dtypes differ, or there are not as many values as places.
        IndexError: a place is outside.

    Source: torch.put.
    """
    if source.array.dtype != input.array.dtype:
        raise RuntimeError(
            f"put_(): self and source expected to have the same dtype, but got {input.array.dtype} and"
            f" {source.array.dtype}"
        )
    places = flat_places("put", index, input.array.size)
    if places.size != source.array.size:
        raise RuntimeError(
            "put_(): Expected source and index to have the same number of elements, but got"
            f" {source.array.size} and {places.size}"
        )
    flat, values = input.reshape(-1), source.reshape(-1)
    return index_put(flat, (places.reshape(-1),), values, accumulate).reshape(input.array.shape)


def masked_scatter(input: Any, mask: Any, source: Any) -> Any:
    """A copy in which the elements where a mask is True become, one after the other, those of another tensor.

    Args:
        input: the tensor.
        mask: a tensor of bools; the two broadcast.
        source: the values, of which there have to be enough.

    Raises:
        RuntimeError: the mask is not one of bools, dtypes differ, or there are too few values.

    Source: torch.masked_scatter.

    Examples:
        >>> import npnn
        >>> npnn.zeros(3).masked_scatter(npnn.tensor([True, False, True]), npnn.tensor([1.0, 2.0, 3.0]))
        tensor([1., 0., 2.])
    """
    where: Array = array_of(mask)
    if where.dtype != np.bool_:
        raise RuntimeError(
            f"masked_scatter_ only supports boolean masks, but got mask with dtype {where.dtype}"
        )
    if source.array.dtype != input.array.dtype:
        raise RuntimeError(
            "masked_scatter: expected self and source to have same dtypes but got"
            f" {input.array.dtype} and {source.array.dtype}"
        )
    shape = np.broadcast_shapes(input.array.shape, where.shape)
    chosen = np.broadcast_to(where, shape)
    count = int(np.count_nonzero(chosen))
    if source.array.size < count:
        raise RuntimeError(
            f"Number of elements of source < number of ones in mask: {source.array.size} < {count}"
        )
    values = source.reshape(-1)[:count]
    return indexing.SetItem.apply(input.expand(shape), values, region=_whole, index=chosen)


# ---- by what a view shows


def select_scatter(input: Any, src: Any, dim: int, index: int) -> Any:
    """A copy with one slice along an axis written over.

    Raises:
        RuntimeError: the slice has another shape.
        IndexError: there is no such place.

    Source: torch.select_scatter.

    Examples:
        >>> import npnn
        >>> npnn.zeros(2, 2).select_scatter(npnn.ones(2), 0, 1)
        tensor([[0., 0.],
                [1., 1.]])
    """
    axis = axis_of(dim, input.array.ndim)
    size, place = input.array.shape[axis], operator.index(index)
    if not -size <= place < size:
        raise IndexError(f"selected index {place} out of range for an axis of length {size}")
    return _written_over(input, src, (*_lead(axis), place))


def slice_scatter(
    input: Any, src: Any, dim: int = 0, start: int | None = None, end: int | None = None, step: int = 1
) -> Any:
    """A copy with a stretch of an axis written over.

    Raises:
        RuntimeError: the stretch has another shape, or the step is not positive.

    Source: torch.slice_scatter.

    Examples:
        >>> import npnn
        >>> npnn.zeros(5).slice_scatter(npnn.ones(2), start=1, end=4, step=2)
        tensor([0., 1., 0., 1., 0.])
    """
    if step < 1:
        raise RuntimeError(f"slice step must be positive, got {step}")
    return _written_over(input, src, (*_lead(axis_of(dim, input.array.ndim)), slice(start, end, step)))


def _written_over(input: Any, src: Any, index: tuple[Any, ...]) -> Any:
    wanted = input.array[index].shape
    if src.array.shape != wanted:
        raise RuntimeError(
            f"expected src to have a size equal to the slice of self. src size = {list(src.array.shape)},"
            f" slice size = {list(wanted)}"
        )
    return indexing.SetItem.apply(input, in_dtype(src, input.array.dtype), region=_whole, index=index)
