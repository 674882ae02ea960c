"""What order has to say: one element of many, which all that are equal to it stand for."""

from __future__ import annotations

import numpy as np

from npnn._typing import Array, Gradients
from npnn.autograd.function import Context, Operation


class OneOfEquals(Operation):
    """The element of x at a place; those that are equal to it share the gradient evenly.

    Source: torch.median and torch.nanmedian without an axis.
    """

    node_name = "MedianBackward0"

    @staticmethod
    def forward(ctx: Context, x: Array, *, place: int) -> Array:
        y = x.reshape(-1)[place]
        hit = np.asarray((x == y) | (np.isnan(x) & np.isnan(y)), x.dtype)
        ctx.save_for_backward(hit / hit.sum() if x.dtype.kind == "f" else hit)
        return np.asarray(y)

    @staticmethod
    def backward(ctx: Context, dy: Array) -> Gradients:
        (share,) = ctx.saved_tensors
        return (dy * share,)
