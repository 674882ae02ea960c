"""One run: interrupted anywhere, it ends in the same files; diverging, it keeps its metrics."""

import io
import json

import numpy as np
import pytest

import npnn
from npnn.serialization import SerializationError
from npnn.training import run as runs
from npnn.training.config import Hyperparameters
from npnn.training.data import prepare_iris
from npnn.training.experiment import Experiment, ExperimentError
from npnn.training.trainer import Trainer

PARTS = ("train", "validation", "test")
FILES = ("hyperparameters.json", "steps.csv", "epochs.csv", "results.json", "model.npz", "checkpoint.npz")


class Stop(BaseException):
    """Stands for a kill: nothing catches it."""


def complete(folder, hyperparameters, checkpoint_every=4, stop_at=None, resume=False):
    """A run, which at the given step stops dead."""
    data = prepare_iris(hyperparameters.split_seed, hyperparameters.standardize)
    if resume:
        experiment = Experiment.resume(folder, Hyperparameters, {"epochs": hyperparameters.epochs})
    else:
        experiment = Experiment.create(folder, hyperparameters)
    trainer = Trainer(experiment.hyperparameters, data)
    runs.restore(experiment, trainer)
    if stop_at is not None:
        straight = trainer.steps

        def steps():
            for record in straight():
                yield record
                if record.step == stop_at:
                    raise Stop

        trainer.steps = steps
    ends = []
    runs.fit(experiment, trainer, checkpoint_every, ends.append)
    return ends, runs.finish(experiment, trainer, data, PARTS)


def contents(folder):
    return {name: (folder / name).read_bytes() for name in FILES}


SHORT = Hyperparameters(epochs=11, schedule="exponential", clip_norm=2.0)  # 77 steps


@pytest.fixture(scope="module")
def straight(tmp_path_factory):
    folder = tmp_path_factory.mktemp("straight") / "run"
    complete(folder, SHORT)
    return contents(folder)


def test_writes_what_happened(tmp_path):
    ends, results = complete(tmp_path / "run", SHORT)
    epochs = (tmp_path / "run" / "epochs.csv").read_text().splitlines()
    assert (
        epochs[0] == "epoch,step,train_loss,train_accuracy,validation_loss,validation_accuracy,learning_rate"
    )
    assert [tuple(map(float, line.split(","))) for line in epochs[1:]] == [tuple(end) for end in ends]
    assert [end.learning_rate for end in ends] == pytest.approx(
        [0.03 * 0.98**n for n in range(11)], rel=1e-12
    )
    steps = (tmp_path / "run" / "steps.csv").read_text().splitlines()
    assert steps[0] == "step,epoch,train_loss,train_accuracy,learning_rate"
    assert [line.split(",")[0] for line in steps[1:]] == [str(step) for step in range(1, 78)]
    stored = json.loads((tmp_path / "run" / "results.json").read_text())
    assert stored == {
        part: {"loss": results[part].loss, "accuracy": results[part].accuracy} for part in PARTS
    }
    assert stored["train"]["loss"] == ends[-1].train_loss
    assert stored["validation"]["accuracy"] == ends[-1].validation_accuracy


@pytest.mark.parametrize("stop_at", [1, 20, 28, 29, 31, 56, 77])
def test_a_run_killed_anywhere_ends_in_the_same_files(tmp_path, straight, stop_at):
    folder = tmp_path / "run"
    with pytest.raises(Stop):
        complete(folder, SHORT, stop_at=stop_at)
    assert not (folder / "model.npz").exists()
    # A killed process may have left a torn row and half of a file.
    with (folder / "steps.csv").open("a") as stream:
        stream.write("78,12,0.")
    (folder / ".model.npz.01234567.tmp").write_bytes(b"half")
    complete(folder, SHORT, resume=True, checkpoint_every=3)
    assert contents(folder) == straight
    assert sorted(path.name for path in folder.iterdir()) == sorted(FILES)


def test_a_run_killed_twice_ends_in_the_same_files(tmp_path, straight):
    for stop_at in (30, 60):
        with pytest.raises(Stop):
            complete(tmp_path / "run", SHORT, stop_at=stop_at, resume=stop_at == 60)
    complete(tmp_path / "run", SHORT, resume=True)
    assert contents(tmp_path / "run") == straight


@pytest.mark.parametrize("first", [3, 8, 11])
def test_more_epochs_later_are_the_same_as_at_once(tmp_path, straight, first):
    complete(tmp_path / "run", Hyperparameters.from_json({**SHORT.to_json(), "epochs": first}))
    complete(tmp_path / "run", SHORT, resume=True)
    assert contents(tmp_path / "run") == straight


def test_a_checkpoint_that_was_torn_before_it_replaced_the_old_one_does_not_matter(
    tmp_path, straight, monkeypatch
):
    folder = tmp_path / "run"
    saved = []

    def torn(self, state):
        saved.append(state["epoch"])
        if len(saved) == 2:
            raise Stop
        original(self, state)

    original = Experiment.save_checkpoint
    monkeypatch.setattr(Experiment, "save_checkpoint", torn)
    with pytest.raises(Stop):
        complete(folder, SHORT)
    assert saved == [4, 8]
    monkeypatch.undo()
    complete(folder, SHORT, resume=True)
    assert contents(folder) == straight


def test_fewer_epochs_than_done_are_refused_and_nothing_changes(tmp_path):
    complete(tmp_path / "run", SHORT)
    before = contents(tmp_path / "run")
    with pytest.raises(
        ExperimentError, match="has been trained for 11 epochs, so it cannot be resumed with epochs 5"
    ):
        complete(tmp_path / "run", Hyperparameters(epochs=5), resume=True)
    assert contents(tmp_path / "run") == before


def test_damaged_and_foreign_checkpoints_are_refused(tmp_path):
    folder = tmp_path / "run"
    complete(folder, SHORT)
    checkpoint = folder / "checkpoint.npz"
    whole = checkpoint.read_bytes()
    checkpoint.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(
        SerializationError, match=r"checkpoint\.npz is not one that npnn\.save wrote, or not all of it"
    ):
        complete(folder, SHORT, resume=True)
    for foreign in ([1, 2], {"epoch": 3}, {**npnn.load(io.BytesIO(whole)), "model": {}}):
        npnn.save(foreign, checkpoint)
        with pytest.raises(
            ExperimentError, match=r"checkpoint\.npz does not fit the hyperparameters beside it: "
        ):
            complete(folder, SHORT, resume=True)


def test_diverging_training_stops_and_keeps_its_metrics(tmp_path):
    hyperparameters = Hyperparameters(epochs=50, lr=1e12, standardize=False)
    ends = []
    experiment = Experiment.create(tmp_path / "run", hyperparameters)
    trainer = Trainer(hyperparameters, prepare_iris(0, standardize=False))
    with pytest.raises(runs.DivergedError) as caught:
        runs.fit(experiment, trainer, 1, ends.append)
    rows = (tmp_path / "run" / "steps.csv").read_text().splitlines()
    losses = np.array([float(row.split(",")[2]) for row in rows[1:]])
    assert np.isfinite(losses[:-1]).all()
    assert not np.isfinite(losses[-1])
    assert len(losses) > 1
    place = f"in step {len(losses)} of epoch {len(ends) + 1} with lr 1000000000000.0"
    assert str(caught.value).startswith(f"training diverged: the loss became {losses[-1]} {place}")
    assert not (tmp_path / "run" / "model.npz").exists()
