"""What npnn needs: NumPy and the standard library to be imported, and the declared releases to be tested."""

import subprocess
import sys
from pathlib import Path

from packaging.requirements import Requirement
from packaging.version import Version

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).parents[1]

# npnn.training and the command line may import what the train extra installs; all else may not.
IMPORT_ALL_ELSE = """
import sys
before = set(sys.modules)
import importlib, pkgutil
import npnn
for module in pkgutil.walk_packages(npnn.__path__, "npnn."):
    if not module.name.startswith(("npnn.training", "npnn.__main__")):
        importlib.import_module(module.name)
loaded = [(name, getattr(sys.modules[name], "__file__", None) or "") for name in set(sys.modules) - before]
print(*{name.partition(".")[0] for name, file in loaded if "site-packages" in file})
"""


def printed_by(program: str) -> list[str]:
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    return run.stdout.split()


def bounds(requirements: list[str], operator: str) -> dict[str, Version]:
    """Distribution -> the version that stands after the operator."""
    return {
        requirement.name: next(Version(s.version) for s in requirement.specifier if s.operator == operator)
        for requirement in map(Requirement, requirements)
    }


def test_npnn_imports_only_numpy_and_the_standard_library():
    assert set(printed_by(IMPORT_ALL_ELSE)) - {"npnn"} == {"numpy"}


def test_import_npnn_does_not_load_the_trainer():
    assert printed_by("import sys, npnn; print('npnn.training' in sys.modules)") == ["False"]


def test_the_oldest_releases_declared_are_those_that_are_tested():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    names = ("train", "safetensors", "notebooks", "test-numpy")
    declared = [*project["dependencies"], *(text for name in names for text in extras[name])]
    declared = [text for text in declared if not text.startswith(project["name"])]
    tested = (ROOT / "constraints-lowest.txt").read_text().splitlines()
    tested = [line for line in tested if not line.startswith("#")]
    assert bounds(tested, "==") == bounds(declared, ">=")
