"""Names whose files are read when they are first used."""

import subprocess
import sys

import npnn
from npnn.tensors import late

METHODS = [name for table in (late.BOTH, late.METHODS) for names in table.values() for name in names]


def test_functions():
    for name in late.HOMES:
        function = getattr(npnn, name)
        assert function is late.function(name), name
        assert function.__doc__, name


def test_methods():
    for name in METHODS:
        method = getattr(npnn.Tensor, name)
        assert callable(method), name
        assert method.__doc__, name


def test_no_name_is_hidden_by_one_that_is_loaded_at_once():
    hidden = [
        name for name in late.HOMES if name in npnn.tensors.functions.__all__ and name not in ("unique",)
    ]
    assert hidden == []


def test_nothing_is_loaded_before():
    program = "import sys, npnn; print(*(name for name in sys.modules if name.startswith('npnn')))"
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    files = {file for table in (late.BOTH, late.FUNCTIONS) for file in table}
    assert not (files - {"npnn.tensors.functions", "npnn.tensors.printing"}) & set(run.stdout.split())
