"""Rprop: steps that follow the signs of the gradients alone."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from npnn.optim._checks import check_lr
from npnn.optim._per_parameter import ElementwiseOptimizer, Rule, scalar
from npnn.optim.optimizer import ParamsT
from npnn.tensors import Tensor

__all__ = ["Rprop"]


class Rprop(ElementwiseOptimizer):
    """Resilient backpropagation: each element has a step size, which grows while its gradient keeps its sign.

    With the factors η₋ and η₊, the bounds Γmin and Γmax, and step size Δ = γ and last gradient g' = 0 at
    first, a step moves each element θ of a parameter by

        g = ∇f(θ), or -∇f(θ) to maximize
        Δ = min(η₊ Δ, Γmax)                       where g' g > 0
        Δ = max(η₋ Δ, Γmin),  g = 0               where g' g < 0
        θ = θ - sign(g) Δ
        g' = g

    It is made for gradients of the whole data set: those of batches change their signs too often.

    Args:
        params: tensors, (name, tensor) pairs or groups of them; see `Optimizer`.
        lr: the first step size γ, a number or a tensor of one element.
        etas: η₋ and η₊.
        step_sizes: Γmin and Γmax.
        capturable: for CUDA graphs, on which alone torch can step with it, so that here no step can.
        foreach: accepted for torch's sake. There it chooses between implementations of the same step that
            differ in speed and memory; here there is one, and this changes nothing.
        maximize: whether to ascend the objective rather than to descend it.
        differentiable: whether the step is itself recorded, so that gradients flow through it to `.grad` and
            to the parameters before it. Such a step writes in place into tensors on the tape, so the
            parameters must not be leaves that require grad.

    Raises:
        ValueError: `lr` is negative or a tensor of more than one element, or not 0 < η₋ < 1 < η₊.

    Source: torch.optim.Rprop; Riedmiller & Braun, "A direct adaptive method for faster backpropagation
    learning: The RPROP algorithm" (1993).

    Examples:
        >>> import npnn
        >>> weight = npnn.Parameter(npnn.tensor([1.0]))
        >>> optimizer = npnn.optim.Rprop([weight], lr=0.25, etas=(0.5, 2.0))
        >>> for gradient in (3.0, 0.1, -1.0, -1.0):  # by 1/4, by twice that, a turn, and back by half of it
        ...     weight.grad = npnn.tensor([gradient])
        ...     optimizer.step()
        ...     print(weight.item())
        0.75
        0.25
        0.25
        0.5
    """

    _buffers = ("prev", "step_size")
    _added_later: ClassVar[dict[str, Any]] = {
        "foreach": None,
        "maximize": False,
        "differentiable": False,
        "capturable": False,
    }

    def __init__(
        self,
        params: ParamsT,
        lr: float | Tensor = 1e-2,
        etas: tuple[float, float] = (0.5, 1.2),
        step_sizes: tuple[float, float] = (1e-6, 50),
        *,
        capturable: bool = False,
        foreach: bool | None = None,
        maximize: bool = False,
        differentiable: bool = False,
    ) -> None:
        check_lr(lr)
        if not 0.0 < etas[0] < 1.0 < etas[1]:
            raise ValueError(
                f"Invalid eta values: {etas[0]}, {etas[1]}, expected one below and one above 1, both positive"
            )
        super().__init__(
            params,
            {
                "lr": lr,
                "etas": etas,
                "step_sizes": step_sizes,
                "foreach": foreach,
                "maximize": maximize,
                "differentiable": differentiable,
                "capturable": capturable,
            },
        )

    def _initial_state(self, param: Tensor, group: dict[str, Any]) -> dict[str, Any]:
        state, lr = super()._initial_state(param, group), scalar(group["lr"])
        state["step_size"].array[...] = complex(lr, lr) if param.is_complex() else lr
        return state

    def _rule(self, group: dict[str, Any], state: dict[str, Any]) -> Rule:
        (shrink, grow), (smallest, largest) = group["etas"], group["step_sizes"]

        def rule(theta: Any, g: Any, last: Any, size: Any) -> tuple[Any, ...]:
            agreement = g * last
            size = np.where(agreement > 0, grow * size, np.where(agreement < 0, shrink * size, size))
            size = np.clip(size, smallest, largest)
            g = np.where(agreement < 0, 0.0, g)
            return theta - np.sign(g) * size, g, size

        return rule
