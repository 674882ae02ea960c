"""Windows that slide along one axis, and what a tap of them meets.

A window over several axes is the product of one interval for each, so whatever slides over images is written
for one axis at a time.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any, NamedTuple

import numpy as np

from npnn._typing import Array, Shape

Place = tuple[Any, ...]
"""An index into an array."""


class Windows(NamedTuple):
    """The windows along one axis: tap t of window o lies at o stride - padding + t dilation.

    Attributes:
        size: the length of the axis.
        out: the number of windows, which is the length of the axis that comes out.
        kernel: the number of taps of each.
        stride: the step from one window to the next.
        padding: by how much the first window begins before the axis.
        dilation: the step from one tap to the next.
    """

    size: int
    out: int
    kernel: int
    stride: int
    padding: int = 0
    dilation: int = 1

    def taps(self) -> Iterator[tuple[slice, slice]]:
        """For each tap, the windows in which it lies on the axis, and where it lies there."""
        for tap in range(self.kernel):
            offset = tap * self.dilation - self.padding
            first = max(0, -(offset // self.stride))
            beyond = min(self.out, (self.size - 1 - offset) // self.stride + 1)
            if first < beyond:
                start, last = first * self.stride + offset, (beyond - 1) * self.stride + offset
                yield slice(first, beyond), slice(start, last + 1, self.stride)
            else:
                yield slice(0), slice(0)

    @property
    def disjoint(self) -> bool:
        """Whether each window ends before the next one begins."""
        return self.dilation * (self.kernel - 1) < self.stride

    @property
    def within(self) -> bool:
        """Whether all taps of all windows lie on the axis, and there is a window."""
        reach = (self.out - 1) * self.stride + (self.kernel - 1) * self.dilation
        return self.padding == 0 and self.out > 0 and reach < self.size

    def starts(self) -> Array:
        """Where tap 0 of each window lies, be it on the axis or before it."""
        return np.arange(self.out) * self.stride - self.padding


def taps_along(windows: Windows, axis: int) -> Iterator[tuple[Place, Place]]:
    """`windows.taps()` as indices into arrays of which it is that axis."""
    before = (slice(None),) * axis
    return (((*before, outputs), (*before, inputs)) for outputs, inputs in windows.taps())


def joint_taps(windows: tuple[Windows, ...]) -> Iterator[tuple[Shape, Place, Place]]:
    """The taps of windows over several axes.

    Yields:
        For each tap its number on each axis, the windows in which it lies on the input, and where it lies
        there.
    """
    for combination in product(*(enumerate(each.taps()) for each in windows)):
        outputs, inputs = zip(*(places for _, places in combination), strict=True)
        yield tuple(number for number, _ in combination), outputs, inputs


def upright(values: Array, axis: int, ndim: int) -> Array:
    """Values for one axis, ready to broadcast against arrays of so many axes."""
    return values.reshape(-1, *(1,) * (ndim - axis - 1))
