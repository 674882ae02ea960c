"""Scattering: elements of one array written into another where an index says, or reduced there.

Along one axis an index says where each element goes, along every other its own position does. What goes to
one place is reduced there. A sum is `npnn.ops.indexing.ScatterAdd`; a mean is made of two of these.
"""

from __future__ import annotations

import numpy as np

from npnn._typing import Array, Gradients
from npnn.autograd.function import Context, Operation
from npnn.ops.indexing import Gather, along, flat_along


class Scatter(Operation):
    """x with value_i written at index_i along an axis.

    What was overwritten gets no gradient; each value gets that of its place.

    Source: torch.scatter.
    """

    @staticmethod
    def forward(ctx: Context, x: Array, index: Array, value: Array, *, axis: int) -> Array:
        ctx.axis = axis
        ctx.save_for_backward(index)
        y = np.array(x, order="C")
        y[along(index, axis)] = value
        return y

    @staticmethod
    def backward(ctx: Context, dy: Array) -> Gradients:
        (index,) = ctx.saved_tensors
        dx = dvalue = None
        if ctx.needs_input_grad[0]:
            dx = Scatter.apply(dy, index, np.zeros(index.shape, dy.dtype), axis=ctx.axis)
        if ctx.needs_input_grad[2]:
            dvalue = Gather.apply(dy, index, axis=ctx.axis)
        return dx, None, dvalue


class ScatterExtreme(Operation):
    """The largest, or the smallest, of x and of the values that an index brings to the same place.

    Those that tie share the gradient of their place evenly.

    Source: torch.scatter_reduce with "amax" and "amin".
    """

    @staticmethod
    def forward(ctx: Context, x: Array, index: Array, value: Array, *, axis: int, largest: bool) -> Array:
        ctx.axis = axis
        y = np.array(x, order="C")
        flat = flat_along(index, axis, x.shape)
        (np.maximum if largest else np.minimum).at(y.reshape(-1), flat, value.reshape(-1))
        if ctx.needs_input_grad[0] or ctx.needs_input_grad[2]:
            _share(ctx, x, index, value, y, flat)
        return y

    @staticmethod
    def backward(ctx: Context, dy: Array) -> Gradients:
        index, share, share_of_value = ctx.saved_tensors
        return dy * share, None, Gather.apply(dy, index, axis=ctx.axis) * share_of_value


def _share(ctx: Context, x: Array, index: Array, value: Array, y: Array, flat: Array) -> None:
    """Leaves the part of the gradient that each element gets on the Context."""
    here, there = _equal(x, y), _equal(value, y.reshape(-1)[flat].reshape(value.shape))
    ties = np.array(here, y.dtype, order="C")
    np.add.at(ties.reshape(-1), flat, there.reshape(-1).astype(y.dtype))
    ctx.save_for_backward(index, here / ties, there / ties.reshape(-1)[flat].reshape(value.shape))


class ScatterProd(Operation):
    """The product of x and of the values that an index brings to the same place.

    Each factor gets dy times the product of the others: y over the factor. Where that is 0 / 0 the product is
    taken anew, with 1 in the place of x, or of the only value that is zero; of several zero values all get 0.
    That holds no second derivative by two of them, so backward refuses to be recorded there.

    Source: torch.scatter_reduce with "prod".
    """

    @staticmethod
    def forward(ctx: Context, x: Array, index: Array, value: Array, *, axis: int) -> Array:
        ctx.axis = axis
        y = np.array(x, order="C")
        np.multiply.at(y.reshape(-1), flat_along(index, axis, x.shape), value.reshape(-1))
        ctx.save_for_backward(x, index, value, y)
        return y

    @staticmethod
    def backward(ctx: Context, dy: Array) -> Gradients:
        x, index, value, y = ctx.saved_tensors
        here, there = np.asarray(x) == 0, np.asarray(value) == 0
        places = along(index, ctx.axis)
        zeros = np.zeros(here.shape, np.int64)
        np.add.at(zeros, places, there)
        if (zeros > 1).any() and not (isinstance(x, np.ndarray) and isinstance(dy, np.ndarray)):
            raise NotImplementedError(
                "scatter_reduce: a product of two zeros or more at one place is differentiated only once"
            )
        ones, values = np.where(here, 1, x), np.where(there, 1, value)
        without_x = dy * ScatterProd.apply(ones, index, value, axis=ctx.axis)
        without_zero = Gather.apply(
            dy * ScatterProd.apply(x, index, values, axis=ctx.axis), index, axis=ctx.axis
        )
        all_there = Gather.apply(dy * y, index, axis=ctx.axis)
        dx = np.where(here, without_x, dy * y / ones)
        return dx, None, np.where(there & (zeros[places] == 1), without_zero, all_there / values)


def _equal(a: Array, b: Array) -> Array:
    return (a == b) | (np.isnan(a) & np.isnan(b))
