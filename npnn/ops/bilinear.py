"""The bilinear form: a map that is linear in each of two inputs."""

from __future__ import annotations

import math

from npnn._typing import Array, Gradients
from npnn.autograd.function import Context, Operation
from npnn.ops._product import column_sums, product


class Bilinear(Operation):
    """y_o = Σ_ij x_i W_ijo z_j + b_o, over the last axes.

    x (*, in1), z (*, in2), weight (in1, in2, out), bias (out,) or None; y (*, out).
    With P the outer products x_i z_j, one to a row, y = P W + b is a matrix product, and so dP = dy Wᵀ and
    dW = Pᵀ dy; then dx_i = Σ_j dP_ij z_j, dz_j = Σ_i dP_ij x_i, and db is the column sums of dy.

    Source: torch.nn.functional.bilinear, the weight's first axis last.
    """

    @staticmethod
    def forward(ctx: Context, x: Array, z: Array, weight: Array, bias: Array | None = None) -> Array:
        ctx.save_for_backward(x, z, weight)
        ctx.has_bias = bias is not None
        y: Array = product(_products(x, z), _flattened(weight))
        if bias is not None:
            y += bias
        return y.reshape(*x.shape[:-1], weight.shape[-1])

    @staticmethod
    def backward(ctx: Context, dy: Array) -> Gradients:
        x, z, weight = ctx.saved_tensors
        ins, out = weight.shape[:-1], weight.shape[-1]
        drows = dy.reshape(math.prod(dy.shape[:-1]), out)
        dx = dz = dweight = dbias = None
        if ctx.needs_input_grad[0] or ctx.needs_input_grad[1]:
            dproducts = product(drows, _flattened(weight).T).reshape(*dy.shape[:-1], *ins)
            if ctx.needs_input_grad[0]:
                dx = (dproducts * z[..., None, :]).sum(-1)
            if ctx.needs_input_grad[1]:
                dz = (dproducts * x[..., :, None]).sum(-2)
        if ctx.needs_input_grad[2]:
            dweight = product(_products(x, z).T, drows).reshape(weight.shape)
        if ctx.has_bias and ctx.needs_input_grad[3]:
            dbias = column_sums(drows)
        return dx, dz, dweight, dbias


def _products(x: Array, z: Array) -> Array:
    """All x_i z_j, with the leading axes run together: (rows, in1 in2)."""
    rows, ins = math.prod(x.shape[:-1]), (x.shape[-1], z.shape[-1])
    return (x[..., :, None] * z[..., None, :]).reshape(rows, math.prod(ins))


def _flattened(weight: Array) -> Array:
    """The weight of each x_i z_j: (in1 in2, out)."""
    *ins, out = weight.shape
    return weight.reshape(math.prod(ins), out)
