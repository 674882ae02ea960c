"""Decompositions of stacks of matrices: Cholesky's, QR, singular values, and eigenvalues of symmetric ones.

Sources: the torch.linalg function of the same name; Seeger, Hetzel, Dai, Meissner & Lawrence,
"Auto-differentiating linear algebra" (2017); Townsend, "Differentiating the singular value decomposition"
(2016).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from npnn._typing import Array, Gradients
from npnn.autograd.function import Context, Operation
from npnn.ops.linalg import Solve


def _transposed(x: Any) -> Any:
    return x.swapaxes(-1, -2)


def _lower(n: int, below: int = 0) -> Array:
    """Ones on and below a diagonal."""
    return np.tri(n, k=below)


def _diagonal(values: Any) -> Any:
    """Vectors as diagonal matrices."""
    return values[..., None] * np.eye(values.shape[-1], dtype=values.dtype)


class Cholesky(Operation):
    """The lower triangular L with L Lᵀ = A, for symmetric positive definite A (*, n, n).

    From dA = dL Lᵀ + L dLᵀ follows L⁻¹ dL = Φ(L⁻¹ dA L⁻ᵀ), where Φ takes the lower triangle with half the
    diagonal. So, with a cotangent G of L, that of A is L⁻ᵀ S L⁻¹, where S is the mean of Φ(Lᵀ G) and its
    transpose, as dA is symmetric.
    """

    node_name = "LinalgCholeskyExBackward0"

    @staticmethod
    def forward(ctx: Context, a: Array) -> Array:
        y = np.asarray(np.linalg.cholesky(a))
        ctx.save_for_backward(y)
        return y

    @staticmethod
    def backward(ctx: Context, dy: Array) -> Gradients:
        (y,) = ctx.saved_tensors
        n, yt = y.shape[-1], _transposed(y)
        inner = yt @ dy * _lower(n).astype(dy.dtype)
        below = inner * _lower(n, -1).astype(dy.dtype)
        symmetric = (inner + _transposed(below)) / 2
        half = Solve.apply(yt, symmetric)
        return (_transposed(Solve.apply(yt, _transposed(half))),)


class QR(Operation):
    """A = Q R with orthonormal columns in Q and an upper triangular R, for A (*, m, n).

    In the reduced form Q is (m, k) and R (k, n), k = min(m, n); in the complete one Q is (m, m).

    With cotangents F of Q and G of R, and M = G Rᵀ - Qᵀ F: if m >= n, that of A is (F + Q S) R⁻ᵀ, where S is
    the upper triangle of M, mirrored. If m < n, the first m columns R₁ of R determine Q, and that of A
    is Q G + [Q S R₁⁻ᵀ, 0], where S is the lower triangle of Mᵀ - M.
    """

    node_name = "LinalgQrBackward0"

    @staticmethod
    def forward(ctx: Context, a: Array, *, complete: bool = False) -> tuple[Any, Any]:
        q, r = np.linalg.qr(a, mode="complete" if complete else "reduced")
        ctx.save_for_backward(q, r)
        return q, r

    @staticmethod
    def backward(ctx: Context, dq: Array, dr: Array) -> Gradients:
        q, r = ctx.saved_tensors
        m, n = r.shape[-2:]
        if q.shape[-2] > n and m > n:
            raise RuntimeError(
                "The QR decomposition is not differentiable when mode='complete' and nrows > ncols"
            )
        inner = dr @ _transposed(r) - _transposed(q) @ dq
        if m == n:
            upper = inner * _lower(n).T.astype(dq.dtype)
            strict = inner * _lower(n, -1).T.astype(dq.dtype)
            numerator = dq + q @ (upper + _transposed(strict))
            return (_transposed(Solve.apply(r, _transposed(numerator))),)
        skew = (_transposed(inner) - inner) * _lower(m).astype(dq.dtype)
        first = _transposed(Solve.apply(r[..., :m], _transposed(q @ skew)))
        rest = np.zeros((*first.shape[:-1], n - m), dq.dtype)
        return (q @ dr + np.concatenate([first, rest], axis=-1),)


class SingularValues(Operation):
    """A = U diag(s) Vᵀ, with orthonormal columns in U and V and s >= 0 in falling order, for A (*, m, n).

    With k = min(m, n), E_ij = s_j² - s_i² off the diagonal, skew(X) = X - Xᵀ, and cotangents F of U, g of s
    and H of V, that of A is

        U [skew(Uᵀ F) / E diag(s) + diag(s) skew(Vᵀ H) / E + diag(g)] Vᵀ.

    If m > k, the part of F outside the columns of U adds (1 - U Uᵀ) F diag(1/s) Vᵀ, and likewise that of H if
    n > k. Where singular values are equal, vectors have no derivative. Columns beyond k have no gradient.
    """

    node_name = "LinalgSvdBackward0"

    @staticmethod
    def forward(ctx: Context, a: Array, *, full: bool = False) -> tuple[Any, Any, Any]:
        u, s, vt = np.linalg.svd(a, full_matrices=full)
        ctx.save_for_backward(u, s, vt)
        return u, s, vt

    @staticmethod
    def backward(ctx: Context, du: Array, ds: Array, dvt: Array) -> Gradients:
        u, s, vt = ctx.saved_tensors
        m, k, n = u.shape[-2], s.shape[-1], vt.shape[-1]
        u, du, vt, dvt = u[..., :k], du[..., :k], vt[..., :k, :], dvt[..., :k, :]
        ut, v, dv = _transposed(u), _transposed(vt), _transposed(dvt)
        squares = s * s
        gaps = squares[..., None, :] - squares[..., None] + np.eye(k, dtype=s.dtype)
        inner = (_skew(ut @ du) / gaps) * s[..., None, :] + s[..., None] * (_skew(vt @ dv) / gaps)
        da = u @ (inner + _diagonal(ds)) @ vt
        if m > k:
            da = da + ((du - u @ (ut @ du)) / s[..., None, :]) @ vt
        if n > k:
            da = da + (u / s[..., None, :]) @ _transposed(dv - v @ (vt @ dv))
        return (da,)


def _skew(x: Any) -> Any:
    return x - _transposed(x)


class SymmetricEigen(Operation):
    """A = Q diag(w) Qᵀ, with orthonormal columns in Q and w in rising order, for symmetric A (*, n, n).

    Only one triangle of A is looked at. With E_ij = w_j - w_i off the diagonal, and cotangents g of w and G
    of Q, that of A is Q [diag(g) + (Qᵀ G) / E] Qᵀ. Where eigenvalues are equal, vectors have no derivative.
    """

    node_name = "LinalgEighBackward0"

    @staticmethod
    def forward(ctx: Context, a: Array, *, triangle: str = "L") -> tuple[Any, Any]:
        w, q = np.linalg.eigh(a, UPLO=triangle)  # type: ignore[call-overload]
        ctx.save_for_backward(w, q)
        return w, q

    @staticmethod
    def backward(ctx: Context, dw: Array, dq: Array) -> Gradients:
        w, q = ctx.saved_tensors
        one = np.eye(w.shape[-1], dtype=w.dtype)
        gaps = w[..., None, :] - w[..., None] + one
        inner = _skew(_transposed(q) @ dq) / 2 / gaps
        return (q @ (inner + _diagonal(dw)) @ _transposed(q),)
