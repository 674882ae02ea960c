"""Whole processes, from the start of Python to its end."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import partial

from benchmarks.measure import Case, Contender


def import_time() -> dict[str, Contender]:
    """A process that imports npnn, and one that imports NumPy alone.

    Returns:
        npnn and numpy.
    """
    return {name: _contender(partial(_python, "-c", f"import {name}")) for name in ("npnn", "numpy")}


def train_iris() -> dict[str, Contender]:
    """`npnn train iris` with its default settings, plots and all.

    Returns:
        npnn.
    """
    return _training("train", "iris")


def train_ffnn() -> dict[str, Contender]:
    """`npnn train-ffnn` with the homework's settings, plots and all.

    Returns:
        npnn.
    """
    return _training("train-ffnn")


def _training(*command: str) -> dict[str, Contender]:
    def run() -> None:
        with tempfile.TemporaryDirectory() as root:
            _python("-m", "npnn", *command, "--root", root)

    return {"npnn": _contender(run)}


def _contender(run: Callable[[], object]) -> Contender:
    return Contender(run, in_process=False)


def _python(*arguments: str) -> None:
    # As on a user's machine, compiled bytecode is kept from one run to the next.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run([sys.executable, *arguments], capture_output=True, text=True, env=environment)
    if done.returncode != 0:
        raise RuntimeError(f"python {' '.join(arguments)} failed: {done.stderr}")


CASES = (
    Case("import_time", "python -c 'import npnn'", import_time, against="numpy", target=1.5),
    Case("train_iris", "npnn train iris, with plots", train_iris, against=None, target=5.0),
    Case("train_ffnn", "npnn train-ffnn, with plots", train_ffnn, against=None, target=4.0),
)
