"""Adam and AdamW: steps scaled by moving averages of the gradient and of its square."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np

from npnn._typing import Array
from npnn.optim._checks import check_betas, check_implementation, check_lr, check_not_negative
from npnn.optim._per_parameter import ElementwiseOptimizer, Rule, plain
from npnn.optim.optimizer import ParamsT
from npnn.tensors import Tensor
from npnn.threads import scratch

__all__ = ["Adam", "AdamW"]


class Adam(ElementwiseOptimizer):
    """Adaptive moment estimation: each element moves by the mean of its gradients over their RMS.

    With learning rate γ, decay rates β₁ and β₂, weight decay λ and the moments m = v = 0 at first, step t
    moves each parameter θ by

        g = ∇f(θ), or -∇f(θ) to maximize
        g = g + λ θ, or, if the weight decay is decoupled, θ = θ - γ λ θ        if λ ≠ 0
        m = β₁ m + (1 - β₁) g
        v = β₂ v + (1 - β₂) g²
        θ = θ - γ m̂ / (√v̂ + ε)      with m̂ = m / (1 - β₁ᵗ) and v̂ = v / (1 - β₂ᵗ)

    AMSGrad takes the largest v so far in the last line. Dividing by 1 - βᵗ takes back the pull of the zeros
    that the averages began with.

    Args:
        params: tensors, (name, tensor) pairs or groups of them; see `Optimizer`.
        lr: the learning rate γ, a number or a tensor of one element.
        betas: the decay rates β₁ and β₂, both numbers or both tensors of one element.
        eps: ε, which keeps the quotient finite.
        weight_decay: the factor λ of the L2 penalty.
        amsgrad: whether to divide by the largest second moment so far.
        foreach: accepted for torch's sake. There it chooses between implementations of the same step that
            differ in speed and memory; here there is one, and this changes nothing.
        maximize: whether to ascend the objective rather than to descend it.
        capturable: for CUDA graphs, on which alone torch can step with it, so that here no step can.
        differentiable: whether the step is itself recorded, so that gradients flow through it to `.grad`, to
            options that are tensors and to the parameters before it. Such a step writes in place into tensors
            on the tape, so the parameters must not be leaves that require grad.
        fused: accepted for torch's sake, as `foreach` is; excludes `foreach` and `differentiable`, and
            requires floating-point parameters.
        decoupled_weight_decay: whether the weight decay stays out of the gradient, as in AdamW.

    Raises:
        ValueError: `lr`, `eps` or `weight_decay` is negative, one of `betas` is not in [0, 1), only one of
            them is a tensor, or a tensor has more than one element or comes with `foreach`.
        RuntimeError: `fused` comes with `foreach` or `differentiable`.

    Source: torch.optim.Adam; Kingma & Ba, "Adam: A Method for Stochastic Optimization" (2015); Reddi, Kale &
    Kumar, "On the Convergence of Adam and Beyond" (2018).

    Examples:
        A first step is about γ long in each coordinate, whatever the gradient's length:

        >>> import npnn
        >>> weight = npnn.Parameter(npnn.tensor([1.0, -200.0]))
        >>> optimizer = npnn.optim.Adam([weight], lr=0.25)
        >>> (weight * weight).sum().backward()
        >>> optimizer.step()
        >>> weight.tolist()
        [0.75, -199.75]
    """

    _buffers = ("exp_avg", "exp_avg_sq", "max_exp_avg_sq")
    _added_later: ClassVar[dict[str, Any]] = {
        "amsgrad": False,
        "maximize": False,
        "foreach": None,
        "capturable": False,
        "differentiable": False,
        "decoupled_weight_decay": False,
        "fused": None,
    }

    def __init__(
        self,
        params: ParamsT,
        lr: float | Tensor = 1e-3,
        betas: tuple[float | Tensor, float | Tensor] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float | Tensor = 0,
        amsgrad: bool = False,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
        capturable: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
        decoupled_weight_decay: bool = False,
    ) -> None:
        check_lr(lr)
        if isinstance(betas[0], Tensor) != isinstance(betas[1], Tensor):
            raise ValueError(f"betas must be either both floats or both Tensors, but got {betas}")
        for name, option in (("lr", lr), ("betas[0]", betas[0]), ("betas[1]", betas[1])):
            if isinstance(option, Tensor):
                if foreach and not capturable:
                    raise ValueError(
                        f"{name} as a Tensor is not supported for capturable=False and foreach=True"
                    )
                if option.numel() != 1:
                    raise ValueError(
                        f"Tensor {name} must be 1-element, but its shape is {tuple(option.shape)}"
                    )
        check_betas(betas)
        check_not_negative(eps=eps, weight_decay=weight_decay)
        super().__init__(
            params,
            {
                "lr": lr,
                "betas": tuple(b.reshape(()) if isinstance(b, Tensor) else b for b in betas),
                "eps": eps,
                "weight_decay": weight_decay,
                "amsgrad": amsgrad,
                "maximize": maximize,
                "foreach": foreach,
                "capturable": capturable,
                "differentiable": differentiable,
                "fused": fused,
                "decoupled_weight_decay": decoupled_weight_decay,
            },
        )
        check_implementation(fused, foreach, differentiable)

    def _kept(self, group: dict[str, Any]) -> tuple[str, ...]:
        return self._buffers if group["amsgrad"] else self._buffers[:2]

    def _rule(self, group: dict[str, Any], state: dict[str, Any]) -> Rule:
        beta1, beta2, step_size, root_correction = self._factors(group, state)
        eps, amsgrad = group["eps"], group["amsgrad"]

        def rule(theta: Any, g: Any, m: Any, v: Any, v_max: Any) -> tuple[Any, ...]:
            m = m + (1 - beta1) * (g - m)
            v = beta2 * v + (1 - beta2) * g * g
            if amsgrad:
                v_max = np.maximum(v_max, v)
            root = np.sqrt(v_max if amsgrad else v) / root_correction
            return theta - step_size * (m / (root + eps)), m, v, v_max

        return rule

    def _rule_in_place(self, group: dict[str, Any], state: dict[str, Any]) -> Callable[..., None]:
        """The rule, to the bit, without temporaries: large arrays take half the time."""
        decay = self._decay(group)
        beta1, beta2, step_size, root_correction = self._factors(group, state)
        eps, amsgrad = group["eps"], group["amsgrad"]

        def update(theta: Array, g: Array, m: Array, v: Array, v_max: Any) -> None:
            decayed, g = decay(theta, g)
            step = scratch("step", theta.shape, theta.dtype)
            np.subtract(g, m, out=step)
            step *= 1 - beta1
            m += step
            np.multiply(g, 1 - beta2, out=step)
            step *= g
            v *= beta2
            v += step
            if amsgrad:
                np.maximum(v_max, v, out=v_max)
            np.sqrt(v_max if amsgrad else v, out=step)
            step /= root_correction
            step += eps
            np.divide(m, step, out=step)
            step *= step_size
            np.subtract(decayed, step, out=theta)

        return update

    def _factors(self, group: dict[str, Any], state: dict[str, Any]) -> tuple[Any, ...]:
        """β₁, β₂, γ / (1 - β₁ᵗ) and √(1 - β₂ᵗ)."""
        t, lr = state["step"].item(), self._scalar(group["lr"])
        beta1, beta2 = (plain(self._scalar(beta)) for beta in group["betas"])
        return beta1, beta2, plain(lr / (1 - beta1**t)), (1 - beta2**t) ** 0.5


class AdamW(Adam):
    """Adam with weight decay that is decoupled: it shrinks the weights, and stays out of the moments.

    The step is that of `Adam` with `decoupled_weight_decay=True`, and there is some weight decay by default.

    Args:
        params: tensors, (name, tensor) pairs or groups of them; see `Optimizer`.
        lr: the learning rate γ, a number or a tensor of one element.
        betas: the decay rates β₁ and β₂, both numbers or both tensors of one element.
        eps: ε, which keeps the quotient finite.
        weight_decay: λ; a step shrinks each weight by γ λ of it.
        amsgrad: whether to divide by the largest second moment so far.
        maximize: whether to ascend the objective rather than to descend it.
        foreach: as for `Adam`.
        capturable: likewise.
        differentiable: likewise.
        fused: likewise.

    Raises:
        ValueError: as for `Adam`.
        RuntimeError: as for `Adam`.

    Source: torch.optim.AdamW; Loshchilov & Hutter, "Decoupled Weight Decay Regularization" (2019).

    Examples:
        With no gradient to speak of, weights shrink:

        >>> import npnn
        >>> weight = npnn.Parameter(npnn.tensor([1.0, -2.0]))
        >>> optimizer = npnn.optim.AdamW([weight], lr=0.5, weight_decay=0.5)
        >>> weight.grad = npnn.zeros(2)
        >>> optimizer.step()
        >>> weight.tolist()
        [0.75, -1.5]
    """

    def __init__(
        self,
        params: ParamsT,
        lr: float | Tensor = 1e-3,
        betas: tuple[float | Tensor, float | Tensor] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float | Tensor = 1e-2,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
        foreach: bool | None = None,
        capturable: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        super().__init__(
            params,
            lr,
            betas,
            eps,
            weight_decay,
            amsgrad,
            foreach=foreach,
            maximize=maximize,
            capturable=capturable,
            differentiable=differentiable,
            fused=fused,
            decoupled_weight_decay=True,
        )

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        for group in self.param_groups:
            group["decoupled_weight_decay"] = True
