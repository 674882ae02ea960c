"""Losses: a prediction and a target in, and one number (or one per element) out.

`reduction` is "mean", "sum" or "none", as on torch. Class scores carry their classes on the last axis: (N,
*d, C).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from npnn._typing import Array, Gradients, Shape
from npnn.autograd.function import Context, Operation
from npnn.ops._rows import softmax_losses

_SILENT = np.errstate(all="ignore")  # as on torch, the mean of no losses is nan


class MSELoss(Operation):
    """(x - t)², its mean or its sum; dx = 2 (x - t) dy, divided by their number for the mean; dt = -dx.

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
        if reduction == "mean":
            # Of nothing the mean is nan, and no reason for a warning.
            return total / difference.size if difference.size else total * np.nan
        return total

    @staticmethod
    def backward(ctx: Context, dy: Array) -> Gradients:
        x, target = ctx.saved_tensors
        dx = (ctx.scale * dy) * (x - target)
        return dx, -dx if ctx.needs_input_grad[1] else None


class NLLLoss(Operation):
    """-w_t x_t, with t the target class of each row of log-probabilities x and w_t the weight of that class.

    x (N, *d, C), target (N, *d) integers in [0, C); rows whose target is `ignore_index`, where one is given,
    count for nothing. The mean is the weighted one: the sum divided by Σ w_t. Every row has one element with
    a gradient, -w_t dy, over Σ w_t for the mean.

    Source: torch.nn.functional.nll_loss, classes last.
    """

    @staticmethod
    @_SILENT
    def forward(
        ctx: Context,
        x: Array,
        target: Array,
        weight: Array | None = None,
        *,
        ignore_index: int | None = None,
        reduction: str = "mean",
    ) -> Array:
        classes, row_weight = _targets(x, target, weight, ignore_index)
        ctx.save_for_backward(classes, row_weight)
        losses = -x.reshape(classes.size, x.shape[-1])[np.arange(classes.size), classes]
        return _reduced(ctx, x.shape, losses, row_weight, reduction)

    @staticmethod
    def backward(ctx: Context, dy: Array) -> Gradients:
        classes, row_weight = ctx.saved_tensors
        share = _shares(ctx, dy, row_weight)
        zeros = np.zeros((classes.size, ctx.shape[-1]), dy.dtype)
        return _less_at(zeros, share, classes).reshape(ctx.shape), None, None


class CrossEntropy(Operation):
    """NLLLoss of the log-softmax of logits x, in one step: two outputs, the loss and the softmax p.

    With t the target class of a row, its loss is w_t (ln Σ_c exp(x_c - m) - (x_t - m)), m the row's maximum,
    and d/dx = w_t (p - e_t): the Jacobians of the logarithm and of the softmax, of which the latter alone has
    C² entries, collapse into one subtraction. p is what the sum of exponentials was taken of, so backward
    needs no exponential. It is an output, rather than a private value, so that a second derivative finds its
    way from p back to x: dx = p (dp - Σ p dp) is what it adds.

    x (N, *d, C), target (N, *d), weight (C,) or None, and reductions as in NLLLoss.

    Source: torch.nn.functional.cross_entropy, classes last.
    """

    @staticmethod
    @_SILENT
    def forward(
        ctx: Context,
        x: Array,
        target: Array,
        weight: Array | None = None,
        *,
        ignore_index: int | None = None,
        reduction: str = "mean",
    ) -> tuple[Array, Array]:
        classes, row_weight = _targets(x, target, weight, ignore_index)
        rows = x if x.ndim == 2 else x.reshape(classes.size, x.shape[-1])
        if x.dtype == np.float16:
            p, losses = (v.astype(x.dtype) for v in softmax_losses(rows.astype(np.float32), classes))
        else:
            p, losses = softmax_losses(rows, classes)
        if x.ndim != 2:
            p = p.reshape(x.shape)
        ctx.save_for_backward(classes, row_weight, p)
        ctx.set_materialize_grads(False)
        return _reduced(ctx, x.shape, losses, row_weight, reduction), p

    @staticmethod
    def backward(ctx: Context, dloss: Array | None, dp: Array | None) -> Gradients:
        classes, row_weight, p = ctx.saved_tensors
        dx: Any = None if dp is None else p * (dp - (p * dp).sum(axis=-1, keepdims=True))
        if dloss is not None:
            share = _shares(ctx, dloss, row_weight)
            rows = p if p.ndim == 2 else p.reshape(classes.size, p.shape[-1])
            scaled = rows * (share[:, None] if share.ndim else share)
            through_loss = _less_at(scaled, share, classes)
            if p.ndim != 2:
                through_loss = through_loss.reshape(ctx.shape)
            dx = through_loss if dx is None else dx + through_loss
        return dx, None, None


def _targets(
    x: Array, target: Array, weight: Array | None, ignore_index: int | None
) -> tuple[Array, Array | None]:
    """The class of each row and its weight, if these are not all 1; of rows to be ignored 0 and 0."""
    classes = target if target.ndim == 1 else target.reshape(-1)
    kept = None if ignore_index is None else classes != ignore_index
    if kept is not None and not kept.all():
        classes = np.where(kept, classes, 0)
        return classes, kept.astype(x.dtype) if weight is None else np.where(kept, weight[classes], 0)
    return classes, None if weight is None else weight[classes]


def _reduced(ctx: Context, shape: Shape, losses: Array, row_weight: Array | None, reduction: str) -> Array:
    """The losses of rows, weighted and reduced; leaves on the Context what they were divided by."""
    total_weight: Any = losses.size
    if row_weight is not None:
        losses = losses * row_weight
        total_weight = row_weight.sum()
    ctx.shape, ctx.scale = shape, 1 / total_weight if reduction == "mean" and total_weight else 1.0
    if reduction == "none":
        return losses.reshape(shape[:-1])
    total = np.add.reduce(losses)
    return np.asarray(total / total_weight if reduction == "mean" else total)


def _shares(ctx: Context, dy: Array, row_weight: Array | None) -> Array:
    """What a row's loss adds to the result: w_t dy, over Σ w_t for the mean; one number if all are equal."""
    if row_weight is not None:
        return dy.reshape(-1) * ctx.scale * row_weight
    return (dy.reshape(-1) if dy.ndim else dy) * ctx.scale


def _less_at(x: Any, v: Any, column: Array) -> Any:
    """The matrix x less v_i, or one v, in row i at column_i; unless it is recorded, x is written into."""
    if isinstance(x, np.ndarray) and isinstance(v, (np.ndarray, np.generic)):
        x[np.arange(column.size), column] -= v
        return x
    return _LessAt.apply(x, v, column)


class _LessAt(Operation):
    """`_less_at` of a copy of x."""

    @staticmethod
    def forward(ctx: Context, x: Array, v: Any, column: Array) -> Array:
        ctx.save_for_backward(column)
        y = x.copy()
        y[np.arange(column.size), column] -= v
        return y

    @staticmethod
    def backward(ctx: Context, dy: Array) -> Gradients:
        (column,) = ctx.saved_tensors
        return dy, -dy[np.arange(column.size), column], None
