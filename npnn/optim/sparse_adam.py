"""SparseAdam: Adam for embeddings, of which a batch looks up but a few rows."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from npnn.optim._checks import check_betas, check_gradient, check_lr
from npnn.optim._per_parameter import PerParameterOptimizer, plain, scalar, zeros_like
from npnn.optim.optimizer import ParamsT
from npnn.tensors import Tensor

__all__ = ["SparseAdam"]


class SparseAdam(PerParameterOptimizer):
    """Adam that leaves alone each row of a parameter whose gradient is all zero, and the moments of that row.

    With learning rate γ, decay rates β₁ and β₂ and the moments m = v = 0 at first, step t moves each row θ,
    along the first axis, whose gradient is not zero by

        g = ∇f(θ), or -∇f(θ) to maximize
        m = m + (1 - β₁) (g - m)
        v = v + (1 - β₂) (g² - v)
        θ = θ - γ √(1 - β₂ᵗ) / (1 - β₁ᵗ) · m / (√v + ε)

    t counts the steps of the whole parameter. On torch this optimizer takes sparse gradients alone, which
    store those rows that an `Embedding(sparse=True)` looked up. Here all gradients are dense, and a row of
    zeros counts as not looked up: the difference shows only in a row that was looked up and whose gradient is
    exactly zero.

    Args:
        params: tensors, (name, tensor) pairs or groups of them; see `Optimizer`.
        lr: the learning rate γ, a number or a tensor of one element.
        betas: the decay rates β₁ and β₂.
        eps: ε, which keeps the quotient finite.
        maximize: whether to ascend the objective rather than to descend it.

    Raises:
        ValueError: `lr` or `eps` is not positive, one of `betas` is not in [0, 1), `lr` is a tensor of more
            than one element, or a parameter is complex.

    Source: torch.optim.SparseAdam; Kingma & Ba, "Adam: A Method for Stochastic Optimization" (2015).

    Examples:
        >>> import npnn
        >>> layer = npnn.Embedding(4, 2, sparse=True)
        >>> before = layer.weight.detach().clone()
        >>> optimizer = npnn.optim.SparseAdam(layer.parameters())
        >>> layer(npnn.tensor([1, 3, 1])).sum().backward()
        >>> optimizer.step()
        >>> (layer.weight != before).tolist()
        [[False, False], [True, True], [False, False], [True, True]]
    """

    _numbers = ()

    def __init__(
        self,
        params: ParamsT,
        lr: float | Tensor = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        maximize: bool = False,
    ) -> None:
        check_lr(lr)
        for label, value in (("learning rate", lr), ("epsilon value", eps)):
            if not value > 0.0:
                raise ValueError(f"Invalid {label}: {value}, expected a positive number")
        check_betas(betas)
        super().__init__(params, {"lr": lr, "betas": betas, "eps": eps, "maximize": maximize})
        for number, group in enumerate(self.param_groups):
            for index, param in enumerate(group["params"]):
                if param.is_complex():
                    raise ValueError(
                        f"SparseAdam does not support complex parameters, but number {index} of group"
                        f" {number} is {param.dtype}"
                    )

    def _initial_state(self, param: Tensor, group: dict[str, Any]) -> dict[str, Any]:
        # The step count is a plain number, as on torch.
        return {"step": 0, "exp_avg": zeros_like(param), "exp_avg_sq": zeros_like(param)}

    def _update(self, param: Tensor, grad: Tensor, state: dict[str, Any], group: dict[str, Any]) -> None:
        check_gradient("SparseAdam", grad)
        state["step"] += 1
        t, (beta1, beta2) = state["step"], group["betas"]
        step_size = plain(scalar(group["lr"]) * math.sqrt(1 - beta2**t) / (1 - beta1**t))
        tensors = (param, grad, state["exp_avg"], state["exp_avg_sq"])
        theta, g, m, v = (np.atleast_1d(tensor.array) for tensor in tensors)

        rows = np.flatnonzero(g.reshape(len(g), -1).any(axis=1))
        g_rows = -g[rows] if group.get("maximize", False) else g[rows]
        m[rows] += (1 - beta1) * (g_rows - m[rows])
        v[rows] += (1 - beta2) * (g_rows * g_rows - v[rows])
        theta[rows] -= step_size * m[rows] / (np.sqrt(v[rows]) + group["eps"])
        param._bump_version()
