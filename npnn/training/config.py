"""Hyperparameters: what a run's numbers depend on, checked once and kept as JSON."""

from __future__ import annotations

import dataclasses
import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, TypeAlias, TypeVar

from npnn.init.variance_scaling import Nonlinearity
from npnn.training.model import ACTIVATIONS, INITIALIZERS

DTYPES = ("float32", "float64")

# Schedule -> its options and their defaults.
SCHEDULES: dict[str, dict[str, float]] = {
    "constant": {"factor": 1.0, "total_iters": 5},
    "exponential": {"gamma": 0.98},
    "step": {"gamma": 0.1, "step_size": 50},
}


# What holds of a value, and the same in words.
Check: TypeAlias = tuple[Callable[[Any], bool], str]

S = TypeVar("S", bound="Settings")


class ConfigError(ValueError):
    """A hyperparameter has a value that it cannot have; the message names it and what was expected."""


@dataclass(frozen=True)
class Settings(ABC):
    """What the settings of every run have in common: they are checked when they are made, and kept as JSON.

    A subclass is a frozen dataclass. What is a list in JSON is a tuple in it.

    Attributes:
        CHECKS: name of a field -> what its value must be.
        SUBJECT: name of the data that such a run learns, for titles.
        EXTENSIBLE: whether a run may be resumed with more epochs; not where its first steps depend on them.
    """

    CHECKS: ClassVar[Mapping[str, Check]]
    SUBJECT: ClassVar[str]
    EXTENSIBLE: ClassVar[bool] = True

    def __post_init__(self) -> None:
        for name, (holds, expected) in self.CHECKS.items():
            value = getattr(self, name)
            if not holds(value):
                raise ConfigError(f"{name} must be {expected}, but got {value!r}")

    def to_json(self) -> dict[str, Any]:
        """The settings as JSON's own types.

        Returns:
            A dict that `from_json` takes.
        """
        return {
            name: list(value) if isinstance(value, tuple) else value for name, value in vars(self).items()
        }

    @classmethod
    def from_json(cls: type[S], values: Mapping[str, Any]) -> S:
        """The settings from what `to_json` gave.

        Args:
            values: names and values; what is left out takes its default.

        Returns:
            The settings.

        Raises:
            ConfigError: a name is unknown, or a value is out of its range.
        """
        names = [field.name for field in dataclasses.fields(cls)]
        unknown = sorted(set(values) - set(names))
        if unknown:
            raise ConfigError(f"unknown hyperparameter {unknown[0]!r}: expected {', '.join(names)}")
        return cls(
            **{name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}
        )

    @property
    @abstractmethod
    def epochs(self) -> int:
        """Passes over the training data."""

    @property
    @abstractmethod
    def remedy(self) -> str:
        """What a loss that became infinite was trained with, and what may help."""


def _is_int(value: object, low: int, high: float = math.inf) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high


def _is_real(value: object, low: float, high: float = math.inf, open_low: bool = False) -> bool:
    if not isinstance(value, (int, float)) or isinstance(value, bool) or not math.isfinite(value):
        return False
    return (low < value if open_low else low <= value) and value <= high


def _one_of(names: Iterable[str]) -> Check:
    return lambda value: isinstance(value, str) and value in names, f"one of {', '.join(names)}"


WIDTHS: Check = (
    lambda value: isinstance(value, tuple) and len(value) > 0 and all(_is_int(width, 1) for width in value),
    "one positive whole number for each hidden layer",
)
POSITIVE: Check = (lambda value: _is_real(value, 0, open_low=True), "a positive number")
AT_LEAST_0: Check = (lambda value: _is_real(value, 0), "a number of at least 0")
COUNT: Check = (lambda value: _is_int(value, 1), "a positive whole number")
COUNT_OR_0: Check = (lambda value: _is_int(value, 0), "a whole number of at least 0")
SHARE: Check = (lambda value: _is_real(value, 0, 1), "a number from 0 to 1")
SEED: Check = (lambda value: _is_int(value, 0, 2**32 - 1), "a whole number from 0 to 4294967295")
SWITCH: Check = (lambda value: isinstance(value, bool), "true or false")
_FACTOR: Check = (lambda value: _is_real(value, 0, 1, open_low=True), "a number above 0 and up to 1")

_SCHEDULE_CHECKS: dict[str, Check] = {
    "factor": _FACTOR,
    "total_iters": COUNT_OR_0,
    "gamma": _FACTOR,
    "step_size": COUNT,
}


@dataclass(frozen=True)
class Hyperparameters(Settings):
    """What a run's numbers depend on, in torch's names.

    Attributes:
        hidden: width of each hidden layer.
        activation: the nonlinearity after each hidden layer, a key of `ACTIVATIONS`.
        init: how the weights start, a key of `INITIALIZERS`.
        lr: learning rate of SGD.
        schedule: how the learning rate changes from epoch to epoch, a key of `SCHEDULES`.
        factor: of the constant schedule: lr is multiplied by it in the first `total_iters` epochs.
        total_iters: of the constant schedule.
        gamma: of the exponential and step schedules: lr is multiplied by it every epoch or every `step_size`
            epochs.
        step_size: of the step schedule.
        momentum: momentum of SGD.
        weight_decay: L2 penalty of SGD.
        clip_norm: greatest norm of the gradient, or None not to clip it.
        batch_size: rows in a training step.
        epochs: passes over the training rows.
        seed: of the weights and of the order of the rows.
        split_seed: of the split into train, validation and test rows.
        dtype: a member of `DTYPES`.
        standardize: whether features are shifted and scaled to mean 0 and variance 1 over the training rows.

    Raises:
        ConfigError: a value is out of its range, or an option belongs to another schedule.

    Examples:
        >>> Hyperparameters(schedule="step").gamma
        0.1
        >>> Hyperparameters(lr=-1.0)
        Traceback (most recent call last):
        npnn.training.config.ConfigError: lr must be a positive number, but got -1.0
    """

    CHECKS: ClassVar[Mapping[str, Check]] = {
        "hidden": WIDTHS,
        "activation": _one_of(ACTIVATIONS),
        "init": _one_of(INITIALIZERS),
        "lr": POSITIVE,
        "schedule": _one_of(SCHEDULES),
        "momentum": AT_LEAST_0,
        "weight_decay": AT_LEAST_0,
        "clip_norm": (lambda value: value is None or POSITIVE[0](value), f"{POSITIVE[1]} or none"),
        "batch_size": COUNT,
        "epochs": COUNT,
        "seed": SEED,
        "split_seed": SEED,
        "dtype": _one_of(DTYPES),
        "standardize": SWITCH,
    }
    SUBJECT: ClassVar[str] = "Iris"

    hidden: tuple[int, ...] = (16,)
    activation: Nonlinearity = "relu"
    init: str = "default"
    lr: float = 0.03
    schedule: str = "constant"
    factor: float | None = None
    total_iters: int | None = None
    gamma: float | None = None
    step_size: int | None = None
    momentum: float = 0.9
    weight_decay: float = 0.01
    clip_norm: float | None = None
    batch_size: int = 16
    epochs: int = 100
    seed: int = 0
    split_seed: int = 1936
    dtype: str = "float32"
    standardize: bool = True

    def __post_init__(self) -> None:
        super().__post_init__()
        own = SCHEDULES[self.schedule]
        for name, (holds, expected) in _SCHEDULE_CHECKS.items():
            value = getattr(self, name)
            if name not in own:
                if value is not None:
                    owners = " and ".join(key for key, options in SCHEDULES.items() if name in options)
                    raise ConfigError(
                        f"{name} belongs to the schedule {owners}, but the schedule is {self.schedule}"
                    )
            elif value is None:
                # The one place that writes to a frozen instance: its own construction.
                object.__setattr__(self, name, own[name])
            elif not holds(value):
                raise ConfigError(f"{name} must be {expected}, but got {value!r}")

    def to_json(self) -> dict[str, Any]:
        """The hyperparameters as JSON's own types, without the options of other schedules.

        Returns:
            A dict that `from_json` takes.
        """
        return {
            name: value
            for name, value in super().to_json().items()
            if name not in _SCHEDULE_CHECKS or value is not None
        }

    @property
    def remedy(self) -> str:
        """See `Settings`."""
        return f"lr {self.lr}; a smaller lr, or clip_norm, may help"
