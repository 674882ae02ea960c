"""Reductions along axes: sums, means, products, extremes, cumulative sums.

`axis` is None for all axes, an int or a tuple; with `keepdims` reduced axes stay, at length 1. Every backward
first puts the reduced axes back (`restore`), after which broadcasting does the repeating that is the
transpose of a sum. Results lie in C order, whatever the order of x, as torch's do: scripts `view` them.
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
    """Σ x; every element of x gets the gradient of the sum that it went into.

    float16 adds up in float32, as on torch: in its own 11 bits a sum of ones would stop at 2048.

    Source: torch.sum.
    """

    @staticmethod
    def forward(ctx: Context, x: Array, *, axis: Any = None, keepdims: bool = False) -> Array:
        ctx.shape, ctx.axis, ctx.keepdims = x.shape, axis, keepdims
        if x.dtype == np.float16:
            return np.asarray(x.sum(axis=axis, keepdims=keepdims, dtype=np.float32), x.dtype, order="C")
        return np.asarray(x.sum(axis=axis, keepdims=keepdims), order="C")

    @staticmethod
    def backward(ctx: Context, dy: Array) -> Gradients:
        return (np.broadcast_to(restore(dy, ctx.shape, ctx.axis, ctx.keepdims), ctx.shape),)


class Mean(Operation):
    """Σ x / n, nan where n = 0; every element of x gets 1/n of the gradient. Source: torch.mean."""

    @staticmethod
    def forward(ctx: Context, x: Array, *, axis: Any = None, keepdims: bool = False) -> Array:
        ctx.shape, ctx.axis, ctx.keepdims = x.shape, axis, keepdims
        ctx.size = reduced_size(x.shape, axis)
        if ctx.size == 0:
            return np.asarray(x.sum(axis=axis, keepdims=keepdims) * np.nan, x.dtype)
        return np.asarray(x.mean(axis=axis, keepdims=keepdims), order="C")

    @staticmethod
    def backward(ctx: Context, dy: Array) -> Gradients:
        share = restore(dy, ctx.shape, ctx.axis, ctx.keepdims) / max(ctx.size, 1)
        return (np.broadcast_to(share, ctx.shape),)


class Prod(Operation):
    """Π x; dx_i = dy Π_{j≠i} x_j.

    The product of the others is the product of those before times that of those after, so zeros need no
    special case. While backward is itself recorded it is taken in a quadratic way, each step of which is on
    the tape.

    Source: torch.prod.
    """

    @staticmethod
    def forward(ctx: Context, x: Array, *, axis: int | None = None, keepdims: bool = False) -> Array:
        ctx.save_for_backward(x)
        ctx.axis, ctx.keepdims = axis, keepdims
        return np.asarray(x.prod(axis=axis, keepdims=keepdims), order="C")

    @staticmethod
    def backward(ctx: Context, dy: Array) -> Gradients:
        (x,) = ctx.saved_tensors
        dy = restore(dy, x.shape, ctx.axis, ctx.keepdims)
        others = _others if isinstance(x, np.ndarray) else _recorded_others
        if ctx.axis is None:
            return (dy * others(x.reshape(-1), 0).reshape(x.shape),)
        return (dy * others(x, ctx.axis),)


def _others(x: Array, axis: int) -> Array:
    """For each element the product of all the others along an axis."""
    x = np.moveaxis(x, axis, -1)
    if not x.shape[-1]:
        return np.moveaxis(x, -1, axis)
    one = np.ones((*x.shape[:-1], 1), x.dtype)
    before = np.cumprod(np.concatenate([one, x[..., :-1]], axis=-1), axis=-1)
    after = np.cumprod(np.concatenate([one, x[..., :0:-1]], axis=-1), axis=-1)[..., ::-1]
    return np.moveaxis(before * after, -1, axis)


def _recorded_others(x: Any, axis: int) -> Any:
    """The same of a tensor: row i of a matrix holds x with its i-th element replaced by 1."""
    x = np.moveaxis(x, axis, -1)
    rows = np.where(np.eye(x.shape[-1], dtype=bool), np.ones((), x.dtype), x[..., None, :])
    return np.moveaxis(rows.prod(axis=-1), -1, axis)


class Max(Operation):
    """max x along axes; elements that tie share the gradient evenly. Source: torch.amax."""

    node_name = "AmaxBackward0"

    @staticmethod
    def forward(ctx: Context, x: Array, *, axis: Any = None, keepdims: bool = False) -> Array:
        return _extreme(ctx, x, np.max, axis, keepdims)

    @staticmethod
    def backward(ctx: Context, dy: Array) -> Gradients:
        return _to_extremes(ctx, dy)


class Min(Operation):
    """min x along axes; elements that tie share the gradient evenly. Source: torch.amin."""

    node_name = "AminBackward0"

    @staticmethod
    def forward(ctx: Context, x: Array, *, axis: Any = None, keepdims: bool = False) -> Array:
        return _extreme(ctx, x, np.min, axis, keepdims)

    @staticmethod
    def backward(ctx: Context, dy: Array) -> Gradients:
        return _to_extremes(ctx, dy)


def _extreme(ctx: Context, x: Array, find: Any, axis: Any, keepdims: bool) -> Array:
    """What np.max or np.min finds; leaves the part of the gradient that each element gets on the Context."""
    y = np.asarray(find(x, axis=axis, keepdims=keepdims), order="C")
    ctx.shape, ctx.axis, ctx.keepdims = x.shape, axis, keepdims
    if ctx.needs_input_grad[0]:
        peak = restore(y, x.shape, axis, keepdims)
        # nan is not equal to itself, but where it is the result it was found.
        hit = np.asarray((x == peak) | (np.isnan(x) & np.isnan(peak)), x.dtype)
        ctx.save_for_backward(hit / hit.sum(axis=axis, keepdims=True))
    return y


def _to_extremes(ctx: Context, dy: Array) -> Gradients:
    (share,) = ctx.saved_tensors
    return (restore(dy, ctx.shape, ctx.axis, ctx.keepdims) * share,)


class CumSum(Operation):
    """y_i = x_0 + ... + x_i along an axis; dx_i = dy_i + dy_(i+1) + ..., the same from the other end.

    Source: torch.cumsum.
    """

    node_name = "CumsumBackward0"

    @staticmethod
    def forward(ctx: Context, x: Array, *, axis: int) -> Array:
        ctx.axis = axis
        return np.asarray(x.cumsum(axis=axis), order="C")

    @staticmethod
    def backward(ctx: Context, dy: Array) -> Gradients:
        return (np.flip(np.cumsum(np.flip(dy, ctx.axis), ctx.axis), ctx.axis),)


class LogSumExp(Operation):
    """ln Σ exp x along axes, with the maximum taken out first; dx = dy exp(x - y), the softmax.

    Source: torch.logsumexp.
    """

    node_name = "LogsumexpBackward0"

    @staticmethod
    def forward(ctx: Context, x: Array, *, axis: Any, keepdims: bool = False) -> Array:
        peak = x.max(axis=axis, keepdims=True, initial=-np.inf)
        peak = np.where(np.isfinite(peak), peak, 0).astype(x.dtype)
        with np.errstate(divide="ignore"):
            # A row of -inf, all masked, has the sum 0 and rightly the logarithm -inf.
            y = np.log(np.exp(x - peak).sum(axis=axis, keepdims=True)) + peak
        y = np.asarray(y if keepdims else np.squeeze(y, axis), order="C")
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

    node_name = "LinalgVectorNormBackward0"

    @staticmethod
    def forward(ctx: Context, x: Array, *, axis: Any = None, keepdims: bool = False) -> Array:
        # The squares of float16 overflow beyond 256.
        wide = np.float32 if x.dtype == np.float16 else x.dtype
        y = np.sqrt(np.square(x, dtype=wide).sum(axis=axis, keepdims=keepdims))
        y = np.asarray(y, x.dtype, order="C")
        ctx.save_for_backward(x, y)
        ctx.axis, ctx.keepdims = axis, keepdims
        return y

    @staticmethod
    def backward(ctx: Context, dy: Array) -> Gradients:
        x, y = ctx.saved_tensors
        y = restore(y, x.shape, ctx.axis, ctx.keepdims)
        return (restore(dy, x.shape, ctx.axis, ctx.keepdims) * (x / np.where(y == 0, 1.0, y)),)


class PNorm(Operation):
    """(Σ |x|^p)^(1/p) along axes; dx = dy sign(x) (|x| / y)^(p-1), and 0 where x or the norm is 0.

    Source: torch.linalg.vector_norm.
    """

    node_name = "LinalgVectorNormBackward0"

    @staticmethod
    def forward(ctx: Context, x: Array, *, p: float, axis: Any = None, keepdims: bool = False) -> Array:
        wide = np.abs(x).astype(np.float32 if x.dtype == np.float16 else x.dtype)
        with np.errstate(divide="ignore"):
            # A zero has an infinite power below 0, and makes the norm 0.
            y = (wide**p).sum(axis=axis, keepdims=keepdims) ** (1 / p)
        y = np.asarray(y, x.dtype, order="C")
        ctx.save_for_backward(x, y)
        ctx.p, ctx.axis, ctx.keepdims = p, axis, keepdims
        return y

    @staticmethod
    def backward(ctx: Context, dy: Array) -> Gradients:
        x, y = ctx.saved_tensors
        y = restore(y, x.shape, ctx.axis, ctx.keepdims)
        dy = restore(dy, x.shape, ctx.axis, ctx.keepdims)
        if ctx.p == 1:
            return (dy * np.sign(x),)
        zero = (x == 0) | (y == 0)
        ratio = np.where(zero, 1.0, abs(x)) / np.where(y == 0, 1.0, y)
        return (dy * np.where(zero, 0.0, np.sign(x) * ratio ** (ctx.p - 1)),)
