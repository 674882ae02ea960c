"""The table of exemptions: each is needed, and each covers what it says and no more."""

from dataclasses import replace
from itertools import chain

import numpy as np
import pytest
import torch

from torch_ref import database, samples
from torch_ref.case import call, case, normal
from torch_ref.cases import CASES
from torch_ref.exemptions import EXEMPTIONS, Exemption
from torch_ref.function_cases import FUNCTION_CASES
from torch_ref.layouts import FUNCTIONS, MODULES
from torch_ref.tensor_cases import NAMES, tensor_samples
from torch_ref.utility_cases import UTILITY_CASES


def samples_of(name, dtype):
    """All that are compared under a name."""
    if name in MODULES:
        own = (one.sample(dtype) for one in CASES if one.module == name)
        return chain(database.module_samples(name, getattr(torch, dtype.__name__)), own)
    torchs = getattr(torch, dtype.__name__)
    own = (one.sample() for one in FUNCTION_CASES if one.function == name)
    utilities = (one.sample() for one in UTILITY_CASES if one.name.endswith("." + name))
    if name in database.BORROWED:
        return database.borrowed_samples(name)
    full_names = [one for one in NAMES if one.rpartition(".")[2] == name]
    tensors = (tensor_samples(full, one) for full in full_names for one in (torchs, torch.int64))
    from_torch = database.function_samples(name, torchs) if name in FUNCTIONS else ()
    return chain(from_torch, own, utilities, *tensors)


def fails(sample):
    try:
        return not sample.compare().passed
    except (RuntimeError, RuntimeWarning):
        return True


@pytest.mark.parametrize(
    ("exemption", "name"),
    [(exemption, name) for exemption in EXEMPTIONS for name in exemption.names],
    ids=lambda value: value if isinstance(value, str) else value.instead,
)
def test_each_is_needed(exemption, name, monkeypatch):
    covered = (
        replace(sample, second=True)
        for sample in samples_of(name, exemption.dtype or np.float64)
        if exemption.covers(sample)
    )
    rest = tuple(one for one in EXEMPTIONS if one is not exemption)
    monkeypatch.setattr(samples, "EXEMPTIONS", rest)
    assert any(fails(sample) for sample in covered)


def test_covers():
    sample = call("hardtanh", normal(3)).sample()
    assert Exemption(("hardtanh",), "").covers(sample)
    assert not Exemption(("tanh", "hardtanh_"), "").covers(sample)
    assert not Exemption(("hardtanh",), "", numbers=(0,)).covers(sample)
    assert not Exemption(("hardtanh",), "", dtype=np.float32).covers(sample)
    assert not Exemption(("hardtanh",), "", where=lambda one: "inplace" in one.kwargs).covers(sample)
    first, second, *_ = database.function_samples("hardtanh")
    assert Exemption(("hardtanh",), "", numbers=(0,)).covers(first)
    assert not Exemption(("hardtanh",), "", numbers=(0,)).covers(second)
    assert Exemption(("Linear",), "", dtype=np.float32).covers(
        case("Linear", 3, 2).on(normal(4, 3)).sample(np.float32)
    )


def test_what_it_says():
    assert str(Exemption(("a", "b"), "", numbers=(1, 2), dtype=np.float32)) == "a, b [1, 2] in float32"
    options = ({"atol": 2e-4}, {"compared": False}, {"gradients": False}, {})
    instead = [Exemption((), "", **given).instead for given in options]
    assert instead == ["atol 2e-04", "nothing", "no gradients", "no second derivatives"]


def test_gradients_are_left_out():
    given = call("channel_shuffle", normal(2, 5, 6), 3).sample()
    assert any(one.kind == "grad_input" for one in given.compare().differences)
    left = call("native_channel_shuffle", normal(2, 5, 6), 3).sample().compare().raise_if_failed()
    assert {one.kind for one in left.differences} == {"output", "input_after"}
