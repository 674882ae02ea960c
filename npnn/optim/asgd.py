"""ASGD: stochastic gradient descent that also averages the parameters it went through."""

from __future__ import annotations

from typing import Any, ClassVar

from npnn.optim._checks import check_lr, check_not_negative
from npnn.optim._per_parameter import ElementwiseOptimizer, Rule, number, scalar
from npnn.optim.optimizer import ParamsT
from npnn.tensors import Tensor

__all__ = ["ASGD"]


class ASGD(ElementwiseOptimizer):
    """Averaged stochastic gradient descent: a shrinking step, and the mean of the parameters it went through.

    With learning rate γ, weight decay λ, the decay rate λ_d and the power α, and η = γ and μ = 1 at first,
    step t moves each parameter θ, and the mean θ̄ beside it, by

        g = ∇f(θ), or -∇f(θ) to maximize
        g = g + λ θ                               if λ ≠ 0
        θ = θ - λ_d η θ - η g
        θ̄ = θ̄ + μ (θ - θ̄)
        η = γ / (1 + λ_d γ t)^α
        μ = 1 / max(1, t - t₀)

    The mean stands in the state, under "ax", and starts only after step t₀; until then it is θ itself. η and
    μ are kept as torch keeps them, in the default dtype, whose rounding is in every step.

    Args:
        params: tensors, (name, tensor) pairs or groups of them; see `Optimizer`.
        lr: the learning rate γ, a number or a tensor of one element.
        lambd: the decay rate λ_d.
        alpha: the power α.
        t0: the step t₀ after which to start averaging.
        weight_decay: the factor λ of the L2 penalty.
        foreach: accepted for torch's sake. There it chooses between implementations of the same step that
            differ in speed and memory; here there is one, and this changes nothing.
        maximize: whether to ascend the objective rather than to descend it.
        differentiable: whether the step is itself recorded, so that gradients flow through it to `.grad` and
            to the parameters before it. Such a step writes in place into tensors on the tape, so the
            parameters must not be leaves that require grad.
        capturable: for CUDA graphs, on which alone torch can step with it, so that here no step can.

    Raises:
        ValueError: `lr` or `weight_decay` is negative, or `lr` is a tensor of more than one element.

    Source: torch.optim.ASGD; Polyak & Juditsky, "Acceleration of Stochastic Approximation by Averaging"
    (1992).

    Examples:
        >>> import npnn
        >>> weight = npnn.Parameter(npnn.tensor([1.0]))
        >>> optimizer = npnn.optim.ASGD([weight], lr=0.25, lambd=0.0, t0=0)
        >>> for _ in range(3):
        ...     weight.grad = npnn.tensor([1.0])
        ...     optimizer.step()
        >>> weight.tolist()
        [0.25]
        >>> optimizer.state[weight]["ax"].tolist()  # the mean of 1/2 and 1/4
        [0.375]
    """

    _buffers = ("ax",)
    _numbers = ("step", "eta", "mu")
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
        lambd: float = 1e-4,
        alpha: float = 0.75,
        t0: float = 1e6,
        weight_decay: float = 0,
        foreach: bool | None = None,
        maximize: bool = False,
        differentiable: bool = False,
        capturable: bool = False,
    ) -> None:
        check_lr(lr)
        check_not_negative(weight_decay=weight_decay)
        super().__init__(
            params,
            {
                "lr": lr,
                "lambd": lambd,
                "alpha": alpha,
                "t0": t0,
                "weight_decay": weight_decay,
                "foreach": foreach,
                "maximize": maximize,
                "differentiable": differentiable,
                "capturable": capturable,
            },
        )

    def _initial_state(self, param: Tensor, group: dict[str, Any]) -> dict[str, Any]:
        eta, mu = number(scalar(group["lr"])), number(1.0)
        return super()._initial_state(param, group) | {"eta": eta, "mu": mu}

    def _rule(self, group: dict[str, Any], state: dict[str, Any]) -> Rule:
        t, eta, mu = (state[name].item() for name in ("step", "eta", "mu"))
        lr, lambd = scalar(group["lr"]), group["lambd"]
        # Those of the next step.
        state["eta"].array[...] = number(lr / (1 + lambd * lr * t) ** group["alpha"]).array
        state["mu"].array[...] = number(1 / max(1, t - group["t0"])).array

        def rule(theta: Any, g: Any, mean: Any) -> tuple[Any, ...]:
            theta = theta * (1 - lambd * eta) - eta * g
            return theta, theta if mu == 1 else mean + mu * (theta - mean)

        return rule
