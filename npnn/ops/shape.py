"""Rearrangements: operations that move elements and compute nothing.

Reshape, Permute and Expand return views where NumPy can; their backward is the same kind of move, the other
way round.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from npnn._typing import Array, Gradients, Shape
from npnn.autograd.function import Context, Operation


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


class Concatenate(Operation):
    """Arrays joined end to end along an axis; each gets its own stretch of dy. Source: torch.cat."""

    node_name = "CatBackward0"

    @staticmethod
    def forward(ctx: Context, *arrays: Array, axis: int = 0) -> Array:
        ctx.axis = axis
        ctx.ends = [int(end) for end in np.cumsum([array.shape[axis] for array in arrays])]
        return np.concatenate(arrays, axis=axis)

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
