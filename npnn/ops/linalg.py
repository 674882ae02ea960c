"""Linear algebra on stacks of matrices: systems of equations and the exponential."""

from __future__ import annotations

import math

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
