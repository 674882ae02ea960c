"""Picking by index and by mask, as NumPy does it."""

import numpy as np
import pytest

import npnn

X = np.random.default_rng(0).standard_normal((3, 4))


def x():
    return npnn.tensor(X)


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        (x().take(npnn.tensor([[0, -1], [5, 5]])), X.ravel()[[[0, -1], [5, 5]]]),
        (
            x().take_along_dim(npnn.tensor([[1], [0], [3]]), 1),
            np.take_along_axis(X, np.array([[1], [0], [3]]), 1),
        ),
        (
            x().take_along_dim(npnn.tensor([[2, 1, 0, 0]]), 0),
            np.take_along_axis(X, np.array([[2, 1, 0, 0]]), 0),
        ),
        (x().take_along_dim(npnn.tensor([7, 0])), X.ravel()[[7, 0]]),
        (npnn.tensor(3.0).take_along_dim(npnn.tensor(0), 0), 3),
        (x().masked_select(x() > 0), X[X > 0]),
        (x().masked_select(npnn.tensor([True, False, False, True])), X[:, [0, 3]].ravel()),
        (npnn.tensor(2.0).masked_select(x() > 0), np.full((X > 0).sum(), 2)),
        ((x() > 0).nonzero(), np.argwhere(X > 0)),
        ((x() > 0).argwhere(), np.argwhere(X > 0)),
        (npnn.tensor(5).nonzero(), np.zeros((1, 0))),
        (npnn.stack(npnn.nonzero(x() > 0, as_tuple=True)), np.stack(np.nonzero(X > 0))),
        (npnn.nonzero(npnn.tensor(5), as_tuple=True)[0], [0]),
    ],
)
def test_values(result, expected):
    np.testing.assert_array_equal(result, expected)


def test_what_is_taken_twice_gets_both_gradients():
    leaf = npnn.tensor(X, requires_grad=True)
    leaf.take(npnn.tensor([1, -12, 1])).backward(npnn.tensor([2.0, 3.0, 5.0], dtype=npnn.float64))
    expected = np.zeros((3, 4))
    expected[0, :2] = 3, 7
    np.testing.assert_array_equal(leaf.grad, expected)


@pytest.mark.parametrize(
    ("call", "error", "match"),
    [
        (lambda: x().take(npnn.tensor([12])), IndexError, "tried to reach element 12 of 12"),
        (lambda: x().take(npnn.tensor([0.0])), RuntimeError, "Expected a long tensor for index"),
        (lambda: x().take_along_dim(npnn.tensor([0]), 1), RuntimeError, "same number of dimensions"),
        (lambda: x().take_along_dim(npnn.ones(1, 1), 1), RuntimeError, "dtype of indices should be Long"),
        (lambda: x().take_along_dim(npnn.tensor([[0], [0]]), 1), RuntimeError, "do not broadcast apart from"),
        (lambda: x().masked_select(npnn.ones(4)), RuntimeError, "expected BoolTensor for mask"),
        (lambda: x().masked_select(npnn.tensor([True])[[0, 0]]), RuntimeError, "The size of tensor a"),
    ],
)
def test_refused(call, error, match):
    with pytest.raises(error, match=match):
        call()
