"""Muon: momentum for matrices, brought near to an orthogonal one at each step."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from npnn._typing import Array
from npnn.optim._checks import check_gradient, check_lr, check_not_negative
from npnn.optim._per_parameter import PerParameterOptimizer, plain, scalar, zeros_like
from npnn.optim.optimizer import ParamsT
from npnn.tensors import Tensor

__all__ = ["Muon"]

_ADJUSTMENTS: dict[str | None, Callable[[int, int], float]] = {
    "original": lambda rows, columns: math.sqrt(max(1, rows / columns)),
    "match_rms_adamw": lambda rows, columns: 0.2 * math.sqrt(max(rows, columns)),
    "spectral_unclamped": lambda rows, columns: math.sqrt(rows / columns),
}
_ADJUSTMENTS[None] = _ADJUSTMENTS["original"]
"""By what the learning rate of a matrix is multiplied, given its outputs and its inputs."""


class Muon(PerParameterOptimizer):
    """Momentum orthogonalized by Newton-Schulz: every direction in a weight matrix learns at the same rate.

    With learning rate γ, momentum μ, weight decay λ and b = 0 at first, a step moves each matrix θ by

        b = μ b + (1 - μ) ∇f(θ)
        u = b, or μ b + (1 - μ) ∇f(θ) with Nesterov
        X = u / ‖u‖, and then, some times over, X = a X + b (X Xᵀ) X + c (X Xᵀ)² X
        θ = θ - γ λ θ - γ r X

    The polynomial pulls all singular values of X to about 1 and leaves its singular vectors. Of the factors r
    of `adjust_lr_fn`, for a matrix with so many outputs and inputs, "original" is
    √max(1, outputs / inputs), "match_rms_adamw" is 0.2 √max(outputs, inputs), and "spectral_unclamped" is
    √(outputs / inputs).

    Two things follow torch where other choices were open. The outputs of a matrix are its rows, or, if it is
    the weight of a layer of this library, and so (in, out), its columns. And the iteration runs in bfloat16:
    float32 here, rounded to 8 significant bits after every product. What comes out is as coarse as that, and
    between processors its last bit may differ.

    Args:
        params: tensors, (name, tensor) pairs or groups of them, all matrices; see `Optimizer`. Biases,
            embeddings and the last layer are better left to an optimizer such as AdamW.
        lr: the learning rate γ, a number or a tensor of one element.
        weight_decay: λ; a step shrinks each weight by γ λ of it.
        momentum: the momentum factor μ.
        nesterov: whether to look ahead along the momentum.
        ns_coefficients: a, b and c of the polynomial.
        eps: the least norm to divide by.
        ns_steps: how often to apply the polynomial, fewer than 100 times.
        adjust_lr_fn: how to adjust γ to a matrix: "original", "match_rms_adamw" or "spectral_unclamped". None
            is "original".

    Raises:
        ValueError: `lr`, `momentum` or `weight_decay` is negative, `lr` is a tensor of more than one element,
            there is no such `adjust_lr_fn`, or a parameter is no matrix.

    Source: torch.optim.Muon; Jordan et al., "Muon: An optimizer for hidden layers in neural networks" (2024);
    Liu et al., "Muon is Scalable for LLM Training" (2025).

    Examples:
        >>> import npnn
        >>> weight = npnn.Parameter(npnn.zeros(2, 3))
        >>> optimizer = npnn.optim.Muon([weight], lr=1.0, weight_decay=0.0)
        >>> weight.grad = npnn.tensor([[100.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
        >>> optimizer.step()
        >>> (weight.abs() > 0.5).tolist()  # both directions count, though one gradient is 100 times the other
        [[True, False, False], [False, True, False]]
    """

    _numbers = ()

    def __init__(
        self,
        params: ParamsT,
        lr: float | Tensor = 1e-3,
        weight_decay: float = 0.1,
        momentum: float = 0.95,
        nesterov: bool = True,
        ns_coefficients: tuple[float, float, float] = (3.4445, -4.7750, 2.0315),
        eps: float = 1e-7,
        ns_steps: int = 5,
        adjust_lr_fn: str | None = None,
    ) -> None:
        check_lr(lr)
        check_not_negative(momentum=momentum, weight_decay=weight_decay)
        if adjust_lr_fn not in _ADJUSTMENTS:
            raise ValueError(
                f"Adjust learning rate function {adjust_lr_fn} is not supported, expected one of "
                f"{', '.join(filter(None, _ADJUSTMENTS))}"
            )
        super().__init__(
            params,
            {
                "lr": lr,
                "weight_decay": weight_decay,
                "momentum": momentum,
                "nesterov": nesterov,
                "ns_coefficients": ns_coefficients,
                "eps": eps,
                "ns_steps": ns_steps,
                "adjust_lr_fn": adjust_lr_fn,
            },
        )
        for group in self.param_groups:
            for param in group["params"]:
                if param.ndim != 2:
                    raise ValueError(
                        "Muon only supports 2D parameters whereas we found a parameter with size: "
                        f"{tuple(param.shape)}"
                    )

    def _initial_state(self, param: Tensor, group: dict[str, Any]) -> dict[str, Any]:
        return {"momentum_buffer": zeros_like(param)}

    def _update(self, param: Tensor, grad: Tensor, state: dict[str, Any], group: dict[str, Any]) -> None:
        if param.is_complex():
            raise RuntimeError(f"Muon does not support complex parameters, but one is {param.dtype}")
        check_gradient("Muon", grad)
        lr, momentum = scalar(group["lr"]), group["momentum"]
        theta, g, b = param.array, grad.array, state["momentum_buffer"].array
        b += (1 - momentum) * (g - b)
        update = momentum * b + (1 - momentum) * g if group["nesterov"] else b
        # A parameter that no layer made is taken as it stands, as nn.init takes it.
        axes = param.torch_axes or (0, 1)
        update = update.transpose(axes)
        direction = _orthogonalized(update, group["ns_coefficients"], group["ns_steps"], group["eps"])
        direction = direction.transpose(axes)
        outputs, inputs = update.shape
        theta *= plain(1 - lr * group["weight_decay"])
        theta -= plain(lr * _ADJUSTMENTS[group["adjust_lr_fn"]](outputs, inputs)) * direction.astype(
            theta.dtype
        )
        param._bump_version()


def _orthogonalized(matrix: Array, coefficients: tuple[float, float, float], steps: int, eps: float) -> Array:
    """About U Vᵀ, where U S Vᵀ is the singular value decomposition of a matrix."""
    if steps >= 100:
        raise ValueError(
            f"Number of steps must be less than 100 for computational efficiency, but is {steps}"
        )
    if len(coefficients) != 3:
        raise ValueError(f"Coefficients must be a tuple of exactly 3 values, but got {coefficients}")
    a, b, c = (np.float32(coefficient) for coefficient in coefficients)
    # The Gram matrix below should be the smaller of the two.
    tall = matrix.shape[0] > matrix.shape[1]
    x = _bfloat16(matrix.T if tall else matrix)
    x = _bfloat16(x / np.maximum(_bfloat16(np.linalg.norm(x)), _bfloat16(eps)))
    for _ in range(steps):
        gram = _bfloat16(x @ x.T)
        x = _multiply_add(a, x, _multiply_add(b, gram, c * (gram @ gram)) @ x)
    return x.T if tall else x


def _multiply_add(factor: Any, x: Array, y: Array) -> Array:
    """factor · x + y as processors fuse it, without rounding in between, and then in bfloat16."""
    return _bfloat16((np.float64(factor) * x + y).astype(np.float32))


def _bfloat16(array: Any) -> Array:
    """Numbers rounded to bfloat16, the upper half of a float32, halves to even."""
    bits = np.asarray(array, np.float32, order="C").view(np.uint32)
    # Adds just under half of a last place, or exactly half if that place is odd, and cuts.
    rounded: Array = ((bits + 0x7FFF + ((bits >> 16) & 1)) & np.uint32(0xFFFF0000)).view(np.float32)
    return rounded
