"""Diagonals and triangles as functions and methods."""

import numpy as np
import pytest

import npnn

X = np.arange(24.0).reshape(2, 3, 4)


def x():
    return npnn.tensor(X)


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        (x().tril(1), np.tril(X, 1)),
        (x().triu(-1), np.triu(X, -1)),
        (npnn.tril_indices(3, 4, 1), np.array(np.tril_indices(3, 1, 4))),
        (npnn.triu_indices(3, 4, -1), np.array(np.triu_indices(3, -1, 4))),
        (x().diagonal(1, 2, 1), np.diagonal(X, 1, 2, 1)),
        (x()[0].diag(-1), np.diag(X[0], -1)),
        (x()[0, 0].diag(2), np.diag(X[0, 0], 2)),
        (x()[0].diagflat(), np.diagflat(X[0])),
        (x()[0].trace(), np.trace(X[0])),
        (x()[0].diag_embed(1, 0, 2), np.stack([np.diag(row, 1) for row in X[0]], 1)),
        (npnn.tensor(2.0).diag_embed(), [[2.0]]),
    ],
)
def test_values(result, expected):
    np.testing.assert_array_equal(result, expected)


def test_diagonal_scatter():
    expected = X[0].copy()
    expected[[0, 1, 2], [1, 2, 3]] = [-1, -2, -3]
    source = npnn.tensor([-1.0, -2.0, -3.0], requires_grad=True)
    given = npnn.tensor(X[0], requires_grad=True)
    result = given.diagonal_scatter(source, 1)
    np.testing.assert_array_equal(result.detach(), expected)
    cotangent = np.random.default_rng(0).standard_normal((3, 4))
    result.backward(npnn.tensor(cotangent))
    np.testing.assert_array_equal(source.grad, np.diagonal(cotangent, 1).astype(np.float32))
    np.testing.assert_array_equal(given.grad, np.where(expected < 0, 0, cotangent))


def test_filling():
    expected = np.zeros((7, 3))
    np.fill_diagonal(expected, 2)
    np.testing.assert_array_equal(npnn.zeros(7, 3).fill_diagonal_(2), expected)
    np.fill_diagonal(expected, 2, wrap=True)
    np.testing.assert_array_equal(npnn.zeros(7, 3).fill_diagonal_(2, wrap=True), expected)
    cube = npnn.zeros(3, 3, 3).fill_diagonal_(1)
    assert (cube.sum().item(), cube[1, 1, 1].item()) == (3, 1)


def test_in_place():
    t = x()
    assert t.tril_() is t
    np.testing.assert_array_equal(t.triu_(), np.tril(np.triu(X)))


@pytest.mark.parametrize(
    ("call", "error", "match"),
    [
        (lambda: npnn.ones(3).tril(), RuntimeError, "at least 2 dimensions"),
        (lambda: x().diag(), RuntimeError, "Supports 1D or 2D tensors. Got 3D"),
        (lambda: x().trace(), RuntimeError, "expected a matrix, but got tensor with dim 3"),
        (lambda: x().diagonal(0, 1, -2), RuntimeError, "cannot be identical"),
        (lambda: x().diagonal(0, 1, 3), IndexError, "Dimension out of range"),
        (lambda: x().diagonal_scatter(npnn.ones(2)), RuntimeError, "size equal to the slice of self"),
        (lambda: npnn.tril_indices(-1, 2), RuntimeError, "row must be non-negative, got -1"),
        (lambda: npnn.triu_indices(1, 2, dtype=npnn.float32), RuntimeError, "not implemented for float32"),
        (lambda: npnn.ones(3).fill_diagonal_(1), RuntimeError, "dimensions must larger than 1"),
        (lambda: x().fill_diagonal_(1), RuntimeError, "must be of equal length"),
    ],
)
def test_refused(call, error, match):
    with pytest.raises(error, match=match):
        call()
