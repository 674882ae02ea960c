"""Embeddings: rows of a table looked up by index, one by one or a bag at a time."""

from __future__ import annotations

from typing import Any

import numpy as np

from npnn._typing import Array, Gradients
from npnn.autograd.function import Context, Operation
from npnn.ops.indexing import Take, TakeAdd


class Embedding(Operation):
    """y_i = W[index_i].

    weight W (num, dim), index (*); y (*, dim). Each row of dW is the sum of dy over the places where that row
    was looked up. `factor`, (*, 1) or None, multiplies dy on the way: 0 where the row is padding, 1/count to
    share a gradient among the places.

    Source: torch.nn.functional.embedding.
    """

    @staticmethod
    def forward(ctx: Context, weight: Array, *, index: Array, factor: Array | None = None) -> Array:
        ctx.num, ctx.index, ctx.factor = weight.shape[0], index, factor
        return weight[index]

    @staticmethod
    def backward(ctx: Context, dy: Array) -> Gradients:
        if ctx.factor is not None:
            dy = dy * ctx.factor
        rows = dy.reshape(ctx.index.size, dy.shape[-1])
        return (TakeAdd.apply(rows, index=ctx.index.reshape(-1), axis=0, size=ctx.num),)


class BagSum(Operation):
    """y_b = Σ s_i W[index_i] over the i in bag b; an empty bag gives 0.

    weight W (num, dim), scale s (n,), index and bag (n,), where bag_i is the bag that i is in; y (bags, dim).
    dW[index_i] gets s_i dy_b times `factor_i`, if there are factors, and ds_i = W[index_i] · dy_b.

    Source: torch.nn.functional.embedding_bag, modes "sum" and "mean".
    """

    @staticmethod
    def forward(
        ctx: Context,
        weight: Array,
        scale: Array,
        *,
        index: Array,
        bag: Array,
        bags: int,
        factor: Array | None = None,
    ) -> Array:
        ctx.save_for_backward(weight, scale)
        ctx.index, ctx.bag, ctx.factor = index, bag, factor
        y: Array = TakeAdd.apply(weight[index] * scale[:, None], index=bag, axis=0, size=bags)
        return y

    @staticmethod
    def backward(ctx: Context, dy: Array) -> Gradients:
        weight, scale = ctx.saved_tensors
        dweight = dscale = None
        rows = Take.apply(dy, index=ctx.bag, axis=0)
        if ctx.needs_input_grad[0]:
            drows = rows * scale.reshape(-1, 1)
            if ctx.factor is not None:
                drows = drows * ctx.factor[:, None]
            dweight = TakeAdd.apply(drows, index=ctx.index, axis=0, size=weight.shape[0])
        if ctx.needs_input_grad[1]:
            dscale = (Take.apply(weight, index=ctx.index, axis=0) * rows).sum(1)
        return dweight, dscale


class BagMax(Operation):
    """y_b = the largest of W[index_i] over the i in bag b, feature by feature; an empty bag gives 0.

    weight W (num, dim), index and bag (n,), bag in ascending order; y (bags, dim). dy goes to the row that
    was the largest, of several to the first.

    Source: torch.nn.functional.embedding_bag, mode "max".
    """

    @staticmethod
    def forward(ctx: Context, weight: Array, *, index: Array, bag: Array, bags: int) -> Array:
        rows = weight[index]
        y = np.zeros((bags, weight.shape[1]), weight.dtype)
        ctx.shape, ctx.filled, ctx.winners = weight.shape, bag[:0], index[:0]
        if index.size:
            ctx.filled, starts = np.unique(bag, return_index=True)
            y[ctx.filled] = np.maximum.reduceat(rows, starts)
            largest = (rows == y[bag]) | np.isnan(rows)
            places = np.where(largest, np.arange(index.size)[:, None], index.size)
            ctx.winners = index[np.minimum.reduceat(places, starts)]
        return y

    @staticmethod
    def backward(ctx: Context, dy: Array) -> Gradients:
        num, dim = ctx.shape
        # As positions in the table run flat, since each feature has a winner of its own.
        places = (ctx.winners.reshape(-1, dim) * dim + np.arange(dim)).reshape(-1)
        values = Take.apply(dy, index=ctx.filled, axis=0).reshape(-1)
        return (TakeAdd.apply(values, index=places, axis=0, size=num * dim).reshape(num, dim),)


def renormalized(weight: Array, index: Array, max_norm: float, norm_type: float) -> tuple[Array, Array]:
    """The rows that are looked up and too long, scaled down.

    Args:
        weight: the table, (num, dim).
        index: what is looked up.
        max_norm: the norm that a row may have.
        norm_type: which norm: p.

    Returns:
        The numbers of the rows whose norm is larger than max_norm, and these rows times
        max_norm / (norm + 1e-7).

    Source: torch.embedding_renorm_.
    """
    rows = np.unique(index)
    norms: Any = np.linalg.norm(weight[rows], norm_type, axis=1)
    rows, norms = rows[norms > max_norm], norms[norms > max_norm]
    return rows, (weight[rows] * (max_norm / (norms + 1e-7))[:, None]).astype(weight.dtype)
