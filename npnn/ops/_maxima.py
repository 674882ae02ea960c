"""The maxima of windows, and where they were found.

For each window one number says which of its taps won: they are counted through all axes, the last one
fastest. That is a byte where there are no more than 256 of them, and together with where the window begins it
is a place in the flattened input.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from npnn import threads
from npnn._typing import Array
from npnn.ops._im2col import SHORT_RUN, dense, sample_blocks_of
from npnn.ops._windows import Windows, taps_along, upright
from npnn.threads import BUFFER, scratch


def maxima(x: Array, windows: tuple[Windows, ...], track: bool) -> tuple[Array, Array | None]:
    """The maximum of each window.

    Args:
        x: (N, *spatial, C).
        windows: those along each spatial axis.
        track: whether to note the taps that won.

    Returns:
        The maxima, (N, *out, C), and the numbers of the taps that won, or None.
    """
    y = np.empty((len(x), *(each.out for each in windows), x.shape[-1]), x.dtype)
    numbers = math.prod(_numbers(each) for each in windows)
    winner = np.empty(y.shape, np.min_scalar_type(numbers - 1)) if track else None

    def work(block: slice) -> None:
        won = None if winner is None else winner[block]
        _maxima(x[block], windows, y[block], won)
        if won is not None and x.dtype.kind == "f" and np.isnan(y[block].max()):
            _maxima(x[block], windows, y[block], won, nans=True)

    if y.size:
        threads.for_each(work, sample_blocks_of(x))
    return y, winner


def _maxima(
    x: Array, windows: tuple[Windows, ...], y: Array, winner: Array | None, nans: bool = False
) -> None:
    """Sets y to the maxima and `winner` to the taps that won, axis by axis."""
    inner, taps = 1, None
    for axis in range(len(windows), 0, -1):
        each = windows[axis - 1]
        shape = (*x.shape[:axis], each.out, *x.shape[axis + 1 :])
        most = y if axis == 1 else scratch(f"most {axis}", shape, x.dtype)
        won = winner
        if winner is not None and axis > 1:
            won = scratch(f"won {axis}", shape, winner.dtype)
        _maxima_along(axis, each, x, taps, inner, most, won, nans)
        x, taps, inner = most, won, inner * _numbers(each)


def _maxima_along(
    axis: int,
    windows: Windows,
    x: Array,
    taps: Array | None,
    inner: int,
    y: Array,
    winner: Array | None,
    nans: bool,
) -> None:
    """The maxima along one axis, and the taps that won, counted on from those of the axes behind it.

    Args:
        axis: the axis.
        windows: those along it.
        x: what to take the maxima of.
        taps: for each element of x its tap on the axes behind this one, of which there are `inner`; or None.
        inner: how many taps there are on the axes behind this one.
        y: set to the maxima.
        winner: set to the taps that won, unless it is None.
        nans: whether there are nans in x, the last of which is to win.
    """
    steps = list(taps_along(windows, axis))
    # Rows that are shorter than its buffers NumPy would copy in each of the two steps.
    short = SHORT_RUN if winner is None else BUFFER
    if windows.within:
        _, first = steps[0]
        most = dense(x[first], short, "first")
    else:
        positions = windows.starts() + _first_taps(windows) * windows.dilation
        first = (*(slice(None),) * axis, positions.clip(0, windows.size - 1))
        y[...] = x[first]
        y[(*first[:-1], _empty(windows))] = -np.inf if x.dtype.kind == "f" else np.iinfo(x.dtype).min
        most = y
    if winner is not None:
        winner[...] = 0 if taps is None else taps[first]
        if not windows.within:
            winner += (upright(_first_taps(windows), axis, x.ndim) * inner).astype(winner.dtype)
    for tap, (outputs, inputs) in enumerate(steps[1:], start=1):
        values = dense(x[inputs], short, "values")
        if winner is not None:
            greater = np.greater(values, most[outputs], out=scratch("greater", values.shape, np.dtype(bool)))
            if nans:
                greater |= np.isnan(values)
            won = scratch("won", values.shape, winner.dtype)
            if taps is None:
                np.multiply(greater.view(np.uint8), winner.dtype.type(tap * inner), out=won)
            else:
                np.add(taps[inputs], winner.dtype.type(tap * inner), out=won)
                won *= greater.view(np.uint8)
            # Of the taps that were greater than all before them the last one has the greatest number.
            np.maximum(winner[outputs], won, out=winner[outputs])
        np.maximum(most[outputs], values, out=y[outputs])
        most = y
    if most is not y:
        y[...] = most


def _first_taps(windows: Windows) -> Array:
    """The first tap of each window that lies on the axis: it wins unless a later one is greater."""
    return np.maximum(-(windows.starts() // windows.dilation), 0)


def _empty(windows: Windows) -> Array:
    """Which windows have no tap on the axis."""
    first = _first_taps(windows)
    return (first >= windows.kernel) | (windows.starts() + first * windows.dilation >= windows.size)


def _numbers(windows: Windows) -> int:
    """How many taps are told apart: an empty window's first one may be beyond the kernel."""
    return int((_first_taps(windows) + 1).max(initial=windows.kernel))


def flat_index(winner: Array, windows: tuple[Windows, ...]) -> Array:
    """Where the maxima were found, counted through the flattened axes that the windows slide over.

    Where a window has no tap on the input that is, as on torch, a position beyond the end.
    """
    return (_taps(windows).take(winner) + _starts(windows)).astype(np.int64, copy=False)


def for_each_place(
    work: Callable[[slice, Array], None], winner: Array, windows: tuple[Windows, ...], x: Array
) -> None:
    """Calls `work` for each block of samples with where in the flattened block the maxima were found."""
    blocks = sample_blocks_of(x)
    channels = x.shape[-1]
    taps = channels * _taps(windows)
    # Indices of the machine's own kind are the only ones that NumPy takes as they are.
    starts = channels * _starts(windows) + np.arange(channels)
    samples = np.arange(max((block.stop - block.start for block in blocks), default=0))
    starts = starts + math.prod(x.shape[1:]) * upright(samples, 0, x.ndim)

    def with_places(block: slice) -> None:
        places = scratch("places", winner[block].shape, taps.dtype)
        np.take(taps, winner[block], mode="clip", out=places)
        places += starts[: len(places)]
        work(block, places)

    threads.for_each(with_places, blocks)


def on_axis(windows: tuple[Windows, ...]) -> Array:
    """Which windows, (*out, 1), have any tap on the input; dilated ones in the padding may have none."""
    inside: Array = np.ones((), bool)
    for axis, each in enumerate(windows):
        inside = inside & upright(~_empty(each), axis, len(windows) + 1)
    return inside


def _starts(windows: tuple[Windows, ...]) -> Array:
    """Where each window begins, (*out, 1), counted through the flattened axes."""
    starts: Array = np.zeros((), np.intp)
    for axis, each in enumerate(windows):
        starts = starts * each.size + upright(each.starts(), axis, len(windows) + 1)
    return starts


def _taps(windows: tuple[Windows, ...]) -> Array:
    """How far behind the beginning of its window each tap lies, counted likewise."""
    taps = np.zeros(1, np.intp)
    for each in windows:
        taps = (taps[:, None] * each.size + each.dilation * np.arange(_numbers(each))).reshape(-1)
    return taps
