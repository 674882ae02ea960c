"""gradcheck and gradgradcheck: they pass what is right, and find what is wrong."""

import numpy as np
import pytest

import npnn
from npnn.autograd import Function, GradcheckError, gradcheck, gradgradcheck


def leaf(*shape, seed=0):
    return npnn.tensor(np.random.default_rng(seed).standard_normal(shape), requires_grad=True)


class WrongSquare(Function):
    """x², whose first derivative is off by a factor, or whose second is lost."""

    @staticmethod
    def forward(ctx, x, factor, lost):
        ctx.save_for_backward(x)
        ctx.factor, ctx.lost = factor, lost
        return x * x

    @staticmethod
    def backward(ctx, dy):
        (x,) = ctx.saved_tensors
        return dy * (x.detach() if ctx.lost else x) * ctx.factor, None, None


def test_right_gradients_pass():
    assert gradcheck(lambda x, y: (x * y.sin()).sum(0), (leaf(3, 2), leaf(2)))
    assert gradgradcheck(lambda x, y: (x * y.sin()).sum(0), (leaf(3, 2), leaf(2)))
    assert gradcheck(lambda x: WrongSquare.apply(x, 2.0, False), leaf(3))


def test_a_wrong_gradient_is_found_and_placed():
    def wrong(x):
        y = WrongSquare.apply(x, 2.0, False)
        return npnn.cat([y[:2], WrongSquare.apply(x[2:], 1.9, False)])

    with pytest.raises(
        GradcheckError, match=r"output 0 with respect to input 0: d output\[2\] / d input\[2\]"
    ):
        gradcheck(wrong, leaf(3))
    assert not gradcheck(wrong, leaf(3), raise_exception=False)


def test_a_wrong_second_derivative_is_found():
    assert gradcheck(lambda x: WrongSquare.apply(x, 2.0, True), leaf(3))
    with pytest.raises(GradcheckError):
        gradgradcheck(lambda x: WrongSquare.apply(x, 2.0, True), leaf(3))


def test_every_output_and_input_is_checked():
    with pytest.raises(GradcheckError, match="output 1 with respect to input 1"):
        gradcheck(lambda x, y: (x * y, WrongSquare.apply(y, 1.0, False)), (leaf(2), leaf(2, seed=1)))


def test_an_output_that_lost_its_gradient_is_found():
    with pytest.raises(GradcheckError, match="is 0 by backward, 2"):
        gradcheck(lambda x: x.detach() * 2, leaf(2))


def test_a_backward_that_varies_is_found():
    calls = iter(range(1000))

    class Varying(Function):
        @staticmethod
        def forward(ctx, x):
            return x * 2

        @staticmethod
        def backward(ctx, dy):
            return dy * (2 + 1e-4 * next(calls))

    with pytest.raises(GradcheckError, match="not reentrant"):
        gradcheck(Varying.apply, leaf(2))
    assert gradcheck(Varying.apply, leaf(2), nondet_tol=1.0, atol=1.0)


@pytest.mark.parametrize("x", [npnn.ones(2, requires_grad=True), npnn.ones(2, dtype=npnn.float64)])
def test_inputs_must_be_float64_and_require_grad(x):
    with pytest.raises(ValueError, match="gradcheck expects"):
        gradcheck(lambda x: x * 2, x)


def test_inputs_come_back_unchanged():
    x = leaf(3)
    before = x.array.copy()
    gradcheck(lambda x: x.exp(), x)
    np.testing.assert_array_equal(x.array, before)


def test_given_cotangents():
    assert gradgradcheck(lambda x: x**3, leaf(3), leaf(3, seed=1))


def test_constants_and_options_among_the_inputs():
    assert gradcheck(lambda x, y, n: (x * y) ** n, (leaf(3), npnn.tensor(np.ones(3)), 2))


def test_inputs_without_axes_of_size_zero_and_in_another_order():
    for x in (
        leaf(),
        leaf(0, 3),
        leaf(3, 2).detach().T.requires_grad_(),
        leaf(3, 2).detach()[:, 1].requires_grad_(),
    ):
        assert gradcheck(lambda x: x.exp(), x)
        assert gradgradcheck(lambda x: x.exp(), x)
    assert gradcheck(lambda x: x[:0] * 2, leaf(3))


def test_steps_and_integers_among_the_outputs():
    assert gradcheck(lambda x: (x * 2, x.floor(), x.argmax(), x > 0), leaf(3))
    assert gradgradcheck(lambda x: (x * 2, x.floor()), leaf(3))
