"""Adaptive and fractional pooling against the windows of their definitions, and against differences."""

import math

import numpy as np
import pytest

import npnn
from npnn.ops.adaptive_pool import AdaptiveAvgPool, AdaptiveMaxPool, FractionalMaxPool

SHAPES = [
    ((9,), (3,)),  # even
    ((7,), (3,)),  # overlapping
    ((3,), (7,)),  # more windows than elements
    ((5, 6), (2, 3)),
    ((6, 5), (6, 1)),
    ((4, 6), (2, 3)),
    ((2, 5), (3, 4)),
    ((3, 5, 4), (2, 4, 4)),
]
SEVERAL = pytest.mark.parametrize(("spatial", "out"), SHAPES, ids=str)


def drawn(spatial, batch=2, channels=3):
    """Numbers of which no two are equal."""
    shape = (batch, *spatial, channels)
    return np.random.default_rng(0).permutation(math.prod(shape)).reshape(shape) / 7


def window(place, spatial, out):
    """The slices of one window."""
    bounds = ((i * size / n, (i + 1) * size / n) for i, size, n in zip(place, spatial, out, strict=True))
    return tuple(slice(math.floor(start), math.ceil(end)) for start, end in bounds)


def over_windows(function, x, out):
    """What a function of an array and its axes makes of each window."""
    axes = tuple(range(1, x.ndim - 1))
    y = np.empty((x.shape[0], *out, x.shape[-1]))
    for place in np.ndindex(*out):
        part = x[(slice(None), *window(place, x.shape[1:-1], out))]
        y[(slice(None), *place)] = function(part, axis=axes)
    return y


@SEVERAL
def test_adaptive_max(spatial, out, check):
    x = drawn(spatial)
    y, index = AdaptiveMaxPool.apply(x, out=out, return_indices=True)
    np.testing.assert_array_equal(y, over_windows(np.max, x, out))
    flat, places = x.reshape(2, math.prod(spatial), 3), index.reshape(2, math.prod(out), 3)
    np.testing.assert_array_equal(np.take_along_axis(flat, places, axis=1).reshape(y.shape), y)
    x = drawn(spatial, batch=1, channels=2)
    check(AdaptiveMaxPool, x, out=out, expected=over_windows(np.max, x, out))


def test_adaptive_max_takes_the_first_of_equals_and_the_last_nan():
    x = np.array([1.0, 1.0, 1.0, 1.0, np.nan, np.nan, 1.0]).reshape(1, 7, 1)
    y, index = AdaptiveMaxPool.apply(x, out=(3,), return_indices=True)
    np.testing.assert_array_equal(y.ravel(), [1, np.nan, np.nan])
    assert index.ravel().tolist() == [0, 4, 5]


@SEVERAL
def test_adaptive_avg(spatial, out, check):
    x = drawn(spatial, batch=1, channels=2)
    check(AdaptiveAvgPool, x, out=out, expected=over_windows(np.mean, x, out))


def test_adaptive_avg_keeps_infinity_in_its_windows():
    x = np.array([1.0, 1.0, 1.0, np.inf, 1.0, 1.0, 1.0]).reshape(1, 7, 1)
    assert AdaptiveAvgPool.apply(x, out=(3,)).ravel().tolist() == [1, np.inf, 1]


@pytest.mark.parametrize("size", [4096, 4099])
def test_adaptive_avg_sums_float16_in_float32(size):
    y = AdaptiveAvgPool.apply(np.ones((1, size, 1), np.float16), out=(2,))
    assert y.ravel().tolist() == [1, 1]
    assert y.dtype == np.float16


@pytest.mark.parametrize("operation", [AdaptiveMaxPool, AdaptiveAvgPool])
@pytest.mark.parametrize("shape", [(2, 3, 4, 5), (0, 3, 4, 5)])
@pytest.mark.parametrize("out", [(0, 2), (2, 2)])
def test_adaptive_of_nothing(operation, shape, out):
    x = npnn.tensor(np.ones(shape), requires_grad=True)
    y = operation.apply(x, out=out)
    assert y.shape == (shape[0], *out, 5)
    y.sum().backward()
    assert x.grad.shape == shape


def fractional_windows(u, size, number, kernel):
    if number == 1:
        return [size - kernel]
    step = (size - kernel) / (number - 1)
    return [*(math.floor((i + u) * step) - math.floor(u * step) for i in range(number - 1)), size - kernel]


@pytest.mark.parametrize(
    ("spatial", "kernel", "out"),
    [((7, 6), (2, 3), (4, 3)), ((5, 8), (3, 2), (1, 5)), ((5, 4, 3), (2, 3, 1), (3, 2, 2))],
    ids=str,
)
def test_fractional_max(spatial, kernel, out, check):
    x, axes = drawn(spatial), len(spatial)
    samples = np.random.default_rng(1).random((2, 3, axes))
    y, index = FractionalMaxPool.apply(x, samples, kernel=kernel, out=out, return_indices=True)
    for n, c in np.ndindex(2, 3):
        # torch has the last axis first if there are two.
        draws = samples[n, c][::-1] if axes == 2 else samples[n, c]
        starts = [fractional_windows(*given) for given in zip(draws, spatial, out, kernel, strict=True)]
        for place in np.ndindex(*out):
            part = tuple(slice(s[i], s[i] + k) for s, i, k in zip(starts, place, kernel, strict=True))
            assert y[(n, *place, c)] == x[(n, *part, c)].max()
            assert x[n, ..., c].ravel()[index[(n, *place, c)]] == y[(n, *place, c)]
    check(FractionalMaxPool, x[:1, ..., :2], samples[:, :2].astype(np.float32), kernel=kernel, out=out)
