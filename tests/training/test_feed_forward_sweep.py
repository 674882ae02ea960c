"""The sweep over learning rates and hidden sizes: its ranking, its files and its plots."""

import csv
import json
import math
from pathlib import Path

import numpy as np
import pytest

from npnn.cs189.datasets import initialize_dataset
from npnn.training.config import ConfigError
from npnn.training.experiment import ExperimentError
from npnn.training.feed_forward import FeedForward, begin, claim, train
from npnn.training.feed_forward_sweep import SWEEP_FILES, Sweep, begin_sweep, sweep
from npnn.training.run import DivergedError


@pytest.mark.parametrize("file", ["log.csv", "runs/a/thesis.tex", "runs/a/b/log.csv"])
def test_a_sweeps_folder_keeps_what_no_sweep_has_written(tmp_path, file):
    path = tmp_path / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("precious")
    with pytest.raises(ExperimentError, match=f"holds {file}, which no run"):
        claim(tmp_path, SWEEP_FILES, overwrite=True)
    assert path.read_text() == "precious"


# The training rows would rank these otherwise than the validation rows do, and losses otherwise than errors.
GRID = Sweep(FeedForward(epochs=2), lr=(0.001, 0.01), hidden=((4,), (6, 5)))


def run_sweep(folder, grid, plots=False):
    runs = []
    begin_sweep(grid, folder, overwrite=False)
    dataset = initialize_dataset("iris", grid.base.batch_size)
    result = sweep(grid, dataset, folder, plots, lambda: runs.append(None), lambda record: None)
    assert len(runs) == len(result.ranking) == len(grid.lr) * len(grid.hidden)
    return result, dataset


def test_a_sweep_ranks_its_runs_and_tests_the_best(tmp_path):
    result, dataset = run_sweep(tmp_path / "sweep", GRID)
    keys = [(row.validation.error, row.validation.loss) for row in result.ranking]
    assert keys == sorted(keys)
    by_training = sorted(result.ranking, key=lambda row: row.train.error)
    by_loss = sorted(result.ranking, key=lambda row: row.validation.loss)
    assert by_training != result.ranking != by_loss
    for row in result.ranking:
        settings, folder = row.run.settings, tmp_path / "single" / row.run.settings.model_name
        model = begin(settings, folder, overwrite=False, plots=False)
        single = train(settings, model, dataset, folder, False, lambda record: None)
        assert row.run.folder == tmp_path / "sweep" / "runs" / row.run.settings.model_name
        assert row.train == single.evaluate(dataset, "train")
        assert row.validation == single.evaluate(dataset, "validation")
    assert result.test == result.ranking[0].run.evaluate(dataset, "test")
    with (tmp_path / "sweep" / "results.csv").open(newline="") as stream:
        table = list(csv.DictReader(stream))
    assert [(row["lr"], row["hidden"]) for row in table] == [
        (str(row.run.settings.lr), "x".join(map(str, row.run.settings.hidden))) for row in result.ranking
    ]
    assert [float(row["validation_error"]) for row in table] == [error for error, _ in keys]
    assert [row["test_error"] for row in table] == [str(result.test.error), "", "", ""]
    stored = json.loads((tmp_path / "sweep" / "sweep.json").read_text())
    assert (stored["lr"], stored["hidden"], stored["epochs"]) == ([0.001, 0.01], [[4], [6, 5]], 2)


def test_a_sweep_draws_each_run_and_all_of_them(tmp_path, monkeypatch):
    from matplotlib.figure import Figure

    figures = []
    monkeypatch.setattr(Figure, "savefig", lambda self, stream, format: figures.append((stream.name, self)))
    result, _ = run_sweep(tmp_path / "sweep", GRID, plots=True)
    *singles, (_, together) = figures
    runs = {row.run.settings: row.run for row in result.ranking}
    for settings, (path, figure) in zip(GRID.runs(), singles, strict=True):
        assert Path(path).parent == runs[settings].folder
        batches, train_loss, validation_loss = figure.axes[0].lines
        curves = runs[settings].curves
        np.testing.assert_array_equal(batches.get_xydata().T, [range(1, 11), curves.batches])
        np.testing.assert_array_equal(train_loss.get_xydata().T, [[5, 10], curves.train])
        np.testing.assert_array_equal(validation_loss.get_xydata().T, [[5, 10], curves.validation])
    assert [(line.get_label(), line.get_ydata().tolist()) for line in together.axes[0].lines] == [
        (
            f"lr {settings.lr}, hidden {'x'.join(map(str, settings.hidden))}",
            runs[settings].curves.train,
        )
        for settings in GRID.runs()
    ]


DIVERGING = FeedForward(loss="l2", output_activation="linear", clip_norm=None, epochs=40)


def test_a_run_that_diverges_comes_last(tmp_path):
    result, _ = run_sweep(tmp_path / "sweep", Sweep(DIVERGING, lr=(1e3, 1e-3), hidden=((4,),)), plots=True)
    assert [row.run.settings.lr for row in result.ranking] == [1e-3, 1e3]
    assert math.isnan(result.ranking[1].validation.error)
    assert math.isfinite(result.test.error)


def test_a_sweep_of_which_nothing_is_left(tmp_path):
    with pytest.raises(DivergedError, match=r"every run of the sweep diverged; .* than \(1000\.0,\)"):
        run_sweep(tmp_path / "sweep", Sweep(DIVERGING, lr=(1e3,), hidden=((4,), (5,))))


@pytest.mark.parametrize(("name", "values"), [("lr", (0.1, 0.1)), ("hidden", ((4,), (4,)))])
def test_a_grid_holds_each_value_once(name, values):
    with pytest.raises(ConfigError, match=f"{name} must be different values, but got"):
        Sweep(**{name: values})
