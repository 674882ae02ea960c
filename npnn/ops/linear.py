"""Products of matrices: the linear layer and the matrix product of tensors."""

from __future__ import annotations

from typing import Any

import numpy as np

from npnn._typing import Array, Gradients
from npnn.autograd.function import Context, Operation


class Linear(Operation):
    """y = x W + b, over the last axis.

    x (*, in), weight (in, out), bias (out,) or None; y (*, out).
    With the leading axes * flattened to rows, dL/dx = dy Wᵀ, dL/dW = xᵀ dy, dL/db = the column sums of dy.

    Source: torch.nn.functional.linear, weight transposed.
    """

    @staticmethod
    def forward(ctx: Context, x: Array, weight: Array, bias: Array | None = None) -> Array:
        ctx.save_for_backward(x, weight)
        y: Array = x @ weight
        if bias is not None:
            y += bias
        return y

    @staticmethod
    def backward(ctx: Context, dy: Array) -> Gradients:
        x, weight = ctx.saved_tensors
        needs_x, needs_weight, needs_bias = (ctx.needs_input_grad[i] for i in range(3))
        drows = dy if dy.ndim == 2 else dy.reshape(-1, weight.shape[1])
        dx = dweight = dbias = None
        if needs_x:
            dx = dy @ weight.T
        if needs_weight:
            rows = x if x.ndim == 2 else x.reshape(-1, weight.shape[0])
            dweight = rows.T @ drows
        if needs_bias:
            dbias = drows.sum(0)
        return dx, dweight, dbias


class Matmul(Operation):
    """The matrix product x y over the last two axes; leading axes broadcast, as NumPy's @ has it.

    A vector x counts as one row, a vector y as one column, and that axis is left out of the result.
    dx = dy yᵀ, dy = xᵀ dy, transposed in the last two axes.

    Source: torch.matmul.
    """

    @staticmethod
    def forward(ctx: Context, x: Array, y: Array) -> Array:
        ctx.save_for_backward(x, y)
        return np.asarray(x @ y)

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
            dx = dz @ y.swapaxes(-1, -2)
            if row:
                dx = dx.sum(axis=-2)
        if ctx.needs_input_grad[1]:
            dy = x.swapaxes(-1, -2) @ dz
            if column:
                dy = dy.sum(axis=-1)
        return dx, dy
