"""Picking and putting: each the transpose of the other."""

import itertools

import numpy as np
import pytest

import npnn
from npnn.ops import indexing as ops

RANDOM = np.random.default_rng(0)
X = RANDOM.standard_normal((3, 4))
INDICES = [
    (0, Ellipsis),
    (slice(1, None), slice(None, None, 2)),
    (Ellipsis, None, -1),
    np.array([0, 2, 2]),
    (np.array([0, 2, 2]), np.array([1, 1, 1])),
    (np.array([[0], [1]]), np.array([3, 0, 3])),
    X > 0,
    (slice(None), np.array([True, False, True, False])),
    (1, 2, Ellipsis),
    np.array([], int),
]


@pytest.mark.parametrize("index", INDICES, ids=repr)
def test_get_and_put(check, index):
    y = X[index]
    check(ops.GetItem, X, expected=y, index=index)
    put = np.zeros_like(X)
    for place in np.ndindex(np.shape(y)):
        # Where an element came from is found by numbering all of them.
        put.flat[np.arange(12).reshape(3, 4)[index][place]] += y[place]
    check(ops.PutAdd, np.array(y), expected=put, index=index, shape=X.shape)


@pytest.mark.parametrize("index", INDICES, ids=repr)
def test_put_is_the_transpose_of_get(index):
    """⟨get x, v⟩ = ⟨x, put v⟩."""
    v = RANDOM.standard_normal(np.shape(X[index]))
    put = ops.PutAdd.apply(v, index=index, shape=X.shape)
    np.testing.assert_allclose(np.sum(X[index] * v), np.sum(X * put), rtol=1e-12, atol=1e-13)


def test_set(check):
    def whole(x):
        return x

    def column(x):
        return x[:, 1]

    value = RANDOM.standard_normal(2)
    expected = X.copy()
    expected[1, 2:] = value
    check(ops.SetItem, X, value, expected=expected, region=whole, index=(1, slice(2, None)))
    expected = X.copy()
    expected[0, 1] = expected[2, 1] = 7.0
    check(ops.SetItem, X, np.array(7.0), expected=expected, region=column, index=np.array([0, 2]))
    check(ops.SetItem, X, X[0].copy(), region=whole, index=Ellipsis)


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_gather_and_scatter(check, axis):
    index = RANDOM.integers(0, 3, (2, 3))
    gathered, scattered = np.zeros((2, 3)), np.zeros(X.shape)
    v = RANDOM.standard_normal((2, 3))
    for i, j in itertools.product(range(2), range(3)):
        place = (index[i, j], j) if axis == 0 else (i, index[i, j])
        gathered[i, j] = X[place]
        scattered[place] += v[i, j]
    check(ops.Gather, X, index, expected=gathered, axis=axis)
    check(ops.ScatterAdd, v, index, expected=scattered, axis=axis, shape=X.shape)


def test_basic_indices():
    for index in (0, np.int64(1), slice(None), None, Ellipsis, (0, slice(1), None, ...)):
        assert ops.is_basic(index)
    for index in (True, np.True_, [0], np.array([0]), (0, np.array([1])), (0, True)):
        assert not ops.is_basic(index)


def test_viewed_goes_the_whole_way():
    x = npnn.tensor(X)
    y = x.T[1:].view(3, 3)[2]
    np.testing.assert_array_equal(ops.viewed(X, y._view_steps), y)
