"""Adamax: Adam with a moving maximum in place of the root mean square."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from npnn.optim._checks import check_betas, check_lr, check_not_negative
from npnn.optim._per_parameter import ElementwiseOptimizer, Rule, plain
from npnn.optim.optimizer import ParamsT
from npnn.tensors import Tensor

__all__ = ["Adamax"]


class Adamax(ElementwiseOptimizer):
    """Adam in the infinity norm: the mean of the gradients over their largest, which fades with time.

    With learning rate γ, decay rates β₁ and β₂, weight decay λ and m = u = 0 at first, step t moves each
    parameter θ by

        g = ∇f(θ), or -∇f(θ) to maximize
        g = g + λ θ                               if λ ≠ 0
        m = β₁ m + (1 - β₁) g
        u = max(β₂ u, |g| + ε)
        θ = θ - γ / (1 - β₁ᵗ) · m / u

    Args:
        params: tensors, (name, tensor) pairs or groups of them; see `Optimizer`.
        lr: the learning rate γ, a number or a tensor of one element.
        betas: the decay rates β₁ and β₂.
        eps: ε, which keeps the quotient finite.
        weight_decay: the factor λ of the L2 penalty.
        foreach: accepted for torch's sake. There it chooses between implementations of the same step that
            differ in speed and memory; here there is one, and this changes nothing.
        maximize: whether to ascend the objective rather than to descend it.
        differentiable: whether the step is itself recorded, so that gradients flow through it to `.grad` and
            to the parameters before it. Such a step writes in place into tensors on the tape, so the
            parameters must not be leaves that require grad.
        capturable: for CUDA graphs, on which alone torch can step with it, so that here no step can.

    Raises:
        ValueError: `lr`, `eps` or `weight_decay` is negative, one of `betas` is not in [0, 1), or `lr` is a
            tensor of more than one element.

    Source: torch.optim.Adamax; Kingma & Ba, "Adam: A Method for Stochastic Optimization" (2015), section 7.1.

    Examples:
        >>> import npnn
        >>> weight = npnn.Parameter(npnn.tensor([1.0, -200.0]))
        >>> optimizer = npnn.optim.Adamax([weight], lr=0.25)
        >>> (weight * weight).sum().backward()
        >>> optimizer.step()
        >>> weight.tolist()
        [0.75, -199.75]
    """

    _buffers = ("exp_avg", "exp_inf")
    _added_later: ClassVar[dict[str, Any]] = {
        "foreach": None,
        "maximize": False,
        "differentiable": False,
        "capturable": False,
    }

    def __init__(
        self,
        params: ParamsT,
        lr: float | Tensor = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        foreach: bool | None = None,
        *,
        maximize: bool = False,
        differentiable: bool = False,
        capturable: bool = False,
    ) -> None:
        check_lr(lr)
        check_betas(betas)
        check_not_negative(eps=eps, weight_decay=weight_decay)
        super().__init__(
            params,
            {
                "lr": lr,
                "betas": betas,
                "eps": eps,
                "weight_decay": weight_decay,
                "foreach": foreach,
                "maximize": maximize,
                "differentiable": differentiable,
                "capturable": capturable,
            },
        )

    def _rule(self, group: dict[str, Any], state: dict[str, Any]) -> Rule:
        t, (beta1, beta2), eps = state["step"].item(), group["betas"], group["eps"]
        step_size = plain(self._scalar(group["lr"]) / (1 - beta1**t))

        def rule(theta: Any, g: Any, m: Any, u: Any) -> tuple[Any, ...]:
            m = m + (1 - beta1) * (g - m)
            u = np.maximum(beta2 * u, np.abs(g) + eps)
            return theta - step_size * m / u, m, u

        return rule
