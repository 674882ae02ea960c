"""One run from beginning to end: train, keep the records, write the model, the results and the plots."""

from __future__ import annotations

import contextlib
import math
import os
from collections.abc import Callable, Iterator
from typing import Any, Protocol, TypeAlias

import numpy as np

from npnn.training import experiment as files
from npnn.training.config import S
from npnn.training.experiment import CsvLog, Experiment, ExperimentError
from npnn.training.model import one_line
from npnn.training.trainer import EpochRecord, Metrics, StepRecord

OnEpoch: TypeAlias = Callable[[EpochRecord], object]


class DivergedError(RuntimeError):
    """The loss is no longer a finite number."""


class Learner(Protocol):
    """What a run asks of its trainer; `npnn.training.trainer.Trainer` says more of each."""

    @property
    def epoch(self) -> int:
        """Number of epochs done."""

    @property
    def step(self) -> int:
        """Number of steps done."""

    def steps(self) -> Iterator[StepRecord]:
        """Takes the steps of one epoch."""

    def finish_epoch(self) -> EpochRecord:
        """Evaluates the network after them."""

    def evaluate(self, part: Any) -> Metrics:
        """Evaluates the network on a part of its data."""

    def state_dict(self) -> dict[str, Any]:
        """All that the rest of the training depends on."""

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Goes back to where `state_dict` was called."""

    def save_model(self, path: str | os.PathLike[str]) -> None:
        """Writes all that using the network needs."""


def restore(experiment: Experiment[S], trainer: Learner) -> None:
    """Takes a fresh trainer to where a run's checkpoint left off, and notes the run's new number of epochs.

    Args:
        experiment: the run's folder.
        trainer: a fresh trainer with its hyperparameters; it stays at epoch 0 if the run has no checkpoint.

    Raises:
        ExperimentError: the checkpoint is another run's, or has more epochs than the run is to have.
        SerializationError: the checkpoint is damaged.
    """
    state = experiment.load_checkpoint()
    if state is not None:
        try:
            trainer.load_state_dict(state)
        except (AttributeError, LookupError, RuntimeError, TypeError, ValueError) as error:
            path = experiment.folder / files.CHECKPOINT
            raise ExperimentError(
                f"{path} does not fit the hyperparameters beside it: {one_line(error)}"
            ) from error
    epochs = experiment.hyperparameters.epochs
    if trainer.epoch > epochs:
        raise ExperimentError(
            f"{experiment.folder} has been trained for {trainer.epoch} epochs, "
            f"so it cannot be resumed with epochs {epochs}"
        )
    experiment.write_hyperparameters()


def fit(experiment: Experiment[S], trainer: Learner, checkpoint_every: int, on_epoch: OnEpoch) -> None:
    """Trains up to the run's last epoch, writing a record of every step and epoch, and checkpoints.

    Args:
        experiment: the run's folder.
        trainer: its trainer, fresh or where its checkpoint left off.
        checkpoint_every: number of epochs between checkpoints; there is one after the last epoch as well.
        on_epoch: called with the record of each epoch.

    Raises:
        DivergedError: the loss became infinite or NaN; the records up to there are kept.
        OSError: the folder cannot be written.
    """
    epochs = experiment.hyperparameters.epochs
    with contextlib.ExitStack() as stack:
        # A diverging loss is reported below in one sentence, not by NumPy in many.
        stack.enter_context(np.errstate(all="ignore"))
        steps = stack.enter_context(
            CsvLog(experiment.folder / files.STEPS, StepRecord._fields, keep=trainer.step)
        )
        ends = stack.enter_context(
            CsvLog(experiment.folder / files.EPOCHS, EpochRecord._fields, keep=trainer.epoch)
        )
        while trainer.epoch < epochs:
            for step in trainer.steps():
                steps.write(step)
                _check_finite(step, experiment)
            end = trainer.finish_epoch()
            ends.write(end)
            _check_finite(end, experiment)
            if trainer.epoch % checkpoint_every == 0 or trainer.epoch == epochs:
                # In this order, so that the rows a checkpoint counts are there.
                steps.sync()
                ends.sync()
                experiment.save_checkpoint(trainer.state_dict())
            on_epoch(end)


def _check_finite(record: StepRecord | EpochRecord, experiment: Experiment[S]) -> None:
    if not math.isfinite(record.train_loss):
        raise DivergedError(
            f"training diverged: the loss became {record.train_loss} in step {record.step} of epoch "
            f"{record.epoch} with {experiment.hyperparameters.remedy}. "
            f"The metrics up to there are in {experiment.folder}"
        )


def finish(
    experiment: Experiment[S], trainer: Learner, data: object, parts: tuple[str, ...]
) -> dict[str, Metrics]:
    """Evaluates the final network and writes model.npz and results.json.

    Args:
        experiment: the run's folder.
        trainer: its trainer, after the last epoch.
        data: what it trained on.
        parts: the attributes of the data to evaluate on.

    Returns:
        The metrics of each part.
    """
    results = {part: trainer.evaluate(getattr(data, part)) for part in parts}
    trainer.save_model(experiment.folder / files.MODEL)
    files.write_json(
        experiment.folder / files.RESULTS, {part: metrics._asdict() for part, metrics in results.items()}
    )
    return results
