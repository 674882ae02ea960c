"""Running products and logarithms of running sums. The running sum itself is `npnn.ops.reduction.CumSum`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from npnn._typing import Array, Gradients
from npnn.autograd.function import Context, Operation


class CumProd(Operation):
    """y_i = x_0 x_1 ... x_i along an axis; dx_k = Σ_(i >= k) dy_i Π_(j <= i, j != k) x_j.

    Where no x is zero the product is y_i / x_k, and dx_k is a running sum from the end. A zero would make
    that 0 / 0. With z the place of the first one: before z, the y_i with i >= z are zero and add nothing; at
    z, the product of the others is a running product with x_z taken as 1; after z all products hold the zero.

    While backward is itself recorded it is taken in a quadratic way, each product of which is on the tape.

    Source: torch.cumprod.
    """

    node_name = "CumprodBackward0"

    @staticmethod
    def forward(ctx: Context, x: Array, *, axis: int) -> Array:
        ctx.axis = axis
        ctx.save_for_backward(x)
        return np.asarray(x.cumprod(axis=axis), order="C")

    @staticmethod
    def backward(ctx: Context, dy: Array) -> Gradients:
        (x,) = ctx.saved_tensors
        plain = isinstance(x, np.ndarray) and isinstance(dy, np.ndarray)
        slope = _product_slope if plain else _recorded_product_slope
        return (_along_last(slope, ctx.axis, x, dy),)


def _product_slope(x: Array, dy: Array) -> Array:
    zero = x == 0
    first = zero & (np.cumsum(zero, -1) == 1)
    patched = np.where(first, 1, x)
    # Behind a second zero everything is zero anyway: dividing by 1 there keeps it so.
    divisor = np.where(zero, 1, x)
    before = np.cumsum(zero, -1) == 0
    dx = _from_the_end(np.where(before, x.cumprod(-1), 0) * dy) / divisor
    at_first = _from_the_end(patched.cumprod(-1) * dy)
    return np.where(first, at_first, np.where(before, dx, 0))


def _from_the_end(x: Array) -> Array:
    return np.flip(np.cumsum(np.flip(x, -1), -1), -1)


def _recorded_product_slope(x: Any, dy: Any) -> Any:
    """The same of tensors: row k of a matrix holds x with x_k replaced by 1, and counts from y_k on."""
    length = x.shape[-1]
    rows = np.where(np.eye(length, dtype=bool), np.ones((), x.dtype), x[..., None, :])
    products = rows.cumprod(-1) * np.triu(np.ones((length, length), x.dtype))
    return (products * dy[..., None, :]).sum(-1)


class LogCumSumExp(Operation):
    """y_i = ln Σ_(j <= i) exp x_j along an axis; dx_j = exp x_j Σ_(i >= j) dy_i exp(-y_i).

    All of it is done with logarithms, where nothing overflows; in backward for what of dy is positive and
    what is negative on its own. While backward is itself recorded it is taken in a quadratic way, of
    exp(x_j - y_i).

    Source: torch.logcumsumexp.
    """

    node_name = "LogcumsumexpBackward0"

    @staticmethod
    def forward(ctx: Context, x: Array, *, axis: int) -> Array:
        with np.errstate(invalid="ignore"):  # nan stays nan, and is no news
            y = np.asarray(np.logaddexp.accumulate(x, axis=axis) if x.size else x.copy(), order="C")
        ctx.axis = axis
        ctx.save_for_backward(x, y)
        return y

    @staticmethod
    def backward(ctx: Context, dy: Array) -> Gradients:
        x, y = ctx.saved_tensors
        plain = isinstance(x, np.ndarray) and isinstance(dy, np.ndarray)
        slope = _logarithm_slope if plain else _recorded_logarithm_slope
        return (_along_last(slope, ctx.axis, x, y, dy) if x.size else dy,)


def _logarithm_slope(x: Array, y: Array, dy: Array) -> Array:
    return _weighted(x, y, np.maximum(dy, 0)) - _weighted(x, y, np.maximum(-dy, 0))


def _weighted(x: Array, y: Array, weight: Array) -> Array:
    """exp x_j Σ_(i >= j) w_i exp(-y_i), of weights that are not negative."""
    with np.errstate(divide="ignore", invalid="ignore"):
        logarithms = np.log(weight) - y
        totals = np.flip(np.logaddexp.accumulate(np.flip(logarithms, -1), axis=-1), -1)
    return np.asarray(np.exp(x + totals))


def _recorded_logarithm_slope(x: Any, y: Any, dy: Any) -> Any:
    reached = np.tri(x.shape[-1], dtype=bool)
    exponents = np.where(reached, x[..., None, :] - y[..., :, None], np.asarray(-np.inf, x.dtype))
    return (np.exp(exponents) * dy[..., :, None]).sum(-2)


def _along_last(slope: Callable[..., Any], axis: int, *arrays: Any) -> Any:
    """What a function of the last axis gives along another one."""
    return np.moveaxis(slope(*(np.moveaxis(array, axis, -1) for array in arrays)), -1, axis)
