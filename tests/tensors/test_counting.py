"""Unique values, membership and histograms, as NumPy has them."""

import numpy as np
import pytest

import npnn

X = np.random.default_rng(0).integers(0, 4, (5, 3))
F = np.random.default_rng(1).standard_normal((6, 5))


def test_unique():
    values, inverse, counts = npnn.tensor(X).unique(return_inverse=True, return_counts=True)
    np.testing.assert_array_equal(values[inverse], X)
    np.testing.assert_array_equal(counts, np.bincount(X.ravel())[values.array])
    rows, inverse = npnn.unique(npnn.tensor(X % 2), dim=0, return_inverse=True)
    np.testing.assert_array_equal(rows[inverse], X % 2)
    np.testing.assert_array_equal(rows, np.unique(X % 2, axis=0))
    assert npnn.unique(npnn.tensor([2, 1, 2])).tolist() == [1, 2]
    assert npnn.unique(npnn.tensor([float("nan")] * 2)).shape == (2,)


def test_unique_consecutive():
    x = npnn.tensor([[1, 1, 2], [2, 2, 2], [2, 2, 2], [1, 3, 3]])
    values, inverse, counts = x.unique_consecutive(return_inverse=True, return_counts=True)
    assert values.tolist() == [1, 2, 1, 3]
    assert counts.tolist() == [2, 7, 1, 2]
    np.testing.assert_array_equal(values[inverse], x)
    rows, counts = npnn.unique_consecutive(x, dim=0, return_counts=True)
    assert (rows.tolist(), counts.tolist()) == ([[1, 1, 2], [2, 2, 2], [1, 3, 3]], [1, 2, 1])
    assert npnn.ones(0).unique_consecutive().shape == (0,)


def test_isin():
    np.testing.assert_array_equal(npnn.isin(npnn.tensor(X), npnn.tensor([1, 3])), X % 2 == 1)
    np.testing.assert_array_equal(npnn.isin(npnn.tensor(X), 2, invert=True), X != 2)


def test_bincount():
    x, weights = X.ravel(), F.ravel()[:15]
    np.testing.assert_array_equal(npnn.tensor(x).bincount(minlength=9), np.bincount(x, minlength=9))
    weighted = npnn.bincount(npnn.tensor(x), npnn.tensor(weights))
    np.testing.assert_array_equal(weighted, np.bincount(x, weights), strict=True)
    assert npnn.bincount(npnn.tensor(x), npnn.ones(15)).dtype == np.float32


def test_histograms():
    x = npnn.tensor(F)
    np.testing.assert_array_equal(x.histc(7), np.histogram(F, 7)[0])
    np.testing.assert_array_equal(x.histc(4, -0.5, 1.25), np.histogram(F, 4, (-0.5, 1.25))[0])
    edges = np.array([-1, 0, 0.25, 3])
    for bins, numpys in ((3, 3), (npnn.tensor(edges), edges)):
        for options in ({}, {"density": True}, {"weight": npnn.tensor(abs(F))}):
            found, at = x.histogram(bins, **options)
            named = {"weights" if name == "weight" else name: v for name, v in options.items()}
            expected, limits = np.histogram(
                F, numpys, **{n: getattr(v, "array", v) for n, v in named.items()}
            )
            np.testing.assert_allclose(found, expected, rtol=1e-14)
            np.testing.assert_allclose(at, limits, rtol=1e-14)
    assert npnn.ones(3).histc(4).tolist() == [0, 0, 3, 0]
    assert npnn.ones(3).histogram(2).bin_edges.tolist() == [0.5, 1, 1.5]


@pytest.mark.parametrize(
    ("call", "match"),
    [
        (lambda: npnn.tensor([-1]).bincount(), "1-d non-negative integral"),
        (lambda: npnn.tensor([1]).bincount(npnn.ones(2)), "same length as input"),
        (lambda: npnn.tensor([1]).bincount(minlength=-1), "minlength should be >= 0"),
        (lambda: npnn.ones(2).histc(0), "bins must be > 0, but got 0"),
        (lambda: npnn.ones(2).histc(3, 2, 1), "max must be larger than min"),
        (lambda: npnn.tensor([np.inf, 1]).histc(), "is not finite"),
        (lambda: npnn.ones(2).histogram(0), "bins must be > 0, but got 0"),
        (lambda: npnn.ones(2).histogram(npnn.tensor(F[0])), "same dtype"),
    ],
)
def test_refused(call, match):
    with pytest.raises(RuntimeError, match=match):
        call()
