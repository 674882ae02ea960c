"""Piecewise activations: each written out as a slow, obvious function of one number, kinks and all."""

import math

import numpy as np
import pytest

import npnn
from npnn.ops import piecewise as ops

inf, nan = math.inf, math.nan


def between(x, low, high):
    return min(max(x, low), high)


# operation, options, value, derivative
OBVIOUS = {
    "relu": (ops.ReLU, {}, lambda x: max(x, 0), lambda x: x > 0),
    "threshold": (
        ops.Threshold,
        {"threshold": 0.5, "value": -7.0},
        lambda x: x if x > 0.5 else -7,
        lambda x: x > 0.5,
    ),
    "hardtanh": (
        ops.Hardtanh,
        {"low": -1.0, "high": 3.0},
        lambda x: between(x, -1, 3),
        lambda x: -1 < x < 3,
    ),
    "hardsigmoid": (
        ops.Hardsigmoid,
        {},
        lambda x: between(x + 3, 0, 6) / 6,
        lambda x: float(np.float32(1 / 6)) if -3 < x < 3 else 0,
    ),
    "hardswish": (
        ops.Hardswish,
        {},
        lambda x: 0 if x <= -3 else x * between(x + 3, 0, 6) / 6,
        lambda x: 0 if x <= -3 else 1 if x >= 3 else x / 3 + 0.5,
    ),
    "hardshrink": (
        ops.Hardshrink,
        {"lambd": 0.5},
        lambda x: 0 if abs(x) <= 0.5 else x,
        lambda x: abs(x) > 0.5,
    ),
    "softshrink": (
        ops.Softshrink,
        {"lambd": 0.5},
        lambda x: x - 0.5 if x > 0.5 else x + 0.5 if x < -0.5 else 0,
        lambda x: abs(x) > 0.5,
    ),
    "leaky relu": (
        ops.LeakyReLU,
        {"slope": 0.3},
        lambda x: x if x > 0 else 0.3 * x,
        lambda x: 1 if x > 0 else 0.3,
    ),
}
CASES = pytest.mark.parametrize(
    ("operation", "options", "value", "derivative"), OBVIOUS.values(), ids=OBVIOUS
)
KINKS = [-1e30, -6.0, -3.0, -1.0, -0.5, -0.0, 0.0, 0.25, 0.5, 0.75, 1.0, 2.9, 3.0, 5.9, 6.0, 6.1, 1e30, inf]


@CASES
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_value_and_derivative(operation, options, value, derivative, dtype):
    dy = np.random.default_rng(0).standard_normal(len(KINKS)).astype(dtype)
    x = npnn.tensor(KINKS, dtype=dtype, requires_grad=True)
    y = operation.apply(x, **options)
    y.backward(npnn.tensor(dy))
    tolerance = 2 * np.finfo(dtype).eps
    exactly = x.array.tolist()
    np.testing.assert_allclose(y.array, np.array([value(one) for one in exactly], dtype), rtol=tolerance)
    np.testing.assert_allclose(
        x.grad.array, dy * np.array([derivative(one) for one in exactly], dtype), rtol=tolerance
    )


@CASES
def test_second_derivative(operation, options, value, derivative):
    x = npnn.tensor(3 * np.random.default_rng(0).standard_normal((4, 3)), requires_grad=True)
    assert npnn.autograd.gradgradcheck(lambda x: operation.apply(x, **options), x, rtol=1e-6, atol=1e-8)


@CASES
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_dtype_and_nan(operation, options, value, derivative, dtype):
    x = npnn.tensor([nan, 1.0], dtype=dtype, requires_grad=True)
    y = operation.apply(x, **options)
    y.backward(npnn.ones_like(y))
    assert y.dtype == x.grad.dtype == dtype
    assert np.isnan(y.array).tolist() == [True, False]


@pytest.mark.parametrize("shape", [(), (1,), (3,)])
def test_prelu(shape):
    random = np.random.default_rng(0)
    x = npnn.tensor(random.standard_normal((4, 2, 3)), requires_grad=True)
    weight = npnn.tensor(random.standard_normal(shape), requires_grad=True)
    np.testing.assert_array_equal(
        ops.PReLU.apply(x, weight).array, np.where(x.array > 0, x.array, weight.array * x.array)
    )
    assert npnn.autograd.gradcheck(ops.PReLU.apply, (x, weight), rtol=1e-6, atol=1e-8)
    assert npnn.autograd.gradgradcheck(ops.PReLU.apply, (x, weight), rtol=1e-6, atol=1e-8)


def test_prelu_computes_only_what_is_asked_for():
    x, weight = npnn.ones(2, 3), npnn.tensor([1.0, 2.0, 3.0], requires_grad=True)
    assert ops.PReLU.apply(x, weight).grad_fn.needs_input_grad == [False, True]
    ops.PReLU.apply(-x, weight).sum().backward()
    assert weight.grad.tolist() == [-2, -2, -2]


def test_rrelu():
    """Each slope is its own, uniform, and the one that backward uses."""
    npnn.manual_seed(0)
    x = npnn.tensor(np.random.default_rng(0).standard_normal((50, 40)), requires_grad=True)
    y = ops.RReLU.apply(x, lower=0.2, upper=0.7)
    slopes = y.array / x.array
    y.backward(npnn.full_like(y, 2.0))
    np.testing.assert_allclose(x.grad.array, 2 * slopes, rtol=1e-14)
    np.testing.assert_allclose(slopes[x.array > 0], 1, rtol=1e-15)
    drawn = np.sort(slopes[x.array <= 0])
    assert len(np.unique(drawn)) == len(drawn)
    # Kolmogorov's statistic against the uniform distribution, at the 0.1 % level.
    ranks = np.arange(len(drawn)) / len(drawn)
    assert np.abs((drawn - 0.2) / 0.5 - ranks).max() < 1.95 / math.sqrt(len(drawn))


def test_rrelu_draws_from_the_generator_that_is_given():
    x = -npnn.ones(5)
    ours = npnn.random.Generator().manual_seed(7)
    state = npnn.random.get_rng_state()
    y = ops.RReLU.apply(x, lower=0.0, upper=1.0, generator=ours)
    np.testing.assert_array_equal(npnn.random.get_rng_state(), state)
    again = ops.RReLU.apply(x, lower=0.0, upper=1.0, generator=npnn.random.Generator().manual_seed(7))
    np.testing.assert_array_equal(y.array, again.array)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("view", [lambda x: x, lambda x: x.T, lambda x: x[:, ::2]])
def test_large_relu_is_that_of_its_elements(dtype, view):
    """Where arrays are large, they go another way, block by block: nan, infinities and zeros with them."""
    rng = np.random.default_rng(0)
    x, dy = (view(rng.standard_normal((1031, 2 * 521)).astype(dtype)) for _ in range(2))
    special = [nan, -nan, inf, -inf, 0.0, -0.0, np.finfo(dtype).smallest_subnormal]
    x[: len(special), 0] = special
    tensor = npnn.Parameter(npnn.from_numpy(x.copy()))
    y = ops.ReLU.apply(tensor)
    y.backward(npnn.from_numpy(dy.copy()))
    np.testing.assert_array_equal(y.array, np.maximum(x, 0))
    np.testing.assert_array_equal(tensor.grad.array, np.where(x <= 0, 0, dy))
