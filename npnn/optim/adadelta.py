"""Adadelta: steps whose length is the root mean square of the steps before."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from npnn.optim._checks import check_lr, check_not_negative
from npnn.optim._per_parameter import ElementwiseOptimizer, Rule, plain
from npnn.optim.optimizer import ParamsT
from npnn.tensors import Tensor

__all__ = ["Adadelta"]


class Adadelta(ElementwiseOptimizer):
    """Adaptive steps without a learning rate to choose: each is as long as the steps before were.

    With learning rate γ, decay rate ρ, weight decay λ and v = u = 0 at first, a step moves each parameter θ
    by

        g = ∇f(θ), or -∇f(θ) to maximize
        g = g + λ θ                               if λ ≠ 0
        v = ρ v + (1 - ρ) g²
        Δ = √(u + ε) / √(v + ε) · g
        u = ρ u + (1 - ρ) Δ²
        θ = θ - γ Δ

    The quotient of the two roots has the unit of θ over that of g, so that the step has the unit of θ.

    Args:
        params: tensors, (name, tensor) pairs or groups of them; see `Optimizer`.
        lr: the learning rate γ, a number or a tensor of one element; the paper has none.
        rho: the decay rate ρ of both averages.
        eps: ε, which starts the steps and keeps the quotient finite.
        weight_decay: the factor λ of the L2 penalty.
        foreach: accepted for torch's sake. There it chooses between implementations of the same step that
            differ in speed and memory; here there is one, and this changes nothing.
        capturable: for CUDA graphs, on which alone torch can step with it, so that here no step can.
        maximize: whether to ascend the objective rather than to descend it.
        differentiable: whether the step is itself recorded, so that gradients flow through it to `.grad` and
            to the parameters before it. Such a step writes in place into tensors on the tape, so the
            parameters must not be leaves that require grad.

    Raises:
        ValueError: `lr`, `eps` or `weight_decay` is negative, `lr` is a tensor of more than one element, or
            `rho` is not in [0, 1].

    Source: torch.optim.Adadelta; Zeiler, "ADADELTA: An Adaptive Learning Rate Method" (2012).

    Examples:
        >>> import npnn
        >>> weight = npnn.Parameter(npnn.tensor([1.0, -2.0]))
        >>> optimizer = npnn.optim.Adadelta([weight], rho=0.75, eps=0.0625)
        >>> weight.grad = npnn.tensor([0.0, 0.0])
        >>> optimizer.step()
        >>> weight.tolist()
        [1.0, -2.0]
    """

    _buffers = ("square_avg", "acc_delta")
    _added_later: ClassVar[dict[str, Any]] = {
        "foreach": None,
        "maximize": False,
        "differentiable": False,
        "capturable": False,
    }

    def __init__(
        self,
        params: ParamsT,
        lr: float | Tensor = 1.0,
        rho: float = 0.9,
        eps: float = 1e-6,
        weight_decay: float = 0,
        foreach: bool | None = None,
        *,
        capturable: bool = False,
        maximize: bool = False,
        differentiable: bool = False,
    ) -> None:
        check_lr(lr)
        if not 0.0 <= rho <= 1.0:
            raise ValueError(f"Invalid rho value: {rho}, expected a number in [0, 1]")
        check_not_negative(eps=eps, weight_decay=weight_decay)
        super().__init__(
            params,
            {
                "lr": lr,
                "rho": rho,
                "eps": eps,
                "weight_decay": weight_decay,
                "maximize": maximize,
                "capturable": capturable,
                "foreach": foreach,
                "differentiable": differentiable,
            },
        )

    def _rule(self, group: dict[str, Any], state: dict[str, Any]) -> Rule:
        lr, rho, eps = plain(self._scalar(group["lr"])), group["rho"], group["eps"]

        def rule(theta: Any, g: Any, v: Any, u: Any) -> tuple[Any, ...]:
            v = rho * v + (1 - rho) * g * g
            delta = np.sqrt(u + eps) / np.sqrt(v + eps) * g
            u = rho * u + (1 - rho) * delta * delta
            return theta - lr * delta, v, u

        return rule
