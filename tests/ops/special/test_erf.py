import math

import numpy as np
import pytest

from npnn.ops.special import erf, erfc, erfcx, erfinv
from npnn.ops.special.erf import exact_square

TINY = 5e-324


@pytest.mark.parametrize(("function", "ulps"), [(erf, 2), (erfc, 4), (erfcx, 4), (erfinv, 3)])
def test_golden_values(golden_error, function, ulps):
    assert golden_error(function.__name__, function).max() < ulps


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_edges(dtype):
    x = np.array([0.0, -0.0, np.inf, -np.inf, np.nan], dtype)
    np.testing.assert_array_equal(erf(x), np.array([0, 0, 1, -1, np.nan], dtype))
    np.testing.assert_array_equal(erfc(x), np.array([1, 1, 0, 2, np.nan], dtype))
    np.testing.assert_array_equal(erfcx(x), np.array([1, 1, 0, np.inf, np.nan], dtype))
    ends = np.array([0.0, -0.0, 1, -1, 1.5, -1.5, np.inf, np.nan], dtype)
    want = np.array([0, 0, np.inf, -np.inf] + [np.nan] * 4, dtype)
    np.testing.assert_array_equal(erfinv(ends), want)
    for function in (erf, erfinv):
        np.testing.assert_array_equal(np.signbit(function(x[:2])), [False, True])


def test_subnormal_numbers():
    x = TINY * np.array([1.0, 2.0, 1000.0])
    np.testing.assert_array_equal(erf(x), TINY * np.round(2 / math.sqrt(math.pi) * np.array([1, 2, 1000])))
    np.testing.assert_array_equal(erfinv(x), TINY * np.round(math.sqrt(math.pi) / 2 * np.array([1, 2, 1000])))
    assert erfc(np.array(26.6)) == pytest.approx(1.0875e-309, rel=1e-4)
    assert erfc(np.array(27.3)) == 0
    assert erfcx(np.array(1e308)) == pytest.approx(5.641895835477563e-309, rel=1e-14)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_saturation(dtype):
    # erf is 1 from where its distance from 1 is less than half of what separates 1 from its neighbour.
    x = np.linspace(3.95 if dtype == np.float32 else 5.93, 40, 5001).astype(dtype)
    np.testing.assert_array_equal(erf(x), 1)
    np.testing.assert_array_equal(erf(-x), -1)
    np.testing.assert_array_equal(erfc(-x), 2)
    largest = np.nextafter(dtype(1), dtype(0))
    assert np.isfinite(erfinv(np.array([largest, -largest]))).all()


def test_identities():
    x = np.random.default_rng(0).normal(scale=3, size=3000)
    np.testing.assert_array_equal(erf(-x), -erf(x))
    np.testing.assert_allclose(erf(x) + erfc(x), 1, rtol=0, atol=5e-16)
    np.testing.assert_allclose(erfc(x) + erfc(-x), 2, rtol=0, atol=4e-16)
    positive = np.abs(x)
    np.testing.assert_allclose(np.exp(-positive * positive) * erfcx(positive), erfc(positive), rtol=2e-14)
    near = np.random.default_rng(1).uniform(-0.999, 0.999, 3000)
    np.testing.assert_allclose(erf(erfinv(near)), near, rtol=4e-15)
    far = np.random.default_rng(2).uniform(
        -5, 5, 3000
    )  # here erf is flat, so that only the distance from 1 counts
    np.testing.assert_allclose(1 - np.abs(erf(erfinv(erf(far)))), 1 - np.abs(erf(far)), rtol=0, atol=1e-15)


def test_derivatives():
    x = np.random.default_rng(0).uniform(-2.5, 2.5, 500)
    h = 1e-5

    def slope(function, x):
        return (function(x + h) - function(x - h)) / (2 * h)

    bell = 2 / math.sqrt(math.pi) * np.exp(-x * x)
    np.testing.assert_allclose(slope(erf, x), bell, rtol=1e-9, atol=1e-10)
    np.testing.assert_allclose(slope(erfc, x), -bell, rtol=1e-9, atol=1e-10)
    np.testing.assert_allclose(
        slope(erfcx, x), 2 * x * erfcx(x) - 2 / math.sqrt(math.pi), rtol=1e-7, atol=1e-9
    )
    y = erf(x) * 0.9
    inverse = math.sqrt(math.pi) / 2 * np.exp(np.square(erfinv(y)))
    np.testing.assert_allclose(slope(erfinv, y), inverse, rtol=1e-7)


@pytest.mark.parametrize("function", [erf, erfc, erfinv])
def test_float32_is_monotone(function):
    start = np.float32([-4.1, -2.2, -1.001, -0.5, 1e-6, 0.7, 0.98, 1.9, 3.3, 3.9, 9.5])
    for x in start if function is not erfinv else start[np.abs(start) < 1]:
        run = x.view(np.int32) + np.arange(4000, dtype=np.int32)
        steps = np.diff(function(np.sort(run.view(np.float32))))
        assert (steps <= 0 if function is erfc else steps >= 0).all(), x


@pytest.mark.parametrize("function", [erf, erfc, erfinv])
def test_float64_is_monotone_at_the_seams(function):
    # Two formulas for erf meet at |x| = 1, two for erfinv at w = 6: neighbours may differ by their errors.
    seams = {erf: 1.0, erfc: 1.0, erfinv: math.sqrt(-math.expm1(-6))}
    x = seams[function] * (1 + np.linspace(-1e-13, 1e-13, 2001))
    steps = np.diff(function(x)) * (-1 if function is erfc else 1)
    assert steps.min() >= -2 * np.spacing(np.abs(function(x)).max())


def test_exact_square():
    x = np.random.default_rng(0).uniform(0, 30, 200)
    square, error = exact_square(x)
    for a, b, c in zip(x, square, error, strict=True):
        numerator, denominator = float(a).as_integer_ratio()
        low, unit = float(c).as_integer_ratio()
        high, step = float(b).as_integer_ratio()
        exact = numerator**2 * step * unit - (high * unit + low * step) * denominator**2
        assert abs(exact) * 2**100 <= numerator**2 * step * unit
