import math

import numpy as np
import pytest

from npnn.ops.special import log_ndtr, ndtr, ndtri


@pytest.mark.parametrize(("function", "ulps"), [(ndtr, 5), (log_ndtr, 5), (ndtri, 4)])
def test_golden_values(golden_error, function, ulps):
    assert golden_error(function.__name__, function).max() < ulps


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_edges(dtype):
    x = np.array([0.0, -0.0, np.inf, -np.inf, np.nan], dtype)
    np.testing.assert_array_equal(ndtr(x), np.array([0.5, 0.5, 1, 0, np.nan], dtype))
    log2 = -np.log(dtype(2))
    np.testing.assert_array_equal(log_ndtr(x), np.array([log2, log2, 0, -np.inf, np.nan], dtype))
    p = np.array([0.0, -0.0, 0.5, 1, -1, 1.5, np.inf, -np.inf, np.nan], dtype)
    want = np.array([-np.inf, -np.inf, 0, np.inf] + [np.nan] * 5, dtype)
    np.testing.assert_array_equal(ndtri(p), want)


def test_far_tails():
    assert ndtr(np.array(-38.4)) == pytest.approx(5.7e-323, rel=0.05)  # subnormal, by 40 digits of mpmath
    assert ndtr(np.array(-39.0)) == 0
    assert log_ndtr(np.array(-1e200)) == -np.inf
    assert log_ndtr(np.array(-1e150)) == pytest.approx(-5e299, rel=1e-15)
    assert ndtri(np.array(5e-324)) == pytest.approx(-38.46740561714434, rel=1e-15)
    assert ndtri(np.array(1 - 2.0**-53)) == pytest.approx(8.209536151601387, rel=1e-15)


def test_identities():
    x = np.random.default_rng(0).normal(scale=3, size=3000)
    np.testing.assert_allclose(ndtr(x) + ndtr(-x), 1, rtol=0, atol=4e-16)
    np.testing.assert_allclose(np.exp(log_ndtr(x)), ndtr(x), rtol=5e-14)
    p = np.random.default_rng(1).uniform(size=3000)
    np.testing.assert_allclose(ndtr(ndtri(p)), p, rtol=1e-14)
    np.testing.assert_array_equal(ndtri(1 - p), -ndtri(1 - (1 - p)))
    tail = np.random.default_rng(2).uniform(-37, -1, 3000)
    np.testing.assert_allclose(ndtri(ndtr(tail)), tail, rtol=1e-14)


def test_derivatives():
    x = np.random.default_rng(0).uniform(-4, 4, 500)
    h = 1e-5
    bell = np.exp(-x * x / 2) / math.sqrt(2 * math.pi)
    np.testing.assert_allclose((ndtr(x + h) - ndtr(x - h)) / (2 * h), bell, rtol=1e-9, atol=1e-10)
    slope = (log_ndtr(x + h) - log_ndtr(x - h)) / (2 * h)
    np.testing.assert_allclose(slope, bell / ndtr(x), rtol=1e-8, atol=1e-9)


@pytest.mark.parametrize("function", [ndtr, log_ndtr, ndtri])
def test_float32_is_monotone(function):
    start = np.float32([-4.1, -2.2, -1.001, -0.5, 1e-6, 0.7, 0.98, 1.9, 3.3])
    for x in start if function is not ndtri else start[(start > 0) & (start < 1)]:
        run = x.view(np.int32) + np.arange(4000, dtype=np.int32)
        assert (np.diff(function(np.sort(run.view(np.float32)))) >= 0).all(), x
