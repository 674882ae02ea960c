"""The swap: a script of torch's, run on npnn with nothing changed but its imports.

What to read, from the bottom up:

    imports.py    the imports of a source, rewritten; as a program, runs a script that way
    names.py      the names of torch that a script uses and npnn lacks
    outputs.py    two outputs, and the first place where they differ
    command.py    the command: python -m torch_ref swap SCRIPT.py
"""

from torch_ref.swap.imports import rewrite
from torch_ref.swap.names import Missing, missing, modules_on_torch
from torch_ref.swap.outputs import Difference, first_difference

__all__ = ["Difference", "Missing", "first_difference", "missing", "modules_on_torch", "rewrite"]
