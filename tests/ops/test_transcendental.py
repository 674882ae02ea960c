"""More functions element by element: closed forms, differences, and the edges of domains."""

import math

import numpy as np
import pytest

import npnn
from npnn.autograd import gradcheck, gradgradcheck
from npnn.ops import transcendental as ops

RANDOM = np.random.default_rng(0)
ANY = RANDOM.uniform(-2, 2, (2, 3))
OTHER = RANDOM.uniform(0.3, 2, (4, 1, 3))
POSITIVE = RANDOM.uniform(0.2, 3, (2, 3))
ABOVE_ONE = RANDOM.uniform(1.2, 3, (2, 3))
BELOW_ONE = RANDOM.uniform(-0.9, 0.9, (2, 3))
PROBABILITIES = RANDOM.uniform(0.1, 0.9, (2, 3))

OF_ONE = [
    (ops.ArcSinh, ANY, lambda x: math.log(x + math.sqrt(x * x + 1))),
    (ops.ArcCosh, ABOVE_ONE, lambda x: math.log(x + math.sqrt(x * x - 1))),
    (ops.ArcTanh, BELOW_ONE, lambda x: math.log((1 + x) / (1 - x)) / 2),
    (ops.Exp2, ANY, lambda x: 2**x),
    (ops.Logit, PROBABILITIES, lambda p: math.log(p) - math.log(1 - p)),
    (ops.Sinc, ANY, lambda x: math.sin(math.pi * x) / (math.pi * x)),
]
OF_TWO = [
    (ops.ArcTan2, ANY, lambda y, x: math.copysign(math.acos(x / math.hypot(x, y)), y)),
    (ops.Hypot, ANY, lambda x, y: math.sqrt(x * x + y * y)),
    (ops.LogAddExp, ANY, lambda x, y: math.log(math.exp(x) + math.exp(y))),
    (ops.LogAddExp2, ANY, lambda x, y: math.log2(2**x + 2**y)),
    (ops.XLogY, ANY, lambda x, y: x * math.log(y)),
    (ops.XLog1PY, ANY, lambda x, y: x * math.log(1 + y)),
    (ops.CopySign, -POSITIVE, lambda x, y: math.copysign(x, y)),
    (ops.FMax, ANY, max),
    (ops.FMin, ANY, min),
    (ops.FMod, 3 * ANY, math.fmod),
]


@pytest.mark.parametrize(("operation", "x", "function"), OF_ONE)
def test_of_one(check, operation, x, function):
    check(operation, x, expected=np.vectorize(function)(x))
    check(operation, np.array(x[0, 0]))
    check(operation, x[:0])


@pytest.mark.parametrize(("operation", "x", "function"), OF_TWO)
def test_of_two(check, operation, x, function):
    check(operation, x, OTHER, expected=np.vectorize(function)(x, OTHER))


def test_where_logits_are_limited(check):
    x = np.array([[0.05, 0.2, 0.97]])
    expected = np.log(np.array([[0.1, 0.2, 0.9]]) / np.array([[0.9, 0.8, 0.1]]))
    check(ops.Logit, x, expected=expected, eps=0.1)


def test_mantissas():
    x = npnn.tensor(8 * ANY, requires_grad=True)
    mantissa, exponent = ops.Frexp.apply(x)
    assert (abs(mantissa.array) >= 0.5).all()
    assert (abs(mantissa.array) < 1).all()
    np.testing.assert_array_equal(mantissa.array * 2.0**exponent.array, 8 * ANY)
    assert gradcheck(lambda x: ops.Frexp.apply(x)[0], (x,))


def test_edges_without_a_warning():
    edges = {
        ops.ArcCosh: (0.5, np.nan),
        ops.ArcTanh: (1.0, np.inf),
        ops.Exp2: (2000.0, np.inf),
        ops.Logit: (1.5, np.nan),
        ops.Sinc: (0.0, 1.0),
    }
    for operation, (x, y) in edges.items():
        np.testing.assert_array_equal(operation.apply(np.array(x)), y)
    assert ops.XLogY.apply(np.zeros(3), np.array([0.0, -1, np.nan])).tolist()[:2] == [0, 0]
    assert ops.Hypot.apply(np.array(1e200), np.array(1e200)) < np.inf
    assert ops.FMax.apply(np.array([np.nan, 1.0]), np.array([2.0, np.nan])).tolist() == [2, 1]


def test_gradients_at_edges():
    """Where the formula would divide by 0 there is the limit, or 0 as on torch."""

    def gradients(operation, *values):
        xs = [npnn.tensor([float(value)], requires_grad=True) for value in values]
        operation.apply(*xs).sum().backward()
        return [x.grad.item() for x in xs]

    assert gradients(ops.Sinc, 0) == [0]
    assert gradients(ops.ArcTan2, 0, 0) == [0, 0]
    assert gradients(ops.XLogY, 0, -1) == [0, -0.0]
    assert gradients(ops.CopySign, 0, -1) == [0, 0]
    assert gradients(ops.FMax, np.nan, 1) == [0, 1]
    assert gradients(ops.FMin, 1, 1) == [1, 0]


def test_second_derivatives_at_a_distance():
    assert gradgradcheck(
        lambda x: ops.Sinc.apply(x), (npnn.tensor([[0.3], [-2.7]], dtype=npnn.float64, requires_grad=True),)
    )


def test_the_next_number_has_no_derivative():
    x = npnn.tensor([1.0], requires_grad=True)
    y = ops.NextAfter.apply(x, np.array([2.0], np.float32))
    assert y.item() == 1 + 2.0**-23
    with pytest.raises(RuntimeError, match="nextafter is not implemented"):
        y.backward()
