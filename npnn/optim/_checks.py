"""What several optimizers refuse, with the same words."""

from __future__ import annotations

from typing import Any

from npnn.tensors import Tensor

_LABELS = {"eps": "epsilon"}


def check_lr(lr: float | Tensor) -> None:
    """Refuses a learning rate that is negative, or a tensor of more than one element."""
    if isinstance(lr, Tensor) and lr.numel() != 1:
        raise ValueError(f"Tensor lr must be 1-element, but its shape is {tuple(lr.shape)}")
    if not lr >= 0.0:
        raise ValueError(f"Invalid learning rate: {lr}, expected a number that is not negative")


def check_not_negative(**options: Any) -> None:
    """Refuses the first option whose value is negative."""
    for name, value in options.items():
        if not value >= 0.0:
            label = _LABELS.get(name, name)
            raise ValueError(f"Invalid {label} value: {value}, expected a number that is not negative")


def check_betas(betas: tuple[Any, Any]) -> None:
    """Refuses decay rates of moving averages that do not lie in [0, 1)."""
    for index, beta in enumerate(betas):
        if not 0.0 <= beta < 1.0:
            raise ValueError(f"Invalid beta parameter at index {index}: {beta}, expected a number in [0, 1)")


def check_implementation(fused: bool | None, foreach: bool | None, differentiable: bool) -> None:
    """Refuses options that name two implementations of one step at once."""
    if fused and differentiable:
        raise RuntimeError("`fused` does not support `differentiable`: a fused step is not recorded")
    if fused and foreach:
        raise RuntimeError("`fused` and `foreach` cannot be `True` together: each names one implementation")


def check_fused_parameter(param: Tensor) -> None:
    """Refuses a parameter that a fused step cannot update."""
    if not param.is_floating_point():
        raise RuntimeError(
            f"`fused=True` requires all the params to be floating point Tensors, but one is {param.dtype}"
        )


def check_gradient(name: str, grad: Tensor) -> None:
    """Refuses a gradient of integers, in the name of an optimizer."""
    if grad.array.dtype.kind not in "fc":
        raise RuntimeError(
            f"{name} expected floating-point or complex gradients, but got one of {grad.array.dtype}"
        )
