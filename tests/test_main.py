"""`python -m npnn`: what it says without the train extra, and what importing npnn must not import."""

import subprocess
import sys

# Stands for a Python without these packages: the import system finds none of them.
WITHOUT = """
import importlib.util, sys
hidden = {hidden!r}
find_spec = importlib.util.find_spec
importlib.util.find_spec = lambda name, *rest: None if name in hidden else find_spec(name, *rest)
from npnn.__main__ import main
main()
"""


def run(*arguments):
    return subprocess.run([sys.executable, *arguments], capture_output=True, text=True, check=False)


def test_names_the_extra_that_is_missing():
    ended = run("-c", WITHOUT.format(hidden=["click", "rich"]))
    assert ended.returncode == 2
    assert ended.stdout == ""
    assert (
        ended.stderr
        == 'The npnn command needs click and rich; get it with: pip install "npnn-reference[train]"\n'
    )


def test_runs_as_a_module():
    ended = run("-m", "npnn", "--version")
    assert ended.returncode == 0
    assert ended.stdout.startswith("npnn, version ")


def test_importing_npnn_leaves_the_train_extra_alone():
    script = "import npnn, sys; print({'click', 'rich', 'matplotlib', 'pandas', 'torch'} & set(sys.modules))"
    assert run("-c", script).stdout == "set()\n"


def test_the_command_line_leaves_matplotlib_for_later():
    script = "import npnn.training.cli, sys; print('matplotlib' in sys.modules)"
    assert run("-c", script).stdout == "False\n"
