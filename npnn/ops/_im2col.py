"""The windows of a convolution as the rows of a matrix (im2col), a block of them at a time.

A block is some samples or, where one sample is too large, some rows of one: its windows fill the cache and no
more. Within a window the taps of the last axis and their channels follow each other in memory, as they do in
the image, so that they are copied as one piece; a run of few elements would else take as long as one of many.
"""

from __future__ import annotations

import math
from operator import mul
from typing import NamedTuple

import numpy as np

from npnn._typing import Array, Shape
from npnn.threads import scratch

BLOCK_BYTES = 2**21, 2**22
"""The least and the most that im2col writes before the product reads it again: the most fits in the last
cache beside the others' blocks, and the least is worth the calls of Python that a block costs, and the
times that threads meet at Python's lock."""

SHORT_RUN = 32
"""Fewer elements than this in a row are too few for NumPy to work on them row by row."""

BLOCKS = 4
"""How many blocks there are at least, if they are not smaller than the least: enough for several threads."""


class Block(NamedTuple):
    """Some samples, or some outputs along the first spatial axis of one sample.

    It is an index into an array (N, *out, ...), in which it is contiguous.
    """

    samples: slice
    outputs: slice


class Windows(NamedTuple):
    """The windows of a convolution over x: tap t of window o lies at o stride - before + t dilation.

    What of a window lies beside x counts as 0.

    Attributes:
        x: (N, *spatial, C), contiguous.
        kernel: the number of taps along each axis.
        stride: the steps from one window to the next.
        dilation: the steps from one tap to the next.
        before: by how much the first window begins before x; less than 0 if it begins within.
        out: the number of windows along each axis.
    """

    x: Array
    kernel: Shape
    stride: Shape
    dilation: Shape
    before: Shape
    out: Shape

    @property
    def taps(self) -> int:
        """The number of taps of a window."""
        return math.prod(self.kernel)

    def blocks(self, copies: int) -> list[Block]:
        """All outputs, in blocks; work on one writes so many numbers for each output and channel."""
        samples, first = len(self.x), self.out[0]
        of_one = math.prod(self.out) * copies * self.x.shape[-1] * self.x.itemsize
        size = _block_bytes(samples * of_one)
        if of_one <= size:
            return [Block(part, slice(0, first)) for part in sample_blocks(samples, of_one)]
        parts = _even(first, max(1, first * size // of_one))
        return [Block(slice(sample, sample + 1), part) for sample in range(samples) for part in parts]

    def view(self, block: Block) -> Array:
        """The windows of a block, (N, *out, *kernel, C); for padding, what they meet is copied."""
        samples, outputs = block
        out = (outputs.stop - outputs.start, *self.out[1:])
        starts = (outputs.start * self.stride[0] - self.before[0], *(-b for b in self.before[1:]))
        axes = zip(out, self.stride, self.kernel, self.dilation, strict=True)
        reach = [(o - 1) * s + (k - 1) * d + 1 for o, s, k, d in axes]
        source, strides = self.x, self.x.strides
        offset = samples.start * strides[0]
        within, of_x = [], []
        for start, length, size, stride in zip(starts, reach, source.shape[1:-1], strides[1:-1], strict=True):
            low = max(start, 0)
            high = max(min(start + length, size), low)
            within.append(slice(low - start, high - start))
            of_x.append(slice(low, high))
            offset += start * stride
        if any(part.stop - part.start < length for part, length in zip(within, reach, strict=True)):
            number, channels = samples.stop - samples.start, source.shape[-1]
            source, offset = scratch("padded", (number, *reach, channels), source.dtype), 0
            for axis, part in enumerate(within, start=1):
                before = (slice(None),) * axis
                source[(*before, slice(part.start))] = 0
                source[(*before, slice(part.stop, None))] = 0
            source[(slice(None), *within)] = self.x[(samples, *of_x)]
            strides = source.strides
        return np.ndarray(
            (samples.stop - samples.start, *out, *self.kernel, source.shape[-1]),
            source.dtype,
            source,
            offset,
            (
                strides[0],
                *map(mul, strides[1:-1], self.stride),
                *map(mul, strides[1:-1], self.dilation),
                strides[-1],
            ),
        )

    def rows(self, block: Block, groups: int = 1) -> Array:
        """The windows of a block as rows, for each group of channels: (groups, rows, taps C / groups)."""
        view = self.view(block)
        shape, depth = view.shape[:-1], view.shape[-1] // groups
        outputs = math.prod(shape[: 1 + len(self.out)])
        if self.taps == 1 and groups == 1 and view.flags.c_contiguous:
            return view.reshape(1, outputs, depth)
        rows = scratch("rows", (groups, outputs, self.taps * depth), view.dtype)
        if groups == 1 and self.dilation[-1] == 1:
            wide = (*shape[:-1], self.kernel[-1] * depth)
            view = strided(view, wide, (*view.strides[:-2], view.itemsize))
            np.copyto(in_runs(rows.reshape(wide)), in_runs(view))
            return rows
        view = view.reshape(*shape, groups, depth)
        for group in range(groups):
            np.copyto(in_runs(rows[group].reshape(*shape, depth)), in_runs(view[..., group, :]))
        return rows


def sample_blocks(samples: int, of_one: int) -> list[slice]:
    """Samples in blocks, if work on one writes so many bytes."""
    return _even(samples, max(1, _block_bytes(samples * of_one) // of_one))


def sample_blocks_of(x: Array) -> list[slice]:
    """Samples in blocks of which each stays in cache."""
    return sample_blocks(len(x), max(1, x.nbytes // max(len(x), 1)))


def strided(x: Array, shape: Shape, strides: Shape) -> Array:
    """A view of x's memory with other axes, not to be written to."""
    return np.lib.stride_tricks.as_strided(x, shape, strides, writeable=False)


def _block_bytes(of_all: int) -> int:
    """How much a block should write, of so many bytes."""
    least, most = BLOCK_BYTES
    return min(max(of_all // BLOCKS, least), most)


def _even(size: int, most: int) -> list[slice]:
    """As few parts of at most that length as an axis can be cut into, of about one length."""
    parts = -(-size // most)
    return [slice(size * part // parts, size * (part + 1) // parts) for part in range(parts)]


def in_runs(x: Array) -> Array:
    """x with its last axis, which is contiguous, as one element that is copied as a whole."""
    whole: Array = x.view(np.dtype((np.void, x.shape[-1] * x.itemsize)))
    return whole[..., 0]


def dense(x: Array, short: int, name: str) -> Array:
    """x, or a copy in scratch memory if its rows are short: steps over such take longer than copying them.

    Args:
        x: the array.
        short: the least number of elements that a row must have in memory.
        name: what the scratch memory is called.
    """
    if x.shape[-1] >= short or run_length(x) >= short or not x.size:
        return x
    copy = scratch(name, x.shape, x.dtype)
    if x.strides[-1] == x.itemsize:
        np.copyto(in_runs(copy), in_runs(x))
    else:
        copy[...] = x
    return copy


def run_length(x: Array) -> int:
    """How many elements follow each other in memory."""
    run = 1
    for size, stride in zip(reversed(x.shape), reversed(x.strides), strict=True):
        if stride != run * x.itemsize:
            break
        run *= size
    return run
