"""The implicit derivatives of samples, against differences of probabilities that are integrals."""

import numpy as np
import pytest

import npnn
from npnn.autograd.function import wrap
from npnn.ops.random_samples import DirichletSample, GammaSample, gamma_derivative, logit_derivative


def integral(function, start, end):
    """By Gauss's rule on 400 pieces."""
    ends = np.linspace(start, end, 401)
    x, w = np.polynomial.legendre.leggauss(20)
    halves = np.diff(ends)[:, None] / 2
    return (function(ends[:-1, None] + halves * (x + 1)) * halves @ w).sum()


def below(log_density, y, parameter):
    """The probability below y, of a density that is 0 to rounding 150 away from 0."""
    left, right = (
        integral(lambda v: np.exp(log_density(v, parameter)), *ends) for ends in ((-150, y), (y, 150))
    )
    return left / (left + right)


def slope(log_density, y, parameter):
    """dy/dα at a fixed place in the distribution, from differences of the probability below y."""
    h = 1e-4 * parameter
    left, right, up, down = (below(log_density, y, parameter + k * h) for k in (-2, 2, 1, -1))
    by_parameter = (left - right + 8 * (up - down)) / (12 * h)
    e = 1e-3
    values = [below(log_density, y + k * e, parameter) for k in (-2, 2, 1, -1)]
    return -by_parameter / ((values[0] - values[1] + 8 * (values[2] - values[3])) / (12 * e))


@pytest.mark.parametrize("concentration", [0.4, 3.0])
def test_gamma(concentration):
    """Of y = ln x."""
    for place in (-1.5, 0.2, 1.0):
        x = concentration * np.exp(place)
        expected = x * slope(lambda y, a: a * y - np.exp(np.minimum(y, 9)), np.log(x), concentration)
        actual = gamma_derivative(np.array([x]), np.array([concentration]))[0]
        assert actual == pytest.approx(expected, rel=1e-8)


@pytest.mark.parametrize(("alpha", "beta"), [(0.5, 2.0), (3.0, 1.5)])
def test_beta(alpha, beta):
    """Of the logit."""
    for y in (-2.0, 0.1, 1.5):
        expected = slope(lambda v, a: -a * np.log1p(np.exp(-v)) - beta * np.logaddexp(0, v), y, alpha)
        x = np.array([1 / (1 + np.exp(-y))])
        actual = logit_derivative(x, np.array([alpha]), np.array([beta]))[0]
        assert actual == pytest.approx(expected, rel=1e-8)


def test_closed_forms():
    """Beta(α, 1) has F = x^α; two exponential values x and y share x + y uniformly."""
    x = np.array([1e-9, 0.01, 0.3, 0.999])
    for alpha in (0.05, 1.0, 40.0):
        expected = -np.log(x) / alpha / (1 - x)
        actual = logit_derivative(x, np.full(4, alpha), np.ones(4))
        np.testing.assert_allclose(actual, expected, rtol=1e-10)


def test_the_shape_of_the_input_and_blocks():
    rng = np.random.default_rng(0)
    x, alpha = rng.gamma(2.0, size=(7, 99)), rng.uniform(0.5, 4, (7, 99))
    each = [[gamma_derivative(x[i, j : j + 1], alpha[i, j : j + 1])[0] for j in (0, 55)] for i in (0, 6)]
    np.testing.assert_allclose(gamma_derivative(x, alpha)[[0, 6]][:, [0, 55]], each, rtol=1e-13)
    assert gamma_derivative(np.empty((0, 3)), np.empty((0, 3))).shape == (0, 3)
    assert gamma_derivative(x.astype(np.float32), alpha.astype(np.float32)).dtype == np.float32


def test_samples_are_what_they_were():
    alpha = npnn.tensor([[0.5, 2.0], [3.0, 1.0]], dtype=npnn.float64, requires_grad=True)
    drawn = wrap(np.array([[0.25, 0.75], [0.5, 0.5]]))
    y = DirichletSample.apply(alpha, drawn)
    np.testing.assert_array_equal(y, drawn)
    (moved,) = npnn.autograd.grad(y[..., 0].sum(), alpha)
    # One share up, the other down by as much; and what lifts all shares alike changes nothing.
    (other,) = npnn.autograd.grad(DirichletSample.apply(alpha, drawn)[..., 1].sum(), alpha)
    np.testing.assert_allclose(moved, -other, rtol=1e-12)
    assert (moved[..., 0] > 0).all()
    assert (moved[..., 1] < 0).all()


def test_no_second_derivative():
    alpha = npnn.ones(2, requires_grad=True)
    y = GammaSample.apply(alpha, npnn.ones(2))
    with pytest.raises(RuntimeError, match="GammaSample"):
        npnn.autograd.grad((y * y).sum(), alpha, create_graph=True)[0].sum().backward()
