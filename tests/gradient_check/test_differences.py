"""Central differences against closed forms, and the measures of a difference."""

import numpy as np
import pytest

from npnn.gradient_check.differences import Difference, numeric_gradient


def test_the_gradient_of_a_quadratic_form_is_exact_but_for_rounding():
    # Central differences have no truncation error on a quadratic.
    random = np.random.default_rng(0)
    A, x = random.standard_normal((5, 3, 3)), random.standard_normal(3)
    dY = random.standard_normal(5)
    numeric = numeric_gradient(lambda: np.einsum("i,kij,j->k", x, A, x), x, dY)
    expected = np.einsum("k,kij,j->i", dY, A, x) + np.einsum("k,kji,j->i", dY, A, x)
    np.testing.assert_allclose(numeric, expected, rtol=1e-9, atol=1e-9)


def test_the_gradient_of_a_function_of_each_element():
    x = np.random.default_rng(1).standard_normal((2, 3))
    dY = np.random.default_rng(2).standard_normal((2, 3))
    np.testing.assert_allclose(
        numeric_gradient(lambda: np.sin(x), x, dY), dY * np.cos(x), rtol=1e-9, atol=1e-10
    )


@pytest.mark.parametrize("h", [1e-1, 1e-2])
def test_the_error_of_truncation_is_that_of_taylor(h):
    # (sin(x + h) - sin(x - h)) / 2h = cos(x) sin(h) / h
    x = np.array([0.3, -1.2, 2.0])
    numeric = numeric_gradient(lambda: np.sin(x), x, np.ones(3), h)
    np.testing.assert_allclose(numeric, np.cos(x) * np.sin(h) / h, rtol=1e-12)


def test_a_large_constant_costs_few_digits():
    x, dY = np.array([0.5]), np.array([1.0, 1.0])
    numeric = numeric_gradient(lambda: np.array([x[0] ** 2, 1e6]), x, dY)
    np.testing.assert_allclose(numeric, [1.0], rtol=1e-9)


def test_entries_are_put_back():
    x = np.random.default_rng(0).standard_normal((2, 3))
    before = x.copy()
    numeric_gradient(lambda: x**3, x, np.ones((2, 3)))
    np.testing.assert_array_equal(x, before)


def test_relative_difference():
    difference = Difference("x", np.array([3.0, 0.0]), np.array([0.0, 4.0]))
    assert difference.analytic_norm == 3.0
    assert difference.numeric_norm == 4.0
    assert difference.relative == 1.0  # ‖(-3, 4)‖ / ‖(3, 4)‖
    assert difference.agrees(1.0)
    assert not difference.agrees(0.99)


def test_two_zeros_agree_and_so_does_what_rounding_makes_of_them():
    assert Difference("x", np.zeros(2), np.zeros(2)).relative == 0.0
    assert Difference("x", np.zeros(2), np.array([1e-10, 0.0]), rounding=1e-9).relative == 0.0
    assert Difference("x", np.zeros(2), np.array([1e-8, 0.0]), rounding=1e-9).relative == 1.0


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_what_is_not_finite_never_agrees(bad):
    difference = Difference("x", np.array([1.0, bad, 3.0]), np.array([1.0, 2.0, 3.0]))
    assert not difference.agrees(1e9)
    assert difference.wrong_entries(1e-7) == [(1,)]


def test_wrong_entries_come_worst_first():
    numeric = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    analytic = numeric + np.array([[0, 0.1, 0], [np.nan, 1e-9, -0.5]])
    assert Difference("x", analytic, numeric).wrong_entries(1e-7) == [(1, 0), (1, 2), (0, 1)]


def test_factor():
    numeric = np.random.default_rng(0).standard_normal((2, 3))
    assert Difference("x", -0.25 * numeric, numeric).factor(1e-7) == pytest.approx(-0.25)
    assert Difference("x", numeric**2, numeric).factor(1e-7) is None
    assert Difference("x", numeric, np.zeros((2, 3))).factor(1e-7) is None
