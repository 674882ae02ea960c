"""The notebooks run from top to bottom, and are kept with the outputs of a run."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
NOTEBOOKS = [Path("docs/notebooks/check_gradients.ipynb"), Path("examples/first_hour.ipynb")]


def read(path):
    return json.loads((ROOT / path).read_text(encoding="utf-8"))


def test_every_notebook_is_tested():
    found = [*(ROOT / "docs").rglob("*.ipynb"), *(ROOT / "examples").rglob("*.ipynb")]
    assert sorted(path.relative_to(ROOT) for path in found) == NOTEBOOKS


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_runs_from_top_to_bottom(path):
    """Each notebook asserts that its gradients are right, and the first hour that its network learns."""
    run = subprocess.run(
        [sys.executable, ROOT / "tools" / "run_notebooks.py", "--check", ROOT / path],
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout == f"{path.name} runs\n"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_is_kept_as_it_was_run(path):
    notebook = read(path)
    cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert [cell["execution_count"] for cell in cells] == list(range(1, len(cells) + 1))
    outputs = [output for cell in cells for output in cell["outputs"]]
    assert {output["output_type"] for output in outputs} <= {"stream", "display_data"}
    assert all(cell["metadata"] == {} for cell in cells)
    assert notebook["metadata"]["language_info"] == {"name": "python"}


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_says_nothing_of_the_machine_that_ran_it(path):
    outputs = [cell["outputs"] for cell in read(path)["cells"] if cell["cell_type"] == "code"]
    text = json.dumps([{**one, "data": None} for output in outputs for one in output])
    for part in (
        str(ROOT),
        str(Path.home()),
        "site-packages",
        tempfile.gettempdir(),
        "Users",
        "<ipython-input",
    ):
        assert part not in text
    assert (ROOT / path).stat().st_size < 200_000


def test_the_pictures_are_there():
    cells = read(NOTEBOOKS[1])["cells"]
    pictures = [
        output
        for cell in cells
        for output in cell.get("outputs", ())
        if "image/png" in output.get("data", {})
    ]
    assert len(pictures) == 8
