"""Operators and elementwise methods: values, dtypes, and what they refuse."""

import numpy as np
import pytest

import npnn

X = np.array([[1.0, -2.0, 3.0], [0.5, 4.0, -1.5]])
B = npnn.tensor([True, False])


def test_methods_of_two_operands():
    x, y = npnn.tensor(X), npnn.tensor(X[::-1].copy())
    for result, expected in (
        (x.add(y, alpha=2), X + 2 * X[::-1]),
        (x.sub(y, alpha=0.5), X - 0.5 * X[::-1]),
        (x.subtract(y), X - X[::-1]),
        (x.div(y), X / X[::-1]),
        (x.div(y, rounding_mode="floor"), np.floor(X / X[::-1])),
        (x.div(y, rounding_mode="trunc"), np.trunc(X / X[::-1])),
        (x.floor_divide(2), X // 2),
        (x.remainder(2), X % 2),
        (x.maximum(y), np.maximum(X, X[::-1])),
        (x.where(x > 0, y), np.where(X > 0, X, X[::-1])),
        (x.masked_fill(x > 0, 9), np.where(X > 0, 9, X)),
        (x.clamp(min=0), X.clip(0)),
        (x.clamp(max=npnn.ones(3)), X.clip(max=1)),
        (x.mm(y.T), X @ X[::-1].T),
        (x[0].dot(y[0]), X[0] @ X[1]),
        (x.eq(y) | x.ne(y), np.ones((2, 3), bool)),
        (x.lt(1) ^ x.ge(1), np.ones((2, 3), bool)),
        (x.le(1) & ~x.gt(1), X <= 1),
        (x.logical_and(x * 0), np.zeros((2, 3), bool)),
        (x.logical_or(x * 0), np.ones((2, 3), bool)),
    ):
        np.testing.assert_array_equal(result, expected)


def test_mm_and_dot_are_on_the_tape_on_both_sides():
    x, y = npnn.tensor(X, requires_grad=True), npnn.tensor(X.T.copy(), requires_grad=True)
    (x.mm(y).sum() + x[0].dot(y[:, 1])).backward()
    assert x.grad.array.any()
    assert y.grad.array.any()


def test_int_powers():
    n = npnn.tensor([2, -3])
    assert (n**3).tolist() == [8, -27]
    assert (n**3).dtype == np.int64
    assert (n[:1] ** 0.5).item() == pytest.approx(2**0.5)
    assert (2 ** n[:1]).tolist() == [4]
    with pytest.raises(RuntimeError, match="Integers to negative integer powers"):
        n**-1


def test_integers_become_floating_point():
    n = npnn.tensor([1, 4])
    for y in (n.sqrt(), n.exp(), n / 2, n.sigmoid(), n.reciprocal(), n.logsumexp(0)):
        assert y.dtype == np.float32
    for y in (n.abs(), n.square(), n.sign(), n.floor(), n.relu(), n // 2, n % 2, -n):
        assert y.dtype == np.int64


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: B - B, NotImplementedError, "Subtraction"),
        (lambda: 1 - B, NotImplementedError, "Subtraction"),
        (lambda: -B, NotImplementedError, "Negation"),
        (lambda: B**B, NotImplementedError, "bool"),
        (lambda: ~npnn.ones(2), TypeError, "operator.invert"),
        (lambda: npnn.ones(2) & 1, NotImplementedError, "bitwise_and is not implemented for float32"),
        (lambda: npnn.arange(2) // 0, RuntimeError, "ZeroDivisionError"),
        (lambda: npnn.arange(2) % npnn.arange(2), RuntimeError, "ZeroDivisionError"),
        (lambda: npnn.ones(2).div(2, rounding_mode="up"), RuntimeError, "found 'up'"),
        (lambda: npnn.ones(2).clamp(), RuntimeError, "At least one of"),
        (lambda: npnn.ones(2, 3) @ npnn.ones(2, 3), RuntimeError, r"\(2x3 and 2x3\)"),
        (lambda: npnn.ones(2) @ npnn.ones(2, dtype=npnn.float64), RuntimeError, "float32 != float64"),
        (lambda: npnn.tensor(1.0) @ npnn.ones(2), RuntimeError, "at least 1D, but they are 0D and 1D"),
        (lambda: npnn.ones(2).mm(npnn.ones(2, 2)), RuntimeError, "self must be a matrix"),
        (lambda: npnn.ones(2, 2).dot(npnn.ones(2)), RuntimeError, "1D tensors expected"),
        (
            lambda: npnn.where(npnn.ones(2), 1, 0),
            RuntimeError,
            "boolean tensor, but got a tensor with dtype float32",
        ),
        (lambda: npnn.ones(2).masked_fill(B, npnn.ones(2)), RuntimeError, "0-dimensional value tensor"),
    ],
)
def test_refused(call, error, words):
    with pytest.raises(error, match=words):
        call()


def test_floating_point_division_by_zero_is_none_of_these():
    assert (npnn.ones(1) // 0).item() == np.inf
    assert (npnn.ones(1) / 0).item() == np.inf


def test_what_is_out_of_range_comes_without_a_warning():
    for function in (
        lambda x: x.log(),
        lambda x: x.sqrt(),
        lambda x: x**-0.5,
        lambda x: 1 / x,
        lambda x: x.exp(),
        lambda x: x.arcsin(),
        lambda x: x.half().float(),
        lambda x: x % 0,
    ):
        function(npnn.tensor([0.0, -1.0, 1e30], requires_grad=True)).sum().backward()
    npnn.tensor([np.nan, 1e30]).long()


def test_negative_powers_of_integers():
    x, p = npnn.tensor([[2], [1], [-1], [0]]), npnn.tensor([-1, -2, 3])
    assert (x**p).tolist() == [[0, 0, 8], [1, 1, 1], [-1, 1, -1], [0, 0, 0]]


def test_comparing_with_strangers():
    assert (npnn.ones(2) == None) is False  # noqa: E711
    assert (npnn.ones(2) != "a") is True
    with pytest.raises(TypeError, match="not supported between"):
        npnn.ones(2) < "a"  # noqa: B015
