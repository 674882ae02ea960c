"""RMSprop: gradients over their root mean square."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from npnn.optim._checks import check_lr, check_not_negative
from npnn.optim._per_parameter import ElementwiseOptimizer, Rule, plain
from npnn.optim.optimizer import ParamsT
from npnn.tensors import Tensor

__all__ = ["RMSprop"]


class RMSprop(ElementwiseOptimizer):
    """Gradients over their root mean square, which fades with time; optionally centered, and with momentum.

    With learning rate γ, decay rate α, momentum μ, weight decay λ and v = a = b = 0 at first, a step moves
    each parameter θ by

        g = ∇f(θ), or -∇f(θ) to maximize
        g = g + λ θ                               if λ ≠ 0
        v = α v + (1 - α) g²
        a = α a + (1 - α) g,  ṽ = v - a², or, if not centered, ṽ = v
        d = g / (√ṽ + ε)
        b = μ b + d,  d = b                       if μ > 0
        θ = θ - γ d

    Args:
        params: tensors, (name, tensor) pairs or groups of them; see `Optimizer`.
        lr: the learning rate γ, a number or a tensor of one element.
        alpha: the decay rate α of the averages.
        eps: ε, which keeps the quotient finite.
        weight_decay: the factor λ of the L2 penalty.
        momentum: the momentum factor μ.
        centered: whether to divide by an estimate of the gradient's standard deviation instead.
        capturable: for CUDA graphs, on which alone torch can step with it, so that here no step can.
        foreach: accepted for torch's sake. There it chooses between implementations of the same step that
            differ in speed and memory; here there is one, and this changes nothing.
        maximize: whether to ascend the objective rather than to descend it.
        differentiable: whether the step is itself recorded, so that gradients flow through it to `.grad` and
            to the parameters before it. Such a step writes in place into tensors on the tape, so the
            parameters must not be leaves that require grad.

    Raises:
        ValueError: `lr`, `eps`, `momentum`, `weight_decay` or `alpha` is negative, or `lr` is a tensor of
            more than one element.

    Source: torch.optim.RMSprop; Tieleman & Hinton, "Lecture 6.5: rmsprop" (2012); Graves, "Generating
    Sequences With Recurrent Neural Networks" (2013), for the centered one.

    Examples:
        A first step is γ / √(1 - α) long in each coordinate:

        >>> import npnn
        >>> weight = npnn.Parameter(npnn.tensor([1.0, -200.0]))
        >>> optimizer = npnn.optim.RMSprop([weight], lr=0.25, alpha=0.75)
        >>> (weight * weight).sum().backward()
        >>> optimizer.step()
        >>> weight.tolist()
        [0.5, -199.5]
    """

    _buffers = ("square_avg", "grad_avg", "momentum_buffer")
    _added_later: ClassVar[dict[str, Any]] = {
        "momentum": 0,
        "centered": False,
        "foreach": None,
        "maximize": False,
        "differentiable": False,
        "capturable": False,
    }

    def __init__(
        self,
        params: ParamsT,
        lr: float | Tensor = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum: float = 0,
        centered: bool = False,
        capturable: bool = False,
        foreach: bool | None = None,
        maximize: bool = False,
        differentiable: bool = False,
    ) -> None:
        check_lr(lr)
        check_not_negative(eps=eps, momentum=momentum, weight_decay=weight_decay, alpha=alpha)
        super().__init__(
            params,
            {
                "lr": lr,
                "momentum": momentum,
                "alpha": alpha,
                "eps": eps,
                "centered": centered,
                "weight_decay": weight_decay,
                "capturable": capturable,
                "foreach": foreach,
                "maximize": maximize,
                "differentiable": differentiable,
            },
        )

    def _kept(self, group: dict[str, Any]) -> tuple[str, ...]:
        wanted = (True, group["centered"], group["momentum"] > 0)
        return tuple(name for name, keep in zip(self._buffers, wanted, strict=True) if keep)

    def _rule(self, group: dict[str, Any], state: dict[str, Any]) -> Rule:
        lr, alpha, eps = plain(self._scalar(group["lr"])), group["alpha"], group["eps"]
        momentum, centered = group["momentum"], group["centered"]

        def rule(theta: Any, g: Any, v: Any, a: Any, b: Any) -> tuple[Any, ...]:
            v = alpha * v + (1 - alpha) * g * g
            if centered:
                a = a + (1 - alpha) * (g - a)
            d = g / (np.sqrt(v - a * a if centered else v) + eps)
            if momentum > 0:
                b = d = momentum * b + d
            return theta - lr * d, v, a, b

        return rule
