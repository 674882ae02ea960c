"""The scripts of examples/ run on npnn. What they print is compared in tests/torch_ref/test_examples.py."""

import re
import runpy
import sys
from pathlib import Path

import pytest

import npnn

EXAMPLES = Path(__file__).parents[2] / "examples"
SCRIPTS = sorted(EXAMPLES.glob("*.py"))


@pytest.fixture(autouse=True)
def default_dtype_restored():
    yield
    npnn.set_default_dtype(npnn.float32)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_runs_on_npnn(script, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", [script.name, "--steps", "1"])
    runpy.run_path(str(script), run_name="__main__")
    assert re.search(r"^ +\d+  \d", capsys.readouterr().out, re.MULTILINE), "a line of a step and its loss"


def test_the_table_lists_every_script():
    table = EXAMPLES.joinpath("README.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\w+\.py) \|.*\| `python examples/(\w+\.py)", table, re.MULTILINE)
    assert sorted(rows) == [(path.name, path.name) for path in SCRIPTS]
