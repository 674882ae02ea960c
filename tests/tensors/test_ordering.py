"""Medians, quantiles and places in sorted sequences, as NumPy has them."""

import numpy as np
import pytest

import npnn

X = np.random.default_rng(0).standard_normal((3, 4, 5))
NAN = np.where(X > 0.8, np.nan, X)
SORTED = np.sort(X, -1)


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_one_of_an_axis(axis):
    """The value is found, and is where it is said to be."""
    length = X.shape[axis]
    for k in (1, length):
        values, places = npnn.tensor(X).kthvalue(k, axis)
        np.testing.assert_array_equal(values, np.sort(X, axis).take(k - 1, axis))
        np.testing.assert_array_equal(places, np.argsort(X, axis).take(k - 1, axis))
    values, places = npnn.tensor(X).median(axis, keepdim=True)
    np.testing.assert_array_equal(values, np.sort(X, axis).take([(length - 1) // 2], axis))
    np.testing.assert_array_equal(values, np.take_along_axis(X, places.array, axis))


def test_medians_and_nan():
    t = npnn.tensor(NAN)
    expected = np.apply_along_axis(
        lambda row: np.sort(row[~np.isnan(row)])[(~np.isnan(row)).sum() - 1 >> 1], 2, NAN
    )
    np.testing.assert_array_equal(t.nanmedian(2).values, expected)
    np.testing.assert_array_equal(t.median(2).values, np.where(np.isnan(NAN).any(2), np.nan, expected))
    assert np.isnan(t.median().item())
    known = np.sort(NAN[~np.isnan(NAN)])
    assert t.nanmedian().item() == known[(known.size - 1) // 2]
    assert np.isnan(npnn.ones(0).median().item())


def test_equal_values():
    """Of equal ones any may be found; torch's indices are not defined there."""
    x = npnn.tensor([[3, 1, 3, 1, 2], [5, 5, 5, 1, 1]])
    for found in (x.mode(1), x.kthvalue(4, 1), x.median(1), x.topk(2)):
        index = found.indices if found.indices.ndim == 2 else found.indices.unsqueeze(1)
        np.testing.assert_array_equal(x.gather(1, index).squeeze(1), found.values)
    np.testing.assert_array_equal(x.mode(1).values, [1, 5])
    np.testing.assert_array_equal(x.mode(1).indices, [3, 2])
    np.testing.assert_array_equal(x.msort(), [[3, 1, 3, 1, 1], [5, 5, 5, 1, 2]])


@pytest.mark.parametrize("interpolation", ["linear", "lower", "higher", "midpoint", "nearest"])
def test_quantiles(interpolation):
    q = [0.0, 0.3, 0.5, 0.99, 1.0]
    x = npnn.tensor(X)
    for axis in (None, 1, -1):
        for keepdim in (False, True):
            found = x.quantile(npnn.tensor(q, dtype=npnn.float64), axis, keepdim, interpolation=interpolation)
            expected = np.quantile(X, q, axis, method=interpolation, keepdims=keepdim)
            np.testing.assert_allclose(found, expected, rtol=1e-13)
    np.testing.assert_allclose(
        npnn.tensor(NAN).nanquantile(0.4, 2, interpolation=interpolation),
        np.nanquantile(NAN, 0.4, 2, method=interpolation),
        rtol=1e-13,
    )
    assert np.isnan(npnn.tensor(NAN).quantile(0.4).item())


@pytest.mark.parametrize("right", [False, True])
def test_searchsorted(right):
    side = "right" if right else "left"
    values = np.concatenate([X[..., :2], SORTED[..., 1:3]], -1)
    found = npnn.searchsorted(npnn.tensor(SORTED), npnn.tensor(values), right=right)
    expected = np.sum(
        SORTED[..., None] <= values[..., None, :] if right else SORTED[..., None] < values[..., None, :], -2
    )
    np.testing.assert_array_equal(found, expected)
    unsorted = npnn.searchsorted(
        npnn.tensor(X), npnn.tensor(values), side=side, sorter=npnn.tensor(X).argsort(), out_int32=True
    )
    np.testing.assert_array_equal(unsorted, expected)
    assert unsorted.dtype == np.int32
    row = SORTED[0, 0]
    np.testing.assert_array_equal(
        npnn.bucketize(npnn.tensor(X), npnn.tensor(row), right=right), np.searchsorted(row, X, side)
    )
    assert npnn.searchsorted(npnn.tensor(row), 0.0).ndim == 0


@pytest.mark.parametrize(
    ("call", "error", "match"),
    [
        (lambda x: x.kthvalue(6), RuntimeError, "selected number k out of range for dimension 2"),
        (lambda x: x[:, :0].median(1), IndexError, "Expected reduction dim 1 to have non-zero size"),
        (lambda x: x[:, :0].mode(1), IndexError, "Expected reduction dim 1 to have non-zero size"),
        (lambda x: x.quantile(1.5), RuntimeError, r"q values must be in the range \[0, 1\]"),
        (lambda x: x.quantile(npnn.ones(1)), RuntimeError, "same dtype as the input"),
        (lambda x: x.quantile([[0.5]]), ValueError, "scalar or 1D"),
        (lambda x: x.long().quantile(0.5), RuntimeError, "either float or double dtype"),
        (lambda x: x.quantile(0.5, interpolation="up"), RuntimeError, "but got up"),
        (lambda x: x[:0].quantile(0.5), RuntimeError, "must be non-empty"),
        (lambda x: npnn.searchsorted(x, x[0]), RuntimeError, "first N-1 dimensions"),
        (lambda x: npnn.searchsorted(x, x, side="up"), RuntimeError, "side can only be"),
        (lambda x: npnn.searchsorted(x, x, side="left", right=True), RuntimeError, "opposites"),
        (lambda x: npnn.bucketize(x, x), RuntimeError, r"must be 1 dimension, but got dim\(3\)"),
    ],
)
def test_refused(call, error, match):
    with pytest.raises(error, match=match):
        call(npnn.tensor(X))


@pytest.mark.parametrize("largest", [True, False])
def test_the_foremost_of_many(largest):
    """Few of many are found without sorting all; nan counts as the largest, as in a sort."""
    many = np.random.default_rng(2).standard_normal((50, 3))
    many[[4, 17], 1] = np.nan
    x = npnn.tensor(many)
    for k in (0, 1, 5, 12, 13, 50):
        values, places = x.topk(k, 0, largest)
        expected = np.sort(many, 0)[::-1] if largest else np.sort(many, 0)
        np.testing.assert_array_equal(values, expected[:k])
        np.testing.assert_array_equal(np.take_along_axis(many, places.array, 0), values)
