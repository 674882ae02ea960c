"""Smooth activations and the softmax: finite differences, closed forms, and the ends of the number line."""

import math

import numpy as np
import pytest

import npnn
from npnn import functional as F
from npnn.ops import activation as ops
from npnn.ops.blockwise import BLOCK

ELEMENTWISE = {
    "sigmoid": (ops.Sigmoid, {}, lambda x: 1 / (1 + math.exp(-x))),
    "tanh": (ops.Tanh, {}, math.tanh),
    "logsigmoid": (ops.LogSigmoid, {}, lambda x: -math.log1p(math.exp(-x))),
    "softplus": (ops.Softplus, {}, lambda x: math.log1p(math.exp(x))),
    "softplus, sharp": (
        ops.Softplus,
        {"beta": 2.5, "threshold": 3.0},
        lambda x: x if 2.5 * x > 3 else math.log1p(math.exp(2.5 * x)) / 2.5,
    ),
    "silu": (ops.SiLU, {}, lambda x: x / (1 + math.exp(-x))),
    "mish": (ops.Mish, {}, lambda x: x * math.tanh(math.log1p(math.exp(x)))),
    "elu": (ops.ELU, {"alpha": 1.3}, lambda x: x if x > 0 else 1.3 * math.expm1(x)),
    "celu": (
        ops.ELU,
        {"alpha": 0.4, "c": 1 / 0.4},
        lambda x: x if x > 0 else 0.4 * math.expm1(x / 0.4),
    ),
    "selu": (
        ops.ELU,
        {"alpha": 1.7, "scale": 1.1},
        lambda x: 1.1 * (x if x > 0 else 1.7 * math.expm1(x)),
    ),
    "gelu": (ops.GELU, {}, lambda x: x * 0.5 * math.erfc(-x / math.sqrt(2))),
    "gelu, tanh": (
        ops.GELUTanh,
        {},
        lambda x: 0.5 * x * (1 + math.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))),
    ),
    "softsign": (ops.Softsign, {}, lambda x: x / (1 + abs(x))),
    "tanhshrink": (ops.Tanhshrink, {}, lambda x: x - math.tanh(x)),
}
CASES = pytest.mark.parametrize(
    ("operation", "options", "closed_form"), ELEMENTWISE.values(), ids=ELEMENTWISE
)


def normal(*shape, scale=2.0):
    return npnn.tensor(scale * np.random.default_rng(0).standard_normal(shape), requires_grad=True)


@CASES
def test_closed_form(operation, options, closed_form):
    x = np.linspace(-9, 9, 41)
    wanted = [closed_form(value) for value in x]
    np.testing.assert_allclose(operation.apply(x, **options), wanted, rtol=1e-12, atol=1e-15)


@CASES
def test_derivatives(operation, options, closed_form):
    x = normal(3, 5)
    assert npnn.autograd.gradcheck(lambda x: operation.apply(x, **options), x, rtol=1e-6, atol=1e-8)
    assert npnn.autograd.gradgradcheck(lambda x: operation.apply(x, **options), x, rtol=1e-6, atol=1e-8)


@CASES
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_large_arrays_and_dtypes(operation, options, closed_form, dtype):
    """Over several blocks, forward and backward are what they are for each element by itself."""
    random = np.random.default_rng(1)
    x, dy = (random.standard_normal((3, BLOCK // 2)).astype(dtype) for _ in range(2))
    leaf = npnn.tensor(x, requires_grad=True)
    y = operation.apply(leaf, **options)
    y.backward(npnn.tensor(dy))
    assert y.dtype == leaf.grad.dtype == dtype
    for column in (0, 1, BLOCK // 2 - 1):
        small = npnn.tensor(x[:, column].copy(), requires_grad=True)
        own = operation.apply(small, **options)
        own.backward(npnn.tensor(dy[:, column].copy()))
        tolerance = 8 * np.finfo(dtype).eps
        np.testing.assert_allclose(own.array, y.array[:, column], rtol=tolerance, atol=tolerance)
        np.testing.assert_allclose(
            small.grad.array, leaf.grad.array[:, column], rtol=tolerance, atol=tolerance
        )


@CASES
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_huge_numbers_neither_overflow_nor_become_nan(operation, options, closed_form, dtype):
    largest = float(np.finfo(dtype).max) / 4 if operation is not ops.GELUTanh else 200.0
    x = npnn.tensor([-largest, -200.0, 200.0, largest], dtype=dtype, requires_grad=True)
    y = operation.apply(x, **options)
    y.backward(npnn.ones_like(y))
    assert np.isfinite(y.array).all()
    assert np.isfinite(x.grad.array).all()


@pytest.mark.parametrize(("dtype", "rtol"), [("float32", 5e-7), ("float64", 1e-13)])
def test_gelu_keeps_its_tail(dtype, rtol):
    """(1 + erf(x/√2)) / 2 would have lost all its digits at -6 in float32, and at -9 in float64.

    What is wanted has itself the rounding of x/√2 in it, which erfc magnifies by x².
    """
    x = np.array([-3.0, -6.0, -9.0, -12.0], dtype)
    wanted = [value * 0.5 * math.erfc(-value / math.sqrt(2)) for value in x.tolist()]
    np.testing.assert_allclose(ops.GELU.apply(x), wanted, rtol=rtol)


def test_gelu_in_float32_is_right_to_a_few_units_in_the_last_place():
    """That of exp(-x²/2) included, in which the rounding of x² is magnified by x²/2."""
    x = np.linspace(-13, 13, 20_001).astype(np.float32)
    wanted = np.array([value * 0.5 * math.erfc(-value / math.sqrt(2)) for value in x.tolist()])
    ulp = np.spacing(np.abs(wanted).astype(np.float32))
    error = np.abs(ops.GELU.apply(x) - wanted) / ulp
    assert (error <= 4 + np.where(x < 0, x**2 / 2, 0)).all()
    assert error[np.abs(x) < 3].mean() < 1


@pytest.mark.parametrize("x", [np.float32(1.5), np.float32(np.inf), np.float32(-1e30)])
def test_gelu_of_one_number_and_of_extremes(x):
    y = ops.GELU.apply(np.asarray(x))
    assert y.dtype == np.float32
    assert y.shape == ()
    assert float(y) == pytest.approx(0.0 if x < 0 else float(x) * 0.5 * math.erfc(-float(x) / math.sqrt(2)))


@pytest.mark.parametrize("operation", [ops.SiLU, ops.GELU, ops.GELUTanh])
def test_the_slope_that_is_saved_is_the_one_that_is_recorded(operation):
    """The first comes of the fast formula for arrays, the second of the plain one on tensors."""
    x = normal(4, 3)
    (saved,) = npnn.autograd.grad(operation.apply(x).sum(), x)
    (recorded,) = npnn.autograd.grad(operation.apply(x).sum(), x, create_graph=True)
    assert recorded.requires_grad
    np.testing.assert_allclose(saved.array, recorded.array, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("operation", [ops.Sigmoid, ops.SiLU, ops.GELU])
def test_the_order_in_memory_is_kept(operation):
    """As on torch: dropout, which may come next, draws in that order."""
    x = np.random.default_rng(0).standard_normal((3, 4)).T
    y = operation.apply(x)
    assert y.flags.f_contiguous
    np.testing.assert_array_equal(y, operation.apply(x.copy()))


def test_elu_at_its_kink():
    """The first derivative is that from the left, the second that from the right."""
    x = npnn.tensor([0.0], dtype=npnn.float64, requires_grad=True)
    (dx,) = npnn.autograd.grad(ops.ELU.apply(x, alpha=3.0).sum(), x, create_graph=True)
    (ddx,) = npnn.autograd.grad(dx.sum(), x)
    assert (dx.item(), ddx.item()) == (3.0, 0.0)


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_glu(axis):
    x = normal(2, 4, 6)
    a, b = np.split(x.array, 2, axis)
    np.testing.assert_allclose(ops.GLU.apply(x, axis=axis).array, a / (1 + np.exp(-b)), rtol=1e-14)
    assert npnn.autograd.gradcheck(lambda x: ops.GLU.apply(x, axis=axis), x, rtol=1e-6, atol=1e-8)
    assert npnn.autograd.gradgradcheck(lambda x: ops.GLU.apply(x, axis=axis), x, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("axis", [0, 1, -1])
@pytest.mark.parametrize("operation", [ops.Softmax, ops.LogSoftmax])
def test_softmax(operation, axis):
    x = normal(2, 4, 3)
    wanted = np.exp(x.array) / np.exp(x.array).sum(axis, keepdims=True)
    wanted = wanted if operation is ops.Softmax else np.log(wanted)
    np.testing.assert_allclose(operation.apply(x, axis=axis).array, wanted, rtol=1e-13)
    assert npnn.autograd.gradcheck(lambda x: operation.apply(x, axis=axis), x, rtol=1e-6, atol=1e-8)
    assert npnn.autograd.gradgradcheck(lambda x: operation.apply(x, axis=axis), x, rtol=1e-6, atol=1e-8)


def test_softmax_of_minus_infinity():
    rows = np.array([[-np.inf, 0.0, -np.inf], [-np.inf, -np.inf, -np.inf]])
    np.testing.assert_array_equal(ops.Softmax.apply(rows)[0], [0, 1, 0])
    np.testing.assert_array_equal(ops.LogSoftmax.apply(rows)[0], [-np.inf, 0, -np.inf])
    assert np.isnan(ops.Softmax.apply(rows)[1]).all()


@pytest.mark.parametrize("operation", [ops.Softmax, ops.LogSoftmax])
def test_softmax_of_float16_adds_up_in_float32(operation):
    """2,048 equal numbers: in float16, sums of that size have no digits behind the point."""
    x = np.zeros((2, 3000), np.float16)
    y = operation.apply(x)
    assert y.dtype == np.float16
    wanted = 1 / 3000 if operation is ops.Softmax else -math.log(3000)
    np.testing.assert_allclose(y, wanted, rtol=5e-4)


def test_gumbel_softmax_draws_classes_in_proportion():
    """The frequencies of hard draws are the softmax of the logits, to within four standard deviations."""
    npnn.manual_seed(0)
    p = np.array([0.1, 0.2, 0.7])
    draws = F.gumbel_softmax(npnn.tensor(np.tile(np.log(p), (4000, 1))), hard=True).array
    assert set(np.unique(draws)) <= {0.0, 1.0}
    np.testing.assert_array_equal(draws.sum(-1), 1)
    np.testing.assert_array_less(np.abs(draws.mean(0) - p), 4 * np.sqrt(p * (1 - p) / 4000))


def test_gumbel_softmax_hard_has_the_soft_gradient():
    x = normal(4, 3)
    gradients = []
    for hard in (False, True):
        npnn.manual_seed(3)
        y = F.gumbel_softmax(x, tau=0.7, hard=hard)
        gradients.append(npnn.autograd.grad(y, x, npnn.tensor(np.arange(12.0).reshape(4, 3)))[0].array)
    np.testing.assert_array_equal(*gradients)
    assert gradients[0].any()
