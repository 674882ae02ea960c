"""The command line end to end: its files, its tables, its one-sentence errors, and runs that are killed."""

import csv
import itertools
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import npnn
from npnn.datasets import load_iris
from npnn.training.trainer import Trainer

RUN_FILES = {
    "hyperparameters.json",
    "steps.csv",
    "epochs.csv",
    "checkpoint.npz",
    "model.npz",
    "results.json",
    "loss.png",
    "accuracy.png",
}


def contents(folder):
    return {path.name: path.read_bytes() for path in Path(folder).iterdir()}


def stop_after(monkeypatch, steps, error):
    """Makes training raise an error in the middle of an epoch."""
    straight = Trainer.steps
    counter = itertools.count(1)

    def stopping(self):
        for record in straight(self):
            yield record
            if next(counter) == steps:
                raise error

    monkeypatch.setattr(Trainer, "steps", stopping)


# ---- train


def test_train_writes_a_run_and_shows_a_table(run):
    result = run("train iris --epochs 3")
    assert set(contents("experiments/iris")) == RUN_FILES
    for text in ("Iris after 3 epochs", "train", "validation", "test", "105", "15", "30", "loss", "accuracy"):
        assert text in result.stdout
    assert "The run is in experiments/iris. Use it: npnn predict experiments/iris FILE.csv" in result.stdout
    assert "3/3 loss" in result.stderr
    results = json.loads(Path("experiments/iris/results.json").read_text())
    assert f"{results['test']['loss']:.4f}" in result.stdout


def test_default_settings_reach_an_accuracy_of_96_percent(run):
    run("train iris --no-plots --quiet")
    assert json.loads(Path("experiments/iris/results.json").read_text())["test"]["accuracy"] >= 0.96


def test_every_option_reaches_the_run(run):
    run(
        "train iris --hidden 6,5 --activation tanh --init xavier_normal --lr 0.2 --schedule step --gamma 0.5 "
        "--step-size 2 --momentum 0.5 --weight-decay 0.001 --clip-norm 1.5 --batch-size 10 --epochs 2 "
        "--seed 7 --split-seed 8 --dtype float64 --no-standardize --name all --root runs --no-plots --quiet"
    )
    assert json.loads(Path("runs/all/hyperparameters.json").read_text()) == {
        "hidden": [6, 5],
        "activation": "tanh",
        "init": "xavier_normal",
        "lr": 0.2,
        "schedule": "step",
        "gamma": 0.5,
        "step_size": 2,
        "momentum": 0.5,
        "weight_decay": 0.001,
        "clip_norm": 1.5,
        "batch_size": 10,
        "epochs": 2,
        "seed": 7,
        "split_seed": 8,
        "dtype": "float64",
        "standardize": False,
    }
    model = npnn.load("runs/all/model.npz")
    assert [tensor.shape for tensor in model["state_dict"].values()] == [
        (4, 6),
        (6,),
        (6, 5),
        (5,),
        (5, 3),
        (3,),
    ]
    assert {tensor.dtype for tensor in model["state_dict"].values()} == {npnn.float64}
    np.testing.assert_array_equal(model["standardization"]["mean"], np.zeros(4))
    steps = Path("runs/all/steps.csv").read_text().splitlines()
    assert len(steps) == 1 + 2 * 11
    assert not Path("runs/all/loss.png").exists()


def test_quiet_prints_nothing(run):
    result = run("train iris --epochs 1 --quiet --no-plots")
    assert result.output == ""


def test_never_overwrites_silently(run):
    run("train iris --epochs 1 --quiet --no-plots")
    before = contents("experiments/iris")
    result = run("train iris --epochs 2", status=1)
    assert result.output == (
        "Error: experiments/iris already holds a run: --resume continues it, --overwrite replaces it, "
        "and --name gives the new run a folder of its own\n"
    )
    assert contents("experiments/iris") == before
    run("train iris --epochs 2 --overwrite --quiet --no-plots")
    assert len(Path("experiments/iris/epochs.csv").read_text().splitlines()) == 3


@pytest.mark.parametrize("steps", [5, 40])
def test_ctrl_c_says_how_to_go_on_and_resume_ends_the_same(run, monkeypatch, steps):
    options = "--epochs 8 --schedule exponential --hidden 8,4"
    run(f"train iris --name straight {options} --quiet --no-plots")
    with monkeypatch.context() as patch:
        stop_after(patch, steps, KeyboardInterrupt)
        result = run(f"train iris --name stopped {options} --checkpoint-every 3", status=130)
    assert "Interrupted. Continue with: npnn train iris --name stopped --resume\n" in result.output
    assert not Path("experiments/stopped/model.npz").exists()
    run("train iris --name stopped --resume --quiet --no-plots")
    assert contents("experiments/stopped") == contents("experiments/straight")


def test_resume_with_more_epochs_and_the_same_plots(run):
    run("train iris --epochs 6 --quiet --root a")
    run("train iris --epochs 4 --quiet --root b")
    result = run("train iris --epochs 6 --resume --root b")
    assert "Iris after 6 epochs" in result.stdout
    assert contents("a/iris") == contents("b/iris")
    again = run("train iris --resume --root b --no-plots")
    assert "Iris after 6 epochs" in again.stdout
    assert contents("a/iris") == contents("b/iris")


def test_resume_with_other_hyperparameters_names_them(run):
    run("train iris --epochs 1 --quiet --no-plots")
    before = contents("experiments/iris")
    result = run("train iris --resume --lr 0.5 --hidden 8 --epochs 2 --momentum 0.9", status=1)
    assert result.output == (
        "Error: cannot resume experiments/iris with hidden (8,) (the run has (16,)), "
        "lr 0.5 (the run has 0.03): "
        "leave that out, or give a new run another --name\n"
    )
    assert contents("experiments/iris") == before


def test_diverging_training_is_one_sentence(run):
    result = run("train iris --lr 1e12 --no-standardize --quiet", status=1)
    assert result.output.startswith("Error: training diverged: the loss became ")
    assert result.output.count("\n") == 1
    assert Path("experiments/iris/steps.csv").read_text().count("\n") > 1


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        ("train iris --bogus", 2, "--bogus"),
        ("train iris --hidden 1.5", 2, "'1.5' is not one whole number for each hidden layer"),
        ("train iris --hidden 0", 2, "hidden must be one positive whole number"),
        ("train iris --lr fast", 2, "'fast' is not a valid float"),
        ("train iris --lr nan", 2, "lr must be a positive number, but got nan"),
        ("train iris --epochs 0", 2, "epochs must be a positive whole number, but got 0"),
        ("train iris --dtype float16", 2, "'float16' is not one of 'float32', 'float64'"),
        ("train iris --gamma 0.5", 2, "gamma belongs to the schedule exponential and step"),
        ("train iris --seed -1", 2, "seed must be a whole number from 0 to 4294967295, but got -1"),
        ("train iris --checkpoint-every 0", 2, "0 is not in the range x>=1"),
        ("train iris --name a/b", 2, "name must be the name of one folder, but got 'a/b'"),
        ("train iris --resume --overwrite", 2, "--resume continues a run and --overwrite replaces it"),
        ("train iris --resume", 1, "experiments/iris holds no run to resume (no hyperparameters.json)"),
        ("train iris --hidden 99999999999999", 1, "not enough memory: "),
        ("train iris --root file.txt", 1, "cannot read or write file.txt/iris: Not a directory"),
        ("train roses", 2, "No such command 'roses'"),
        ("sweep iris --seeds 0", 2, "seeds must be a positive whole number, but got 0"),
        ("sweep iris --lr 0.1 --lr 0.1", 2, "lr must be different values"),
        ("sweep iris --resume", 1, "experiments/iris-sweep holds no run to resume (no sweep.json)"),
        ("predict nowhere file.txt", 1, "nowhere is no run's folder: expected one with model.npz in it"),
    ],
)  # fmt: skip
def test_bad_input_is_one_sentence_and_leaves_nothing(run, arguments, status, message):
    Path("file.txt").write_text("precious")
    result = run(arguments, status=status)
    assert message in result.output
    assert result.output.splitlines()[-1].startswith("Error: ")
    assert os.listdir() == ["file.txt"]


def test_a_folder_that_cannot_be_written(run, monkeypatch):
    def refuse(path, **options):
        raise PermissionError(13, "Permission denied", str(path))

    # Not by chmod: the user root may write anywhere.
    monkeypatch.setattr(Path, "mkdir", refuse)
    result = run("train iris", status=1)
    assert result.output == "Error: cannot read or write experiments/iris: Permission denied\n"


def test_a_full_disk_leaves_a_run_that_can_be_resumed(run, monkeypatch):
    run("train iris --epochs 6 --quiet --no-plots --name straight")
    with monkeypatch.context() as patch:
        stop_after(patch, 30, OSError(28, "No space left on device"))
        result = run("train iris --epochs 6 --checkpoint-every 2", status=1)
    assert result.output.endswith("Error: cannot read or write to the disk: No space left on device\n")
    run("train iris --resume --quiet --no-plots")
    assert contents("experiments/iris") == contents("experiments/straight")


# ---- predict


@pytest.fixture
def trained(run):
    run("train iris --epochs 20 --quiet --no-plots")
    return run


def test_predict_shows_and_writes_the_classes(trained):
    iris = load_iris()
    rows = slice(0, 150, 15)
    np.savetxt("flowers.csv", iris.features[rows], delimiter=",", fmt="%.1f")
    result = trained("predict experiments/iris flowers.csv --output species.csv")
    with open("species.csv", newline="") as stream:
        written = list(csv.DictReader(stream))
    # A network of 97 % accuracy: at most one of ten is wrong.
    right = [
        row["class"] == iris.class_names[label] for row, label in zip(written, iris.labels[rows], strict=True)
    ]
    assert sum(right) >= 9
    lines = [line.replace("│", " ").split() for line in result.stdout.splitlines()]
    for row in written:
        assert [row["row"], row["class"], f"{float(row['probability']):.4f}"] in lines


def test_predict_never_overwrites_silently(trained):
    Path("flowers.csv").write_text("5.1,3.5,1.4,0.2\n")
    result = trained("predict experiments/iris flowers.csv --output flowers.csv", status=1)
    assert (
        result.output
        == "Error: flowers.csv already exists: --overwrite replaces it, or give another --output\n"
    )
    assert Path("flowers.csv").read_text() == "5.1,3.5,1.4,0.2\n"
    Path("old.csv").write_text("old")
    trained("predict experiments/iris flowers.csv --output old.csv --overwrite")
    assert (
        Path("old.csv").read_text().startswith("row,class,probability,setosa,versicolor,virginica\n1,setosa,")
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("5.1,3.5,nan,0.2\n", "flowers.csv: row 1 (line 1), column petal_length: 'nan' is no finite number"),
        (
            "5.1,3.5,,0.2\n",
            "flowers.csv: row 1 (line 1), column petal_length: the cell is empty, expected a number",
        ),
        (
            "5.1,3.5,1.4\n",
            "flowers.csv: row 1 (line 1) has 3 columns, expected 4 without a header: "
            "sepal_length, sepal_width, petal_length, petal_width",
        ),
        (
            "petal_length,sepal_length,species\n1,2,setosa\n",
            "flowers.csv lacks the columns sepal_width, petal_width: "
            "expected sepal_length, sepal_width, petal_length, petal_width in any order, "
            "but the header is petal_length,sepal_length,species",
        ),
    ],
)
def test_predict_reports_bad_files_in_one_sentence(trained, text, message):
    Path("flowers.csv").write_text(text)
    result = trained("predict experiments/iris flowers.csv --output species.csv", status=1)
    assert result.output == f"Error: {message}\n"
    assert not Path("species.csv").exists()


def test_predict_reports_a_half_written_model_and_missing_files(trained):
    Path("flowers.csv").write_text("5.1,3.5,1.4,0.2\n")
    model = Path("experiments/iris/model.npz")
    whole = model.read_bytes()
    result = trained("predict experiments/iris none.csv", status=1)
    assert result.output == "Error: cannot read or write none.csv: No such file or directory\n"
    model.write_bytes(whole[:-100])
    result = trained("predict experiments/iris flowers.csv", status=1)
    assert result.output.startswith(
        "Error: experiments/iris/model.npz is not one that npnn.save wrote, or not all of it: "
    )
    model.unlink()
    result = trained("predict experiments/iris flowers.csv", status=1)
    assert "the run in experiments/iris has no model.npz yet" in result.output


# ---- sweep


def test_sweep_writes_and_shows_its_tables(run):
    result = run("sweep iris --lr 0.01 --lr 0.1 --hidden 4 --hidden 6,5 --seeds 2 --epochs 3")
    assert sorted(os.listdir("experiments/iris-sweep")) == [
        "heatmap.png", "loss.png", "results.csv", "runs", "runs.csv", "sweep.json"
    ]  # fmt: skip
    with open("experiments/iris-sweep/results.csv", newline="") as stream:
        table = list(csv.DictReader(stream))
    shown = [line.replace("│", " ").split()[:2] for line in result.stdout.splitlines()]
    for row in table:
        assert [row["lr"], row["hidden"]] in shown
    best = table[0]
    error = f"{float(best['test_error_mean']):.1%} ± {float(best['test_error_stderr']):.1%}"
    assert f"Best: lr {best['lr']}, hidden {best['hidden']}; test error {error}." in result.stdout
    assert "8/8" in result.stderr
    # The best run can be used as any other.
    Path("flowers.csv").write_text("5.1,3.5,1.4,0.2\n")
    folder = result.stdout.split("npnn predict ")[1].split()[0]
    assert folder.startswith(f"experiments/iris-sweep/runs/lr{best['lr']}_hidden{best['hidden']}_seed")
    run(["predict", folder, "flowers.csv"])


def test_an_interrupted_sweep_resumes(run, monkeypatch):
    options = "--lr 0.01 --lr 0.1 --hidden 4 --seeds 1 --epochs 3"
    run(f"sweep iris {options} --root straight --quiet")
    with monkeypatch.context() as patch:
        stop_after(patch, 30, KeyboardInterrupt)
        result = run(f"sweep iris {options} --root stopped", status=130)
    assert (
        "Interrupted. Continue with: npnn sweep iris --name iris-sweep --root stopped --resume\n"
        in result.output
    )
    result = run("sweep iris --root stopped", status=1)
    assert "already holds a run: --resume continues it" in result.output
    result = run("sweep iris --root stopped --resume --epochs 4", status=1)
    assert "cannot resume stopped/iris-sweep with epochs 4 (the run has 3)" in result.output
    run("sweep iris --root stopped --resume --lr 0.01 --lr 0.1 --quiet")
    for name in ("results.csv", "runs.csv", "heatmap.png", "loss.png"):
        assert Path("stopped/iris-sweep", name).read_bytes() == Path("straight/iris-sweep", name).read_bytes()


# ---- help


@pytest.mark.parametrize("command", ["", "train", "train iris", "sweep", "sweep iris", "predict"])
def test_help_explains_every_command(run, command):
    text = run(f"{command} --help").output
    assert text.startswith(f"Usage: npnn {command}".rstrip())
    if command in ("", "train iris", "sweep iris", "predict"):
        assert "\n  Examples:\n    npnn " in text


def test_examples_in_the_help_are_accepted(run):
    Path("flowers.csv").write_text("5.1,3.5,1.4,0.2\n")
    texts = [run(f"{command} --help").output for command in ("train iris", "sweep iris", "predict")]
    lines = [line.strip() for text in texts for line in text.splitlines() if line.startswith("    npnn ")]
    assert len(lines) == 9
    for line in lines:
        shorter = "" if "predict" in line or "--resume" in line else " --epochs 1 --no-plots"
        shorter += " --seeds 1" if "sweep iris" in line and "--resume" not in line else ""
        run(line.removeprefix("npnn ").replace("--epochs 200", "--epochs 2") + shorter)


def test_version(run):
    assert run("--version").output == f"npnn, version {npnn.__version__}\n"


# ---- real processes

NPNN = [sys.executable, "-m", "npnn"]


def test_a_run_killed_with_kill_9_resumes_to_the_same_bytes(run):
    command = (
        "train iris --epochs 150 --schedule exponential --gamma 0.999 --checkpoint-every 7 --no-plots --quiet"
    )
    run(f"{command} --name straight")
    process = subprocess.Popen([*NPNN, *command.split(), "--name", "killed"])
    folder = Path("experiments/killed")
    while not (folder / "checkpoint.npz").exists():
        assert process.poll() is None
        time.sleep(0.002)
    time.sleep(0.05)
    process.kill()
    assert process.wait() == -signal.SIGKILL
    assert not (folder / "model.npz").exists()
    done = npnn.load(folder / "checkpoint.npz")["epoch"]
    assert 0 < done < 150
    subprocess.run(
        [*NPNN, "train", "iris", "--resume", "--name", "killed", "--no-plots", "--quiet"], check=True
    )
    assert contents(folder) == contents("experiments/straight")
    one, two = (npnn.load(f"experiments/{name}/model.npz") for name in ("straight", "killed"))
    for name, tensor in one["state_dict"].items():
        np.testing.assert_array_equal(tensor.array, two["state_dict"][name].array)


def test_ctrl_c_in_a_real_process(run):
    command = ["train", "iris", "--epochs", "100000", "--no-plots", "--name", "stopped"]
    # A job that a script has put into the background ignores SIGINT, and so would what it starts.
    program = (
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
        "from npnn.__main__ import main; main()"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program, *command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    while not Path("experiments/stopped/checkpoint.npz").exists():
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Interrupted. Continue with: npnn train iris --name stopped --resume\n" in errors
    assert "Traceback" not in errors
