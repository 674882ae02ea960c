"""Scattering: against loops over all elements, and differences."""

import numpy as np
import pytest

import npnn
from npnn.ops.scatter import Scatter, ScatterExtreme, ScatterProd

DRAW = np.random.default_rng(0)
X, VALUES = DRAW.standard_normal((3, 5)), DRAW.standard_normal((4, 2))
INDEX = np.array([[0, 2], [2, 2], [0, 1], [0, 0]])
ONCE = np.array([[0, 2], [2, 1], [1, 0]])


def looped(reduce, x, index, value):
    y = x.copy()
    for row, column in np.ndindex(index.shape):
        y[index[row, column], column] = reduce(y[index[row, column], column], value[row, column])
    return y


def test_scatter(check):
    value = VALUES[:3].copy()
    check(Scatter, X, ONCE, value, expected=looped(lambda old, new: new, X, ONCE, value), axis=0)


def test_prod(check):
    check(ScatterProd, X, INDEX, VALUES, expected=looped(np.multiply, X, INDEX, VALUES), axis=0)


@pytest.mark.parametrize("largest", [True, False])
def test_extreme(check, largest):
    reduce = np.maximum if largest else np.minimum
    expected = looped(reduce, X, INDEX, VALUES)
    check(ScatterExtreme, X, INDEX, VALUES, expected=expected, axis=0, largest=largest)


def test_along_the_last_axis(check):
    expected = X.copy()
    expected[[0, 0, 1, 1, 2, 2], [0, 2, 2, 1, 1, 0]] = VALUES[:3].ravel()
    check(Scatter, X, ONCE, VALUES[:3].copy(), expected=expected, axis=1)


@pytest.mark.parametrize("zeros", [[], [0], [3], [0, 3]])
@pytest.mark.parametrize("own", [0.0, 1.5])
def test_products_with_zeros(check, zeros, own):
    """The gradient of a factor is the product of the others, which may hold zeros."""
    value = np.array([2.0, -3.0, 0.5, 4.0])
    value[zeros] = 0
    check(ScatterProd, np.array([own]), np.zeros(4, np.int64), value, axis=0, second=len(zeros) < 2)


def test_second_derivatives_by_two_zeros_are_refused():
    x, value = npnn.zeros(2, requires_grad=True), npnn.zeros(2, requires_grad=True)
    y = ScatterProd.apply(x, np.zeros(2, np.int64), value, axis=0)
    with pytest.raises(NotImplementedError, match="differentiated only once"):
        npnn.autograd.grad(y.sum(), x, create_graph=True)


def test_ties_share_evenly():
    x, value = npnn.tensor([2.0, 5.0], requires_grad=True), npnn.tensor([2.0, 2.0, 1.0], requires_grad=True)
    y = ScatterExtreme.apply(x, np.array([0, 0, 1]), value, axis=0, largest=True)
    y.backward(npnn.tensor([6.0, 7.0]))
    np.testing.assert_array_equal(x.grad, [2, 7])
    np.testing.assert_array_equal(value.grad, [2, 2, 0])
