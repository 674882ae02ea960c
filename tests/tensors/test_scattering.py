"""Scattering: values as NumPy's indexing gives them, in place, and what is refused."""

import numpy as np
import pytest

import npnn

X = np.random.default_rng(0).standard_normal((3, 4))
S = np.random.default_rng(1).standard_normal((2, 4))
I = np.array([[0, 2, 2, 1], [2, 0, 0, 1]])  # noqa: E741 - the index, as in the formula x[I] = S
COLUMNS = np.arange(4)


def x():
    return npnn.tensor(X)


s, i = npnn.tensor(S), npnn.tensor(I)
places = npnn.tensor([2, 0])


def with_(index, value, reduce=None):
    """A copy of X with a value written, or reduced, at an index."""
    y = X.copy()
    if reduce is None:
        y[index] = value
    else:
        reduce.at(y, index, value)
    return y


ALONG = (I[:1], COLUMNS)
EACH = (I, COLUMNS)


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        (x().scatter(0, i[:1], s), with_(ALONG, S[:1])),
        (x().scatter(0, i, 7.0), with_(EACH, 7)),
        (x().scatter(0, i, value=7), with_(EACH, 7)),
        (x().scatter(0, i, s, reduce="add"), with_(EACH, S, np.add)),
        (x().scatter(0, i, 2.0, reduce="multiply"), with_(EACH, 2, np.multiply)),
        (x().scatter_add(-2, i, s), with_(EACH, S, np.add)),
        (x().scatter_reduce(0, i, s, "sum"), with_(EACH, S, np.add)),
        (x().scatter_reduce(0, i, s, "prod"), with_(EACH, S, np.multiply)),
        (x().scatter_reduce(0, i, s, "amax"), with_(EACH, S, np.maximum)),
        (x().scatter_reduce(0, i, s, "amin"), with_(EACH, S, np.minimum)),
        (x().scatter_reduce(0, i[:1], s, "amax", include_self=False), with_(ALONG, S[:1])),
        (npnn.ones(3).scatter_reduce(0, places, npnn.tensor([3.0, 5.0]), "mean"), [3, 1, 2]),
        (
            npnn.ones(3).scatter_reduce(0, places, npnn.tensor([3.0, 5.0]), "mean", include_self=False),
            [5, 1, 3],
        ),
        (npnn.tensor([8, 8]).scatter_reduce(0, npnn.tensor([0]), npnn.tensor([3]), "mean"), [5, 8]),
        (x().scatter(0, i[:0], s), X),
        (npnn.tensor(1.0).scatter(0, npnn.tensor(0), npnn.tensor(4.0)), 4),
    ],
)
def test_values(result, expected):
    np.testing.assert_allclose(result, expected, rtol=1e-14)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("scatter", (0, i[:1], s)),
        ("scatter_add", (0, i, s)),
        ("scatter_reduce", (0, i, s, "prod")),
    ],
)
def test_in_place(name, arguments):
    """The same values, in the same memory; and the gradient of what was there before."""
    leaf = npnn.tensor(X, requires_grad=True)
    result = getattr(leaf, name)(*arguments)
    changed = leaf * 1
    assert getattr(changed, f"{name}_")(*arguments) is changed
    np.testing.assert_array_equal(changed.detach(), result.detach())
    cotangent = npnn.tensor(np.random.default_rng(2).standard_normal((3, 4)))
    one, two = (npnn.autograd.grad(y, leaf, cotangent)[0] for y in (result, changed))
    np.testing.assert_array_equal(one, two)


def test_an_index_that_has_changed_is_noticed():
    index, value = i[:1].clone(), npnn.ones(1, 4, requires_grad=True)
    for name in ("scatter", "scatter_add"):
        y = getattr(npnn.zeros(3, 4), name)(0, index, value)
        index.zero_()
        with pytest.raises(RuntimeError, match="modified by an inplace operation"):
            y.sum().backward()


@pytest.mark.parametrize(
    ("call", "error", "match"),
    [
        (
            lambda: x().scatter(0, i + 1, s),
            RuntimeError,
            "index 3 is out of bounds for dimension 0 with size 3",
        ),
        (lambda: x().scatter(0, i[0], s), RuntimeError, "same number of dimensions as self"),
        (lambda: x().scatter(0, npnn.ones(1, 1), s), RuntimeError, "Expected dtype int32/int64 for index"),
        (lambda: x().scatter(0, i, s.float()), RuntimeError, "Expected self.dtype to be equal to src.dtype"),
        (lambda: x().scatter(0, i, s[:1]), RuntimeError, "no larger size than src"),
        (lambda: x().scatter(0, i, s, reduce="mean"), RuntimeError, "either add or multiply"),
        (
            lambda: x().scatter_reduce(0, i, s, "add"),
            RuntimeError,
            "reduce argument must be either sum, prod",
        ),
        (lambda: npnn.ones(3, requires_grad=True).scatter_(0, places, 0), RuntimeError, "a leaf Variable"),
    ],
)
def test_refused(call, error, match):
    with pytest.raises(error, match=match):
        call()
