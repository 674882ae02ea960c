"""Convolution on arrays: forward and its two transposes, in blocks that are dealt to threads.

Forward moves the windows of x into the cache (im2col), a block at a time, and multiplies them there: that is
2 prod(kernel) C / groups operations for each element of y, and all but a tenth of the time. The transpose in
x is itself a convolution, of dy with the kernel turned round; with a stride s it is one for each of the s
phases in which places can lie between two windows, and each of them meets its own taps. The transpose in the
kernel makes the rows again and multiplies them by dy.

With one input channel in each group (depthwise) a product of matrices would do nothing but waste, so the taps
are multiplied and summed. Elements that follow each other in a row of the image do so in what a tap meets as
well, if the stride is 1: the kernel is repeated along the row, and einsum works on whole rows.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from itertools import product
from typing import NamedTuple

import numpy as np

from npnn import threads
from npnn._typing import Array, Shape
from npnn.ops._channels import add_to_channels
from npnn.ops._im2col import Block, Windows, sample_blocks, strided
from npnn.threads import scratch

LANES = 8
"""Into how many partial sums the gradient of a kernel is split at most: that many threads can work on it."""

FEW_BLOCKS = 4
"""Fewer blocks than this are multiplied one after the other, and their output channels dealt to threads."""

NARROW = 16
"""How few channels are so few that their gradient is better made by col2im."""

COPIES_BY_CHANNEL = 4
"""How many numbers depthwise convolution has at hand for each output: x, also padded, kernel and y."""

COLUMNS = 64
"""How many output channels a thread then takes at a time."""


def convolve(windows: Windows, weight: Array, bias: Array | None, groups: int) -> Array:
    """The convolution y, (N, *out, O), of windows over x, weight (*kernel, C / groups, O) and a bias of O."""
    channels = weight.shape[-1]
    bias = None if bias is None else bias.reshape(-1)
    if groups > 1 and weight.shape[-2] == 1:
        return _convolve_channels(_repeated(windows, channels // groups), weight, bias)
    y = np.empty((len(windows.x), *windows.out, channels), windows.x.dtype)
    if windows.x.size == 0 or y.size == 0:
        y[...] = 0 if bias is None else bias
        return y
    matrices = _matrices(weight, groups)
    each = channels // groups

    def multiply(block: Block, rows: Array, columns: slice) -> None:
        target = y[block].reshape(-1, channels)
        for group in range(groups):
            mine = slice(group * each, (group + 1) * each) if groups > 1 else columns
            np.matmul(rows[group], matrices[group][:, columns], out=target[:, mine])
        if bias is not None:
            add_to_channels(target[:, columns], bias[columns])

    everything = slice(None)
    blocks = windows.blocks(windows.taps)
    if len(blocks) >= FEW_BLOCKS or groups > 1:
        threads.for_each(lambda block: multiply(block, windows.rows(block, groups), everything), blocks)
        return y
    for block in blocks:
        together = partial(multiply, block, windows.rows(block))
        threads.for_each(together, threads.slices(channels, COLUMNS))
    return y


def spread(
    dy: Array,
    weight: Array,
    spatial: Shape,
    stride: Shape,
    dilation: Shape,
    before: Shape,
    groups: int,
) -> Array:
    """The transpose of `convolve` in x: dx, (N, *spatial, C), from dy, (N, *out, O)."""
    kernel, (depth, channels) = weight.shape[:-2], weight.shape[-2:]
    if groups == 1 and depth <= NARROW:
        return _spread_narrow(dy, weight, spatial, stride, dilation, before)
    axes = [_phases(*axis) for axis in zip(spatial, kernel, stride, dilation, before, strict=True)]
    depthwise = groups > 1 and depth == 1
    if not depthwise:
        weight = weight.reshape(*kernel, depth, groups, channels // groups)
        weight = weight.swapaxes(-1, -3).reshape(*kernel, channels // groups, groups * depth)
    dx = None
    for phases in product(*axes):
        turned = weight[tuple(phase.taps for phase in phases)]
        ones = (1,) * len(kernel)
        geometry = zip(*(phase[1:] for phase in phases), strict=True)
        places, dilations, befores, outs = (tuple(values) for values in geometry)
        windows = Windows(dy, turned.shape[:-2], ones, dilations, befores, outs)
        part = (
            _convolve_channels(windows, turned, None)
            if depthwise
            else convolve(windows, turned, None, groups)
        )
        if depthwise and channels > groups:
            part = part.reshape(*part.shape[:-1], groups, channels // groups).sum(-1)
        if set(stride) == {1}:
            return part
        if dx is None:
            dx = np.zeros((len(dy), *spatial, groups * depth), dy.dtype)
        dx[(slice(None), *places)] = part
    return np.zeros((len(dy), *spatial, groups * depth), dy.dtype) if dx is None else dx


def _spread_narrow(
    dy: Array, weight: Array, spatial: Shape, stride: Shape, dilation: Shape, before: Shape
) -> Array:
    """`spread` to few channels: a product with so few columns would leave most of the processor idle.

    So the taps' columns come out of one product, channel by channel, each a whole image; and the images are
    added up, each moved by its tap (col2im).
    """
    kernel, (depth, channels) = weight.shape[:-2], weight.shape[-2:]
    out, matrix = dy.shape[1:-1], weight.reshape(-1, channels)
    dx = np.empty((len(dy), *spatial, depth), dy.dtype)
    padded = tuple(
        max((o - 1) * s + (k - 1) * d + 1, b + size)
        for o, s, k, d, b, size in zip(out, stride, kernel, dilation, before, spatial, strict=True)
    )
    within = tuple(slice(b, b + size) for b, size in zip(before, spatial, strict=True))

    met = [(tap, (slice(None), slice(None), *_met(tap, out, stride, dilation))) for tap in np.ndindex(kernel)]

    def work(block: slice) -> None:
        part = dy[block]
        columns = scratch("rows", (len(matrix), part.size // channels), dy.dtype)
        np.matmul(matrix, part.reshape(-1, channels).T, out=columns)
        images = columns.reshape(*kernel, depth, len(part), *out)
        total = scratch("padded", (depth, len(part), *padded), dy.dtype)
        total[...] = 0
        for tap, place in met:
            total[place] += images[tap]
        dx[block] = np.moveaxis(total[(slice(None), slice(None), *within)], 0, -1)

    of_one = math.prod(out) * weight.size // channels * dy.itemsize
    if dx.size and dy.size:
        threads.for_each(work, sample_blocks(len(dy), of_one))
    else:
        dx[...] = 0
    return dx


def _met(tap: Shape, out: Shape, stride: Shape, dilation: Shape) -> tuple[slice, ...]:
    """What a tap meets in all windows."""
    return tuple(
        slice(t * d, t * d + (o - 1) * s + 1, s)
        for t, d, o, s in zip(tap, dilation, out, stride, strict=True)
    )


class _Phase(NamedTuple):
    """Every stride-th place along an axis of x, and the convolution of dy that gives dx there.

    Attributes:
        taps: which taps of the kernel meet these places, the last one first.
        places: the places.
        dilation: by how much the next of these taps lies further on in dy.
        before: by how much the first window over dy begins before it.
        out: how many places there are.
    """

    taps: slice
    places: slice
    dilation: int
    before: int
    out: int


def _phases(size: int, kernel: int, stride: int, dilation: int, before: int) -> list[_Phase]:
    """The phases of an axis in which there are places and taps.

    Place i meets tap t in window o if i = o s - p + t d. So of the places i = r + s j a tap meets all or
    none, and o = (r + p - t d) / s + j. Those taps lie s / gcd(s, d) apart, which is d / gcd(s, d) in o.
    """
    phases = []
    common = math.gcd(stride, dilation)
    for first in range(min(stride, size)):
        taps = [t for t in range(kernel) if (first + before - t * dilation) % stride == 0]
        if taps:
            step = stride // common
            last = taps[-1]
            phases.append(
                _Phase(
                    slice(last, taps[0] - 1 if taps[0] else None, -step),
                    slice(first, None, stride),
                    dilation // common,
                    -((first + before - last * dilation) // stride),
                    -(-(size - first) // stride),
                )
            )
    return phases


def correlate(windows: Windows, dy: Array, groups: int) -> Array:
    """The transpose of `convolve` in the kernel: (*kernel, C / groups, O), from dy, (N, *out, O)."""
    channels = dy.shape[-1]
    each, depth = channels // groups, windows.x.shape[-1] // groups
    if groups > 1 and depth == 1:
        return _correlate_channels(_repeated(windows, each), dy)
    shape = (groups, windows.taps * depth, each)

    def add(total: Array, block: Block) -> None:
        drows = dy[block].reshape(-1, channels)
        for group, rows in enumerate(windows.rows(block, groups)):
            part = scratch("part", shape[1:], dy.dtype)
            total[group] += np.matmul(rows.T, drows[:, group * each : (group + 1) * each], out=part)

    dweight = _sum_of_blocks(add, shape, windows, windows.taps, dy)
    dweight = np.moveaxis(dweight.reshape(groups, *windows.kernel, depth, each), 0, -2)
    return dweight.reshape(*windows.kernel, depth, channels)


def _sum_of_blocks(
    add: Callable[[Array, Block], None], shape: Shape, windows: Windows, copies: int, dy: Array
) -> Array:
    """What `add` adds up over all blocks: in lanes, whose number depends on the sizes alone."""
    if windows.x.size == 0 or dy.size == 0:
        return np.zeros(shape, dy.dtype)
    blocks = windows.blocks(copies)
    bytes_of_sum = math.prod(shape) * dy.itemsize
    lanes = min(LANES, len(blocks), max(2, (windows.x.nbytes + dy.nbytes) // max(bytes_of_sum, 1)))
    sums = np.zeros((lanes, *shape), dy.dtype)

    def work(lane: int) -> None:
        for block in blocks[len(blocks) * lane // lanes : len(blocks) * (lane + 1) // lanes]:
            add(sums[lane], block)

    threads.for_each(work, range(lanes))
    for other in sums[1:]:
        sums[0] += other
    return sums[0]


def _matrices(weight: Array, groups: int) -> list[Array]:
    """The kernel of each group as a matrix, (taps C / groups, O / groups)."""
    each = weight.shape[-1] // groups
    flat = weight.reshape(-1, weight.shape[-1])
    return [flat[:, group * each : (group + 1) * each] for group in range(groups)]


def _repeated(windows: Windows, each: int) -> Windows:
    """The same windows over an x that has each channel as often as it has outputs."""
    return windows if each == 1 else windows._replace(x=windows.x.repeat(each, axis=-1))


def _row(windows: Windows, block: Block) -> tuple[Array, int]:
    """The windows of a block for work by rows, (N, *out, *kernel, run), and how many axes come before kernel.

    A run is all positions and channels of a row of outputs if these are contiguous, else the channels of one.
    """
    view = windows.view(block)
    axes = len(windows.out)
    if windows.stride[-1] != 1:
        return view, 1 + axes
    shape, strides = list(view.shape), list(view.strides)
    width = shape.pop(axes)
    del strides[axes]
    shape[-1] *= width
    return strided(view, tuple(shape), tuple(strides)), axes


def _convolve_channels(windows: Windows, weight: Array, bias: Array | None) -> Array:
    """A convolution of each channel with its own kernel; weight (*kernel, 1, C)."""
    y = np.empty((len(windows.x), *windows.out, weight.shape[-1]), windows.x.dtype)
    width = windows.out[-1] if windows.stride[-1] == 1 else 1
    kernel = np.tile(weight[..., 0, :], width)

    def work(block: Block) -> None:
        view, outer = _row(windows, block)
        labels = list(range(view.ndim))
        target = y[block].reshape(*view.shape[:outer], -1)
        taps = kernel[..., : view.shape[-1]]
        np.einsum(view, labels, taps, labels[outer:], [*labels[:outer], labels[-1]], out=target)
        if bias is not None:
            add_to_channels(y[block], bias)

    if y.size:
        threads.for_each(work, windows.blocks(COPIES_BY_CHANNEL))
    return y


def _correlate_channels(windows: Windows, dy: Array) -> Array:
    """The transpose of `_convolve_channels` in the kernel."""
    channels = dy.shape[-1]

    def add(total: Array, block: Block) -> None:
        view, outer = _row(windows, block)
        drows = dy[block].reshape(*view.shape[:outer], -1)
        labels = list(range(outer))
        for tap in np.ndindex(windows.kernel):
            met = view[(slice(None),) * outer + tap]
            run = np.einsum(met, [*labels, outer], drows, [*labels, outer], [outer])
            total[tap] += run.reshape(-1, channels).sum(0)

    return _sum_of_blocks(add, (*windows.kernel, channels), windows, COPIES_BY_CHANNEL, dy)[..., None, :]
