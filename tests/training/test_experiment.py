"""The folder of a run: claimed, never taken; logs cut back to a checkpoint; damage reported."""

import json

import numpy as np
import pytest

from npnn.training import experiment as files
from npnn.training.config import ConfigError, Hyperparameters
from npnn.training.experiment import CsvLog, Experiment, ExperimentError, check_name, read_columns, write_csv


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "experiments" / "run"


def test_creates_a_folder_with_the_hyperparameters(folder):
    Experiment.create(folder, Hyperparameters(lr=0.5))
    assert json.loads((folder / "hyperparameters.json").read_text())["lr"] == 0.5
    assert [path.name for path in folder.iterdir()] == ["hyperparameters.json"]


def test_never_takes_a_run_unasked(folder):
    Experiment.create(folder, Hyperparameters())
    (folder / "steps.csv").write_text("precious")
    with pytest.raises(
        ExperimentError, match=r"already holds a run: --resume continues it, --overwrite .* --name"
    ):
        Experiment.create(folder, Hyperparameters(lr=0.5))
    assert (folder / "steps.csv").read_text() == "precious"
    assert json.loads((folder / "hyperparameters.json").read_text())["lr"] == Hyperparameters().lr


def test_overwrite_removes_a_runs_files_and_no_others(folder):
    Experiment.create(folder, Hyperparameters())
    for name in (*files.RUN_FILES[:-1], "notes.txt"):
        (folder / name).write_text("old")
    Experiment.create(folder, Hyperparameters(lr=0.5), overwrite=True)
    assert sorted(path.name for path in folder.iterdir()) == ["hyperparameters.json", "notes.txt"]


@pytest.mark.parametrize("overwrite", [False, True])
def test_never_takes_a_folder_of_other_things(folder, overwrite):
    folder.mkdir(parents=True)
    (folder / "thesis.tex").write_text("precious")
    (folder / ".thesis.tex.0123abcd.tmp").write_text("somebody else's")
    with pytest.raises(
        ExperimentError, match=r"holds no earlier run of this command \(it has no hyperparameters.json\)"
    ):
        Experiment.create(folder, Hyperparameters(), overwrite)
    assert sorted(path.name for path in folder.iterdir()) == [".thesis.tex.0123abcd.tmp", "thesis.tex"]


def test_an_empty_folder_and_one_with_leftovers_are_free(folder):
    folder.mkdir(parents=True)
    (folder / ".hyperparameters.json.0123abcd.tmp").write_text("half")
    Experiment.create(folder, Hyperparameters())
    assert [path.name for path in folder.iterdir()] == ["hyperparameters.json"]


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "a\\b", "/etc", "a\n", "a\0"])
def test_names_are_those_of_one_folder(name):
    with pytest.raises(ConfigError, match="name must be the name of one folder, but got"):
        check_name(name)


def test_resume_needs_a_run(folder):
    with pytest.raises(
        ExperimentError, match=r"holds no run to resume \(no hyperparameters.json\): leave out --resume"
    ):
        Experiment.resume(folder, Hyperparameters, {})


def test_resume_takes_the_runs_own_hyperparameters_and_more_epochs(folder):
    Experiment.create(folder, Hyperparameters(lr=0.5, hidden=(8, 4), schedule="step"))
    resumed = Experiment.resume(folder, Hyperparameters, {"hidden": (8, 4), "lr": 0.5, "epochs": 150})
    assert resumed.hyperparameters == Hyperparameters(lr=0.5, hidden=(8, 4), schedule="step", epochs=150)
    assert Experiment.resume(folder, Hyperparameters, {}).hyperparameters.epochs == 100
    resumed.write_hyperparameters()
    assert Experiment.resume(folder, Hyperparameters, {}).hyperparameters.epochs == 150


def test_resume_names_every_difference(folder):
    Experiment.create(folder, Hyperparameters(lr=0.5))
    with pytest.raises(ExperimentError) as caught:
        Experiment.resume(
            folder, Hyperparameters, {"lr": 0.25, "hidden": (8,), "momentum": 0.9, "gamma": 0.5}
        )
    assert (
        str(caught.value)
        == f"cannot resume {folder} with lr 0.25 (the run has 0.5), hidden (8,) (the run has (16,)), "
        "gamma 0.5 (the run has None): leave that out, or give a new run another --name"
    )


@pytest.mark.parametrize("text", ["", "{", "[]", '{"lr": -1}', '{"colour": 1}'])
def test_resume_reports_a_damaged_file(folder, text):
    Experiment.create(folder, Hyperparameters())
    (folder / "hyperparameters.json").write_text(text)
    with pytest.raises(ExperimentError, match=r"hyperparameters\.json"):
        Experiment.resume(folder, Hyperparameters, {})


def test_a_log_grows_and_is_cut_back(tmp_path):
    path = tmp_path / "log.csv"
    with CsvLog(path, ("step", "loss"), keep=0) as log:
        for step in range(1, 6):
            log.write((step, 0.1 * step))
        log.sync()
        assert path.read_text().count("\n") == 6
    with path.open("a") as stream:
        stream.write("6,0.")
    with CsvLog(path, ("step", "loss"), keep=3) as log:
        log.write((4, 7.5))
    assert path.read_text() == "step,loss\n1,0.1\n2,0.2\n3,0.30000000000000004\n4,7.5\n"


def test_a_log_that_was_changed_is_refused_and_kept(tmp_path):
    path = tmp_path / "log.csv"
    path.write_text("step,loss\n1,0.1\n")
    with pytest.raises(
        ExperimentError, match=r"has 1 rows, but the checkpoint beside it was written after row 2"
    ):
        CsvLog(path, ("step", "loss"), keep=2)
    with pytest.raises(ExperimentError, match="should begin with the header step,accuracy"):
        CsvLog(path, ("step", "accuracy"), keep=1)
    assert path.read_text() == "step,loss\n1,0.1\n"


def test_csv_keeps_every_digit(tmp_path):
    values = np.random.default_rng(0).standard_normal((5, 2))
    write_csv(tmp_path / "x.csv", ("a", "b"), values.tolist())
    columns = read_columns(tmp_path / "x.csv")
    np.testing.assert_array_equal(columns["a"], values[:, 0])
    np.testing.assert_array_equal(columns["b"], values[:, 1])
