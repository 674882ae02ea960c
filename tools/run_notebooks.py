"""Runs the notebooks from top to bottom and keeps their outputs.

    python tools/run_notebooks.py                     # all of them, in place
    python tools/run_notebooks.py --check FILE...     # only see that they run; nothing is written

A cell that raises an error or prints to stderr ends the run. Times and versions, which would change each
time, are left out of the files.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import nbformat
from nbclient import NotebookClient

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted([*ROOT.glob("docs/notebooks/*.ipynb"), *ROOT.glob("examples/*.ipynb")])
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def run(path: Path) -> nbformat.NotebookNode:
    """Runs a notebook in a fresh kernel, in its own folder.

    Args:
        path: of the notebook.

    Returns:
        The notebook with its outputs.

    Raises:
        CellExecutionError: a cell raised an error.
        RuntimeError: a cell printed to stderr, which is where warnings go.
    """
    notebook = nbformat.read(path, as_version=4)
    resources = {"metadata": {"path": str(path.parent)}}
    NotebookClient(notebook, timeout=300, record_timing=False, resources=resources).execute()
    for number, cell in enumerate(notebook.cells, 1):
        for output in cell.get("outputs", ()):
            if output.get("name") == "stderr":
                raise RuntimeError(f"{path.name}, cell {number} printed to stderr: {output.text}")
    notebook.metadata = nbformat.from_dict(METADATA)
    return notebook


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="Run the notebooks and keep their outputs.")
    parser.add_argument("files", nargs="*", type=Path, default=NOTEBOOKS)
    parser.add_argument("--check", action="store_true", help="write nothing")
    given = parser.parse_args()
    for path in given.files:
        notebook = run(path)
        if not given.check:
            nbformat.write(notebook, path)
        print(f"{path.name} runs")


if __name__ == "__main__":
    main()
