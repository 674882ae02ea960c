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
from collections.abc import Sequence
from typing import Any

import numpy as np

from npnn import threads
from npnn._typing import Array, Gradients, Shape
from npnn.autograd.function import Context, Operation
from npnn.ops._im2col import in_runs, sample_blocks
from npnn.ops._windows import Windows, taps_along, upright
from npnn.ops.indexing import Gather

PASSES = 2
"""How many arrays of the size of x a step has at hand."""

SHORT_RUN = 32
"""Fewer channels than this are too few for NumPy to work on them pixel by pixel."""


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
        spatial = tuple(each.size for each in windows)
        dx = np.empty((len(dy), *spatial, dy.shape[-1]), dy.dtype)
        start, offset = _flat_places(windows, spatial, dy.shape[-1])
        of_sample = math.prod(dx.shape[1:])
        on_axis = _on_axis(windows)

        def work(block: slice) -> None:
            dx[block] = 0
            tap = _joint_tap([winner[block] for winner in winners], windows)
            place = offset.take(tap, mode="clip")
            place += start
            place += np.arange(len(tap)).reshape(-1, *(1,) * (tap.ndim - 1)) * of_sample
            values = dy[block]
            if not on_axis.all():
                place, values = place * on_axis, np.where(on_axis, values, 0)
            np.add.at(dx[block].reshape(-1), place.reshape(-1), values.reshape(-1))

        if dy.size:
            threads.for_each(work, _blocks(dx))
        else:
            dx[...] = 0
        return dx

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


def _joint_tap(winners: Sequence[Array], windows: tuple[Windows, ...]) -> Array:
    """For each window the tap that won, counted through the taps of all axes, the last one fastest."""
    joint: Array = winners[-1]
    taps = windows[-1].kernel
    for axis in range(len(windows) - 1, 0, -1):
        each, winner = windows[axis - 1], winners[axis - 1]
        dtype = np.min_scalar_type(taps * each.kernel)
        # Along this axis the joint tap still stands where the winner does.
        won = winner.astype(dtype)
        won *= dtype.type(taps)
        for tap, (outputs, inputs) in enumerate(taps_along(each, axis)):
            here = (winner[outputs] == tap).view(np.uint8).astype(dtype, copy=False)
            here *= joint[inputs]
            won[outputs] += here
        joint, taps = won, taps * each.kernel
    return joint


def _on_axis(windows: tuple[Windows, ...]) -> Array:
    """Which windows, (*out, 1), have any tap on the input; dilated ones in the padding may have none."""
    on_axis: Array = np.ones((), bool)
    for axis, each in enumerate(windows):
        position = each.starts() + _first_taps(each) * each.dilation
        inside = (position < each.size) & (_first_taps(each) < each.kernel)
        on_axis = on_axis & upright(inside, axis, len(windows) + 1)
    return on_axis


def _flat_places(windows: tuple[Windows, ...], spatial: Shape, channels: int) -> tuple[Array, Array]:
    """Where in a flattened sample each window begins, (*out, C), and how far on each of its taps lies."""
    start, offset = np.arange(channels), np.zeros(1, np.intp)
    step = channels
    for axis in range(len(windows), 0, -1):
        each = windows[axis - 1]
        start = start + step * upright(each.starts(), axis, len(windows) + 2)
        offset = (step * each.dilation * np.arange(each.kernel)[:, None] + offset).reshape(-1)
        step *= spatial[axis - 1]
    return start, offset


def maxima(x: Array, windows: tuple[Windows, ...], track: bool) -> tuple[Array, tuple[Array, ...]]:
    """The maximum of each window and, if they are to be tracked, for each axis the tap that won."""
    axes = range(1, len(windows) + 1)
    out = tuple(each.out for each in windows)
    y = np.empty((len(x), *out, x.shape[-1]), x.dtype)
    winners = tuple(
        np.empty((*x.shape[:axis], *out[axis - 1 :], x.shape[-1]), _tap_dtype(windows[axis - 1]))
        for axis in axes
        if track
    )

    def work(block: slice) -> None:
        most = x[block]
        for axis in reversed(axes):
            if track:
                most = _tracked_maxima(most, axis, windows[axis - 1], winners[axis - 1][block])
            else:
                most = _maxima(most, axis, windows[axis - 1])
        y[block] = most

    threads.for_each(work, _blocks(x))
    return y, winners


def _blocks(x: Array) -> list[slice]:
    """Blocks of samples whose intermediate results stay in cache."""
    return sample_blocks(len(x), max(1, PASSES * x.nbytes // max(len(x), 1)))


def _maxima(x: Array, axis: int, windows: Windows) -> Array:
    """The maxima along one axis."""
    if windows.within and windows.kernel > 1:
        (_, first), (_, second), *later = taps_along(windows, axis)
        y = np.maximum(_dense(x[first]), _dense(x[second]))
    else:
        y, later = _lowest(x, axis, windows), list(taps_along(windows, axis))
    for outputs, inputs in later:
        np.maximum(y[outputs], _dense(x[inputs]), out=y[outputs])
    return y


def _dense(x: Array) -> Array:
    """x, laid side by side if its channels are few: steps over short runs take longer than copying them."""
    if x.shape[-1] >= SHORT_RUN or x.flags.c_contiguous:
        return x
    dense = np.empty(x.shape, x.dtype)
    if x.size and x.strides[-1] == x.itemsize:
        np.copyto(in_runs(dense), in_runs(x))
    else:
        dense[...] = x
    return dense


def _lowest(x: Array, axis: int, windows: Windows) -> Array:
    """What the maxima along an axis start from."""
    lowest = -np.inf if x.dtype.kind == "f" else np.iinfo(x.dtype).min
    return np.full((*x.shape[:axis], windows.out, *x.shape[axis + 1 :]), lowest, x.dtype)


def _first_taps(windows: Windows) -> Array:
    """The first tap of each window that lies on the axis: it wins unless a later one is greater."""
    return np.maximum(-(windows.starts() // windows.dilation), 0)


def _tap_dtype(windows: Windows) -> np.dtype[Any]:
    """Integers that are wide enough for the taps, which for windows beside the axis may be no taps at all."""
    return np.min_scalar_type(_first_taps(windows).max(initial=windows.kernel))


def _tracked_maxima(x: Array, axis: int, windows: Windows, winner: Array) -> Array:
    """The maxima along one axis; `winner` is set to the taps that won."""
    if windows.within and windows.kernel > 1:
        (_, first), (_, second), *later = taps_along(windows, axis)
        y, values = _dense(x[first]), _dense(x[second])
        winner[...] = values > y
        y = np.maximum(y, values)
    else:
        y, later = _lowest(x, axis, windows), list(taps_along(windows, axis))
        winner[...] = upright(_first_taps(windows), axis, x.ndim)
    for tap, (outputs, inputs) in enumerate(later, start=windows.kernel - len(later)):
        values = _dense(x[inputs])
        if tap:
            # Of the taps that were greater than all before them the last one has the greatest number.
            greater = (values > y[outputs]).view(np.uint8).astype(winner.dtype, copy=False)
            greater *= winner.dtype.type(tap)
            np.maximum(winner[outputs], greater, out=winner[outputs])
        np.maximum(y[outputs], values, out=y[outputs])
    if x.dtype.kind == "f" and y.size and np.isnan(y.max()):
        for tap, (outputs, inputs) in enumerate(taps_along(windows, axis)):
            winner[outputs][np.isnan(x[inputs])] = tap
    return y


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
        y = np.empty((len(x), *(each.out for each in windows), x.shape[-1]), x.dtype)

        def work(block: slice) -> None:
            total = _sums(_widened(x[block]), windows)
            if x.dtype.kind == "f":
                y[block] = total / np.asarray(divisor, total.dtype)
            else:
                # Towards zero, as integers are divided in C.
                y[block] = np.sign(total) * np.sign(divisor) * (abs(total) // abs(divisor))

        threads.for_each(work, _blocks(x))
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
            share = np.ascontiguousarray(_widened(dy[block]))
            share = share / np.asarray(divisor, share.dtype)
            for axis in range(len(windows), 0, -1):
                share = _shares(share, axis, windows[axis - 1])
            dx[block] = share

        threads.for_each(work, _blocks(dx))
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
    """The sum of each window. The first axis comes first: whole rows are added, and fewer are left."""
    for axis, each in enumerate(windows, start=1):
        taps = list(taps_along(each, axis))
        if each.within and each.kernel > 1:
            (_, first), (_, second), *taps = taps
            y = _dense(x[first]) + _dense(x[second])
        else:
            y = np.zeros((*x.shape[:axis], each.out, *x.shape[axis + 1 :]), x.dtype)
        for outputs, inputs in taps:
            y[outputs] += _dense(x[inputs])
        x = y
    return x


def _shares(dy: Array, axis: int, windows: Windows) -> Array:
    """Along one axis, for each element the sum of dy over the windows that it is in."""
    dx = np.zeros((*dy.shape[:axis], windows.size, *dy.shape[axis + 1 :]), dy.dtype)
    for outputs, inputs in taps_along(windows, axis):
        if windows.disjoint and dx.size:
            np.copyto(in_runs(dx[inputs]), in_runs(dy[outputs]))
        else:
            dx[inputs] += dy[outputs]
    return dx


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
