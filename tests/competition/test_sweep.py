"""Sweeps: the table, the grid of runs, going on after an interruption."""

import json

import pandas as pd
import pytest

from competition import sweep
from competition.errors import CompetitionError


@pytest.fixture
def runs(monkeypatch):
    """Runs that take no time: their accuracy follows from the command."""
    commands = []

    def run(command, check):
        commands.append(command)
        options = dict(part[2:].split("=", 1) for part in command if part.startswith("--") and "=" in part)
        accuracy = 0.9 + 0.01 * int(options["seed_everything"]) - (0.1 if "model.views" in options else 0)
        folder = sweep.Path(options["run"])
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "results.json").write_text(json.dumps({"test_accuracy": accuracy}))
        return type("Finished", (), {"returncode": int("fail" in command)})

    monkeypatch.setattr(sweep.subprocess, "run", run)
    return commands


def test_means_and_standard_errors_by_hand():
    table = sweep.summarize({"whole": [0.90, 0.92, 0.94], "less": [0.80, 0.80, 0.86]})
    assert table["accuracy"].tolist() == [92.0, 82.0]
    assert table["difference"].tolist() == [0.0, -10.0]
    assert table["standard error"].tolist() == [1.15, 2.0]  # 2 and sqrt 12, divided by sqrt 3
    assert table["seeds"].tolist() == [3, 3]


def test_ablate_leaves_out_one_ingredient_at_a_time(command, configs, runs, tmp_path):
    given = (
        "ablate",
        "-c",
        configs / "cifar10.yaml",
        "--seeds=0,1",
        f"--run={tmp_path}",
        "--only=whitening,test-time augmentation",
    )
    assert command(*given) == 0
    assert len(runs) == 6
    assert sum("--model.net.init_args.whitening=False" in run for run in runs) == 2
    table = pd.read_csv(tmp_path / "ablation.csv")
    assert table["recipe"].tolist() == [
        "the whole recipe",
        "without whitening",
        "without test-time augmentation",
    ]
    assert table["difference"].tolist() == [0.0, 0.0, -10.0]
    assert command(*given) == 0
    assert len(runs) == 6


def test_more_seeds_are_added_and_other_settings_are_run_anew(command, configs, runs, tmp_path):
    given = ("sweep", "-c", configs / "quick.yaml", f"--run={tmp_path}")
    for arguments, total in (
        (("--seeds=0,1",), 2),
        (("--seeds=1,2",), 3),
        (("--seeds=1", "--model.views=1"), 4),
    ):
        assert command(*given, *arguments) == 0
        assert len(runs) == total
    assert pd.read_csv(tmp_path / "sweep.csv")["accuracy"].tolist() == [81.0]


def test_sweep_varies_settings_and_hands_the_rest_on(command, configs, runs, tmp_path):
    given = (
        "sweep",
        "-c",
        configs / "quick.yaml",
        "--seeds=0,1",
        f"--run={tmp_path}",
        "--vary=model.views=1,2",
    )
    assert command(*given, "--trainer.max_epochs=1") == 0
    assert len(runs) == 4
    assert all("--trainer.max_epochs=1" in run for run in runs)
    assert pd.read_csv(tmp_path / "sweep.csv")["recipe"].tolist() == ["model.views=1", "model.views=2"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("ablate", "--only=salt"), "'salt' is no ingredient of this recipe, which has: "),
        (("sweep", "--vary=model.views"), "--vary takes KEY=VALUE,VALUE, but got 'model.views'"),
        (("sweep", "-c", "nowhere.yaml"), "nowhere.yaml does not exist"),
    ],
)
def test_refused(arguments, message, command, configs, tmp_path, capsys):
    assert command(arguments[0], "-c", configs / "quick.yaml", f"--run={tmp_path}", *arguments[1:]) == 1
    assert message in capsys.readouterr().err


def test_a_run_that_fails_is_named(command, configs, runs, tmp_path):
    with pytest.raises(CompetitionError, match=r"this run failed: .* fit -c"):
        sweep.sweep(["-c", str(configs / "quick.yaml"), f"--run={tmp_path}", "--seeds=0", "fail"])
