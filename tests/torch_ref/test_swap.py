"""python -m torch_ref swap: what it prints, the exit status, and what it refuses."""

import re

import pytest

from torch_ref.__main__ import main

# Stands for torch beside a script, where it is found first: to load the real one takes seconds.
TORCH = """
nn = None
def manual_seed(seed): pass
def tensor(values): return sum(values) * (1 + {error})
"""


@pytest.fixture
def swap(tmp_path, monkeypatch, capsys):
    """Runs the command on a script's text and returns its exit status and what it printed."""
    monkeypatch.chdir(tmp_path)

    def run(source, *options, error=0.0, arguments=()):
        (tmp_path / "torch.py").write_text(TORCH.format(error=error))
        (tmp_path / "script.py").write_text(source)
        status = main(["swap", *options, "script.py", *arguments])
        return status, capsys.readouterr()

    return run


SCRIPT = """\
import sys
import torch  # as it is
torch.manual_seed(0)
print("of", sys.argv[1:])
loss = torch.tensor([0.25, 0.5])
print("loss", f"{float(loss.sum() if 'npnn' in torch.__name__ else loss):.6f}")
"""


def cells(text):
    return [[cell.strip() for cell in re.split(" {2,}", line.strip())] for line in text.splitlines()]


def test_outputs_stand_side_by_side(swap):
    status, printed = swap(SCRIPT, arguments=["--rtol", "7"])
    assert status == 0
    assert ["1", "of ['--rtol', '7']", "of ['--rtol', '7']"] in cells(printed.out)
    assert ["2", "loss 0.750000", "loss 0.750000"] in cells(printed.out)
    assert printed.out.splitlines()[-1] == "the outputs agree to rtol 0.0001, atol 0"


@pytest.mark.parametrize(
    ("options", "status"),
    [
        ([], 1),
        (["--rtol=1e-2"], 0),
        (["--atol", "0.1"], 0),
        (["--ignore", "^loss"], 0),
    ],
)
def test_the_first_number_that_differs_is_told(options, status, swap):
    ended, printed = swap(SCRIPT, *options, error=1e-3)
    assert ended == status
    if status:
        assert (
            printed.out.splitlines()[-1]
            == "the first difference is in line 2: torch prints 0.750750 and npnn 0.750000;"
            " allowed are rtol 0.0001, atol 0"
        )


def test_numbers_that_rounding_may_part_are_told(swap):
    source = SCRIPT.replace(".6f", ".2f")
    status, printed = swap(source, error=1e-2)
    assert status == 1
    assert (
        printed.out.splitlines()[-1] == "the first difference is in line 2: torch prints 0.76 and npnn 0.75;"
        " allowed are rtol 0.0001, atol 0. Rounding may part these: print more digits"
    )


def test_no_tolerance_is_told_of_a_text(swap):
    status, printed = swap("import torch\ntorch.manual_seed(0)\nprint(torch.__name__)\n")
    assert status == 1
    assert (
        printed.out.splitlines()[-1] == "the first difference is in line 1: torch prints torch and npnn npnn"
    )


def test_an_output_that_goes_on_is_told(swap):
    status, printed = swap("import torch\ntorch.manual_seed(0)\nif torch.__name__ == 'npnn': print('more')\n")
    assert status == 1
    assert (
        printed.out.splitlines()[-1]
        == "the first difference is in line 1: torch's output has ended, and npnn's goes on"
    )


def test_a_script_without_a_seed_is_told_so(swap):
    status, printed = swap("import torch\nprint(torch.__name__)\n")
    assert status == 1
    assert (
        printed.out.splitlines()[-1]
        == "script.py sets no seed: what it draws by chance differs from one run to the next"
    )


def test_what_npnn_lacks_is_listed_and_then_met(swap):
    status, printed = swap("import torch\nprint(1)\nif torch.__name__ == 'npnn':\n    torch.hub\n")
    assert status == 1
    assert ["torch.hub", "4"] in cells(printed.out)
    assert printed.out.splitlines()[0] == "script.py uses what npnn lacks:"
    assert ["1", "1", "1"] in cells(printed.out)
    sentence = printed.out.splitlines()[-1]
    assert sentence.startswith("script.py fails on npnn: ")
    assert "has no attribute 'hub'" in sentence
    assert sentence.endswith(" (line 4)")


def test_what_is_not_reached_does_not_fail(swap):
    status, printed = swap("import torch\nif torch.nn is None and False:\n    torch.hub\n    x.to_mkldnn()\n")
    assert status == 0
    assert ["torch.hub", "3"] in cells(printed.out)
    assert [".to_mkldnn, if it is a method of torch's", "4"] in cells(printed.out)


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ("import torch\nx = = 1\n", "script.py, line 2 is not Python: invalid syntax"),
        ("# coding: none\n", "script.py is not Python: unknown encoding: none"),
        (
            "import torch\n\ndef f():\n    raise ValueError('a\\nb')\nf()\n",
            "script.py fails on torch itself: ValueError: a (line 4)",
        ),
        ("raise SystemExit(3)\n", "script.py fails on torch itself: exit status 3"),
    ],
)
def test_a_script_that_cannot_run_is_one_sentence(source, sentence, swap):
    status, printed = swap(source)
    assert status == 2
    assert printed.err.splitlines()[-1] == sentence


def test_a_missing_script_is_one_sentence(tmp_path, capsys):
    assert main(["swap", str(tmp_path / "none.py")]) == 2
    assert capsys.readouterr().err == f"cannot read {tmp_path / 'none.py'}: No such file or directory\n"


def test_write_keeps_the_script_and_replaces_nothing(swap, tmp_path):
    out = tmp_path / "out.py"
    assert swap(SCRIPT, "--write", "out.py")[0] == 0
    assert out.read_text() == SCRIPT.replace("import torch ", "import npnn as torch ")
    status, printed = swap("print(1)\n", "--write", "out.py")
    assert status == 2
    assert printed.err == "out.py exists already: give --write another name, or remove it\n"
    assert "npnn" in out.read_text()
    status, printed = swap("print(1)\n", "--write", "none/out.py")
    assert (status, printed.err) == (2, "cannot write none/out.py: No such file or directory\n")


def test_write_names_the_modules_that_still_import_torch(swap, tmp_path):
    (tmp_path / "parts").mkdir()
    for name, text in {
        "parts/__init__.py": "from . import net",
        "parts/net.py": "import torch.nn",
        "data.py": "from torch import tensor",
        "plain.py": "import math",
        "other.py": "import torch",
    }.items():
        (tmp_path / name).write_text(text)
    source = "import torch\nif False:\n    import data, math, parts, plain\n"
    assert swap(source)[1].err == ""
    status, printed = swap(source, "--write", "out.py")
    assert status == 0
    assert (
        printed.err
        == "out.py is the script alone: it imports modules that still import torch: data.py, parts/net.py\n"
    )


def test_a_script_of_torchs_prints_the_same_losses(tmp_path, capsys):
    script = tmp_path / "train.py"
    script.write_text(
        "import torch\n"
        "import torch.nn.functional as F\n"
        "from torch import nn, optim\n"
        "torch.manual_seed(3)\n"
        "net = nn.Sequential(nn.Linear(3, 16), nn.Tanh(), nn.Dropout(0.1), nn.Linear(16, 1))\n"
        "optimizer = optim.Adam(net.parameters(), lr=0.05)\n"
        "print(net)\n"
        "for step in range(100):\n"
        "    x = torch.randn(32, 3)\n"
        "    optimizer.zero_grad()\n"
        "    loss = F.mse_loss(net(x), x.prod(1, keepdim=True))\n"
        "    loss.backward()\n"
        "    optimizer.step()\n"
        "    print(step, loss.item())\n"
    )
    assert main(["swap", str(script)]) == 0
    assert len([row for row in cells(capsys.readouterr().out) if row[0].isdigit()]) == 106
