"""The tables of functions and of utilities, against torch; and that a failure there says where it is."""

import numpy as np
import pytest
import torch

import npnn
from torch_ref import census, database
from torch_ref.case import call, normal
from torch_ref.function_cases import FUNCTION_CASES
from torch_ref.layouts import FUNCTIONS
from torch_ref.utility_cases import MAKERS, SCRIPTS, UTILITY_CASES, use

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning", "ignore::FutureWarning")


@pytest.mark.parametrize("case", FUNCTION_CASES, ids=str)
def test_function(case):
    case.sample().compare().raise_if_failed()


@pytest.mark.parametrize("case", UTILITY_CASES, ids=str)
def test_utility(case):
    case.sample().compare().raise_if_failed()


@pytest.mark.parametrize("name", database.BORROWED)
def test_samples_of_another_function(name):
    reports = [sample.compare() for sample in database.borrowed_samples(name, strength=1)]
    assert reports
    assert [str(report) for report in reports if not report.passed] == []


def test_cases_are_different_and_of_functions_that_there_are():
    for table in (FUNCTION_CASES, UTILITY_CASES):
        names = [str(case) for case in table]
        assert len(names) == len(set(names))
    assert {case.function for case in FUNCTION_CASES} <= set(FUNCTIONS)
    assert {case.name for case in UTILITY_CASES} == {*SCRIPTS, *MAKERS}


def test_every_name_has_cases():
    """Those of npnn's functions that are in the census: none is there by name alone.

    Those of layers and of tensors are looked at in test_layers and test_tensor_database.
    """
    tables = {
        *(("functional", case.function) for case in FUNCTION_CASES),
        *(("functional", name) for name in (*database.BORROWED, *database._op_infos())),
        *(tuple(case.name.rpartition(".")[::2]) for case in UTILITY_CASES),
    }
    elsewhere = ("module", "tensor")
    wanted = {one for one in census.names() if one[0] not in elsewhere and one not in census.REASONS}
    assert wanted - tables == set()


def test_what_is_changed_in_place_is_compared(monkeypatch):
    right = npnn.functional.relu_
    monkeypatch.setattr(npnn.functional, "relu_", lambda input: right(input.clone()))
    monkeypatch.setattr(npnn.functional.relu_, "__name__", "relu_")
    problems = call("relu_", normal(4, 3)).sample().compare().problems
    assert [problem for problem in problems if "after the call: at [" in problem]


def test_a_wrong_function_is_named_with_the_place(monkeypatch):
    right = npnn.functional.pad

    def pad(input, pad, mode="constant", value=None):
        off = np.zeros((4, 9))
        off[2, 3] = 1e-6
        return right(input, pad, mode, value) + off

    monkeypatch.setattr(npnn.functional, "pad", pad)
    report = call("pad", normal(4, 7), (1, 1)).sample().compare()
    assert report.name == "pad(normal(4, 7), (1, 1))"
    (problem,) = report.problems
    assert problem.startswith("output 0: at [2, 3] npnn has ")


def test_a_wrong_initializer_is_named_with_the_place(monkeypatch):
    right = npnn.init.ones_

    def ones_(tensor):
        filled = right(tensor)
        filled.array.flat[-1] = 2
        return filled

    monkeypatch.setattr(npnn.init, "ones_", ones_)
    entry = census.take("init", "ones_")
    assert entry.failed == entry.cases
    assert entry.errors.output == 1
    assert "init.ones_() on normal(3, 5)" in entry.failures[0]
    assert "x output 0: at [2, 4] npnn has 2 and torch 1" in entry.failures[0]


def test_a_wrong_module_is_named_with_the_parameter(monkeypatch):
    right = npnn.utils.weight_norm

    def weight_norm(module, dim=0):
        made = right(module, dim=dim)
        made.weight_g.array[0, 2] *= 1 + 1e-6
        return made

    monkeypatch.setattr(npnn.utils, "weight_norm", weight_norm)
    case = next(case for case in UTILITY_CASES if case.name == "utils.weight_norm")
    report = case.sample().compare()
    assert report.name == "utils.weight_norm(Linear(7, 5), dim=0) on normal(4, 7)"
    assert report.problems[0].startswith("weight_g as it was made: at [0, 2] npnn has ")


def test_functions_draw_what_torch_draws():
    """The same numbers, and as many: the next one is the same too."""
    report = use("init.normal_").on(normal(5, 4)).sample().compare()
    assert [one.name for one in report.differences if one.kind == "output"] == ["0", "1"]


def test_layouts_of_a_call():
    x = np.random.default_rng(0).standard_normal((2, 5, 4, 3))
    for options, shape in (({"mode": "reflect"}, (2, 8, 4, 3)), ({}, (2, 5, 4, 3 + 3))):
        pads = (0, 0, 1, 2) if options else (1, 2)
        sample = call("pad", normal(*x.shape), pads, **options).sample()
        report = sample.compare().raise_if_failed()
        assert report.differences[0].shape == shape
    assert torch.nn.functional.pad(torch.zeros(2, 3, 5, 4), (0, 0, 1, 2), mode="reflect").shape[2] == 8
