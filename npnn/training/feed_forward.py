"""The homework's training script: a feed-forward network on Iris, over `npnn.cs189`, in a folder of its own.

The folder is what the Logger makes it, with one plot more: the loss by iteration.
"""

from __future__ import annotations

import math
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from npnn.cs189.datasets import Data, Dataset
from npnn.cs189.logs import ERROR_PLOT, HYPERPARAMETERS, LOG, LOSS_PLOT, WEIGHTS_PLOT, EpochRecord, Logger
from npnn.cs189.models import NeuralNetwork, initialize_model
from npnn.training.config import ConfigError
from npnn.training.experiment import ExperimentError
from npnn.training.sweep import label_hidden

ITERATIONS_PLOT = "iterations.png"
RUN_FILES = (
    HYPERPARAMETERS, LOG, "parameters_epoch*.npz", LOSS_PLOT, ERROR_PLOT, WEIGHTS_PLOT, ITERATIONS_PLOT
)  # fmt: skip

PARTS = ("train", "validation", "test")

LOSS_LABELS = {"cross_entropy": "cross-entropy loss (nats, log scale)", "l2": "L2 loss (log scale)"}

OnEpoch: TypeAlias = Callable[[EpochRecord], object]


@dataclass(frozen=True)
class FeedForward:
    """What a run's numbers depend on, in the homework's names and with its script's values.

    Attributes:
        hidden: width of each hidden layer.
        activation: name of what follows each hidden layer.
        output_activation: name of what follows the last layer.
        weight_init: name of what draws the first weights.
        loss: name of the loss.
        lr: the learning rate to begin with.
        lr_scheduler: name of its scheduler.
        lr_decay: the exponential scheduler's factor of one stage.
        stage_length: its number of epochs in a stage.
        staircase: whether it changes the rate only from stage to stage.
        momentum: the momentum of SGD.
        clip_norm: the norm to clip the gradient of each parameter at, or None.
        batch_size: number of examples in a batch.
        epochs: passes over the training examples.
        seed: of the first weights and of the order of the batches.

    Raises:
        ConfigError: a hidden layer has no width.

    Examples:
        >>> FeedForward(hidden=(16, 8), lr=0.1).model_name
        'feed_forward_3layers_16x8-lr0.1_mom0.9_seed0'
    """

    hidden: tuple[int, ...] = (25,)
    activation: str = "relu"
    output_activation: str = "softmax"
    weight_init: str = "xavier_uniform"
    loss: str = "cross_entropy"
    lr: float = 0.01
    lr_scheduler: str = "constant"
    lr_decay: float | None = None
    stage_length: int | None = None
    staircase: bool = False
    momentum: float = 0.9
    clip_norm: float | None = 1.0
    batch_size: int = 25
    epochs: int = 100
    seed: int = 0

    def __post_init__(self) -> None:
        if not self.hidden or min(self.hidden) < 1:
            raise ConfigError(
                f"hidden must be one positive whole number for each hidden layer, but got {self.hidden}"
            )

    @property
    def model_name(self) -> str:
        """What the homework's script calls such a run, and its folder."""
        return (
            f"feed_forward_{len(self.hidden) + 1}layers_{label_hidden(self.hidden)}"
            f"-lr{self.lr}_mom{self.momentum}_seed{self.seed}"
        )

    @property
    def model_args(self) -> dict[str, Any]:
        """The arguments of `initialize_model`."""
        hidden = [(self.activation, n_out) for n_out in self.hidden]
        return {
            "name": "feed_forward",
            "loss": self.loss,
            "layer_args": [
                {
                    "name": "fully_connected",
                    "activation": activation,
                    "weight_init": self.weight_init,
                    "n_out": n_out,
                }
                for activation, n_out in (*hidden, (self.output_activation, None))
            ],
            "optimizer_args": {
                "name": "SGD",
                "lr": self.lr,
                "lr_scheduler": self.lr_scheduler,
                "momentum": self.momentum,
                "clip_norm": self.clip_norm,
                "lr_decay": self.lr_decay,
                "staircase": self.staircase,
                "stage_length": self.stage_length,
            },
            "seed": self.seed,
        }


class Metrics(NamedTuple):
    """Loss and error of some rows."""

    loss: float
    error: float


class Curves(NamedTuple):
    """Loss versus iterations.

    Attributes:
        batches: loss of each batch before its step.
        iterations: number of steps done at the end of each epoch.
        train: loss of all training rows then.
        validation: loss of the validation rows then.
    """

    batches: list[float]
    iterations: list[int]
    train: list[float]
    validation: list[float]


@dataclass(frozen=True)
class Run:
    """A network that has been trained.

    Attributes:
        settings: what it was trained with.
        folder: where its files are.
        model: the network.
        curves: its losses.
        diverged: whether a loss was not finite, which ended the training.
    """

    settings: FeedForward
    folder: Path
    model: NeuralNetwork
    curves: Curves
    diverged: bool = False

    def evaluate(self, dataset: Dataset, part: str) -> Metrics:
        """Loss and error of a part of the data.

        Args:
            dataset: the data.
            part: "train", "validation" or "test".

        Returns:
            The metrics, nan if the training diverged.
        """
        data = {"train": dataset.train, "validation": dataset.validate, "test": dataset.test}[part]
        if self.diverged or data is None:
            return Metrics(math.nan, math.nan)
        return _metrics(self.model, data)


def build(settings: FeedForward) -> NeuralNetwork:
    """Makes a network.

    Args:
        settings: what to make.

    Returns:
        The network.

    Raises:
        ConfigError: a setting has a value that it cannot have.
    """
    try:
        return initialize_model(**settings.model_args)
    except (NotImplementedError, ValueError) as error:
        raise ConfigError(str(error)) from error


def begin(settings: FeedForward, folder: Path, overwrite: bool, plots: bool) -> NeuralNetwork:
    """Makes a network, and a folder for its run.

    Args:
        settings: what to train and how.
        folder: where the files go.
        overwrite: whether an earlier run in that folder may go.
        plots: whether the network's Logger draws plots.

    Returns:
        The network, not trained yet.

    Raises:
        ConfigError: a setting has a value that it cannot have.
        ExperimentError: the folder is taken.
        OSError: the folder cannot be made or written.
    """
    model = build(settings)
    # The folder is made only now, when nothing asked for has turned out to be impossible.
    claim(folder, RUN_FILES, overwrite)
    data_args = {"name": "iris", "batch_size": settings.batch_size}
    model.logger = Logger(
        folder.name, settings.model_args, data_args, save=True, plot=plots, save_dir=folder.parent
    )
    return model


def train(
    settings: FeedForward,
    model: NeuralNetwork,
    dataset: Dataset,
    folder: Path,
    plots: bool,
    on_epoch: OnEpoch,
) -> Run:
    """Trains a network that `begin` has made.

    Args:
        settings: what it was made with.
        model: the network.
        dataset: what to learn from.
        folder: where the files go.
        plots: whether to draw the loss by iteration.
        on_epoch: called with the record of each epoch.

    Returns:
        The trained network; if the loss was not finite at the end of an epoch, training ended there.

    Raises:
        OSError: the folder cannot be written.
    """
    curves = Curves(model.batch_losses, [], [], [])

    def note(record: EpochRecord) -> None:
        if not math.isfinite(record.train_loss):
            raise _NotFiniteError
        curves.iterations.append(len(model.batch_losses))
        curves.train.append(_metrics(model, dataset.train).loss)
        curves.validation.append(record.validate_loss)
        on_epoch(record)

    # A diverging loss is reported in one sentence, not by NumPy in many.
    with np.errstate(all="ignore"):
        try:
            model.train(dataset, settings.epochs, on_epoch=note)
        except _NotFiniteError:
            return Run(settings, folder, model, curves, diverged=True)
    run = Run(settings, folder, model, curves)
    if plots:
        _plot_run(run)
    return run


def claim(folder: Path, files: Sequence[str], overwrite: bool) -> None:
    """Makes an empty folder for a new run, and refuses if that would cost anything.

    Args:
        folder: where the run is to go.
        files: patterns of all the files that such a run writes, relative to the folder.
        overwrite: whether an earlier run may go.

    Raises:
        ExperimentError: the folder holds an earlier run and `overwrite` is false, or it holds something else.
        OSError: the folder cannot be made, read or emptied.
    """
    folder.mkdir(parents=True, exist_ok=True)
    # Files that a crash cut short bear other names, as `open_atomically` gives them; they go with the rest.
    present = [
        path.relative_to(folder) for path in folder.rglob("*") if path.is_symlink() or not path.is_dir()
    ]
    kept = [path for path in present if not any(_is_named(path, pattern) for pattern in files)]
    if kept:
        raise ExperimentError(
            f"{folder} holds {kept[0]}, which no run of this command has written: give the run another --name"
        )
    if present and not overwrite:
        raise ExperimentError(
            f"{folder} already holds a run: --overwrite replaces it, and --name gives the new run a folder of"
            " its own"
        )
    for path in folder.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def _is_named(path: Path, pattern: str) -> bool:
    *folders, name = pattern.split("/")
    return any(
        len(path.parts) == len(folders) + 1 and all(map(fnmatchcase, path.parts, (*folders, known)))
        for known in (name, f".{name}.????????.tmp")
    )


class _NotFiniteError(ArithmeticError):
    """Ends a training whose loss is no longer finite."""


def _metrics(model: NeuralNetwork, data: Data) -> Metrics:
    """Loss and error of all rows at once."""
    targets = np.asarray(data.labels)
    predictions, loss = model.predict(data.data, targets)
    return Metrics(loss, model.error(targets, predictions))


def _plot_run(run: Run) -> None:
    from npnn.training.plots import plot_loss

    curves = run.curves
    plot_loss(
        run.folder / ITERATIONS_PLOT,
        {"step": np.arange(1, len(curves.batches) + 1), "train_loss": np.array(curves.batches)},
        {
            "step": np.array(curves.iterations),
            "train_loss": np.array(curves.train),
            "validation_loss": np.array(curves.validation),
        },
        f"Iris: {run.settings.model_name}",
        LOSS_LABELS[run.settings.loss],
    )
