"""Interpolation, against closed forms and differences; torch's own positions are tests/torch_ref's matter."""

import numpy as np
import pytest

from npnn.ops import interpolate as ops

RANDOM = np.random.default_rng(0)


def scale(size, out, align_corners=False):
    return ops.scale_of(size, out, None, align_corners, np.float64)


def taps(mode, size, out, align_corners=False):
    step = scale(size, out, align_corners)
    return {
        "nearest": lambda: ops.nearest(size, out, step, 0.0),
        "exact": lambda: ops.nearest(size, out, step, 0.5),
        "linear": lambda: ops.linear(size, out, step, align_corners),
        "cubic": lambda: ops.cubic(size, out, step, align_corners),
        "antialiased": lambda: ops.antialiased(size, out, step, ops.triangle, 1),
        "lanczos": lambda: ops.antialiased(size, out, step, ops.lanczos, 3),
    }[mode]()


def matrix(of):
    """Taps as a matrix, (out, size)."""
    weights = np.ones_like(of.places) if of.weights is None else of.weights
    found = np.zeros((of.places.shape[1], of.size))
    for place, weight in zip(of.places, weights, strict=True):
        np.add.at(found, (np.arange(len(found)), place), weight)
    return found


MODES = ["nearest", "exact", "linear", "cubic", "antialiased", "lanczos"]
SIZES = [(5, 7), (7, 5), (4, 11), (9, 2), (3, 3), (1, 4), (6, 1)]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("size", "out"), SIZES)
def test_one_axis(check, mode, size, out):
    x, chosen = RANDOM.standard_normal((2, size, 3)), taps(mode, size, out)
    check(ops.Resample, x, axes=(chosen,), expected=np.einsum("os,nsc->noc", matrix(chosen), x))


def test_three_axes(check):
    chosen = taps("linear", 2, 3), taps("cubic", 4, 3), taps("antialiased", 3, 2)
    x = RANDOM.standard_normal((1, 2, 4, 3, 1))
    expected = np.einsum("ai,bj,ck,nijkl->nabcl", *map(matrix, chosen), x)
    check(ops.Resample, x, axes=chosen, expected=expected)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("size", "out"), SIZES)
def test_constants_stay(mode, size, out):
    np.testing.assert_allclose(matrix(taps(mode, size, out)).sum(1), 1, rtol=1e-12)


def test_straight_lines_stay():
    """Away from the edges, at which elements are repeated. Not with the cubic kernel, unless a = -1/2."""
    size, out = 12, 31
    line = 3 + 2 * np.arange(size)
    found = matrix(taps("linear", size, out)) @ line
    positions = (np.arange(out) + 0.5) * size / out - 0.5
    inner = (positions > 2) & (positions < size - 3)
    np.testing.assert_allclose(found[inner], 3 + 2 * positions[inner], rtol=1e-12)


def test_linear_is_that_of_numpy():
    x = RANDOM.standard_normal(6)
    found = matrix(taps("linear", 6, 16, align_corners=True)) @ x
    np.testing.assert_allclose(found, np.interp(np.linspace(0, 5, 16), np.arange(6), x), rtol=1e-12)


@pytest.mark.parametrize("mode", ["linear", "cubic"])
def test_corners_stay(mode):
    x = RANDOM.standard_normal(5)
    found = matrix(taps(mode, 5, 9, align_corners=True)) @ x
    np.testing.assert_allclose(found[::2], x, rtol=1e-12)


def test_nearest():
    assert list(taps("nearest", 5, 3).places[0]) == [0, 1, 3]
    assert list(taps("exact", 5, 3).places[0]) == [0, 2, 4]
    assert list(taps("nearest", 2, 5).places[0]) == [0, 0, 0, 1, 1]


@pytest.mark.parametrize("a", [-0.5, -0.75])
def test_kernels_are_0_at_whole_numbers_but_0(a):
    places = np.arange(-4.0, 5.0)
    for kernel in (ops.triangle, ops.lanczos, lambda x: ops.keys(x, a)):
        np.testing.assert_allclose(kernel(places), places == 0, atol=1e-15)


def test_float16_is_summed_in_float32():
    x = RANDOM.standard_normal((1, 40, 1)).astype(np.float16)
    step = ops.scale_of(40, 3, None, False, np.float32)
    chosen = ops.antialiased(40, 3, step, ops.triangle, 1)
    y = ops.Resample.apply(x, axes=(chosen,))
    assert y.dtype == np.float16
    exact = matrix(chosen) @ x[0, :, 0].astype(float)
    np.testing.assert_allclose(y[0, :, 0], exact, rtol=6e-4)  # one rounding
