import numpy as np
import pytest

from npnn.ops.special import i0, i0e, i1, i1e


@pytest.mark.parametrize(("function", "ulps"), [(i0, 5), (i0e, 4), (i1, 6), (i1e, 4)])
def test_golden_values(golden_error, function, ulps):
    assert golden_error(function.__name__, function).max() < ulps


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_edges(dtype):
    x = np.array([0.0, -0.0, np.inf, -np.inf, np.nan], dtype)
    nan, inf = np.nan, np.inf
    np.testing.assert_array_equal(i0(x), np.array([1, 1, inf, inf, nan]))
    np.testing.assert_array_equal(i0e(x), np.array([1, 1, 0, 0, nan]))
    np.testing.assert_array_equal(i1(x), np.array([0, 0, inf, -inf, nan]))
    np.testing.assert_array_equal(i1e(x), np.array([0, 0, 0, 0, nan]))
    for function in (i1, i1e):
        np.testing.assert_array_equal(np.signbit(function(x[:4])), [False, True, False, True])


def test_overflow_comes_where_it_must():
    assert np.isfinite(i0(713.0))
    assert np.isfinite(i1(-713.0))
    assert i0(714.0) == np.inf
    assert i1(-714.1) == -np.inf
    assert i0(np.float32(91.9)) < np.inf
    assert i0(np.float32(92)) == np.inf
    np.testing.assert_allclose(i0e(1e308), 1 / np.sqrt(2 * np.pi) * 1e-154, rtol=1e-15)


@pytest.mark.parametrize("order", [0, 1])
def test_integral(order):
    # I_n(x) = 1/π ∫ exp(x cos θ) cos nθ dθ from 0 to π: the trapezoidal rule converges faster than any power.
    x = np.random.default_rng(0).uniform(-30, 30, 300)
    theta = np.linspace(0, 2 * np.pi, 200, endpoint=False)
    exponent = x[:, None] * np.cos(theta) - np.abs(x[:, None])
    want = (np.exp(exponent) * np.cos(order * theta)).mean(1)
    plain, scaled = ((i0, i0e), (i1, i1e))[order]
    np.testing.assert_allclose(scaled(x), want, rtol=1e-13, atol=1e-16)
    np.testing.assert_allclose(plain(x), want * np.exp(np.abs(x)), rtol=1e-13, atol=1e-16)


def test_symmetry_and_scaling():
    x = np.random.default_rng(0).uniform(0, 40, 1000)
    for function, sign in ((i0, 1), (i0e, 1), (i1, -1), (i1e, -1)):
        np.testing.assert_array_equal(function(-x), sign * function(x))
    np.testing.assert_allclose(i0e(x) * np.exp(x), i0(x), rtol=5e-15)
    np.testing.assert_allclose(i1e(x) * np.exp(x), i1(x), rtol=5e-15)


def test_derivatives():
    x = np.random.default_rng(0).uniform(0.2, 12, 500)
    h = 1e-5
    np.testing.assert_allclose((i0(x + h) - i0(x - h)) / (2 * h), i1(x), rtol=1e-8)
    np.testing.assert_allclose((i1(x + h) - i1(x - h)) / (2 * h), i0(x) - i1(x) / x, rtol=1e-8)


@pytest.mark.parametrize("function", [i0, i0e, i1, i1e])
def test_no_step_where_formulas_meet(function):
    x = 9 * (1 + np.linspace(-1e-13, 1e-13, 2001))
    steps = np.diff(function(x)) * (-1 if function in (i0e, i1e) else 1)
    assert steps.min() >= -6 * np.spacing(function(9.0))
