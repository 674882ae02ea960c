"""Rearrangements: operations that move elements and compute nothing.

Reshape, Permute and Expand return views where NumPy can; their backward is the same kind of move, the other
way round.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided, sliding_window_view

from npnn._typing import Array, Gradients, Shape
from npnn.autograd.function import Context, Operation
from npnn.ops.indexing import PutAdd


class Reshape(Operation):
    """The same elements, in the same (C) order, in another shape. Source: torch.reshape."""

    node_name = "ViewBackward0"
    is_view = True

    @staticmethod
    def forward(ctx: Context, x: Array, *, shape: Shape) -> Array:
        ctx.shape = x.shape
        return x.reshape(shape)

    @staticmethod
    def backward(ctx: Context, dy: Array) -> Gradients:
        return (dy.reshape(ctx.shape),)


class Permute(Operation):
    """Axes in another order: axis i of y is axis axes[i] of x. Source: torch.permute."""

    is_view = True

    @staticmethod
    def forward(ctx: Context, x: Array, *, axes: tuple[int, ...]) -> Array:
        ctx.inverse = tuple(int(a) for a in np.argsort([a % x.ndim for a in axes]))
        return x.transpose(axes)

    @staticmethod
    def backward(ctx: Context, dy: Array) -> Gradients:
        return (np.transpose(dy, ctx.inverse),)


class Expand(Operation):
    """x repeated along new leading axes and axes of length 1, without a copy.

    Its backward is the sum over the repeats, which the engine does for every operation that broadcasts.

    Source: torch.Tensor.expand.
    """

    is_view = True

    @staticmethod
    def forward(ctx: Context, x: Array, *, shape: Shape) -> Array:
        y = np.broadcast_to(x, shape)
        # Where nothing is repeated the result may be written to, as on torch.
        return x.reshape(shape) if y.size == x.size else y

    @staticmethod
    def backward(ctx: Context, dy: Array) -> Gradients:
        return (dy,)


class Flip(Operation):
    """x in reverse order along axes. Source: torch.flip."""

    @staticmethod
    def forward(ctx: Context, x: Array, *, axes: Any) -> Array:
        ctx.axes = axes
        return np.flip(x, axes).copy()

    @staticmethod
    def backward(ctx: Context, dy: Array) -> Gradients:
        return (np.flip(dy, ctx.axes),)


class Roll(Operation):
    """x moved along axes, by so many places each; what falls off one end comes in at the other.

    Source: torch.roll.
    """

    @staticmethod
    def forward(ctx: Context, x: Array, *, shifts: tuple[int, ...], axes: tuple[int, ...]) -> Array:
        ctx.shifts, ctx.axes = shifts, axes
        return np.asarray(np.roll(x, shifts, axes), order="C")

    @staticmethod
    def backward(ctx: Context, dy: Array) -> Gradients:
        return (Roll.apply(dy, shifts=tuple(-shift for shift in ctx.shifts), axes=ctx.axes),)


class Unfold(Operation):
    """Windows of an axis, `step` apart: y_(..., i, ..., j) = x_(..., i step + j, ...).

    They are a view, and may overlap. Each element of x gets the sum of dy over the windows that it is in.

    Source: torch.Tensor.unfold.
    """

    is_view = True

    @staticmethod
    def forward(ctx: Context, x: Array, *, axis: int, size: int, step: int) -> Array:
        ctx.length, ctx.options = x.shape[axis], {"axis": axis, "step": step}
        windows = sliding_window_view(x, size, axis, writeable=x.flags.writeable)
        return windows[(slice(None),) * axis + (slice(None, None, step),)]

    @staticmethod
    def backward(ctx: Context, dy: Array) -> Gradients:
        return (Overlap.apply(dy, length=ctx.length, **ctx.options),)


class Overlap(Operation):
    """Windows, on the last axis of x, added up `step` apart over zeros: the transpose of `Unfold`."""

    @staticmethod
    def forward(ctx: Context, x: Array, *, axis: int, step: int, length: int) -> Array:
        ctx.options = {"axis": axis, "size": x.shape[-1], "step": step}
        y = np.zeros((*x.shape[:axis], length, *x.shape[axis + 1 : -1]), x.dtype)
        lead, reach = (slice(None),) * axis, (x.shape[axis] - 1) * step + 1
        for place in range(x.shape[-1]):
            y[(*lead, slice(place, place + reach, step))] += x[..., place]
        return y

    @staticmethod
    def backward(ctx: Context, dy: Array) -> Gradients:
        return (Unfold.apply(dy, **ctx.options),)


class AsStrided(Operation):
    """The memory of x, which lies in C order, in any shape and with any steps: a view.

    y_(i, j, ...) is element start + i step_0 + j step_1 + ... of x, to which its gradient is added.

    Source: torch.as_strided.
    """

    is_view = True

    @staticmethod
    def forward(ctx: Context, x: Array, *, shape: Shape, steps: tuple[int, ...], start: int) -> Array:
        ctx.shape, ctx.options = x.shape, (shape, steps, start)
        flat, strides = x.reshape(-1)[start:], [step * x.itemsize for step in steps]
        return as_strided(flat, shape, strides, writeable=x.flags.writeable)

    @staticmethod
    def backward(ctx: Context, dy: Array) -> Gradients:
        shape, steps, start = ctx.options
        places = start + sum(
            step * index for step, index in zip(steps, np.indices(shape, sparse=True), strict=True)
        )
        dx = PutAdd.apply(dy, index=np.broadcast_to(places, shape), shape=(math.prod(ctx.shape),))
        return (dx.reshape(ctx.shape),)


class Concatenate(Operation):
    """Arrays joined end to end along an axis; each gets its own stretch of dy. Source: torch.cat."""

    node_name = "CatBackward0"

    @staticmethod
    def forward(ctx: Context, *arrays: Array, axis: int = 0) -> Array:
        ctx.axis = axis
        ctx.ends = [int(end) for end in np.cumsum([array.shape[axis] for array in arrays])]
        return np.ascontiguousarray(np.concatenate(arrays, axis=axis))

    @staticmethod
    def backward(ctx: Context, dy: Array) -> Gradients:
        lead = (slice(None),) * (ctx.axis % dy.ndim)
        starts = [0, *ctx.ends[:-1]]
        return tuple(
            dy[(*lead, slice(start, end))] if ctx.needs_input_grad[i] else None
            for i, (start, end) in enumerate(zip(starts, ctx.ends, strict=True))
        )


class Contiguous(Operation):
    """A copy of x whose elements lie in C order. Source: torch.Tensor.contiguous."""

    node_name = "CloneBackward0"

    @staticmethod
    def forward(ctx: Context, x: Array) -> Array:
        return np.ascontiguousarray(x)

    @staticmethod
    def backward(ctx: Context, dy: Array) -> Gradients:
        return (dy,)
