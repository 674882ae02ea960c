"""Systems of equations, inverses and powers as npnn.linalg has them; torch: test_tensor_database.py."""

import numpy as np
import pytest

import npnn
from npnn import linalg

RANDOM = np.random.default_rng(0)
A = RANDOM.standard_normal((2, 3, 3))
TALL = RANDOM.standard_normal((4, 3))
B = RANDOM.standard_normal((2, 3, 2))


def test_by_numpys_functions():
    a, b, tall = npnn.tensor(A), npnn.tensor(B), npnn.tensor(TALL)
    for ours, theirs in (
        (linalg.inv(a), np.linalg.inv(A)),
        (linalg.det(a), np.linalg.det(A)),
        (linalg.slogdet(a).sign, np.linalg.slogdet(A)[0]),
        (linalg.slogdet(a).logabsdet, np.linalg.slogdet(A)[1]),
        (linalg.solve(a, b), np.linalg.solve(A, B)),
        (linalg.solve(a, b[..., 0]), np.linalg.solve(A, B)[..., 0]),
        (linalg.matrix_power(a, 5), np.linalg.matrix_power(A, 5)),
        (linalg.matrix_power(a, -2), np.linalg.matrix_power(A, -2)),
        (linalg.matrix_power(a, 0), np.eye(3) + 0 * A),
        (linalg.pinv(tall), np.linalg.pinv(TALL)),
        (linalg.matrix_rank(npnn.tensor(TALL @ TALL.T)), 3),
        (linalg.lstsq(tall, tall[:, :1]).solution, np.eye(3)[:, :1]),
        (linalg.multi_dot([tall, a[0], a[1], tall.mT]), TALL @ A[0] @ A[1] @ TALL.T),
        (linalg.multi_dot([tall[:, 0], tall, a[0, 0]]), TALL[:, 0] @ TALL @ A[0, 0]),
        (npnn.chain_matmul(tall, a[0]), TALL @ A[0]),
        (linalg.vander(npnn.tensor([2.0, 3.0]), 3), [[1, 2, 4], [1, 3, 9]]),
        (linalg.vecdot(a, a), (A * A).sum(-1)),
        (linalg.tensorinv(a[0].reshape(1, 3, 3), 2), np.linalg.inv(A[0]).reshape(3, 1, 3)),
        (linalg.tensorsolve(a[0], b[0, :, 0]), np.linalg.solve(A[0], B[0, :, 0])),
    ):
        np.testing.assert_allclose(ours, theirs, rtol=1e-11, atol=1e-12)


def test_sides_and_triangles():
    a, b = npnn.tensor(A), npnn.tensor(B).mT
    np.testing.assert_allclose(linalg.solve(a, b, left=False) @ a, b, rtol=1e-11, atol=1e-12)
    for upper in (True, False):
        x = linalg.solve_triangular(a, b.mT, upper=upper)
        np.testing.assert_allclose((np.triu if upper else np.tril)(A) @ x.array, B, rtol=1e-11, atol=1e-12)
    x = linalg.solve_triangular(a, b, upper=True, left=False, unitriangular=True)
    np.testing.assert_allclose(x.array @ (np.triu(A, 1) + np.eye(3)), b, rtol=1e-11, atol=1e-12)


def test_the_logarithm_of_a_negative_determinant_is_nan():
    assert np.isnan(npnn.logdet(npnn.tensor([[0.0, 1.0], [1.0, 0.0]])).item())


def test_refused():
    a, tall, i = npnn.tensor(A), npnn.tensor(TALL), npnn.ones(2, 2, dtype=npnn.int64)
    for call, message in (
        (lambda: linalg.inv(tall), "square matrices"),
        (lambda: linalg.inv(a[0, 0]), "at least 2 dimensions"),
        (lambda: linalg.inv(i), "floating point"),
        (lambda: linalg.inv(npnn.ones(2, 2)), "singular"),
        (lambda: linalg.inv(npnn.ones(2, 2).half()), "Low precision"),
        (lambda: linalg.solve(npnn.ones(2, 2), npnn.ones(2)), "singular"),
        (lambda: linalg.solve(a, tall), "Incompatible shapes"),
        (lambda: linalg.solve(a, a.float()), "same dtype"),
        (lambda: linalg.multi_dot([tall]), "at least 2 tensors"),
        (lambda: linalg.multi_dot([tall, tall]), "cannot be multiplied"),
        (lambda: linalg.multi_dot([a, tall]), "must be 2D"),
        (lambda: linalg.lstsq(tall, tall[:3]), "should match"),
        (lambda: linalg.lstsq(tall, tall, driver="x"), "driver"),
        (lambda: linalg.tensorinv(a, 0), "strictly positive"),
        (lambda: linalg.tensorinv(a, 1), "requirement"),
        (lambda: linalg.tensorsolve(tall, tall), "requirement"),
        (lambda: linalg.vander(npnn.ones(1)), "greater than 1"),
    ):
        with pytest.raises(RuntimeError, match=message):
            call()
    with pytest.raises(linalg.LinAlgError):
        linalg.inv(npnn.zeros(2, 2))
