"""Schedulers that multiply the learning rates by a factor: a given one, a power, a ramp, a polynomial."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

from npnn.optim.lr_scheduler.base import LR, LRScheduler, callable_state, require_optimizer
from npnn.optim.optimizer import Optimizer


class _FunctionScheduler(LRScheduler):
    """A scheduler by the user's own functions of the epoch, one for each group or one for all."""

    def __init__(
        self,
        optimizer: Optimizer,
        lr_lambda: Callable[[int], float] | list[Callable[[int], float]],
        last_epoch: int = -1,
    ) -> None:
        require_optimizer(optimizer)
        count = len(optimizer.param_groups)
        functions = list(lr_lambda) if isinstance(lr_lambda, list | tuple) else [lr_lambda] * count
        if len(functions) != count:
            raise ValueError(f"Expected {count} lr_lambdas, one for each group, but got {len(functions)}")
        for function in functions:
            if not callable(function):
                raise TypeError(f"lr_lambda should be a function, but got {type(function).__name__}")
        self.lr_lambdas = functions
        super().__init__(optimizer, last_epoch)

    def state_dict(self) -> dict[str, Any]:
        """The scheduler's attributes, with those of callable objects; plain functions are left out.

        Returns:
            A dict of the attributes.
        """
        return super().state_dict() | {
            "lr_lambdas": [callable_state(function) for function in self.lr_lambdas]
        }

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Takes over the attributes in a state dict; plain functions stay as they are.

        Args:
            state_dict: what `state_dict` returned.
        """
        super().load_state_dict({name: value for name, value in state_dict.items() if name != "lr_lambdas"})
        for function, attributes in zip(self.lr_lambdas, state_dict["lr_lambdas"], strict=True):
            if attributes is not None:
                vars(function).update(attributes)


class LambdaLR(_FunctionScheduler):
    """Sets each learning rate to its initial value times a given function of the epoch.

    Args:
        optimizer: the optimizer whose learning rates to set.
        lr_lambda: the function from epoch to factor, or a list with one for each group.
        last_epoch: the epoch to resume after; -1 starts from the beginning.

    Raises:
        ValueError: a list has another length than the optimizer's groups.
        TypeError: an `lr_lambda` is not callable.

    Source: torch.optim.lr_scheduler.LambdaLR.

    Examples:
        >>> import npnn
        >>> optimizer = npnn.optim.SGD([npnn.zeros(1)], lr=1.0)
        >>> scheduler = npnn.optim.lr_scheduler.LambdaLR(optimizer, lambda epoch: 1 / (1 + epoch))
        >>> for _ in range(4):
        ...     print(scheduler.get_last_lr())
        ...     optimizer.step()
        ...     scheduler.step()
        [1.0]
        [0.5]
        [0.3333333333333333]
        [0.25]
    """

    def _get_chainable_lr(self) -> list[LR]:
        return [
            base_lr * function(self.last_epoch)
            for function, base_lr in zip(self.lr_lambdas, self.base_lrs, strict=True)
        ]


class MultiplicativeLR(_FunctionScheduler):
    """Multiplies each learning rate, epoch by epoch, by a given function of the epoch.

    Args:
        optimizer: the optimizer whose learning rates to set.
        lr_lambda: the function from epoch to factor, or a list with one for each group.
        last_epoch: the epoch to resume after; -1 starts from the beginning.

    Raises:
        ValueError: a list has another length than the optimizer's groups.
        TypeError: an `lr_lambda` is not callable.

    Source: torch.optim.lr_scheduler.MultiplicativeLR.

    Examples:
        >>> import npnn
        >>> optimizer = npnn.optim.SGD([npnn.zeros(1)], lr=1.0)
        >>> scheduler = npnn.optim.lr_scheduler.MultiplicativeLR(optimizer, lambda epoch: epoch / 4)
        >>> for _ in range(4):
        ...     print(scheduler.get_last_lr())
        ...     optimizer.step()
        ...     scheduler.step()
        [1.0]
        [0.25]
        [0.125]
        [0.09375]
    """

    def _get_chainable_lr(self) -> list[LR]:
        if self._is_initial:
            return self._current_lrs()
        return [
            group["lr"] * function(self.last_epoch)
            for function, group in zip(self.lr_lambdas, self.optimizer.param_groups, strict=True)
        ]


class StepLR(LRScheduler):
    """Multiplies the learning rates by `gamma` every `step_size` epochs.

    Args:
        optimizer: the optimizer whose learning rates to set.
        step_size: the number of epochs between two decays.
        gamma: the factor of each decay.
        last_epoch: the epoch to resume after; -1 starts from the beginning.

    Source: torch.optim.lr_scheduler.StepLR.

    Examples:
        >>> import npnn
        >>> optimizer = npnn.optim.SGD([npnn.zeros(1)], lr=1.0)
        >>> scheduler = npnn.optim.lr_scheduler.StepLR(optimizer, step_size=2, gamma=0.5)
        >>> for _ in range(4):
        ...     print(scheduler.get_last_lr())
        ...     optimizer.step()
        ...     scheduler.step()
        [1.0]
        [1.0]
        [0.5]
        [0.5]
    """

    def __init__(
        self, optimizer: Optimizer, step_size: int, gamma: float = 0.1, last_epoch: int = -1
    ) -> None:
        self.step_size = step_size
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def _get_chainable_lr(self) -> list[LR]:
        if self.last_epoch == 0 or self.last_epoch % self.step_size != 0:
            return self._current_lrs()
        return self._scaled_lrs(self.gamma)

    def _get_closed_form_lr(self) -> list[LR]:
        return [base_lr * self.gamma ** (self.last_epoch // self.step_size) for base_lr in self.base_lrs]


class MultiStepLR(LRScheduler):
    """Multiplies the learning rates by `gamma` at each of the given epochs.

    Args:
        optimizer: the optimizer whose learning rates to set.
        milestones: the epochs; one that stands n times decays by `gamma`ⁿ.
        gamma: the factor of each decay.
        last_epoch: the epoch to resume after; -1 starts from the beginning.

    Source: torch.optim.lr_scheduler.MultiStepLR.

    Examples:
        >>> import npnn
        >>> optimizer = npnn.optim.SGD([npnn.zeros(1)], lr=1.0)
        >>> scheduler = npnn.optim.lr_scheduler.MultiStepLR(optimizer, milestones=[1, 3], gamma=0.5)
        >>> for _ in range(4):
        ...     print(scheduler.get_last_lr())
        ...     optimizer.step()
        ...     scheduler.step()
        [1.0]
        [0.5]
        [0.5]
        [0.25]
    """

    def __init__(
        self, optimizer: Optimizer, milestones: Iterable[int], gamma: float = 0.1, last_epoch: int = -1
    ) -> None:
        self.milestones = Counter(milestones)
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def _get_chainable_lr(self) -> list[LR]:
        if self.last_epoch not in self.milestones:
            return self._current_lrs()
        return self._scaled_lrs(self.gamma ** self.milestones[self.last_epoch])

    def _get_closed_form_lr(self) -> list[LR]:
        passed = bisect_right(sorted(self.milestones.elements()), self.last_epoch)
        return [base_lr * self.gamma**passed for base_lr in self.base_lrs]


class ConstantLR(LRScheduler):
    """Multiplies the learning rates by a constant factor for the first `total_iters` epochs.

    Args:
        optimizer: the optimizer whose learning rates to set.
        factor: the factor, from 0 to 1.
        total_iters: the number of epochs after which the learning rates are divided by it again.
        last_epoch: the epoch to resume after; -1 starts from the beginning.

    Raises:
        ValueError: `factor` is not from 0 to 1.

    Source: torch.optim.lr_scheduler.ConstantLR.

    Examples:
        >>> import npnn
        >>> optimizer = npnn.optim.SGD([npnn.zeros(1)], lr=1.0)
        >>> scheduler = npnn.optim.lr_scheduler.ConstantLR(optimizer, factor=0.5, total_iters=2)
        >>> for _ in range(4):
        ...     print(scheduler.get_last_lr())
        ...     optimizer.step()
        ...     scheduler.step()
        [0.5]
        [0.5]
        [1.0]
        [1.0]
    """

    def __init__(
        self, optimizer: Optimizer, factor: float = 1.0 / 3, total_iters: int = 5, last_epoch: int = -1
    ) -> None:
        if factor > 1.0 or factor < 0:
            raise ValueError(
                f"Constant multiplicative factor expected to be between 0 and 1, but got {factor}"
            )
        self.factor = factor
        self.total_iters = total_iters
        super().__init__(optimizer, last_epoch)

    def _get_chainable_lr(self) -> list[LR]:
        if self.last_epoch == 0:
            return self._scaled_lrs(self.factor)
        if self.last_epoch != self.total_iters:
            return self._current_lrs()
        return self._scaled_lrs(1.0 / self.factor)

    def _get_closed_form_lr(self) -> list[LR]:
        factor = self.factor + (self.last_epoch >= self.total_iters) * (1 - self.factor)
        return [base_lr * factor for base_lr in self.base_lrs]


class LinearLR(LRScheduler):
    """Multiplies the learning rates by a factor that goes straight from one value to another.

    Args:
        optimizer: the optimizer whose learning rates to set.
        start_factor: the factor at epoch 0, above 0 and up to 1.
        end_factor: the factor from epoch `total_iters` on, from 0 to 1.
        total_iters: the number of epochs on the way.
        last_epoch: the epoch to resume after; -1 starts from the beginning.

    Raises:
        ValueError: a factor is out of its range.

    Source: torch.optim.lr_scheduler.LinearLR.

    Examples:
        >>> import npnn
        >>> optimizer = npnn.optim.SGD([npnn.zeros(1)], lr=1.0)
        >>> scheduler = npnn.optim.lr_scheduler.LinearLR(optimizer, start_factor=0.25, total_iters=3)
        >>> for _ in range(4):
        ...     print(scheduler.get_last_lr())
        ...     optimizer.step()
        ...     scheduler.step()
        [0.25]
        [0.5]
        [0.75]
        [1.0]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        start_factor: float = 1.0 / 3,
        end_factor: float = 1.0,
        total_iters: int = 5,
        last_epoch: int = -1,
    ) -> None:
        if start_factor > 1.0 or start_factor <= 0:
            raise ValueError(
                "Starting multiplicative factor expected to be greater than 0 and less or equal to 1, "
                f"but got {start_factor}"
            )
        if end_factor > 1.0 or end_factor < 0:
            raise ValueError(
                f"Ending multiplicative factor expected to be between 0 and 1, but got {end_factor}"
            )
        self.start_factor = start_factor
        self.end_factor = end_factor
        self.total_iters = total_iters
        super().__init__(optimizer, last_epoch)

    def _get_chainable_lr(self) -> list[LR]:
        if self.last_epoch == 0:
            return self._scaled_lrs(self.start_factor)
        if self._is_initial or self.last_epoch > self.total_iters:
            return self._current_lrs()
        # The ratio of this epoch's factor to the last one's.
        rise = self.end_factor - self.start_factor
        return self._scaled_lrs(
            1.0 + rise / (self.total_iters * self.start_factor + (self.last_epoch - 1) * rise)
        )

    def _get_closed_form_lr(self) -> list[LR]:
        rise = self.end_factor - self.start_factor
        factor = self.start_factor + rise * min(self.total_iters, self.last_epoch) / self.total_iters
        return [base_lr * factor for base_lr in self.base_lrs]


class ExponentialLR(LRScheduler):
    """Multiplies the learning rates by `gamma` every epoch.

    Args:
        optimizer: the optimizer whose learning rates to set.
        gamma: the factor of each decay.
        last_epoch: the epoch to resume after; -1 starts from the beginning.

    Source: torch.optim.lr_scheduler.ExponentialLR.

    Examples:
        >>> import npnn
        >>> optimizer = npnn.optim.SGD([npnn.zeros(1)], lr=1.0)
        >>> scheduler = npnn.optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.5)
        >>> for _ in range(4):
        ...     print(scheduler.get_last_lr())
        ...     optimizer.step()
        ...     scheduler.step()
        [1.0]
        [0.5]
        [0.25]
        [0.125]
    """

    def __init__(self, optimizer: Optimizer, gamma: float, last_epoch: int = -1) -> None:
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def _get_chainable_lr(self) -> list[LR]:
        return self._current_lrs() if self._is_initial else self._scaled_lrs(self.gamma)

    def _get_closed_form_lr(self) -> list[LR]:
        return [base_lr * self.gamma**self.last_epoch for base_lr in self.base_lrs]


class PolynomialLR(LRScheduler):
    """Multiplies the learning rates by (1 - epoch / total_iters)ᵖᵒʷᵉʳ, which is 0 from `total_iters` on.

    Args:
        optimizer: the optimizer whose learning rates to set.
        total_iters: the number of epochs until the learning rates are 0.
        power: the power of the polynomial.
        last_epoch: the epoch to resume after; -1 starts from the beginning.

    Source: torch.optim.lr_scheduler.PolynomialLR.

    Examples:
        >>> import npnn
        >>> optimizer = npnn.optim.SGD([npnn.zeros(1)], lr=1.0)
        >>> scheduler = npnn.optim.lr_scheduler.PolynomialLR(optimizer, total_iters=4, power=2.0)
        >>> for _ in range(4):
        ...     print(scheduler.get_last_lr())
        ...     optimizer.step()
        ...     scheduler.step()
        [1.0]
        [0.5625]
        [0.25]
        [0.0625]
    """

    def __init__(
        self, optimizer: Optimizer, total_iters: int = 5, power: float = 1.0, last_epoch: int = -1
    ) -> None:
        self.total_iters = total_iters
        self.power = power
        super().__init__(optimizer, last_epoch)

    def _get_chainable_lr(self) -> list[LR]:
        if self._is_initial or self.last_epoch > self.total_iters:
            return self._current_lrs()
        # The ratio of this epoch's factor to the last one's.
        left = 1.0 - self.last_epoch / self.total_iters
        left_before = 1.0 - (self.last_epoch - 1) / self.total_iters
        return self._scaled_lrs((left / left_before) ** self.power)

    def _get_closed_form_lr(self) -> list[LR]:
        left = 1.0 - min(self.total_iters, self.last_epoch) / self.total_iters
        return [base_lr * left**self.power for base_lr in self.base_lrs]
