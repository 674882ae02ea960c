"""Adafactor: Adam's second moment of a matrix, kept as one row and one column."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from npnn._typing import Array
from npnn.autograd.function import wrap
from npnn.optim._checks import check_gradient, check_lr
from npnn.optim._per_parameter import PerParameterOptimizer, number, plain, scalar, zeros_like
from npnn.optim.optimizer import ParamsT
from npnn.tensors import Tensor

__all__ = ["Adafactor"]


class Adafactor(PerParameterOptimizer):
    """Gradients over their root mean square, which for a matrix is kept only by row and by column.

    With the largest relative step γ, decay exponent τ, weight decay λ and R = C = V = 0 at first, step t
    moves each parameter θ by

        g = ∇f(θ), or -∇f(θ) to maximize
        α = max(ε₂, RMS(θ)) min(γ, 1 / √t)
        θ = θ - γ λ θ                                   if λ ≠ 0
        R = R + t^τ (mean of g² over each row - R)
        C = C + t^τ (mean of g² over each column - C)
        V = R C / max(mean of R, ε₁), or, for vectors, V + t^τ (g² - V)
        u = g / √max(V, ε₁²)
        θ = θ - α u / max(1, RMS(u) / d)

    R is a column and C a row: their product has rank one, and is the best such estimate of g² in the sense of
    the generalized Kullback-Leibler divergence. Of a parameter of more than two axes the last two are the
    matrix. Convolution kernels have their channels there, which on torch come first: it factors them over
    space, so that training one with Adafactor goes another way there.

    Args:
        params: tensors, (name, tensor) pairs or groups of them; see `Optimizer`.
        lr: γ, a number or a tensor of one element. The paper has none; here it bounds the relative step, and
            scales the weight decay.
        beta2_decay: the exponent τ, by which the moments forget more slowly as training goes on.
        eps: ε₁, by default the resolution of the parameter's dtype, and ε₂, the least scale of a parameter.
        d: the root mean square above which a step is clipped.
        weight_decay: λ; a step shrinks each weight by γ λ of it.
        foreach: accepted for torch's sake. There it chooses between implementations of the same step that
            differ in speed and memory; here there is one, and this changes nothing.
        maximize: whether to ascend the objective rather than to descend it.

    Raises:
        ValueError: `lr`, one of `eps` or `weight_decay` is negative, `beta2_decay` is positive, `d` is less
            than 1, or `lr` is a tensor of more than one element.

    Source: torch.optim.Adafactor; Shazeer & Stern, "Adafactor: Adaptive Learning Rates with Sublinear Memory
    Cost" (2018).

    Examples:
        >>> import npnn
        >>> weight = npnn.Parameter(npnn.ones(4, 3))
        >>> optimizer = npnn.optim.Adafactor([weight])
        >>> (weight * weight).sum().backward()
        >>> optimizer.step()
        >>> sorted((name, tuple(value.shape)) for name, value in optimizer.state[weight].items())
        [('col_var', (1, 3)), ('row_var', (4, 1)), ('step', ())]
    """

    _added_later: ClassVar[dict[str, Any]] = {"foreach": None}

    def __init__(
        self,
        params: ParamsT,
        lr: float | Tensor = 1e-2,
        beta2_decay: float = -0.8,
        eps: tuple[float | None, float] = (None, 1e-3),
        d: float = 1.0,
        weight_decay: float = 0.0,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
    ) -> None:
        check_lr(lr)
        eps1, eps2 = eps
        bounds = (
            ("beta2_decay should be <= 0", beta2_decay, beta2_decay <= 0),
            ("epsilon1 should be >= 0", eps1, eps1 is None or eps1 >= 0),
            ("epsilon2 should be >= 0", eps2, eps2 >= 0),
            ("Clipping threshold d should be >= 1", d, d >= 1),
            ("weight_decay should be >= 0", weight_decay, weight_decay >= 0),
        )
        for expected, value, holds in bounds:
            if not holds:
                raise ValueError(f"{expected} but is: {value}")
        super().__init__(
            params,
            {
                "lr": lr,
                "beta2_decay": beta2_decay,
                "eps": eps,
                "d": d,
                "weight_decay": weight_decay,
                "foreach": foreach,
                "maximize": maximize,
            },
        )

    def _initial_state(self, param: Tensor, group: dict[str, Any]) -> dict[str, Any]:
        if param.ndim < 2:
            return {"step": number(0.0), "variance": zeros_like(param)}
        *stack, rows, columns = param.shape
        return {
            "step": number(0.0),
            "row_var": wrap(np.zeros((*stack, rows, 1), param.dtype)),
            "col_var": wrap(np.zeros((*stack, 1, columns), param.dtype)),
        }

    def _update(self, param: Tensor, grad: Tensor, state: dict[str, Any], group: dict[str, Any]) -> None:
        if param.is_complex():
            raise RuntimeError(f"Adafactor does not support complex parameters, but one is {param.dtype}")
        check_gradient("Adafactor", grad)
        theta, g = param.array, -grad.array if group["maximize"] else grad.array
        lr, (eps1, eps2) = scalar(group["lr"]), group["eps"]
        if eps1 is None:
            eps1 = float(np.finfo(theta.dtype).eps)
        state["step"].array[...] += 1
        t = state["step"].item()
        weight = t ** group["beta2_decay"]
        alpha = max(eps2, _rms(theta)) * min(lr, t**-0.5)

        if group["weight_decay"] != 0:
            theta *= plain(1 - lr * group["weight_decay"])
        if theta.ndim > 1:
            row, column = state["row_var"].array, state["col_var"].array
            row += weight * (_mean_square(g, "...ij,...ij->...i")[..., :, None] - row)
            column += weight * (_mean_square(g, "...ij,...ij->...j")[..., None, :] - column)
            variance = row / np.maximum(row.mean(-2, keepdims=True), eps1) * column
        else:
            state["variance"].array[...] += weight * (g * g - state["variance"].array)
            variance = state["variance"].array
        # All in one new array as large as θ.
        update = np.asarray(np.maximum(variance, eps1 * eps1))
        np.sqrt(update, out=update)
        np.divide(g, update, out=update)
        update *= plain(alpha / max(1.0, _rms(update) / group["d"]))
        theta -= update
        param._bump_version()


def _mean_square(g: Array, subscripts: str) -> Any:
    """The mean of g² over one of the last two axes, without an array of g²."""
    totals = np.einsum(subscripts, g, g)
    return totals / (g.size // max(1, totals.size))


def _rms(array: Array) -> float:
    """The root of the mean of all squares."""
    return float(np.linalg.norm(array)) / array.size**0.5
