"""Optimizers: by how much to change a parameter."""

from __future__ import annotations

import numpy as np

from npnn._typing import Array
from npnn.cs189._common import look_up
from npnn.cs189.schedulers import initialize_scheduler


class SGD:
    """Stochastic gradient descent with momentum: δ = momentum δ_before + lr g, and the parameter loses δ.

    The gradient g of each parameter is scaled down to the norm `clip_norm` if it is longer. Unlike in
    `npnn.optim.SGD`, the learning rate is inside the velocity: if it changes, steps already taken keep the
    rate that they were taken at.

    Args:
        lr: the learning rate to begin with.
        lr_scheduler: name of its scheduler, "constant" if None.
        momentum: the momentum, 0 if None.
        clip_norm: the norm to clip gradients at; None does not clip.
        lr_decay: the scheduler's factor of one stage.
        staircase: whether the scheduler changes the rate only from stage to stage.
        stage_length: the scheduler's number of epochs in a stage.

    Raises:
        NotImplementedError: there is no scheduler of that name.
        ValueError: a number is negative, or the scheduler lacks what it needs.

    Examples:
        >>> optimizer = SGD(lr=0.5, momentum=0.5)
        >>> w, g = np.array([1.0]), np.array([2.0])
        >>> optimizer.update("w", w, g, epoch=0), optimizer.update("w", w, g, epoch=0)
        (array([1.]), array([1.5]))
    """

    def __init__(
        self,
        lr: float,
        lr_scheduler: str | None = None,
        momentum: float | None = None,
        clip_norm: float | None = None,
        lr_decay: float | None = None,
        staircase: bool | None = None,
        stage_length: int | None = None,
    ) -> None:
        for name, value in (("lr", lr), ("momentum", momentum), ("clip_norm", clip_norm)):
            if value is not None and value < 0:
                raise ValueError(f"{name} must not be negative, but got {value}")
        self.lr = lr
        self.lr_scheduler = initialize_scheduler(
            lr_scheduler or "constant", lr, lr_decay, stage_length, staircase
        )
        self.momentum = momentum or 0.0
        self.clip_norm = clip_norm
        self.cache: dict[str, Array] = {}

    def update(self, param_name: str, param: Array, param_grad: Array, epoch: int) -> Array:
        """Computes what to subtract from a parameter.

        Args:
            param_name: what its velocity is kept under.
            param: its value.
            param_grad: its gradient.
            epoch: the epoch, counted from 0.

        Returns:
            The change δ, of the parameter's shape.
        """
        delta = self.lr_scheduler(epoch) * self._clipped(param_grad)
        if self.momentum:
            delta = self.momentum * self.cache.get(param_name, np.zeros_like(param)) + delta
            self.cache[param_name] = delta
        return np.asarray(delta)

    def _clipped(self, gradient: Array) -> Array:
        """The gradient, no longer than the norm that it is clipped at."""
        if self.clip_norm is None:
            return gradient
        norm = float(np.linalg.norm(gradient))
        return gradient * (self.clip_norm / norm) if norm > self.clip_norm else gradient


OPTIMIZERS = {"SGD": SGD}


def initialize_optimizer(
    name: str,
    lr: float,
    lr_scheduler: str | None = None,
    momentum: float | None = None,
    clip_norm: float | None = None,
    lr_decay: float | None = None,
    staircase: bool | None = None,
    stage_length: int | None = None,
) -> SGD:
    """Makes the optimizer of a name.

    Args:
        name: "SGD".
        lr: the learning rate to begin with.
        lr_scheduler: name of its scheduler, "constant" if None.
        momentum: the momentum, 0 if None.
        clip_norm: the norm to clip gradients at; None does not clip.
        lr_decay: the scheduler's factor of one stage.
        staircase: whether the scheduler changes the rate only from stage to stage.
        stage_length: the scheduler's number of epochs in a stage.

    Returns:
        The optimizer.

    Raises:
        NotImplementedError: there is no optimizer, or scheduler, of that name.
        ValueError: a number is negative, or the scheduler lacks what it needs.

    Examples:
        >>> initialize_optimizer("SGD", lr=0.1, momentum=0.9).momentum
        0.9
    """
    return look_up(OPTIMIZERS, "optimizer", name)(
        lr, lr_scheduler, momentum, clip_norm, lr_decay, staircase, stage_length
    )
