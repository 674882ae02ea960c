"""The one place that decides what to do without torch: skip these directories, and say so."""

from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parent
NEEDS_TORCH = (ROOT / "torch_ref", ROOT / "tests" / "torch_ref")


class NeedsTorch(pytest.Dir):
    """A directory whose tests cannot even be imported."""

    def collect(self):
        """Collects nothing."""
        pytest.skip(f"{self.path.relative_to(ROOT)} needs torch: pip install npnn-reference[test]")


def pytest_collect_directory(path, parent):
    """Puts NeedsTorch in the place of a directory that needs torch, where torch is not installed."""
    if path in NEEDS_TORCH and find_spec("torch") is None:
        return NeedsTorch.from_parent(parent, path=path)
    return None
