"""Statistics of tensors against NumPy's; test_tensor_database.py holds them against torch."""

import numpy as np
import pytest

import npnn

X = np.random.default_rng(0).standard_normal((3, 5))
HOLES = np.where(X > 1, np.nan, X)


def test_by_numpys_functions():
    x, holes = npnn.tensor(X), npnn.tensor(HOLES)
    counts, weights = np.array([1, 2, 1, 3, 1]), np.array([0.1, 0.5, 0.2, 0.9, 1.0])
    for ours, theirs in (
        (npnn.nansum(holes, 1), np.nansum(HOLES, 1)),
        (npnn.nanmean(holes, 0), np.nanmean(HOLES, 0)),
        (npnn.cov(x), np.cov(X)),
        (npnn.cov(x, correction=0), np.cov(X, ddof=0)),
        (
            npnn.cov(x, fweights=npnn.tensor(counts), aweights=npnn.tensor(weights)),
            np.cov(X, fweights=counts, aweights=weights),
        ),
        (npnn.corrcoef(x), np.corrcoef(X)),
        (npnn.count_nonzero(x > 0, 1), np.count_nonzero(X > 0, 1)),
    ):
        np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-14)


def test_both_at_once():
    x = npnn.tensor(X)
    for pair, one, other in (
        (npnn.std_mean(x, 1), x.std(1), x.mean(1)),
        (npnn.var_mean(x, False), x.var(False), x.mean()),
        (npnn.aminmax(x, dim=0), x.amin(0), x.amax(0)),
        (npnn.aminmax(x), x.amin(), x.amax()),
    ):
        assert npnn.equal(pair[0], one)
        assert npnn.equal(pair[1], other)


def test_renorm_shortens_what_is_too_long():
    y = npnn.renorm(npnn.tensor(X), 2, 0, 1.5)
    lengths = np.linalg.norm(X, axis=1)
    np.testing.assert_allclose(np.linalg.norm(y.array, axis=1), np.minimum(lengths, 1.5), rtol=1e-6)


def test_refused():
    x = npnn.tensor(X)
    for call, error in (
        (lambda: npnn.nanmean(npnn.arange(3)), RuntimeError),
        (lambda: npnn.cov(x[None]), RuntimeError),
        (lambda: npnn.cov(x, fweights=npnn.ones(5)), RuntimeError),
        (lambda: npnn.cov(x, aweights=npnn.ones(4)), RuntimeError),
        (lambda: npnn.corrcoef(x[None]), RuntimeError),
        (lambda: npnn.aminmax(npnn.ones(0)), RuntimeError),
        (lambda: npnn.renorm(x, 0, 0, 1.0), RuntimeError),
        (lambda: npnn.renorm(x, 2, 0, -1.0), RuntimeError),
        (lambda: npnn.renorm(x[0], 2, 0, 1.0), RuntimeError),
    ):
        with pytest.raises(error):
            call()
