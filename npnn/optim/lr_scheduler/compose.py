"""SequentialLR and ChainedScheduler: schedules made of other schedules, one after another or all at once."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import Any

from npnn.optim.lr_scheduler.base import LRScheduler, set_group_value
from npnn.optim.lr_scheduler.plateau import ReduceLROnPlateau
from npnn.optim.optimizer import Optimizer


class _CompositeScheduler(LRScheduler):
    """A scheduler that hands its steps to others, whose state it saves with its own."""

    _schedulers: Sequence[LRScheduler]

    def _require_parts(self, schedulers: Sequence[LRScheduler]) -> None:
        name = type(self).__name__
        if len(schedulers) < 1:
            raise ValueError(f"{name} expects at least one scheduler, but got no scheduler.")
        for index, scheduler in enumerate(schedulers):
            if not hasattr(scheduler, "optimizer"):
                raise TypeError(f"{name} at index {index} should have `optimizer` as its attribute.")
            if isinstance(scheduler, ReduceLROnPlateau):
                raise ValueError(
                    f"{name} does not support `ReduceLROnPlateau` scheduler, whose `step` needs a metric, "
                    f"but got one at index {index}."
                )

    def _require_same_optimizer(self, schedulers: Sequence[LRScheduler], optimizer: Optimizer) -> None:
        for index, scheduler in enumerate(schedulers):
            if scheduler.optimizer is not optimizer:
                raise ValueError(
                    f"{type(self).__name__} expects all schedulers to belong to the same optimizer, "
                    f"but got {type(scheduler).__name__} at index {index}, which belongs to another."
                )

    def state_dict(self) -> dict[str, Any]:
        """The scheduler's attributes, and under "_schedulers" the state dicts of the schedulers in it.

        Returns:
            A dict of the attributes.
        """
        return super().state_dict() | {"_schedulers": [part.state_dict() for part in self._schedulers]}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Takes over the attributes in a state dict, and those of the schedulers in it.

        Args:
            state_dict: what `state_dict` returned.
        """
        super().load_state_dict({name: value for name, value in state_dict.items() if name != "_schedulers"})
        for part, part_state in zip(self._schedulers, state_dict["_schedulers"], strict=True):
            part.load_state_dict(part_state)


class SequentialLR(_CompositeScheduler):
    """Runs schedulers one after another, each from its milestone on.

    Args:
        optimizer: the optimizer whose learning rates to set.
        schedulers: the schedulers, each made for this optimizer.
        milestones: the epochs at which the second one and those after it take over, from their own epoch 0.
        last_epoch: the epoch to resume after; -1 starts from the beginning.

    Raises:
        ValueError: there are no schedulers, one of them belongs to another optimizer or watches a metric, or
            there is not one milestone fewer than schedulers.
        TypeError: one of them has no optimizer.

    Source: torch.optim.lr_scheduler.SequentialLR.

    Examples:
        >>> import npnn
        >>> lr_scheduler = npnn.optim.lr_scheduler
        >>> optimizer = npnn.optim.SGD([npnn.zeros(1)], lr=1.0)
        >>> warmup = lr_scheduler.ConstantLR(optimizer, factor=0.5, total_iters=2)
        >>> decay = lr_scheduler.ExponentialLR(optimizer, gamma=0.5)
        >>> scheduler = lr_scheduler.SequentialLR(optimizer, [warmup, decay], milestones=[2])
        >>> for _ in range(4):
        ...     print(scheduler.get_last_lr())
        ...     optimizer.step()
        ...     scheduler.step()
        [0.5]
        [0.5]
        [1.0]
        [0.5]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        schedulers: list[LRScheduler],
        milestones: list[int],
        last_epoch: int = -1,
    ) -> None:
        self._require_parts(schedulers)
        self._require_same_optimizer(schedulers, optimizer)
        if len(milestones) != len(schedulers) - 1:
            raise ValueError(
                "Sequential Schedulers expects number of schedulers provided to be one more than the number "
                f"of milestone points, but got {len(schedulers)} schedulers and {len(milestones)} milestones"
            )
        self._schedulers = schedulers
        self._milestones = milestones
        self.last_epoch = last_epoch + 1
        self.optimizer = optimizer

        # Each scheduler's constructor has made a step of its own; only the first one's shall count.
        for group in optimizer.param_groups:
            set_group_value(group, "lr", group["initial_lr"])
        self.recursive_undo()
        first = self._schedulers[bisect_right(self._milestones, 0)]
        first._initial_step()
        self._last_lr = first.get_last_lr()

    def recursive_undo(self, sched: LRScheduler | None = None) -> None:
        """Takes back the epoch that the constructors of the schedulers in a composite one counted.

        Args:
            sched: the composite scheduler; None is this one.
        """
        scheduler = self if sched is None else sched
        if isinstance(scheduler, _CompositeScheduler):
            for part in scheduler._schedulers:
                self.recursive_undo(part)
        else:
            scheduler.last_epoch -= 1

    def step(self) -> None:  # type: ignore[override]
        """Steps the scheduler whose turn it is; one whose turn has just come begins at its epoch 0."""
        self.last_epoch += 1
        turn = bisect_right(self._milestones, self.last_epoch)
        scheduler = self._schedulers[turn]
        if turn > 0 and self._milestones[turn - 1] == self.last_epoch:
            scheduler._update_lr(0)
        else:
            scheduler.step()
        self._last_lr = scheduler.get_last_lr()


class ChainedScheduler(_CompositeScheduler):
    """Runs schedulers all at once: each multiplies what those before it have left.

    Args:
        schedulers: the schedulers, all made for one optimizer.
        optimizer: that optimizer; None takes the first scheduler's.

    Raises:
        ValueError: there are no schedulers, or one of them belongs to another optimizer or watches a metric.
        TypeError: one of them has no optimizer.

    Source: torch.optim.lr_scheduler.ChainedScheduler.

    Examples:
        >>> import npnn
        >>> lr_scheduler = npnn.optim.lr_scheduler
        >>> optimizer = npnn.optim.SGD([npnn.zeros(1)], lr=1.0)
        >>> warmup = lr_scheduler.ConstantLR(optimizer, factor=0.5, total_iters=2)
        >>> decay = lr_scheduler.ExponentialLR(optimizer, gamma=0.5)
        >>> scheduler = lr_scheduler.ChainedScheduler([warmup, decay])
        >>> for _ in range(4):
        ...     print(scheduler.get_last_lr())
        ...     optimizer.step()
        ...     scheduler.step()
        [0.5]
        [0.25]
        [0.25]
        [0.125]
    """

    def __init__(self, schedulers: Sequence[LRScheduler], optimizer: Optimizer | None = None) -> None:
        self._require_parts(schedulers)
        optimizer = schedulers[0].optimizer if optimizer is None else optimizer
        self._require_same_optimizer(schedulers, optimizer)
        self._schedulers = schedulers
        self.optimizer = optimizer
        self._last_lr = self._current_lrs()

    def step(self) -> None:  # type: ignore[override]
        """Steps every scheduler, in their order."""
        for scheduler in self._schedulers:
            scheduler.step()
        self._last_lr = self._current_lrs()
