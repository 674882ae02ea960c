import math

import numpy as np
import pytest

from npnn.ops.special import digamma, lgamma, multigammaln


@pytest.mark.parametrize("part", ["lgamma", "lgamma.left"])
def test_golden_values(golden_error, part):
    assert golden_error(part, lgamma).max() < 4


def test_golden_values_of_multigammaln(golden_error):
    assert golden_error("multigammaln.3", lambda x: multigammaln(x, 3)).max() < 5


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_edges(dtype):
    poles = np.array([0.0, -0.0, -1, -2, -3, -170, -(2.0**24), -1e30, np.inf, -np.inf], dtype)
    np.testing.assert_array_equal(lgamma(poles), np.inf)
    zeros = lgamma(np.array([1, 2], dtype))
    np.testing.assert_array_equal(zeros, 0)
    assert not np.signbit(zeros).any()
    assert np.isnan(lgamma(dtype(np.nan)))


def test_extreme_numbers():
    assert lgamma(5e-324) == pytest.approx(-math.log(5e-324), rel=1e-16)
    assert lgamma(-5e-324) == pytest.approx(-math.log(5e-324), rel=1e-16)
    assert lgamma(1e300) == pytest.approx(1e300 * (math.log(1e300) - 1), rel=1e-15)
    assert lgamma(1e306) == np.inf


def test_against_the_standard_library():
    random = np.random.default_rng(0)
    x = np.concatenate([random.uniform(0, 30, 3000), 10 ** random.uniform(-300, 300, 3000)])
    np.testing.assert_allclose(lgamma(x), [math.lgamma(a) for a in x], rtol=1e-15, atol=4e-15)
    negative = -random.uniform(0, 30, 3000)
    np.testing.assert_allclose(lgamma(negative), [math.lgamma(a) for a in negative], rtol=1e-14, atol=5e-14)


def test_factorials():
    n = np.arange(1, 25)
    np.testing.assert_allclose(lgamma(n + 1.0), [math.log(math.factorial(k)) for k in n], rtol=1e-15)


def test_identities():
    x = np.random.default_rng(0).uniform(-6, 8, 3000)
    np.testing.assert_allclose(lgamma(x + 1), lgamma(x) + np.log(np.abs(x)), rtol=1e-12, atol=2e-14)
    reflection = np.log(np.pi / np.abs(np.sin(np.pi * x)))
    np.testing.assert_allclose(lgamma(x) + lgamma(1 - x), reflection, rtol=1e-11, atol=1e-12)
    z = np.abs(x) + 0.1
    duplication = (1 - 2 * z) * math.log(2) + 0.5 * math.log(math.pi) + lgamma(2 * z)  # DLMF 5.5.5
    np.testing.assert_allclose(lgamma(z) + lgamma(z + 0.5), duplication, rtol=1e-13, atol=2e-14)


def test_derivative_is_digamma():
    x = np.random.default_rng(0).uniform(-4, 12, 500)
    x = x[np.abs(x - np.rint(x)) > 0.05]
    h = 1e-5
    np.testing.assert_allclose((lgamma(x + h) - lgamma(x - h)) / (2 * h), digamma(x), rtol=1e-6, atol=1e-7)


def test_no_step_where_formulas_meet():
    for seam in (0.5, 5.0):
        x = seam * (1 + np.linspace(-1e-13, 1e-13, 2001))
        steps = np.diff(lgamma(x)) * np.sign(digamma(seam))
        assert steps.min() >= -4 * np.spacing(np.abs(lgamma(seam)))


def test_multigammaln():
    x = np.random.default_rng(0).uniform(3, 20, (4, 7))
    np.testing.assert_array_equal(multigammaln(x, 1), lgamma(x))
    want = 1.5 * math.log(math.pi) + lgamma(x) + lgamma(x - 0.5) + lgamma(x - 1)
    np.testing.assert_allclose(multigammaln(x, 3), want, rtol=1e-14)
    recurrence = (multigammaln(x + 0.5, 3) - multigammaln(x, 3)) - (lgamma(x + 0.5) - lgamma(x - 1))
    np.testing.assert_allclose(recurrence, 0, atol=1e-13)
    for p in (0, -2):
        with pytest.raises(RuntimeError, match="p has to be greater than or equal to 1"):
            multigammaln(x, p)
