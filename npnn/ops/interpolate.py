"""Interpolation: images and their kin resampled to other sizes, one axis after the other.

Every mode is the same map along an axis, with weights that depend on the two sizes alone:

    y[o] = Σ_t w[t, o] x[place[t, o]]

A mode is a way to choose the taps t: the nearest one, the two or four around a position, or all in a window.
In several dimensions the weights are products, so the axes can be taken one by one.

Positions: pixel o of y lies at scale (o + 1/2) - 1/2 in x, with scale = size / out, as if pixels were
squares; or, with align_corners, at scale o with scale = (size - 1) / (out - 1), as if they were points.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from functools import reduce
from typing import Any, NamedTuple

import numpy as np

from npnn._typing import Array, Gradients
from npnn.autograd.function import Context, Operation
from npnn.ops.indexing import TakeAdd


class Taps(NamedTuple):
    """What each element along an axis of y is made of.

    Attributes:
        size: the length of the axis in x.
        places: where in x each tap lies, (taps, out).
        weights: its weight, (taps, out), or None for a single tap of weight 1.
    """

    size: int
    places: Array
    weights: Array | None


class Resample(Operation):
    """y, each of whose spatial axes is a weighted sum of elements along that axis of x.

    x (N, *spatial, C), y (N, *out, C), with `Taps` for each spatial axis. The transpose adds each element of
    dy, times the weight, to the elements that it was made of.

    Sums are made in the weights' precision, which may be higher than that of x.

    Source: torch.nn.functional.interpolate.
    """

    @staticmethod
    def forward(ctx: Context, x: Array, *, axes: tuple[Taps, ...]) -> Array:
        ctx.axes = axes
        y = x
        for axis, taps in enumerate(axes, 1):
            y = reduce(
                operator.add,
                (
                    y.take(places, axis) if weight is None else y.take(places, axis) * weight
                    for places, weight in _along(taps, axis, x.ndim)
                ),
            )
        return y.astype(x.dtype, copy=False)

    @staticmethod
    def backward(ctx: Context, dy: Array) -> Gradients:
        for axis, taps in enumerate(ctx.axes, 1):
            dy = reduce(
                operator.add,
                (
                    TakeAdd.apply(
                        dy if weight is None else dy * weight, index=places, axis=axis, size=taps.size
                    )
                    for places, weight in _along(taps, axis, dy.ndim)
                ),
            )
        return (dy,)


def _along(taps: Taps, axis: int, ndim: int) -> list[tuple[Array, Array | None]]:
    """Each tap's places and its weights, the latter shaped to be multiplied along an axis."""
    if taps.weights is None:
        return [(taps.places[0], None)]
    shape = (-1, *(1,) * (ndim - axis - 1))
    return [(places, weight.reshape(shape)) for places, weight in zip(taps.places, taps.weights, strict=True)]


def scale_of(size: int, out: int, factor: float | None, align_corners: bool, dtype: Any) -> Any:
    """How far apart in x neighbours in y lie.

    Args:
        size: the length of the axis in x.
        out: that in y.
        factor: out / size before out was rounded to an integer, if that is to count.
        align_corners: whether the first and last elements of both coincide.
        dtype: the precision.
    """
    one = np.dtype(dtype).type
    if align_corners:
        return one(size - 1) / one(out - 1) if out > 1 else one(0)
    return one(1 / factor) if factor is not None and factor > 0 else one(size) / one(out)


def nearest(size: int, out: int, scale: Any, shift: float) -> Taps:
    """The element at or before scale (o + shift).

    With shift 0 it is what torch calls "nearest", which takes not the nearest element but, as OpenCV's, the
    one before; with shift 1/2 it is "nearest-exact".
    """
    index = np.floor((np.arange(out, dtype=scale.dtype) + scale.dtype.type(shift)) * scale, dtype=np.float32)
    return Taps(size, np.minimum(index.astype(np.int64), size - 1)[None], None)


def linear(size: int, out: int, scale: Any, align_corners: bool) -> Taps:
    """The two elements around a position p, with weights 1 - t and t for the fraction t of p."""
    if out == size:
        return Taps(size, np.arange(out)[None], None)
    position = np.maximum(_positions(out, scale, align_corners), 0)
    before, t = _split(position, size)
    return Taps(size, np.stack([before, np.minimum(before + 1, size - 1)]), np.stack([1 - t, t]))


def cubic(size: int, out: int, scale: Any, align_corners: bool) -> Taps:
    """The four elements around a position, with Keys' weights for a = -3/4; the edges are repeated."""
    before, t = _split(_positions(out, scale, align_corners), size)
    index = np.clip(before + np.arange(-1, 3)[:, None], 0, size - 1)
    weight = np.stack([keys(distance, -0.75) for distance in (t + 1, t, 1 - t, 2 - t)])
    return Taps(size, index, weight.astype(t.dtype))


def antialiased(size: int, out: int, scale: Any, kernel: Callable[[Array], Array], reach: int) -> Taps:
    """All elements in a window as wide as the kernel is when stretched by the scale, if y is the smaller.

    Args:
        size: the length of the axis in x.
        out: that in y.
        scale: how far apart in x neighbours in y lie.
        kernel: a function of the distance.
        reach: where it becomes 0.

    Source: as in PIL.Image.resize.
    """
    half = type(scale)(0.5)
    stretch = np.maximum(scale, 1)
    center = scale * (np.arange(out, dtype=scale.dtype) + half)
    first = np.maximum((center - reach * stretch + half).astype(np.int64), 0)
    count = np.minimum((center + reach * stretch + half).astype(np.int64), size) - first
    step = np.arange(count.max())[:, None]
    distance = (step + first - center + half) / stretch
    weight = np.where(step < count, kernel(distance.astype(scale.dtype)), 0)
    weight /= weight.sum(0)
    return Taps(size, np.minimum(step, count - 1) + first, weight.astype(scale.dtype))


def triangle(x: Array) -> Array:
    """1 - |x|, and 0 beyond 1."""
    return np.maximum(1 - abs(x), 0)


def keys(x: Array, a: float) -> Array:
    """The cubic convolution kernel, and 0 beyond 2.

    Source: Keys, Cubic convolution interpolation for digital image processing, 1981.
    """
    x = abs(x)
    near = ((a + 2) * x - (a + 3)) * x * x + 1
    far = ((a * x - 5 * a) * x + 8 * a) * x - 4 * a
    return np.where(x <= 1, near, np.where(x < 2, far, 0))


def lanczos(x: Array) -> Array:
    """sinc(x) sinc(x/3), and 0 beyond 3.

    Source: Duchon, Lanczos filtering in one and two dimensions, 1979.
    """
    return np.where(abs(x) < 3, np.sinc(x) * np.sinc(x / 3), 0)


def _positions(out: int, scale: Any, align_corners: bool) -> Array:
    places = np.arange(out, dtype=scale.dtype)
    half = type(scale)(0.5)
    positions: Array = scale * places if align_corners else scale * (places + half) - half
    return positions


def _split(position: Array, size: int) -> tuple[Array, Array]:
    """The element before a position, and how far beyond it the position lies.

    As on torch, the position is first rounded to float32, so that one that would be whole but for rounding
    counts as whole.
    """
    before = np.minimum(np.floor(position.astype(np.float32)).astype(np.int64), size - 1)
    return before, np.clip(position - before, 0, 1).astype(position.dtype)
