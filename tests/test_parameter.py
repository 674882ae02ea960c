from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest

import npnn
from npnn import nn


def test_a_parameter_shares_the_memory_of_what_it_is_made_from():
    array, tensor = np.ones(3), npnn.ones(3)
    assert nn.Parameter(array).array is array
    assert nn.Parameter(tensor).array is tensor.array
    assert nn.Buffer(array).array is array


def test_a_parameter_is_a_leaf_that_requires_grad():
    with npnn.no_grad():
        parameter = nn.Parameter(npnn.ones(3, requires_grad=True) * 2)
    assert parameter.requires_grad
    assert parameter.is_leaf
    assert not nn.Parameter(npnn.ones(3), requires_grad=False).requires_grad
    assert not nn.Parameter(npnn.tensor([1, 2]), requires_grad=False).requires_grad
    made = nn.Parameter(npnn.ones(3, requires_grad=True) * 2)
    made.sum().backward()
    np.testing.assert_array_equal(made.grad, np.ones(3))


def test_integers_cannot_require_grad():
    with pytest.raises(RuntimeError, match="floating point and complex dtype can require gradients"):
        nn.Parameter(npnn.tensor([1, 2]))


def test_without_data_they_are_empty():
    assert nn.Parameter().shape == (0,)
    assert nn.Parameter().dtype == npnn.float32
    assert nn.Buffer().shape == (0,)


def test_results_of_operations_are_plain_tensors():
    parameter = nn.Parameter(npnn.ones(3))
    for result in (
        parameter * 2,
        parameter.detach(),
        parameter.data,
        parameter.clone(),
        nn.Buffer(npnn.ones(3)) * 2,
    ):
        assert type(result) is npnn.Tensor


def test_how_they_print():
    assert repr(nn.Parameter(npnn.ones(2))) == "Parameter containing:\ntensor([1., 1.], requires_grad=True)"
    assert repr(nn.Buffer(npnn.ones(2))) == "tensor([1., 1.])"


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda value: pickle.loads(pickle.dumps(value))])
def test_copies(duplicate):
    parameter, frozen = nn.Parameter(npnn.ones(2)), nn.Parameter(npnn.ones(2), requires_grad=False)
    parameter.sum().backward()
    twin, frozen_twin, again = duplicate([parameter, frozen, parameter])
    assert type(twin) is nn.Parameter
    assert again is twin
    assert twin.requires_grad
    assert not frozen_twin.requires_grad
    assert twin.grad is None
    with npnn.no_grad():
        twin.array[0] = 7
    assert parameter[0].item() == 1


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda value: pickle.loads(pickle.dumps(value))])
@pytest.mark.parametrize("persistent", [True, False])
def test_copies_of_buffers_stay_as_persistent(duplicate, persistent):
    twin = duplicate(nn.Buffer(npnn.ones(2), persistent=persistent))
    assert type(twin) is nn.Buffer
    assert twin.persistent is persistent
    assert not twin.requires_grad


def test_a_parameter_is_trained_in_place():
    parameter = nn.Parameter(npnn.tensor([1.0, 2.0]))
    (parameter * parameter).sum().backward()
    with npnn.no_grad():
        parameter -= 0.25 * parameter.grad
    assert isinstance(parameter, nn.Parameter)
    np.testing.assert_array_equal(parameter.array, [0.5, 1.0])
