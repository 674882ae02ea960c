"""Decompositions as npnn.linalg and the top have them; their derivatives: tests/ops/test_decomposition.py."""

import numpy as np
import pytest

import npnn
from npnn import linalg

X = np.random.default_rng(0).standard_normal((4, 3))
SQUARE = X.T @ X


def test_factors():
    x, square = npnn.tensor(X), npnn.tensor(SQUARE)
    lower = linalg.cholesky(square)
    np.testing.assert_allclose(lower @ lower.mT, SQUARE, rtol=1e-12)
    assert npnn.equal(linalg.cholesky(square, upper=True), lower.mT)
    q, r = linalg.qr(x, "complete")
    assert q.shape == (4, 4)
    np.testing.assert_allclose(q @ r, X, rtol=1e-12, atol=1e-14)
    assert linalg.qr(x, "r").Q.shape == (0,)
    u, s, v = npnn.svd(x)
    np.testing.assert_allclose(u * s @ v.mT, X, rtol=1e-12, atol=1e-14)
    assert linalg.svd(x).U.shape == (4, 4)
    np.testing.assert_allclose(linalg.svdvals(x), s, rtol=1e-13)
    assert not npnn.svd(x, compute_uv=False).U.array.any()
    w, q = linalg.eigh(square, "U")
    np.testing.assert_allclose(q * w @ q.mT, SQUARE, rtol=1e-12, atol=1e-13)
    np.testing.assert_allclose(linalg.eigvalsh(square), w, rtol=1e-13)


def test_refused():
    x, square = npnn.tensor(X), npnn.tensor(SQUARE)
    for call, error, message in (
        (lambda: linalg.cholesky(-square), linalg.LinAlgError, "not positive-definite"),
        (lambda: linalg.cholesky(x), RuntimeError, "square matrices"),
        (lambda: linalg.qr(x, "x"), RuntimeError, "unrecognized mode"),
        (lambda: linalg.eigh(square, "x"), RuntimeError, "UPLO"),
        (lambda: linalg.svd(x[0]), RuntimeError, "at least 2 dimensions"),
    ):
        with pytest.raises(error, match=message):
            call()
