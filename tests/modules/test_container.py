"""Containers on their own terms. They are compared with torch's in tests/torch_ref/test_module_surface.py."""

from __future__ import annotations

import copy
import pickle
from collections import OrderedDict

import numpy as np
import pytest

import npnn
from npnn import nn


class Times(nn.Module):
    def __init__(self, factor):
        super().__init__()
        self.factor = nn.Parameter(np.array(float(factor)))

    def forward(self, x):
        return x * self.factor

    def extra_repr(self):
        return f"{self.factor.item():g}"


def factors(container):
    return [module.factor.item() for module in container]


def chain(*numbers):
    return nn.Sequential(*map(Times, numbers))


# ---- sequences -----------------------------------------------------------------------------------


def test_sequential_runs_its_modules_in_order():
    class Plus(nn.Module):
        def forward(self, x):
            return x + 1

    assert nn.Sequential(Times(3), Plus(), Times(5))(npnn.tensor(2.0)).item() == (2 * 3 + 1) * 5
    x = npnn.tensor(2.0)
    assert nn.Sequential()(x) is x


def test_sequential_on_arrays_backpropagates():
    net, x, dy = chain(3, 5), np.array([1.0, 2.0]), np.array([10.0, -1.0])
    np.testing.assert_array_equal(net(x), 15 * x)
    np.testing.assert_array_equal(net.backward(dy), 15 * dy)
    assert net[0].factor.grad.item() == 5 * (x * dy).sum()
    assert net[1].factor.grad.item() == 3 * (x * dy).sum()


@pytest.mark.parametrize("make", [lambda *n: chain(*n), lambda *n: nn.ModuleList(map(Times, n))])
@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda c: c.append(Times(9)), [1, 2, 3, 9]),
        (lambda c: c.extend([Times(8), Times(9)]), [1, 2, 3, 8, 9]),
        (lambda c: c.extend(c), [1, 2, 3, 1, 2, 3]),
        (lambda c: c.insert(0, Times(9)), [9, 1, 2, 3]),
        (lambda c: c.insert(3, Times(9)), [1, 2, 3, 9]),
        (lambda c: c.insert(-1, Times(9)), [1, 2, 9, 3]),
        (lambda c: c.__setitem__(1, Times(9)), [1, 9, 3]),
        (lambda c: c.__setitem__(-1, Times(9)), [1, 2, 9]),
        (lambda c: c.__delitem__(1), [1, 3]),
        (lambda c: c.__delitem__(slice(0, 2)), [3]),
        (lambda c: c.pop(0), [2, 3]),
        (lambda c: c.pop(slice(None, None, 2)), [2]),
    ],
)
def test_sequences_change_as_a_list_does(make, change, expected):
    container = make(1, 2, 3)
    change(container)
    assert factors(container) == expected
    assert list(container._modules) == [str(number) for number in range(len(expected))]
    assert [name for name, _ in container.named_parameters()][-1] == f"{len(set(expected)) - 1}.factor"
    assert all(getattr(container, str(number)) is module for number, module in enumerate(container))


def test_slices_share_the_modules():
    net = chain(1, 2, 3, 4)
    assert factors(net[1:3]) == [2, 3]
    assert net[1:3][0] is net[1]
    assert isinstance(nn.ModuleList(net)[::2], nn.ModuleList)
    assert list(net[1:3]._modules) == ["1", "2"]


def test_sums_and_multiples():
    net, other = chain(1, 2), chain(3)
    assert factors(net + other) == [1, 2, 3]
    assert factors(net * 2) == factors(2 * net) == [1, 2, 1, 2]
    assert (net * 2)[2] is net[0]
    before = net
    net += other
    net *= 2
    assert net is before
    assert factors(net) == [1, 2, 3, 1, 2, 3]
    assert factors(nn.ModuleList(other) + list(chain(7))) == [3, 7]


def test_sequential_takes_names():
    net = nn.Sequential(OrderedDict(up=Times(3), down=Times(0.5)))
    assert net.up is net[0]
    assert list(net.state_dict()) == ["up.factor", "down.factor"]


def test_repeated_modules_are_printed_once():
    blocks = [chain(1, 2), chain(1, 2), Times(3), chain(1, 2)]
    assert repr(nn.ModuleList(blocks)) == (
        "ModuleList(\n"
        "  (0-1): 2 x Sequential(\n"
        "    (0): Times(1)\n"
        "    (1): Times(2)\n"
        "  )\n"
        "  (2): Times(3)\n"
        "  (3): Sequential(\n"
        "    (0): Times(1)\n"
        "    (1): Times(2)\n"
        "  )\n"
        ")"
    )


def test_containers_can_be_copied_and_pickled():
    for container in (
        nn.Sequential(nn.ReLU(), nn.Tanh()),
        nn.ModuleList([nn.ReLU()]),
        nn.ModuleDict({"a": nn.ReLU()}),
        nn.ParameterList([npnn.ones(2), "text"]),
        nn.ParameterDict({"a": npnn.ones(2), "b": 5}),
    ):
        for twin in (copy.deepcopy(container), pickle.loads(pickle.dumps(container))):
            assert repr(twin) == repr(container)
            assert list(twin.state_dict()) == list(container.state_dict())


# ---- dictionaries and parameters -----------------------------------------------------------------


def test_module_dict_keeps_its_order():
    modules = nn.ModuleDict({"z": Times(1), "a": Times(2)})
    modules["m"] = Times(3)
    modules["z"] = Times(4)
    assert list(modules) == list(modules.keys()) == ["z", "a", "m"]
    assert factors(modules.values()) == [4, 2, 3]
    assert modules.z is modules["z"]
    assert modules.pop("a").factor.item() == 2
    assert "a" not in modules
    assert len(modules) == 2
    modules.clear()
    assert list(modules.parameters()) == []


def test_parameter_containers_register_what_is_a_tensor():
    listed = nn.ParameterList([npnn.ones(2), 5])
    named = nn.ParameterDict({"b": npnn.ones(2), "a": 5})
    assert isinstance(listed[0], nn.Parameter)
    assert isinstance(named["b"], nn.Parameter)
    assert [name for name, _ in listed.named_parameters()] == ["0"]
    assert [name for name, _ in named.named_parameters()] == ["b"]
    assert (listed[1], named["a"]) == (5, 5)
    assert list(named) == ["a", "b"]


def test_a_parameter_put_in_is_the_one_taken_out():
    parameter = nn.Parameter(npnn.ones(2))
    assert nn.ParameterList([parameter])[0] is parameter
    assert nn.ParameterDict({"a": parameter})["a"] is parameter


def test_a_refused_key_leaves_no_trace():
    named = nn.ParameterDict()
    with pytest.raises(TypeError, match="not a string"):
        named[5] = npnn.ones(2)
    assert len(named) == 0


def test_container_is_deprecated():
    with pytest.warns(FutureWarning, match="`nn.Container` is deprecated"):
        container = nn.Container(a=nn.ReLU())
    assert repr(container) == "Container(\n  (a): ReLU()\n)"
