"""A grid of runs, learning rate times hidden sizes times seeds, compared by their validation error.

Every run keeps a folder of its own under `runs/`, so an interrupted sweep loses at most the epochs of one
run. The test rows are looked at once, for the cell that the validation rows have chosen.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from npnn._typing import Array
from npnn.training import experiment as files
from npnn.training.config import ConfigError, Hyperparameters
from npnn.training.data import SplitData
from npnn.training.experiment import Experiment
from npnn.training.model import Classifier
from npnn.training.run import DivergedError, OnEpoch, finish, fit, restore
from npnn.training.trainer import Metrics, Trainer

SETTINGS = "sweep.json"
RESULTS = "results.csv"
RUN_RESULTS = "runs.csv"
HEATMAP = "heatmap.png"
RUNS = "runs"

SWEEP_FILES = (RESULTS, RUN_RESULTS, HEATMAP, files.LOSS_PLOT, SETTINGS)


@dataclass(frozen=True)
class SweepSettings:
    """The grid, and what all of its runs share.

    Attributes:
        base: hyperparameters of every run, but for lr, hidden and seed.
        lr: the learning rates.
        hidden: the hidden sizes.
        seeds: number of seeds in each cell; they are 0, 1, 2 and so on.

    Raises:
        ConfigError: an axis is empty, or one of the runs would have bad hyperparameters.
    """

    base: Hyperparameters
    lr: tuple[float, ...] = (0.003, 0.03, 0.3)
    hidden: tuple[tuple[int, ...], ...] = ((4,), (16,), (64,))
    seeds: int = 3

    def __post_init__(self) -> None:
        if not isinstance(self.seeds, int) or self.seeds < 1:
            raise ConfigError(f"seeds must be a positive whole number, but got {self.seeds}")
        for name in ("lr", "hidden"):
            values = getattr(self, name)
            if len(set(values)) < max(len(values), 1):
                raise ConfigError(f"{name} must be different values, at least one, but got {values}")
        list(self.runs())

    def runs(self) -> Iterator[Hyperparameters]:
        """The hyperparameters of each run, seeds innermost.

        Yields:
            They.
        """
        for lr in self.lr:
            for hidden in self.hidden:
                for seed in range(self.seeds):
                    yield dataclasses.replace(self.base, lr=lr, hidden=hidden, seed=seed)

    def to_json(self) -> dict[str, Any]:
        """The settings as JSON's own types.

        Returns:
            A dict.
        """
        base = self.base.to_json()
        del base["seed"]
        return {
            **base,
            "lr": list(self.lr),
            "hidden": [list(sizes) for sizes in self.hidden],
            "seeds": self.seeds,
        }

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> SweepSettings:
        """The settings from what `to_json` gave.

        Args:
            values: names and values; what is left out takes its default.

        Returns:
            The settings.

        Raises:
            ConfigError: a name or a value is wrong.
        """
        base = {name: value for name, value in values.items() if name not in ("lr", "hidden", "seeds")}
        lr, hidden = values.get("lr", list(cls.lr)), values.get("hidden", list(cls.hidden))
        if not (
            isinstance(lr, list)
            and isinstance(hidden, list)
            and all(isinstance(h, (list, tuple)) for h in hidden)
        ):
            raise ConfigError(f"lr must be a list and hidden a list of lists, but got {lr!r} and {hidden!r}")
        return cls(
            Hyperparameters.from_json(base),
            tuple(lr),
            tuple(tuple(sizes) for sizes in hidden),
            values.get("seeds", cls.seeds),
        )


class RunResult(NamedTuple):
    """What one run of the sweep came to; NaN where it diverged."""

    hyperparameters: Hyperparameters
    train: Metrics
    validation: Metrics


@dataclass(frozen=True)
class Cell:
    """The runs of one learning rate and one list of hidden sizes.

    Attributes:
        lr: the learning rate.
        hidden: the hidden sizes.
        runs: one result for each seed.
    """

    lr: float
    hidden: tuple[int, ...]
    runs: tuple[RunResult, ...]

    @property
    def validation_error(self) -> tuple[float, float]:
        """Mean and standard error over the seeds."""
        return mean_and_error([1 - run.validation.accuracy for run in self.runs])

    @property
    def validation_loss(self) -> tuple[float, float]:
        """Mean and standard error over the seeds."""
        return mean_and_error([run.validation.loss for run in self.runs])

    @property
    def rank(self) -> tuple[float, float]:
        """What cells are sorted by: validation error, then validation loss, diverged cells last."""
        return nan_last(self.validation_error[0]), nan_last(self.validation_loss[0])


class SweepResult(NamedTuple):
    """All cells, best first; the best one's test error (mean, standard error), and the best run in it."""

    cells: list[Cell]
    test_error: tuple[float, float]
    best_run: Path


def mean_and_error(values: list[float]) -> tuple[float, float]:
    """Mean of some values, and the standard error of that mean.

    Args:
        values: at least one.

    Returns:
        The two; the error of a single value is NaN.

    Examples:
        >>> mean_and_error([1.0, 3.0])
        (2.0, 1.0)
    """
    mean = math.fsum(values) / len(values)
    if len(values) == 1:
        return mean, math.nan
    variance = math.fsum((value - mean) ** 2 for value in values) / (len(values) - 1)
    return mean, math.sqrt(variance / len(values))


def nan_last(value: float) -> float:
    """A key that sorts NaN behind every number.

    Args:
        value: a number or NaN.

    Returns:
        The number, or infinity.
    """
    return math.inf if math.isnan(value) else value


def label_hidden(hidden: tuple[int, ...]) -> str:
    """Hidden sizes in one word, for tables and folder names.

    Args:
        hidden: the sizes.

    Returns:
        The sizes with an x between them.

    Examples:
        >>> label_hidden((16, 8))
        '16x8'
    """
    return "x".join(map(str, hidden))


def run_folder(folder: Path, hyperparameters: Hyperparameters) -> Path:
    """Where one run of a sweep lies.

    Args:
        folder: of the sweep.
        hyperparameters: of the run.

    Returns:
        The run's folder.
    """
    h = hyperparameters
    return folder / RUNS / f"lr{h.lr}_hidden{label_hidden(h.hidden)}_seed{h.seed}"


def create_sweep(folder: Path, settings: SweepSettings, overwrite: bool = False) -> None:
    """Begins a new sweep.

    Args:
        folder: where.
        settings: the grid.
        overwrite: whether an earlier sweep in that folder may go, with its runs.

    Raises:
        ExperimentError: the folder is taken.
        OSError: the folder cannot be made or written.
    """
    if overwrite and (folder / SETTINGS).exists():
        for run in (folder / RUNS).glob("*"):
            files.claim_folder(run, files.RUN_FILES, overwrite)
            run.rmdir()
        if (folder / RUNS).exists():
            (folder / RUNS).rmdir()
    files.claim_folder(folder, SWEEP_FILES, overwrite)
    files.write_json(folder / SETTINGS, settings.to_json())


def resume_sweep(folder: Path, given: dict[str, Any]) -> SweepSettings:
    """Takes up a sweep again.

    Args:
        folder: where it is.
        given: settings asked for, by name, as JSON's own types.

    Returns:
        The sweep's settings.

    Raises:
        ExperimentError: there is no sweep, or it has other settings than those given.
    """
    files.require_run(folder, SWEEP_FILES)
    path = folder / SETTINGS
    stored = files.read_json(path)
    try:
        settings = SweepSettings.from_json(stored)
    except (ConfigError, TypeError) as error:
        raise files.ExperimentError(f"{path} is damaged: {error}") from error
    own = {**dataclasses.asdict(settings.base), **settings.to_json()}
    files.refuse_differences(folder, given, own)
    return settings


def run_sweep(
    folder: Path,
    settings: SweepSettings,
    data: SplitData,
    checkpoint_every: int,
    on_run: Callable[[Hyperparameters], object],
    on_epoch: OnEpoch,
) -> SweepResult:
    """Trains every run that is not finished yet, and compares them.

    Args:
        folder: of the sweep.
        settings: its grid.
        data: the rows.
        checkpoint_every: number of epochs between checkpoints of a run.
        on_run: called with the hyperparameters of each run when it is done.
        on_epoch: called with the record of each epoch.

    Returns:
        The cells, best first, written to results.csv and runs.csv as well.

    Raises:
        DivergedError: every run diverged.
        OSError: the folder cannot be written.
    """
    results = []
    for hyperparameters in settings.runs():
        results.append(_run_cell(folder, hyperparameters, data, checkpoint_every, on_epoch))
        on_run(hyperparameters)
    cells = sorted(_gather(results), key=lambda cell: cell.rank)
    best = cells[0]
    if math.isnan(best.validation_error[0]):
        raise DivergedError(
            f"every cell of the sweep had a run that diverged; try smaller learning rates than {settings.lr}"
        )
    test_error = mean_and_error(
        [_test_error(run_folder(folder, run.hyperparameters), data) for run in best.runs]
    )
    best_run = min(best.runs, key=lambda run: (-run.validation.accuracy, run.validation.loss))
    _write_tables(folder, cells, test_error)
    return SweepResult(cells, test_error, run_folder(folder, best_run.hyperparameters))


def _run_cell(
    folder: Path, hyperparameters: Hyperparameters, data: SplitData, checkpoint_every: int, on_epoch: OnEpoch
) -> RunResult:
    """The result of one run, trained if need be."""
    h = hyperparameters
    path = run_folder(folder, h)
    if (path / files.RESULTS).exists():
        stored = files.read_json(path / files.RESULTS)
        results = {part: Metrics(**stored[part]) for part in ("train", "validation")}
    else:
        trainer = Trainer(h, data)
        if (path / files.HYPERPARAMETERS).exists():
            experiment = Experiment.resume(path, Hyperparameters, vars(h))
            restore(experiment, trainer)
        else:
            experiment = Experiment.create(path, h)
        try:
            fit(experiment, trainer, checkpoint_every, on_epoch)
            results = finish(experiment, trainer, data, ("train", "validation"))
        except DivergedError:
            diverged = Metrics(math.nan, math.nan)
            results = {"train": diverged, "validation": diverged}
    return RunResult(h, results["train"], results["validation"])


def _gather(results: list[RunResult]) -> list[Cell]:
    cells: dict[tuple[float, tuple[int, ...]], list[RunResult]] = {}
    for result in results:
        cells.setdefault((result.hyperparameters.lr, result.hyperparameters.hidden), []).append(result)
    return [Cell(lr, hidden, tuple(runs)) for (lr, hidden), runs in cells.items()]


def _test_error(path: Path, data: SplitData) -> float:
    predicted = Classifier.load(path / files.MODEL).predict(data.test.features).argmax(axis=1)
    return float((predicted != data.test.labels).mean())


def _write_tables(folder: Path, cells: list[Cell], test_error: tuple[float, float]) -> None:
    runs = [(cell, run) for cell in cells for run in cell.runs]
    files.write_csv(
        folder / RUN_RESULTS,
        ("lr", "hidden", "seed", "train_loss", "train_accuracy", "validation_loss", "validation_accuracy"),
        [
            (cell.lr, label_hidden(cell.hidden), run.hyperparameters.seed, *run.train, *run.validation)
            for cell, run in runs
        ],
    )
    measures = ("validation_error", "validation_loss", "test_error")
    # Only the first row, the chosen cell, has been tested.
    tests = [test_error] + [("", "")] * (len(cells) - 1)
    files.write_csv(
        folder / RESULTS,
        (
            "lr",
            "hidden",
            "seeds",
            *(f"{measure}_{part}" for measure in measures for part in ("mean", "stderr")),
        ),
        [
            (
                cell.lr,
                label_hidden(cell.hidden),
                len(cell.runs),
                *cell.validation_error,
                *cell.validation_loss,
                *test,
            )
            for cell, test in zip(cells, tests, strict=True)
        ],
    )


def heatmap_arrays(settings: SweepSettings, cells: list[Cell]) -> tuple[Array, Array]:
    """Validation errors by place in the grid.

    Args:
        settings: the grid.
        cells: its cells, in any order.

    Shape:
        Output: two of (learning rates, hidden sizes).

    Returns:
        Means and standard errors.
    """
    by_place = {(cell.lr, cell.hidden): cell.validation_error for cell in cells}
    errors = np.array([[by_place[lr, hidden] for hidden in settings.hidden] for lr in settings.lr])
    return errors[..., 0], errors[..., 1]
