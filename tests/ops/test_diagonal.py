"""Diagonals and triangles: where each element goes, and that its gradient comes back from there."""

import numpy as np
import pytest

from npnn.ops.diagonal import Diagonal, DiagonalEmbed, Triangle

X = np.random.default_rng(0).standard_normal((3, 2, 1, 4))


@pytest.mark.parametrize(("axis1", "axis2"), [(0, 1), (3, 1), (1, 0)])
@pytest.mark.parametrize("offset", [0, 2, -1, 9])
def test_diagonal(check, offset, axis1, axis2):
    expected = np.diagonal(X, offset, axis1, axis2) if offset < 9 else None
    check(Diagonal, X, expected=expected, offset=offset, axis1=axis1, axis2=axis2)


@pytest.mark.parametrize("offset", [0, 1, -2])
def test_diagonal_embed(check, offset):
    size = 4 - abs(offset)
    x = X[..., :size].copy()
    options = {"offset": offset, "axis1": 2, "axis2": 0}
    expected = np.zeros((4, 3, 4, 2, 1))
    for place in range(size):
        row, column = place + max(-offset, 0), place + max(offset, 0)
        expected[column, :, row] = x[..., place]
    check(DiagonalEmbed, x, expected=expected, shape=expected.shape, **options)


@pytest.mark.parametrize("diagonal", [0, 2, -1, -9])
@pytest.mark.parametrize("lower", [True, False])
def test_triangle(check, lower, diagonal):
    row, column = np.indices((1, 4))
    kept = column - row <= diagonal if lower else column - row >= diagonal
    check(Triangle, X, expected=np.where(kept, X, 0), lower=lower, diagonal=diagonal)


def test_what_is_left_out_may_be_anything():
    x = np.array([[1.0, np.nan], [np.inf, 2.0]])
    np.testing.assert_array_equal(Triangle.apply(x, lower=False, diagonal=0), [[1, np.nan], [0, 2]])
    np.testing.assert_array_equal(Triangle.apply(x, lower=True, diagonal=-1), [[0, 0], [np.inf, 0]])
