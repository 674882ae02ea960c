"""State where npnn differs from torch; tests/torch_ref/test_module_state.py has what is alike."""

from __future__ import annotations

import copy

import numpy as np
import pytest

import npnn
from npnn import nn
from npnn.modules.module import _IncompatibleKeys


def network():
    net = nn.Sequential(nn.Linear(4, 3), nn.Tanh(), nn.Linear(3, 2)).double()
    net.register_buffer("mean", npnn.tensor([1.0, 2.0, 3.0]))
    net.register_buffer("count", npnn.tensor(3), persistent=False)
    return net


def test_weights_in_torchs_layout_are_refused_with_a_hint():
    with pytest.raises(RuntimeError) as error:
        nn.Linear(4, 3).load_state_dict({"weight": npnn.zeros(3, 4), "bias": npnn.zeros(3)})
    assert "size mismatch for weight" in str(error.value)
    assert "npnn keeps weights (in, out), kernels (*kernel, in, out)" in str(error.value)
    with pytest.raises(RuntimeError) as error:
        nn.Linear(4, 3).load_state_dict({"weight": npnn.zeros(5, 4), "bias": npnn.zeros(3)})
    assert "npnn keeps" not in str(error.value)


@pytest.mark.parametrize("assign", [False, True])
def test_state_can_be_loaded_from_arrays_and_npz_files(tmp_path, assign):
    source, net = network(), network()
    arrays = {name: value.numpy() + 1 for name, value in source.state_dict().items()}
    np.savez(tmp_path / "state.npz", **arrays)
    with np.load(tmp_path / "state.npz") as saved:
        assert repr(net.load_state_dict(saved, assign=assign)) == "<All keys matched successfully>"
    for name, value in net.state_dict().items():
        np.testing.assert_array_equal(value.array, arrays[name])
    assert isinstance(net[0].weight, nn.Parameter)


def test_state_shares_memory_with_the_module():
    net = network()
    state = net.state_dict()
    assert state["0.weight"].array is net[0].weight.array
    assert not state["0.weight"].requires_grad


def test_loading_does_not_change_the_state_that_is_loaded():
    net = network()
    state = net.state_dict()
    metadata = copy.deepcopy(state._metadata)
    net.load_state_dict(state, assign=True)
    assert state._metadata == metadata


def test_incompatible_keys_are_a_named_tuple():
    keys = network().load_state_dict({"mean": npnn.zeros(3), "what": npnn.zeros(2)}, strict=False)
    missing, unexpected = keys
    assert isinstance(keys, _IncompatibleKeys)
    assert (missing, unexpected) == (keys.missing_keys, keys.unexpected_keys)
    assert unexpected == ["what"]
    assert str(_IncompatibleKeys([], [])) == "<All keys matched successfully>"
