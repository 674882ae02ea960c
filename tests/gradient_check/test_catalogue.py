"""The catalogue holds every layer, activation and loss, and each one's gradients are right."""

import pytest

import npnn.modules
from npnn import nn
from npnn.cs189 import activations, layers, losses
from npnn.gradient_check import check, matching, subjects
from npnn.gradient_check.catalogue import CATALOGUE

# They hold layers or parameters, or are what layers are made of, and have no forward of their own.
WITHOUT_FORWARD = {
    *("Container", "Module", "ModuleDict", "ModuleList", "ParameterDict", "ParameterList"),
    *("RNNBase", "RNNCellBase"),
}


def test_every_class_of_nn_is_there():
    modules = {name for name in npnn.modules.__all__ if issubclass(getattr(nn, name), nn.Module)}
    assert {name for name in CATALOGUE if name.startswith("nn.")} == {
        f"nn.{name}" for name in modules - WITHOUT_FORWARD
    }


def test_every_class_of_the_homework_is_there():
    classes = {
        *(cls.__name__ for cls in activations.ACTIVATIONS.values()),
        *(cls.__name__ for cls, _ in layers.LAYERS.values()),
        *(cls.__name__ for cls in losses.LOSSES.values()),
    }
    assert {name for name in CATALOGUE if name.startswith("cs189.")} == {f"cs189.{name}" for name in classes}


@pytest.mark.parametrize("name", CATALOGUE)
def test_gradients_are_right(name):
    reports = [check(subject) for subject in subjects(name)]
    assert reports
    for report in reports:
        assert report.passed, report.explanations()
        assert report.differences
        # Hardsigmoid's sixth is float32's, as torch's is: off by 3e-8, and half of that by this measure.
        bound = 2e-8 if name == "nn.Hardsigmoid" else 1e-8
        assert max(one.relative for one in report.differences) < bound
        # A gradient of zeros would agree whatever backward computes.
        assert max(one.numeric_norm for one in report.differences) > 1e-3


def test_names_and_patterns():
    assert matching([]) == list(CATALOGUE)
    assert matching(["L2", "cs189.*Max", "Linear", "nn.GRU*"]) == [
        *("nn.Linear", "nn.GRU", "nn.GRUCell", "cs189.Linear", "cs189.SoftMax", "cs189.L2")
    ]


@pytest.mark.parametrize("pattern", ["relu", "nn.FullyConnected", "nothing*", ""])
def test_names_that_stand_for_nothing(pattern):
    with pytest.raises(LookupError, match="npnn has no layer, activation or loss"):
        matching(["ReLU", pattern])
