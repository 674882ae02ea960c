"""Reductions along axes: sums, means, products, extremes, cumulative sums.

`axis` is None for all axes, an int or a tuple; with `keepdims` reduced axes stay, at length 1. Every backward first puts
the reduced axes back (`restore`), after which broadcasting does the repeating that is the transpose of a sum.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from npnn._typing import Array, Gradients, Shape
from npnn.autograd.function import Context, Operation


def restore(reduced: Array, shape: Shape, axis: Any, keepdims: bool) -> Array:
    """A reduced array with its reduced axes back at length 1, ready to broadcast against `shape`."""
    if keepdims or not shape:
        return reduced
    axes = range(len(shape)) if axis is None else (axis,) if isinstance(axis, int) else axis
    axes = {a % len(shape) for a in axes}
    return reduced.reshape(tuple(1 if a in axes else size for a, size in enumerate(shape)))


def reduced_size(shape: Shape, axis: Any) -> int:
    """How many elements go into each result."""
    axes = range(len(shape)) if axis is None else (axis,) if isinstance(axis, int) else axis
    return int(np.prod([shape[a] for a in axes], dtype=np.int64)) if shape else 1


class Sum(Operation):
    """Σ x; every element of x gets the gradient of the sum that it went into. Source: torch.sum."""

    @staticmethod
    def forward(ctx: Context, x: Array, *, axis: Any = None, keepdims: bool = False, dtype: Any = None) -> Array:
        ctx.shape, ctx.axis, ctx.keepdims = x.shape, axis, keepdims
        return np.asarray(x.sum(axis=axis, keepdims=keepdims, dtype=dtype))

    @staticmethod
    def backward(ctx: Context, dy: Array) -> Gradients:
        return (np.broadcast_to(restore(dy, ctx.shape, ctx.axis, ctx.keepdims), ctx.shape),)


class Mean(Operation):
    """Σ x / n; every element of x gets 1/n of the gradient. Source: torch.mean."""

    @staticmethod
    def forward(ctx: Context, x: Array, *, axis: Any = None, keepdims: bool = False, dtype: Any = None) -> Array:
        ctx.shape, ctx.axis, ctx.keepdims = x.shape, axis, keepdims
        return np.asarray(x.mean(axis=axis, keepdims=keepdims, dtype=dtype))

    @staticmethod
    def backward(ctx: Context, dy: Array) -> Gradients:
        share = restore(dy, ctx.shape, ctx.axis, ctx.keepdims) / reduced_size(ctx.shape, ctx.axis)
        return (np.broadcast_to(share, ctx.shape),)


class Prod(Operation):
    """Π x; dx_i = dy Π_{j≠i} x_j.

    The product of the others is taken as the product of those before times that of those after, so zeros need no
    special case.

    Source: torch.prod.
    """

    @staticmethod
    def forward(ctx: Context, x: Array, *, axis: int | None = None, keepdims: bool = False) -> Array:
        ctx.save_for_backward(x)
        ctx.axis, ctx.keepdims = axis, keepdims
        return np.asarray(x.prod(axis=axis, keepdims=keepdims))

    @staticmethod
    def backward(ctx: Context, dy: Array) -> Gradients:
        (x,) = ctx.saved_tensors
        dy = restore(dy, x.shape, ctx.axis, ctx.keepdims)
        if ctx.axis is None:
            others = _product_of_others(x.reshape(-1), 0).reshape(x.shape)
        else:
            others = _product_of_others(x, ctx.axis)
        return (dy * others,)


def _product_of_others(x: Array, axis: int) -> Array:
    """For each element the product of all the others along an axis, quadratic in its length and recordable."""
    length = x.shape[axis]
    x = np.moveaxis(x, axis, -1)
    # Row i holds x with its i-th element replaced by 1.
    rows = np.where(np.eye(length, dtype=bool), np.ones((), x.dtype), x[..., None, :])
    return np.moveaxis(rows.prod(axis=-1), -1, axis)


class _Extreme(Operation):
    """The largest (or smallest) element; equal ones share the gradient evenly."""

    @staticmethod
    def share(x: Array, y: Array, axis: Any) -> Array:
        """The part of the gradient that each element gets."""
        hit = np.asarray(x == y, x.dtype)
        return hit / hit.sum(axis=axis, keepdims=True)

    @staticmethod
    def backward(ctx: Context, dy: Array) -> Gradients:
        (share,) = ctx.saved_tensors
        return (restore(dy, ctx.shape, ctx.axis, ctx.keepdims) * share,)


class Max(_Extreme):
    """Max x along axes; elements that tie share the gradient evenly. Source: torch.amax."""

    @staticmethod
    def forward(ctx: Context, x: Array, *, axis: Any = None, keepdims: bool = False) -> Array:
        y = np.asarray(x.max(axis=axis, keepdims=keepdims))
        ctx.shape, ctx.axis, ctx.keepdims = x.shape, axis, keepdims
        if ctx.needs_input_grad[0]:
            ctx.save_for_backward(_Extreme.share(x, restore(y, x.shape, axis, keepdims), axis))
        return y


class Min(_Extreme):
    """Min x along axes; elements that tie share the gradient evenly. Source: torch.amin."""

    @staticmethod
    def forward(ctx: Context, x: Array, *, axis: Any = None, keepdims: bool = False) -> Array:
        y = np.asarray(x.min(axis=axis, keepdims=keepdims))
        ctx.shape, ctx.axis, ctx.keepdims = x.shape, axis, keepdims
        if ctx.needs_input_grad[0]:
            ctx.save_for_backward(_Extreme.share(x, restore(y, x.shape, axis, keepdims), axis))
        return y


class CumSum(Operation):
    """y_i = x_0 + ... + x_i along an axis; dx_i = dy_i + dy_(i+1) + ..., the same from the other end.

    Source: torch.cumsum.
    """

    @staticmethod
    def forward(ctx: Context, x: Array, *, axis: int, dtype: Any = None) -> Array:
        ctx.axis = axis
        return x.cumsum(axis=axis, dtype=dtype)

    @staticmethod
    def backward(ctx: Context, dy: Array) -> Gradients:
        return (np.flip(np.cumsum(np.flip(dy, ctx.axis), ctx.axis), ctx.axis),)


class LogSumExp(Operation):
    """ln Σ exp x along axes, with the maximum taken out first; dx = dy exp(x - y), the softmax.

    Source: torch.logsumexp.
    """

    @staticmethod
    def forward(ctx: Context, x: Array, *, axis: Any, keepdims: bool = False) -> Array:
        peak = x.max(axis=axis, keepdims=True, initial=-np.inf)
        peak = np.where(np.isfinite(peak), peak, 0).astype(x.dtype)
        y = np.log(np.exp(x - peak).sum(axis=axis, keepdims=True)) + peak
        y = y if keepdims else np.asarray(np.squeeze(y, axis))
        ctx.save_for_backward(x, y)
        ctx.axis, ctx.keepdims = axis, keepdims
        return y

    @staticmethod
    def backward(ctx: Context, dy: Array) -> Gradients:
        x, y = ctx.saved_tensors
        y = restore(y, x.shape, ctx.axis, ctx.keepdims)
        return (restore(dy, x.shape, ctx.axis, ctx.keepdims) * np.exp(x - y),)


class Norm(Operation):
    """√Σ x², the Euclidean norm along axes; dx = dy x / y, and 0 where the norm is 0.

    Source: torch.linalg.vector_norm.
    """

    @staticmethod
    def forward(ctx: Context, x: Array, *, axis: Any = None, keepdims: bool = False) -> Array:
        y = np.asarray(np.sqrt(np.square(x).sum(axis=axis, keepdims=keepdims)))
        ctx.save_for_backward(x, y)
        ctx.axis, ctx.keepdims = axis, keepdims
        return y

    @staticmethod
    def backward(ctx: Context, dy: Array) -> Gradients:
        x, y = ctx.saved_tensors
        y = restore(y, x.shape, ctx.axis, ctx.keepdims)
        safe = np.where(y == 0, np.ones((), x.dtype), y)
        return (restore(dy, x.shape, ctx.axis, ctx.keepdims) * (x / safe),)
