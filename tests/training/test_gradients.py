"""`npnn check-gradients`: its table, verdict and exit status, and one sentence for what it cannot use."""

import re
import subprocess
import sys
from pathlib import Path

import click
import numpy as np
import pytest

from npnn.training.gradients import constructor_arguments

PAGE = Path(__file__).parents[2] / "docs" / "check-gradients.md"

STUDENT = """
import numpy as np

class Sine:
    def forward(self, Z):
        return np.sin(Z)

    def backward(self, Z, dY):
        return dY * np.cos(Z)

class Cosine(Sine):
    def backward(self, Z, dY):
        dZ = super().backward(Z, dY)
        dZ[1, 2] += 1.0
        return dZ

class Unfinished(Sine):
    def backward(self, Z, dY):
        pass

class Scale:
    def __init__(self, factor, shift=0.0, name="scale"):
        self.factor, self.shift = factor, shift

    def forward(self, Z):
        return self.factor * Z + self.shift

    def backward(self, Z, dY):
        return self.factor * dY
"""


@pytest.fixture
def check(run, monkeypatch):
    """Runs `npnn check-gradients` in a folder that holds a module."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    Path("handed_in.py").write_text(STUDENT)
    yield lambda arguments="", status=0: run(f"check-gradients {arguments}", status)
    sys.modules.pop("handed_in", None)


def test_builtin_classes_in_a_table_with_a_verdict(check):
    output = check("FullyConnected nn.Linear").stdout
    for text in ("class", "gradient by", "analytic", "numeric", "relative", "verdict"):
        assert text in output
    for text in ("nn.Linear", "input", "weight", "cs189.FullyConnected", "activation='relu'"):
        assert text in output
    assert output.count("right") == 15 + 1
    assert output.endswith("15 of 15 gradients are right, to a relative difference of 1e-07.\n")


def test_a_class_of_ones_own_that_is_right(check):
    output = check("handed_in:Sine --shape 4,1,2 --seed 3").stdout
    assert output.endswith("1 of 1 gradients are right, to a relative difference of 1e-07.\n")


def test_one_that_is_wrong_ends_with_status_1_and_names_the_entry(check):
    lines = check("handed_in:Cosine handed_in:Sine", status=1).stdout.splitlines()
    assert "WRONG" in lines[3]
    assert "right" in lines[4]
    assert lines[-4] == "Cosine():"
    assert lines[-3] == "  Cosine.backward: the gradient by Z is wrong; 1 of 6 entries differ:"
    assert lines[-2].startswith("    Z[1, 2] is ")
    assert lines[-1] == "1 of 2 gradients are wrong."


def test_one_that_breaks_the_contract_ends_with_status_1_and_one_sentence(check):
    lines = check("handed_in:Unfinished", status=1).stdout.splitlines()
    assert "FAULT" in lines[3]
    assert lines[-2] == "  Unfinished.backward returned None, but an array of shape (2, 3) was expected"
    assert lines[-1] == "1 of 1 checks ended with a fault, before there were gradients."


def test_wrong_gradients_and_faults_are_both_counted(check):
    output = check("handed_in:Unfinished handed_in:Cosine handed_in:Sine", status=1).stdout
    assert output.endswith(
        "1 of 2 gradients are wrong, and 1 of 3 checks ended with a fault, before there were gradients.\n"
    )


def test_tolerance_and_step(check):
    check("handed_in:Sine --tolerance 1e-15", status=1)
    check("handed_in:Sine --h 1e-2", status=1)
    check("handed_in:Sine --h 1e-2 --tolerance 1e-4")


def test_arguments_reach_the_constructor(check):
    output = check('handed_in:Scale --args {"factor":3} --args name=mine').stdout
    assert "factor=3, name='mine'" in " ".join(output.replace("│", " ").split())


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ("relu", "npnn has no layer, activation or loss 'relu'; did you mean ReLU?; a class of your own is"),
        ("nowhere:A", "there is no module 'nowhere', neither in the current directory nor among what is"),
        ("handed_in:Sin", "handed_in has no class 'Sin', only: Sine, Cosine, Unfinished, Scale"),
        (
            "handed_in:Scale",
            "Scale() cannot be made: TypeError: Scale.__init__() missing 1 required positional",
        ),
        ("ReLU --shape 2,3", "--args and --shape are for a class of your own, given as module:Class"),
        ("handed_in:Sine --shape 2,x", "Invalid value for '--shape': '2,x' is not one positive whole number"),
        ("handed_in:Sine --shape 0", "Invalid value for '--shape': '0' is not one positive whole number"),
        ("handed_in:Sine --h 0", "Invalid value for '--h': '0' is not a positive number, such as 1e-6"),
        ("handed_in:Sine --tolerance nan", "Invalid value for '--tolerance': 'nan' is not a positive number"),
        ("handed_in:Sine --seed -1", "Invalid value for '--seed': -1 is not in the range x>=0."),
        (
            "handed_in:Sine --args factor",
            "Invalid value for --args: 'factor' is neither key=value nor a JSON",
        ),
        ("handed_in:Sine --args {1", "Invalid value for --args: '{1' is not JSON: Expecting property name"),
    ],
)
def test_what_cannot_be_used_is_told_in_one_sentence(check, arguments, sentence):
    result = check(arguments, status=2)
    assert result.stdout == ""
    assert result.stderr.splitlines()[-1].startswith(f"Error: {sentence}")


def test_the_current_directory_is_on_the_path_of_the_installed_command(tmp_path):
    """A script's own folder, and not the current directory, is where Python looks by itself."""
    (tmp_path / "handed_in.py").write_text(STUDENT)
    program = "import sys; sys.path.remove(''); from npnn.__main__ import main; main()"
    ended = subprocess.run(
        [sys.executable, "-c", program, "check-gradients", "handed_in:Sine"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert (ended.returncode, ended.stderr) == (0, "")


NUMBER = re.compile(r"-?\d+\.\d+(?:e-\d+)?")


def test_the_page_shows_what_one_sees(run, monkeypatch):
    """docs/check-gradients.md, to six digits; relative differences are rounding, and need only be small."""
    page = PAGE.read_text(encoding="utf-8")
    (module,) = re.findall(r"```python\n(# my_layers\.py\n.*?)```", page, re.DOTALL)
    sessions = re.findall(r"```console\n\$ npnn ([^\n]*)\n(.*?)```", page, re.DOTALL)
    assert len(sessions) == 4
    Path("my_layers.py").write_text(module, encoding="utf-8")
    monkeypatch.setattr(sys, "path", list(sys.path))
    for arguments, shown in sessions:
        output = run(arguments, status=int("are right" not in shown)).stdout
        assert NUMBER.sub("#", output) == NUMBER.sub("#", shown)
        np.testing.assert_allclose(
            [float(number) for number in NUMBER.findall(output)],
            [float(number) for number in NUMBER.findall(shown)],
            rtol=1e-6,
            atol=1e-8,
        )
    del sys.modules["my_layers"]


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        ([], ([], None)),
        (["n_out=4", "activation=relu"], ([], {"n_out": 4, "activation": "relu"})),
        (['{"kernel_shape": [3, 2]}', "pad=same"], ([], {"kernel_shape": [3, 2], "pad": "same"})),
        (["[4]", "mode=null", 'name="a=b"'], ([4], {"mode": None, "name": "a=b"})),
        (["name=a=b"], ([], {"name": "a=b"})),
    ],
)
def test_constructor_arguments(texts, expected):
    assert constructor_arguments(texts) == expected


@pytest.mark.parametrize("text", ["", "=3", "a b=3", "4"])
def test_what_is_no_constructor_argument(text):
    with pytest.raises(click.BadParameter, match="is neither key=value nor a JSON object or list"):
        constructor_arguments([text])
