"""Reductions as methods: arguments, dtypes, results; tests/ops/test_reduction.py has the mathematics."""

import math
import warnings

import numpy as np
import pytest

import npnn
from npnn.autograd import gradcheck

X = np.random.default_rng(0).standard_normal((2, 3, 4))


def leaf(values=X):
    return npnn.tensor(np.array(values), requires_grad=True)


@pytest.mark.parametrize("name", ["sum", "mean"])
def test_torchs_names_and_numpys(name):
    method, function = getattr(leaf().detach(), name), getattr(np, name)
    for theirs, ours in (
        ({}, {}),
        ({"axis": 1}, {"dim": 1}),
        ({"axis": (0, 2)}, {"dim": (0, 2)}),
        ({"axis": -1, "keepdims": True}, {"dim": -1, "keepdim": True}),
        ({}, {"dim": ()}),
        ({"dtype": np.float32}, {"dtype": npnn.float32}),
    ):
        expected = function(X, **theirs)
        np.testing.assert_allclose(method(**ours), expected, rtol=1e-6)
        np.testing.assert_allclose(method(**theirs), expected, rtol=1e-6)


def test_extremes_with_an_axis():
    x = leaf()
    for name, find in (("max", np.argmax), ("min", np.argmin)):
        result = getattr(x, name)(1)
        values, indices = result
        assert result.values is values
        np.testing.assert_array_equal(indices, find(X, 1))
        np.testing.assert_array_equal(values.detach(), getattr(np, name)(X, 1))
        assert getattr(x, name)(-1, True).indices.shape == (2, 3, 1)
        assert gradcheck(lambda x, name=name: getattr(x, name)(1).values, leaf())


def test_extremes_with_a_tensor():
    y = leaf(X[0])
    np.testing.assert_array_equal(leaf().max(y).detach(), np.maximum(X, X[0]))
    np.testing.assert_array_equal(leaf().min(y).detach(), np.minimum(X, X[0]))


def test_spread():
    x = leaf().detach()
    for dim in (None, 1, (0, 2)):
        for correction in (0, 1, 2):
            expected = np.var(X, dim, ddof=correction)
            np.testing.assert_allclose(x.var(dim, correction=correction), expected)
            np.testing.assert_allclose(x.std(dim, correction=correction), np.sqrt(expected))
    np.testing.assert_allclose(x.var(False), np.var(X))
    np.testing.assert_allclose(x.std(1, False, True), np.std(X, 1, keepdims=True))
    assert gradcheck(lambda x: (x.var(1), x.std((0, 2)), x.std()), leaf())
    assert npnn.autograd.gradgradcheck(lambda x: (x.var(0), x.std(-1)), leaf())


def test_the_deviation_of_equal_values_has_a_gradient_of_zero():
    x = npnn.ones(3, requires_grad=True)
    x.std().backward()
    assert x.grad.tolist() == [0, 0, 0]


@pytest.mark.parametrize(("values", "expected"), [([], "nan"), ([2.0], "nan"), ([1.0, 3.0], "inf")])
def test_without_degrees_of_freedom(values, expected):
    for name in ("var", "std"):
        with pytest.warns(UserWarning, match=rf"{name}\(\): degrees of freedom is <= 0"):
            assert str(getattr(npnn.tensor(values), name)(correction=2).item()) == expected


@pytest.mark.parametrize("p", [2, "fro", 1, 3, 0.5, 0, math.inf, -math.inf, None])
@pytest.mark.parametrize("dim", [None, 1, (0, 2)])
def test_norm(p, dim):
    def norm(row):
        sizes = np.abs(row)
        if p == 0:
            return np.count_nonzero(row)
        if p in (math.inf, -math.inf):
            return sizes.max() if p > 0 else sizes.min()
        power = 2 if p in ("fro", None) else p
        return (sizes**power).sum() ** (1 / power)

    rows = {
        None: X.reshape(1, -1),
        1: np.moveaxis(X, 1, -1).reshape(-1, 3),
        (0, 2): np.moveaxis(X, 1, 0).reshape(3, -1),
    }[dim]
    result = leaf().detach().norm(p, dim)
    np.testing.assert_allclose(result.reshape(-1), [norm(row) for row in rows], rtol=1e-12)


def test_norms_of_nothing_and_of_zero():
    assert npnn.zeros(0).norm().item() == npnn.zeros(0).norm(1).item() == npnn.zeros(0).norm(0).item() == 0
    assert npnn.zeros(2, 0).norm(3, 1).tolist() == [0, 0]
    assert npnn.zeros(2).norm(-1).item() == 0
    for p in (-1, math.inf, -math.inf):
        with pytest.raises(RuntimeError, match=f"cannot compute the {p} norm on an empty tensor"):
            npnn.zeros(2, 0).norm(p, 1)


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("dim", [0, 1, -1])
def test_order(dim, descending):
    values, indices = leaf().sort(dim, descending)
    expected = np.sort(X, dim)
    np.testing.assert_array_equal(values.detach(), np.flip(expected, dim) if descending else expected)
    np.testing.assert_array_equal(np.take_along_axis(X, indices.array, dim), values.detach())
    np.testing.assert_array_equal(leaf().argsort(dim, descending), indices)
    assert gradcheck(lambda x: x.sort(dim, descending).values, leaf())
    top = leaf().topk(2, dim, largest=descending)
    np.testing.assert_array_equal(top.indices, np.take(indices.array, [0, 1], dim))


def test_order_of_equal_values_and_nan():
    x = npnn.tensor([2.0, np.nan, 1.0, 2.0, 1.0])
    assert x.sort().indices.tolist() == [2, 4, 0, 3, 1]
    assert x.sort(descending=True).indices.tolist() == [1, 0, 3, 2, 4]


def test_integers_and_bools():
    n, b = npnn.tensor([100, 100, 100], dtype=npnn.int8), npnn.tensor([True, False, True])
    assert (n.sum().item(), n.sum().dtype) == (300, np.int64)
    assert (n.prod().item(), n.cumsum(0).tolist()) == (10**6, [100, 200, 300])
    assert (b.sum().item(), b.any().item(), b.all().item()) == (2, True, False)
    assert n.max().dtype == np.int8
    assert n.sum(dtype=npnn.int8).item() == 44


def test_without_axes():
    x = leaf(0.5)
    for name in [
        "sum",
        "mean",
        "prod",
        "amax",
        "logsumexp",
        "softmax",
        "cumsum",
        "max",
        "argmax",
        "all",
        "sort",
        "topk",
        "std",
        "var",
    ]:
        arguments = {"topk": (1, 0), "std": (0, False), "var": (-1, False)}.get(name, (0,))
        result = getattr(x, name)(*arguments)
        for part in result if isinstance(result, tuple) else (result,):
            assert part.shape == ()


def test_softmax_of_masked_rows_does_not_warn():
    x = npnn.tensor([[-np.inf, -np.inf], [-np.inf, 1.0]], requires_grad=True)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        y, logs = x.softmax(1), x.log_softmax(1)
        y[1].sum().backward()
    assert np.isnan(y[0].detach()).all()
    assert y[1].tolist() == [0, 1]
    assert logs[1].tolist() == [-np.inf, 0]
