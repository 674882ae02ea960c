"""The cross entropy of a linear layer's output, without ever holding all of that output."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from npnn._typing import Array, Gradients
from npnn.autograd.function import Context, Operation, once_differentiable
from npnn.ops._product import product
from npnn.ops.activation import log_softmax
from npnn.ops.loss import CrossEntropy


class LinearCrossEntropy(Operation):
    """The cross entropy of logits x W + b and targets, one loss for each row, `chunk` rows at a time.

    With many more classes than features the logits (N, C) dwarf everything else. Here no more than (chunk, C)
    of them exist at once: forward drops them when it has their losses, and backward computes them again. So
    memory goes down by N / chunk, for one more matrix product. Each chunk's dlogits give a part of dx and are
    summed into dW and db.

    x (N, in), weight (in, C), bias (C,) or None, target (N,) classes or (N, C) probabilities, class_weight
    (C,) or None; y (N,). `dtype` is that of the logits and the sums.

    Source: torch.nn.functional.linear_cross_entropy with options.
    """

    @staticmethod
    def forward(
        ctx: Context,
        x: Array,
        weight: Array,
        bias: Array | None,
        target: Array,
        class_weight: Array | None = None,
        *,
        ignore_index: int,
        chunk: int,
        dtype: Any,
    ) -> Array:
        ctx.save_for_backward(x, weight, bias, target, class_weight)
        ctx.ignore_index, ctx.chunk, ctx.dtype = ignore_index, chunk, dtype
        losses = np.empty(len(x), dtype)
        for rows, logits in _chunks(x, weight, bias, chunk, dtype):
            losses[rows] = _Rows(target[rows], class_weight, ignore_index).losses(logits)
        return losses.astype(x.dtype)

    @staticmethod
    @once_differentiable
    def backward(ctx: Context, dy: Array) -> Gradients:
        x, weight, bias, target, class_weight = ctx.saved_tensors
        dtype = ctx.dtype
        dx, dweight = np.empty_like(x), np.zeros(weight.shape, dtype)
        dbias = None if bias is None else np.zeros(bias.shape, dtype)
        for rows, logits in _chunks(x, weight, bias, ctx.chunk, dtype):
            dlogits = _Rows(target[rows], class_weight, ctx.ignore_index).gradient(
                logits, dy[rows].astype(dtype)
            )
            dx[rows] = product(dlogits, weight.T.astype(dtype))
            dweight += product(x[rows].T.astype(dtype), dlogits)
            if dbias is not None:
                dbias += dlogits.sum(axis=0)
        return dx, dweight, dbias, None, None


def _chunks(
    x: Array, weight: Array, bias: Array | None, chunk: int, dtype: Any
) -> Iterator[tuple[slice, Array]]:
    """The rows of each chunk and their logits."""
    columns = weight.astype(dtype, copy=False)
    for start in range(0, len(x), chunk):
        rows = slice(start, start + chunk)
        logits = product(x[rows].astype(dtype, copy=False), columns)
        yield rows, logits if bias is None else logits + bias


class _Rows:
    """The targets of some rows: how their losses, and the gradients by their logits, come from the logits."""

    def __init__(self, target: Array, weight: Array | None, ignore_index: int) -> None:
        self.target, self.weight, self.ignore_index = target, weight, ignore_index

    def losses(self, logits: Array) -> Array:
        """One loss for each row."""
        if self.target.ndim == 2:
            losses: Array = -(log_softmax(logits, -1) * self._weighted()).sum(axis=1)
            return losses
        return self._forward(Context(), logits)

    def gradient(self, logits: Array, dy: Array) -> Any:
        """By the logits; for probabilities t and weights w it is softmax Σ w t - w t."""
        if self.target.ndim == 2:
            weighted = self._weighted()
            softmax = np.exp(log_softmax(logits, -1))
            total = weighted.sum(axis=1, keepdims=True)
            return (softmax * total - weighted) * dy[:, None]
        ctx = Context()
        self._forward(ctx, logits)
        return CrossEntropy.backward(ctx, dy, None)[0]

    def _forward(self, ctx: Context, logits: Array) -> Array:
        return CrossEntropy.forward(
            ctx, logits, self.target, self.weight, ignore_index=self.ignore_index, reduction="none"
        )[0]

    def _weighted(self) -> Array:
        return self.target if self.weight is None else self.target * self.weight
