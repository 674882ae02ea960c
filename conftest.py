"""The one place that decides what to do where a package is missing, or is not: what to skip, and say so.

And how many threads each of several processes that share the cores may have: one.
"""

import os
from importlib.util import find_spec
from pathlib import Path

import pytest

# NumPy's BLAS, torch and npnn read it when loaded. More threads than cores wait for each other.
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("OMP_NUM_THREADS", "1")

ROOT = Path(__file__).parent
NEEDS = {
    ROOT / "docs" / "how_to" / "move_weights.md": "torch",
    ROOT / "docs" / "torch_ref.md": "torch",
    ROOT / "tests" / "competition": "lightning",
    ROOT / "tests" / "docs": "zensical",
    ROOT / "tests" / "torch_ref": "torch",
    ROOT / "torch_ref": "torch",
}


STANDS_IN = {ROOT / "tests" / "test_golden.py": "torch"}
"""What is left out where a package is there for which it stands in: other tests then do the same."""


def skip(path):
    """Skips what cannot even be imported, or is not needed."""
    if path in STANDS_IN:
        pytest.skip(f"{path.relative_to(ROOT)} stands in for {STANDS_IN[path]}, which is installed")
    pytest.skip(f"{path.relative_to(ROOT)} needs {NEEDS[path]}: pip install npnn-reference[test]")


class SkippedDirectory(pytest.Dir):
    """A directory of tests whose package is missing."""

    def collect(self):
        """Collects nothing."""
        skip(self.path)


class SkippedFile(pytest.File):
    """A page of examples whose package is missing, or tests that stand in for one which is not."""

    def collect(self):
        """Collects nothing."""
        skip(self.path)


def is_skipped(path):
    """Whether the package that a path needs is missing, or the one that it stands in for is not."""
    if path in STANDS_IN:
        return find_spec(STANDS_IN[path]) is not None
    return path in NEEDS and find_spec(NEEDS[path]) is None


def pytest_collect_directory(path, parent):
    """Puts SkippedDirectory in the place of a directory."""
    return SkippedDirectory.from_parent(parent, path=path) if is_skipped(path) else None


@pytest.hookimpl(wrapper=True)
def pytest_collect_file(file_path, parent):
    """Puts SkippedFile in the place of a file."""
    found = yield
    return [SkippedFile.from_parent(parent, path=file_path)] if is_skipped(file_path) else found
