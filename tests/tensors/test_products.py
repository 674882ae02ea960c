"""Products of vectors and matrices, and distances; test_tensor_database.py holds them against torch."""

import numpy as np
import pytest

import npnn

RANDOM = np.random.default_rng(0)
A, B, V, W = (RANDOM.standard_normal(shape) for shape in ((2, 3), (3, 4), (3,), (2,)))
STACK, OTHER = RANDOM.standard_normal((5, 2, 3)), RANDOM.standard_normal((5, 3, 4))


def test_by_numpys_products():
    a, b, v, w, stack, other = (npnn.tensor(x) for x in (A, B, V, W, STACK, OTHER))
    for ours, theirs in (
        (npnn.mv(a, v), A @ V),
        (npnn.bmm(stack, other), STACK @ OTHER),
        (npnn.outer(v, w), np.outer(V, W)),
        (npnn.inner(stack, a), np.inner(STACK, A)),
        (npnn.kron(a, v), np.kron(A, V)),
        (npnn.vdot(v, v), V @ V),
        (npnn.cross(a, v[None], dim=1), np.cross(A, V)),
        (npnn.addmm(npnn.ones(4, dtype=npnn.float64), a, b, beta=2, alpha=3), 2 + 3 * A @ B),
        (npnn.addmv(w, a, v), W + A @ V),
        (npnn.addr(npnn.tensor(B), v, npnn.ones(4, dtype=npnn.float64)), B + V[:, None]),
        (npnn.addbmm(npnn.zeros(2, 4, dtype=npnn.float64), stack, other), (STACK @ OTHER).sum(0)),
        (npnn.baddbmm(npnn.zeros(2, 4, dtype=npnn.float64), stack, other), STACK @ OTHER),
        (npnn.dist(a, v, 1), abs(A - V).sum()),
        (npnn.cdist(a, v[None]), np.linalg.norm(A - V, axis=1)[:, None]),
    ):
        np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-14)


def test_with_beta_0_what_is_added_to_is_not_looked_at():
    x = npnn.full((2, 4), np.nan, dtype=npnn.float64, requires_grad=True)
    y = npnn.addmm(x, npnn.tensor(A), npnn.tensor(B), beta=0)
    assert np.isfinite(y.array).all()
    y.sum().backward()
    assert not x.grad.array.any()


def test_refused():
    a, b, v, stack = (npnn.tensor(x) for x in (A, B, V, STACK))
    for call, message in (
        (lambda: npnn.mv(v, a), "matrix @ vector expected"),
        (lambda: npnn.bmm(a, b), "batch1 must be a 3D tensor"),
        (lambda: npnn.bmm(stack, stack), "Expected size for first two dimensions of batch2"),
        (lambda: npnn.outer(a, v), "Expected 1-D argument self"),
        (lambda: npnn.inner(a, b), "the last dimension must match"),
        (lambda: npnn.cross(b, b, dim=1), "must have length 3"),
        (lambda: npnn.cross(b[:2], b[:2]), "no dimension of size 3"),
        (lambda: npnn.addmm(npnn.ones(3), a, b), "must match"),
        (lambda: npnn.addmm(npnn.ones(4), a, b), "same dtype"),
        (lambda: npnn.cdist(v, a), "at least 2D"),
        (lambda: npnn.cdist(a, b), "same number of columns"),
        (lambda: npnn.cdist(a, a, p=-1), "non-negative p"),
        (lambda: npnn.linalg.cross(a, v), "same number of dimensions"),
    ):
        with pytest.raises(RuntimeError, match=message):
            call()
