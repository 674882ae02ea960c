"""Picking elements out and putting them in: x[index], x[index] = v, gather and scatter.

Reading and adding-in are each other's transpose, so each is the other's backward.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from npnn._typing import Array, Gradients, Shape
from npnn.autograd.function import Context, Operation


def is_basic(index: Any) -> bool:
    """Whether an index picks each element at most once, as a view does: integers, slices, None and ... alone."""
    parts = index if isinstance(index, tuple) else (index,)
    return all(
        part is None or part is Ellipsis or isinstance(part, (slice, int, np.integer)) for part in parts
    ) and not any(isinstance(part, (bool, np.bool_)) for part in parts)


class GetItem(Operation):
    """x[index], for every index that NumPy takes; dy is added back in where each element came from.

    Source: torch.Tensor.__getitem__.
    """

    is_view = True

    @staticmethod
    def forward(ctx: Context, x: Array, *, index: Any) -> Array:
        ctx.shape, ctx.index = x.shape, index
        return x[index]

    @staticmethod
    def backward(ctx: Context, dy: Array) -> Gradients:
        return (PutAdd.apply(dy, index=ctx.index, shape=ctx.shape),)


class PutAdd(Operation):
    """Zeros of a given shape, with x added in at an index; the transpose of x[index]."""

    @staticmethod
    def forward(ctx: Context, x: Array, *, index: Any, shape: Shape) -> Array:
        ctx.index = index
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

    `region` is a function that takes an array to the part of it that is written: a view. The replaced elements of x get no
    gradient, the value gets theirs.

    Source: torch.Tensor.__setitem__, seen as a function of x and the value.
    """

    @staticmethod
    def forward(ctx: Context, x: Array, value: Array, *, region: Any, index: Any) -> Array:
        ctx.region, ctx.index = region, index
        y = np.array(x, order="C")
        region(y)[index] = value
        return y

    @staticmethod
    def backward(ctx: Context, dy: Array) -> Gradients:
        dx = None
        if ctx.needs_input_grad[0]:
            dx = SetItem.apply(dy, np.zeros((), dy.dtype), region=ctx.region, index=ctx.index)
        return dx, ctx.region(dy)[ctx.index]


class Gather(Operation):
    """y_i = x at index_i along an axis, all other coordinates kept. Source: torch.gather."""

    @staticmethod
    def forward(ctx: Context, x: Array, index: Array, *, axis: int) -> Array:
        ctx.shape, ctx.axis = x.shape, axis
        ctx.save_for_backward(index)
        return x[_along(index, axis)]

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
        np.add.at(y, _along(index, axis), x[tuple(slice(size) for size in index.shape)])
        return y

    @staticmethod
    def backward(ctx: Context, dy: Array) -> Gradients:
        (index,) = ctx.saved_tensors
        return Gather.apply(dy, index, axis=ctx.axis), None


def _along(index: Array, axis: int) -> tuple[Array, ...]:
    """The full coordinates of an index along one axis: its own position along every other."""
    index = np.asarray(index)
    coordinates = list(np.indices(index.shape, sparse=True))
    coordinates[axis] = index
    return tuple(coordinates)
