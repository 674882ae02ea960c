"""Slices and elements written: values as NumPy's indexing gives them, in place, and what is refused."""

import numpy as np
import pytest

import npnn

X = np.random.default_rng(0).standard_normal((3, 4))
S = np.random.default_rng(1).standard_normal((2, 4))


def x():
    return npnn.tensor(X)


s, places = npnn.tensor(S), npnn.tensor([2, 0])


def with_(index, value, reduce=None):
    """A copy of X with a value written, or reduced, at an index."""
    y = X.copy()
    if reduce is None:
        y[index] = value
    else:
        reduce.at(y, index, value)
    return y


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        (x().index_add(0, places, s, alpha=3), with_([2, 0], X[[2, 0]] + 3 * S)),
        (x().index_add(0, npnn.tensor([1, 1]), s), with_([1], X[1] + S.sum(0))),
        (x().index_copy(0, places, s), with_([2, 0], S)),
        (x().index_fill(1, npnn.tensor([-1, 0]), 5), with_((slice(None), [-1, 0]), 5)),
        (x().index_reduce(0, places, s, "amax"), with_([2, 0], S, np.maximum)),
        (x().index_put((places, None), s), with_([2, 0], S)),
        (x().index_put((npnn.tensor([1, 1]),), s, accumulate=True), with_([1, 1], S, np.add)),
        (x().put(npnn.tensor([0, -1]), s[0, :2]), with_(([0, 2], [0, 3]), S[0, :2])),
        (x().masked_scatter(x() > 0, x() * 2), with_(X > 0, 2 * X.ravel()[: (X > 0).sum()])),
        (x().select_scatter(s[0], 0, -1), with_(-1, S[0])),
        (x().slice_scatter(s, start=0, end=3, step=2), with_(slice(0, 3, 2), S)),
    ],
)
def test_values(result, expected):
    np.testing.assert_allclose(result, expected, rtol=1e-14)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("index_add", (0, places, s)),
        ("index_copy", (0, places, s)),
        ("index_fill", (0, places, 2)),
        ("index_put", ((places,), s)),
        ("index_reduce", (0, places, s, "mean")),
        ("masked_scatter", (npnn.tensor([True]), npnn.tensor(X) * 2)),
        ("put", (npnn.tensor([3, 1]), s[0, :2])),
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


def test_the_index_may_change_after_the_call():
    """What was written to is what gets the gradient."""
    mask, index = npnn.tensor([True, False, True]), npnn.tensor([2, 0])
    for write, places in (
        (lambda x, v: x.index_put((mask,), v), mask),
        (lambda x, v: x.index_put((index,), v, accumulate=True), index),
        (lambda x, v: x.index_put((index,), v), index),
        (lambda x, v: x.index_add(0, index, v), index),
        (lambda x, v: x.masked_scatter(mask, v), mask),
    ):
        x, value = (npnn.zeros(n, requires_grad=True) for n in (3, 2))
        before = places.clone()
        y = write(x, value)
        places.zero_()
        y.backward(npnn.tensor([2.0, 3.0, 5.0]))
        places.copy_(before)
        assert value.grad.tolist() == ([2, 5] if places is mask else [5, 2])


@pytest.mark.parametrize(
    ("call", "error", "match"),
    [
        (lambda: x().index_add(0, places, s[:1]), RuntimeError, "Number of indices should be equal"),
        (lambda: x().index_add(0, places[None], s), IndexError, "supposed to be a vector"),
        (lambda: x().index_copy(0, places + 1, s), IndexError, "index 3 out of range"),
        (lambda: x().index_fill(0, places, s), RuntimeError, "0-dimensional value tensor"),
        (lambda: x().index_reduce(0, places, s, "sum"), RuntimeError, "one of prod, mean, amax or amin"),
        (lambda: x().index_put((places,), s.float()), RuntimeError, "source and destination dtypes match"),
        (lambda: x().put(places, s), RuntimeError, "same number of elements"),
        (lambda: x().masked_scatter(x(), x()), RuntimeError, "only supports boolean masks"),
        (lambda: x().masked_scatter(x() < 99, s), RuntimeError, "source < number of ones in mask: 8 < 12"),
        (lambda: x().select_scatter(s, 0, 0), RuntimeError, "size equal to the slice of self"),
        (lambda: x().select_scatter(s[0], 0, 3), IndexError, "selected index 3 out of range"),
        (lambda: x().slice_scatter(s, step=0), RuntimeError, "slice step must be positive"),
    ],
)
def test_refused(call, error, match):
    with pytest.raises(error, match=match):
        call()
