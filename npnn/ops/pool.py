"""Pooling: one number for each window of each channel, over any number of spatial axes.

Layouts: x (N, *spatial, C), y (N, *out, C), with one `Windows` for each spatial axis. What of a window lies
beside the input is left out.

A window is a product of intervals, so a maximum over it is a maximum of maxima, and a sum a sum of sums: axes
are taken one after another, and n axes of k taps cost n k steps rather than k^n. A step works on one tap of
all windows at a time. A block of samples goes through all steps while it is in the cache, and the blocks are
dealt to threads: what must travel to memory is x and y, 4 bytes for each element, and as much backward.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from npnn import threads
from npnn._typing import Array, Gradients, Shape
from npnn.autograd.function import Context, Operation
from npnn.ops._im2col import SHORT_RUN, dense, in_runs, sample_blocks_of
from npnn.ops._maxima import flat_index, for_each_place, maxima, on_axis
from npnn.ops._windows import Place, Windows, taps_along, upright
from npnn.ops.indexing import Gather
from npnn.threads import scratch


class MaxPool(Operation):
    """The maximum of each window; dx is dy where it was found, added up over the windows that share a place.

    Where several elements are equal the first counts, as a window is read row by row; of nans the last. Both
    are torch's choice, and both come out of taking the last axis first.

    Forward notes which tap of each window won, in a byte where there are no more than 256 of them. From it
    follows a place in the flattened dx, to which backward adds dy: that is one step for each window, however
    many taps it has.

    With `return_indices` there is a second output: where in its channel each maximum was found, counted
    through the flattened spatial axes.

    Source: torch.nn.functional.max_pool2d.
    """

    @staticmethod
    def forward(
        ctx: Context, x: Array, *, windows: tuple[Windows, ...], return_indices: bool = False
    ) -> Array | tuple[Array, Array]:
        y, winner = maxima(x, windows, ctx.needs_input_grad[0] or return_indices)
        ctx.save_for_backward(winner)
        ctx.windows = windows
        return y if winner is None or not return_indices else (y, flat_index(winner, windows))

    @staticmethod
    def backward(ctx: Context, dy: Array, *_: Any) -> Gradients:
        (winner,) = ctx.saved_tensors
        return (ToWinners.apply(dy, winner=winner, windows=ctx.windows),)


class ToWinners(Operation):
    """For each window a value, added where the window's maximum was found: the transpose of `AtWinners`.

    `winner` has the tap that won: what `maxima` notes.
    """

    @staticmethod
    def forward(ctx: Context, dy: Array, *, winner: Array, windows: tuple[Windows, ...]) -> Array:
        ctx.save_for_backward(winner)
        ctx.windows = windows
        dx = np.empty((len(dy), *(each.size for each in windows), dy.shape[-1]), dy.dtype)
        inside = on_axis(windows)
        apart = inside.all() and all(each.disjoint for each in windows)

        def work(block: slice, places: Array) -> None:
            dx[block] = 0
            values, flat = dy[block], dx[block].reshape(-1)
            if not inside.all():
                places, values = places * inside, np.where(inside, values, 0)
            if apart:  # no place has two values; and unlike ufunc.at this lets other threads work
                flat[places.reshape(-1)] = values.reshape(-1)
            else:
                np.add.at(flat, places.reshape(-1), values.reshape(-1))

        for_each_place(work, winner, windows, dx)
        return dx

    @staticmethod
    def backward(ctx: Context, dx: Array) -> Gradients:
        (winner,) = ctx.saved_tensors
        return (AtWinners.apply(dx, winner=winner, windows=ctx.windows),)


class AtWinners(Operation):
    """For each window the value of x where the window's maximum was found: the transpose of `ToWinners`."""

    @staticmethod
    def forward(ctx: Context, x: Array, *, winner: Array, windows: tuple[Windows, ...]) -> Array:
        ctx.save_for_backward(winner)
        ctx.windows = windows
        y = np.empty(winner.shape, x.dtype)
        inside = on_axis(windows)

        def work(block: slice, places: Array) -> None:
            values = x[block].reshape(-1).take(places, mode="clip")
            y[block] = values if inside.all() else np.where(inside, values, 0)

        for_each_place(work, winner, windows, x)
        return y

    @staticmethod
    def backward(ctx: Context, dy: Array) -> Gradients:
        (winner,) = ctx.saved_tensors
        return (ToWinners.apply(dy, winner=winner, windows=ctx.windows),)


class AvgPool(Operation):
    """The sum of each window over a divisor: y_o = Σ_t x[o stride - padding + t] / d_o.

    `divisor` is a number, or one for each window, (*out, 1). float16 is summed in float32.

    Source: torch.nn.functional.avg_pool2d.
    """

    @staticmethod
    def forward(ctx: Context, x: Array, *, windows: tuple[Windows, ...], divisor: Any) -> Array:
        ctx.options = {"windows": windows, "divisor": divisor}
        y = np.empty((len(x), *(each.out for each in windows), x.shape[-1]), x.dtype)

        def work(block: slice) -> None:
            total = _sums(_widened(x[block]), windows)
            if x.dtype.kind == "f":
                np.divide(total, np.asarray(divisor, total.dtype), out=y[block], casting="same_kind")
            else:
                # Towards zero, as integers are divided in C.
                y[block] = np.sign(total) * np.sign(divisor) * (abs(total) // abs(divisor))

        threads.for_each(work, sample_blocks_of(x))
        return y

    @staticmethod
    def backward(ctx: Context, dy: Array) -> Gradients:
        return (AvgPoolInput.apply(dy, **ctx.options),)


class AvgPoolInput(Operation):
    """dx from dy: every element gets dy_o / d_o of each window that it is in. The transpose of `AvgPool`."""

    @staticmethod
    def forward(ctx: Context, dy: Array, *, windows: tuple[Windows, ...], divisor: Any) -> Array:
        ctx.options = {"windows": windows, "divisor": divisor}
        dx = np.empty((len(dy), *(each.size for each in windows), dy.shape[-1]), dy.dtype)

        def work(block: slice) -> None:
            wide = _widened(dy[block])
            share = scratch("shares", wide.shape, wide.dtype)
            np.divide(wide, np.asarray(divisor, wide.dtype), out=share)
            for axis in range(len(windows), 0, -1):
                last = axis == 1 and dx.dtype == wide.dtype
                shape = (*share.shape[:axis], windows[axis - 1].size, *share.shape[axis + 1 :])
                spread = dx[block] if last else scratch(f"shares {axis}", shape, wide.dtype)
                _add_shares(share, axis, windows[axis - 1], spread)
                share = spread
            if share.dtype != dx.dtype:
                dx[block] = share

        threads.for_each(work, sample_blocks_of(dx))
        return dx

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
    """The sum of each window, in scratch memory. The first axis comes first, for whole rows to be added."""
    for axis, each in enumerate(windows, start=1):
        taps = list(taps_along(each, axis))
        total = scratch(f"sums {axis}", (*x.shape[:axis], each.out, *x.shape[axis + 1 :]), x.dtype)
        if each.within and each.kernel > 1:
            (_, first), (_, second), *taps = taps
            np.add(dense(x[first], SHORT_RUN, "first"), dense(x[second], SHORT_RUN, "values"), out=total)
        else:
            total[...] = 0
        for outputs, inputs in taps:
            total[outputs] += dense(x[inputs], SHORT_RUN, "values")
        x = total
    return x


def _add_shares(dy: Array, axis: int, windows: Windows, dx: Array) -> None:
    """Sets each element of dx to the sum of dy over the windows that it is in, along one axis.

    The taps that meet the same places lie a multiple of the stride apart. The first one of them has only to
    be written.
    """
    taps = [(outputs, inputs) for outputs, inputs in taps_along(windows, axis) if dx[inputs].size]
    first: dict[int, Place] = {}
    bare = np.ones(windows.size, bool)
    for _, inputs in taps:
        if first.setdefault(inputs[axis].start % windows.stride, inputs) is inputs:
            bare[inputs[axis]] = False
    dx[(slice(None),) * axis + (bare,)] = 0
    for outputs, inputs in taps:
        if first[inputs[axis].start % windows.stride] is inputs:
            np.copyto(in_runs(dx[inputs]), in_runs(dy[outputs]))
        else:
            dx[inputs] += dy[outputs]


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
