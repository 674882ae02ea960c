"""Losses that ask the score of a right class to exceed those of wrong ones by a margin.

x (N, C) holds one row of scores for each sample. The result is one loss for each row.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from npnn._typing import Array, Gradients
from npnn.autograd.function import Context, Operation


class MultiMarginLoss(Operation):
    """w_t Σ_(i≠t) max(0, m - x_t + x_i)^p / C, with t the right class of a row, w its weight, and p 1 or 2.

    With s_i the slope of term i, w_t p max(0, ·)^(p-1) / C where it is not 0, dx_i = dy s_i for the wrong
    classes, and dx_t = -dy Σ s_i.

    Source: torch.nn.functional.multi_margin_loss.
    """

    @staticmethod
    def forward(
        ctx: Context, x: Array, target: Array, weight: Array | None = None, *, p: int, margin: float
    ) -> Array:
        ctx.save_for_backward(x, target, weight)
        ctx.p, ctx.margin = p, margin
        return _row_weight(_shortfalls(x, target, margin) ** p, target, weight).sum(axis=1) / x.shape[1]

    @staticmethod
    def backward(ctx: Context, dy: Array) -> Gradients:
        x, target, weight = ctx.saved_tensors
        short = _shortfalls(x, target, ctx.margin)
        slope: Any = (short > 0).astype(dy.dtype) if ctx.p == 1 else 2 * short
        slope = _row_weight(slope, target, weight) * (dy[:, None] / x.shape[1])
        right = _one_hot(target, x.shape[1], dy.dtype)
        return slope - right * slope.sum(axis=1, keepdims=True), None, None


def _one_hot(target: Array, classes: int, dtype: Any) -> Array:
    """A row for each target, 1 at its class."""
    return np.asarray(target[:, None] == np.arange(classes), dtype)


def _shortfalls(x: Array, target: Array, margin: float) -> Array:
    """How far each wrong class comes within the margin of the right one; 0 at the right one itself."""
    right = x[np.arange(target.size), target][:, None]
    wrong = 1 - _one_hot(target, x.shape[1], x.dtype)
    short: Array = np.maximum(margin - right + x, 0) * wrong
    return short


def _row_weight(terms: Array, target: Array, weight: Array | None) -> Array:
    return terms if weight is None else terms * weight[target][:, None]


class MultiLabelMarginLoss(Operation):
    """Σ_j Σ_i max(0, 1 - x_j + x_i) / C, over the right classes j of a row and the wrong ones i.

    A row of the target lists the right classes, up to the first -1; one that is listed twice counts twice.
    All pairs (position in the list, class) are compared at once: every pair that falls short of the margin
    gives dy / C to its i and takes as much from its j.

    Source: torch.nn.functional.multilabel_margin_loss.
    """

    @staticmethod
    def forward(ctx: Context, x: Array, target: Array) -> Array:
        count, classes = x.shape
        listed = np.cumprod(target >= 0, axis=1).astype(bool)
        right = np.where(listed, target, 0)
        is_right = np.zeros(x.shape, bool)
        np.logical_or.at(is_right, (np.arange(count)[:, None], right), listed)
        pairs = listed[:, :, None] & ~is_right[:, None, :]
        gap = (1 - np.take_along_axis(x, right, axis=1)[:, :, None] + x[:, None, :]) * pairs
        short = np.asarray(gap > 0, x.dtype)
        slope = short.sum(axis=1)
        np.add.at(slope, (np.arange(count)[:, None], right), -short.sum(axis=2))
        ctx.save_for_backward(slope / classes)
        return np.maximum(gap, 0).sum(axis=(1, 2)) / classes

    @staticmethod
    def backward(ctx: Context, dy: Array) -> Gradients:
        (slope,) = ctx.saved_tensors
        return dy[:, None] * slope, None
