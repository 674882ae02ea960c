"""What is collected of a student's package, what is inherited, and what is said of what is missing."""

import pytest

from npnn.cs189.submission import Package, SubmissionError, collect


def by_name(sections):
    return {listing.name: listing for section in sections for listing in section.listings}


def test_a_package_that_cannot_be_run_can_be_submitted(student):
    student()
    sections = collect(Package("nets"))
    assert [(section.title, [listing.name for listing in section.listings]) for section in sections] == [
        ("Activations", ["Linear", "Sigmoid", "ReLU", "SoftMax"]),
        ("Layers", ["FullyConnected", "Pool2D", "Conv2D"]),
        ("Losses", ["CrossEntropy", "L2"]),
        ("Model", ["NeuralNetwork"]),
    ]
    listings = by_name(sections)
    assert all(listing.remark == "" for listing in listings.values())
    # Of a layer and the model the methods that are asked for, of the others all.
    assert "predict" not in listings["Pool2D"].code
    assert "_init_parameters" in listings["Pool2D"].code
    assert "_init" not in listings["NeuralNetwork"].code
    assert "predict" in listings["NeuralNetwork"].code
    assert "predict" in listings["ReLU"].code


BASES = """\
from abc import ABC, abstractmethod

class Root(ABC):
    @abstractmethod
    def forward(self, X): pass

    def _init_parameters(self, shape):
        return "root"

class Layer(Root):
    def unasked(self): pass

    def __init__(self):
        return "layer"

    def backward(self, dY):
        return "layer"
"""

INHERITING = """\
from .bases import Layer

class FullyConnected(Layer):
    def forward(self, X):
        return "fully connected"

class Conv2D(FullyConnected):
    def __init__(self):
        return "conv"

class Pool2D(Layer):
    def __init__(self):
        return "pool"

    def forward(self, X):
        return "pool"
"""


def test_inherited_methods_are_shown_once_with_their_class(student):
    student(bases=BASES, layers=INHERITING)
    layers = collect(Package("nets"))[1].listings
    assert [(listing.name, listing.label, listing.remark) for listing in layers] == [
        ("Layer", "nets/bases.py", ""),
        ("Root", "nets/bases.py", ""),
        (
            "FullyConnected",
            "nets/layers.py",
            "Inherits __init__ and backward from Layer, and _init_parameters from Root.",
        ),
        ("Pool2D", "nets/layers.py", "Inherits _init_parameters from Root, and backward from Layer."),
        (
            "Conv2D",
            "nets/layers.py",
            "Inherits _init_parameters from Root, forward from FullyConnected, and backward from Layer.",
        ),
    ]
    assert (
        layers[0].code == 'class Layer(Root):\n\n    def __init__(self):\n        return "layer"\n\n'
        '    def backward(self, dY):\n        return "layer"'
    )
    assert (
        layers[1].code == 'class Root(ABC):\n\n    def _init_parameters(self, shape):\n        return "root"'
    )
    assert layers[4].code == 'class Conv2D(FullyConnected):\n\n    def __init__(self):\n        return "conv"'


@pytest.mark.parametrize(
    ("files", "message"),
    [
        (
            {"losses": "class CrossEntropy:\n    def forward(self): pass\n\nclass L2: pass\n"},
            "the class CrossEntropy has no method backward: looked in CrossEntropy in nets/losses.py",
        ),
        (
            {"bases": BASES, "layers": INHERITING.replace("def forward", "def forwards")},
            (
                "the class FullyConnected has no method forward: looked in FullyConnected in nets/layers.py"
                " and Layer in nets/bases.py and Root in nets/bases.py"
            ),
        ),
        (
            {"activations": "class Linear: pass\n"},
            (
                "the package nets has no class Sigmoid in its module activations: looked in"
                " nets/activations.py and in what it imports from the package"
            ),
        ),
    ],
)
def test_what_is_missing_is_named(student, files, message):
    student(**files)
    with pytest.raises(SubmissionError) as error:
        collect(Package("nets"))
    assert str(error.value) == message


def test_a_missing_module_is_named(student):
    folder = student()
    (folder / "models.py").unlink()
    with pytest.raises(SubmissionError) as error:
        collect(Package("nets"))
    assert (
        str(error.value)
        == "the package nets has no module models, in which the class NeuralNetwork should be: looked for"
        f" models.py and models/__init__.py in {folder}"
    )
