"""Reading a package as source: inspect, which has to import it, says what the source of each thing is."""

import inspect
import re
import sys

import pytest

import npnn.cs189.activations
import npnn.cs189.layers
import npnn.cs189.losses
import npnn.cs189.models
from npnn.cs189.submission import Package, SubmissionError

CS189 = Package("npnn.cs189")


def classes():
    for module in ("activations", "layers", "losses", "models"):
        for name, value in vars(getattr(npnn.cs189, module)).items():
            # A NamedTuple has methods that are in no source.
            if (
                inspect.isclass(value)
                and value.__module__.startswith("npnn.cs189")
                and not issubclass(value, tuple)
            ):
                yield module, name, value


@pytest.mark.parametrize(("module", "name", "value"), list(classes()))
def test_source_and_lineage_are_those_of_python(module, name, value):
    found = CS189.find_class(module, name)
    assert found.source + "\n" == inspect.getsource(value)
    ours = [base.name for base in CS189.lineage(found)]
    assert ours == [base.__name__ for base in value.__mro__ if base.__module__.startswith("npnn.cs189")]
    for method, function in vars(value).items():
        if inspect.isfunction(function) and not getattr(function, "__isabstractmethod__", False):
            assert found.module.source(found.method(method)) + "\n" == inspect.getsource(function)


# What inspect has to say of this text is what is expected of it.
ODD = '''
def decorate(function):
    return function


@decorate
class Odd(
    object,  # a head of two lines
):
    # A comment that belongs to nobody.

    first = 1

    @decorate
    @staticmethod
    def forward(X):
        """Says
several lines."""
        return X
        # The comment that ends a function belongs to it,

        # even after an empty line,
    # but not one that is indented less.

    def backward(self): return 1

    if True:
        second = 2


# This one neither.
class Next: pass
'''


def test_decorators_comments_and_odd_shapes(student, tmp_path, monkeypatch):
    folder = student(odd=ODD)
    (folder / "__init__.py").write_text("")
    monkeypatch.syspath_prepend(tmp_path)
    from nets import odd

    package = Package("nets")
    found = package.find_class("odd", "Odd")
    for name in ("forward", "backward"):
        assert found.module.source(found.method(name)) + "\n" == inspect.getsource(getattr(odd.Odd, name))
    assert found.source + "\n" == inspect.getsource(odd.Odd)
    assert package.find_class("odd", "Next").methods_source(("forward",)) == "class Next: pass"
    assert (
        found.methods_source(("backward", "predict"))
        == "@decorate\nclass Odd(\n    object,  # a head of two lines\n):\n\n    def backward(self): return 1"
    )
    for name in [name for name in sys.modules if name.partition(".")[0] == "nets"]:
        monkeypatch.delitem(sys.modules, name)


@pytest.mark.parametrize(
    ("text", "bases"),
    [
        ("from .base import Base\nclass Child(Base): pass", ["Base", "Root"]),
        ("from . import base\nclass Child(base.Base): pass", ["Base", "Root"]),
        ("from nets.base import *\nclass Child(Base): pass", ["Base", "Root"]),
        ("import nets.base\nclass Child(nets.base.Base): pass", ["Base", "Root"]),
        ("import nets.base as b\nclass Child(b.Base): pass", ["Base", "Root"]),
        ("from nets.base import Base as B\nclass Child(B): pass", ["Base", "Root"]),
        ("from nets.deep.leaf import Leaf\nclass Child(Leaf): pass", ["Leaf", "Base", "Root"]),
        ("from .base import Base\nclass Base: pass\nclass Child(Base): pass", ["Base"]),
        ("from abc import ABC\nimport torch.nn\nclass Child(ABC, torch.nn.Module): pass", []),
        ("class Child(make_a_base(), Missing): pass", []),
        ("from .child import Child as Again\nclass Child(Again): pass", []),
    ],
)  # fmt: skip
def test_base_classes_are_found_through_imports(student, text, bases):
    student(
        child=text,
        base="class Root: pass\nclass Base(Root): pass\n",
        deep__leaf="from ..base import Base\nclass Leaf(Base): pass\n",
    )
    package = Package("nets")
    child = package.find_class("child", "Child")
    assert [found.name for found in package.lineage(child)] == ["Child", *bases]


def test_a_class_of_a_subpackage_and_one_that_is_imported_in_a_circle(student):
    folder = student(layers__conv="from nets.layers import Lost\nclass Conv2D: pass\n")
    (folder / "layers.py").unlink()
    (folder / "layers" / "__init__.py").write_text("from .conv import Conv2D, Lost\n")
    package = Package("nets")
    assert package.find_class("layers", "Conv2D").module.label == "nets/layers/conv.py"
    with pytest.raises(
        SubmissionError, match="has no class Lost in its module layers: looked in nets/layers/__init"
    ):
        package.find_class("layers", "Lost")


def test_an_abstract_method_is_none(student):
    student(
        base=(
            "import abc\nclass Base:\n    @abc.abstractmethod\n    def forward(self): pass\n    backward ="
            " forward\n"
        )
    )
    found = Package("nets").find_class("base", "Base")
    assert found.method("forward") is None
    assert found.module.source(found.method("backward")) == "    backward = forward"


def test_the_encoding_is_the_files_own(student):
    folder = student()
    (folder / "losses.py").write_bytes("# coding: latin-1\nclass L2:\n    'é'\n".encode("latin-1"))
    assert "'é'" in Package("nets").find_class("losses", "L2").source


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"class L2:\n  def forward(self:\n", "nets/losses.py is no Python, line 2: "),
        (b"class L2:\n    '\xff'\n", "nets/losses.py is no Python"),
        (b"class L2: pass\0", "nets/losses.py is no Python"),
    ],
)
def test_a_file_that_is_no_python(student, content, message):
    (student() / "losses.py").write_bytes(content)
    with pytest.raises(SubmissionError, match=re.escape(message)):
        Package("nets").find_class("losses", "L2")


def test_warnings_about_the_code_are_not_ours(student):
    student(losses=r"class L2: '\d'")
    assert Package("nets").find_class("losses", "L2").name == "L2"


@pytest.mark.parametrize(
    "name", ["missing", "nets.missing", "nets.losses", "single", "", ".", "nets/", "a b"]
)
def test_no_such_package(student, tmp_path, name):
    student()
    (tmp_path / "single.py").write_text("")
    with pytest.raises(SubmissionError) as error:
        Package(name)
    assert (
        str(error.value)
        == f"there is no package {name!r}: looked in the current directory, {tmp_path}, and on Python's path"
    )


def test_a_folder_without_init_is_a_package_too(student):
    (student() / "__init__.py").unlink()
    assert Package("nets").find_class("losses", "L2").name == "L2"
