"""SGD: stochastic gradient descent, with momentum, weight decay and Nesterov's variant."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from npnn._typing import Array
from npnn.autograd.function import wrap
from npnn.autograd.grad_mode import enable_grad
from npnn.optim._blocks import deal, update_in_blocks
from npnn.optim._checks import (
    check_fused_parameter,
    check_gradient,
    check_implementation,
    check_lr,
    check_not_negative,
)
from npnn.optim.optimizer import Optimizer, ParamsT
from npnn.tensors import Tensor

__all__ = ["SGD", "sgd"]


class SGD(Optimizer):
    """Stochastic gradient descent on the gradients in `.grad`, optionally with momentum.

    With learning rate γ, weight decay λ, momentum μ and dampening τ, a step moves each parameter θ by

        g = ∇f(θ), or -∇f(θ) to maximize
        g = g + λ θ                      if λ ≠ 0
        b = g on θ's first step, μ b + (1 - τ) g after it;  g = b, or g + μ b with Nesterov      if μ ≠ 0
        θ = θ - γ g

    The learning rate multiplies the whole velocity b rather than each gradient that goes into it, and the
    first b is the gradient itself, undampened: both are torch's choices, and differ from Sutskever et al.

    Args:
        params: tensors, (name, tensor) pairs or groups of them; see `Optimizer`.
        lr: the learning rate γ, a number or a tensor of one element.
        momentum: the momentum factor μ.
        dampening: the part τ of each gradient after the first that the velocity leaves out.
        weight_decay: the factor λ of the L2 penalty.
        nesterov: whether to look ahead along the velocity; needs momentum and no dampening.
        maximize: whether to ascend the objective rather than to descend it.
        foreach: accepted for torch's sake. There it chooses between implementations of the same step that
            differ in speed and memory; here there is one, and this changes nothing.
        differentiable: whether the step is itself recorded, so that gradients flow through it to `.grad`, to
            a tensor `lr` and to the parameters before it. Such a step writes in place into tensors on the
            tape, so the parameters must not be leaves that require grad.
        fused: accepted for torch's sake, as `foreach` is; excludes `foreach` and `differentiable`, and
            requires floating-point parameters.

    Raises:
        ValueError: `lr`, `momentum` or `weight_decay` is negative, `lr` is a tensor of more than one element,
            or `nesterov` comes without momentum or with dampening.
        RuntimeError: `fused` comes with `foreach` or `differentiable`.

    Source: torch.optim.SGD; Sutskever, Martens, Dahl & Hinton, "On the importance of initialization and
    momentum in deep learning" (2013).

    Examples:
        >>> import npnn
        >>> weight = npnn.Parameter(npnn.tensor([1.0, -2.0]))
        >>> optimizer = npnn.optim.SGD([weight], lr=0.25, momentum=0.5)
        >>> for _ in range(2):
        ...     optimizer.zero_grad()
        ...     (weight * weight).sum().backward()
        ...     optimizer.step()
        >>> weight.tolist()
        [0.0, 0.0]
    """

    def __init__(
        self,
        params: ParamsT,
        lr: float | Tensor = 1e-3,
        momentum: float = 0,
        dampening: float = 0,
        weight_decay: float | Tensor = 0,
        nesterov: bool = False,
        *,
        maximize: bool = False,
        foreach: bool | None = None,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        check_lr(lr)
        check_not_negative(momentum=momentum, weight_decay=weight_decay)
        if nesterov and (momentum <= 0 or dampening != 0):
            raise ValueError(
                "Nesterov momentum requires a momentum and zero dampening, "
                f"but got momentum={momentum} and dampening={dampening}"
            )
        super().__init__(
            params,
            {
                "lr": lr,
                "momentum": momentum,
                "dampening": dampening,
                "weight_decay": weight_decay,
                "nesterov": nesterov,
                "maximize": maximize,
                "foreach": foreach,
                "differentiable": differentiable,
                "fused": fused,
            },
        )
        check_implementation(fused, foreach, differentiable)

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        # Checkpoints of older torch releases lack the options that came later.
        for group in self.param_groups:
            group.setdefault("nesterov", False)
            group.setdefault("maximize", False)
            group.setdefault("foreach", None)
            group.setdefault("differentiable", False)
            group.setdefault("fused", False)

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Moves every parameter that has a gradient; the others, and their velocities, are left alone.

        Args:
            closure: evaluates the model again, with gradients, and returns the loss.

        Returns:
            What the closure returned, or None without one.

        Raises:
            RuntimeError: a gradient is neither floating point nor complex, or a parameter of a `fused` group
                is not floating point.
        """
        loss = None
        if closure is not None:
            with enable_grad():
                loss = closure()

        update = _differentiable_sgd if self.defaults["differentiable"] else sgd
        for group in self.param_groups:
            params, grads = [], []
            for param in group["params"]:
                grad = param.grad
                if grad is not None:
                    params.append(param)
                    grads.append(grad)
            if group["fused"]:
                for param in params:
                    check_fused_parameter(param)
            momentum = group["momentum"]
            states = [self.state[param] for param in params] if momentum != 0 else []
            buffers = [state.get("momentum_buffer") for state in states] or [None] * len(params)
            update(
                params,
                grads,
                buffers,
                weight_decay=group["weight_decay"],
                momentum=momentum,
                lr=group["lr"],
                dampening=group["dampening"],
                nesterov=group["nesterov"],
                maximize=group["maximize"],
            )
            for state, buffer in zip(states, buffers, strict=False):
                state["momentum_buffer"] = buffer
        return loss


def sgd(
    params: list[Tensor],
    grads: list[Tensor],
    momentum_buffers: list[Tensor | None],
    *,
    weight_decay: float | Tensor,
    momentum: float,
    lr: float | Tensor,
    dampening: float,
    nesterov: bool,
    maximize: bool,
) -> None:
    """One step of SGD on lists of tensors, in place and off the tape; see `SGD` for the formulas.

    Args:
        params: the parameters.
        grads: the gradient of each of them.
        momentum_buffers: the velocity of each of them. With momentum, None stands for one that has made no
            step, and is replaced by the velocity it has then.
        weight_decay: the factor of the L2 penalty.
        momentum: the momentum factor.
        lr: the learning rate.
        dampening: the part of each gradient after the first that the velocity leaves out.
        nesterov: whether to look ahead along the velocity.
        maximize: whether to ascend.

    Raises:
        RuntimeError: a gradient is neither floating point nor complex.

    Source: torch.optim.sgd.sgd.
    """
    dtype = None
    left: list[Callable[[], object]] = []
    for index, (param, grad) in enumerate(zip(params, grads, strict=True)):
        if grad.array.dtype is not dtype:
            check_gradient("sgd", grad)
            dtype = grad.array.dtype
            # As arrays of the gradients' own dtype they neither widen the update nor need a cast at each use.
            step_size, keep, take = (np.array(float(x), dtype) for x in (lr, momentum, 1 - dampening))
            decay = None if weight_decay == 0 else np.array(float(weight_decay), dtype)
            factors = step_size, decay, keep, None if dampening == 0 else take
        velocity, started = None, True
        if momentum != 0:
            buffer = momentum_buffers[index]
            if buffer is None:
                started = False
                buffer = momentum_buffers[index] = wrap(np.empty_like(grad.array))
            velocity = buffer.array
        update = partial(_update, factors, started, nesterov, maximize)
        left += update_in_blocks(update, param.array, grad.array, velocity)
        param._bump_version()
    deal(left)


def _update(
    factors: tuple[Any, ...], started: bool, nesterov: bool, maximize: bool, theta: Array, g: Array, b: Any
) -> None:
    """One step of a parameter θ, or of a piece of it, and of its velocity b, if there is one, in place."""
    step_size, decay, keep, take = factors
    if maximize:
        g = -g
    if decay is not None:
        g = g + decay * theta
    if b is not None:
        if started:
            b *= keep
            b += g if take is None else take * g
        else:
            b[...] = g
        g = g + keep * b if nesterov else b
    theta -= step_size * g


def _differentiable_sgd(
    params: list[Tensor],
    grads: list[Tensor],
    momentum_buffers: list[Tensor | None],
    *,
    weight_decay: float | Tensor,
    momentum: float,
    lr: float | Tensor,
    dampening: float,
    nesterov: bool,
    maximize: bool,
) -> None:
    """The step of `sgd`, recorded on the tape."""
    if isinstance(lr, Tensor):
        lr = lr.reshape(())
    for index, (param, grad) in enumerate(zip(params, grads, strict=True)):
        g = -grad if maximize else grad
        if weight_decay != 0:
            # The product may need its factors on the way back, and the parameter is about to change in place.
            g = g + param.clone() * weight_decay
        if momentum != 0:
            buffer = momentum_buffers[index]
            b = g.detach().clone() if buffer is None else buffer * momentum + g * (1 - dampening)
            momentum_buffers[index] = b
            g = g + b * momentum if nesterov else b
        param.sub_(g * lr)
