"""Schedulers: the learning rate of each epoch."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod

from npnn.cs189._common import look_up


class Scheduler(ABC):
    """What gives the learning rate of an epoch when it is called.

    Args:
        lr: the learning rate to begin with.
        decay: the factor of one stage.
        stage_length: number of epochs in a stage.
        staircase: whether the rate changes only from stage to stage.
    """

    def __init__(
        self,
        lr: float,
        decay: float | None = None,
        stage_length: int | None = None,
        staircase: bool | None = None,
    ) -> None:
        self.lr = lr
        self.decay = decay
        self.stage_length = stage_length
        self.staircase = staircase

    @abstractmethod
    def __call__(self, epoch: int) -> float:
        """The learning rate of an epoch, counted from 0."""


class Constant(Scheduler):
    """The same learning rate in all epochs.

    Examples:
        >>> Constant(0.1)(epoch=7)
        0.1
    """

    def __call__(self, epoch: int) -> float:
        """The learning rate, which is always the same."""
        return self.lr


class Exponential(Scheduler):
    """lr decay^(epoch / stage_length), where the exponent is rounded down if there is a staircase.

    In the homework, staircase has no effect.

    Raises:
        ValueError: there is no decay, or the stages are not at least one epoch long.

    Examples:
        >>> smooth, stairs = Exponential(8.0, 0.25, 2), Exponential(8.0, 0.25, 2, staircase=True)
        >>> [smooth(epoch) for epoch in range(4)], [stairs(epoch) for epoch in range(4)]
        ([8.0, 4.0, 2.0, 1.0], [8.0, 8.0, 2.0, 2.0])
    """

    def __init__(
        self,
        lr: float,
        decay: float | None = None,
        stage_length: int | None = None,
        staircase: bool | None = None,
    ) -> None:
        super().__init__(lr, decay, stage_length, staircase)
        if decay is None or stage_length is None or stage_length < 1:
            raise ValueError(
                "the exponential scheduler needs a decay and a stage_length of at least 1, but got "
                f"{decay} and {stage_length}"
            )
        self.decay: float = decay
        self.stage_length: int = stage_length

    def __call__(self, epoch: int) -> float:
        """The learning rate of an epoch."""
        stages = epoch / self.stage_length
        return self.lr * self.decay ** (math.floor(stages) if self.staircase else stages)


SCHEDULERS: dict[str, type[Scheduler]] = {"constant": Constant, "exponential": Exponential}


def initialize_scheduler(
    name: str,
    lr: float,
    decay: float | None = None,
    stage_length: int | None = None,
    staircase: bool | None = None,
) -> Scheduler:
    """Makes the scheduler of a name.

    Args:
        name: "constant" or "exponential".
        lr: the learning rate to begin with.
        decay: the factor of one stage.
        stage_length: number of epochs in a stage.
        staircase: whether the rate changes only from stage to stage.

    Returns:
        The scheduler.

    Raises:
        NotImplementedError: there is none of that name.
        ValueError: the exponential one lacks its decay or its stage length.

    Examples:
        >>> initialize_scheduler("exponential", lr=1.0, decay=0.5, stage_length=1)(epoch=3)
        0.125
    """
    return look_up(SCHEDULERS, "scheduler", name)(lr, decay, stage_length, staircase)
