"""ReduceLROnPlateau: the schedule that watches a metric rather than the epoch."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Literal, SupportsFloat

from npnn.optim.lr_scheduler.base import (
    LRScheduler,
    require_optimizer,
    set_group_value,
    warn_epoch_is_deprecated,
)
from npnn.optim.optimizer import Optimizer

# (mode, threshold_mode): whether a value is better than the best so far.
_IS_BETTER: dict[tuple[str, str], Callable[[float, float, float], bool]] = {
    ("min", "rel"): lambda value, best, threshold: value < best * (1.0 - threshold),
    ("min", "abs"): lambda value, best, threshold: value < best - threshold,
    ("max", "rel"): lambda value, best, threshold: value > best * (threshold + 1.0),
    ("max", "abs"): lambda value, best, threshold: value > best + threshold,
}
_WORST = {"min": math.inf, "max": -math.inf}


class ReduceLROnPlateau(LRScheduler):
    """Multiplies the learning rates by a factor when a metric has stopped getting better.

    An epoch is bad when its metric does not beat the best one by the threshold. After more than `patience`
    bad epochs in a row the rates are reduced, and for `cooldown` epochs after that bad ones are not counted.

    Args:
        optimizer: the optimizer whose learning rates to set.
        mode: "min" if lower metrics are better, "max" if higher ones are.
        factor: the factor of each reduction, below 1.
        patience: the number of bad epochs in a row that are borne.
        threshold: by how much a better metric must beat the best one.
        threshold_mode: "rel" if the threshold is a part of the best metric, "abs" if it is a difference from
            it.
        cooldown: the number of epochs after a reduction in which bad ones do not count.
        min_lr: the learning rate below which none is reduced, or a list with one for each group.
        eps: the smallest reduction that is still made.

    Raises:
        ValueError: `factor` is not below 1, `mode` or `threshold_mode` is unknown, or a list has another
            length than the optimizer's groups.
        TypeError: `optimizer` is no Optimizer.

    Source: torch.optim.lr_scheduler.ReduceLROnPlateau.

    Examples:
        >>> import npnn
        >>> optimizer = npnn.optim.SGD([npnn.zeros(1)], lr=1.0)
        >>> scheduler = npnn.optim.lr_scheduler.ReduceLROnPlateau(optimizer, factor=0.5, patience=1)
        >>> for loss in (0.9, 0.8, 0.8, 0.85):
        ...     optimizer.step()
        ...     scheduler.step(loss)
        ...     print(scheduler.get_last_lr())
        [1.0]
        [1.0]
        [1.0]
        [0.5]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        mode: Literal["min", "max"] = "min",
        factor: float = 0.1,
        patience: int = 10,
        threshold: float = 1e-4,
        threshold_mode: Literal["rel", "abs"] = "rel",
        cooldown: int = 0,
        min_lr: list[float] | float = 0,
        eps: float = 1e-8,
    ) -> None:
        if factor >= 1.0:
            raise ValueError(f"Factor should be < 1.0, but got {factor}")
        require_optimizer(optimizer)
        count = len(optimizer.param_groups)
        self.default_min_lr: float | None = None
        if isinstance(min_lr, list | tuple):
            if len(min_lr) != count:
                raise ValueError(f"expected {count} min_lrs, got {len(min_lr)}")
            self.min_lrs = list(min_lr)
        else:
            self.default_min_lr = min_lr
            self.min_lrs = [min_lr] * count
        self.factor = factor
        self.optimizer = optimizer
        self.patience = patience
        self.cooldown = cooldown
        self.eps = eps
        self.last_epoch = 0
        self._last_lr = self._current_lrs()
        self._set_mode(mode, threshold, threshold_mode)
        self._reset()

    def _set_mode(self, mode: str, threshold: float, threshold_mode: str) -> None:
        if mode not in _WORST:
            raise ValueError(f"mode {mode} is unknown! Expected one of {list(_WORST)}")
        if (mode, threshold_mode) not in _IS_BETTER:
            raise ValueError(f"threshold mode {threshold_mode} is unknown! Expected one of ['rel', 'abs']")
        self.mode = mode
        self.threshold = threshold
        self.threshold_mode = threshold_mode
        self.mode_worse = _WORST[mode]

    def _reset(self) -> None:
        self.best = self.mode_worse
        self.cooldown_counter = 0
        self.num_bad_epochs = 0

    @property
    def in_cooldown(self) -> bool:
        """Whether bad epochs do not count at present."""
        return self.cooldown_counter > 0

    def step(self, metrics: SupportsFloat, epoch: int | None = None) -> None:  # type: ignore[override]
        """Looks at an epoch's metric and reduces the learning rates if it is one bad epoch too many.

        Args:
            metrics: the metric to watch, such as the validation loss.
            epoch: the number of the epoch. Deprecated, as on torch.
        """
        if epoch is None:
            epoch = self.last_epoch + 1
        else:
            warn_epoch_is_deprecated()
        self.last_epoch = epoch

        current = float(metrics)
        if _IS_BETTER[self.mode, self.threshold_mode](current, self.best, self.threshold):
            self.best = current
            self.num_bad_epochs = 0
        else:
            self.num_bad_epochs += 1

        if self.in_cooldown:
            self.cooldown_counter -= 1
            self.num_bad_epochs = 0

        if self.num_bad_epochs > self.patience:
            self._reduce_lr()
            self.cooldown_counter = self.cooldown
            self.num_bad_epochs = 0
        self._last_lr = self._current_lrs()

    def _reduce_lr(self) -> None:
        groups = self.optimizer.param_groups
        if len(groups) != len(self.min_lrs):
            if self.default_min_lr is None:
                raise RuntimeError(
                    f"The number of param groups in the `optimizer` ({len(groups)}) differs from when this "
                    f"scheduler was initialized ({len(self.min_lrs)}): give `min_lrs` a value for each"
                )
            self.min_lrs = [self.default_min_lr] * len(groups)
        for group, min_lr in zip(groups, self.min_lrs, strict=True):
            old_lr = float(group["lr"])
            new_lr = max(old_lr * self.factor, min_lr)
            if old_lr - new_lr > self.eps:
                set_group_value(group, "lr", new_lr)

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Takes over the attributes in a state dict; the optimizer's learning rates are its own to restore.

        Args:
            state_dict: what `state_dict` returned.

        Raises:
            ValueError: its "mode" or "threshold_mode" is unknown.
        """
        super().load_state_dict(state_dict)
        self._set_mode(self.mode, self.threshold, self.threshold_mode)
