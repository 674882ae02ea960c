"""Functions of one array: closed forms of a second source, and differences."""

import math

import numpy as np
import pytest

import npnn
from npnn.ops import pointwise as ops

RANDOM = np.random.default_rng(0)
ANY = RANDOM.uniform(-2, 2, (2, 3))
POSITIVE = RANDOM.uniform(0.2, 3, (2, 3))
BELOW_ONE = RANDOM.uniform(-0.9, 0.9, (2, 3))

SMOOTH = [
    (ops.Exp, ANY, math.exp),
    (ops.Expm1, ANY, lambda x: math.exp(x) - 1),
    (ops.Log, POSITIVE, math.log),
    (ops.Log1p, BELOW_ONE, lambda x: math.log(1 + x)),
    (ops.Log2, POSITIVE, lambda x: math.log(x) / math.log(2)),
    (ops.Log10, POSITIVE, lambda x: math.log(x) / math.log(10)),
    (ops.Sqrt, POSITIVE, math.sqrt),
    (ops.Square, ANY, lambda x: x**2),
    (ops.Sin, ANY, math.sin),
    (ops.Cos, ANY, math.cos),
    (ops.Tan, BELOW_ONE, lambda x: math.sin(x) / math.cos(x)),
    (ops.ArcSin, BELOW_ONE, lambda x: math.atan2(x, math.sqrt(1 - x * x))),
    (ops.ArcCos, BELOW_ONE, lambda x: math.atan2(math.sqrt(1 - x * x), x)),
    (ops.ArcTan, ANY, lambda x: math.atan2(x, 1)),
    (ops.Sinh, ANY, lambda x: (math.exp(x) - math.exp(-x)) / 2),
    (ops.Cosh, ANY, lambda x: (math.exp(x) + math.exp(-x)) / 2),
]
STEPS = [
    (ops.Sign, {}),
    (ops.Floor, {}),
    (ops.Ceil, {}),
    (ops.Trunc, {}),
    (ops.Round, {"decimals": 1}),
]


@pytest.mark.parametrize(
    ("operation", "x", "function"), SMOOTH, ids=lambda value: getattr(value, "__name__", "")
)
class TestSmooth:
    def test_values_and_derivatives(self, check, operation, x, function):
        check(operation, x, expected=np.vectorize(function)(x))

    def test_without_axes(self, check, operation, x, function):
        check(operation, np.array(x[0, 0]), expected=function(x[0, 0]))

    def test_of_size_zero(self, check, operation, x, function):
        check(operation, x[:0])

    @pytest.mark.parametrize("dtype", [np.float16, np.float32])
    def test_keeps_the_dtype(self, operation, x, function, dtype):
        t = npnn.tensor(x.astype(dtype), requires_grad=True)
        y = operation.apply(t)
        y.sum().backward()
        assert y.dtype == t.grad.dtype == dtype


@pytest.mark.parametrize(("operation", "options"), STEPS)
def test_steps_have_a_gradient_of_zero(check, operation, options):
    check(operation, ANY, **options)


def test_steps():
    x = np.array([-1.75, -0.5, 0.0, 0.5, 2.5])
    assert ops.Sign.apply(x).tolist() == [-1, -1, 0, 1, 1]
    assert ops.Floor.apply(x).tolist() == [-2, -1, 0, 0, 2]
    assert ops.Ceil.apply(x).tolist() == [-1, 0, 0, 1, 3]
    assert ops.Trunc.apply(x).tolist() == [-1, 0, 0, 0, 2]
    assert ops.Round.apply(x).tolist() == [-2, 0, 0, 0, 2]
    assert ops.IsNonZero.apply(x).tolist() == [1, 1, 0, 1, 1]


def test_what_is_not_zero_is_counted_without_a_gradient():
    x = npnn.tensor(ANY, requires_grad=True)
    ops.IsNonZero.apply(x).sum().backward()
    assert x.grad is None


def test_angles_of_real_numbers(check):
    x = np.array([[-1.5, 2.0, np.nan]])
    np.testing.assert_array_equal(ops.Angle.apply(x), [[np.pi, 0, np.nan]])
    check(ops.Angle, ANY)


@pytest.mark.parametrize(("operation", "x"), [(ops.Expm1, 1e-12), (ops.Log1p, 1e-12)])
def test_exact_near_zero(operation, x):
    np.testing.assert_allclose(operation.apply(np.array(x)), x, rtol=1e-11)
