"""`npnn train-ffnn`, `npnn sweep ffnn` and `npnn submission`, from the command line to their files."""

import csv
import json
import os
import re
from pathlib import Path

import pytest

from npnn.cs189.models import NeuralNetwork
from npnn.cs189.submission import Package, collect, to_latex, to_markdown

NAME = "feed_forward_2layers_25-lr0.01_mom0.9_seed0"


def contents(folder):
    return {path.name: path.read_bytes() for path in Path(folder).iterdir()}


def stop_in_epoch(monkeypatch, epoch, error):
    straight = NeuralNetwork._train_epoch

    def stopping(self, dataset):
        record = straight(self, dataset)
        if record.epoch == epoch:
            raise error
        return record

    monkeypatch.setattr(NeuralNetwork, "_train_epoch", stopping)


# ---- train-ffnn


def test_train_ffnn_is_the_homeworks_script(run):
    result = run("train-ffnn")
    folder = Path("experiments", NAME)
    assert set(contents(folder)) == {
        "error.png", "hyperparameters.json", "iterations.png", "log.csv", "loss.png",
        "parameters_epoch100.npz", "weights.png",
    }  # fmt: skip
    for text in ("Iris after 100 epochs", "train", "validation", "test", "105", "15", "30", "loss", "error"):
        assert text in result.stdout
    assert f"The run is in {folder}." in result.stdout
    assert "100/100 loss" in result.stderr
    # The original's test accuracy is 0.88.
    (accuracy,) = re.findall(r"test .* (\S+)%", result.stdout)
    assert float(accuracy) > 88


def test_every_option_reaches_the_run(run):
    run(
        "train-ffnn --hidden 6,5 --activation tanh --output-activation sigmoid --weight-init he_normal --loss"
        " l2 --lr 0.2 --lr-scheduler exponential --lr-decay 0.5 --stage-length 3 --staircase --momentum 0.5"
        " --clip-norm inf --batch-size 10 --epochs 2 --seed 7 --name all --root runs --no-plots --quiet"
    )
    layer = {"name": "fully_connected", "weight_init": "he_normal"}
    assert json.loads(Path("runs/all/hyperparameters.json").read_text()) == {
        "model_name": "all",
        "model": {
            "name": "feed_forward",
            "loss": "l2",
            "layer_args": [
                {**layer, "activation": "tanh", "n_out": 6},
                {**layer, "activation": "tanh", "n_out": 5},
                {**layer, "activation": "sigmoid", "n_out": None},
            ],
            "optimizer_args": {
                "name": "SGD",
                "lr": 0.2,
                "lr_scheduler": "exponential",
                "momentum": 0.5,
                "clip_norm": None,
                "lr_decay": 0.5,
                "staircase": True,
                "stage_length": 3,
            },
            "seed": 7,
        },
        "data": {"name": "iris", "batch_size": 10},
    }
    assert set(contents("runs/all")) == {"hyperparameters.json", "log.csv", "parameters_epoch2.npz"}


def test_the_name_is_made_of_the_settings(run):
    run("train-ffnn --hidden 6,5 --lr 0.2 --momentum 0 --seed 3 --epochs 1 --quiet --no-plots")
    assert os.listdir("experiments") == ["feed_forward_3layers_6x5-lr0.2_mom0.0_seed3"]


def test_the_same_seed_gives_the_same_files(run):
    for root in ("a", "b"):
        assert run(f"train-ffnn --epochs 2 --quiet --no-plots --root {root}").output == ""
    assert contents(f"a/{NAME}") == contents(f"b/{NAME}")


def test_the_table_has_no_accuracy_for_a_loss_that_is_not_of_classes(run):
    result = run("train-ffnn --epochs 1 --loss l2 --no-plots")
    assert "%" not in result.stdout


@pytest.mark.parametrize("command", ["train-ffnn", "sweep ffnn --lr 0.1 --hidden 4"])
def test_never_overwrites_silently(run, command):
    run(f"{command} --epochs 1 --quiet --no-plots --name mine")
    before = contents("experiments/mine") if command == "train-ffnn" else {}
    result = run(f"{command} --epochs 2 --name mine", status=1)
    assert (
        result.output == "Error: experiments/mine already holds a run: --overwrite replaces it, "
        "and --name gives the new run a folder of its own\n"
    )
    assert command != "train-ffnn" or contents("experiments/mine") == before
    run(f"{command} --epochs 2 --name mine --overwrite --quiet --no-plots")
    (log,) = Path("experiments/mine").rglob("log.csv")
    assert len(log.read_text().splitlines()) == 3


def test_a_run_of_another_command_stays(run):
    run("train iris --epochs 1 --quiet --no-plots")
    before = contents("experiments/iris")
    result = run("train-ffnn --name iris --overwrite", status=1)
    assert re.fullmatch(
        r"Error: experiments/iris holds \S+, which no run of this command has written: give the run another "
        r"--name\n",
        result.output,
    )
    assert contents("experiments/iris") == before


def test_ctrl_c_says_what_there_is(run, monkeypatch):
    stop_in_epoch(monkeypatch, 3, KeyboardInterrupt)
    result = run("train-ffnn --name stopped", status=130)
    assert result.output.endswith(
        "Interrupted. What was done is in experiments/stopped; --overwrite starts anew.\n"
    )
    assert len(Path("experiments/stopped/log.csv").read_text().splitlines()) == 3


def test_diverging_training_is_one_sentence(run):
    result = run(
        "train-ffnn --loss l2 --output-activation linear --clip-norm inf --lr 1000 --name far --quiet",
        status=1,
    )
    assert re.fullmatch(
        r"Error: training diverged: the loss became \S+ in epoch \d+ with lr 1000.0; a smaller --lr or "
        r"--clip-norm may help. The log is in experiments/far\n",
        result.output,
    )


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (
            "train-ffnn --hidden 0",
            2,
            "hidden must be one positive whole number for each hidden layer, but got (0,)",
        ),
        ("train-ffnn --hidden 1.5", 2, "'1.5' is not one whole number for each hidden layer"),
        ("train-ffnn --lr nan", 2, "'nan' is no number"),
        ("train-ffnn --lr 0", 2, "0.0 is not in the range x>0"),
        ("train-ffnn --momentum -1", 2, "-1.0 is not in the range x>=0"),
        ("train-ffnn --activation gelu", 2, "'gelu' is not one of 'linear', 'sigmoid', 'tanh'"),
        ("train-ffnn --weight-init he", 2, "there is no initialization 'he', only: zeros, ones, identity"),
        (
            "train-ffnn --lr-scheduler exponential",
            2,
            "the exponential scheduler needs a decay and a stage_length",
        ),
        ("train-ffnn --name a/b", 2, "name must be the name of one folder, but got 'a/b'"),
        ("train-ffnn --resume", 2, "No such option"),
        ("train-ffnn --root file.txt", 1, "cannot read or write file.txt"),
        ("sweep ffnn --lr 0.1 --lr 0.1", 2, "lr must be different values, but got (0.1, 0.1)"),
        ("sweep ffnn --hidden 4 --hidden 0", 2, "hidden must be one positive whole number"),
        ("submission --format html", 2, "'html' is not one of 'markdown', 'latex'"),
        ("submission --heading_level 4", 2, "4 is not in the range 1<=x<=3"),
        ("submission --package nets", 1, "there is no package 'nets': looked in the current directory, "),
        (
            "submission -o file.txt",
            1,
            "file.txt holds something else than a submission: --overwrite replaces it",
        ),
        ("submission -o no/where.md", 1, "cannot read or write "),
    ],
)
def test_bad_input_is_one_sentence_and_leaves_nothing(run, arguments, status, message):
    Path("file.txt").write_text("precious")
    result = run(arguments, status=status)
    assert message in result.output
    assert result.output.splitlines()[-1].startswith("Error: ")
    assert os.listdir() == ["file.txt"]
    assert Path("file.txt").read_text() == "precious"


# ---- sweep ffnn


def test_sweep_ffnn_shows_its_table_and_the_best_test_error(run):
    result = run("sweep ffnn --lr 0.001 --lr 0.05 --hidden 4 --hidden 6,5 --epochs 2")
    folder = Path("experiments/ffnn-sweep")
    assert sorted(os.listdir(folder)) == ["iterations.png", "results.csv", "runs", "sweep.json"]
    assert sorted(path.name for path in folder.glob("runs/*")) == [
        f"feed_forward_{layers}layers_{hidden}-lr{lr}_mom0.9_seed0"
        for layers, hidden in ((2, "4"), (3, "6x5")) for lr in (0.001, 0.05)
    ]  # fmt: skip
    for path in folder.glob("runs/*"):
        assert set(contents(path)) == {
            "hyperparameters.json", "iterations.png", "log.csv", "parameters_epoch2.npz"
        }  # fmt: skip
    with (folder / "results.csv").open(newline="") as stream:
        table = list(csv.DictReader(stream))
    shown = [line.replace("│", " ").split() for line in result.stdout.splitlines() if line.startswith("│")]
    assert shown == [
        [row["lr"], row["hidden"]]
        + [
            f"{float(row[f'{part}_{quantity}']):.4f}"
            for part in ("validation", "train")
            for quantity in ("error", "loss")
        ]
        for row in table
    ]
    best = table[0]
    assert (
        f"Best: lr {best['lr']}, hidden {best['hidden']}; test error {float(best['test_error']):.4f}, "
        f"test loss {float(best['test_loss']):.4f}." in result.stdout
    )
    assert "4/4" in result.stderr


def test_the_default_grid_has_at_least_three_combinations(run):
    run("sweep ffnn --epochs 1 --quiet --no-plots")
    assert len(list(Path("experiments/ffnn-sweep/runs").iterdir())) == 9


# ---- submission


@pytest.mark.parametrize(("format", "render"), [("markdown", to_markdown), ("latex", to_latex)])
@pytest.mark.parametrize("level", ["", " --heading_level 2", " --heading-level 3"])
def test_submission_prints_and_writes_the_same(run, format, render, level):
    printed = run(f"submission -f {format}{level}").stdout
    text = render(collect(Package("npnn.cs189")), int(level[-1:] or 1))
    first, rest = printed.split("\n", 1)
    assert "Written by npnn submission from the package npnn.cs189" in first
    assert rest == "\n" + text
    assert run(f"submission --format {format} --output code.txt{level}").output == ""
    assert Path("code.txt").read_text(encoding="utf-8") == printed


def test_markdown_is_the_default(run):
    assert run("submission").stdout == run("submission -f markdown --heading_level 1").stdout


def write_package(name, text):
    Path(name).mkdir()
    for module in ("activations", "layers", "losses", "models"):
        Path(name, f"{module}.py").write_text("import not_installed\nfrom .base import *\n")
    Path(name, "base.py").write_text(text)


METHODS = "\n".join(
    f"    def {name}(self): return 'mine'"
    for name in ("__init__", "_init_parameters", "forward", "backward", "predict")
)
CLASSES = (
    "Linear", "Sigmoid", "ReLU", "SoftMax", "FullyConnected", "Pool2D", "Conv2D", "CrossEntropy", "L2",
    "NeuralNetwork",
)  # fmt: skip


def test_a_students_package_in_the_current_directory_is_read_but_not_run(run):
    write_package("neural_networks", "\n".join(f"class {name}:\n{METHODS}\n" for name in CLASSES))
    text = run("submission --package neural_networks").stdout
    assert text.count("From `neural_networks/base.py`.") == len(CLASSES)
    assert "return 'mine'" in text


def test_a_missing_method_is_named_and_nothing_is_written(run):
    text = "\n".join(f"class {name}:\n{METHODS}\n" for name in CLASSES)
    write_package("nets", text.replace("class L2:\n", "class L2:\n    pass\nclass Unasked:\n"))
    Path("old.md").write_text("<!-- Written by npnn submission -->")
    for output in ("new.md", "old.md"):
        result = run(f"submission --package nets -o {output}", status=1)
        assert result.output == "Error: the class L2 has no method forward: looked in L2 in nets/base.py\n"
    assert Path("old.md").read_text() == "<!-- Written by npnn submission -->"
    assert sorted(os.listdir()) == ["nets", "old.md"]


@pytest.mark.parametrize("format", ["markdown", "latex"])
def test_only_a_submission_is_replaced_without_a_word(run, format):
    for old in ("", run("submission -f markdown").stdout, run("submission -f latex").stdout):
        Path("code").write_text(old)
        run(f"submission -f {format} -o code")
        assert "class SoftMax" in Path("code").read_text()
    Path("code").write_text("precious\nWritten by npnn submission")
    run(f"submission -f {format} -o code", status=1)
    assert Path("code").read_text() == "precious\nWritten by npnn submission"
    run(f"submission -f {format} -o code --overwrite")
    assert "class SoftMax" in Path("code").read_text()


# ---- help


@pytest.mark.parametrize(("command", "examples"), [("train-ffnn", 3), ("sweep ffnn", 2), ("submission", 2)])
def test_examples_in_the_help_are_accepted(run, command, examples):
    write_package("neural_networks", "\n".join(f"class {name}:\n{METHODS}\n" for name in CLASSES))
    text = run(f"{command} --help").output
    assert text.startswith(f"Usage: npnn {command}")
    lines = [line.strip() for line in text.splitlines() if line.startswith("    npnn ")]
    assert len(lines) == examples
    for line in lines:
        shorter = "" if command == "submission" else " --epochs 1 --no-plots"
        run(line.removeprefix("npnn ") + shorter)
