"""LRScheduler: counts epochs and writes each epoch's learning rates into the optimizer's groups."""

from __future__ import annotations

import functools
import types
import warnings
import weakref
from collections.abc import Callable
from typing import Any, TypeAlias

from npnn.optim.optimizer import Optimizer
from npnn.tensors import Tensor

LR: TypeAlias = float | Tensor


class LRScheduler:
    """Base of the learning-rate schedulers.

    The constructor notes each group's learning rate as its "initial_lr" and makes the step to epoch 0. After
    that every `step` counts one epoch and asks for new rates in one of two forms. The chainable form, which
    steps use, works on the rates that are in force, so that several schedulers, and the user, can act on the
    same optimizer. The closed form, which `step(epoch)` uses, is a function of the epoch and the initial
    rates alone.

    A subclass defines `_get_chainable_lr` and, where there is one, `_get_closed_form_lr`; or overrides
    `get_lr`.

    Args:
        optimizer: the optimizer whose learning rates to set.
        last_epoch: the epoch to resume after; -1 starts from the beginning.

    Attributes:
        optimizer: the optimizer.
        base_lrs: the initial learning rate of each group.
        last_epoch: the epoch whose learning rates are in force.

    Raises:
        TypeError: `optimizer` is no Optimizer.
        KeyError: a schedule is resumed in a group that has no "initial_lr".

    Source: torch.optim.lr_scheduler.LRScheduler.

    Examples:
        >>> import npnn
        >>> class Halving(npnn.optim.lr_scheduler.LRScheduler):
        ...     def get_lr(self):
        ...         return [lr / 2**self.last_epoch for lr in self.base_lrs]
        >>> optimizer = npnn.optim.SGD([npnn.zeros(1)], lr=1.0)
        >>> scheduler = Halving(optimizer)
        >>> for _ in range(3):
        ...     optimizer.step()
        ...     scheduler.step()
        >>> scheduler.get_last_lr()
        [0.125]
    """

    _get_lr_called_within_step: bool = False
    _is_initial: bool = False
    _last_lr: list[LR]

    def __init__(self, optimizer: Optimizer, last_epoch: int = -1) -> None:
        require_optimizer(optimizer)
        self.optimizer = optimizer
        if last_epoch == -1:
            for group, lr in zip(optimizer.param_groups, group_values(optimizer, "lr"), strict=True):
                group.setdefault("initial_lr", lr)
        for index, group in enumerate(optimizer.param_groups):
            if "initial_lr" not in group:
                raise KeyError(
                    f"param 'initial_lr' is not specified in param_groups[{index}] when resuming a scheduler "
                    f"with last_epoch={last_epoch}: load the optimizer's state dict first, or start at -1"
                )
        self.base_lrs: list[LR] = group_values(optimizer, "initial_lr")
        self.last_epoch = last_epoch
        _note_optimizer_steps(optimizer)
        self._initial_step()

    def _initial_step(self) -> None:
        self._step_count = 0
        self._is_initial = True
        try:
            self.step()
        finally:
            self._is_initial = False

    def state_dict(self) -> dict[str, Any]:
        """The scheduler's attributes, all but the optimizer, under torch's names.

        Returns:
            A dict of the attributes; the values are the scheduler's own, not copies.
        """
        return {name: value for name, value in self.__dict__.items() if name != "optimizer"}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Takes over the attributes in a state dict; the optimizer's learning rates are its own to restore.

        Args:
            state_dict: what `state_dict` returned.
        """
        self.__dict__.update(state_dict)

    def get_last_lr(self) -> list[LR]:
        """The learning rates that this scheduler set last.

        Returns:
            One rate for each group; where the group's is a tensor, a copy of it.
        """
        return self._last_lr

    def get_lr(self) -> list[LR]:
        """Computes the learning rates of `last_epoch`; to read the ones in force, use `get_last_lr`.

        Returns:
            One rate for each group; where the group's is a tensor, a new one.
        """
        if not self._get_lr_called_within_step:
            warnings.warn(
                "To get the last learning rate computed by the scheduler, please use `get_last_lr()`: "
                "`get_lr()` computes the next one.",
                UserWarning,
                stacklevel=2,
            )
        return self._get_chainable_lr()

    def _get_chainable_lr(self) -> list[LR]:
        raise NotImplementedError(f"{type(self).__name__} defines no learning rates")

    def _get_closed_form_lr(self) -> list[LR]:
        return self.get_lr()

    def step(self, epoch: int | None = None) -> None:
        """Goes on to the next epoch and sets its learning rates; call it after the optimizer's `step`.

        Args:
            epoch: the epoch to go to, by the closed form where there is one. Deprecated, as on torch.
        """
        if self._step_count == 1:
            self._warn_unless_optimizer_stepped()
        self._step_count += 1
        if epoch is not None:
            warn_epoch_is_deprecated()
        self._update_lr(epoch)

    def _warn_unless_optimizer_stepped(self) -> None:
        if not hasattr(self.optimizer.step, "_noted_for_lr_scheduler"):
            warnings.warn(
                "Seems like `optimizer.step()` has been overridden after learning rate scheduler "
                "initialization: make sure that it is called before `lr_scheduler.step()`.",
                UserWarning,
                stacklevel=3,
            )
        elif not getattr(self.optimizer, "_opt_called", False):
            warnings.warn(
                "Detected call of `lr_scheduler.step()` before `optimizer.step()`. Call them in the opposite "
                "order: otherwise the first value of the learning rate schedule is skipped.",
                UserWarning,
                stacklevel=3,
            )

    def _update_lr(self, epoch: int | None = None) -> None:
        self._get_lr_called_within_step = True
        try:
            if epoch is None:
                self.last_epoch += 1
                lrs = self.get_lr()
            else:
                self.last_epoch = epoch
                lrs = self._get_closed_form_lr()
        finally:
            self._get_lr_called_within_step = False
        self._set_lrs(lrs)

    def _set_lrs(self, lrs: list[LR]) -> None:
        for group, lr in zip(self.optimizer.param_groups, lrs, strict=True):
            set_group_value(group, "lr", lr)
        self._last_lr = self._current_lrs()

    def _current_lrs(self) -> list[LR]:
        """The groups' learning rates as they are."""
        return group_values(self.optimizer, "lr")

    def _scaled_lrs(self, factor: float) -> list[LR]:
        """The groups' learning rates times a factor."""
        return [group["lr"] * factor for group in self.optimizer.param_groups]


def require_optimizer(optimizer: object) -> None:
    """Raises the TypeError that every scheduler raises for anything but an Optimizer."""
    if not isinstance(optimizer, Optimizer):
        raise TypeError(f"{type(optimizer).__name__} is not an Optimizer")


def warn_epoch_is_deprecated() -> None:
    """Warns the caller of a scheduler's `step` that it passes an epoch."""
    warnings.warn(
        "The epoch parameter in `scheduler.step()` was not necessary and is being deprecated where possible: "
        "`scheduler.step()` counts epochs itself. With an epoch, the closed form is used where there is one.",
        UserWarning,
        stacklevel=3,
    )


def group_values(optimizer: Optimizer, key: str) -> list[Any]:
    """Each group's value of an option; tensors are copied, so that nobody writes into the group's own."""
    return [_copy_tensor(group[key]) for group in optimizer.param_groups]


def set_group_value(group: dict[str, Any], key: str, value: LR) -> None:
    """Sets a group's option; a tensor stays the object that it is and takes the value in place."""
    if isinstance(group[key], Tensor):
        group[key].fill_(value)
    else:
        group[key] = value


def per_group(name: str, optimizer: Optimizer, value: Any) -> list[Any]:
    """Spreads an argument over the groups: one value for all of them, or a list with one for each.

    Args:
        name: the argument's name, for the error.
        optimizer: the optimizer whose groups to count.
        value: the value, or a list or tuple of them.

    Returns:
        One value for each group; tensors are copied.

    Raises:
        ValueError: a list has another length than the optimizer's groups.
    """
    count = len(optimizer.param_groups)
    values = list(value) if isinstance(value, list | tuple) else [value] * count
    if len(values) != count:
        raise ValueError(
            f"{name} must have the same length as optimizer.param_groups. "
            f"{name} has {len(values)} values, param_groups has {count}."
        )
    return [_copy_tensor(entry) for entry in values]


def callable_state(function: Callable[..., Any] | None) -> dict[str, Any] | None:
    """What a state dict keeps of a function: a callable object's attributes, of a plain function nothing."""
    if function is None or isinstance(function, types.FunctionType | types.BuiltinFunctionType):
        return None
    return dict(vars(function))


def _copy_tensor(value: Any) -> Any:
    return value.clone() if isinstance(value, Tensor) else value


def _note_optimizer_steps(optimizer: Optimizer) -> None:
    """Makes an optimizer's `step` leave a mark, `_opt_called`, by which schedulers see that it came first."""
    if hasattr(optimizer.step, "_noted_for_lr_scheduler"):
        return
    step, owner = optimizer.step.__func__, weakref.ref(optimizer)  # type: ignore[attr-defined]

    @functools.wraps(step)
    def noted_step(*args: Any, **kwargs: Any) -> Any:
        stepped = owner()
        stepped._opt_called = True  # type: ignore[union-attr]
        return step(stepped, *args, **kwargs)

    noted_step._noted_for_lr_scheduler = True  # type: ignore[attr-defined]
    optimizer.step = noted_step  # type: ignore[method-assign]
