"""Hyperparameters: what a run's numbers depend on, checked once and kept as JSON."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from npnn.init.variance_scaling import Nonlinearity
from npnn.training.model import ACTIVATIONS, INITIALIZERS

DTYPES = ("float32", "float64")

# Schedule -> its options and their defaults.
SCHEDULES: dict[str, dict[str, float]] = {
    "constant": {"factor": 1.0, "total_iters": 5},
    "exponential": {"gamma": 0.98},
    "step": {"gamma": 0.1, "step_size": 50},
}


class ConfigError(ValueError):
    """A hyperparameter has a value that it cannot have; the message names it and what was expected."""


@dataclass(frozen=True)
class Hyperparameters:
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
        for name, (holds, expected) in _CHECKS.items():
            value = getattr(self, name)
            if not holds(value):
                raise ConfigError(f"{name} must be {expected}, but got {value!r}")
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
        values = {**dataclasses.asdict(self), "hidden": list(self.hidden)}
        return {
            name: value for name, value in values.items() if name not in _SCHEDULE_CHECKS or value is not None
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Hyperparameters:
        """The hyperparameters from what `to_json` gave.

        Args:
            values: names and values; what is left out takes its default.

        Returns:
            The hyperparameters.

        Raises:
            ConfigError: a name is unknown, or a value is out of its range.
        """
        names = [field.name for field in dataclasses.fields(cls)]
        unknown = sorted(set(values) - set(names))
        if unknown:
            raise ConfigError(f"unknown hyperparameter {unknown[0]!r}: expected {', '.join(names)}")
        hidden = values.get("hidden", cls.hidden)
        return cls(**{**values, "hidden": tuple(hidden) if isinstance(hidden, list) else hidden})

    def differences(self, other: Hyperparameters) -> dict[str, tuple[Any, Any]]:
        """Where two sets of hyperparameters differ.

        Args:
            other: the other set.

        Returns:
            Name -> (value here, value there), for each that differs.
        """
        mine, theirs = dataclasses.asdict(self), dataclasses.asdict(other)
        return {name: (mine[name], theirs[name]) for name in mine if mine[name] != theirs[name]}


def _is_int(value: object, low: int, high: float = math.inf) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high


def _is_real(value: object, low: float, high: float = math.inf, open_low: bool = False) -> bool:
    if not isinstance(value, (int, float)) or isinstance(value, bool) or not math.isfinite(value):
        return False
    return (low < value if open_low else low <= value) and value <= high


def _positive(value: object) -> bool:
    return _is_real(value, 0, open_low=True)


def _one_of(names: Iterable[str]) -> tuple[Callable[[Any], bool], str]:
    return lambda value: isinstance(value, str) and value in names, f"one of {', '.join(names)}"


_SEED: tuple[Callable[[Any], bool], str] = (
    lambda value: _is_int(value, 0, 2**32 - 1),
    "a whole number from 0 to 4294967295",
)

# Name -> (what holds of its value, in words).
_CHECKS: dict[str, tuple[Callable[[Any], bool], str]] = {
    "hidden": (
        lambda value: (
            isinstance(value, tuple) and len(value) > 0 and all(_is_int(width, 1) for width in value)
        ),
        "one positive whole number for each hidden layer",
    ),
    "activation": _one_of(ACTIVATIONS),
    "init": _one_of(INITIALIZERS),
    "lr": (_positive, "a positive number"),
    "schedule": _one_of(SCHEDULES),
    "momentum": (lambda value: _is_real(value, 0), "a number of at least 0"),
    "weight_decay": (lambda value: _is_real(value, 0), "a number of at least 0"),
    "clip_norm": (lambda value: value is None or _positive(value), "a positive number or none"),
    "batch_size": (lambda value: _is_int(value, 1), "a positive whole number"),
    "epochs": (lambda value: _is_int(value, 1), "a positive whole number"),
    "seed": _SEED,
    "split_seed": _SEED,
    "dtype": _one_of(DTYPES),
    "standardize": (lambda value: isinstance(value, bool), "true or false"),
}

_SCHEDULE_CHECKS: dict[str, tuple[Callable[[Any], bool], str]] = {
    "factor": (lambda value: _is_real(value, 0, 1, open_low=True), "a number above 0 and up to 1"),
    "total_iters": (lambda value: _is_int(value, 0), "a whole number of at least 0"),
    "gamma": (lambda value: _is_real(value, 0, 1, open_low=True), "a number above 0 and up to 1"),
    "step_size": (lambda value: _is_int(value, 1), "a positive whole number"),
}
