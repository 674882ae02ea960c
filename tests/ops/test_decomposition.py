"""Decompositions: the factors multiplied are the matrix, and derivatives agree with differences, twice."""

import numpy as np
import pytest

import npnn
from npnn.autograd import gradcheck, gradgradcheck
from npnn.ops import decomposition as ops

RANDOM = np.random.default_rng(0)


def matrix(*shape):
    return RANDOM.standard_normal(shape)


def symmetric(*shape):
    a = matrix(*shape)
    return a + a.swapaxes(-1, -2)


def positive(*shape):
    a = matrix(*shape)
    return a @ a.swapaxes(-1, -2) + np.eye(shape[-1])


def agree(function, *arrays):
    tensors = [npnn.tensor(x, requires_grad=True) for x in arrays]
    assert gradcheck(function, tensors, atol=1e-6, rtol=1e-5)
    assert gradgradcheck(function, tensors, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("shape", [(3, 3), (2, 4, 4), (0, 0)])
def test_cholesky(shape):
    a = positive(*shape)
    lower = ops.Cholesky.apply(a)
    np.testing.assert_allclose(lower @ lower.swapaxes(-1, -2), a, rtol=1e-12, atol=1e-14)
    np.testing.assert_array_equal(lower, np.tril(lower))
    # As for a symmetric matrix: of any other only one triangle would be looked at.
    agree(lambda a: ops.Cholesky.apply(a + a.mT), a / 2)


@pytest.mark.parametrize(
    ("shape", "complete"), [((4, 3), False), ((3, 3), True), ((2, 2, 4), False), ((2, 2, 4), True)]
)
def test_qr(shape, complete):
    a = matrix(*shape)
    q, r = ops.QR.apply(a, complete=complete)
    np.testing.assert_allclose(q @ r, a, rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(q.swapaxes(-1, -2) @ q, np.eye(q.shape[-1]) + 0 * q[..., :1, :1], atol=1e-13)
    agree(lambda a: ops.QR.apply(a, complete=complete), a)


def test_a_complete_qr_of_a_tall_matrix_has_no_derivative():
    x = npnn.tensor(matrix(4, 2), requires_grad=True)
    q, _ = ops.QR.apply(x, complete=True)
    with pytest.raises(RuntimeError, match="not differentiable"):
        q.sum().backward()


@pytest.mark.parametrize("shape", [(3, 3), (4, 2), (2, 2, 3)])
def test_singular_values(shape):
    a = matrix(*shape)
    u, s, vt = ops.SingularValues.apply(a)
    np.testing.assert_allclose((u * s[..., None, :]) @ vt, a, rtol=1e-12, atol=1e-13)

    def without_signs(a):
        u, s, vt = ops.SingularValues.apply(a)
        return abs(u), s, abs(vt)

    agree(without_signs, a)


def test_full_singular_vectors():
    a = matrix(4, 2)
    u, _, _ = ops.SingularValues.apply(a, full=True)
    assert u.shape == (4, 4)
    agree(lambda a: ops.SingularValues.apply(a, full=True)[1], a)


@pytest.mark.parametrize("shape", [(3, 3), (2, 4, 4)])
@pytest.mark.parametrize("triangle", ["L", "U"])
def test_symmetric_eigenvalues(shape, triangle):
    a = symmetric(*shape)
    w, q = ops.SymmetricEigen.apply(a, triangle=triangle)
    np.testing.assert_allclose((q * w[..., None, :]) @ q.swapaxes(-1, -2), a, rtol=1e-11, atol=1e-12)

    def without_signs(a):
        w, q = ops.SymmetricEigen.apply(a + a.mT, triangle=triangle)
        return w, abs(q)

    agree(without_signs, a / 2)
