"""Running extremes and products, differences, slopes and areas, as NumPy has them."""

import numpy as np
import pytest

import npnn

X = np.random.default_rng(0).standard_normal((3, 4))
X[1, 2] = np.nan


@pytest.mark.parametrize("axis", [0, -1])
def test_running(axis):
    x = npnn.tensor(X)
    for found, ufunc in ((x.cummax(axis), np.maximum), (x.cummin(axis), np.minimum)):
        np.testing.assert_array_equal(found.values, ufunc.accumulate(X, axis))
        np.testing.assert_array_equal(np.take_along_axis(X, found.indices.array, axis), found.values)
    np.testing.assert_array_equal(x.cumprod(axis), np.cumprod(X, axis))
    np.testing.assert_allclose(x.logcumsumexp(axis), np.log(np.cumsum(np.exp(X), axis)), rtol=1e-13)


def test_dtypes():
    assert npnn.tensor([True, True]).cumprod(0).dtype == np.int64
    assert npnn.tensor([2, 3]).cumprod(0, dtype=npnn.float32).dtype == np.float32
    assert npnn.tensor([3, 1, 3]).cummax(0).indices.tolist() == [0, 0, 2]
    assert npnn.tensor(3.0).cummax(0) == (3, 0)
    assert npnn.ones(0).cummin(0).values.shape == (0,)


def test_diff():
    x = npnn.tensor(X)
    for n in (1, 2, 3):
        np.testing.assert_array_equal(x.diff(n, 1), np.diff(X, n, 1))
    np.testing.assert_array_equal(
        npnn.diff(x, prepend=npnn.zeros(3, 1), append=npnn.ones(3, 2)),
        np.diff(X, prepend=np.zeros((3, 1)), append=np.ones((3, 2))),
    )
    assert x.diff(9).shape == (3, 0)
    assert npnn.tensor([True, False, False]).diff().tolist() == [True, False]
    np.testing.assert_array_equal(x.diff(0), X)


def test_areas():
    y, at = np.arange(12.0).reshape(3, 4) ** 2, np.array([0.0, 1, 3, 7])
    t = npnn.tensor(y)
    np.testing.assert_allclose(npnn.trapezoid(t, npnn.tensor(at)), np.trapezoid(y, at))
    np.testing.assert_allclose(npnn.trapz(t, dx=0.5, dim=0), np.trapezoid(y, dx=0.5, axis=0))
    running = npnn.cumulative_trapezoid(t, npnn.tensor(at))
    np.testing.assert_allclose(running, np.cumsum((y[:, 1:] + y[:, :-1]) / 2 * np.diff(at), 1))


@pytest.mark.parametrize(
    ("call", "error", "match"),
    [
        (lambda: npnn.tensor(1.0).diff(), RuntimeError, "at least one-dimensional"),
        (lambda: npnn.ones(2).diff(-1), RuntimeError, "order must be non-negative but got -1"),
        (lambda: npnn.trapezoid(npnn.ones(3), npnn.ones(2)), RuntimeError, "There must be one `x` value"),
        (lambda: npnn.ones(2).cummax(1), IndexError, "Dimension out of range"),
    ],
)
def test_refused(call, error, match):
    with pytest.raises(error, match=match):
        call()


@pytest.mark.parametrize("order", [1, 2])
def test_slopes(order):
    f, at = np.arange(12.0).reshape(3, 4) ** 2, [np.array([0.0, 1, 4]), np.array([0.0, 1, 3, 7])]
    for given in ([2.0, 0.5], at):
        wanted = np.gradient(f, *given, edge_order=order)
        found = npnn.gradient(
            npnn.tensor(f),
            spacing=[npnn.tensor(each) if np.ndim(each) else each for each in given],
            edge_order=order,
        )
        for one, other in zip(found, wanted, strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-13)
    (one,) = npnn.gradient(npnn.tensor([1, 2, 4]), dim=0)
    assert (one.dtype, one.tolist()) == (np.float32, [1, 1.5, 2])
    with pytest.raises(RuntimeError, match="a coordinate for each of the 3 points along axis 0, got 2"):
        npnn.gradient(npnn.tensor([1, 2, 4]), spacing=(npnn.arange(2),))
