"""Picking elements out and putting them in: x[index], x[index] = v, gather and scatter.

Reading and adding-in are each other's transpose, so each is the other's backward.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from npnn._typing import Array, Gradients, Shape
from npnn.autograd.function import Context, Operation


def viewed(base: Any, steps: Any) -> Any:
    """What a view shows of its base, an array or a tensor.

    Args:
        base: what it is a view of.
        steps: how it came from there: None for the base itself, else (the steps before, operation, options).
    """
    path = []
    while steps is not None:
        steps, operation, options = steps
        path.append((operation, options))
    for operation, options in reversed(path):
        base = operation.apply(base, **options)
    return base


def is_basic(index: Any) -> bool:
    """Whether an index gives a view, which picks no element twice: integers, slices, None and ... alone."""
    parts = index if isinstance(index, tuple) else (index,)
    return all(
        part is None or part is Ellipsis or isinstance(part, (slice, int, np.integer)) for part in parts
    ) and not any(isinstance(part, (bool, np.bool_)) for part in parts)


def keeps_axes(index: Any) -> bool:
    """Whether an index gives a part of an array with all its axes, in their order: slices and ... alone."""
    parts = index if isinstance(index, tuple) else (index,)
    return all(part is Ellipsis or isinstance(part, slice) for part in parts)


class GetItem(Operation):
    """x[index], for every index that NumPy takes; dy is added back in where each element came from.

    Source: torch.Tensor.__getitem__.
    """

    is_view = True

    @staticmethod
    def forward(ctx: Context, x: Array, *, index: Any) -> Array:
        ctx.shape = x.shape
        ctx.index = _kept(index) if ctx.needs_input_grad[0] else index
        y = x[index]
        # NumPy lays out first the axes that arrays picked along; torch keeps the order of axes.
        return y if is_basic(index) else np.asarray(y, order="C")

    @staticmethod
    def backward(ctx: Context, dy: Array) -> Gradients:
        return (PutAdd.apply(dy, index=ctx.index, shape=ctx.shape),)


def _kept(index: Any) -> Any:
    """An index that stays as it is, though the caller may change an array in it between now and backward."""
    if is_basic(index):
        return index
    parts = index if isinstance(index, tuple) else (index,)
    return tuple(part.copy() if isinstance(part, np.ndarray) else part for part in parts)


class PutAdd(Operation):
    """Zeros of a given shape, with x added in at an index; the transpose of x[index]."""

    @staticmethod
    def forward(ctx: Context, x: Array, *, index: Any, shape: Shape) -> Array:
        ctx.index = _kept(index) if ctx.needs_input_grad[0] else index
        y = np.zeros(shape, x.dtype)
        if is_basic(index):
            y[index] = x
        else:
            np.add.at(y, index, x)
        return y

    @staticmethod
    def backward(ctx: Context, dy: Array) -> Gradients:
        return (dy[ctx.index],)


class SetItem(Operation):
    """A copy of x in which the elements at an index are replaced by a value.

    `region` is a function that takes an array to the part of it that is written: a view. The replaced
    elements of x get no gradient, the value gets theirs.

    Source: torch.Tensor.__setitem__, seen as a function of x and the value.
    """

    node_name = "CopySlices"

    @staticmethod
    def forward(ctx: Context, x: Array, value: Array, *, region: Any, index: Any) -> Array:
        ctx.region, ctx.value_shape = region, value.shape
        needed = ctx.needs_input_grad[0] or ctx.needs_input_grad[1]
        ctx.index = _kept(index) if needed else index
        y = np.array(x, order="C")
        region(y)[index] = value
        return y

    @staticmethod
    def backward(ctx: Context, dy: Array) -> Gradients:
        dx = None
        if ctx.needs_input_grad[0]:
            dx = SetItem.apply(dy, np.zeros((), dy.dtype), region=ctx.region, index=ctx.index)
        dvalue = ctx.region(dy)[ctx.index]
        # A value may have leading axes of length 1 that what it is written into has not.
        extra = len(ctx.value_shape) - dvalue.ndim
        return dx, dvalue.reshape(*(1,) * extra, *dvalue.shape) if extra > 0 else dvalue


class Gather(Operation):
    """y_i = x at index_i along an axis, all other coordinates kept. Source: torch.gather."""

    @staticmethod
    def forward(ctx: Context, x: Array, index: Array, *, axis: int) -> Array:
        ctx.shape, ctx.axis = x.shape, axis
        ctx.save_for_backward(index)
        return np.asarray(x[along(index, axis)], order="C")

    @staticmethod
    def backward(ctx: Context, dy: Array) -> Gradients:
        (index,) = ctx.saved_tensors
        return ScatterAdd.apply(dy, index, axis=ctx.axis, shape=ctx.shape), None


class ScatterAdd(Operation):
    """Zeros of a given shape, with x_i added in at index_i along an axis; the transpose of gather.

    Source: torch.Tensor.scatter_add.
    """

    @staticmethod
    def forward(ctx: Context, x: Array, index: Array, *, axis: int, shape: Shape) -> Array:
        ctx.axis = axis
        ctx.save_for_backward(index)
        y = np.zeros(shape, x.dtype)
        np.add.at(
            y.reshape(-1), flat_along(index, axis, shape), x[tuple(map(slice, index.shape))].reshape(-1)
        )
        return y

    @staticmethod
    def backward(ctx: Context, dy: Array) -> Gradients:
        (index,) = ctx.saved_tensors
        return Gather.apply(dy, index, axis=ctx.axis), None


def along(index: Array, axis: int) -> tuple[Array, ...]:
    """The full coordinates of an index along one axis: its own position along every other."""
    index = np.asarray(index)
    coordinates: list[Array] = list(np.indices(index.shape, sparse=True))
    coordinates[axis] = index
    return tuple(coordinates)


def flat_along(index: Array, axis: int, shape: Shape) -> Array:
    """The same, as places in the elements of an array of some shape, run together along one axis.

    There NumPy's add.at, maximum.at and the like take a tenth of the time.
    """
    steps = [math.prod(shape[other + 1 :]) for other in range(len(shape))]
    places = np.multiply(index, steps[axis], dtype=np.int64, order="C")
    coordinates: tuple[Array, ...] = np.indices(index.shape, sparse=True)
    for other, coordinate in enumerate(coordinates):
        if other != axis % index.ndim:
            places += steps[other] * coordinate
    return places.reshape(-1)


class Take(Operation):
    """The slices of x at `index` along one axis, in that order, also twice. Source: torch.index_select."""

    @staticmethod
    def forward(ctx: Context, x: Array, *, index: Array, axis: int) -> Array:
        ctx.size, ctx.index, ctx.axis = x.shape[axis], index, axis
        return x.take(index, axis)

    @staticmethod
    def backward(ctx: Context, dy: Array) -> Gradients:
        return (TakeAdd.apply(dy, index=ctx.index, axis=ctx.axis, size=ctx.size),)


class TakeAdd(Operation):
    """Zeros of length `size` along one axis, with slices of x added in at `index`: the transpose of Take.

    Slices that go to the same place are brought side by side by a sort, and then summed run by run. Along the
    first axis, where there may be as many runs as there are rows, one call does it; along a later one that
    call would go through memory in strides, and a sum for each place of the axis is 4 to 9 times as fast.

    Source: torch.Tensor.index_add_.
    """

    @staticmethod
    def forward(ctx: Context, x: Array, *, index: Array, axis: int, size: int) -> Array:
        ctx.index, ctx.axis = index, axis
        y = np.zeros((*x.shape[:axis], size, *x.shape[axis + 1 :]), x.dtype)
        if not index.size:
            return y
        order = np.argsort(index, kind="stable")
        places, starts = np.unique(index[order], return_index=True)
        if axis == 0:
            y[places] = np.add.reduceat(x.take(order, 0), starts, 0)
            return y
        for place, run in zip(places, np.split(order, starts[1:]), strict=True):
            x.take(run, axis).sum(axis, out=y[(slice(None),) * axis + (place,)])
        return y

    @staticmethod
    def backward(ctx: Context, dy: Array) -> Gradients:
        return (Take.apply(dy, index=ctx.index, axis=ctx.axis),)
