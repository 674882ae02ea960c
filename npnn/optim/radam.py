"""RAdam: Adam that waits for the variance of its second moment to come down."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from npnn.optim._checks import check_betas, check_lr, check_not_negative
from npnn.optim._per_parameter import ElementwiseOptimizer, Rule, plain
from npnn.optim.optimizer import ParamsT
from npnn.tensors import Tensor

__all__ = ["RAdam"]


class RAdam(ElementwiseOptimizer):
    """Rectified Adam: plain momentum at first, and Adam's quotient as far as it can be relied on.

    With learning rate γ, decay rates β₁ and β₂, weight decay λ, m = v = 0 at first and ρ∞ = 2 / (1 - β₂) - 1,
    step t moves each parameter θ by

        g = ∇f(θ), or -∇f(θ) to maximize
        g = g + λ θ, or, if the weight decay is decoupled, θ = θ - γ λ θ        if λ ≠ 0
        m = β₁ m + (1 - β₁) g
        v = β₂ v + (1 - β₂) g²
        ρ = ρ∞ - 2 t β₂ᵗ / (1 - β₂ᵗ)
        r = √((ρ - 4)(ρ - 2) ρ∞ / ((ρ∞ - 4)(ρ∞ - 2) ρ))
        θ = θ - γ m̂ r √(1 - β₂ᵗ) / (√v + ε) if ρ > 5, or else θ - γ m̂           with m̂ = m / (1 - β₁ᵗ)

    ρ is the number of gradients that v is effectively a mean of, and r makes up for its variance.

    Args:
        params: tensors, (name, tensor) pairs or groups of them; see `Optimizer`.
        lr: the learning rate γ, a number or a tensor of one element.
        betas: the decay rates β₁ and β₂.
        eps: ε, which keeps the quotient finite.
        weight_decay: the factor λ of the L2 penalty.
        decoupled_weight_decay: whether the weight decay stays out of the gradient, as in AdamW.
        foreach: accepted for torch's sake. There it chooses between implementations of the same step that
            differ in speed and memory; here there is one, and this changes nothing.
        maximize: whether to ascend the objective rather than to descend it.
        capturable: for CUDA graphs, on which alone torch can step with it, so that here no step can.
        differentiable: whether the step is itself recorded, so that gradients flow through it to `.grad` and
            to the parameters before it. Such a step writes in place into tensors on the tape, so the
            parameters must not be leaves that require grad.

    Raises:
        ValueError: `lr`, `eps` or `weight_decay` is negative, one of `betas` is not in [0, 1), or `lr` is a
            tensor of more than one element.

    Source: torch.optim.RAdam; Liu et al., "On the Variance of the Adaptive Learning Rate and Beyond" (2020).

    Examples:
        A first step is one of gradient descent:

        >>> import npnn
        >>> weight = npnn.Parameter(npnn.tensor([1.0, -2.0]))
        >>> optimizer = npnn.optim.RAdam([weight], lr=0.25)
        >>> weight.grad = npnn.tensor([1.0, -3.0])
        >>> optimizer.step()
        >>> [round(value, 6) for value in weight.tolist()]
        [0.75, -1.25]
    """

    _buffers = ("exp_avg", "exp_avg_sq")
    _added_later: ClassVar[dict[str, Any]] = {
        "foreach": None,
        "maximize": False,
        "differentiable": False,
        "decoupled_weight_decay": False,
        "capturable": False,
    }

    def __init__(
        self,
        params: ParamsT,
        lr: float | Tensor = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        decoupled_weight_decay: bool = False,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
        capturable: bool = False,
        differentiable: bool = False,
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
                "maximize": maximize,
                "foreach": foreach,
                "capturable": capturable,
                "decoupled_weight_decay": decoupled_weight_decay,
                "differentiable": differentiable,
            },
        )

    def _rule(self, group: dict[str, Any], state: dict[str, Any]) -> Rule:
        t, (beta1, beta2) = state["step"].item(), group["betas"]
        eps, step_size = group["eps"], plain(self._scalar(group["lr"])) / (1 - beta1**t)
        longest = 2 / (1 - beta2) - 1
        length = longest - 2 * t * beta2**t / (1 - beta2**t)
        rectified = length > 5
        if rectified:
            variance_ratio = ((length - 4) * (length - 2) * longest) / (
                (longest - 4) * (longest - 2) * length
            )
            step_size = step_size * (variance_ratio * (1 - beta2**t)) ** 0.5

        def rule(theta: Any, g: Any, m: Any, v: Any) -> tuple[Any, ...]:
            m = m + (1 - beta1) * (g - m)
            v = beta2 * v + (1 - beta2) * g * g
            direction = m / (np.sqrt(v) + eps) if rectified else m
            return theta - step_size * direction, m, v

        return rule
