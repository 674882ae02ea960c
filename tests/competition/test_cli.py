"""The command: every recipe runs, runs leave what they should, a resumed one is the same, errors are said."""

import json
import os
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
import torch
import yaml

from competition.callbacks import AtomicCheckpointIO, EpochSeed

SMALL = ("--data.train_size=60", "--data.test_size=20", "--data.validation=20", "--data.batch_size=20")
# An MLP with dropout and shifts: all that is random in training has its part in the result.
MLP = (
    "--model.net=competition.models.MLP",
    "--model.net.inputs=3072",
    "--model.net.hidden=[8]",
    "--model.net.dropout=0.3",
)


def checkpoint(run, name="last"):
    return torch.load(run / "checkpoints" / f"{name}.ckpt", weights_only=True)


def epochs(run):
    return pd.read_csv(run / "epochs.csv").drop(columns="seconds")


@pytest.fixture
def fit(command, configs, tmp_path):
    """Fits the offline recipe, made small, in a folder of the given name; gives the folder."""

    def run(name, *arguments, status=0):
        folder = tmp_path / name
        given = ("fit", "-c", configs / "offline.yaml", f"--run={folder}", *SMALL, *arguments)
        assert command(*given) == status
        return folder

    return run


@pytest.mark.parametrize(
    "name", ["cifar10", "cifar10_96", "cifar10_course", "fashion_mnist", "offline", "quick"]
)
def test_every_recipe_runs(name, command, configs, small_data, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    small = ("--data.batch_size=8", "--data.eval_batch_size=8", "--trainer.fast_dev_run=true", "--run=run")
    assert command("fit", "-c", configs / f"{name}.yaml", *small) == 0
    assert not list(tmp_path.iterdir())


def test_print_config_is_complete(command, configs, capsys):
    with pytest.raises(SystemExit) as status:
        command("fit", "-c", configs / "cifar10.yaml", "--print_config")
    assert status.value.code == 0
    printed = yaml.safe_load(capsys.readouterr().out)
    assert printed["data"]["init_args"]["cutout"] == 0
    assert printed["model"]["net"]["init_args"]["depth"] == 2
    assert printed["trainer"]["max_epochs"] == 8


def test_from_data_to_submission(fit, command, configs, tmp_path):
    run = fit("run", "--trainer.max_epochs=2", "--model.views=6")
    files = {
        str(path.relative_to(run))
        for path in run.rglob("*")
        if path.is_file() and "tfevents" not in path.name
    }
    assert files == {
        *(
            "checkpoints/best.ckpt",
            "checkpoints/last.ckpt",
            "config.yaml",
            "confusion.png",
            "curves.png",
            "epochs.csv",
        ),
        *("logs/version_0/hparams.yaml", "logs/version_0/metrics.csv", "mistakes.png"),
        *("report.html", "report.md", "results.json"),
    }
    table = pd.read_csv(run / "epochs.csv")
    assert table["epoch"].tolist() == [1, 2]
    assert table.notna().all(axis=None)
    results = json.loads((run / "results.json").read_text())
    assert results["test_images"] == 20
    report = (run / "report.md").read_text()
    assert f"| test accuracy | {results['test_accuracy']:.2%} of 20 images |" in report
    assert "- **whitening**: " in report
    assert "<table>" in (run / "report.html").read_text()

    small = ("-c", configs / "offline.yaml", f"--run={run}", *SMALL, "--model.views=6")
    for checkpoint_path in ("best", "last"):
        assert command("predict", *small, f"--ckpt_path={checkpoint_path}") == 0
        submission = pd.read_csv(run / "submission.csv")
        assert submission["Id"].tolist() == list(range(1, 21))
        assert submission["Category"].between(0, 9).all()
    rows = np.zeros((3, 3072), np.uint8)
    np.save(tmp_path / "rows.npy", rows)
    assert command("predict", *small, f"--data.predict_from={tmp_path / 'rows.npy'}") == 0
    assert len(pd.read_csv(run / "submission.csv")) == 3

    (run / "results.json").unlink()
    assert command("test", *small) == 0
    assert json.loads((run / "results.json").read_text())["test_accuracy"] == results["test_accuracy"]
    assert command("validate", *small) == 0


def test_resumed_is_the_same_as_uninterrupted(fit, monkeypatch):
    three = (*MLP, "--trainer.max_epochs=3", "--data.flip=random")
    whole = fit("whole", *three)

    seed_epoch = EpochSeed.on_train_epoch_start

    def killed(self, trainer, module):
        if trainer.current_epoch == 2:
            raise RuntimeError("killed")
        seed_epoch(self, trainer, module)

    monkeypatch.setattr(EpochSeed, "on_train_epoch_start", killed)
    with pytest.raises(RuntimeError, match="killed"):
        fit("resumed", *three)
    monkeypatch.undo()
    monkeypatch.setattr("sys.argv", ["competition"])
    resumed = fit("resumed", *three, "--ckpt_path=last", "--seed_everything=5")

    pd.testing.assert_frame_equal(epochs(whole), epochs(resumed), check_exact=True)
    for name in ("best", "last"):
        one, other = checkpoint(whole, name), checkpoint(resumed, name)
        assert one["epoch"] == other["epoch"]
        torch.testing.assert_close(one["state_dict"], other["state_dict"], rtol=0, atol=0)
    other = fit("other", *three, "--seed_everything=5")
    assert not epochs(other).equals(epochs(whole))


@pytest.mark.parametrize(("validation", "chosen"), [(20, "best of three"), (0, "last of three")])
def test_best_and_last(validation, chosen, fit):
    run = fit("run", *MLP, "--trainer.max_epochs=3", f"--data.validation={validation}")
    accuracies = epochs(run)["val_accuracy"]
    # Lightning counts epochs from 0, and takes the first of equals.
    best = accuracies.idxmax() if chosen == "best of three" else 2
    assert checkpoint(run, "best")["epoch"] == best
    assert checkpoint(run, "last")["epoch"] == 2


def test_two_processes_do_what_one_does(fit, configs):
    # Without batch norm and dropout the mean of the processes' gradients is the gradient of the whole batch.
    plain = ("--model.net=competition.models.MLP", "--model.net.inputs=3072", "--model.net.hidden=[8]")
    plain += ("--model.net.batch_norm=false", "--model.net.dropout=0.0", "--model.optimizer.head.lr=0.5")
    plain += ("--model.optimizer.vectors.lr=0.5", "--trainer.max_epochs=2")
    one = fit("one", *plain)
    two = one.parent / "two"
    config = configs / "offline.yaml"
    subprocess.run(
        [
            *(sys.executable, "-m", "competition", "fit", "-c", config, f"--run={two}", *SMALL, *plain),
            *("--trainer.accelerator=cpu", "--trainer.strategy=ddp", "--trainer.devices=2"),
        ],
        check=True,
        cwd=config.parents[2],
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        timeout=120,
    )
    states = (checkpoint(folder)["state_dict"] for folder in (one, two))
    torch.testing.assert_close(*states, rtol=1e-4, atol=1e-5)
    assert epochs(two)["epoch"].tolist() == [1, 2]
    assert json.loads((two / "results.json").read_text())["test_images"] == 20


def test_a_run_is_not_replaced_unless_one_says_so(fit, capsys):
    one = (*MLP, "--trainer.max_epochs=1")
    run = fit("run", *one)
    fit("run", *one, status=1)
    assert (
        "holds a run already: --ckpt_path last continues it, --overwrite true replaces it"
        in capsys.readouterr().err
    )
    fit("run", *one, "--overwrite=true", "--seed_everything=1")
    assert json.loads((run / "results.json").read_text())["seed"] == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("predict", "--ckpt_path=best"), "best.ckpt does not exist: train first"),
        (
            ("test", "--ckpt_path=nowhere.ckpt"),
            "nowhere.ckpt does not exist: --ckpt_path takes best, last or a file",
        ),
        (("fit", "--data.batch_size=5000"), "data.batch_size is 5000, but there are 40 training images"),
        (("fit", "--data.validation=60"), "data.validation is 60, but must leave some of the 60"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_sentence(arguments, message, command, configs, tmp_path, capsys):
    given = (
        arguments[0],
        "-c",
        configs / "offline.yaml",
        f"--run={tmp_path / 'run'}",
        *SMALL,
        *arguments[1:],
    )
    assert command(*given) == 1
    error = capsys.readouterr().err
    assert message in error
    assert "Traceback" not in error


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a GPU")
def test_a_gpu_asked_for_and_absent(configs, monkeypatch, capsys):
    from competition.__main__ import main

    monkeypatch.setattr("sys.argv", ["competition"])
    assert main(["fit", "-c", str(configs / "offline.yaml"), "--trainer.accelerator=gpu"]) == 1
    assert "error: " in capsys.readouterr().err


def test_too_little_memory(fit, monkeypatch, capsys):
    monkeypatch.setattr("competition.callbacks.free_memory", lambda device: 2**20)
    fit("run", status=1)
    assert "a batch of 20 images takes about" in capsys.readouterr().err


def test_a_loss_that_is_not_finite_ends_the_run(fit, capsys):
    fit("run", *MLP, "--model.optimizer.head.lr=1.0e+38", "--model.net.batch_norm=false", status=1)
    assert "the training loss is" in capsys.readouterr().err


def test_a_checkpoint_that_cannot_be_written_leaves_the_one_before(tmp_path, monkeypatch):
    path, writer = tmp_path / "last.ckpt", AtomicCheckpointIO()
    writer.save_checkpoint({"epoch": 1}, path)

    def full(checkpoint, stream):
        stream.write(b"half of it")
        raise OSError("No space left on device")

    monkeypatch.setattr(torch, "save", full)
    with pytest.raises(OSError, match="No space left"):
        writer.save_checkpoint({"epoch": 2}, path)
    assert torch.load(path, weights_only=True) == {"epoch": 1}
    assert list(tmp_path.iterdir()) == [path]


def test_two_epochs_on_real_images(command, configs, data_root, tmp_path):
    """The quick recipe on 1,500 photographs: what it reached when this was written, give or take rounding."""
    few = (
        "--data.batch_size=100",
        "--data.eval_batch_size=500",
        "--model.views=1",
        f"--data.root={data_root}",
    )
    few += (
        "--trainer.limit_train_batches=15",
        "--trainer.limit_val_batches=1",
        "--trainer.limit_test_batches=1",
    )
    assert (
        command("fit", "-c", configs / "quick.yaml", f"--run={tmp_path}", "--trainer.max_epochs=2", *few) == 0
    )
    last = epochs(tmp_path).iloc[-1]
    assert last["train_loss"] == pytest.approx(1.904, abs=0.02)
    assert last["val_accuracy"] == pytest.approx(0.442, abs=0.03)
