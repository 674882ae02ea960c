"""Activations: what stands between the linear layers.

The elementwise ones save their output, from which the derivative is cheapest; softmax and its logarithm work along one
axis, the last unless said.
"""

from __future__ import annotations

import numpy as np

from npnn._typing import Array, Gradients
from npnn.autograd.function import Context, Operation


class ReLU(Operation):
    """max(x, 0); dx = dy where y > 0, else 0 (so 0 at x = 0). Source: torch.nn.functional.relu."""

    @staticmethod
    def forward(ctx: Context, x: Array) -> Array:
        y = np.maximum(x, 0)
        ctx.save_for_backward(y)
        return y

    @staticmethod
    def backward(ctx: Context, dy: Array) -> Gradients:
        (y,) = ctx.saved_tensors
        return (dy * (y > 0),)


class Sigmoid(Operation):
    """1 / (1 + exp(-x)); dx = dy y (1 - y).

    exp(-|x|) never overflows, and the half of the axis decides which of the two equal forms of the quotient uses it:
    1 / (1 + e) for x >= 0, e / (1 + e) for x < 0.

    Source: torch.sigmoid.
    """

    @staticmethod
    def forward(ctx: Context, x: Array) -> Array:
        e = np.exp(-np.abs(x))
        y = np.where(x >= 0, 1, e) / (1 + e)
        ctx.save_for_backward(y)
        return y

    @staticmethod
    def backward(ctx: Context, dy: Array) -> Gradients:
        (y,) = ctx.saved_tensors
        return (dy * (y * (1 - y)),)


class Tanh(Operation):
    """tanh x; dx = dy (1 - y²). Source: torch.tanh."""

    @staticmethod
    def forward(ctx: Context, x: Array) -> Array:
        y = np.tanh(x)
        ctx.save_for_backward(y)
        return y

    @staticmethod
    def backward(ctx: Context, dy: Array) -> Gradients:
        (y,) = ctx.saved_tensors
        return (dy * (1 - y * y),)


class Softmax(Operation):
    """y_i = exp(x_i) / Σ_j exp(x_j) along one axis.

    The maximum is subtracted first, which changes nothing but keeps exp from overflowing. The Jacobian of one row is
    diag(y) - y yᵀ, so dx = y (dy - Σ_j dy_j y_j): it is never formed.

    Source: torch.nn.functional.softmax.
    """

    @staticmethod
    def forward(ctx: Context, x: Array, *, axis: int = -1) -> Array:
        y = np.exp(x - x.max(axis=axis, keepdims=True, initial=-np.inf))
        y /= y.sum(axis=axis, keepdims=True)
        ctx.save_for_backward(y)
        ctx.axis = axis
        return y

    @staticmethod
    def backward(ctx: Context, dy: Array) -> Gradients:
        (y,) = ctx.saved_tensors
        return (y * (dy - (dy * y).sum(axis=ctx.axis, keepdims=True)),)


class LogSoftmax(Operation):
    """y_i = x_i - ln Σ_j exp(x_j) along one axis, with the maximum subtracted first.

    dx = dy - exp(y) Σ_j dy_j, since exp(y) is the softmax.

    Source: torch.nn.functional.log_softmax.
    """

    @staticmethod
    def forward(ctx: Context, x: Array, *, axis: int = -1) -> Array:
        shifted = x - x.max(axis=axis, keepdims=True, initial=-np.inf)
        y = shifted - np.log(np.exp(shifted).sum(axis=axis, keepdims=True))
        ctx.save_for_backward(y)
        ctx.axis = axis
        return y

    @staticmethod
    def backward(ctx: Context, dy: Array) -> Gradients:
        (y,) = ctx.saved_tensors
        return (dy - np.exp(y) * dy.sum(axis=ctx.axis, keepdims=True),)
