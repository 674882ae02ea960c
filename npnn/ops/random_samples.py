"""Samples as functions of the parameters of their distribution: gamma and Dirichlet, with implicit gradients.

A sample is drawn by rejection, which has no derivative. But its place in the distribution, u = F(x; α), is
uniform whatever α is, so the x that keeps u moves with α by dx/dα = -(∂F/∂α) / f(x) [1]. In a coordinate
y that runs over all real numbers (ln x, or the logit of x) with the density q,

    dy/dα = -1/q(y) ∫ q(v) s(v) dv from -∞ to y,    s = ∂ ln q/∂α, whose integral over all v is 0,

so that the other side of y serves as well: the side away from the mode, where q only falls. There the
integral is taken by the double exponential rule [2], to about twelve digits.

References:
    [1] Figurnov, Mohamed and Mnih, "Implicit reparameterization gradients", NeurIPS 2018.
    [2] Takahasi and Mori, "Double exponential formulas for numerical integration", Publ. RIMS 9, 1974.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from npnn._typing import Array, Gradients
from npnn.autograd.function import Context, Operation, once_differentiable
from npnn.ops import special
from npnn.ops.arithmetic import SILENT

# Nodes and weights for ∫ f(w) dw from 0 on: w = exp(π/2 sinh t) for evenly spaced t.
_STEP = 0.04
_T = np.arange(-4.0, 3.2, _STEP)
_NODES = np.exp(math.pi / 2 * np.sinh(_T))
_WEIGHTS = _STEP * math.pi / 2 * np.cosh(_T) * _NODES
_ROWS = 256  # values at a time, times the nodes: they stay in the cache


class GammaSample(Operation):
    """The sample itself; its derivative by the concentration is the implicit one.

    With y = ln x: ln q(y) = α y - eʸ - ln Γ(α), s = y - ψ(α), and dx/dα = x dy/dα.
    torch has approximations with errors of up to 1e-3 here; these derivatives are exact to rounding.
    Source: torch.distributions.Gamma.rsample.
    """

    @staticmethod
    def forward(ctx: Context, concentration: Array, sample: Array) -> Array:
        ctx.save_for_backward(concentration, sample)
        return sample

    @staticmethod
    @once_differentiable
    def backward(ctx: Context, dy: Array) -> Gradients:
        concentration, sample = ctx.saved_tensors
        return dy * gamma_derivative(sample, concentration), None


class DirichletSample(Operation):
    """The sample itself; its derivative by the concentrations is the implicit one, component by component.

    Component i alone is Beta(αᵢ, Σα - αᵢ) distributed. As αᵢ moves it by dxᵢ, the others keep their ratios
    and share what is left: dL/dαᵢ = dxᵢ/dαᵢ / (1 - xᵢ) · (dyᵢ - Σⱼ xⱼ dyⱼ).
    Source: torch.distributions.Dirichlet.rsample.
    """

    @staticmethod
    def forward(ctx: Context, concentration: Array, sample: Array) -> Array:
        ctx.save_for_backward(concentration, sample)
        return sample

    @staticmethod
    @once_differentiable
    def backward(ctx: Context, dy: Array) -> Gradients:
        concentration, sample = ctx.saved_tensors
        rest = concentration.sum(-1, keepdims=True) - concentration
        moved = sample * logit_derivative(sample, concentration, rest)
        return moved * (dy - (sample * dy).sum(-1, keepdims=True)), None


def gamma_derivative(x: Array, concentration: Array) -> Array:
    """dx/dα of a sample of the gamma distribution of rate 1.

    Args:
        x: the samples.
        concentration: α, of the same shape.

    Returns:
        An array of that shape and of the dtype of x.

    Examples:
        >>> x = np.array([0.5, 3.0])  # of concentration 1
        >>> gamma_derivative(x, np.ones(2)).round(6)
        array([0.806979, 1.937912])
    """
    return _in_blocks(_gamma_block, x, concentration)


def logit_derivative(x: Array, alpha: Array, beta: Array) -> Array:
    """dy/dα, with y = ln(x / (1 - x)), of a sample x of the beta distribution.

    Args:
        x: the samples.
        alpha: the first parameter, of the same shape.
        beta: the second, of the same shape.

    Returns:
        An array of that shape and of the dtype of x.

    Examples:
        >>> x = np.array([0.25])  # of Beta(2, 1): F = xᵅ, so that dx/dα = -x ln x / α
        >>> logit_derivative(x, np.array([2.0]), np.array([1.0])) * x * (1 - x) * 2 / -x / np.log(x)
        array([1.])
    """
    return _in_blocks(_beta_block, x, alpha, beta)


def _in_blocks(compute: Callable[..., Array], *arrays: Array) -> Array:
    shape, dtype = arrays[0].shape, arrays[0].dtype
    columns = [np.broadcast_to(array, shape).astype(np.float64).reshape(-1, 1) for array in arrays]
    starts = range(0, len(columns[0]), _ROWS)
    blocks = [compute(*(column[start : start + _ROWS] for column in columns)) for start in starts]
    return np.concatenate(blocks or [np.empty(0)]).astype(dtype).reshape(shape)


@SILENT
def _gamma_block(x: Array, alpha: Array) -> Array:
    side = np.where(x < alpha, -1.0, 1.0)  # α is the mode of eʸ
    w = _NODES / (np.abs(alpha - x) + np.sqrt(x))
    fallen = np.exp(alpha * side * w - x * np.expm1(side * w))
    return x[:, 0] * _integral(side, w, fallen * (np.log(x) + side * w - special.digamma(alpha)))


@SILENT
def _beta_block(x: Array, alpha: Array, beta: Array) -> Array:
    side = np.where(x * (alpha + beta) < alpha, -1.0, 1.0)
    total = alpha + beta
    w = _NODES / (np.abs(alpha - total * x) + np.sqrt(total * x * (1 - x)))
    # ln σ and ln(1 - σ) of y ± w, less those of y.
    log_sigma = -np.logaddexp(np.log(x), np.log1p(-x) - side * w)
    log_rest = -np.logaddexp(np.log1p(-x), np.log(x) + side * w)
    score = np.log(x) + log_sigma - special.digamma(alpha) + special.digamma(total)
    return _integral(side, w, np.exp(alpha * log_sigma + beta * log_rest) * score)


def _integral(side: Array, w: Array, values: Array) -> Array:
    """±∫ over one side, from its values at the nodes w."""
    return (side * w / _NODES)[:, 0] * (np.nan_to_num(values) @ _WEIGHTS)
