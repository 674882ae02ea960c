"""The folder of one run: what lies in it, who may write there, and how it is put right after an interruption.

Whole files (JSON, .npz, PNG) take their names only when they are complete. The two CSV files grow as training
goes on; a checkpoint says how many of their rows it covers, and continuing from it cuts off the rest.
"""

from __future__ import annotations

import csv
import json
import os
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Generic

import numpy as np

import npnn
from npnn._typing import Array
from npnn.serialization import open_atomically
from npnn.training.config import ConfigError, S

HYPERPARAMETERS = "hyperparameters.json"
STEPS = "steps.csv"
EPOCHS = "epochs.csv"
CHECKPOINT = "checkpoint.npz"
MODEL = "model.npz"
RESULTS = "results.json"
LOSS_PLOT = "loss.png"
ACCURACY_PLOT = "accuracy.png"

# The hyperparameters mark a folder as a run's, so they are the last to go.
RUN_FILES = (STEPS, EPOCHS, CHECKPOINT, MODEL, RESULTS, LOSS_PLOT, ACCURACY_PLOT, HYPERPARAMETERS)

# As `open_atomically` names them.
_LEFTOVER = re.compile(r"\.(.+)\.[0-9a-f]{8}\.tmp")


class ExperimentError(RuntimeError):
    """A folder cannot be used as asked; the message says what to do instead."""


def check_name(name: str) -> str:
    """Refuses a name that is no plain folder name.

    Args:
        name: the name of a run.

    Returns:
        The name.

    Raises:
        ConfigError: it is empty, `.` or `..`, or has a slash, backslash or control character in it.
    """
    if name in ("", ".", "..") or any(sign in "/\\" or not sign.isprintable() for sign in name):
        raise ConfigError(f"name must be the name of one folder, but got {name!r}")
    return name


def claim_folder(folder: Path, files: Sequence[str], overwrite: bool) -> None:
    """Makes a folder ready for a new run, and refuses if that would cost anything.

    Args:
        folder: the folder; it may be new, empty or, with `overwrite`, hold an earlier run.
        files: names of the files of such a run; the last of them marks the folder as a run's.
        overwrite: whether to remove an earlier run's files.

    Raises:
        ExperimentError: the folder holds an earlier run and `overwrite` is false, or it holds something else.
        OSError: the folder cannot be made.
    """
    folder.mkdir(parents=True, exist_ok=True)
    remove_leftovers(folder, files)
    if not any(folder.iterdir()):
        return
    if not (folder / files[-1]).exists():
        raise ExperimentError(
            f"{folder} is not empty and holds no earlier run of this command (it has no {files[-1]}): "
            "give the run another --name"
        )
    if not overwrite:
        raise ExperimentError(
            f"{folder} already holds a run: --resume continues it, --overwrite replaces it, "
            "and --name gives the new run a folder of its own"
        )
    for name in files:
        (folder / name).unlink(missing_ok=True)


def require_run(folder: Path, files: Sequence[str]) -> None:
    """Refuses to resume what was never begun.

    Args:
        folder: the folder of a run.
        files: names of the files of such a run; the last of them marks the folder as a run's.

    Raises:
        ExperimentError: the folder has no such file.
    """
    if not (folder / files[-1]).is_file():
        raise ExperimentError(
            f"{folder} holds no run to resume (no {files[-1]}): leave out --resume to start one"
        )
    remove_leftovers(folder, files)


def remove_leftovers(folder: Path, files: Sequence[str]) -> None:
    """Removes the temporary files of writes that a crash cut short.

    Args:
        folder: where to look.
        files: the names that were written to.
    """
    for path in folder.iterdir():
        match = _LEFTOVER.fullmatch(path.name)
        if match and match[1] in files:
            path.unlink(missing_ok=True)


def write_json(path: Path, value: object) -> None:
    """Writes JSON, atomically.

    Args:
        path: the file.
        value: what to write.
    """
    with open_atomically(path) as stream:
        stream.write((json.dumps(value, indent=2, allow_nan=False) + "\n").encode())


def read_json(path: Path) -> dict[str, Any]:
    """Reads a JSON object.

    Args:
        path: the file.

    Returns:
        The object.

    Raises:
        ExperimentError: the file holds something else.
        OSError: the file cannot be opened.
    """
    try:
        value = json.loads(path.read_bytes())
    except ValueError as error:
        raise ExperimentError(f"{path} is no JSON: {error}") from error
    if not isinstance(value, dict):
        raise ExperimentError(f"{path} should hold a JSON object, but holds a {type(value).__name__}")
    return value


def write_csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Writes a CSV file, atomically; numbers keep every digit.

    Args:
        path: the file.
        header: names of the columns.
        rows: the cells, by row.
    """
    with open_atomically(path) as stream:
        for row in (header, *rows):
            stream.write(_csv_line(row))


def read_columns(path: Path) -> dict[str, Array]:
    """Reads a CSV file of numbers.

    Args:
        path: the file, with a header.

    Returns:
        Name of each column -> its values, (rows,).
    """
    with path.open(newline="", encoding="utf-8") as stream:
        header, *rows = csv.reader(stream)
    values = np.array(rows, dtype=np.float64).reshape(len(rows), len(header))
    return dict(zip(header, values.T, strict=True))


class CsvLog:
    """A CSV file that grows row by row.

    Args:
        path: the file.
        header: names of the columns.
        keep: how many of the rows that are there to keep; the rest is cut off.

    Raises:
        ExperimentError: fewer rows are there, or they have another header.
        OSError: the file cannot be written.
    """

    def __init__(self, path: Path, header: Sequence[str], keep: int) -> None:
        first = _csv_line(header)
        lines = path.read_bytes().splitlines(keepends=True) if keep else [first]
        if lines[:1] != [first]:
            raise ExperimentError(
                f"{path} should begin with the header {','.join(header)}: it was changed since"
            )
        if len(lines) <= keep:
            raise ExperimentError(
                f"{path} has {len(lines) - 1} rows, "
                f"but the checkpoint beside it was written after row {keep}: "
                "it was changed since, so only --overwrite can start the run anew"
            )
        with open_atomically(path) as stream:
            stream.writelines(lines[: keep + 1])
        self._stream = path.open("ab")

    def write(self, row: Sequence[object]) -> None:
        """Adds a row, which may stay in memory until `sync`.

        Args:
            row: its cells.
        """
        self._stream.write(_csv_line(row))

    def sync(self) -> None:
        """Brings every row to the disk."""
        self._stream.flush()
        os.fsync(self._stream.fileno())

    def __enter__(self) -> CsvLog:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stream.close()


def _csv_line(row: Sequence[object]) -> bytes:
    return (",".join(map(str, row)) + "\n").encode()


class Experiment(Generic[S]):
    """The folder of one run.

    Args:
        folder: where it is.
        hyperparameters: what it trains with.

    Attributes:
        folder: where it is.
        hyperparameters: what it trains with.
    """

    def __init__(self, folder: Path, hyperparameters: S) -> None:
        self.folder = folder
        self.hyperparameters = hyperparameters

    @classmethod
    def create(cls, folder: Path, hyperparameters: S, overwrite: bool = False) -> Experiment[S]:
        """Begins a new run.

        Args:
            folder: where.
            hyperparameters: what it trains with.
            overwrite: whether an earlier run in that folder may go.

        Returns:
            The run's folder, with the hyperparameters in it.

        Raises:
            ExperimentError: the folder is taken.
            OSError: the folder cannot be made or written.
        """
        claim_folder(folder, RUN_FILES, overwrite)
        experiment = cls(folder, hyperparameters)
        experiment.write_hyperparameters()
        return experiment

    @classmethod
    def resume(cls, folder: Path, kind: type[S], given: dict[str, Any]) -> Experiment[S]:
        """Takes up a run again.

        Args:
            folder: where it is.
            kind: the class of its hyperparameters.
            given: hyperparameters asked for, by name; those not among them are the run's own.

        Returns:
            The run's folder; a new number of epochs is not yet written there.

        Raises:
            ExperimentError: there is no run, or it has other hyperparameters than those given.
            OSError: the folder cannot be read.
        """
        require_run(folder, RUN_FILES)
        path = folder / HYPERPARAMETERS
        stored = read_json(path)
        try:
            own = kind.from_json(stored)
        except ConfigError as error:
            raise ExperimentError(f"{path} is damaged: {error}") from error
        fixed = {name: value for name, value in given.items() if name != "epochs" or not kind.EXTENSIBLE}
        refuse_differences(folder, fixed, vars(own))
        return cls(folder, kind.from_json({**stored, **given}))

    def write_hyperparameters(self) -> None:
        """Writes the hyperparameters, atomically."""
        write_json(self.folder / HYPERPARAMETERS, self.hyperparameters.to_json())

    def save_checkpoint(self, state: dict[str, Any]) -> None:
        """Writes what continuing needs, atomically.

        Args:
            state: of the trainer.
        """
        npnn.save(state, self.folder / CHECKPOINT)

    def load_checkpoint(self) -> dict[str, Any] | None:
        """Reads the checkpoint.

        Returns:
            The trainer's state, or None if the run was interrupted before it wrote any.

        Raises:
            SerializationError: the file is damaged.
        """
        path = self.folder / CHECKPOINT
        if not path.exists():
            return None
        state: dict[str, Any] = npnn.load(path)
        return state


def refuse_differences(folder: Path, given: dict[str, Any], own: dict[str, Any]) -> None:
    """Refuses to resume a run under other settings than its own.

    Args:
        folder: of the run.
        given: settings asked for, by name.
        own: the run's settings.

    Raises:
        ExperimentError: they differ; the message says where.
    """
    differing = [
        f"{name} {value!r} (the run has {own[name]!r})" for name, value in given.items() if value != own[name]
    ]
    if differing:
        raise ExperimentError(
            f"cannot resume {folder} with {', '.join(differing)}: "
            "leave that out, or give a new run another --name"
        )
