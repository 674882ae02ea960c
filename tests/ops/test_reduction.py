"""Reductions: against loops written out in Python, and differences, along every choice of axes."""

import itertools
import math

import numpy as np
import pytest

import npnn
from npnn.ops import reduction as ops

RANDOM = np.random.default_rng(0)
X = RANDOM.standard_normal((2, 3, 2))
AXES = [None, 0, 1, -1, (0, 2), (-1, 0), (0, 1, 2)]


def reduced(function, x, axis, keepdims):
    """A function of a list of numbers along axes of an array, by a loop over what remains."""
    axes = range(x.ndim) if axis is None else (axis,) if isinstance(axis, int) else axis
    axes = {a % x.ndim for a in axes}
    kept = [a for a in range(x.ndim) if a not in axes]
    result = np.empty([1 if a in axes else n for a, n in enumerate(x.shape)])
    for place in itertools.product(*(range(x.shape[a]) for a in kept)):
        index = [slice(None)] * x.ndim
        target = [0] * x.ndim
        for a, i in zip(kept, place, strict=True):
            index[a] = target[a] = i
        result[tuple(target)] = function(x[tuple(index)].reshape(-1).tolist())
    return result if keepdims else result.reshape([n for a, n in enumerate(x.shape) if a not in axes])


REDUCTIONS = [
    (ops.Sum, math.fsum, {}),
    (ops.Mean, lambda values: math.fsum(values) / len(values), {}),
    (ops.Max, max, {}),
    (ops.Min, min, {}),
    (ops.LogSumExp, lambda values: math.log(math.fsum(map(math.exp, values))), {}),
    (ops.Norm, lambda values: math.sqrt(math.fsum(v * v for v in values)), {}),
    (ops.PNorm, lambda values: math.fsum(abs(v) for v in values), {"p": 1.0}),
    (ops.PNorm, lambda values: math.fsum(abs(v) ** 3 for v in values) ** (1 / 3), {"p": 3.0}),
    (ops.PNorm, lambda values: math.fsum(abs(v) ** 0.5 for v in values) ** 2, {"p": 0.5}),
]


@pytest.mark.parametrize(("operation", "function", "options"), REDUCTIONS)
@pytest.mark.parametrize("keepdims", [False, True])
class TestReductions:
    @pytest.mark.parametrize("axis", AXES)
    def test_along_axes(self, check, operation, function, options, axis, keepdims):
        expected = reduced(function, X, axis, keepdims)
        check(operation, X, expected=expected, axis=axis, keepdims=keepdims, **options)

    def test_without_axes(self, check, operation, function, options, keepdims):
        x = np.array(0.7)
        check(operation, x, expected=function([0.7]), axis=None, keepdims=keepdims, **options)

    def test_where_nothing_remains(self, check, operation, function, options, keepdims):
        check(operation, np.zeros((0, 3)), axis=1, keepdims=keepdims, **options)


@pytest.mark.parametrize("axis", [None, 0, 1, -1])
@pytest.mark.parametrize("keepdims", [False, True])
def test_prod(check, axis, keepdims):
    check(ops.Prod, X, expected=reduced(math.prod, X, axis, keepdims), axis=axis, keepdims=keepdims)


@pytest.mark.parametrize("zeros", [[1], [0, 2], [0, 1, 2]])
def test_prod_with_zeros(check, zeros):
    x = np.array([0.5, -2.0, 3.0])
    x[zeros] = 0
    check(ops.Prod, x)
    check(ops.Prod, np.stack([x, x + 1]), axis=1)


def test_prod_of_many_in_linear_memory():
    x = npnn.tensor(np.ones(100_000), requires_grad=True)
    x.prod().backward()
    np.testing.assert_array_equal(x.grad, np.ones(100_000))


def test_cumsum(check):
    for axis in (0, 1, -1):
        expected = np.apply_along_axis(
            lambda row: [math.fsum(row[: i + 1]) for i in range(len(row))], axis, X
        )
        check(ops.CumSum, X, expected=expected, axis=axis)


@pytest.mark.parametrize(
    ("operation", "values"), [(ops.Max, [1.0, 3.0, 3.0, 2.0]), (ops.Min, [5.0, 3.0, 3.0, 4.0])]
)
def test_ties_share_the_gradient(operation, values):
    x = npnn.tensor(np.array([values, values[::-1]]), requires_grad=True)
    operation.apply(x, axis=1).backward(npnn.tensor(np.array([4.0, 6.0])))
    np.testing.assert_array_equal(x.grad, [[0, 2, 2, 0], [0, 3, 3, 0]])


@pytest.mark.parametrize("operation", [ops.Max, ops.Min])
def test_the_extreme_of_nan_is_nan(operation):
    x = npnn.tensor([1.0, np.nan, 2.0, np.nan], dtype=npnn.float64, requires_grad=True)
    y = operation.apply(x)
    y.backward()
    assert np.isnan(y.item())
    np.testing.assert_array_equal(x.grad, [0, 0.5, 0, 0.5])


@pytest.mark.parametrize("options", [{"p": 3.0}, {"p": 1.5}, {"p": 1.0}, None])
def test_norms_have_a_gradient_of_zero_at_zero(options):
    x = npnn.tensor(np.zeros(3), requires_grad=True)
    (ops.Norm.apply(x) if options is None else ops.PNorm.apply(x, **options)).backward()
    np.testing.assert_array_equal(x.grad, [0, 0, 0])


def test_float16_adds_up_in_float32():
    x = npnn.ones(3000, 3, dtype=npnn.float16)
    np.testing.assert_array_equal(x.sum(0), [3000] * 3)
    np.testing.assert_array_equal(x.mean(0), [1] * 3)
    np.testing.assert_allclose((x * 300).norm(dim=0), [300 * math.sqrt(3000)] * 3, rtol=1e-3)


class TestNothingWarns:
    """As nothing is wrong: torch is silent, and these happen in normal use."""

    def test_the_mean_of_nothing(self):
        x = npnn.zeros(0, requires_grad=True)
        x.mean().backward()
        assert np.isnan(x.detach().mean().item())
        assert npnn.zeros(2, 0).mean(1).isnan().all()

    def test_logsumexp_of_masked_rows(self):
        x = npnn.tensor([[-np.inf, -np.inf], [-np.inf, 1.0]], dtype=npnn.float64, requires_grad=True)
        y = x.logsumexp(1)
        np.testing.assert_array_equal(y.detach(), [-np.inf, 1])

    def test_logsumexp_of_large_values(self):
        np.testing.assert_allclose(npnn.tensor([1e4, 1e4]).logsumexp(0).item(), 1e4 + math.log(2))
        assert npnn.tensor([np.inf, 1.0]).logsumexp(0).item() == np.inf
        assert npnn.zeros(2, 0).logsumexp(1).tolist() == [-np.inf, -np.inf]
