"""Pooling whose windows follow from how many there are to be.

Layouts: x (N, *spatial, C), y (N, *out, C). Where the windows of an axis have no common length and step,
their elements are first taken out of it and laid side by side.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from npnn._typing import Array, Gradients, Shape
from npnn.autograd.function import Context, Operation
from npnn.ops._maxima import flat_index, maxima
from npnn.ops._windows import Windows, upright
from npnn.ops.indexing import ScatterAdd, Take, TakeAdd
from npnn.ops.pool import AvgPool, AvgPoolInput, ToWinners, flattened


class AdaptiveMaxPool(Operation):
    """The maximum of each window, where window i of n on an axis of length L is [⌊i L / n⌋, ⌈(i + 1) L / n⌉).

    If n divides L these are ordinary windows. If not, they are laid side by side, the shorter ones filled up
    with their own last element, which changes no maximum. For the rest see `MaxPool`.

    Source: torch.nn.functional.adaptive_max_pool2d.
    """

    @staticmethod
    def forward(
        ctx: Context, x: Array, *, out: Shape, return_indices: bool = False
    ) -> Array | tuple[Array, Array]:
        spatial = x.shape[1:-1]
        windows, places = zip(*map(_side_by_side, spatial, out), strict=True)
        for axis, place in enumerate(places, start=1):
            x = x if place is None else x.take(place, axis)
        y, winner = maxima(x, windows, ctx.needs_input_grad[0] or return_indices)
        ctx.save_for_backward(winner)
        ctx.spatial, ctx.windows, ctx.places = spatial, windows, places
        if winner is None or not return_indices:
            return y
        # Where the elements that are laid side by side come from, counted through the flattened axes.
        origin = np.zeros(1, np.int64)
        for size, each, place in zip(spatial, windows, places, strict=True):
            place = np.arange(each.size) if place is None else place
            origin = (origin[:, None] * size + place).reshape(-1)
        return y, origin.take(flat_index(winner, windows))

    @staticmethod
    def backward(ctx: Context, dy: Array, *_: Any) -> Gradients:
        (winner,) = ctx.saved_tensors
        dx = ToWinners.apply(dy, winner=winner, windows=ctx.windows)
        for axis, (size, place) in enumerate(zip(ctx.spatial, ctx.places, strict=True), start=1):
            if place is not None:
                dx = TakeAdd.apply(dx, index=place, axis=axis, size=size)
        return (dx,)


class AdaptiveAvgPool(Operation):
    """The mean of each window, where window i of n on an axis of length L is [⌊i L / n⌋, ⌈(i + 1) L / n⌉).

    If n divides L these are ordinary windows. If not, the elements of all windows of an axis are taken out of
    it, and each is added to the window that it is in; dx takes the same way back.

    Source: torch.nn.functional.adaptive_avg_pool2d.
    """

    @staticmethod
    def forward(ctx: Context, x: Array, *, out: Shape) -> Array:
        dtype, spatial = x.dtype, x.shape[1:-1]
        x = x.astype(np.float32) if dtype == np.float16 else x
        windows: list[Windows] = []
        uneven: list[dict[str, Any]] = []
        divisor: Any = 1.0
        for axis, (size, number) in enumerate(zip(spatial, out, strict=True), start=1):
            if number and size % number == 0:
                windows.append(_even(size, number))
                divisor = divisor * (size // number)
                continue
            starts, ends = _bounds(size, number)
            inside = [np.arange(*bounds) for bounds in zip(starts, ends, strict=True)]
            index = np.concatenate([np.arange(0), *inside])
            owner = np.repeat(np.arange(number), ends - starts)
            uneven.append({"axis": axis, "size": size, "index": index, "owner": owner})
            x = TakeAdd.apply(x.take(index, axis), index=owner, axis=axis, size=number)
            windows.append(Windows(number, number, 1, 1))
            divisor = divisor * upright(ends - starts, axis, x.ndim)
        ctx.options, ctx.uneven = {"windows": tuple(windows), "divisor": divisor}, uneven
        return AvgPool.apply(x, **ctx.options).astype(dtype, copy=False)

    @staticmethod
    def backward(ctx: Context, dy: Array) -> Gradients:
        dx = AvgPoolInput.apply(dy, **ctx.options)
        for each in ctx.uneven:
            dx = Take.apply(dx, index=each["owner"], axis=each["axis"])
            dx = TakeAdd.apply(dx, index=each["index"], axis=each["axis"], size=each["size"])
        return (dx,)


def _bounds(size: int, number: int) -> tuple[Array, Array]:
    """Where each of the windows begins, and where it ends."""
    window = np.arange(number)
    return window * size // max(number, 1), -(-(window + 1) * size // max(number, 1))


def _even(size: int, number: int) -> Windows:
    """Windows of one length that have the axis to themselves."""
    return Windows(size, number, size // number, size // number)


def _side_by_side(size: int, number: int) -> tuple[Windows, Array | None]:
    """Windows of one length, and what to take from the axis to lay them side by side, unless they are so."""
    if number and size % number == 0:
        return _even(size, number), None
    starts, ends = _bounds(size, number)
    length = int((ends - starts).max(initial=1))
    place = np.minimum(starts[:, None] + np.arange(length), ends[:, None] - 1)
    return Windows(number * length, number, length, length), place.reshape(-1)


class FractionalMaxPool(Operation):
    """The maximum of each window, where the steps from one to the next are drawn for each sample and channel.

    Of n windows of length k on an axis of length L, number i begins at ⌊(i + u) a⌋ - ⌊u a⌋, where u in [0, 1)
    was drawn and a = (L - k) / (n - 1), and the last at L - k. So steps are ⌊a⌋ or ⌈a⌉, and in the mean they
    are a. All is rounded as x's dtype rounds, for the windows to be torch's.

    samples (at least N, C, axes) has u for each sample, channel and axis. Two axes stand there in torch's
    order, the last one first; three do not.

    Sources: Graham, Fractional max-pooling, 2014; torch.nn.functional.fractional_max_pool2d.
    """

    @staticmethod
    def forward(
        ctx: Context, x: Array, samples: Array, *, kernel: Shape, out: Shape, return_indices: bool = False
    ) -> Array | tuple[Array, Array]:
        size, spatial, channels = x.shape[0], x.shape[1:-1], x.shape[-1]
        draws = np.moveaxis(samples[:size], -1, 0)
        draws = draws[::-1] if len(spatial) == 2 else draws
        windows = tuple(Windows(n * k, n, k, k) for n, k in zip(out, kernel, strict=True))
        # Where everything that is laid side by side comes from, counted through the flattened axes.
        place = np.zeros((), np.int64)
        for axis, (length, each, draw) in enumerate(zip(spatial, windows, draws, strict=True), start=1):
            taps = _fractional_starts(draw, length, each)[..., None] + np.arange(each.kernel)
            taps = taps.reshape(size, channels, each.size).swapaxes(1, 2)
            apart = range(1, len(spatial) + 1)
            place = place * length + np.expand_dims(taps, tuple(other for other in apart if other != axis))
        laid = np.take_along_axis(flattened(x), flattened(place), axis=1).reshape(place.shape)
        track = ctx.needs_input_grad[0] or return_indices
        y, winner = maxima(laid, windows, track)
        if winner is None:
            return y
        won = flattened(flat_index(winner, windows))
        index = np.take_along_axis(flattened(place), won, axis=1)
        ctx.save_for_backward(index)
        ctx.shape = x.shape
        return (y, index.reshape(y.shape)) if return_indices else y

    @staticmethod
    def backward(ctx: Context, dy: Array, *_: Any) -> Gradients:
        (index,) = ctx.saved_tensors
        flat = (ctx.shape[0], math.prod(ctx.shape[1:-1]), ctx.shape[-1])
        dx = ScatterAdd.apply(flattened(dy), index, axis=1, shape=flat)
        return dx.reshape(ctx.shape), None


def _fractional_starts(draw: Array, size: int, windows: Windows) -> Array:
    """Where windows begin on an axis of that size, (*draw.shape, out)."""
    number, last = windows.out, size - windows.kernel
    starts = np.full((*draw.shape, number), last)
    if number > 1:
        step = draw.dtype.type(last) / draw.dtype.type(number - 1)
        before_last = (np.arange(number - 1, dtype=draw.dtype) + draw[..., None]) * step
        starts[..., :-1] = before_last.astype(np.int64) - (draw * step).astype(np.int64)[..., None]
    return starts
