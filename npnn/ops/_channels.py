"""Batch normalisation of large arrays, a block of positions at a time.

The operation itself, and its formulas, are in `normalization`. Operator by operator each of its steps would
travel to memory and back; here a block goes through several of them while it is in the cache. Forward must
read x twice and write y once, backward must read x and dy twice and write dx once, for all of which torch
takes as long: 4 bytes each.

NumPy works on the channels of one position at a time where it broadcasts over positions, and these are few.
So several positions are taken as one row, with what belongs to each channel repeated along it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from npnn._typing import Array
from npnn.ops.blockwise import DEALT, block_of
from npnn.threads import for_each, scratch, slices

ROW = 2**11
"""About how many elements a row of several positions has."""


def large_channels(groups: tuple[int, int, int, int], *arrays: Any) -> bool:
    """Whether each channel is a group of its own, and the positions are worth being cut into blocks.

    Args:
        groups: the sizes (N, S, G, K) of `normalization`.
        *arrays: all that is to go into `normalize_channels` or its backward; None is fine, another dtype than
            the first one's, or a tensor, is not.
    """
    samples, positions, channels, in_group = groups
    first = arrays[0]
    return (
        samples == in_group == 1
        and isinstance(first, np.ndarray)
        and first.size >= DEALT
        and positions >= 8 * channels
        and first.dtype.char in "fd"
        and all(x is None or (isinstance(x, np.ndarray) and x.dtype == first.dtype) for x in arrays)
    )


def normalize_channels(
    x: Array, weight: Array | None, bias: Array | None, eps: float
) -> tuple[Array, Array, Array]:
    """The forward of `Normalize` where each channel is a group.

    Each block gives its own mean and the sum of squares about it. From these come the mean of all and, with
    the squares of how far the blocks' means lie from it, the variance: nothing large is subtracted from
    something large, and x is read once. (Chan, Golub and LeVeque, Updating formulae and a pairwise algorithm
    for computing sample variances, 1979.)

    Args:
        x: (1, S, C, 1).
        weight: C elements, or None.
        bias: C elements, or None.
        eps: ε.

    Returns:
        y, (1, S, C, 1), and the mean and the variance of each channel, (1, 1, C, 1).
    """
    _, positions, channels, _ = x.shape
    rows, together = _as_rows(x, channels)
    blocks = slices(len(rows), max(block_of(rows.size) // rows.shape[1], 1))
    means = np.empty((len(blocks), channels), x.dtype)
    squares = np.empty((len(blocks), channels))  # few numbers: in float64

    def survey(numbered: tuple[int, slice]) -> None:
        number, block = numbered
        part = rows[block]
        means[number] = _folded(np.ones(len(part), x.dtype) @ part, channels) / (len(part) * together)
        centred = np.subtract(
            part, np.tile(means[number], together), out=scratch("rows", part.shape, x.dtype)
        )
        squares[number] = _folded(np.einsum("rx,rx->x", centred, centred), channels)

    for_each(survey, enumerate(blocks))
    weights = np.array([[(block.stop - block.start) * together] for block in blocks])
    mean = (weights * means).sum(0) / positions
    var = ((squares + weights * (means - mean) ** 2).sum(0) / positions).astype(x.dtype)
    mean = mean.astype(x.dtype)
    r = 1 / np.sqrt(var + eps)
    y = _scaled(rows, together, mean, r if weight is None else r * weight.reshape(-1), bias)
    return y.reshape(x.shape), mean.reshape(1, 1, -1, 1), var.reshape(1, 1, -1, 1)


def scale_channels(x: Array, mean: Array, scale: Array, bias: Array | None) -> Array:
    """(x - mean) scale + bias, each of C elements, for x of any shape (*, C)."""
    rows, together = _as_rows(x, x.shape[-1])
    return _scaled(rows, together, mean, scale, bias).reshape(x.shape)


def _scaled(rows: Array, together: int, mean: Array, scale: Array, bias: Array | None) -> Array:
    """As scale x + (bias - scale mean): a pass less, and as close as torch, to a rounding of scale mean."""
    y = np.empty_like(rows)
    shift = -mean * scale if bias is None else bias.reshape(-1) - mean * scale
    scale, shift = np.tile(scale, together), np.tile(shift, together)

    def work(block: slice) -> None:
        part = np.multiply(rows[block], scale, out=y[block])
        part += shift

    for_each(work, slices(len(rows), max(block_of(rows.size) // rows.shape[1], 1)))
    return y


def normalize_channels_backward(
    dy: Array, x: Array, weight: Array | None, mean: Array, var: Array, eps: float
) -> tuple[Array, Array, Array]:
    """The backward of `normalize_channels`.

    With c = x - μ and s = r w, dx = s (dy - Σ dy / S - c r² Σ c dy / S), dw = r Σ c dy and db = Σ dy.

    Args:
        dy: of the shape of x.
        x: of any shape (*, C).
        weight: C elements, or None.
        mean: (1, 1, C, 1), as it came out.
        var: (1, 1, C, 1), likewise.
        eps: ε.

    Returns:
        dx, of the shape of x, and the sums dw and db, (C,).
    """
    mean, r = mean.reshape(-1), 1 / np.sqrt(var.reshape(-1) + eps)
    channels = len(mean)
    rows, together = _as_rows(x, channels)
    drows, _ = _as_rows(dy, channels)
    dx = np.empty(x.shape, x.dtype)  # which, unlike a view, can become a leaf's gradient without being copied
    results = dx.reshape(rows.shape)
    blocks = slices(len(rows), max(block_of(rows.size) // rows.shape[1], 1))
    sums, dots = (np.empty((len(blocks), rows.shape[1]), x.dtype) for _ in range(2))
    means = np.tile(mean, together)

    def survey(numbered: tuple[int, slice]) -> None:
        number, block = numbered
        part = rows[block]
        centred = np.subtract(part, means, out=scratch("rows", part.shape, x.dtype))
        np.matmul(np.ones(len(part), x.dtype), drows[block], out=sums[number])
        np.einsum("rx,rx->x", centred, drows[block], out=dots[number])

    for_each(survey, enumerate(blocks))
    dbias, dot = (_folded(parts, channels).astype(x.dtype) for parts in (sums, dots))
    positions = len(rows) * together
    slope = -dot * r * r / positions
    shift = np.tile(-dbias / positions - slope * mean, together)
    scale, slope = (
        np.tile(r if weight is None else r * weight.reshape(-1), together),
        np.tile(slope, together),
    )

    def work(block: slice) -> None:
        part = np.multiply(rows[block], slope, out=results[block])
        part += shift
        part += drows[block]
        part *= scale

    for_each(work, blocks)
    return dx, dot * r, dbias


def add_to_channels(x: Array, bias: Array) -> None:
    """Adds C numbers to an x (*, C) in place."""
    if x.flags.c_contiguous and x.size:
        rows, together = _as_rows(x, len(bias))
        rows += np.tile(bias, together)
    else:
        x += bias


def _as_rows(x: Array, channels: int) -> tuple[Array, int]:
    """x as rows of several positions each, and how many: a power of two that divides all positions."""
    positions = x.size // channels
    together = 1
    while positions % (2 * together) == 0 and 2 * together * channels <= ROW:
        together *= 2
    return x.reshape(positions // together, together * channels), together


def _folded(sums: Array, channels: int) -> Array:
    """The sums over rows of several positions, added up for each channel."""
    total: Array = sums.reshape(-1, channels).sum(0, np.float64)
    return total
