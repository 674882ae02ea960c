"""Losses: a prediction and a target in, and one number (or one per element) out.

`reduction` is "mean", "sum" or "none", as on torch. Class scores carry their classes on the last axis: (N,
*d, C).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from npnn._typing import Array, Gradients
from npnn.autograd.function import Context, Operation
from npnn.ops.activation import log_softmax

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
        return _pick(ctx, x, target, weight, ignore_index, reduction)

    @staticmethod
    def backward(ctx: Context, dy: Array) -> Gradients:
        classes, row_weight = ctx.saved_tensors
        share = _shares(ctx, dy, row_weight)
        zeros = np.zeros((classes.size, ctx.shape[-1]), dy.dtype)
        return _AddAt.apply(zeros, -share, classes).reshape(ctx.shape), None, None


class CrossEntropy(Operation):
    """NLLLoss of the log-softmax of logits x, in one step: two outputs, the loss and the log-probabilities l.

    With p = exp l the softmax, and t the target class of a row, d(-w_t l_t)/dx = w_t (p - e_t): the two
    Jacobians, of which the softmax's alone has C² entries, collapse into one subtraction. l is an output,
    rather than a private value,
    so that a second derivative finds its way from p back to x: dx = dl - p Σ dl is what it adds.

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
        log_p = log_softmax(x, -1)
        loss = _pick(ctx, log_p, target, weight, ignore_index, reduction)
        ctx.save_for_backward(*ctx._saved, log_p)
        ctx.set_materialize_grads(False)
        return loss, log_p

    @staticmethod
    def backward(ctx: Context, dloss: Array | None, dlog_p: Array | None) -> Gradients:
        classes, row_weight, log_p = ctx.saved_tensors
        p = np.exp(log_p)
        dx: Any = None if dlog_p is None else dlog_p - p * dlog_p.sum(axis=-1, keepdims=True)
        if dloss is not None:
            share = _shares(ctx, dloss, row_weight).reshape(-1, 1)
            rows = _AddAt.apply(p.reshape(classes.size, p.shape[-1]), -1.0, classes)  # p itself, from here on
            through_loss = (rows * share).reshape(ctx.shape)
            dx = through_loss if dx is None else dx + through_loss
        return dx, None, None


def _pick(
    ctx: Context, log_p: Array, target: Array, weight: Array | None, ignore_index: int | None, reduction: str
) -> Array:
    """The losses -w_t l_t of rows, reduced; leaves the classes and the weight of each row on the Context."""
    classes = target.reshape(-1)
    rows = log_p.reshape(classes.size, log_p.shape[-1])
    kept = None if ignore_index is None else classes != ignore_index
    row_weight: Any = None
    if kept is not None and not kept.all():
        classes = np.where(kept, classes, 0)
        row_weight = kept.astype(log_p.dtype) if weight is None else np.where(kept, weight[classes], 0)
    elif weight is not None:
        row_weight = weight[classes]
    losses = -rows[np.arange(classes.size), classes]
    total_weight: Any = classes.size
    if row_weight is not None:
        losses = losses * row_weight
        total_weight = row_weight.sum()
    ctx.shape, ctx.scale = log_p.shape, 1 / total_weight if reduction == "mean" and total_weight else 1.0
    ctx.save_for_backward(classes, row_weight)
    if reduction == "none":
        return losses.reshape(target.shape)
    total = losses.sum()
    return np.asarray(total / total_weight if reduction == "mean" else total)


def _shares(ctx: Context, dy: Array, row_weight: Array | None) -> Array:
    """What each row's loss adds to the result: w_t dy, over Σ w_t for the mean."""
    share = dy.reshape(-1) * ctx.scale
    return share if row_weight is None else share * row_weight


class _AddAt(Operation):
    """The matrix x with v_i, or one v, added in row i at column_i; unless recorded, x is written into."""

    @staticmethod
    def forward(ctx: Context, x: Array, v: Any, column: Array) -> Array:
        ctx.save_for_backward(column)
        y = x.copy() if ctx.needs_input_grad[0] else x
        y[np.arange(column.size), column] += v
        return y

    @staticmethod
    def backward(ctx: Context, dy: Array) -> Gradients:
        (column,) = ctx.saved_tensors
        return dy, dy[np.arange(column.size), column], None
