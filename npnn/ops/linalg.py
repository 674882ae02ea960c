"""Linear algebra on stacks of matrices: systems of equations, inverses, determinants and the exponential."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from npnn._typing import Array, Gradients
from npnn.autograd.function import Context, Operation


class Solve(Operation):
    """X with A X = B, for invertible matrices A (*, n, n) and B (*, n, k); leading axes broadcast.

    From dA X + A dX = dB follows dX = A⁻¹ (dB - dA X), so dL/dB = A⁻ᵀ dL/dX and dL/dA = -dL/dB Xᵀ.

    Source: torch.linalg.solve.
    """

    node_name = "LinalgSolveExBackward0"

    @staticmethod
    def forward(ctx: Context, a: Array, b: Array) -> Array:
        x: Array = np.linalg.solve(a, b)
        ctx.save_for_backward(a, x)
        return x

    @staticmethod
    def backward(ctx: Context, dx: Array) -> Gradients:
        a, x = ctx.saved_tensors
        db = Solve.apply(a.swapaxes(-1, -2), dx)
        return -(db @ x.swapaxes(-1, -2)) if ctx.needs_input_grad[0] else None, db


class Inverse(Operation):
    """Y = A⁻¹ of square matrices (*, n, n).

    From dA Y + A dY = 0 follows dY = -Y dA Y, so dL/dA = -Yᵀ dL/dY Yᵀ.

    Source: torch.linalg.inv.
    """

    node_name = "LinalgInvExBackward0"

    @staticmethod
    def forward(ctx: Context, a: Array) -> Array:
        y: Array = np.linalg.inv(a)
        ctx.save_for_backward(y)
        return y

    @staticmethod
    def backward(ctx: Context, dy: Array) -> Gradients:
        (y,) = ctx.saved_tensors
        transposed = y.swapaxes(-1, -2)
        return (-(transposed @ dy @ transposed),)


class Determinant(Operation):
    """det A of square matrices (*, n, n); dL/dA is dL/dy times the matrix of cofactors, det A · A⁻ᵀ.

    A singular matrix has cofactors too. With A = U diag(s) Vᵀ they are det U det V · U diag(c) Vᵀ, where c_i
    is the product of the s_j other than s_i: nothing is divided by. While backward is itself recorded, they
    are taken through the inverse.

    Source: torch.linalg.det.
    """

    node_name = "LinalgDetBackward0"

    @staticmethod
    def forward(ctx: Context, a: Array) -> Array:
        y = np.asarray(np.linalg.det(a))
        ctx.save_for_backward(a, y)
        return y

    @staticmethod
    def backward(ctx: Context, dy: Array) -> Gradients:
        a, y = ctx.saved_tensors
        if isinstance(a, np.ndarray):
            return (dy[..., None, None] * _cofactors(a),)
        return ((dy * y)[..., None, None] * Inverse.apply(a).swapaxes(-1, -2),)


def _cofactors(a: Array) -> Array:
    u, s, vt = np.linalg.svd(a)
    n = a.shape[-1]
    others = np.where(np.eye(n, dtype=bool), 1, s[..., None, :]).prod(axis=-1)
    orientation = np.linalg.det(u) * np.linalg.det(vt)
    return np.asarray((u * (others * orientation[..., None])[..., None, :]) @ vt, a.dtype)


class LogDeterminant(Operation):
    """The sign of det A, and ln |det A|, of square matrices (*, n, n); dL/dA = dL/dy A⁻ᵀ.

    The sign is constant between jumps: its gradient is 0.

    Source: torch.linalg.slogdet.
    """

    node_name = "LinalgSlogdetBackward0"

    @staticmethod
    def forward(ctx: Context, a: Array) -> tuple[Any, Any]:
        ctx.save_for_backward(a)
        sign, logarithm = (np.asarray(value) for value in np.linalg.slogdet(a))
        return sign, logarithm

    @staticmethod
    def backward(ctx: Context, _: Any, dy: Array) -> Gradients:
        (a,) = ctx.saved_tensors
        return (dy[..., None, None] * Inverse.apply(a).swapaxes(-1, -2),)


class PseudoInverse(Operation):
    """Y = A⁺, the pseudo-inverse of Moore and Penrose, of matrices (*, m, n).

    Singular values up to max(atol, rtol · the largest) count as 0. Those of a symmetric matrix, of which only
    the lower triangle is then looked at, are the sizes of its eigenvalues. Where the rank stays,
    dY = -Y dA Y + Y Yᵀ dAᵀ (1 - A Y) + (1 - Y A) dAᵀ Yᵀ Y, from which dL/dA follows term by term.

    Source: torch.linalg.pinv; Golub & Pereyra, "The differentiation of pseudo-inverses and nonlinear least
    squares problems whose variables separate" (1973).
    """

    node_name = "LinalgPinvBackward0"

    @staticmethod
    def forward(ctx: Context, a: Array, *, atol: Any, rtol: Any, symmetric: bool = False) -> Array:
        if symmetric:
            w, u = np.linalg.eigh(a)
            s, vt = np.abs(w), (u * np.sign(w)[..., None, :]).swapaxes(-1, -2)
        else:
            u, s, vt = np.linalg.svd(a, full_matrices=False)
        kept = s > np.maximum(atol, rtol * s.max(-1, keepdims=True))
        inverse = np.where(kept, 1 / np.where(kept, s, 1), 0).astype(a.dtype)
        y = np.asarray((vt.swapaxes(-1, -2) * inverse[..., None, :]) @ u.swapaxes(-1, -2))
        ctx.save_for_backward(a, y)
        return y

    @staticmethod
    def backward(ctx: Context, dy: Array) -> Gradients:
        a, y = ctx.saved_tensors
        yt, dyt = y.swapaxes(-1, -2), dy.swapaxes(-1, -2)
        inner = dyt @ y
        outer = y @ dyt
        da = -(yt @ dy @ yt)
        da = da + (dyt - a @ outer) @ (y @ yt)
        return (da + (yt @ y) @ (dyt - inner @ a),)


class MatrixExp(Operation):
    """exp(A) = Σ Aʲ / j! of square matrices A (*, n, n).

    A is halved s times, until the Padé approximant of degree 13 is exact to rounding, whose value is then
    squared s times: exp(A) = exp(A / 2ˢ)^(2ˢ).

    The derivative at A in the direction E is the upper right block of

        exp [A E]
            [0 A],

    and dL/dA is the derivative at Aᵀ in the direction dL/dY. That direction is brought to a length of at most
    1 first: what is halved on its account is lost to A.

    Source: torch.matrix_exp; Higham, "The scaling and squaring method for the matrix exponential revisited"
    (2005); Al-Mohy & Higham, "Computing the Fréchet derivative of the matrix exponential" (2009).
    """

    node_name = "LinalgMatrixExpBackward0"

    @staticmethod
    def forward(ctx: Context, a: Array) -> Array:
        ctx.save_for_backward(a)
        norm = np.abs(a).sum(axis=-2).max(axis=-1, initial=0)
        halvings = np.maximum(np.frexp(norm / _PADE_REACH)[1], 0)
        y = _pade(a / np.ldexp(np.ones((), a.dtype), halvings)[..., None, None])
        for squarings in range(halvings.max(initial=0)):
            y = np.where((squarings < halvings)[..., None, None], y @ y, y)
        return y

    @staticmethod
    def backward(ctx: Context, dy: Array) -> Gradients:
        (a,) = ctx.saved_tensors
        # The derivative is linear in its direction, so that the length may count as a constant throughout.
        length = np.maximum(abs(dy).max() if dy.size else 1.0, 1.0)
        a, direction = a.swapaxes(-1, -2), dy / length
        upper = np.concatenate([a, direction], axis=-1)
        lower = np.concatenate([np.zeros_like(a), a], axis=-1)
        n = a.shape[-1]
        return (MatrixExp.apply(np.concatenate([upper, lower], axis=-2))[..., :n, n:] * length,)


_PADE_DEGREE = 13
_PADE_REACH = 5.37
"""The 1-norm up to which the approximant is exact to rounding in float64."""

_PADE = [
    math.comb(_PADE_DEGREE, j) * math.factorial(2 * _PADE_DEGREE - j) / math.factorial(2 * _PADE_DEGREE)
    for j in range(_PADE_DEGREE + 1)
]
"""The coefficients c_j of the numerator Σ c_j Aʲ; the denominator is the same of -A."""


def _pade(a: Array) -> Array:
    """The Padé approximant of exp(A), its even and odd powers kept apart: (V - U)⁻¹ (V + U)."""
    c = _PADE
    one = np.eye(a.shape[-1], dtype=a.dtype)
    a2 = a @ a
    a4 = a2 @ a2
    a6 = a4 @ a2
    odd = a6 @ (c[13] * a6 + c[11] * a4 + c[9] * a2) + c[7] * a6 + c[5] * a4 + c[3] * a2 + c[1] * one
    even = a6 @ (c[12] * a6 + c[10] * a4 + c[8] * a2) + c[6] * a6 + c[4] * a4 + c[2] * a2 + c[0] * one
    odd = a @ odd
    return np.asarray(np.linalg.solve(even - odd, even + odd))
