"""Pooling: one number for each window of each channel, over any number of spatial axes.

Layouts: x (N, *spatial, C), y (N, *out, C), with one `Windows` for each spatial axis. What of a window lies
beside the input is left out.

A window is a product of intervals, so a maximum over it is a maximum of maxima, and a sum a sum of sums: axes
are taken one after another, the last one first, and n axes of k taps cost n k steps rather than k^n. A step
works on whole arrays, one tap of all windows at a time.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from npnn._typing import Array, Gradients, Shape
from npnn.autograd.function import Context, Operation
from npnn.ops._windows import Windows, taps_along, upright
from npnn.ops.indexing import Gather


class MaxPool(Operation):
    """The maximum of each window; dx is dy where it was found, added up over the windows that share a place.

    Where several elements are equal the first counts, as a window is read row by row; of nans the last. Both
    are torch's choice, and both come out of taking the last axis first.

    With `return_indices` there is a second output: where in its channel each maximum was found, counted
    through the flattened spatial axes.

    Source: torch.nn.functional.max_pool2d.
    """

    @staticmethod
    def forward(
        ctx: Context, x: Array, *, windows: tuple[Windows, ...], return_indices: bool = False
    ) -> Array | tuple[Array, Array]:
        y, winners = maxima(x, windows, ctx.needs_input_grad[0] or return_indices)
        ctx.save_for_backward(*winners)
        ctx.windows = windows
        return (y, flat_index(winners, windows, x.shape[1:-1])) if return_indices else y

    @staticmethod
    def backward(ctx: Context, dy: Array, *_: Any) -> Gradients:
        return (ToWinners.apply(dy, winners=ctx.saved_tensors, windows=ctx.windows),)


class ToWinners(Operation):
    """For each window a value, added where the window's maximum was found: the transpose of `AtWinners`.

    `winners` has, for each axis, the tap that won: what `maxima` notes.
    """

    @staticmethod
    def forward(ctx: Context, dy: Array, *, winners: Sequence[Array], windows: tuple[Windows, ...]) -> Array:
        ctx.save_for_backward(*winners)
        ctx.windows = windows
        for axis, (each, winner) in enumerate(zip(windows, winners, strict=True), start=1):
            dx = np.zeros((*dy.shape[:axis], each.size, *dy.shape[axis + 1 :]), dy.dtype)
            for tap, (outputs, inputs) in enumerate(taps_along(each, axis)):
                won = _only(dy[outputs], winner[outputs] == tap)
                if each.disjoint:
                    dx[inputs] = won
                else:
                    dx[inputs] += won
            dy = dx
        return dy

    @staticmethod
    def backward(ctx: Context, dx: Array) -> Gradients:
        return (AtWinners.apply(dx, winners=ctx.saved_tensors, windows=ctx.windows),)


class AtWinners(Operation):
    """For each window the value of x where the window's maximum was found: the transpose of `ToWinners`."""

    @staticmethod
    def forward(ctx: Context, x: Array, *, winners: Sequence[Array], windows: tuple[Windows, ...]) -> Array:
        ctx.save_for_backward(*winners)
        ctx.windows = windows
        for axis in range(len(windows), 0, -1):
            each, winner = windows[axis - 1], winners[axis - 1]
            y = np.zeros(winner.shape, x.dtype)
            for tap, (outputs, inputs) in enumerate(taps_along(each, axis)):
                y[outputs] += _only(x[inputs], winner[outputs] == tap)
            x = y
        return x

    @staticmethod
    def backward(ctx: Context, dy: Array) -> Gradients:
        return (ToWinners.apply(dy, winners=ctx.saved_tensors, windows=ctx.windows),)


def maxima(x: Array, windows: tuple[Windows, ...], track: bool) -> tuple[Array, tuple[Array, ...]]:
    """The maximum of each window and, if they are to be tracked, for each axis the tap that won."""
    winners: list[Array] = []
    for axis in range(len(windows), 0, -1):
        each = windows[axis - 1]
        if track:
            x, winner = _tracked_maxima(x, axis, each)
            winners.insert(0, winner)
        else:
            y = _lowest(x, axis, each)
            for outputs, inputs in taps_along(each, axis):
                np.maximum(y[outputs], x[inputs], out=y[outputs])
            x = y
    return x, tuple(winners)


def _lowest(x: Array, axis: int, windows: Windows) -> Array:
    """What the maxima along an axis start from."""
    lowest = -np.inf if x.dtype.kind == "f" else np.iinfo(x.dtype).min
    return np.full((*x.shape[:axis], windows.out, *x.shape[axis + 1 :]), lowest, x.dtype)


def _tracked_maxima(x: Array, axis: int, windows: Windows) -> tuple[Array, Array]:
    """The maxima along one axis, and the taps that won."""
    y = _lowest(x, axis, windows)
    # The first tap on the axis wins unless a later one is greater.
    first = np.maximum(-(windows.starts() // windows.dilation), 0)
    winner = np.empty(y.shape, np.min_scalar_type(first.max(initial=windows.kernel)))
    winner[...] = upright(first, axis, x.ndim)
    for tap, (outputs, inputs) in enumerate(taps_along(windows, axis)):
        if tap:
            # Of the taps that were greater than all before them the last one has the greatest number.
            greater = (x[inputs] > y[outputs]).astype(winner.dtype)
            greater *= winner.dtype.type(tap)
            np.maximum(winner[outputs], greater, out=winner[outputs])
        np.maximum(y[outputs], x[inputs], out=y[outputs])
    if x.dtype.kind == "f" and np.isnan(y).any():
        for tap, (outputs, inputs) in enumerate(taps_along(windows, axis)):
            winner[outputs][np.isnan(x[inputs])] = tap
    return y, winner


def flat_index(
    winners: Sequence[Array],
    windows: tuple[Windows, ...],
    spatial: Shape,
    places: Sequence[Array | None] | None = None,
) -> Array:
    """Where the maxima were found, counted through the flattened spatial axes.

    Args:
        winners: for each axis the tap that won, as `maxima` returns them.
        windows: those of each axis.
        spatial: the lengths of the axes.
        places: for each axis, where on it the elements came from that the windows slid over, if these were
            not in their place.
    """
    index = np.zeros((), np.int64)
    inner = 1
    for axis in range(len(windows), 0, -1):
        each, winner = windows[axis - 1], winners[axis - 1]
        position = winner * np.int64(each.dilation) + upright(each.starts(), axis, winner.ndim)
        if index.ndim:
            # A window that has no tap on the axis has, as on torch, a position beyond the end.
            index = np.take_along_axis(index, position.clip(0, each.size - 1), axis)
        place = None if places is None else places[axis - 1]
        index = index + inner * (position if place is None else place[position])
        inner *= spatial[axis - 1]
    return index


def _only(values: Array, hit: Array) -> Array:
    """The values where they hit, and 0 elsewhere.

    This is done on their bits: a product with the mask would make nan of inf, and np.where branches for every
    element, which takes several times as long where the mask follows no pattern.
    """
    # -1 has all its bits set, however wide it is made.
    mask = np.negative(hit.view(np.int8)).astype(f"i{values.itemsize}")
    mask &= values.view(mask.dtype)
    return mask.view(values.dtype)


class AvgPool(Operation):
    """The sum of each window over a divisor: y_o = Σ_t x[o stride - padding + t] / d_o.

    `divisor` is a number, or one for each window, (*out, 1). float16 is summed in float32.

    Source: torch.nn.functional.avg_pool2d.
    """

    @staticmethod
    def forward(ctx: Context, x: Array, *, windows: tuple[Windows, ...], divisor: Any) -> Array:
        ctx.options = {"windows": windows, "divisor": divisor}
        total = _sums(_widened(x), windows)
        if x.dtype.kind != "f":
            # Towards zero, as integers are divided in C.
            return (np.sign(total) * np.sign(divisor) * (abs(total) // abs(divisor))).astype(x.dtype)
        return (total / np.asarray(divisor, total.dtype)).astype(x.dtype, copy=False)

    @staticmethod
    def backward(ctx: Context, dy: Array) -> Gradients:
        return (AvgPoolInput.apply(dy, **ctx.options),)


class AvgPoolInput(Operation):
    """dx from dy: every element gets dy_o / d_o of each window that it is in. The transpose of `AvgPool`."""

    @staticmethod
    def forward(ctx: Context, dy: Array, *, windows: tuple[Windows, ...], divisor: Any) -> Array:
        ctx.options = {"windows": windows, "divisor": divisor}
        share = _widened(dy)
        share = share / np.asarray(divisor, share.dtype)
        for axis, each in enumerate(windows, start=1):
            dx = np.zeros((*share.shape[:axis], each.size, *share.shape[axis + 1 :]), share.dtype)
            for outputs, inputs in taps_along(each, axis):
                dx[inputs] += share[outputs]
            share = dx
        return share.astype(dy.dtype, copy=False)

    @staticmethod
    def backward(ctx: Context, dx: Array) -> Gradients:
        return (AvgPool.apply(dx, **ctx.options),)


def divisors(windows: tuple[Windows, ...], count_include_pad: bool) -> Any:
    """How many elements each window averages over: (*out, 1), or a number if all windows have the same.

    Taps beside the input count or do not, as asked for. Beyond the padding they never do, where the last
    window may reach when the number of windows is rounded up.
    """
    product: Any = 1.0
    for axis, each in enumerate(windows):
        begin, end = each.starts(), each.starts() + each.kernel
        if count_include_pad:
            extent = np.minimum(end, each.size + each.padding) - begin
        else:
            extent = np.minimum(end, each.size) - np.maximum(begin, 0)
        product = product * upright(extent, axis, len(windows) + 1)
    return product if np.ptp(product) else product.flat[0]


class LPPool(Operation):
    """(Σ x^p / d)^(1/p) over each window.

    With s = Σ x^p / d and y = s^(1/p): dy/ds = s^(1/p - 1) / p = y^(1-p) / p and ds/dx = p x^(p-1) / d. So dx
    is x^(p-1) times what AvgPoolInput makes of dy y^(1-p). Where y = 0 the gradient is 0, as on torch; and
    also as there, powers and roots of negative numbers are what they are: negative for odd p, else nan.

    `divisor` d is 1, or less for windows of which some taps lie beyond the input: these are weighted as if
    they were full.

    Source: torch.nn.functional.lp_pool2d.
    """

    @staticmethod
    def forward(ctx: Context, x: Array, *, p: float, windows: tuple[Windows, ...], divisor: Any) -> Array:
        ctx.p, ctx.options = p, {"windows": windows, "divisor": divisor}
        with np.errstate(all="ignore"):
            total = _sums(_widened(x) ** p, windows)
            y = ((total / np.asarray(divisor, total.dtype)) ** (1 / p)).astype(x.dtype, copy=False)
        ctx.save_for_backward(x, y)
        return y

    @staticmethod
    def backward(ctx: Context, dy: Array) -> Gradients:
        x, y = ctx.saved_tensors
        flat = y == 0
        slope = np.where(flat, 0.0, Power.apply(np.where(flat, 1.0, y), p=1 - ctx.p))
        with np.errstate(invalid="ignore"):
            return (AvgPoolInput.apply(dy * slope, **ctx.options) * Power.apply(x, p=ctx.p - 1),)


class Power(Operation):
    """x^p for a number p; dx = dy p x^(p-1), and 0 if p is 0. As on torch, nan and inf come unannounced."""

    @staticmethod
    def forward(ctx: Context, x: Array, *, p: float) -> Array:
        ctx.save_for_backward(x)
        ctx.p = p
        with np.errstate(all="ignore"):
            return np.asarray(x**p)

    @staticmethod
    def backward(ctx: Context, dy: Array) -> Gradients:
        (x,) = ctx.saved_tensors
        return (dy * (ctx.p * Power.apply(x, p=ctx.p - 1)) if ctx.p else np.zeros_like(dy),)


def _sums(x: Array, windows: tuple[Windows, ...]) -> Array:
    """The sum of each window."""
    for axis in range(len(windows), 0, -1):
        each = windows[axis - 1]
        y = np.zeros((*x.shape[:axis], each.out, *x.shape[axis + 1 :]), x.dtype)
        for outputs, inputs in taps_along(each, axis):
            y[outputs] += x[inputs]
        x = y
    return x


def _widened(x: Array) -> Array:
    """float16 as float32, in which it adds up."""
    return x.astype(np.float32) if x.dtype == np.float16 else x


class MaxUnpool(Operation):
    """Zeros with the values of x put at `indices`, as MaxPool returned them; dx is dy from there.

    x and indices (N, *out, C), y (N, *spatial, C). Of values that go to one place the last one stays, and
    each of them gets the gradient from there, as on torch.

    Source: torch.nn.functional.max_unpool2d.
    """

    @staticmethod
    def forward(ctx: Context, x: Array, indices: Array, *, spatial: Shape) -> Array:
        index = flattened(indices)
        ctx.save_for_backward(index)
        ctx.shape = x.shape
        y = np.zeros((x.shape[0], math.prod(spatial), x.shape[-1]), x.dtype)
        np.put_along_axis(y, index, flattened(x), axis=1)
        return y.reshape(x.shape[0], *spatial, x.shape[-1])

    @staticmethod
    def backward(ctx: Context, dy: Array) -> Gradients:
        (index,) = ctx.saved_tensors
        return Gather.apply(flattened(dy), index, axis=1).reshape(ctx.shape), None


def flattened(x: Array) -> Array:
    """(N, *spatial, C) with its spatial axes run together into one."""
    return x.reshape(x.shape[0], math.prod(x.shape[1:-1]), x.shape[-1])
