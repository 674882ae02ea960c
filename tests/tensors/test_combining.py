"""Stacks, grids and choices of several tensors, as NumPy and itertools make them."""

from itertools import combinations, combinations_with_replacement, product

import numpy as np
import pytest

import npnn

A, B, V = np.arange(6.0).reshape(2, 3), -np.ones((2, 3)), np.arange(3.0)
a, b, v = npnn.tensor(A), npnn.tensor(B), npnn.tensor(V)
n = npnn.arange(4)


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        (npnn.hstack([a, b]), np.hstack([A, B])),
        (npnn.hstack([v, v]), np.hstack([V, V])),
        (npnn.hstack([v]), V),
        (npnn.vstack([a, v]), np.vstack([A, V])),
        (npnn.row_stack([v, v]), np.vstack([V, V])),
        (npnn.dstack([a, b]), np.dstack([A, B])),
        (npnn.dstack([v, v]), np.dstack([V, V])),
        (npnn.column_stack([a.T, v]), np.column_stack([A.T, V])),
        (npnn.concat([a, b], 1), np.concatenate([A, B], 1)),
        (npnn.concatenate([a, b]), np.concatenate([A, B])),
        (npnn.cartesian_prod(n, n[:2]), list(product(range(4), range(2)))),
        (npnn.cartesian_prod(n), range(4)),
        (npnn.combinations(n, 3), list(combinations(range(4), 3))),
        (npnn.combinations(n, with_replacement=True), list(combinations_with_replacement(range(4), 2))),
        (npnn.combinations(n, 5), np.zeros((0, 5))),
        (npnn.combinations(n, 0), []),
    ],
)
def test_values(result, expected):
    np.testing.assert_array_equal(result, expected)


def test_block_diag():
    expected = np.zeros((4, 7))
    expected[:2, :3], expected[2, 3:6], expected[3, 6] = A, V, 5
    np.testing.assert_array_equal(npnn.block_diag(a, v, npnn.tensor(5.0)), expected)
    assert npnn.block_diag().shape == (1, 0)


@pytest.mark.parametrize("indexing", ["ij", "xy"])
def test_meshgrid(indexing):
    vectors = V, np.arange(2), np.arange(4.0)
    grids = npnn.meshgrid(*(npnn.tensor(x, dtype=npnn.float64) for x in vectors), indexing=indexing)
    for grid, expected in zip(grids, np.meshgrid(*vectors, indexing=indexing), strict=True):
        np.testing.assert_array_equal(grid, expected)
    assert npnn.meshgrid([v], indexing=indexing)[0].tolist() == [0, 1, 2]


def test_broadcasting():
    one, two = npnn.broadcast_tensors(v, npnn.ones(2, 1))
    assert one.shape == two.shape == npnn.broadcast_shapes(3, (2, 1)) == (2, 3)
    np.testing.assert_array_equal(one, [V, V])


@pytest.mark.parametrize(
    ("call", "match"),
    [
        (lambda: npnn.vstack([]), "vstack expects a non-empty TensorList"),
        (lambda: npnn.block_diag(npnn.ones(1, 1, 1)), "must have 2 or fewer dimensions. Input 0 has 3"),
        (lambda: npnn.broadcast_shapes((2,), (3,)), r"\[2\], \[3\] cannot be broadcast"),
        (lambda: npnn.meshgrid(), "non-empty"),
        (lambda: npnn.meshgrid(a), r"Expected 0D or 1D tensor in the tensor list but got shape \[2, 3\]"),
        (lambda: npnn.meshgrid(v, n), "same dtype"),
        (lambda: npnn.meshgrid(v, indexing="kl"), "but received: kl"),
        (lambda: npnn.cartesian_prod(a), "Expect a 1D vector"),
        (lambda: npnn.combinations(a), "Expect a 1D vector"),
        (lambda: npnn.combinations(n, -1), "non-negative"),
    ],
)
def test_refused(call, match):
    with pytest.raises(RuntimeError, match=match):
        call()
