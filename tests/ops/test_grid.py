"""Sampling at positions, against loops over the points, and differences."""

import itertools

import numpy as np
import pytest

import npnn
from npnn.ops.grid import GridSample

RANDOM = np.random.default_rng(0)


def options(mode="bilinear", padding_mode="zeros", align_corners=False):
    return {"mode": mode, "padding_mode": padding_mode, "align_corners": align_corners}


def away_from_kinks(grid, sizes, align_corners):
    """The grid with no position so near to a whole or half number that a difference would step across."""
    for number, size in enumerate(reversed(sizes)):
        scale = (size - 1 if align_corners else size) / 2
        position = grid[..., number] * scale + (size - 1) / 2
        near = abs(position * 2 - np.rint(position * 2)) < 0.05
        grid[..., number] += np.where(near, 0.1 / scale, 0)
    return grid


def triangle_sum(x, grid, padding_mode, align_corners):
    """Linear interpolation, with the weight of every element of the image at every point."""
    sizes = x.shape[1:-1]
    y = np.zeros((*grid.shape[:-1], x.shape[-1]))
    for place in np.ndindex(*grid.shape[:-1]):
        weight = np.ones(())
        for number, size in enumerate(sizes):
            g = grid[place][len(sizes) - 1 - number]
            position = (g + 1) / 2 * (size - 1) if align_corners else ((g + 1) * size - 1) / 2
            low, high = (0, size - 1) if align_corners else (-0.5, size - 0.5)
            while padding_mode == "reflection" and not low <= position <= high:
                position = 2 * low - position if position < low else 2 * high - position
            if padding_mode != "zeros":
                position = min(max(position, 0), size - 1)
            weight = np.multiply.outer(weight, np.maximum(1 - abs(np.arange(size) - position), 0))
        y[place] = np.tensordot(weight, x[place[0]], len(sizes))
    return y


PADDINGS = ["zeros", "border", "reflection"]
FLAGS = [False, True]


@pytest.mark.parametrize(("padding_mode", "align_corners"), [*itertools.product(PADDINGS, FLAGS)])
@pytest.mark.parametrize("sizes", [(4, 3), (2, 3, 2)])
def test_linear(check, sizes, padding_mode, align_corners):
    x = RANDOM.standard_normal((1, *sizes, 1))
    shape = (1, 3, *(1,) * (len(sizes) - 1), len(sizes))
    grid = away_from_kinks(RANDOM.uniform(-2, 2, shape), sizes, align_corners)
    expected = triangle_sum(x, grid, padding_mode, align_corners)
    given = options("bilinear", padding_mode, align_corners)
    check(GridSample, x, grid, expected=expected, **given)


@pytest.mark.parametrize("mode", ["nearest", "bicubic"])
@pytest.mark.parametrize(("padding_mode", "align_corners"), [*itertools.product(PADDINGS, FLAGS)])
def test_derivatives(check, mode, padding_mode, align_corners):
    x = RANDOM.standard_normal((1, 3, 4, 1))
    grid = away_from_kinks(RANDOM.uniform(-1.6, 1.6, (1, 2, 1, 2)), (3, 4), align_corners)
    check(GridSample, x, grid, **options(mode, padding_mode, align_corners))


@pytest.mark.parametrize("mode", ["nearest", "bilinear", "bicubic"])
def test_positions_of_pixels_give_pixels(mode):
    x = RANDOM.standard_normal((1, 4, 5, 2))
    lines = np.linspace(-1, 1, 4), np.linspace(-1, 1, 5)
    grid = np.stack(np.meshgrid(*lines, indexing="ij")[::-1], -1)[None]
    y = GridSample.apply(x, grid, **options(mode, align_corners=True))
    np.testing.assert_allclose(y, x, atol=1e-14)


@pytest.mark.parametrize("mode", ["nearest", "bilinear", "bicubic"])
def test_what_is_far_away_or_not_a_number(mode):
    x = np.full((1, 3, 3, 1), np.inf)
    grid = np.array([np.nan, np.inf, -np.inf, 1e300, -1e300]).repeat(2).reshape(1, 5, 1, 2)
    with np.errstate(invalid="ignore"):
        y = GridSample.apply(x, grid, **options(mode))
    np.testing.assert_array_equal(y, 0)


def test_nothing(check):
    check(GridSample, np.zeros((0, 3, 4, 2)), np.zeros((0, 2, 5, 2)), **options())
    check(GridSample, np.zeros((2, 3, 4, 0)), np.zeros((2, 2, 5, 2)), **options())
    check(GridSample, np.zeros((2, 3, 4, 1)), np.zeros((2, 0, 5, 2)), **options())


def test_only_what_is_needed_is_computed():
    x, grid = npnn.ones(1, 3, 4, 2), npnn.zeros(1, 2, 2, 2)
    for number, wanted in enumerate((x, grid)):
        wanted.requires_grad_()
        y = GridSample.apply(x, grid, **options())
        gradients = GridSample.backward(y.grad_fn, np.ones((1, 2, 2, 2), np.float32))
        assert [g is not None for g in gradients] == [n == number for n in range(2)]
        wanted.requires_grad_(False)
