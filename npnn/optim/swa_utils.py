"""torch.optim.swa_utils: models that are the average of those that training goes through."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from copy import deepcopy
from itertools import chain
from typing import Any, TypeAlias

from npnn.autograd.grad_mode import no_grad
from npnn.dtypes import int64
from npnn.modules.batchnorm import _BatchNorm
from npnn.modules.module import Module
from npnn.optim.lr_scheduler.base import LR, LRScheduler, per_group, require_optimizer
from npnn.optim.optimizer import Optimizer
from npnn.tensors import Tensor
from npnn.tensors.creation import tensor

__all__ = [
    "SWALR",
    "AveragedModel",
    "get_ema_avg_fn",
    "get_ema_multi_avg_fn",
    "get_swa_avg_fn",
    "get_swa_multi_avg_fn",
    "update_bn",
]

AverageFn: TypeAlias = Callable[[Tensor, Tensor, Any], Tensor]
MultiAverageFn: TypeAlias = Callable[[list[Tensor], list[Tensor], Any], None]


def get_ema_avg_fn(decay: float = 0.999) -> AverageFn:
    """The exponential moving average of one parameter: decay · average + (1 - decay) · parameter.

    Args:
        decay: what remains of the average at each update, in [0, 1].

    Returns:
        A function of the average, the parameter and the number of updates, which gives the new average.

    Raises:
        ValueError: `decay` is not in [0, 1].

    Source: torch.optim.swa_utils.get_ema_avg_fn.
    """
    _check_decay(decay)

    def average(averaged: Tensor, current: Tensor, _: Any) -> Tensor:
        with no_grad():
            return averaged * decay + current * (1 - decay)

    return average


def get_swa_avg_fn() -> AverageFn:
    """The equally weighted average of one parameter: average + (parameter - average) / (n + 1).

    Returns:
        A function of the average, the parameter and the number n of updates, which gives the new average.

    Source: torch.optim.swa_utils.get_swa_avg_fn.
    """

    def average(averaged: Tensor, current: Tensor, num_averaged: Any) -> Tensor:
        with no_grad():
            return averaged + (current - averaged) / (int(num_averaged) + 1)

    return average


def get_ema_multi_avg_fn(decay: float = 0.999) -> MultiAverageFn:
    """`get_ema_avg_fn`, in place on lists of parameters.

    Args:
        decay: what remains of the averages at each update, in [0, 1].

    Returns:
        A function of the averages, the parameters and the number of updates.

    Raises:
        ValueError: `decay` is not in [0, 1].

    Source: torch.optim.swa_utils.get_ema_multi_avg_fn.
    """
    return _of_lists(get_ema_avg_fn(decay))


def get_swa_multi_avg_fn() -> MultiAverageFn:
    """`get_swa_avg_fn`, in place on lists of parameters.

    Returns:
        A function of the averages, the parameters and the number of updates.

    Source: torch.optim.swa_utils.get_swa_multi_avg_fn.
    """
    return _of_lists(get_swa_avg_fn())


def _of_lists(average: AverageFn) -> MultiAverageFn:
    def averages(averaged: list[Tensor], current: list[Tensor], num_averaged: Any) -> None:
        with no_grad():
            for mean, param in zip(averaged, current, strict=True):
                mean.copy_(average(mean, param, num_averaged))

    return averages


def _check_decay(decay: float) -> None:
    if not 0.0 <= decay <= 1.0:
        raise ValueError(f"Invalid decay value {decay} provided. Please provide a value in [0,1] range.")


class AveragedModel(Module):
    """A copy of a model whose parameters are the average of those that the model has at each update.

    The first update takes the model's parameters over as they are. Buffers are taken over each time, unless
    they are averaged too; those of batch norm then fit no data, and `update_bn` finds new ones.

    Args:
        model: the model to average; it is copied.
        device: where to put the copy.
        avg_fn: a function of the average, the parameter and the number of updates so far, which gives the new
            average, as `get_ema_avg_fn` makes one. By default all updates weigh the same.
        multi_avg_fn: the same on lists of parameters, in place, as `get_ema_multi_avg_fn` makes one.
        use_buffers: whether to average the buffers too.

    Attributes:
        module: the copy.
        n_averaged: the number of updates so far, a buffer.

    Raises:
        AssertionError: both `avg_fn` and `multi_avg_fn` are given.

    Source: torch.optim.swa_utils.AveragedModel; Izmailov, Podoprikhin, Garipov, Vetrov & Wilson, "Averaging
    Weights Leads to Wider Optima and Better Generalization" (2018).

    Examples:
        >>> import npnn
        >>> from npnn.optim.swa_utils import AveragedModel
        >>> model = npnn.Linear(1, 1, bias=False)
        >>> average = AveragedModel(model)
        >>> for value in (1.0, 2.0, 6.0):
        ...     _ = npnn.init.constant_(model.weight, value)
        ...     average.update_parameters(model)
        >>> average(npnn.ones(1)).item()
        3.0
    """

    n_averaged: Tensor

    def __init__(
        self,
        model: Module,
        device: Any = None,
        avg_fn: AverageFn | None = None,
        multi_avg_fn: MultiAverageFn | None = None,
        use_buffers: bool = False,
    ) -> None:
        super().__init__()
        if avg_fn is not None and multi_avg_fn is not None:
            raise AssertionError("Only one of avg_fn and multi_avg_fn should be provided, but got both")
        self.module = deepcopy(model)
        if device is not None:
            self.module = self.module.to(device)
        self.register_buffer("n_averaged", tensor(0, dtype=int64, device=device))
        self.avg_fn = avg_fn
        self.multi_avg_fn = multi_avg_fn
        self.use_buffers = use_buffers

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """Calls the averaged model.

        Args:
            *args: what the model is called on.
            **kwargs: likewise.

        Returns:
            What the model returns.
        """
        return self.module(*args, **kwargs)

    def update_parameters(self, model: Module) -> None:
        """Takes the model as it is now into the average.

        Args:
            model: the model, of the same structure as the one that was copied.
        """
        averaged, current = (
            [
                entry.detach()
                for entry in (
                    chain(one.parameters(), one.buffers()) if self.use_buffers else one.parameters()
                )
            ]
            for one in (self.module, model)
        )
        with no_grad():
            if self.n_averaged == 0:
                for mean, param in zip(averaged, current, strict=True):
                    mean.copy_(param)
            elif averaged:
                self._average(averaged, current)
            if not self.use_buffers:
                for mine, theirs in zip(self.module.buffers(), model.buffers(), strict=True):
                    mine.detach().copy_(theirs.detach())
            self.n_averaged += 1

    def _average(self, averaged: list[Tensor], current: list[Tensor]) -> None:
        if self.multi_avg_fn is None:
            _of_lists(self.avg_fn or get_swa_avg_fn())(averaged, current, self.n_averaged)
            return
        for dtype in dict.fromkeys(mean.dtype for mean in averaged):
            pairs = [pair for pair in zip(averaged, current, strict=True) if pair[0].dtype == dtype]
            self.multi_avg_fn([mean for mean, _ in pairs], [param for _, param in pairs], self.n_averaged)


def update_bn(loader: Iterable[Any], model: Module, device: Any = None) -> None:
    """Computes the running statistics of a model's batch norm layers anew, over one pass through the data.

    Args:
        loader: the batches: each the input, or a list or tuple that begins with the input.
        model: the model; it is called on each batch in training mode, without gradients.
        device: where to put the inputs.

    Source: torch.optim.swa_utils.update_bn.

    Examples:
        >>> import npnn
        >>> norm = npnn.BatchNorm1d(1)
        >>> npnn.optim.swa_utils.update_bn([npnn.tensor([[1.0], [3.0]]), npnn.tensor([[5.0], [7.0]])], norm)
        >>> norm.running_mean.tolist()
        [4.0]
    """
    momenta = {module: module.momentum for module in model.modules() if isinstance(module, _BatchNorm)}
    if not momenta:
        return
    for module in momenta:
        module.reset_running_stats()
    was_training = model.training
    model.train()
    for module in momenta:
        # Without a momentum the statistics are means over all batches.
        module.momentum = None
    with no_grad():
        for batch in loader:
            input = batch[0] if isinstance(batch, list | tuple) else batch
            model(input if device is None else input.to(device))
    for module, momentum in momenta.items():
        module.momentum = momentum
    model.train(was_training)


class SWALR(LRScheduler):
    """Takes the learning rates to fixed ones, to stay there while a model is averaged.

    At epoch t, with a = t / anneal_epochs, at most 1, or (1 - cos(π a)) / 2 for "cos", a learning rate is
    a swa_lr + (1 - a) lr: where lr is the one to begin with, which is found back from the one in force.

    Args:
        optimizer: the optimizer whose learning rates to set.
        swa_lr: the learning rate to go to, one for all groups or a list with one for each.
        anneal_epochs: how many epochs to take.
        anneal_strategy: "cos" or "linear".
        last_epoch: the epoch to resume after; -1 starts from the beginning.

    Raises:
        TypeError: `optimizer` is no Optimizer.
        ValueError: there is no such strategy, `anneal_epochs` is no number of epochs, or a list has another
            length than the optimizer's groups.

    Source: torch.optim.swa_utils.SWALR.

    Examples:
        >>> import npnn
        >>> optimizer = npnn.optim.SGD([npnn.zeros(1)], lr=1.0)
        >>> scheduler = npnn.optim.swa_utils.SWALR(optimizer, 0.5, anneal_epochs=2, anneal_strategy="linear")
        >>> for _ in range(4):
        ...     print(scheduler.get_last_lr()[0])
        ...     optimizer.step()
        ...     scheduler.step()
        1.0
        0.75
        0.5
        0.5
    """

    def __init__(
        self,
        optimizer: Optimizer,
        swa_lr: LR | list[LR],
        anneal_epochs: int = 10,
        anneal_strategy: str = "cos",
        last_epoch: int = -1,
    ) -> None:
        require_optimizer(optimizer)
        rates = per_group("swa_lr", optimizer, swa_lr)
        for rate, group in zip(rates, optimizer.param_groups, strict=True):
            group["swa_lr"] = rate
        if anneal_strategy not in _ANNEAL:
            raise ValueError(
                f"anneal_strategy must be one of 'cos' or 'linear', instead got {anneal_strategy}"
            )
        if not isinstance(anneal_epochs, int) or anneal_epochs < 0:
            raise ValueError(f"anneal_epochs must be equal or greater than 0, got {anneal_epochs}")
        self._anneal_strategy = anneal_strategy
        self.anneal_epochs = anneal_epochs
        super().__init__(optimizer, last_epoch)

    def anneal_func(self, t: float) -> float:
        """How far the learning rates have come when the part t of the epochs is over.

        Args:
            t: the part, from 0 to 1.

        Returns:
            The weight of `swa_lr`.
        """
        return _ANNEAL[self._anneal_strategy](t)

    def _get_chainable_lr(self) -> list[LR]:
        step = self._step_count - 1
        if self.anneal_epochs == 0:
            step = max(1, step)
        before, now = (
            self.anneal_func(max(0, min(1, count / max(1, self.anneal_epochs)))) for count in (step - 1, step)
        )
        return [
            group["swa_lr"] * now + _starting_lr(group["lr"], group["swa_lr"], before) * (1 - now)
            for group in self.optimizer.param_groups
        ]


_ANNEAL: dict[str, Callable[[float], float]] = {
    "cos": lambda t: (1 - math.cos(math.pi * t)) / 2,
    "linear": lambda t: t,
}


def _starting_lr(lr: LR, swa_lr: LR, weight: float) -> LR:
    """The learning rate that one is `weight` of the way from, on its way to swa_lr."""
    return swa_lr if weight == 1 else (lr - weight * swa_lr) / (1 - weight)
