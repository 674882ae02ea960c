"""A sweep: every cell compared by validation, the best one alone tested, finished runs kept."""

import csv
import json
import math

import numpy as np
import pytest

from npnn.training import sweep as sweeps
from npnn.training.config import ConfigError, Hyperparameters
from npnn.training.data import prepare_iris
from npnn.training.experiment import ExperimentError
from npnn.training.model import Classifier
from npnn.training.run import DivergedError
from npnn.training.trainer import Metrics

SETTINGS = sweeps.SweepSettings(Hyperparameters(epochs=3), lr=(0.01, 0.1), hidden=((4,), (6, 5)), seeds=2)


def run(folder, settings=SETTINGS, on_epoch=lambda record: None):
    done = []
    data = prepare_iris(settings.base.split_seed)
    return sweeps.run_sweep(folder, settings, data, 10, done.append, on_epoch), done


def rows(path):
    with path.open(newline="") as stream:
        return list(csv.DictReader(stream))


def contents(folder):
    return {
        path.relative_to(folder): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
    }


@pytest.fixture(scope="module")
def swept(tmp_path_factory):
    folder = tmp_path_factory.mktemp("swept") / "sweep"
    sweeps.create_sweep(folder, SETTINGS)
    return folder, run(folder)[0]


def test_means_and_errors_are_those_of_the_runs(swept):
    folder, result = swept
    assert len(result.cells) == 4
    table, runs = rows(folder / "results.csv"), rows(folder / "runs.csv")
    assert len(runs) == 8
    for row, cell in zip(table, result.cells, strict=True):
        own = [run for run in runs if (run["lr"], run["hidden"]) == (row["lr"], row["hidden"])]
        errors = 1 - np.array([float(run["validation_accuracy"]) for run in own])
        losses = np.array([float(run["validation_loss"]) for run in own])
        assert row["seeds"] == "2"
        for name, values in (("error", errors), ("loss", losses)):
            mean, stderr = float(row[f"validation_{name}_mean"]), float(row[f"validation_{name}_stderr"])
            np.testing.assert_allclose(
                [mean, stderr], [values.mean(), values.std(ddof=1) / 2**0.5], rtol=1e-12, atol=1e-15
            )
        assert cell.validation_error == (
            float(row["validation_error_mean"]),
            float(row["validation_error_stderr"]),
        )


def test_is_sorted_by_validation_error_then_loss(swept):
    table = rows(swept[0] / "results.csv")
    measures = [(float(row["validation_error_mean"]), float(row["validation_loss_mean"])) for row in table]
    assert measures == sorted(measures)


def test_error_comes_before_loss_and_divergence_last():
    def cell(error, loss):
        metrics = Metrics(loss, 1 - error)
        return sweeps.Cell(0.1, (4,), (sweeps.RunResult(SETTINGS.base, metrics, metrics),))

    cells = [cell(math.nan, math.nan), cell(0.5, 0.1), cell(0.25, 0.9), cell(0.25, 0.8)]
    assert sorted(cells, key=lambda cell: cell.rank) == [cells[3], cells[2], cells[1], cells[0]]


def test_runs_are_what_a_single_run_writes(swept):
    folder, _ = swept
    for path in (folder / "runs").iterdir():
        assert json.loads((path / "hyperparameters.json").read_text())["epochs"] == 3
        last = rows(path / "epochs.csv")[-1]
        result = json.loads((path / "results.json").read_text())
        assert float(last["validation_loss"]) == result["validation"]["loss"]
        assert set(result) == {"train", "validation"}


def test_only_the_best_cell_is_tested(swept):
    folder, result = swept
    best, *others = rows(folder / "results.csv")
    assert all(row["test_error_mean"] == row["test_error_stderr"] == "" for row in others)
    data = prepare_iris(SETTINGS.base.split_seed)
    errors = []
    for seed in range(2):
        path = folder / "runs" / f"lr{best['lr']}_hidden{best['hidden']}_seed{seed}"
        predicted = Classifier.load(path / "model.npz").predict(data.test.features).argmax(axis=1)
        errors.append((predicted != data.test.labels).mean())
    np.testing.assert_allclose(
        result.test_error, [np.mean(errors), np.std(errors, ddof=1) / 2**0.5], atol=1e-15
    )
    assert float(best["test_error_mean"]) == result.test_error[0]
    assert result.best_run.parent == folder / "runs"


class Stop(BaseException):
    """Stands for a kill."""


def test_an_interrupted_sweep_keeps_its_finished_runs(tmp_path, swept):
    folder = tmp_path / "sweep"
    sweeps.create_sweep(folder, SETTINGS)
    seen = []

    def stop(record):
        seen.append(record)
        if len(seen) == 10:
            raise Stop

    with pytest.raises(Stop):
        run(folder, on_epoch=stop)
    finished = {path: path.stat().st_mtime_ns for path in folder.glob("runs/*/model.npz")}
    assert len(finished) == 3
    assert sweeps.resume_sweep(folder, {"lr": [0.01, 0.1], "epochs": 3}) == SETTINGS
    more = []
    run(folder, on_epoch=more.append)
    assert {path: path.stat().st_mtime_ns for path in finished} == finished
    assert len(more) == 3 * 5
    assert contents(folder) == contents(swept[0])


def test_never_takes_a_sweep_unasked(tmp_path, swept):
    folder, _ = swept
    before = contents(folder)
    with pytest.raises(ExperimentError, match="already holds a run: --resume continues it, --overwrite"):
        sweeps.create_sweep(folder, SETTINGS)
    assert contents(folder) == before


def test_overwrite_removes_runs_but_nothing_foreign(tmp_path):
    folder = tmp_path / "sweep"
    one = sweeps.SweepSettings(Hyperparameters(epochs=1), lr=(0.1,), hidden=((4,),), seeds=1)
    sweeps.create_sweep(folder, one)
    run(folder, one)
    sweeps.create_sweep(folder, SETTINGS, overwrite=True)
    assert [path.name for path in folder.iterdir()] == ["sweep.json"]
    (folder / "runs" / "notes").mkdir(parents=True)
    (folder / "runs" / "notes" / "thesis.tex").write_text("precious")
    with pytest.raises(ExperimentError, match="holds no earlier run of this command"):
        sweeps.create_sweep(folder, SETTINGS, overwrite=True)
    assert (folder / "runs" / "notes" / "thesis.tex").read_text() == "precious"


def test_resume_names_what_differs(swept):
    folder, _ = swept
    with pytest.raises(
        ExperimentError, match=r"with lr \[0\.5\] \(the run has \[0\.01, 0\.1\]\), seeds 3 \(the run has 2\)"
    ):
        sweeps.resume_sweep(folder, {"lr": [0.5], "seeds": 3, "epochs": 3})


@pytest.mark.parametrize(
    "text", ["[]", "{", '{"lr": 1}', '{"lr": [[1]]}', '{"hidden": [4]}', '{"seeds": "x"}']
)
def test_resume_reports_a_damaged_file(tmp_path, text):
    sweeps.create_sweep(tmp_path / "sweep", SETTINGS)
    (tmp_path / "sweep" / "sweep.json").write_text(text)
    with pytest.raises(ExperimentError, match=r"sweep\.json"):
        sweeps.resume_sweep(tmp_path / "sweep", {})


def test_settings_survive_json():
    assert sweeps.SweepSettings.from_json(json.loads(json.dumps(SETTINGS.to_json()))) == SETTINGS
    default = sweeps.SweepSettings.from_json({})
    assert len(default.lr) >= 3
    assert len(default.hidden) >= 3


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"seeds": 0}, "seeds must be a positive whole number, but got 0"),
        ({"lr": [0.1, 0.1]}, "lr must be different values"),
        ({"hidden": []}, "hidden must be different values, at least one"),
        ({"lr": [0.1, -1.0]}, "lr must be a positive number, but got -1.0"),
        ({"hidden": [[4], [0]]}, "hidden must be one positive whole number"),
    ],
)
def test_refuses_bad_grids(values, message):
    with pytest.raises(ConfigError, match=message):
        sweeps.SweepSettings.from_json(values)


def test_a_cell_that_diverges_comes_last(tmp_path):
    settings = sweeps.SweepSettings(
        Hyperparameters(epochs=4, standardize=False), lr=(1e12, 0.01), hidden=((4,),), seeds=1
    )
    sweeps.create_sweep(tmp_path / "sweep", settings)
    result, _ = run(tmp_path / "sweep", settings)
    assert [cell.lr for cell in result.cells] == [0.01, 1e12]
    assert math.isnan(result.cells[1].validation_error[0])
    assert math.isnan(result.cells[0].validation_error[1])
    means, _ = sweeps.heatmap_arrays(settings, result.cells)
    assert np.isnan(means[0, 0])
    assert means[1, 0] == result.cells[0].validation_error[0]


def test_a_sweep_that_diverges_everywhere_says_so(tmp_path):
    settings = sweeps.SweepSettings(
        Hyperparameters(epochs=4, standardize=False), lr=(1e12,), hidden=((4,),), seeds=1
    )
    sweeps.create_sweep(tmp_path / "sweep", settings)
    with pytest.raises(
        DivergedError, match="every cell of the sweep had a run that diverged; try smaller learning rates"
    ):
        run(tmp_path / "sweep", settings)
