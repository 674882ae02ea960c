"""The swap's imports: what is rewritten and what is not, and a script that runs that way."""

import subprocess
import sys

import pytest

from torch_ref.swap import imports, rewrite

REWRITTEN = {
    "import torch": "import npnn as torch",
    "import torch as t": "import npnn as t",
    "import torch.nn as nn": "import npnn.nn as nn",
    "import torch.nn.functional as F": "import npnn.nn.functional as F",
    "import torch.optim": "import npnn as torch, npnn.optim",
    "import math, torch, sys": "import math, npnn as torch, sys",
    "from torch import nn, optim": "from npnn import nn, optim",
    "from torch.nn import (  # both\n    ReLU,\n    Tanh as tanh,\n)": (
        "from npnn.nn import (  # both\n    ReLU,\n    Tanh as tanh,\n)"
    ),
    "from torch.optim.lr_scheduler import *": "from npnn.optim.lr_scheduler import *",
    "from \\\n  torch import nn": "from \\\n  npnn import nn",
    "def f():\n\timport torch; from torch import nn": "def f():\n\timport npnn as torch; from npnn import nn",
    "try: import torch\nexcept ImportError: torch = None": (
        "try: import npnn as torch\nexcept ImportError: torch = None"
    ),
    "π = 'ü'; import torch  # ü\r\nfrom torch import nn\r\n": (
        "π = 'ü'; import npnn as torch  # ü\r\nfrom npnn import nn\r\n"
    ),
    "x = '''\n\x0c\u2028'''; import torch\rfrom torch import nn": (
        "x = '''\n\x0c\u2028'''; import npnn as torch\rfrom npnn import nn"
    ),
}

KEPT = [
    "",
    "import torchvision",
    "from torchvision import datasets",
    "from .torch import nn",
    "from . import torch",
    "import mine.torch",
    "from mine import torch",
    "text = '''\nimport torch\n'''  # import torch",
]


@pytest.mark.parametrize(("source", "expected"), REWRITTEN.items())
def test_imports_of_torch_become_imports_of_npnn(source, expected):
    assert rewrite(source) == expected


@pytest.mark.parametrize("source", KEPT)
def test_all_else_is_kept(source):
    assert rewrite(source) == source


@pytest.mark.parametrize("source", REWRITTEN)
def test_the_same_names_are_bound(source):
    theirs, ours = {}, {}
    exec(source, theirs)
    exec(rewrite(source), ours)
    if "*" in source:
        theirs, ours = {"StepLR": theirs["StepLR"]}, {"StepLR": ours["StepLR"]}
    assert set(ours) - {"npnn"} == set(theirs)


@pytest.mark.parametrize(
    ("data", "text", "encoding"),
    [
        (b"# coding: latin-1\n\xe9 = 1", "# coding: latin-1\né = 1", "iso-8859-1"),
        (b"\xef\xbb\xbfx = 1\r\n", "x = 1\r\n", "utf-8-sig"),
    ],
)
def test_a_source_is_read_in_its_own_encoding(data, text, encoding, tmp_path):
    path = tmp_path / "script.py"
    path.write_bytes(data)
    assert imports.read(path) == (text, encoding)
    assert rewrite(text).encode(encoding) == data


def test_what_is_not_text_is_a_syntax_error(tmp_path):
    path = tmp_path / "script.py"
    path.write_bytes(b"x = 1\n" * 3 + b"\xff")
    with pytest.raises(SyntaxError, match="not text in utf-8"):
        imports.read(path)


def run(folder, *arguments):
    return subprocess.run(
        [sys.executable, imports.__file__, *arguments], cwd=folder, capture_output=True, text=True
    )


def test_a_script_and_its_modules_run_on_npnn(tmp_path):
    """As __main__, from its folder, with its arguments; and annotations are as it says."""
    (tmp_path / "project" / "package").mkdir(parents=True)
    (tmp_path / "project" / "package" / "__init__.py").write_text("from .model import make\n")
    (tmp_path / "project" / "package" / "model.py").write_text(
        "import torch\n\ndef make(): return torch.nn.Dropout()\n"
    )
    (tmp_path / "project" / "script.py").write_text(
        "import sys, torch\n"
        "from package import make\n"
        "def f(x: int): pass\n"
        "class Net(torch.nn.Module): pass\n"
        "print(__name__, __file__, sys.argv[1:], make().__module__, f.__annotations__, Net.__module__)\n"
        "print('torch' in sys.modules, sys.modules['__main__'].Net is Net)\n"
    )
    ended = run(tmp_path, "project/script.py", "--lr", "0.1")
    assert ended.stderr == ""
    assert (
        ended.stdout == "__main__ project/script.py ['--lr', '0.1'] npnn.modules.dropout {'x': <class 'int'>}"
        " __main__\n"
        "False True\n"
    )
    assert not list(tmp_path.rglob("*.pyc"))


def test_an_error_is_told_from_the_script_on(tmp_path):
    (tmp_path / "script.py").write_text("import torch\n\ntorch.ones(2) @ torch.ones(3)\n")
    ended = run(tmp_path, "script.py")
    assert ended.returncode == 1
    assert ended.stderr.splitlines()[1] == '  File "script.py", line 3, in <module>'
    assert "imports.py" not in ended.stderr
