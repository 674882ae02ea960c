"""Unfold and fold: against a loop over windows, as each other's transpose, and against convolution."""

import numpy as np
import pytest

from npnn.ops._windows import Windows
from npnn.ops.conv import Conv
from npnn.ops.fold import Fold, Unfold

GEOMETRIES = {
    "one axis": (Windows(7, 3, 3, 2),),
    "overlapping": (Windows(5, 4, 2, 1), Windows(6, 4, 3, 1)),
    "padded": (Windows(4, 3, 3, 2, padding=2), Windows(5, 4, 2, 2, padding=1)),
    "dilated": (Windows(8, 4, 2, 2, padding=1, dilation=3), Windows(6, 4, 3, 1, padding=1, dilation=2)),
    "apart": (Windows(7, 3, 2, 3), Windows(5, 3, 1, 2)),
    "three axes": (Windows(3, 2, 2, 1), Windows(4, 2, 2, 2), Windows(5, 2, 3, 2)),
}
SEVERAL = pytest.mark.parametrize("windows", GEOMETRIES.values(), ids=GEOMETRIES)


def drawn(windows, seed=0):
    return np.random.default_rng(seed).standard_normal((2, *(each.size for each in windows), 3))


@SEVERAL
def test_unfold(windows):
    x = drawn(windows)
    rows = Unfold.apply(x, windows=windows)
    kernel = tuple(each.kernel for each in windows)
    for number, out in enumerate(np.ndindex(*(each.out for each in windows))):
        wanted = np.zeros((2, 3, *kernel))
        for tap in np.ndindex(*kernel):
            each = list(zip(out, tap, windows, strict=True))
            place = [o * w.stride - w.padding + t * w.dilation for o, t, w in each]
            if all(0 <= p < w.size for p, w in zip(place, windows, strict=True)):
                wanted[(slice(None), slice(None), *tap)] = x[(slice(None), *place)]
        np.testing.assert_array_equal(rows[:, number], wanted.reshape(2, -1))


@SEVERAL
def test_fold_is_the_transpose_of_unfold(windows):
    x = drawn(windows)
    rows = Unfold.apply(x, windows=windows)
    other = np.random.default_rng(1).standard_normal(rows.shape)
    assert (rows * other).sum() == pytest.approx((x * Fold.apply(other, windows=windows)).sum(), rel=1e-12)


def end(windows):
    """Where the last window ends."""
    return windows.starts()[-1] + windows.dilation * (windows.kernel - 1) + 1


@SEVERAL
def test_a_convolution_is_a_product_of_rows(windows):
    x, kernel = drawn(windows), tuple(each.kernel for each in windows)
    weight = np.random.default_rng(2).standard_normal((*kernel, 3, 4))
    columns = np.moveaxis(weight, -2, 0).reshape(-1, 4)
    y = Conv.apply(
        x,
        weight,
        None,
        stride=tuple(w.stride for w in windows),
        dilation=tuple(w.dilation for w in windows),
        padding=tuple((w.padding, end(w) - w.size) for w in windows),
    )
    product = Unfold.apply(x, windows=windows) @ columns
    np.testing.assert_allclose(product.reshape(y.shape), y, rtol=1e-10, atol=1e-12)


@SEVERAL
def test_gradients(windows, check):
    x = drawn(windows)[:1, ..., :2]
    check(Unfold, x, windows=windows)
    check(Fold, Unfold.apply(x, windows=windows), windows=windows)


@pytest.mark.parametrize("dtype", ["float16", "float32", "complex64", "bool"])
def test_dtype_is_kept(dtype):
    windows = GEOMETRIES["overlapping"]
    rows = Unfold.apply(np.ones((1, 5, 6, 2), dtype), windows=windows)
    assert rows.dtype == Fold.apply(rows, windows=windows).dtype == np.dtype(dtype)
