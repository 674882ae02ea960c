import math
from fractions import Fraction

import numpy as np
import pytest

from npnn.ops.special import digamma, polygamma, trigamma

EULER = 0.57721566490153286061


@pytest.mark.parametrize(
    ("part", "function", "ulps"),
    [
        ("digamma", digamma, 4),
        ("digamma.left", digamma, 5),
        ("trigamma", trigamma, 3),
        ("trigamma.left", trigamma, 6),
    ],
)
def test_golden_values(golden_error, part, function, ulps):
    assert golden_error(part, function).max() < ulps


@pytest.mark.parametrize("n", [2, 3, 8, 30])
@pytest.mark.parametrize("side", ["", ".left"])
def test_golden_values_of_polygamma(golden_error, n, side):
    assert golden_error(f"polygamma.{n}{side}", lambda x: polygamma(n, x)).max() < 9


def test_orders_zero_and_one():
    x = np.random.default_rng(0).normal(scale=3, size=(3, 5))
    np.testing.assert_array_equal(polygamma(0, x), digamma(x))
    np.testing.assert_array_equal(polygamma(1, x), trigamma(x))
    with pytest.raises(RuntimeError, match="does not support negative n"):
        polygamma(-1, x)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_edges(dtype):
    x = np.array([0.0, -0.0, -1, -2, -1e30, np.inf, -np.inf, np.nan], dtype)
    nan, inf = np.nan, np.inf
    np.testing.assert_array_equal(digamma(x), np.array([-inf, inf, nan, nan, nan, inf, nan, nan]))
    np.testing.assert_array_equal(trigamma(x), np.array([inf, inf, inf, inf, inf, 0, nan, nan]))
    np.testing.assert_array_equal(polygamma(2, x), np.array([-inf] * 5 + [0, -inf, nan]))
    np.testing.assert_array_equal(polygamma(3, x), np.array([inf] * 5 + [0, inf, nan]))


def test_extreme_numbers():
    assert digamma(5e-324) == -np.inf
    assert digamma(1e-300) == pytest.approx(-1e300, rel=1e-15)
    assert digamma(-1e-300) == pytest.approx(1e300, rel=1e-15)
    assert digamma(1e300) == pytest.approx(math.log(1e300), rel=1e-15)
    assert trigamma(1e-150) == pytest.approx(1e300, rel=1e-15)
    x = 7.57803e-155  # whose square is subnormal
    assert abs(Fraction(float(trigamma(x))) * Fraction(x) ** 2 - 1) < 2**-52
    assert trigamma(1e300) == pytest.approx(1e-300, rel=1e-15)
    # 99! / 2000¹⁰⁰ (1 + ...): the power alone underflows; 200! overflows
    assert polygamma(100, 2000.0) == pytest.approx(-7.5457838e-175, rel=1e-7)
    assert polygamma(200, 1000.0) == pytest.approx(-4.3586e-228, rel=1e-4)


def test_known_values():
    n = np.arange(1, 20)
    harmonic = np.cumsum(1 / n)
    np.testing.assert_allclose(digamma(n + 1.0), harmonic - EULER, rtol=1e-15)
    np.testing.assert_allclose(trigamma(n + 1.0), math.pi**2 / 6 - np.cumsum(1.0 / n**2), rtol=1e-13)
    assert digamma(0.5) == pytest.approx(-EULER - 2 * math.log(2), rel=1e-15)
    assert trigamma(0.5) == pytest.approx(math.pi**2 / 2, rel=1e-15)
    assert polygamma(3, 1.0) == pytest.approx(math.pi**4 / 15, rel=1e-15)
    assert polygamma(3, 0.5) == pytest.approx(math.pi**4, rel=1e-15)
    assert polygamma(2, -0.5) == pytest.approx(polygamma(2, 0.5) + 2 * math.factorial(2) * 4, rel=1e-13)


@pytest.mark.parametrize("n", [0, 1, 2, 3, 5])
def test_recurrence(n):
    x = np.random.default_rng(n).uniform(-5, 12, 2000)
    x = x[np.abs(x - np.rint(x)) > 0.01]
    step = (-1) ** n * math.factorial(n) / x ** (n + 1)  # DLMF 5.15.5
    size = np.abs(polygamma(n, x)) + np.abs(step)
    error = np.abs(polygamma(n, x + 1) - polygamma(n, x) - step)
    assert (error / size).max() < 1e-13


def test_reflection():
    x = np.random.default_rng(0).uniform(-5, 6, 2000)
    x = x[np.abs(x - np.rint(x)) > 0.01]
    cotangent = 1 / np.tan(np.pi * x)
    np.testing.assert_allclose(digamma(1 - x) - digamma(x), np.pi * cotangent, rtol=1e-11, atol=1e-11)
    square = np.square(np.pi / np.sin(np.pi * x))
    np.testing.assert_allclose(trigamma(1 - x) + trigamma(x), square, rtol=1e-11)
    cubic = 2 * np.pi**3 * cotangent * (1 + cotangent**2)
    np.testing.assert_allclose(polygamma(2, 1 - x) - polygamma(2, x), cubic, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("n", [0, 1, 2, 3])
def test_derivative_is_the_next_order(n):
    x = np.random.default_rng(n).uniform(-3, 9, 300)
    x = x[np.abs(x - np.rint(x)) > 0.1]
    h = 1e-5
    slope = (polygamma(n, x + h) - polygamma(n, x - h)) / (2 * h)
    np.testing.assert_allclose(slope, polygamma(n + 1, x), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("function", [digamma, trigamma])
def test_no_step_where_formulas_meet(function):
    for seam in (0.5, 5.0):
        x = seam * (1 + np.linspace(-1e-13, 1e-13, 2001))
        steps = np.diff(function(x)) * (-1 if function is trigamma else 1)
        assert steps.min() >= -4 * np.spacing(np.abs(function(seam)))
