"""Running products, with zeros in all places, and logarithms of running sums, of numbers of all sizes."""

import numpy as np
import pytest

from npnn.ops.cumulative import CumProd, LogCumSumExp

X = np.random.default_rng(0).standard_normal((3, 4, 2))


@pytest.mark.parametrize("zeros", [[], [0], [2], [3], [1, 2], [0, 3], [0, 1, 2, 3]])
def test_products_with_zeros(check, zeros):
    x = X[:, :, 0].copy()
    x[1, zeros] = 0
    check(CumProd, x, expected=np.cumprod(x, 1), axis=1)


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_along_each_axis(check, axis):
    check(CumProd, X, expected=np.cumprod(X, axis), axis=axis)
    check(LogCumSumExp, X, expected=np.log(np.cumsum(np.exp(X), axis)), axis=axis)


def test_nothing(check):
    for shape in ((0, 3), (3, 0)):
        check(CumProd, np.zeros(shape), expected=np.zeros(shape), axis=0)
        check(LogCumSumExp, np.zeros(shape), expected=np.zeros(shape), axis=0)


def test_no_overflow(check):
    """Against the logarithms worked out by hand: of e^1000 + e^0 only the first counts."""
    x = np.array([1000.0, 0.0, 1000.0, -1000.0])
    check(LogCumSumExp, x, expected=[1000, 1000, 1000 + np.log(2), 1000 + np.log(2)], axis=0)
