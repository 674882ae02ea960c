"""Any object that may be saved comes back as it was, and others are refused with their places."""

import io
import math
import os
import random
from collections import Counter, OrderedDict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import npnn
from npnn import nn
from npnn.serialization import load, save


def round_trip(obj):
    file = io.BytesIO()
    save(obj, file)
    file.seek(0)
    return load(file)


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
KEYS = st.integers() | st.text() | st.booleans() | st.none() | st.tuples(st.text(), st.integers())


@settings(max_examples=60, deadline=None)  # the first example may meet a cold disk
@given(
    obj=st.recursive(
        SCALARS,
        lambda children: (
            st.lists(children)
            | st.lists(children).map(tuple)
            | st.dictionaries(KEYS, children)
            | st.dictionaries(KEYS, children).map(OrderedDict)
        ),
        max_leaves=20,
    )
)
def test_containers_and_plain_values_come_back(obj, assert_same):
    assert_same(obj, round_trip(obj))


@pytest.mark.parametrize(
    "value",
    [
        2**63,
        -(2**63),
        -(2**63) - 1,
        pytest.param(10**5000, id="long"),
        math.nan,
        math.inf,
        -math.inf,
        -0.0,
        5e-324,
        0.1,
        "\0\ud800ü",
        True,
        {1: "int", "1": "str"},
    ],
    ids=str,
)
def test_difficult_values_come_back(value, assert_same):
    assert_same(value, round_trip(value))


@pytest.mark.parametrize(
    "array",
    [
        np.arange(6, dtype=np.int64).reshape(2, 3),
        np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        np.arange(20.0, dtype=np.float32).reshape(4, 5)[::2, ::-1],
        np.array(3.5),
        np.zeros((0, 4), np.float16),
        np.array([np.nan, -np.inf, -0.0]),
        np.array([True, False]),
        np.array([1 + 2j], np.complex64),
        np.array(["a", "bcd"]),
        np.arange(3, dtype=">i4"),
        np.arange(5056, dtype=np.uint8),
        np.float32(0.1),
        np.float64(0.1),
        np.int64(3),
        np.dtype("float16"),
    ],
    ids=lambda value: f"{type(value).__name__}-{getattr(value, 'dtype', value)}",
)
def test_arrays_scalars_and_dtypes_come_back(array, assert_same):
    assert_same({"a": [array]}, round_trip({"a": [array]}))


@pytest.mark.parametrize(
    "value",
    [
        1 + 2j,
        complex(math.inf, -0.0),
        npnn.zeros(2, 3).shape,
        Counter({5: 2, 3: 1}),
        npnn.device("cpu"),
        npnn.device("cpu:0"),
    ],
    ids=repr,
)
def test_values_of_checkpoints_come_back(value, assert_same):
    assert_same(value, round_trip(value))


def test_random_numbers_go_on_where_they_were():
    generator = npnn.Generator().manual_seed(5)
    generator.normal((3,))  # which leaves a value for the next call
    states = {
        "generator": generator,
        "npnn": npnn.get_rng_state(),
        "numpy": np.random.RandomState(3).get_state(),
        "python": random.Random(3).getstate(),
    }
    loaded = round_trip(states)
    assert loaded["generator"].normal((5,)).tolist() == generator.normal((5,)).tolist()
    expected = npnn.rand(3).tolist()
    npnn.set_rng_state(loaded["npnn"])
    assert npnn.rand(3).tolist() == expected
    again = random.Random()
    again.setstate(loaded["python"])
    assert again.random() == random.Random(3).random()
    assert loaded["numpy"][0] == "MT19937"


def test_schedulers_resume_from_their_saved_states():
    def build():
        optimizer = npnn.optim.Adam([npnn.ones(2, requires_grad=True)], lr=0.1)
        return optimizer, npnn.optim.lr_scheduler.MultiStepLR(optimizer, [2, 2, 3])

    def rates(optimizer, scheduler, steps):
        found = []
        for _ in range(steps):
            optimizer.step()
            scheduler.step()
            found += scheduler.get_last_lr()
        return found

    optimizer, scheduler = build()
    rates(optimizer, scheduler, 1)
    saved = round_trip([optimizer.state_dict(), scheduler.state_dict()])
    other, other_scheduler = build()
    other.load_state_dict(saved[0])
    other_scheduler.load_state_dict(saved[1])
    assert rates(other, other_scheduler, 3) == rates(optimizer, scheduler, 3)


def test_tensors_come_back_as_tensors(assert_same):
    state = {
        "plain": npnn.tensor([[1.5, -2.0, 3.0]]),
        "double": npnn.tensor(2.0, dtype=npnn.float64, requires_grad=True),
        "long": npnn.tensor([1, 2]),
        "not a tensor": np.ones(3),
    }
    assert_same(state, round_trip(state))
    parameter = round_trip(nn.Parameter(npnn.ones(2, 3)))
    assert type(parameter) is npnn.Tensor
    assert parameter.requires_grad
    assert parameter.is_leaf


def test_a_loaded_tensor_is_a_leaf_of_its_own():
    x = npnn.ones(2, requires_grad=True)
    product = x * 2
    loaded = round_trip([product])[0]
    assert loaded.is_leaf
    loaded.data.fill_(7.0)
    assert product.tolist() == [2.0, 2.0]


def test_modules_and_optimizers_resume_from_their_saved_states():
    def build():
        npnn.manual_seed(0)
        net = nn.Sequential(nn.Linear(3, 5), nn.ReLU(), nn.Linear(5, 2))
        return net, npnn.optim.SGD(net.parameters(), lr=0.1, momentum=0.9, nesterov=True)

    def step(net, optimizer):
        optimizer.zero_grad()
        net(npnn.tensor([[1.0, 2.0, -1.0]])).sum().backward()
        optimizer.step()

    net, optimizer = build()
    step(net, optimizer)
    saved = round_trip({"net": net.state_dict(), "optimizer": optimizer.state_dict()})
    assert saved["net"]._metadata == net.state_dict()._metadata
    step(net, optimizer)
    other, other_optimizer = build()
    other.load_state_dict(saved["net"])
    other_optimizer.load_state_dict(saved["optimizer"])
    step(other, other_optimizer)
    for one, two in zip(net.parameters(), other.parameters(), strict=True):
        np.testing.assert_array_equal(one.array, two.array)


class Foreign:
    pass


@pytest.mark.parametrize(
    ("obj", "error", "message"),
    [
        (
            {"a": [1, Foreign()]},
            TypeError,
            r"cannot save obj\['a'\]\[1\], a Foreign: expected Tensor, ndarray",
        ),
        ({1, 2}, TypeError, "cannot save obj, a set"),
        ({Foreign(): 1}, TypeError, "a Foreign"),
        (b"bytes", TypeError, "cannot save obj, a bytes"),
        ([np.array([None])], TypeError, r"cannot save obj\[0\], an array of dtype object"),
    ],
)
def test_refuses_to_save_other_things_and_keeps_the_old_file(tmp_path, obj, error, message):
    path = tmp_path / "x.npz"
    save("old", path)
    with pytest.raises(error, match=message):
        save(obj, path)
    assert load(path) == "old"
    assert os.listdir(tmp_path) == ["x.npz"]


def test_refuses_what_contains_itself(tmp_path):
    loop = []
    loop.append(loop)
    with pytest.raises(ValueError, match="contains itself or is nested too deeply"):
        save(loop, tmp_path / "x.npz")
    assert os.listdir(tmp_path) == []
