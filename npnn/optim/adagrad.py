"""Adagrad: steps that shrink where gradients have been large."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from npnn.optim._checks import check_implementation, check_lr, check_not_negative
from npnn.optim._per_parameter import ElementwiseOptimizer, Rule, plain
from npnn.optim.optimizer import ParamsT
from npnn.tensors import Tensor

__all__ = ["Adagrad"]


class Adagrad(ElementwiseOptimizer):
    """Adaptive gradients: each element moves by its gradient over the root of the sum of their squares.

    With learning rate γ, its decay η, weight decay λ and s = τ at first, step t moves each parameter θ by

        g = ∇f(θ), or -∇f(θ) to maximize
        g = g + λ θ                               if λ ≠ 0
        s = s + g²
        θ = θ - γ / (1 + (t - 1) η) · g / (√s + ε)

    Args:
        params: tensors, (name, tensor) pairs or groups of them; see `Optimizer`.
        lr: the learning rate γ, a number or a tensor of one element.
        lr_decay: the decay η of the learning rate.
        weight_decay: the factor λ of the L2 penalty.
        initial_accumulator_value: τ, which the sum of squares starts from.
        eps: ε, which keeps the quotient finite.
        foreach: accepted for torch's sake. There it chooses between implementations of the same step that
            differ in speed and memory; here there is one, and this changes nothing.
        maximize: whether to ascend the objective rather than to descend it.
        differentiable: whether the step is itself recorded, so that gradients flow through it to `.grad` and
            to the parameters before it. Such a step writes in place into tensors on the tape, so the
            parameters must not be leaves that require grad.
        fused: accepted for torch's sake, as `foreach` is; excludes `foreach` and `differentiable`, and
            requires floating-point parameters.

    Raises:
        ValueError: `lr`, `lr_decay`, `weight_decay`, `initial_accumulator_value` or `eps` is negative, or
            `lr` is a tensor of more than one element.
        RuntimeError: `fused` comes with `foreach` or `differentiable`.

    Source: torch.optim.Adagrad; Duchi, Hazan & Singer, "Adaptive Subgradient Methods for Online Learning and
    Stochastic Optimization" (2011).

    Examples:
        >>> import npnn
        >>> weight = npnn.Parameter(npnn.tensor([1.0, -2.0]))
        >>> optimizer = npnn.optim.Adagrad([weight], lr=0.5)
        >>> for gradient in (3.0, 4.0):
        ...     weight.grad = npnn.full((2,), gradient)
        ...     optimizer.step()
        >>> optimizer.state[weight]["sum"].tolist()
        [25.0, 25.0]
        >>> [round(value, 6) for value in weight.tolist()]  # by 1/2 · 3/3, then by 1/2 · 4/5
        [0.1, -2.9]
    """

    _buffers = ("sum",)
    _added_later: ClassVar[dict[str, Any]] = {
        "foreach": None,
        "maximize": False,
        "differentiable": False,
        "fused": None,
    }

    def __init__(
        self,
        params: ParamsT,
        lr: float | Tensor = 1e-2,
        lr_decay: float = 0,
        weight_decay: float = 0,
        initial_accumulator_value: float = 0,
        eps: float = 1e-10,
        foreach: bool | None = None,
        *,
        maximize: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        check_lr(lr)
        check_not_negative(
            lr_decay=lr_decay,
            weight_decay=weight_decay,
            initial_accumulator_value=initial_accumulator_value,
            eps=eps,
        )
        super().__init__(
            params,
            {
                "lr": lr,
                "lr_decay": lr_decay,
                "eps": eps,
                "weight_decay": weight_decay,
                "initial_accumulator_value": initial_accumulator_value,
                "foreach": foreach,
                "maximize": maximize,
                "differentiable": differentiable,
                "fused": fused,
            },
        )
        check_implementation(fused, foreach, differentiable)
        # A checkpoint taken before the first step holds the sums, as on torch.
        for group in self.param_groups:
            for param in group["params"]:
                self.state[param] = self._initial_state(param, group)

    def _initial_state(self, param: Tensor, group: dict[str, Any]) -> dict[str, Any]:
        state = super()._initial_state(param, group)
        start = group["initial_accumulator_value"]
        state["sum"].array[...] = complex(start, start) if param.is_complex() else start
        return state

    def _rule(self, group: dict[str, Any], state: dict[str, Any]) -> Rule:
        t, eps = state["step"].item(), group["eps"]
        step_size = plain(self._scalar(group["lr"]) / (1 + (t - 1) * group["lr_decay"]))

        def rule(theta: Any, g: Any, s: Any) -> tuple[Any, ...]:
            s = s + g * g
            return theta - step_size * g / (np.sqrt(s) + eps), s

        return rule
