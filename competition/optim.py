"""One optimizer whose parameter groups each follow a rule of their own: Muon, SGD or AdamW.

Muon is for matrices, so a network always needs another rule besides. Two optimizers would do as well in a
loop of one's own; with Lightning one optimizer keeps automatic optimisation, gradient scaling and a global
step that counts batches.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.optim.adamw import adamw
from torch.optim.lr_scheduler import LambdaLR
from torch.optim.sgd import sgd


@dataclass
class Group:
    """How the parameters of a group learn.

    Attributes:
        rule: `muon`, `sgd` with Nesterov momentum, or `adamw`.
        lr: the learning rate at its highest.
        momentum: of `muon` and `sgd`.
        weight_decay: the L2 penalty of `sgd`, the decay of `adamw` and `muon`.
        normalize: of `muon`: before each step, scale the weight so that its rows have norm one on average.
        epochs: how long the group learns; after that it stays as it is. By default to the end.
    """

    rule: Literal["muon", "sgd", "adamw"] = "sgd"
    lr: float = 0.1
    momentum: float = 0.9
    weight_decay: float = 0.0
    normalize: bool = False
    epochs: float | None = None


@dataclass
class Groups:
    """The groups of a network.

    Attributes:
        matrices: filters and weight matrices between the first and the last layer.
        head: weight and bias of the last layer.
        vectors: biases and the parameters of normalisation.
        whitening: the bias of the whitening convolution.
    """

    matrices: Group = field(default_factory=Group)
    head: Group = field(default_factory=Group)
    vectors: Group = field(default_factory=Group)
    whitening: Group = field(default_factory=Group)


def parameter_groups(net: nn.Module, groups: Groups) -> list[dict[str, Any]]:
    """Divides the parameters that learn into the groups, without those that have none.

    Args:
        net: a network of `competition.models`.
        groups: how each group learns.

    Returns:
        Parameter groups for `GroupedOptimizer`.
    """
    members: dict[str, list[nn.Parameter]] = {name: [] for name in asdict(groups)}
    for name, parameter in net.named_parameters():
        if parameter.requires_grad:
            members[_group_of(name, parameter)].append(parameter)
    return [
        {"name": name, "params": parameters, **asdict(getattr(groups, name))}
        for name, parameters in members.items()
        if parameters
    ]


def _group_of(name: str, parameter: nn.Parameter) -> str:
    if name.startswith("head."):
        return "head"
    if name == "whiten.bias":
        return "whitening"
    return "matrices" if parameter.ndim > 1 else "vectors"


class GroupedOptimizer(torch.optim.Optimizer):
    """Applies to each parameter group the rule that it names.

    Args:
        params: parameter groups with the fields of `Group`.
    """

    def __init__(self, params: Iterable[dict[str, Any]]) -> None:
        super().__init__(params, asdict(Group()))

    @torch.no_grad()
    def step(self, closure: Callable[[], Tensor] | None = None) -> Tensor | None:
        """Takes a step with every parameter that has a gradient."""
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            learning = [parameter for parameter in group["params"] if parameter.grad is not None]
            if learning:
                _RULES[group["rule"]](group, learning, [self.state[parameter] for parameter in learning])
        return loss


def orthogonalized(matrix: Tensor, steps: int = 3) -> Tensor:
    """The orthogonal matrix nearest to a matrix, roughly: its singular values become about one.

    Newton-Schulz: with X = U S Vᵀ, each step computes a X + b (X Xᵀ) X + c (X Xᵀ)² X, which applies the odd
    polynomial a s + b s³ + c s⁵ to every singular value s. The coefficients lift small values as fast as
    possible; the price is that values end anywhere between about 0.7 and 1.2, which does no harm here. Three
    steps raise values from about 0.05 of the largest.

    Args:
        matrix: (m, n), or a stack (*, m, n).
        steps: how often the polynomial is applied.

    Returns:
        As the matrix; computed in bfloat16 on a GPU, where this is faster, in float32 elsewhere.

    Source: K. Jordan et al., Muon: an optimizer for hidden layers in neural networks, 2024.
    """
    a, b, c = 3.4445, -4.7750, 2.0315
    x = matrix.bfloat16() if matrix.is_cuda else matrix.float()
    # The Frobenius norm bounds the largest singular value.
    x = x / (x.norm(dim=(-2, -1), keepdim=True) + 1e-7)
    tall = x.shape[-2] > x.shape[-1]
    if tall:
        x = x.mT
    for _ in range(steps):
        gram = x @ x.mT
        x = a * x + (b * gram + c * gram @ gram) @ x
    return (x.mT if tall else x).to(matrix.dtype)


def _muon(group: dict[str, Any], params: list[nn.Parameter], states: list[dict[str, Any]]) -> None:
    """Nesterov momentum, made orthogonal; filters (out, in, *kernel) are matrices (out, in * kernel)."""
    for parameter, state in zip(params, states, strict=True):
        gradient = parameter.grad
        if "momentum_buffer" not in state:
            state["momentum_buffer"] = torch.zeros_like(gradient)
        velocity = state["momentum_buffer"].mul_(group["momentum"]).add_(gradient)
        update = orthogonalized(gradient.add(velocity, alpha=group["momentum"]).flatten(1))
        if group["normalize"]:
            parameter.mul_(len(parameter) ** 0.5 / parameter.norm())
        parameter.mul_(1 - group["lr"] * group["weight_decay"])
        parameter.add_(update.view_as(parameter), alpha=-group["lr"])


def _sgd(group: dict[str, Any], params: list[nn.Parameter], states: list[dict[str, Any]]) -> None:
    """torch.optim.SGD with Nesterov momentum."""
    velocities = [state.get("momentum_buffer") for state in states]
    sgd(
        params,
        [parameter.grad for parameter in params],
        velocities,
        weight_decay=group["weight_decay"],
        momentum=group["momentum"],
        lr=group["lr"],
        dampening=0.0,
        nesterov=group["momentum"] > 0,
        maximize=False,
    )
    if group["momentum"]:
        for state, velocity in zip(states, velocities, strict=True):
            state["momentum_buffer"] = velocity


def _adamw(group: dict[str, Any], params: list[nn.Parameter], states: list[dict[str, Any]]) -> None:
    """torch.optim.AdamW with its usual betas."""
    for parameter, state in zip(params, states, strict=True):
        if not state:
            state["step"] = torch.zeros(())
            state["exp_avg"] = torch.zeros_like(parameter)
            state["exp_avg_sq"] = torch.zeros_like(parameter)
    adamw(
        params,
        [parameter.grad for parameter in params],
        *([state[name] for state in states] for name in ("exp_avg", "exp_avg_sq")),
        [],
        [state["step"] for state in states],
        amsgrad=False,
        beta1=0.9,
        beta2=0.999,
        lr=group["lr"],
        weight_decay=group["weight_decay"],
        eps=1e-8,
        maximize=False,
    )


_RULES = {"muon": _muon, "sgd": _sgd, "adamw": _adamw}


def linear_decay(
    optimizer: torch.optim.Optimizer, steps: int, epochs: float, warmup: float = 0.0
) -> LambdaLR:
    """A straight line up to each group's learning rate, and one down to zero where the group stops learning.

    Args:
        optimizer: its groups may have `epochs`.
        steps: in the whole run.
        epochs: in the whole run.
        warmup: share of a group's steps that go up.

    Returns:
        A scheduler to be stepped after each batch.
    """

    def factor(horizon: float) -> Callable[[int], float]:
        rising = warmup * horizon
        return lambda step: (
            (step + 1) / (rising + 1) if step < rising else max(0.0, (horizon - step) / (horizon - rising))
        )

    horizons = [steps * min(1.0, (group["epochs"] or epochs) / epochs) for group in optimizer.param_groups]
    return LambdaLR(optimizer, [factor(horizon) for horizon in horizons])
