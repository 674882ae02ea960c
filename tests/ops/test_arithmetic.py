"""Arithmetic: closed forms, differences, and the points where a derivative has to be chosen."""

import numpy as np
import pytest

import npnn
from npnn.ops import arithmetic as ops

RANDOM = np.random.default_rng(0)


def away(*shape, from_=0.3, to=2.0):
    """Random numbers of either sign, away from 0."""
    return RANDOM.uniform(from_, to, shape) * RANDOM.choice([-1, 1], shape)


def positive(*shape):
    return RANDOM.uniform(0.3, 2.0, shape)


def gradients(operation, *inputs, dy=None, **options):
    tensors = [npnn.tensor(np.asarray(x, np.float64), requires_grad=True) for x in inputs]
    y = operation.apply(*tensors, **options)
    y.backward(npnn.tensor(np.ones(y.shape) if dy is None else dy))
    return [t.grad.tolist() for t in tensors]


X, Y, ROW, COLUMN, SCALAR = away(2, 3), away(2, 3), away(3), away(2, 1), np.array(0.7)


@pytest.mark.parametrize(
    ("operation", "function"),
    [(ops.Add, np.add), (ops.Sub, np.subtract), (ops.Mul, np.multiply), (ops.Div, np.divide)],
)
@pytest.mark.parametrize(
    ("x", "y"), [(X, Y), (X, ROW), (COLUMN, ROW), (SCALAR, X), (SCALAR, SCALAR), (X[:0], ROW)]
)
def test_four_operations_broadcast(check, operation, function, x, y):
    check(operation, x, y, expected=function(x, y))


@pytest.mark.parametrize("operation", [ops.Add, ops.Sub, ops.Mul, ops.Div])
def test_four_operations_with_a_number(check, operation):
    check(operation, X, 2.5)
    check(operation, -2.5, X)


def test_neg_abs_clone_cast(check):
    check(ops.Neg, X, expected=-X)
    check(ops.Abs, X, expected=np.where(X < 0, -X, X))
    check(ops.Clone, X, expected=X)
    assert gradients(ops.Abs, [0.0]) == [[0]]
    y = ops.Cast.apply(npnn.tensor(X, requires_grad=True), dtype=np.float32)
    assert y.dtype == np.float32


@pytest.mark.parametrize("p", [2, 3, 1, -1, 0.5, -1.5, 2.0])
def test_pow_of_a_number(check, p):
    check(ops.Pow, positive(2, 3), p)


def test_pow_of_arrays(check):
    x, p = positive(2, 3), away(3)
    check(ops.Pow, x, p, expected=np.exp(p * np.log(x)))
    check(ops.Pow, 2.5, p)


def test_pow_at_its_corners():
    assert gradients(ops.Pow, [0.0, 2.0], [0.0, 0.0])[0] == [0, 0]
    assert gradients(ops.Pow, [0.0, 0.0], [2.0, 0.0])[1] == [0, 0]
    assert gradients(lambda_pow(0), [0.0, -2.0]) == [[0, 0]]
    assert gradients(lambda_pow(1), [0.0, -2.0]) == [[1, 1]]
    assert gradients(lambda_pow(3), [0.0, -2.0]) == [[0, 12]]


def lambda_pow(p):
    return type("PowOfNumber", (), {"apply": staticmethod(lambda x: ops.Pow.apply(x, p))})


@pytest.mark.parametrize(("operation", "function"), [(ops.Maximum, np.maximum), (ops.Minimum, np.minimum)])
def test_maximum_and_minimum(check, operation, function):
    check(operation, X, Y, expected=function(X, Y))
    check(operation, X, ROW)
    assert gradients(operation, [1.0, 2.0], [1.0, 2.0], dy=np.array([4.0, 6.0])) == [[2, 3], [2, 3]]


def test_clamp(check):
    x = np.array([-2.0, -0.4, 0.3, 1.7])
    check(ops.Clamp, x, -1.0, 1.0, expected=[-1, -0.4, 0.3, 1])
    check(ops.Clamp, x, None, 1.0, expected=[-2, -0.4, 0.3, 1])
    check(ops.Clamp, x, -1.0, None, expected=[-1, -0.4, 0.3, 1.7])
    check(ops.Clamp, x, np.array([-1.0, 0.5, -2.0, -1.0]), np.array(1.2), expected=[-1, 0.5, 0.3, 1.2])
    assert gradients(ops.Clamp, [-1.0, 1.0], [-1.0, -1.0], [1.0, 1.0]) == [[1, 1], [0, 0], [0, 0]]


def test_clamp_lets_nothing_through_from_outside():
    """Not even nan: the reciprocal of what is cut off to 0 has an infinite derivative."""
    x = npnn.tensor([-1.0, 0.5], dtype=npnn.float64, requires_grad=True)
    (x.clamp(min=0) / x.clamp(min=0)).sum().backward()
    assert x.grad.tolist() == [0, 0]


def test_clamp_with_crossed_limits():
    """The upper limit wins, and gets the gradient, wherever x is."""
    low, high = [2.0, 2.0, 2.0], [1.0, 1.0, 1.0]
    y = ops.Clamp.apply(np.array([0.0, 1.5, 3.0]), np.array(low), np.array(high))
    assert y.tolist() == [1, 1, 1]
    assert gradients(ops.Clamp, [0.0, 1.5, 3.0], low, high) == [[0, 0, 0], [0, 0, 0], [1, 1, 1]]


def test_where(check):
    condition = np.array([[True, False, True], [False, False, True]])
    check(ops.Where, condition, X, Y, expected=X * condition + Y * (1 - condition))
    check(ops.Where, condition[0], X, SCALAR)


def test_where_keeps_out_what_is_not_chosen():
    """As the gradient of the branch that is not taken may be infinite."""
    x = npnn.tensor([0.0, 4.0], dtype=npnn.float64, requires_grad=True)
    npnn.where(x > 0, x.sqrt(), npnn.zeros(2, dtype=npnn.float64)).sum().backward()
    assert x.grad[1].item() == 0.25


@pytest.mark.parametrize(("x", "y"), [(X, np.abs(Y)), (X, -np.abs(ROW)), (COLUMN, ROW)])
def test_remainder(check, x, y):
    quotient = x / y
    check(ops.Remainder, x, y, expected=y * (quotient - np.floor(quotient)))


def test_rounded_quotients():
    x, y = np.array([7.0, -7.0, 7.0, -7.0]), np.array([2.0, 2.0, -2.0, -2.0])
    assert ops.DivFloor.apply(x, y).tolist() == [3, -4, -4, 3]
    assert ops.DivTrunc.apply(x, y).tolist() == [3, -3, -3, 3]
    assert ops.DivTrunc.apply(x.astype(int), y.astype(int)).tolist() == [3, -3, -3, 3]
    for operation in (ops.DivFloor, ops.DivTrunc):
        assert gradients(operation, x, y) == [[0] * 4, [0] * 4]
    with pytest.raises(RuntimeError, match="derivative for floor_divide is not implemented"):
        gradients(ops.FloorDivide, x, y)


def test_large_integers_are_divided_exactly():
    large = np.array([2**62 + 1, -(2**62) - 1])
    assert ops.DivTrunc.apply(large, np.array(1)).tolist() == large.tolist()
