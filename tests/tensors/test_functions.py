"""torch's functions of tensors, by name."""

import numpy as np
import pytest

import npnn
from npnn.tensors import Tensor, functions


@pytest.mark.parametrize("name", functions.__all__)
def test_they_are_at_the_top(name):
    assert getattr(npnn, name) is getattr(functions, name)


@pytest.mark.parametrize(
    "name",
    [
        name
        for name in functions.__all__
        if hasattr(Tensor, name) and name not in ("allclose", "cat", "equal", "matmul", "where")
    ],
)
def test_those_of_methods_say_so(name):
    function = getattr(functions, name)
    assert function.__name__ == name
    assert f"Tensor.{name}" in function.__doc__


def test_they_take_arrays_and_numbers():
    assert npnn.exp(np.zeros(2)).tolist() == [1, 1]
    assert npnn.sqrt(4).item() == 2
    assert npnn.sum([[1, 2], [3, 4]], 0).tolist() == [4, 6]
    assert npnn.add(1, npnn.ones(2)).tolist() == [2, 2]


def test_they_take_the_methods_arguments():
    x = npnn.tensor([[1.0, 5.0], [4.0, 2.0]])
    assert npnn.max(x, 1).indices.tolist() == [1, 0]
    assert npnn.softmax(x, dim=-1).shape == (2, 2)
    assert npnn.clamp(x, min=2, max=4).tolist() == [[2, 4], [4, 2]]
    assert npnn.topk(x, 1, largest=False).values.tolist() == [[1], [2]]


def test_where():
    x = npnn.tensor([1.0, -2.0], requires_grad=True)
    npnn.where(x > 0, x, x * 3).sum().backward()
    assert x.grad.tolist() == [1, 3]
    assert npnn.where(np.array([True, False]), 1.5, 0).tolist() == [1.5, 0]
    assert npnn.where(npnn.tensor([True, False]), 1, 0).dtype == np.int64
    assert [i.tolist() for i in npnn.where(npnn.tensor([[0, 1], [1, 0]]))] == [[0, 1], [1, 0]]


def test_equal_and_allclose():
    x = npnn.ones(2)
    assert npnn.equal(x, npnn.ones(2))
    assert not npnn.equal(x, npnn.ones(3))
    assert npnn.allclose(x, x + 1e-6)
    assert not npnn.allclose(x, x + 1e-3)
    assert npnn.is_tensor(x)
    assert not npnn.is_tensor(np.ones(2))
