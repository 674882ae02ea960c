"""Losses: a prediction and a target in, and one number (or one per element) out.

`reduction` is "mean", "sum" or "none", as on torch. Class scores carry their classes on the last axis: (N, *d, C).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from npnn._typing import Array, Gradients
from npnn.autograd.function import Context, Operation


class MSELoss(Operation):
    """(x - t)², its mean or its sum; dx = 2 (x - t) dy, over the number of elements for the mean, and dt = -dx.

    x and t of any shapes that broadcast. Source: torch.nn.functional.mse_loss.
    """

    @staticmethod
    def forward(ctx: Context, x: Array, target: Array, *, reduction: str = "mean") -> Array:
        ctx.save_for_backward(x, target)
        difference = x - target
        ctx.scale = 2 / difference.size if reduction == "mean" and difference.size else 2.0
        if reduction == "none":
            return np.square(difference)
        rows = difference.reshape(-1)
        total = np.asarray(rows @ rows)
        return total / difference.size if reduction == "mean" else total

    @staticmethod
    def backward(ctx: Context, dy: Array) -> Gradients:
        x, target = ctx.saved_tensors
        dx = (ctx.scale * dy) * (x - target)
        return dx, -dx if ctx.needs_input_grad[1] else None


class NLLLoss(Operation):
    """-w_t x_t, where t is the target class of each row of log-probabilities x, and w the class weights (1 unless given).

    x (N, *d, C), target (N, *d) integers in [0, C); rows whose target is `ignore_index` count for nothing. The mean is the
    weighted one: the sum divided by Σ w_t. Every row has one element with a gradient, -w_t dy, over Σ w_t for the mean.

    Source: torch.nn.functional.nll_loss, classes last.
    """

    @staticmethod
    def forward(
        ctx: Context,
        x: Array,
        target: Array,
        weight: Array | None = None,
        *,
        ignore_index: int = -100,
        reduction: str = "mean",
    ) -> Array:
        rows = x.reshape(-1, x.shape[-1])
        classes = target.reshape(-1)
        kept = classes != ignore_index
        every = bool(kept.all())
        picked = classes if every else np.where(kept, classes, 0)
        row_weight: Any = np.ones((), x.dtype) if weight is None else weight[picked]
        if not every:
            row_weight = np.where(kept, row_weight, 0).astype(x.dtype)
        row_weight = np.broadcast_to(row_weight, classes.shape)
        where = np.arange(classes.size)
        losses = -(rows[where, picked] * row_weight if weight is not None or not every else rows[where, picked])
        ctx.shape = x.shape
        if reduction == "none":
            ctx.save_for_backward(picked, row_weight)
            return losses.reshape(target.shape)
        total = losses.sum()
        if reduction == "mean":
            weights = row_weight.sum()
            row_weight = row_weight / weights
            total = total / weights
        ctx.save_for_backward(picked, row_weight)
        return np.asarray(total)

    @staticmethod
    def backward(ctx: Context, dy: Array) -> Gradients:
        picked, row_weight = ctx.saved_tensors
        drows = _Scatter.apply(-dy.reshape(-1) * row_weight, picked, classes=ctx.shape[-1])
        return drows.reshape(ctx.shape), None, None


class _Scatter(Operation):
    """A matrix of zeros with x_i in row i, at column_i. Its backward picks the same elements of dy."""

    @staticmethod
    def forward(ctx: Context, x: Array, column: Array, *, classes: int) -> Array:
        ctx.save_for_backward(column)
        y = np.zeros((column.size, classes), x.dtype)
        y[np.arange(column.size), column] = x
        return y

    @staticmethod
    def backward(ctx: Context, dy: Array) -> Gradients:
        (column,) = ctx.saved_tensors
        return dy[np.arange(column.size), column], None
