"""One element, for which all that are equal to it stand."""

import numpy as np

import npnn
from npnn.ops.order import OneOfEquals


def test_one_of_different_ones(check):
    x = np.random.default_rng(0).standard_normal((3, 2))
    check(OneOfEquals, x, expected=x[1, 1], place=3)


def test_equal_ones_share_the_gradient():
    x = npnn.tensor([[4.0, 1.0, 4.0], [4.0, 4.0, float("nan")]], requires_grad=True)
    OneOfEquals.apply(x, place=2).backward(npnn.tensor(3.0))
    np.testing.assert_array_equal(x.grad, [[0.75, 0, 0.75], [0.75, 0.75, 0]])


def test_nan_stands_for_every_nan():
    x = npnn.tensor([1.0, float("nan"), float("nan")], requires_grad=True)
    OneOfEquals.apply(x, place=1).backward(npnn.tensor(3.0))
    np.testing.assert_array_equal(x.grad, [0, 1.5, 1.5])
