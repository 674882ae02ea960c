"""Diagonals and triangles of matrices: taking them out, and putting them in.

Taking a diagonal out and putting one into zeros are each other's transpose, so each is the other's backward.
A triangle is its own.
"""

from __future__ import annotations

import numpy as np

from npnn._typing import Array, Gradients, Shape
from npnn.autograd.function import Context, Operation


class Diagonal(Operation):
    """y_i = x_(i, i + offset) over two axes of x; i comes to stand as the last axis of y, which is a view.

    A negative offset starts below. dy goes to the diagonal of zeros (`DiagonalEmbed`).

    Source: torch.diagonal.
    """

    is_view = True

    @staticmethod
    def forward(ctx: Context, x: Array, *, offset: int, axis1: int, axis2: int) -> Array:
        ctx.shape, ctx.options = x.shape, {"offset": offset, "axis1": axis1, "axis2": axis2}
        return _diagonal(x, offset, axis1, axis2)

    @staticmethod
    def backward(ctx: Context, dy: Array) -> Gradients:
        return (DiagonalEmbed.apply(dy, shape=ctx.shape, **ctx.options),)


class DiagonalEmbed(Operation):
    """Zeros of a given shape with the last axis of x along a diagonal of two axes: `Diagonal`'s transpose.

    Source: torch.diag_embed.
    """

    @staticmethod
    def forward(ctx: Context, x: Array, *, shape: Shape, offset: int, axis1: int, axis2: int) -> Array:
        ctx.options = {"offset": offset, "axis1": axis1, "axis2": axis2}
        y = np.zeros(shape, x.dtype)
        _diagonal(y, offset, axis1, axis2)[...] = x
        return y

    @staticmethod
    def backward(ctx: Context, dy: Array) -> Gradients:
        return (Diagonal.apply(dy, **ctx.options),)


def _diagonal(x: Array, offset: int, axis1: int, axis2: int) -> Array:
    """A view of a diagonal that may be written to, as np.diagonal's may not."""
    rest = [axis for axis in range(x.ndim) if axis not in (axis1, axis2)]
    matrices = x.transpose(*rest, axis1, axis2)
    top, left = max(-offset, 0), max(offset, 0)
    below = matrices[..., top:, left:]
    size = min(below.shape[-2:])
    view: Array = np.einsum("...ii->...i", below[..., :size, :size])
    return view


class Triangle(Operation):
    """The lower or the upper triangle of matrices, and zeros elsewhere.

    Element (i, j) is in the lower triangle if j - i <= diagonal, in the upper one if j - i >= diagonal. dy
    passes through where x did.

    Source: torch.tril, torch.triu.
    """

    @staticmethod
    def forward(ctx: Context, x: Array, *, lower: bool, diagonal: int) -> Array:
        ctx.options = {"lower": lower, "diagonal": diagonal}
        return np.asarray((np.tril if lower else np.triu)(x, diagonal), order="C")

    @staticmethod
    def backward(ctx: Context, dy: Array) -> Gradients:
        return (Triangle.apply(dy, **ctx.options),)
