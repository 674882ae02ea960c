"""Many runs of a recipe, over seeds: `ablate` leaves out one ingredient at a time, `sweep` varies settings.

Optuna keeps the book: its studies lie in a file, so a sweep that was interrupted goes on where it stopped.
Each run is a process of its own, `python -m competition fit`, in a folder of its own.
"""

from __future__ import annotations

import argparse
import hashlib
import itertools
import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import optuna
import pandas as pd
import yaml

from competition.errors import CompetitionError
from competition.recipe import ingredients_of
from competition.report import ABLATION, RESULTS, markdown_table, write_report, write_text

FULL = "the whole recipe"


def ablate(arguments: Sequence[str]) -> None:
    """Trains a recipe whole and without each of its ingredients, and writes the table.

    Args:
        arguments: of the command line.
    """
    parser = _parser("ablate", "Train a recipe without one ingredient at a time, over seeds.")
    parser.add_argument(
        "--only", default="", help="names of ingredients, separated by commas; by default all"
    )
    options, rest = parser.parse_known_args(arguments)
    config, run = _recipe(options)
    parts = {one.name: one for one in ingredients_of(config)}
    chosen = options.only.split(",") if options.only else list(parts)
    if unknown := [name for name in chosen if name not in parts]:
        raise CompetitionError(
            f"{unknown[0]!r} is no ingredient of this recipe, which has: {', '.join(parts)}"
        )
    cells = {FULL: {}, **{f"without {name}": parts[name].off for name in chosen}}
    table = _run_all(run / "ablation", options.config, cells, options.seeds, rest)
    _save(run / ABLATION, table)
    if (run / RESULTS).exists():
        write_report(run)


def sweep(arguments: Sequence[str]) -> None:
    """Trains a recipe with every combination of the settings that vary, and writes the table.

    Args:
        arguments: of the command line.
    """
    parser = _parser("sweep", "Train a recipe over seeds, and over settings that vary.")
    parser.add_argument(
        "--vary",
        action="append",
        default=[],
        metavar="KEY=VALUE,VALUE",
        help="a setting and its values, such as model.label_smoothing=0.0,0.1; may be repeated",
    )
    options, rest = parser.parse_known_args(arguments)
    _, run = _recipe(options)
    axes = [_axis(text) for text in options.vary]
    cells = {
        ", ".join(f"{key}={value}" for key, value in cell) or FULL: dict(cell)
        for cell in itertools.product(*axes)
    }
    _save(run / "sweep.csv", _run_all(run / "sweep", options.config, cells, options.seeds, rest))


def summarize(accuracies: Mapping[str, Sequence[float]]) -> pd.DataFrame:
    """Means and standard errors, in per cent.

    Args:
        accuracies: name of a cell -> test accuracy of each seed.

    Returns:
        A row for each cell; the difference is to the first one.
    """
    rows = []
    for name, values in accuracies.items():
        percent = 100 * pd.Series(values, dtype=float)
        rows.append(
            {
                "recipe": name,
                "accuracy": percent.mean(),
                "standard error": percent.sem(),
                "seeds": len(percent),
            }
        )
    table = pd.DataFrame(rows)
    table.insert(2, "difference", table["accuracy"] - table["accuracy"].iloc[0])
    return table.round(2)


def _parser(name: str, description: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        f"python -m competition {name}",
        description=f"{description} Whatever else is given goes to each fit, such as --trainer.max_epochs 2.",
        allow_abbrev=False,
    )
    parser.add_argument("-c", "--config", required=True, help="the recipe")
    parser.add_argument("--seeds", type=_seeds, default=[0, 1, 2], help="separated by commas, default 0,1,2")
    parser.add_argument("--run", help="folder for the runs and the table; by default that of the recipe")
    return parser


def _seeds(text: str) -> list[int]:
    return [int(seed) for seed in text.split(",")]


def _axis(text: str) -> list[tuple[str, Any]]:
    key, found, values = text.partition("=")
    if not found:
        raise CompetitionError(f"--vary takes KEY=VALUE,VALUE, but got {text!r}")
    return [(key, yaml.safe_load(value)) for value in values.split(",")]


def _recipe(options: argparse.Namespace) -> tuple[dict[str, Any], Path]:
    try:
        config = yaml.safe_load(Path(options.config).read_text())
    except FileNotFoundError as error:
        raise CompetitionError(
            f"{options.config} does not exist: -c takes a recipe of competition/configs"
        ) from error
    return config, Path(options.run or config["run"])


def _run_all(
    folder: Path,
    config: str,
    cells: Mapping[str, Mapping[str, Any]],
    seeds: Sequence[int],
    rest: Sequence[str],
) -> pd.DataFrame:
    """Trains each cell with each seed, unless that has been done, and summarizes."""
    folder.mkdir(parents=True, exist_ok=True)
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    accuracies = {}
    for name, settings in cells.items():
        print(f"{name}, seeds {', '.join(map(str, seeds))}", flush=True)
        arguments = ["-c", config, *rest, *(f"--{key}={value}" for key, value in settings.items())]
        accuracies[name] = _accuracies(folder, Path(config).read_text(), arguments, seeds)
    return summarize(accuracies)


def _accuracies(folder: Path, recipe: str, arguments: Sequence[str], seeds: Sequence[int]) -> list[float]:
    """The test accuracy of each seed. What was run before under another recipe or settings does not count."""
    identity = hashlib.sha256(json.dumps([recipe, *arguments]).encode()).hexdigest()[:12]
    storage = f"sqlite:///{folder / 'study.db'}"
    study = optuna.create_study(
        study_name=identity, storage=storage, direction="maximize", load_if_exists=True
    )

    def train(trial: optuna.Trial) -> float:
        seed = trial.suggest_int("seed", 0, 2**32 - 1)
        run = folder / f"{identity}-{seed}"
        command = [sys.executable, "-m", "competition", "fit", *arguments]
        command += [f"--seed_everything={seed}", f"--run={run}", "--overwrite=true"]
        if subprocess.run(command, check=False).returncode:
            raise CompetitionError(f"this run failed: {' '.join(command)}")
        return json.loads((run / RESULTS).read_text())["test_accuracy"]

    def done() -> dict[int, float]:
        trials = study.get_trials(states=[optuna.trial.TrialState.COMPLETE])
        return {trial.params["seed"]: trial.value for trial in trials}

    if missing := [seed for seed in seeds if seed not in done()]:
        study.sampler = optuna.samplers.GridSampler({"seed": missing}, seed=0)
        study.optimize(train)
    return [done()[seed] for seed in seeds]


def _save(path: Path, table: pd.DataFrame) -> None:
    write_text(path, table.to_csv(index=False))
    print(markdown_table(table))
    print(f"The table is in {path}.")
