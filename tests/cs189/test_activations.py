"""The homework's activation tests, on torch's numbers; and what they leave out."""

import unittest
from pathlib import Path

import numpy as np
import pytest

from npnn.cs189.activations import ACTIVATIONS, initialize_activation

DATA = Path(__file__).parent / "data"


class ActivationTestCase:
    """The two tests that every activation has, on data/<name of the class>.npz."""

    activation = ""

    @classmethod
    def setUpClass(cls):
        with np.load(DATA / f"{cls.__name__}.npz") as file:
            cls.data = dict(file)

    def test_forward(self):
        for i in range(2):
            actual = initialize_activation(self.activation).forward(self.data[f"{i}input"])
            np.testing.assert_allclose(actual, self.data[f"{i}output"], rtol=1e-9, atol=1e-11)

    def test_backward(self):
        for i in range(2):
            actual = initialize_activation(self.activation).backward(
                self.data[f"{i}input"], self.data[f"{i}upstream_grad"]
            )
            np.testing.assert_allclose(actual, self.data[f"{i}backward"], rtol=1e-9, atol=1e-11)


class TestLinear(ActivationTestCase, unittest.TestCase):
    activation = "linear"


class TestSigmoid(ActivationTestCase, unittest.TestCase):
    activation = "sigmoid"


class TestTanH(ActivationTestCase, unittest.TestCase):
    activation = "tanh"


class TestReLU(ActivationTestCase, unittest.TestCase):
    activation = "relu"


class TestSoftMax(ActivationTestCase, unittest.TestCase):
    activation = "softmax"


class TestArcTan(ActivationTestCase, unittest.TestCase):
    activation = "arctan"


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_results_are_new_arrays_and_arguments_stay_as_they_were(name):
    Z, dY = np.linspace(-2, 2, 6).reshape(2, 3), np.linspace(3, -1, 6).reshape(2, 3)
    kept = Z.copy(), dY.copy()
    activation = initialize_activation(name)
    Y, dZ = activation(Z), activation.backward(Z, dY)
    for result in (Y, dZ):
        assert not np.shares_memory(result, Z)
        assert not np.shares_memory(result, dY)
        result[...] = 7
    np.testing.assert_array_equal((Z, dY), kept)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_integers_are_numbers_and_float32_stays_so(name):
    activation = initialize_activation(name)
    integers = np.array([[3, -1, 0], [2, 5, -4]])
    np.testing.assert_array_equal(activation(integers), activation(integers.astype(float)))
    single = integers.astype(np.float32)
    assert activation(single).dtype == activation.backward(single, single).dtype == np.float32


def test_an_unknown_name_is_answered_with_those_that_there_are():
    message = "there is no activation 'gelu', only: linear, sigmoid, tanh, arctan, relu, softmax"
    with pytest.raises(NotImplementedError, match=message):
        initialize_activation("gelu")
