"""The training loop: SGD on the cross-entropy of a classifier, by epochs, restartable to the bit."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

import npnn
import npnn as nn
from npnn import optim
from npnn.optim import lr_scheduler
from npnn.training.config import SCHEDULES, Hyperparameters
from npnn.training.data import Rows, SplitData
from npnn.training.model import Classifier, build_mlp
from npnn.utils.clip_grad import clip_grad_norm_

# Their arguments are the schedule's own hyperparameters, under the same names.
_SCHEDULERS: dict[str, Callable[..., lr_scheduler.LRScheduler]] = {
    "constant": lr_scheduler.ConstantLR,
    "exponential": lr_scheduler.ExponentialLR,
    "step": lr_scheduler.StepLR,
}


class StepRecord(NamedTuple):
    """One training step: loss and accuracy of its batch before the step, and the learning rate it took."""

    step: int
    epoch: int
    train_loss: float
    train_accuracy: float
    learning_rate: float


class EpochRecord(NamedTuple):
    """The end of one epoch: loss and accuracy over all training and validation rows."""

    epoch: int
    step: int
    train_loss: float
    train_accuracy: float
    validation_loss: float
    validation_accuracy: float
    learning_rate: float


class Metrics(NamedTuple):
    """Mean cross-entropy in nats, and the fraction of rows whose class is right."""

    loss: float
    accuracy: float


class Trainer:
    """A classifier in training: network, loss, optimizer, scheduler and the generator that shuffles the rows.

    Args:
        hyperparameters: what to train and how.
        data: the rows, split.

    Attributes:
        classifier: the network with its standardisation.
        epoch: number of epochs done.
        step: number of steps done.

    Examples:
        >>> from npnn.training.data import prepare_iris
        >>> trainer = Trainer(Hyperparameters(), prepare_iris(split_seed=0))
        >>> len(list(trainer.steps()))
        7
        >>> trainer.finish_epoch().epoch
        1
    """

    def __init__(self, hyperparameters: Hyperparameters, data: SplitData) -> None:
        h = hyperparameters
        npnn.manual_seed(h.seed)
        model = build_mlp(len(data.feature_names), h.hidden, len(data.class_names), h.activation, h.init)
        self.classifier = Classifier(
            # Drawn in float32 and widened, so that both dtypes start from the same weights.
            model=model.to(np.dtype(h.dtype)),
            hidden=h.hidden,
            activation=h.activation,
            mean=data.mean,
            std=data.std,
            feature_names=data.feature_names,
            class_names=data.class_names,
        )
        self.model = self.classifier.model
        self.criterion = nn.CrossEntropyLoss()
        self.optimizer = optim.SGD(
            self.model.parameters(), lr=h.lr, momentum=h.momentum, weight_decay=h.weight_decay
        )
        self.scheduler = _SCHEDULERS[h.schedule](
            self.optimizer, **{name: getattr(h, name) for name in SCHEDULES[h.schedule]}
        )
        self.generator = npnn.Generator().manual_seed(h.seed)
        self.epoch = 0
        self.step = 0
        self._hyperparameters = h
        self._train = self._tensors(data.train)
        self._validation = self._tensors(data.validation)

    def steps(self) -> Iterator[StepRecord]:
        """Goes through the training rows once in random order, with one step of the optimizer for each batch.

        Yields:
            The record of each step. `finish_epoch` is to follow the last.

        """
        h = self._hyperparameters
        self.model.train()
        inputs, targets = self._train
        order = npnn.randperm(len(targets), generator=self.generator)
        inputs, targets = inputs[order], targets[order]
        for start in range(0, len(targets), h.batch_size):
            x, y = inputs[start : start + h.batch_size], targets[start : start + h.batch_size]
            self.optimizer.zero_grad()
            logits = self.model(x)
            loss = self.criterion(logits, y)
            loss.backward()
            if h.clip_norm is not None:
                clip_grad_norm_(self.model.parameters(), h.clip_norm)
            self.optimizer.step()
            self.step += 1
            learning_rate = float(self.scheduler.get_last_lr()[0])
            yield StepRecord(self.step, self.epoch + 1, loss.item(), _accuracy(logits, y), learning_rate)

    def finish_epoch(self) -> EpochRecord:
        """Steps the scheduler and evaluates the network.

        Returns:
            The record of the epoch, with the learning rate that its steps took.
        """
        learning_rate = float(self.scheduler.get_last_lr()[0])
        self.scheduler.step()
        self.epoch += 1
        train, validation = self._metrics(*self._train), self._metrics(*self._validation)
        return EpochRecord(self.epoch, self.step, *train, *validation, learning_rate)

    def evaluate(self, part: Rows) -> Metrics:
        """Loss and accuracy over some rows.

        Args:
            part: features and labels.

        Returns:
            The metrics.
        """
        return self._metrics(*self._tensors(part))

    def save_model(self, path: str | os.PathLike[str]) -> None:
        """Writes the classifier, as `Classifier.save` does.

        Args:
            path: the file.

        Raises:
            OSError: the file cannot be written.
        """
        self.classifier.save(path)

    def state_dict(self) -> dict[str, Any]:
        """All that the rest of the training depends on, between two epochs.

        Returns:
            A dict that `load_state_dict` and `npnn.save` take.
        """
        return {
            "epoch": self.epoch,
            "step": self.step,
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "scheduler": self.scheduler.state_dict(),
            "generator": self.generator.get_state(),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Goes back to where `state_dict` was called.

        Args:
            state: what it gave, from a trainer with the same hyperparameters and data.

        Raises:
            KeyError, RuntimeError, ValueError: the state is another trainer's.
        """
        self.model.load_state_dict(state["model"])
        self.scheduler.load_state_dict(state["scheduler"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.generator.set_state(state["generator"])
        self.epoch, self.step = state["epoch"], state["step"]

    def _tensors(self, rows: Rows) -> tuple[npnn.Tensor, npnn.Tensor]:
        return self.classifier.inputs(rows.features), npnn.tensor(rows.labels)

    def _metrics(self, inputs: npnn.Tensor, targets: npnn.Tensor) -> Metrics:
        self.model.eval()
        with npnn.no_grad():
            logits = self.model(inputs)
            return Metrics(self.criterion(logits, targets).item(), _accuracy(logits, targets))


def _accuracy(logits: npnn.Tensor, targets: npnn.Tensor) -> float:
    correct: int = (logits.argmax(1) == targets).sum().item()
    return correct / len(targets)
