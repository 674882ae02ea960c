"""The homework's network with a grid of learning rates and hidden sizes, compared by their validation error.

A sweep's folder has a table, a plot of all curves, and a folder for each run. The test rows choose nothing:
only the best run sees them.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from npnn.cs189.datasets import Dataset
from npnn.training.config import ConfigError
from npnn.training.experiment import write_csv, write_json
from npnn.training.feed_forward import (
    ITERATIONS_PLOT,
    LOSS_LABELS,
    PARTS,
    RUN_FILES,
    FeedForward,
    Metrics,
    OnEpoch,
    Run,
    begin,
    build,
    claim,
    train,
)
from npnn.training.run import DivergedError
from npnn.training.sweep import label_hidden, nan_last

SETTINGS = "sweep.json"
RESULTS = "results.csv"
RUNS = "runs"
SWEEP_FILES = (SETTINGS, RESULTS, ITERATIONS_PLOT, *(f"{RUNS}/*/{name}" for name in RUN_FILES))


@dataclass(frozen=True)
class Sweep:
    """A grid of learning rates and hidden sizes.

    Attributes:
        base: the settings of every run, but for lr and hidden.
        lr: the learning rates.
        hidden: the hidden sizes.

    Raises:
        ConfigError: a value is there twice.
    """

    base: FeedForward = dataclasses.field(default_factory=FeedForward)
    lr: tuple[float, ...] = (0.003, 0.01, 0.03)
    hidden: tuple[tuple[int, ...], ...] = ((5,), (25,), (100,))

    def __post_init__(self) -> None:
        for name in ("lr", "hidden"):
            values = getattr(self, name)
            if len(set(values)) < len(values):
                raise ConfigError(f"{name} must be different values, but got {values}")

    def runs(self) -> Iterator[FeedForward]:
        """The settings of each run.

        Yields:
            They, hidden sizes innermost.
        """
        for lr in self.lr:
            for hidden in self.hidden:
                yield dataclasses.replace(self.base, lr=lr, hidden=hidden)


class Ranked(NamedTuple):
    """A run of a sweep beside what it is judged by."""

    run: Run
    train: Metrics
    validation: Metrics


class SweepResult(NamedTuple):
    """What came out of a sweep: its runs, best first, and the test metrics of the best one."""

    ranking: list[Ranked]
    test: Metrics


def begin_sweep(grid: Sweep, folder: Path, overwrite: bool) -> None:
    """Makes a folder for a sweep.

    Args:
        grid: what to train.
        folder: where the files go.
        overwrite: whether an earlier sweep in that folder may go.

    Raises:
        ConfigError: a setting has a value that it cannot have.
        ExperimentError: the folder is taken.
        OSError: the folder cannot be made or written.
    """
    for settings in grid.runs():
        build(settings)
    claim(folder, SWEEP_FILES, overwrite)
    write_json(folder / SETTINGS, {**vars(grid.base), "lr": grid.lr, "hidden": grid.hidden})


def sweep(
    grid: Sweep,
    dataset: Dataset,
    folder: Path,
    plots: bool,
    on_run: Callable[[], object],
    on_epoch: OnEpoch,
) -> SweepResult:
    """Trains every network of a grid, and compares them by their validation error.

    Args:
        grid: what to train.
        dataset: what to learn from.
        folder: what `begin_sweep` has made.
        plots: whether to draw plots.
        on_run: called after each run.
        on_epoch: called with the record of each epoch.

    Returns:
        The runs, best first; validation loss decides between equal errors.

    Raises:
        DivergedError: every run diverged.
        OSError: the folder cannot be written.
    """
    runs = []
    for settings in grid.runs():
        place = folder / RUNS / settings.model_name
        model = begin(settings, place, overwrite=False, plots=False)
        runs.append(train(settings, model, dataset, place, plots, on_epoch))
        on_run()
    ranking = sorted(
        (Ranked(run, run.evaluate(dataset, "train"), run.evaluate(dataset, "validation")) for run in runs),
        key=lambda row: (nan_last(row.validation.error), nan_last(row.validation.loss)),
    )
    best = ranking[0].run
    if best.diverged:
        raise DivergedError(f"every run of the sweep diverged; try smaller learning rates than {grid.lr}")
    result = SweepResult(ranking, best.evaluate(dataset, "test"))
    _write_results(folder / RESULTS, result)
    if plots:
        _plot_sweep(folder, grid, runs)
    return result


def _write_results(path: Path, result: SweepResult) -> None:
    # Only the first row, the chosen run, has been tested.
    tests = [result.test, *[("", "")] * (len(result.ranking) - 1)]
    write_csv(
        path,
        ("lr", "hidden", *(f"{part}_{quantity}" for part in PARTS for quantity in Metrics._fields)),
        [
            (
                row.run.settings.lr,
                label_hidden(row.run.settings.hidden),
                *row.train,
                *row.validation,
                *test,
            )
            for row, test in zip(result.ranking, tests, strict=True)
        ],
    )


def _plot_sweep(folder: Path, grid: Sweep, runs: Sequence[Run]) -> None:
    from npnn.training.plots import plot_sweep_loss

    plot_sweep_loss(
        folder / ITERATIONS_PLOT,
        {
            (str(run.settings.lr), label_hidden(run.settings.hidden)): (
                np.array(run.curves.iterations),
                np.array(run.curves.train),
            )
            for run in runs
            if not run.diverged
        },
        "Iris: training loss by learning rate and hidden size",
        LOSS_LABELS[grid.base.loss],
    )
