"""Norms against NumPy's; test_tensor_database.py holds them and their gradients against torch."""

import math

import numpy as np
import pytest

import npnn
from npnn import linalg

X = np.random.default_rng(0).standard_normal((4, 3))
STACK = np.random.default_rng(1).standard_normal((2, 3, 5))


@pytest.mark.parametrize("order", ["fro", "nuc", 1, -1, 2, -2, math.inf, -math.inf])
def test_of_matrices(order):
    expected = np.linalg.norm(X, order)
    np.testing.assert_allclose(linalg.matrix_norm(npnn.tensor(X), order), expected, rtol=1e-12)
    np.testing.assert_allclose(linalg.norm(npnn.tensor(X), order), expected, rtol=1e-12)
    stack = linalg.matrix_norm(npnn.tensor(STACK), order, dim=(2, 0), keepdim=True)
    expected = np.linalg.norm(STACK, order, axis=(2, 0), keepdims=True)
    np.testing.assert_allclose(stack, expected, rtol=1e-12)


@pytest.mark.parametrize("order", [0, 1, 2, 3.5, math.inf, -math.inf])
def test_of_vectors(order):
    expected = np.linalg.norm(X, order, axis=0)
    np.testing.assert_allclose(linalg.vector_norm(npnn.tensor(X), order, dim=0), expected, rtol=1e-12)
    np.testing.assert_allclose(linalg.norm(npnn.tensor(X), order, dim=0), expected, rtol=1e-12)


def test_without_an_order():
    np.testing.assert_allclose(linalg.norm(npnn.tensor(STACK)), np.linalg.norm(STACK), rtol=1e-13)


@pytest.mark.parametrize("order", [None, 2, -2, 1, "fro"])
def test_condition_numbers(order):
    expected = np.linalg.cond(X[:3], order)
    np.testing.assert_allclose(linalg.cond(npnn.tensor(X[:3]), order), expected, rtol=1e-11)


def test_refused():
    x, stack = npnn.tensor(X), npnn.tensor(STACK)
    for call, message in (
        (lambda: linalg.matrix_norm(x[0]), "at least 2 dimensions"),
        (lambda: linalg.matrix_norm(x, 3), "Order 3 not supported"),
        (lambda: linalg.matrix_norm(x, dim=(0, 0)), "dims must be different"),
        (lambda: linalg.matrix_norm(x, dim=0), "must be a 2-tuple"),
        (lambda: linalg.norm(stack, 2), "must be 1D or 2D"),
        (lambda: linalg.vector_norm(npnn.arange(3)), "floating point"),
    ):
        with pytest.raises(RuntimeError, match=message):
            call()
