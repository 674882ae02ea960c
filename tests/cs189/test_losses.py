"""The homework's loss tests, on torch's numbers; and what they leave out."""

import math
import unittest
from pathlib import Path

import numpy as np
import pytest

from npnn.cs189.losses import CrossEntropy, initialize_loss

DATA = Path(__file__).parent / "data"


class LossTestCase:
    """The two tests that every loss has, on data/<name of the class>.npz."""

    loss = ""

    @classmethod
    def setUpClass(cls):
        with np.load(DATA / f"{cls.__name__}.npz") as file:
            cls.data = dict(file)

    def test_forward(self):
        for i in range(3):
            actual = initialize_loss(self.loss).forward(self.data[f"{i}Y"], self.data[f"{i}Y_hat"])
            np.testing.assert_allclose(actual, self.data[f"{i}output"], rtol=1e-9, atol=1e-11)

    def test_backward(self):
        for i in range(3):
            actual = initialize_loss(self.loss).backward(self.data[f"{i}Y"], self.data[f"{i}Y_hat"])
            np.testing.assert_allclose(actual, self.data[f"{i}backward"], rtol=1e-9, atol=1e-11)


class TestCrossEntropy(LossTestCase, unittest.TestCase):
    loss = "cross_entropy"


class TestL2(LossTestCase, unittest.TestCase):
    loss = "l2"


@pytest.mark.parametrize("name", ["cross_entropy", "l2"])
@pytest.mark.parametrize("shape", [(5, 6), (4, 1)])
def test_backward_is_the_slope_of_forward(name, shape):
    random, loss = np.random.default_rng(3), initialize_loss(name)
    Y, Y_hat = random.uniform(0.1, 1, shape), random.uniform(0.1, 1, shape)
    for place in np.ndindex(shape):
        step = np.zeros(shape)
        step[place] = 1e-6
        slope = (loss(Y, Y_hat + step) - loss(Y, Y_hat - step)) / 2e-6
        np.testing.assert_allclose(loss.backward(Y, Y_hat)[place], slope, rtol=1e-6)


def test_cross_entropy_of_a_certain_but_wrong_answer_is_finite():
    Y, Y_hat = np.array([[1.0, 0.0]]), np.array([[0.0, 1.0]])
    loss = CrossEntropy("cross_entropy")
    eps = np.finfo(float).eps
    np.testing.assert_allclose(loss(Y, Y_hat), -math.log(eps))
    np.testing.assert_array_equal(loss.backward(Y, Y_hat), [[-1 / eps, 0]])


@pytest.mark.parametrize("name", ["cross_entropy", "l2"])
def test_shapes_that_would_broadcast_are_refused(name):
    message = r"the same shape, but got \(3, 1\) and \(3,\)"
    with pytest.raises(ValueError, match=message):
        initialize_loss(name).forward(np.ones((3, 1)), np.ones(3))
    with pytest.raises(ValueError, match=message):
        initialize_loss(name).backward(np.ones((3, 1)), np.ones(3))


def test_an_unknown_name_is_answered_with_those_that_there_are():
    with pytest.raises(NotImplementedError, match="there is no loss 'l1', only: cross_entropy, l2"):
        initialize_loss("l1")
