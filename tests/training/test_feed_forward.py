"""The homework's network: its settings, its numbers and its folder."""

import json
import math

import numpy as np
import pytest

from npnn.cs189.datasets import initialize_dataset
from npnn.cs189.models import initialize_model
from npnn.training.config import ConfigError
from npnn.training.experiment import ExperimentError
from npnn.training.feed_forward import FeedForward, begin, train

SHORT = FeedForward(hidden=(6, 5), epochs=3, batch_size=40)


def fit(folder, settings=SHORT, plots=False, on_epoch=lambda record: None):
    dataset = initialize_dataset("iris", settings.batch_size)
    model = begin(settings, folder, overwrite=False, plots=plots)
    return train(settings, model, dataset, folder, plots, on_epoch), dataset


def names(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_the_defaults_are_the_homeworks():
    settings = FeedForward()
    assert settings.model_name == "feed_forward_2layers_25-lr0.01_mom0.9_seed0"
    assert (settings.batch_size, settings.epochs) == (25, 100)
    layer = {"name": "fully_connected", "weight_init": "xavier_uniform"}
    assert settings.model_args == {
        "name": "feed_forward",
        "loss": "cross_entropy",
        "layer_args": [
            {**layer, "activation": "relu", "n_out": 25},
            {**layer, "activation": "softmax", "n_out": None},
        ],
        "optimizer_args": {
            "name": "SGD",
            "lr": 0.01,
            "lr_scheduler": "constant",
            "momentum": 0.9,
            "clip_norm": 1.0,
            "lr_decay": None,
            "staircase": False,
            "stage_length": None,
        },
        "seed": 0,
    }


def test_watching_changes_nothing(tmp_path):
    """The network is the one that cs189 alone trains, though its losses are looked at after each epoch."""
    seen = []
    run, dataset = fit(tmp_path / "run", on_epoch=seen.append)
    alone = initialize_model(**SHORT.model_args)
    alone.train(dataset, SHORT.epochs)
    assert seen == alone.records
    assert run.curves.batches == alone.batch_losses
    for ours, theirs in zip(run.model.layers, alone.layers, strict=True):
        for name, value in theirs.parameters.items():
            np.testing.assert_array_equal(ours.parameters[name], value)


def test_metrics_are_those_of_all_rows(tmp_path):
    run, dataset = fit(tmp_path / "run")
    for part, data in (("train", dataset.train), ("validation", dataset.validate), ("test", dataset.test)):
        predictions = run.model.forward(data.data)
        right = predictions.argmax(axis=1) == data.labels.argmax(axis=1)
        loss, error = run.evaluate(dataset, part)
        np.testing.assert_allclose(loss, -np.log(predictions[data.labels == 1]).mean(), rtol=1e-9)
        assert error == (~right).mean()
    assert run.curves.iterations == [3, 6, 9]
    assert run.curves.train[-1] == run.evaluate(dataset, "train").loss
    np.testing.assert_allclose(
        run.curves.validation[-1], run.evaluate(dataset, "validation").loss, rtol=1e-12
    )


@pytest.mark.parametrize("plots", [False, True])
def test_a_runs_folder(tmp_path, plots):
    fit(tmp_path / "run", plots=plots)
    pictures = ["error.png", "iterations.png", "loss.png", "weights.png"] if plots else []
    assert names(tmp_path / "run") == sorted(
        ["hyperparameters.json", "log.csv", "parameters_epoch3.npz", *pictures]
    )
    stored = json.loads((tmp_path / "run" / "hyperparameters.json").read_text())
    assert stored == {
        "model_name": "run",
        "model": SHORT.model_args,
        "data": {"name": "iris", "batch_size": 40},
    }


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"hidden": ()}, "hidden must be one positive whole number for each hidden layer"),
        ({"hidden": (3, 0)}, "hidden must be one positive whole number for each hidden layer"),
        ({"weight_init": "xavier"}, "there is no initialization 'xavier', only: zeros, ones, "),
        ({"activation": "gelu"}, "there is no activation 'gelu', only: linear, "),
        ({"loss": "l1"}, "there is no loss 'l1', only: cross_entropy, l2"),
        ({"lr_scheduler": "exponential"}, "the exponential scheduler needs a decay and a stage_length"),
    ],
)
def test_settings_that_cannot_be_leave_no_folder(tmp_path, settings, message):
    with pytest.raises(ConfigError, match=message):
        begin(FeedForward(**settings), tmp_path / "run", overwrite=False, plots=False)
    assert names(tmp_path) == []
    assert not (tmp_path / "run").exists()


def test_a_loss_that_is_not_finite_ends_the_training(tmp_path):
    settings = FeedForward(loss="l2", output_activation="linear", lr=1e3, clip_norm=None)
    run, dataset = fit(tmp_path / "run", settings)
    assert run.diverged
    assert not math.isfinite(run.model.records[-1].train_loss)
    assert all(math.isfinite(record.train_loss) for record in run.model.records[:-1])
    assert all(map(math.isnan, run.evaluate(dataset, "validation")))
    assert names(tmp_path / "run") == ["hyperparameters.json", "log.csv"]


# ---- the folder of an earlier run


def test_an_earlier_run_is_replaced_only_if_asked_for(tmp_path):
    fit(tmp_path / "run", plots=True)
    (tmp_path / "run" / ".log.csv.0123abcd.tmp").write_text("cut short")
    before = {path: path.read_bytes() for path in (tmp_path / "run").iterdir()}
    with pytest.raises(
        ExperimentError, match="run already holds a run: --overwrite replaces it, and --name gives"
    ):
        begin(SHORT, tmp_path / "run", overwrite=False, plots=False)
    assert before == {path: path.read_bytes() for path in (tmp_path / "run").iterdir()}
    begin(SHORT, tmp_path / "run", overwrite=True, plots=False)
    assert names(tmp_path / "run") == ["hyperparameters.json", "log.csv"]


@pytest.mark.parametrize(
    "file", ["thesis.tex", "steps.csv", "deep/log.csv", "runs/log.csv", "log.csv/log.csv"]
)
def test_what_no_run_has_written_is_never_removed(tmp_path, file):
    fit(tmp_path / "run")
    path = tmp_path / "run" / file
    if path.parent.name == "log.csv":
        path.parent.unlink()
    path.parent.mkdir(exist_ok=True)
    path.write_text("precious")
    before = names(tmp_path)
    with pytest.raises(ExperimentError, match=f"run holds {file}, which no run of this command has written"):
        begin(SHORT, tmp_path / "run", overwrite=True, plots=False)
    assert names(tmp_path) == before
    assert path.read_text() == "precious"


def test_a_link_to_a_folder_is_not_followed(tmp_path):
    fit(tmp_path / "run")
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "log.csv").write_text("precious")
    (tmp_path / "run" / "link").symlink_to(tmp_path / "data")
    before = names(tmp_path)
    with pytest.raises(ExperimentError, match="run holds link, which no run"):
        begin(SHORT, tmp_path / "run", overwrite=True, plots=False)
    assert names(tmp_path) == before
