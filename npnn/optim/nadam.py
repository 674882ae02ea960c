"""NAdam: Adam that looks ahead along its momentum, as Nesterov does."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from npnn.optim._checks import check_betas, check_lr, check_not_negative
from npnn.optim._per_parameter import ElementwiseOptimizer, Rule, number, plain
from npnn.optim.optimizer import ParamsT
from npnn.tensors import Tensor

__all__ = ["NAdam"]


class NAdam(ElementwiseOptimizer):
    """Adam with Nesterov momentum, whose momentum factor grows to β₁ in the course of training.

    With learning rate γ, decay rates β₁ and β₂, momentum decay ψ, weight decay λ, m = v = 0 and p = 1 at
    first, step t moves each parameter θ by

        g = ∇f(θ), or -∇f(θ) to maximize
        g = g + λ θ, or, if the weight decay is decoupled, θ = θ - γ λ θ        if λ ≠ 0
        μ = β₁ (1 - ½ 0.96^(t ψ)),  μ' = β₁ (1 - ½ 0.96^((t + 1) ψ))
        p = p μ
        m = β₁ m + (1 - β₁) g
        v = β₂ v + (1 - β₂) g²
        m̂ = μ' m / (1 - p μ') + (1 - μ) g / (1 - p)
        θ = θ - γ m̂ / (√v̂ + ε)                  with v̂ = v / (1 - β₂ᵗ)

    Args:
        params: tensors, (name, tensor) pairs or groups of them; see `Optimizer`.
        lr: the learning rate γ, a number or a tensor of one element.
        betas: the decay rates β₁ and β₂.
        eps: ε, which keeps the quotient finite.
        weight_decay: the factor λ of the L2 penalty.
        momentum_decay: ψ, which says how fast the momentum grows.
        decoupled_weight_decay: whether the weight decay stays out of the gradient, as in AdamW.
        foreach: accepted for torch's sake. There it chooses between implementations of the same step that
            differ in speed and memory; here there is one, and this changes nothing.
        maximize: whether to ascend the objective rather than to descend it.
        capturable: for CUDA graphs, on which alone torch can step with it, so that here no step can.
        differentiable: whether the step is itself recorded, so that gradients flow through it to `.grad` and
            to the parameters before it. Such a step writes in place into tensors on the tape, so the
            parameters must not be leaves that require grad.

    Raises:
        ValueError: `lr`, `eps`, `weight_decay` or `momentum_decay` is negative, one of `betas` is not in
            [0, 1), or `lr` is a tensor of more than one element.

    Source: torch.optim.NAdam; Dozat, "Incorporating Nesterov Momentum into Adam" (2016).

    Examples:
        >>> import npnn
        >>> weight = npnn.Parameter(npnn.tensor([3.0, -2.0]))
        >>> optimizer = npnn.optim.NAdam([weight], lr=0.1)
        >>> for _ in range(200):
        ...     optimizer.zero_grad()
        ...     (weight * weight).sum().backward()
        ...     optimizer.step()
        >>> bool(weight.abs().max() < 0.01)
        True
    """

    _buffers = ("exp_avg", "exp_avg_sq")
    _numbers = ("step", "mu_product")
    _added_later: ClassVar[dict[str, Any]] = {
        "maximize": False,
        "foreach": None,
        "capturable": False,
        "differentiable": False,
        "decoupled_weight_decay": False,
    }

    def __init__(
        self,
        params: ParamsT,
        lr: float | Tensor = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum_decay: float = 4e-3,
        decoupled_weight_decay: bool = False,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
        capturable: bool = False,
        differentiable: bool = False,
    ) -> None:
        check_lr(lr)
        check_betas(betas)
        check_not_negative(eps=eps, weight_decay=weight_decay, momentum_decay=momentum_decay)
        super().__init__(
            params,
            {
                "lr": lr,
                "betas": betas,
                "eps": eps,
                "weight_decay": weight_decay,
                "momentum_decay": momentum_decay,
                "decoupled_weight_decay": decoupled_weight_decay,
                "maximize": maximize,
                "foreach": foreach,
                "capturable": capturable,
                "differentiable": differentiable,
            },
        )

    def _initial_state(self, param: Tensor, group: dict[str, Any]) -> dict[str, Any]:
        return super()._initial_state(param, group) | {"mu_product": number(1.0)}

    def _rule(self, group: dict[str, Any], state: dict[str, Any]) -> Rule:
        t, lr, (beta1, beta2) = state["step"].item(), self._scalar(group["lr"]), group["betas"]
        eps, correction = group["eps"], 1 - beta2**t
        mu, mu_next = (beta1 * (1 - 0.5 * 0.96 ** (s * group["momentum_decay"])) for s in (t, t + 1))
        state["mu_product"].array[...] *= mu
        p = state["mu_product"].item()
        g_size, m_size = plain(lr * (1 - mu) / (1 - p)), plain(lr * mu_next / (1 - p * mu_next))

        def rule(theta: Any, g: Any, m: Any, v: Any) -> tuple[Any, ...]:
            m = m + (1 - beta1) * (g - m)
            v = beta2 * v + (1 - beta2) * g * g
            return theta - (g_size * g + m_size * m) / (np.sqrt(v / correction) + eps), m, v

        return rule
