"""Elements scattered along an axis: each to where an index of the same shape says, all else being kept.

Each function takes the tensor first, and gives a copy.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from npnn._typing import Array
from npnn.autograd.function import wrap
from npnn.ops import indexing
from npnn.ops import scatter as ops
from npnn.tensors.base import TensorBase, array_of, axis_of
from npnn.tensors.promotion import fill_value


def scatter(
    input: Any, dim: int, index: Any, src: Any = None, *, value: Any = None, reduce: str | None = None
) -> Any:
    """A copy with values written where an index says along an axis, all other coordinates kept.

    Args:
        input: the tensor.
        dim: the axis.
        index: an integer tensor with as many axes, no longer than the values, nor than the tensor along the
            other axes.
        src: the values, a tensor, or a number for all.
        value: the number, by this name.
        reduce: "add" or "multiply" with what is there, in the place of writing over it.

    Raises:
        RuntimeError: index, values and tensor do not fit together.

    Source: torch.scatter.

    Examples:
        >>> import npnn
        >>> npnn.zeros(2, 3).scatter(1, npnn.tensor([[2], [0]]), 1.0)
        tensor([[0., 0., 1.],
                [1., 0., 0.]])
    """
    src = value if src is None else src
    if reduce is not None:
        if reduce not in _REDUCE_OF:
            raise RuntimeError("reduce argument must be either add or multiply.")
        if not isinstance(src, TensorBase):
            src = wrap(np.full(index.array.shape, src, input.array.dtype))
        return scatter_reduce(input, dim, index, src, _REDUCE_OF[reduce])
    if not isinstance(src, TensorBase):
        src = wrap(np.full(index.array.shape, fill_value(src, input.array.dtype)))
    x, axis, places, values = _fitting("scatter", input, dim, index, src)
    return shaped(ops.Scatter.apply(x, places, values, axis=axis), input)


_REDUCE_OF = {"add": "sum", "multiply": "prod"}


def scatter_add(input: Any, dim: int, index: Any, src: Any) -> Any:
    """A copy with values added where an index says along an axis, all other coordinates kept.

    Args:
        input: the tensor.
        dim: the axis.
        index: as `scatter` takes it.
        src: the values.

    Raises:
        RuntimeError: index, values and tensor do not fit together.

    Source: torch.scatter_add.

    Examples:
        >>> import npnn
        >>> npnn.zeros(3).scatter_add(0, npnn.tensor([0, 2, 2]), npnn.ones(3))
        tensor([1., 0., 2.])
    """
    x, axis, places, values = _fitting("scatter_add", input, dim, index, src)
    return shaped(_sum(x, places, values, axis, True), input)


def scatter_reduce(
    input: Any, dim: int, index: Any, src: Any, reduce: str, *, include_self: bool = True
) -> Any:
    """A copy in which what an index brings to one place along an axis is reduced with what is there.

    Args:
        input: the tensor.
        dim: the axis.
        index: as `scatter` takes it.
        src: the values.
        reduce: "sum", "prod", "mean", "amax" or "amin".
        include_self: whether what is there counts; if not, only places that nothing is brought to keep it.

    Raises:
        RuntimeError: index, values and tensor do not fit together, or the reduction is another.

    Source: torch.scatter_reduce.

    Examples:
        >>> import npnn
        >>> npnn.zeros(2).scatter_reduce(0, npnn.tensor([0, 0, 1]), npnn.tensor([1.0, 5.0, -2.0]), "amax")
        tensor([5., 0.])
    """
    if reduce not in REDUCTIONS:
        raise RuntimeError(f"reduce argument must be either {', '.join(REDUCTIONS)}, got {reduce}.")
    neutral, reduced = REDUCTIONS[reduce]
    x, axis, places, values = _fitting("scatter_reduce", input, dim, index, src)
    if not include_self:
        start = np.full(array_of(places).shape, neutral(x.array.dtype), x.array.dtype)
        x = ops.Scatter.apply(x, places, start, axis=axis)
    result = reduced(x, places, values, axis, include_self)
    return shaped(result, input)


def _mean(x: Any, places: Any, values: Any, axis: int, include_self: bool) -> Any:
    total = _sum(x, places, values, axis, include_self)
    index = array_of(places)
    ones = np.ones(index.shape, np.int64)
    counts = indexing.ScatterAdd.apply(ones, index, axis=axis, shape=x.array.shape)
    counts = np.maximum(counts + 1 if include_self else counts, 1)
    if x.array.dtype.kind == "f":
        return total / wrap(counts.astype(x.array.dtype))
    return wrap((total.array // counts).astype(x.array.dtype))


def _sum(x: Any, places: Any, values: Any, axis: int, include_self: bool) -> Any:
    return x + indexing.ScatterAdd.apply(values, places, axis=axis, shape=x.array.shape)


def _prod(x: Any, places: Any, values: Any, axis: int, include_self: bool) -> Any:
    return ops.ScatterProd.apply(x, places, values, axis=axis)


def _extreme(x: Any, places: Any, values: Any, axis: int, include_self: bool, *, largest: bool) -> Any:
    return ops.ScatterExtreme.apply(x, places, values, axis=axis, largest=largest)


def _limit(largest: bool) -> Callable[[np.dtype[Any]], Any]:
    """The largest or the smallest number of a dtype."""

    def of(dtype: np.dtype[Any]) -> Any:
        if dtype.kind == "b":
            return largest
        if dtype.kind == "f":
            return np.inf if largest else -np.inf
        return np.iinfo(dtype).max if largest else np.iinfo(dtype).min

    return of


REDUCTIONS: dict[str, tuple[Callable[[np.dtype[Any]], Any], Callable[..., Any]]] = {
    "sum": (lambda dtype: 0, _sum),
    "prod": (lambda dtype: 1, _prod),
    "mean": (lambda dtype: 0, _mean),
    "amax": (_limit(False), functools.partial(_extreme, largest=True)),
    "amin": (_limit(True), functools.partial(_extreme, largest=False)),
}
"""By name: what a place starts with that is not to count, and the reduction."""


def with_axes(x: Any) -> Any:
    """A tensor with one axis at least, in memory of its own if it had none: it may be written over later."""
    return x if x.array.ndim else x.clone().reshape(1)


def shaped(result: Any, input: Any) -> Any:
    """A result without the axis that a tensor without axes had been given."""
    return result if input.array.ndim else result.reshape(())


def _fitting(name: str, input: Any, dim: int, index: Any, src: Any) -> tuple[Any, int, Any, Any]:
    """The tensor, the axis, the places and the values for them, checked; nothing is without axes any more."""
    places: Array = array_of(index)
    axis = axis_of(dim, input.array.ndim)
    if places.dtype.kind not in "iu":
        raise RuntimeError(f"{name}(): Expected dtype int32/int64 for index, got {places.dtype}")
    if src.array.dtype != input.array.dtype:
        raise RuntimeError(
            f"{name}(): Expected self.dtype to be equal to src.dtype, got {input.array.dtype} and"
            f" {src.array.dtype}"
        )
    x, values = with_axes(input), with_axes(src)
    places = np.atleast_1d(places)
    if not places.size:
        nothing = (0,) * x.array.ndim
        return x, axis, np.zeros(nothing, np.int64), wrap(np.zeros(nothing, x.array.dtype))
    if not places.ndim == x.array.ndim == values.array.ndim:
        raise RuntimeError(
            "Index tensor must have the same number of dimensions as self and src tensor: got"
            f" {places.ndim}, {x.array.ndim} and {values.array.ndim}"
        )
    for other, size in enumerate(places.shape):
        if size > values.array.shape[other] or (other != axis and size > x.array.shape[other]):
            raise RuntimeError(
                f"Expected index {list(places.shape)} to be no larger than self {list(x.array.shape)} apart"
                f" from dimension {axis} and to be no larger size than src {list(values.array.shape)}"
            )
    wrong = (places < 0) | (places >= x.array.shape[axis])
    if wrong.any():
        raise RuntimeError(
            f"index {places[wrong].flat[0]} is out of bounds for dimension {axis} with size"
            f" {x.array.shape[axis]}"
        )
    if values.array.shape != places.shape:
        values = values[tuple(slice(size) for size in places.shape)]
    # As a tensor, so that it is noticed if the caller changes it before backward.
    return x, axis, index if places is array_of(index) else places, values
