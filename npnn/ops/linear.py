"""Products of matrices: the linear layer and the matrix product of tensors."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from npnn._typing import Array, Gradients
from npnn.autograd.function import Context, Operation
from npnn.ops._product import column_sums, product


class Linear(Operation):
    """y = x W + b, over the last axis.

    x (*, in), weight (in, out), bias (out,) or None; y (*, out).
    With the leading axes * flattened to rows, dL/dx = dy Wᵀ, dL/dW = xᵀ dy, dL/db = the column sums of dy.
    They are flattened in forward too: one product of all rows is faster than one for each of many pages.

    Source: torch.nn.functional.linear, weight transposed.
    """

    @staticmethod
    def forward(ctx: Context, x: Array, weight: Array, bias: Array | None = None) -> Array:
        ctx.save_for_backward(x, weight)
        ctx.has_bias = bias is not None
        y: Array = product(_rows(x) if x.ndim > 2 else x, weight)
        if bias is not None:
            y += bias
        return y.reshape(*x.shape[:-1], y.shape[-1]) if x.ndim > 2 else y

    @staticmethod
    def backward(ctx: Context, dy: Array) -> Gradients:
        x, weight = ctx.saved_tensors
        drows = _rows(dy)
        dx = dweight = dbias = None
        if ctx.needs_input_grad[0]:
            dx = product(drows, weight.T)
            if x.ndim != 2:
                dx = dx.reshape(x.shape)
        if ctx.needs_input_grad[1]:
            dweight = product(_rows(x).T, drows)
        if ctx.has_bias and ctx.needs_input_grad[2]:
            dbias = column_sums(drows)
        return dx, dweight, dbias


def _rows(x: Array) -> Array:
    """The leading axes run together into one; -1 could not stand for its length where another one is 0."""
    return x if x.ndim == 2 else x.reshape(math.prod(x.shape[:-1]), x.shape[-1])


class Matmul(Operation):
    """The matrix product x y over the last two axes; leading axes broadcast, as NumPy's @ has it.

    A vector x counts as one row, a vector y as one column, and that axis is left out of the result.
    dx = dy yᵀ, dy = xᵀ dy, transposed in the last two axes.

    Source: torch.matmul.
    """

    @staticmethod
    def forward(ctx: Context, x: Array, y: Array) -> Array:
        ctx.save_for_backward(x, y)
        return np.asarray(product(x, y))

    @staticmethod
    def backward(ctx: Context, dz: Array) -> Gradients:
        x, y = ctx.saved_tensors
        row, column = x.ndim == 1, y.ndim == 1
        if row:
            x = x.reshape(1, -1)
            dz = dz.reshape(*dz.shape[:-1], 1, dz.shape[-1]) if not column else dz.reshape(1)
        if column:
            y = y.reshape(-1, 1)
            dz = dz.reshape(*dz.shape, 1)
        dx: Any = None
        dy: Any = None
        if ctx.needs_input_grad[0]:
            dx = product(dz, y.swapaxes(-1, -2))
            if row:
                dx = dx.sum(axis=-2)
        if ctx.needs_input_grad[1]:
            dy = product(x.swapaxes(-1, -2), dz)
            if column:
                dy = dy.sum(axis=-1)
        return dx, dy
