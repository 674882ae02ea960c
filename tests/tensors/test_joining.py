"""cat and stack."""

import numpy as np
import pytest

import npnn
from npnn.autograd import gradcheck


def leaf(*shape):
    return npnn.tensor(np.random.default_rng(sum(shape)).standard_normal(shape), requires_grad=True)


@pytest.mark.parametrize("dim", [0, 1, -1])
def test_joined(dim):
    x, y = leaf(2, 3), leaf(2, 3)
    for function, theirs in ((npnn.cat, np.concatenate), (npnn.stack, np.stack)):
        np.testing.assert_array_equal(function([x, y], dim).detach(), theirs([x.array, y.array], dim))
        assert gradcheck(lambda *xs, f=function: f(xs, dim), (x, y))


def test_dtypes_are_promoted():
    joined = npnn.cat([npnn.ones(2), npnn.arange(2), npnn.ones(1, dtype=npnn.float64)])
    assert joined.dtype == np.float64
    assert joined.tolist() == [1, 1, 0, 1, 1]
    assert npnn.stack([npnn.tensor(1), npnn.tensor(True)]).dtype == np.int64


def test_empty_ones_are_passed_over():
    x = leaf(2, 3)
    assert npnn.cat([npnn.zeros(0), x]).shape == (2, 3)
    assert npnn.cat([npnn.zeros(0), npnn.zeros(0)]).shape == (0,)
    assert npnn.cat((leaf(0, 3), x)).shape == (2, 3)


def test_the_same_one_twice():
    x = leaf(2)
    npnn.cat([x, x, x]).sum().backward()
    assert x.grad.tolist() == [3, 3]


def test_of_what_has_no_axes():
    assert npnn.stack([npnn.tensor(1.0), npnn.tensor(2.0)]).tolist() == [1, 2]
    with pytest.raises(RuntimeError, match="zero-dimensional tensor"):
        npnn.cat([npnn.tensor(1.0)])


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: npnn.cat([]), ValueError, "non-empty"),
        (lambda: npnn.stack([]), RuntimeError, "non-empty"),
        (lambda: npnn.cat([npnn.ones(2), 1]), TypeError, "expected Tensor as element 1"),
        (
            lambda: npnn.cat([npnn.ones(2, 3), npnn.ones(2, 2)]),
            RuntimeError,
            "Expected size 3 but got size 2 for tensor number 1",
        ),
        (lambda: npnn.cat([npnn.ones(2), npnn.ones(2, 2)]), RuntimeError, "got 1 and 2"),
        (lambda: npnn.cat([npnn.ones(2)], 1), IndexError, "Dimension out of range"),
        (
            lambda: npnn.stack([npnn.ones(2), npnn.ones(3)]),
            RuntimeError,
            r"got \[2\] at entry 0 and \[3\] at entry 1",
        ),
        (lambda: npnn.stack([npnn.ones(2)], 2), IndexError, "Dimension out of range"),
    ],
)
def test_refused(call, error, words):
    with pytest.raises(error, match=words):
        call()


def test_an_empty_vector_among_others_gets_an_empty_gradient():
    nothing, x = npnn.zeros(0, requires_grad=True), npnn.ones(2, 3, requires_grad=True)
    y = npnn.cat([nothing, x], 1)
    assert y.shape == (2, 3)
    y.sum().backward()
    assert (nothing.grad.shape, x.grad.sum().item()) == ((0,), 6)
