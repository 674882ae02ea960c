"""Sampling images and volumes at any positions."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import product
from typing import Any, NamedTuple

import numpy as np

from npnn._typing import Array, Gradients, Shape
from npnn.autograd.function import Context, Operation
from npnn.ops.indexing import Take, TakeAdd

_A = -0.75
"""The constant of the cubic kernel, as in npnn.ops.interpolate."""


class GridSample(Operation):
    """y[n, o] = x at the position grid[n, o]: a sum of the elements around it with weights by the distance.

    x (N, *spatial, C), grid (N, *out, the number of spatial axes), whose last axis names the last spatial
    axis first; y (N, *out, C). Coordinates run from -1 to 1 over each axis.

    Along one axis the position p is, piece by piece, a linear function of the coordinate g, also where it is
    reflected or held at a border: dp/dg is its slope. With t the fraction of p, the weights are polynomials
    w_k(t), and those of several axes multiply:

        y = Σ_k x[k] Π_a w_ka(t_a),  dx[k] += dy Π_a w_ka,  dg_a = slope_a Σ_k (x[k] · dy) w'_ka Π_b≠a w_kb

    Source: torch.nn.functional.grid_sample; Jaderberg et al., Spatial transformer networks, 2015.
    """

    @staticmethod
    def forward(
        ctx: Context, x: Array, grid: Array, *, mode: str, padding_mode: str, align_corners: bool
    ) -> Array:
        ctx.save_for_backward(x, grid)
        ctx.mode = mode
        ctx.axes = [
            _axis(coordinates, size, mode, padding_mode, align_corners)
            for coordinates, size in zip(_coordinates(grid), x.shape[1:-1], strict=True)
        ]
        weights = [[weight(axis.fraction) for weight, _ in _WEIGHTS[mode]] for axis in ctx.axes]
        rows = _rows(x)
        y = np.zeros((grid[..., 0].size, x.shape[-1]), x.dtype)
        for taps, places, inside in _neighbours(ctx.axes, x.shape):
            weight = _product([w[tap] for w, tap in zip(weights, taps, strict=True)])
            y += np.where(inside, rows[places], 0) * weight[:, None]
        return y.reshape(*grid.shape[:-1], x.shape[-1])

    @staticmethod
    def backward(ctx: Context, dy: Array) -> Gradients:
        x, grid = ctx.saved_tensors
        rows, drows = _rows(x), _rows(dy)
        fractions = [
            axis.slope * coordinates + (axis.fraction - axis.slope * _values(coordinates))
            for axis, coordinates in zip(ctx.axes, _coordinates(grid), strict=True)
        ]
        weights = [[weight(t) for weight, _ in _WEIGHTS[ctx.mode]] for t in fractions]
        slopes = [[slope(t) for _, slope in _WEIGHTS[ctx.mode]] for t in fractions]
        dx: Any = 0
        dfractions: list[Any] = [0] * len(fractions)
        for taps, places, inside in _neighbours(ctx.axes, x.shape):
            chosen = [w[tap] for w, tap in zip(weights, taps, strict=True)]
            if ctx.needs_input_grad[0]:
                shares = np.where(inside, drows * _product(chosen)[:, None], 0)
                dx = dx + TakeAdd.apply(shares, index=places, axis=0, size=rows.shape[0])
            if ctx.needs_input_grad[1]:
                alike = (np.where(inside, Take.apply(rows, index=places, axis=0), 0) * drows).sum(1)
                for axis, tap in enumerate(taps):
                    others = [*chosen[:axis], *chosen[axis + 1 :]]
                    dfractions[axis] = dfractions[axis] + _product([alike, slopes[axis][tap], *others])
        dgrid = None
        if ctx.needs_input_grad[1]:
            dcoordinates = [axis.slope * dt for axis, dt in zip(ctx.axes, dfractions, strict=True)]
            dgrid = np.stack(dcoordinates[::-1], -1).reshape(grid.shape)
        return (dx.reshape(x.shape) if ctx.needs_input_grad[0] else None), dgrid


class _Axis(NamedTuple):
    """Where points lie along one axis.

    Attributes:
        places: for each tap, the element.
        inside: for each tap, whether there is such an element.
        fraction: how far beyond the element before it each point lies.
        slope: the derivative of that by the coordinate.
    """

    places: list[Array]
    inside: list[Array]
    fraction: Array
    slope: Array


def _rows(x: Any) -> Any:
    """The leading axes run together into one."""
    return x.reshape(math.prod(x.shape[:-1]), x.shape[-1])


def _coordinates(grid: Any) -> list[Any]:
    """The coordinates of all points along each spatial axis, in the order of the axes."""
    return [grid[..., number].reshape(-1) for number in reversed(range(grid.shape[-1]))]


def _values(x: Any) -> Array:
    return x if isinstance(x, np.ndarray) else np.asarray(x.detach())


def _axis(coordinates: Array, size: int, mode: str, padding_mode: str, align_corners: bool) -> _Axis:
    if align_corners:
        position, slope = (coordinates + 1) / 2 * (size - 1), (size - 1) / 2
    else:
        position, slope = ((coordinates + 1) * size - 1) / 2, size / 2
    slopes = np.full_like(position, slope)
    if mode != "bicubic":
        position, factor = _PADDING[padding_mode](position, size, align_corners)
        slopes = slopes * factor
    # What is not finite, or too large for an integer, lies outside.
    position = np.where(abs(position) < 2**30, position, -100)
    if mode == "nearest":
        before, taps = np.rint(position), [0]
    else:
        before, taps = np.floor(position), [0, 1] if mode == "bilinear" else [-1, 0, 1, 2]
    places = [before + tap for tap in taps]
    if mode == "bicubic":
        places = [_PADDING[padding_mode](place, size, align_corners)[0] for place in places]
    inside = [(place >= 0) & (place <= size - 1) for place in places]
    indices = [np.clip(place, 0, size - 1).astype(np.int64) for place in places]
    return _Axis(indices, inside, position - before, slopes.astype(coordinates.dtype))


def _outside(position: Array, size: int, align_corners: bool) -> tuple[Array, Any]:
    """Positions as they are, and their derivative."""
    return position, 1


def _held(position: Array, size: int, align_corners: bool) -> tuple[Array, Any]:
    """Positions held at the first and last element, and the derivative of that."""
    return np.clip(position, 0, size - 1), (position > 0) & (position < size - 1)


def _reflected(position: Array, size: int, align_corners: bool) -> tuple[Array, Any]:
    """Positions reflected at the ends, and the derivative of that.

    The ends are the centres of the first and last elements, or their outer edges.
    """
    low, span = (0.0, size - 1) if align_corners else (-0.5, size)
    if span == 0:
        return np.zeros_like(position), 0
    distance = abs(position - low)
    turns, extra = np.floor_divide(distance, span), np.fmod(distance, span)
    back = turns % 2 == 1
    reflected = np.where(back, span - extra, extra) + low
    held, factor = _held(reflected.astype(position.dtype), size, align_corners)
    return held, np.where((position < low) != back, -1, 1) * factor


_PADDING: dict[str, Callable[[Array, int, bool], tuple[Array, Any]]] = {
    "zeros": _outside,
    "border": _held,
    "reflection": _reflected,
}


def _near(x: Any) -> Any:
    """The cubic kernel up to distance 1."""
    return ((_A + 2) * x - (_A + 3)) * x * x + 1


def _far(x: Any) -> Any:
    """The cubic kernel from distance 1 to 2."""
    return ((_A * x - 5 * _A) * x + 8 * _A) * x - 4 * _A


def _near_slope(x: Any) -> Any:
    return (3 * (_A + 2) * x - 2 * (_A + 3)) * x


def _far_slope(x: Any) -> Any:
    return (3 * _A * x - 10 * _A) * x + 8 * _A


_WEIGHTS: dict[str, list[tuple[Callable[[Any], Any], Callable[[Any], Any]]]] = {
    "nearest": [(lambda t: 0 * t + 1, lambda t: 0 * t)],
    "bilinear": [(lambda t: 1 - t, lambda t: 0 * t - 1), (lambda t: t, lambda t: 0 * t + 1)],
    "bicubic": [
        (lambda t: _far(t + 1), lambda t: _far_slope(t + 1)),
        (lambda t: _near(t), lambda t: _near_slope(t)),
        (lambda t: _near(1 - t), lambda t: -_near_slope(1 - t)),
        (lambda t: _far(2 - t), lambda t: -_far_slope(2 - t)),
    ],
}
"""For each tap its weight as a function of the fraction, and the derivative."""


def _neighbours(axes: list[_Axis], shape: Shape) -> Any:
    """For each combination of taps: itself, the elements as rows of x run flat, and whether they exist."""
    batch = np.repeat(np.arange(shape[0]), axes[0].fraction.size // max(shape[0], 1))
    for taps in product(*(range(len(axis.places)) for axis in axes)):
        places, inside = batch, np.ones(batch.shape, bool)
        for axis, tap, size in zip(axes, taps, shape[1:-1], strict=True):
            places = places * size + axis.places[tap]
            inside = inside & axis.inside[tap]
        yield taps, places, inside[:, None]


def _product(factors: list[Any]) -> Any:
    result = factors[0]
    for factor in factors[1:]:
        result = result * factor
    return result
