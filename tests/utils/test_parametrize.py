"""Parametrizations: the weight that is computed, the original that is trained, and the class in between."""

import copy
import pickle
import subprocess
import sys

import numpy as np
import pytest

import npnn
from npnn import nn
from npnn.utils import parametrize


class Square(nn.Module):
    def forward(self, x):
        return x * x

    def right_inverse(self, y):
        return y.abs().sqrt()


class Sum(nn.Module):
    def forward(self, x, y):
        return x + y

    def right_inverse(self, z):
        return z / 4, z * 3 / 4


def squared(**options):
    layer = nn.Linear(2, 3)
    layer.weight.data = npnn.tensor([[1.0, 4.0, 9.0], [16.0, 25.0, 36.0]])
    return parametrize.register_parametrization(layer, "weight", Square(), **options)


def test_the_original_is_trained():
    layer = nn.Linear(2, 3)
    parameter = layer.weight
    layer.weight.data = npnn.full((2, 3), 9.0)
    parametrize.register_parametrization(layer, "weight", Square())
    assert layer.parametrizations.weight.original is parameter
    assert (parameter == 3).all()
    assert (layer.weight == 9).all()
    layer.weight.sum().backward()
    assert (parameter.grad == 6).all()
    assert [name for name, _ in layer.named_parameters()] == ["bias", "parametrizations.weight.original"]


def test_assignment_and_state():
    layer = squared()
    layer.weight = npnn.full((2, 3), 49.0)
    assert (layer.parametrizations.weight.original == 7).all()
    other = squared()
    other.load_state_dict(layer.state_dict())
    assert (other.weight == 49).all()


def test_several_originals():
    layer = nn.Linear(2, 3)
    before = layer.weight.detach().clone()
    parametrize.register_parametrization(layer, "weight", Sum())
    entries = layer.parametrizations.weight
    assert (entries.is_tensor, entries.ntensors) == (False, 2)
    np.testing.assert_allclose(entries.original0.detach(), before.array / 4)
    np.testing.assert_allclose(layer.weight.detach(), before, rtol=1e-6)
    layer.requires_grad_(False)
    parametrize.remove_parametrizations(layer, "weight")
    # What nothing is trained of becomes a buffer, as on torch.
    assert list(layer._buffers) == ["weight"]


def test_a_chain_of_parametrizations():
    layer = squared()
    parametrize.register_parametrization(layer, "weight", nn.ReLU())
    parametrize.register_parametrization(layer, "weight", Square())
    assert (layer.weight[0] == npnn.tensor([1.0, 16.0, 81.0])).all()
    with pytest.raises(RuntimeError, match="ReLU has no right_inverse"):
        layer.weight = npnn.ones(2, 3)


def test_each_module_has_a_class_of_its_own():
    first, second = squared(), squared()
    assert type(first).__name__ == type(second).__name__ == "ParametrizedLinear"
    twin = copy.deepcopy(first)
    parametrize.remove_parametrizations(first, "weight")
    assert type(first) is nn.Linear
    assert (twin.weight == second.weight).all()
    assert isinstance(twin, nn.Linear)
    twin.parametrizations.weight.original.data = npnn.zeros(2, 3)
    assert (first.weight != 0).all()
    assert not (twin.weight != 0).any()


def test_a_copy_within_a_network_keeps_what_is_shared():
    layer = squared()
    net = copy.deepcopy(nn.Sequential(layer, layer))
    assert net[0] is net[1]
    assert len(list(net.parameters())) == 2


def test_pickling_is_refused():
    with pytest.raises(RuntimeError, match=r"save its state_dict\(\)"):
        pickle.dumps(squared())


def test_the_order_of_axes_is_known_to_what_is_computed():
    layer = parametrize.register_parametrization(nn.Linear(4, 7), "weight", nn.Tanh())
    assert layer.weight.torch_axes == (1, 0)
    parametrize.remove_parametrizations(layer, "weight")
    assert layer.weight.torch_axes == (1, 0)


def test_cached_values_are_dropped_after_an_error():
    layer, seen = squared(), []

    def read_and_fail():
        with parametrize.cached():
            seen.append(layer.weight)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        read_and_fail()
    with parametrize.cached():
        assert layer.weight is not seen[0]


def test_the_message_names_what_is_wrong():
    layer = nn.Linear(2, 3)
    with pytest.raises(ValueError, match=r"changes the shape .* from .*\[3\].* to .*\[6\]"):
        parametrize.register_parametrization(layer, "bias", Double())
    assert list(layer.state_dict()) == ["weight", "bias"]
    assert type(layer) is nn.Linear
    with pytest.raises(ValueError, match="no parameter, buffer or parametrized tensor 'wait'"):
        parametrize.register_parametrization(layer, "wait", Double())


class Double(nn.Module):
    def forward(self, x):
        return npnn.cat([x, x])


@pytest.mark.parametrize(
    "spelling",
    [
        "import npnn; npnn.utils.parametrize.cached; npnn.nn.utils.prune.remove",
        "import npnn.utils.prune as prune; import npnn; assert npnn.utils.prune is prune",
        "from npnn.utils import prune; import npnn.utils.prune; assert npnn.utils.prune is prune",
        (
            "from npnn.nn.utils import parametrizations as p; import npnn; assert npnn.utils.parametrizations"
            " is p"
        ),
        "from npnn.utils.parametrizations import weight_norm; import npnn; callable(npnn.utils.weight_norm)",
        (
            "import npnn.utils.stateless; from npnn.utils import *; stateless.functional_call,"
            " parametrize.cached"
        ),
        "import npnn.utils.weight_norm; assert callable(npnn.utils.weight_norm)",
    ],
)
def test_spellings(spelling):
    done = subprocess.run([sys.executable, "-c", spelling], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_an_unknown_name_is_refused():
    with pytest.raises(AttributeError, match=r"'npnn\.utils' has no attribute 'parametrise'"):
        _ = npnn.utils.parametrise
