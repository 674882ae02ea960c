"""Cosine annealing, with and without warm restarts."""

from __future__ import annotations

import math

from npnn.optim.lr_scheduler.base import LR, LRScheduler
from npnn.optim.optimizer import Optimizer


class CosineAnnealingLR(LRScheduler):
    """Brings the learning rates down to `eta_min` along half a cosine, and up again if it goes on.

    At epoch t the closed form is eta_min + (base_lr - eta_min) (1 + cos(π t / T_max)) / 2. The chainable form
    multiplies the distance to `eta_min` by the ratio of two successive values of 1 + cos; after a bottom,
    where that ratio would be 0 / 0, it adds the first rise of the closed form.

    Args:
        optimizer: the optimizer whose learning rates to set.
        T_max: the number of epochs from top to bottom.
        eta_min: the learning rate at the bottom.
        last_epoch: the epoch to resume after; -1 starts from the beginning.

    Source: torch.optim.lr_scheduler.CosineAnnealingLR; Loshchilov & Hutter, "SGDR: Stochastic Gradient
    Descent with Warm Restarts" (2017), without the restarts.

    Examples:
        >>> import npnn
        >>> optimizer = npnn.optim.SGD([npnn.zeros(1)], lr=1.0)
        >>> scheduler = npnn.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=3)
        >>> for _ in range(4):
        ...     print(round(scheduler.get_last_lr()[0], 6))
        ...     optimizer.step()
        ...     scheduler.step()
        1.0
        0.75
        0.25
        0.0
    """

    def __init__(
        self,
        optimizer: Optimizer,
        T_max: int,  # noqa: N803 - torch's name
        eta_min: float = 0.0,
        last_epoch: int = -1,
    ) -> None:
        self.T_max = T_max
        self.eta_min = eta_min
        super().__init__(optimizer, last_epoch)

    def _get_chainable_lr(self) -> list[LR]:
        if self._is_initial:
            return self._current_lrs()
        if (self.last_epoch - 1 - self.T_max) % (2 * self.T_max) == 0:
            rise = 1 - math.cos(math.pi / self.T_max)
            return [
                group["lr"] + (base_lr - self.eta_min) * rise / 2
                for base_lr, group in zip(self.base_lrs, self.optimizer.param_groups, strict=True)
            ]
        ratio = (1 + math.cos(math.pi * self.last_epoch / self.T_max)) / (
            1 + math.cos(math.pi * (self.last_epoch - 1) / self.T_max)
        )
        return [ratio * (group["lr"] - self.eta_min) + self.eta_min for group in self.optimizer.param_groups]

    def _get_closed_form_lr(self) -> list[LR]:
        cosine = math.cos(math.pi * self.last_epoch / self.T_max)
        return [self.eta_min + (base_lr - self.eta_min) * (1 + cosine) / 2 for base_lr in self.base_lrs]


class CosineAnnealingWarmRestarts(LRScheduler):
    """Brings the learning rates down to `eta_min` along half a cosine, then starts again from the top.

    T_cur epochs after the last restart, in a period of T_i epochs, a rate is
    eta_min + (base_lr - eta_min) (1 + cos(π T_cur / T_i)) / 2. The first period has `T_0` epochs and each one
    after it `T_mult` times as many as the one before.

    Args:
        optimizer: the optimizer whose learning rates to set.
        T_0: the number of epochs in the first period.
        T_mult: the factor by which periods grow.
        eta_min: the learning rate that a period runs down to.
        last_epoch: the epoch to resume after; -1 starts from the beginning.

    Raises:
        ValueError: `T_0` is no integer of at least 1, `T_mult` none of at least 1, or `eta_min` no number.

    Source: torch.optim.lr_scheduler.CosineAnnealingWarmRestarts; Loshchilov & Hutter, "SGDR: Stochastic
    Gradient Descent with Warm Restarts" (2017).

    Examples:
        >>> import npnn
        >>> optimizer = npnn.optim.SGD([npnn.zeros(1)], lr=1.0)
        >>> scheduler = npnn.optim.lr_scheduler.CosineAnnealingWarmRestarts(optimizer, T_0=3)
        >>> for _ in range(4):
        ...     print(round(scheduler.get_last_lr()[0], 6))
        ...     optimizer.step()
        ...     scheduler.step()
        1.0
        0.75
        0.25
        1.0
    """

    def __init__(
        self,
        optimizer: Optimizer,
        T_0: int,  # noqa: N803 - torch's name
        T_mult: int = 1,  # noqa: N803 - torch's name
        eta_min: float = 0.0,
        last_epoch: int = -1,
    ) -> None:
        if not isinstance(T_0, int) or T_0 <= 0:
            raise ValueError(f"Expected positive integer T_0, but got {T_0}")
        if not isinstance(T_mult, int) or T_mult < 1:
            raise ValueError(f"Expected integer T_mult >= 1, but got {T_mult}")
        if not isinstance(eta_min, float | int):
            raise ValueError(f"Expected float or int eta_min, but got {eta_min} of type {type(eta_min)}")
        self.T_0 = T_0
        self.T_i = T_0
        self.T_mult = T_mult
        self.eta_min = eta_min
        self.T_cur: float = last_epoch
        super().__init__(optimizer, last_epoch)

    def _get_chainable_lr(self) -> list[LR]:
        cosine = math.cos(math.pi * self.T_cur / self.T_i)
        return [self.eta_min + (base_lr - self.eta_min) * (1 + cosine) / 2 for base_lr in self.base_lrs]

    def step(self, epoch: float | None = None) -> None:
        """Goes on to the next epoch, or to a given one, and sets its learning rates.

        Args:
            epoch: the epoch to go to. It may be a fraction, as `epoch + batch / batches` is, and later steps
                go on from there.

        Raises:
            ValueError: `epoch` is negative.
        """
        if epoch is None and self.last_epoch < 0:
            epoch = 0
        if epoch is None:
            epoch = self.last_epoch + 1
            self.T_cur += 1
            if self.T_cur >= self.T_i:
                self.T_cur %= self.T_i
                self.T_i *= self.T_mult
        elif epoch < 0:
            raise ValueError(f"Expected non-negative epoch, but got {epoch}")
        else:
            self._find_period(epoch)
        self.last_epoch = math.floor(epoch)

        self._get_lr_called_within_step = True
        try:
            lrs = self.get_lr()
        finally:
            self._get_lr_called_within_step = False
        self._set_lrs(lrs)

    def _find_period(self, epoch: float) -> None:
        if epoch < self.T_0:
            self.T_i, self.T_cur = self.T_0, epoch
        elif self.T_mult == 1:
            self.T_cur = epoch % self.T_0
        else:
            # After n periods, T_0 (1 + T_mult + ... + T_multⁿ⁻¹) epochs have passed.
            n = int(math.log(epoch / self.T_0 * (self.T_mult - 1) + 1, self.T_mult))
            self.T_cur = epoch - self.T_0 * (self.T_mult**n - 1) / (self.T_mult - 1)
            self.T_i = self.T_0 * self.T_mult**n
