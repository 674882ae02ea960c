"""CyclicLR and OneCycleLR: schedules by the batch, which move the momentum against the learning rate."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Literal, TypedDict

from npnn.optim.lr_scheduler.base import (
    LR,
    LRScheduler,
    callable_state,
    per_group,
    require_optimizer,
    set_group_value,
)
from npnn.optim.optimizer import Optimizer

# mode: what the scale depends on, and how, given gamma and that.
_SCALES: dict[str, tuple[Literal["cycle", "iterations"], Callable[[float, float], float]]] = {
    "triangular": ("cycle", lambda gamma, x: 1.0),
    "triangular2": ("cycle", lambda gamma, x: 1 / 2.0 ** (x - 1)),
    "exp_range": ("iterations", lambda gamma, x: gamma**x),
}


class _MomentumScheduler(LRScheduler):
    """A scheduler that also sets a momentum: the option of that name, or the first of "betas"."""

    use_beta1: bool

    def _start_momentum(
        self, base_momentums: list[float], max_momentums: list[float], last_epoch: int
    ) -> None:
        groups = self.optimizer.param_groups
        if last_epoch != -1:
            return
        for group, base, top in zip(groups, base_momentums, max_momentums, strict=True):
            self._set_momentum(group, top)
            group["max_momentum"] = top
            group["base_momentum"] = base

    def _find_momentum(self) -> None:
        defaults = self.optimizer.defaults
        if "momentum" not in defaults and "betas" not in defaults:
            raise ValueError(
                "optimizer must support momentum or beta1 with `cycle_momentum` option enabled, but "
                f"{type(self.optimizer).__name__} has neither"
            )
        self.use_beta1 = "betas" in defaults

    def _set_momentum(self, group: dict[str, Any], momentum: float) -> None:
        if self.use_beta1:
            group["betas"] = (momentum, *group["betas"][1:])
        else:
            group["momentum"] = momentum


class CyclicLR(_MomentumScheduler):
    """Moves each learning rate up and down between two bounds, batch by batch.

    In cycle c, a factor s goes straight from 0 to 1 in `step_size_up` batches and back in `step_size_down`.
    The rate is base_lr + (max_lr - base_lr) s · scale, and the momentum max_momentum - (max_momentum -
    base_momentum) s · scale.

    Args:
        optimizer: the optimizer whose learning rates to set.
        base_lr: the lower bound, a number or a list with one for each group.
        max_lr: the upper bound, a number or a list with one for each group.
        step_size_up: the number of batches on the way up.
        step_size_down: the number of batches on the way down; None takes `step_size_up`.
        mode: the scale: "triangular" is 1, "triangular2" is halved from cycle to cycle, and "exp_range" is
            `gamma` to the number of batches so far.
        gamma: the base of "exp_range".
        scale_fn: the scale as a function, in place of `mode`.
        scale_mode: what `scale_fn` is given: the number of the "cycle", from 1, or of the "iterations", from
            0.
        cycle_momentum: whether the momentum moves too, against the learning rate.
        base_momentum: the lower bound of the momentum, a number or a list with one for each group.
        max_momentum: the upper bound of the momentum, a number or a list with one for each group.
        last_epoch: the batch to resume after; -1 starts from the beginning.

    Raises:
        ValueError: `mode` is unknown, a list has another length than the optimizer's groups, or the optimizer
            has no momentum to cycle.
        TypeError: `optimizer` is no Optimizer.

    Source: torch.optim.lr_scheduler.CyclicLR; Smith, "Cyclical Learning Rates for Training Neural Networks"
    (2017).

    Examples:
        >>> import npnn
        >>> optimizer = npnn.optim.SGD([npnn.zeros(1)], lr=1.0, momentum=0.5)
        >>> scheduler = npnn.optim.lr_scheduler.CyclicLR(optimizer, base_lr=0.0, max_lr=1.0, step_size_up=2)
        >>> for _ in range(4):
        ...     print(scheduler.get_last_lr(), round(optimizer.param_groups[0]["momentum"], 6))
        ...     optimizer.step()
        ...     scheduler.step()
        [0.0] 0.9
        [0.5] 0.85
        [1.0] 0.8
        [0.5] 0.85
    """

    def __init__(
        self,
        optimizer: Optimizer,
        base_lr: float | list[float],
        max_lr: float | list[float],
        step_size_up: int = 2000,
        step_size_down: int | None = None,
        mode: Literal["triangular", "triangular2", "exp_range"] = "triangular",
        gamma: float = 1.0,
        scale_fn: Callable[[float], float] | None = None,
        scale_mode: Literal["cycle", "iterations"] = "cycle",
        cycle_momentum: bool = True,
        base_momentum: float | list[float] = 0.8,
        max_momentum: float | list[float] = 0.9,
        last_epoch: int = -1,
    ) -> None:
        require_optimizer(optimizer)
        self.optimizer = optimizer
        if mode not in _SCALES and scale_fn is None:
            raise ValueError(
                f"mode is invalid and scale_fn is None: expected one of {list(_SCALES)}, but got {mode!r}"
            )

        base_lrs = per_group("base_lr", optimizer, base_lr)
        if last_epoch == -1:
            for group, lr in zip(optimizer.param_groups, base_lrs, strict=True):
                set_group_value(group, "lr", lr)
        self.max_lrs = per_group("max_lr", optimizer, max_lr)

        up = float(step_size_up)
        self.total_size = up + (up if step_size_down is None else float(step_size_down))
        self.step_ratio = up / self.total_size

        self.mode = mode
        self.gamma = gamma
        self._scale_fn_custom = scale_fn
        self.scale_mode = scale_mode if scale_fn is not None else _SCALES[mode][0]

        self.cycle_momentum = cycle_momentum
        if cycle_momentum:
            self._find_momentum()
            self.base_momentums = per_group("base_momentum", optimizer, base_momentum)
            self.max_momentums = per_group("max_momentum", optimizer, max_momentum)
            self._start_momentum(self.base_momentums, self.max_momentums, last_epoch)

        super().__init__(optimizer, last_epoch)
        self.base_lrs = base_lrs

    def scale_fn(self, x: float) -> float:
        """The scale of the amplitude.

        Args:
            x: the number of the cycle or of the batch, as `scale_mode` says.

        Returns:
            The factor of the distance between the bounds.
        """
        if self._scale_fn_custom is not None:
            return self._scale_fn_custom(x)
        return _SCALES[self.mode][1](self.gamma, x)

    def _get_chainable_lr(self) -> list[LR]:
        cycle = math.floor(1 + self.last_epoch / self.total_size)
        x = 1.0 + self.last_epoch / self.total_size - cycle
        height = x / self.step_ratio if x <= self.step_ratio else (x - 1) / (self.step_ratio - 1)
        scale_argument = cycle if self.scale_mode == "cycle" else self.last_epoch

        if self.cycle_momentum:
            for group, base, top in zip(
                self.optimizer.param_groups, self.base_momentums, self.max_momentums, strict=True
            ):
                self._set_momentum(group, top - (top - base) * height * self.scale_fn(scale_argument))
        return [
            base + (top - base) * height * self.scale_fn(scale_argument)
            for base, top in zip(self.base_lrs, self.max_lrs, strict=True)
        ]

    def state_dict(self) -> dict[str, Any]:
        """The scheduler's attributes, with those of a callable object; a plain `scale_fn` is left out.

        Returns:
            A dict of the attributes.
        """
        return super().state_dict() | {"_scale_fn_custom": callable_state(self._scale_fn_custom)}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Takes over the attributes in a state dict; a plain `scale_fn` stays as it is.

        Args:
            state_dict: what `state_dict` returned.
        """
        super().load_state_dict(
            {name: value for name, value in state_dict.items() if name != "_scale_fn_custom"}
        )
        attributes = state_dict["_scale_fn_custom"]
        if attributes is not None:
            vars(self._scale_fn_custom).update(attributes)


# How to get from one value to another, in parts of the way from 0 to 1.
_ANNEAL: dict[str, Callable[[Any, Any, float], Any]] = {
    "cos": lambda start, end, part: end + (start - end) / 2.0 * (math.cos(math.pi * part) + 1),
    "linear": lambda start, end, part: (end - start) * part + start,
}


class _Phase(TypedDict):
    """A stretch of the one cycle: the batch it ends with, and the group's options it leads from and to."""

    end_step: float
    start_lr: str
    end_lr: str
    start_momentum: str
    end_momentum: str


class OneCycleLR(_MomentumScheduler):
    """Moves each learning rate up to a top and down again to almost nothing, once, batch by batch.

    The rate goes from max_lr / `div_factor` to max_lr and then to max_lr / (`div_factor` `final_div_factor`);
    the momentum goes from max_momentum to base_momentum and back.

    Args:
        optimizer: the optimizer whose learning rates to set.
        max_lr: the top, a number or a list with one for each group.
        total_steps: the number of batches in the cycle; None takes `epochs` times `steps_per_epoch`.
        epochs: the number of epochs.
        steps_per_epoch: the number of batches in each.
        pct_start: the part of the cycle on the way up.
        anneal_strategy: the way, "cos" or "linear".
        cycle_momentum: whether the momentum moves too, against the learning rate.
        base_momentum: the lower bound of the momentum, a number or a list with one for each group.
        max_momentum: the upper bound of the momentum, a number or a list with one for each group.
        div_factor: the top divided by the learning rate at the start.
        final_div_factor: the learning rate at the start divided by the one at the end.
        three_phase: whether the way down passes through the learning rate at the start, as far from the top
            as the start is, as the paper has it.
        last_epoch: the batch to resume after; -1 starts from the beginning.

    Raises:
        ValueError: a number of steps or epochs is no positive integer or is missing, `pct_start` is no float
            from 0 to 1, `anneal_strategy` is unknown, a list has another length than the optimizer's groups,
            the optimizer has no momentum to cycle, or a step goes past the end of the cycle.
        TypeError: `optimizer` is no Optimizer.

    Source: torch.optim.lr_scheduler.OneCycleLR; Smith & Topin, "Super-Convergence: Very Fast Training of
    Neural Networks Using Large Learning Rates" (2018).

    Examples:
        >>> import npnn
        >>> optimizer = npnn.optim.SGD([npnn.zeros(1)], lr=1.0, momentum=0.5)
        >>> scheduler = npnn.optim.lr_scheduler.OneCycleLR(
        ...     optimizer, 1.0, 5, pct_start=0.6, anneal_strategy="linear", div_factor=2.0, final_div_factor=2
        ... )
        >>> for _ in range(4):
        ...     print(scheduler.get_last_lr(), round(optimizer.param_groups[0]["momentum"], 6))
        ...     optimizer.step()
        ...     scheduler.step()
        [0.5] 0.95
        [0.75] 0.9
        [1.0] 0.85
        [0.625] 0.9
    """

    def __init__(
        self,
        optimizer: Optimizer,
        max_lr: float | list[float],
        total_steps: int | None = None,
        epochs: int | None = None,
        steps_per_epoch: int | None = None,
        pct_start: float = 0.3,
        anneal_strategy: Literal["cos", "linear"] = "cos",
        cycle_momentum: bool = True,
        base_momentum: float | list[float] = 0.85,
        max_momentum: float | list[float] = 0.95,
        div_factor: float = 25.0,
        final_div_factor: float = 1e4,
        three_phase: bool = False,
        last_epoch: int = -1,
    ) -> None:
        require_optimizer(optimizer)
        self.optimizer = optimizer
        self.total_steps = _total_steps(total_steps, epochs, steps_per_epoch)
        if not isinstance(pct_start, float) or pct_start < 0 or pct_start > 1:
            raise ValueError(f"Expected float between 0 and 1 pct_start, but got {pct_start}")
        if anneal_strategy not in _ANNEAL:
            raise ValueError(f"anneal_strategy must be one of {list(_ANNEAL)}, instead got {anneal_strategy}")
        self._schedule_phases = _phases(self.total_steps, pct_start, three_phase)
        self._anneal_func_type = anneal_strategy

        max_lrs = per_group("max_lr", optimizer, max_lr)
        if last_epoch == -1:
            for group, top in zip(optimizer.param_groups, max_lrs, strict=True):
                group["initial_lr"] = top / div_factor
                group["max_lr"] = top
                group["min_lr"] = group["initial_lr"] / final_div_factor

        self.cycle_momentum = cycle_momentum
        if cycle_momentum:
            self._find_momentum()
            self._start_momentum(
                per_group("base_momentum", optimizer, base_momentum),
                per_group("max_momentum", optimizer, max_momentum),
                last_epoch,
            )
        super().__init__(optimizer, last_epoch)

    def _get_chainable_lr(self) -> list[LR]:
        step = self.last_epoch
        if step > self.total_steps:
            raise ValueError(
                f"Tried to step {step} times. The specified number of total steps is {self.total_steps}"
            )
        phases = self._schedule_phases
        number = next((n for n, phase in enumerate(phases) if step <= phase["end_step"]), len(phases) - 1)
        phase, start = phases[number], phases[number - 1]["end_step"] if number > 0 else 0.0
        part = (step - start) / (phase["end_step"] - start)

        anneal = _ANNEAL[self._anneal_func_type]
        if self.cycle_momentum:
            for group in self.optimizer.param_groups:
                momentum = anneal(group[phase["start_momentum"]], group[phase["end_momentum"]], part)
                self._set_momentum(group, momentum)
        return [
            anneal(group[phase["start_lr"]], group[phase["end_lr"]], part)
            for group in self.optimizer.param_groups
        ]


def _total_steps(total_steps: int | None, epochs: int | None, steps_per_epoch: int | None) -> int:
    if total_steps is not None:
        return _positive("total_steps", total_steps)
    if epochs is not None and steps_per_epoch is not None:
        return _positive("epochs", epochs) * _positive("steps_per_epoch", steps_per_epoch)
    raise ValueError("You must define either total_steps OR (epochs AND steps_per_epoch)")


def _positive(name: str, value: int) -> int:
    if not isinstance(value, int) or value <= 0:
        raise ValueError(f"Expected positive integer {name}, but got {value}")
    return value


def _phases(total_steps: int, pct_start: float, three_phase: bool) -> list[_Phase]:
    up: _Phase = {
        "end_step": float(pct_start * total_steps) - 1,
        "start_lr": "initial_lr",
        "end_lr": "max_lr",
        "start_momentum": "max_momentum",
        "end_momentum": "base_momentum",
    }
    down: _Phase = {
        "end_step": total_steps - 1,
        "start_lr": "max_lr",
        "end_lr": "min_lr",
        "start_momentum": "base_momentum",
        "end_momentum": "max_momentum",
    }
    if not three_phase:
        return [up, down]
    back: _Phase = {**down, "end_step": float(2 * pct_start * total_steps) - 2, "end_lr": "initial_lr"}
    out: _Phase = {**down, "start_lr": "initial_lr", "start_momentum": "max_momentum"}
    return [up, back, out]
