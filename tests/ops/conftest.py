"""What is asked of every operation."""

import numpy as np
import pytest

import npnn
from npnn.autograd import gradcheck, gradgradcheck
from npnn.autograd.function import Context


@pytest.fixture
def check():
    return check_operation


def check_operation(operation, *inputs, expected=None, second=True, **options):
    """Checks an operation against a closed form and against differences, first and second.

    Also that arrays which are read-only or lie in another order are taken as well, that no input is changed,
    and that backward gives the same when it is called by hand.

    Args:
        operation: the operation.
        *inputs: arrays; those of float64 are differentiated. Anything else is handed on.
        expected: what the operation is to give.
        second: whether it has second derivatives.
        **options: its options.
    """
    differentiable = [isinstance(x, np.ndarray) and x.dtype == np.float64 for x in inputs]
    y = operation.apply(*inputs, **options)
    if expected is not None:
        np.testing.assert_allclose(y, expected, rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(operation.apply(*map(_awkward, inputs), **options), y, rtol=1e-14, atol=1e-14)
    tensors = [
        npnn.tensor(x, requires_grad=True) if d else x for x, d in zip(inputs, differentiable, strict=True)
    ]
    before = [x.array.copy() if isinstance(x, npnn.Tensor) else x for x in tensors]

    def function(*xs):
        return operation.apply(*xs, **options)

    assert gradcheck(function, tensors, atol=1e-7, rtol=1e-6)
    if second:
        assert gradgradcheck(function, tensors, atol=1e-7, rtol=1e-6)
    for tensor, values in zip(tensors, before, strict=True):
        if isinstance(tensor, npnn.Tensor):
            np.testing.assert_array_equal(tensor.array, values)
    _check_by_hand(operation, inputs, tensors, function(*tensors), options)


def _check_by_hand(operation, inputs, tensors, output, options):
    """A Context without a tape gives what the engine does, apart from the sums over what was broadcast."""
    dy = np.random.default_rng(0).standard_normal(output.shape)
    output.backward(npnn.tensor(dy))
    ctx = Context()
    operation.forward(ctx, *inputs, **options)
    for tensor, gradient in zip(tensors, operation.backward(ctx, dy), strict=True):
        if isinstance(tensor, npnn.Tensor) and gradient.shape == tensor.shape:
            np.testing.assert_allclose(gradient, tensor.grad, rtol=1e-12, atol=1e-14)


def _awkward(x):
    """The same array, read-only and in Fortran order."""
    if not isinstance(x, np.ndarray):
        return x
    x = np.array(x, order="F")
    x.flags.writeable = False
    return x
