"""Pooling against a slow twin that takes one window at a time, and its gradients against differences."""

import itertools
import math

import numpy as np
import pytest

import npnn
from npnn.autograd.function import Context
from npnn.ops import _im2col, _maxima, pool
from npnn.ops._maxima import maxima
from npnn.ops._windows import Windows
from npnn.ops.pool import (
    AtWinners,
    AvgPool,
    AvgPoolInput,
    LPPool,
    MaxPool,
    MaxUnpool,
    ToWinners,
    divisors,
)

ONE = (Windows(9, 4, 3, 2),)
OVERLAPPING = (Windows(6, 4, 3, 1), Windows(7, 3, 3, 2))
PADDED = (Windows(5, 3, 3, 2, padding=1), Windows(6, 4, 2, 2, padding=1))
DILATED = (Windows(9, 4, 2, 2, padding=1, dilation=3), Windows(7, 2, 3, 2, padding=1, dilation=2))
APART = (Windows(8, 3, 2, 3), Windows(5, 3, 1, 2))
# The last window along the first axis reaches beyond the padding.
BEYOND = (Windows(6, 4, 3, 2, padding=1), Windows(7, 3, 4, 3, padding=1))
THREE = (Windows(3, 2, 2, 1), Windows(5, 3, 3, 2, padding=1), Windows(4, 2, 2, 2))
GEOMETRIES = {
    "one axis": ONE,
    "overlapping": OVERLAPPING,
    "padded": PADDED,
    "dilated": DILATED,
    "apart": APART,
    "beyond": BEYOND,
    "three axes": THREE,
}
SEVERAL = pytest.mark.parametrize("windows", GEOMETRIES.values(), ids=GEOMETRIES)


def drawn(windows, dtype=np.float64, batch=2, channels=3):
    """Numbers of which no two are equal."""
    shape = (batch, *(each.size for each in windows), channels)
    values = np.random.default_rng(0).permutation(math.prod(shape)) - math.prod(shape) / 2
    return (values.reshape(shape) / 7).astype(dtype)


def elements(windows, out):
    """The places on the input of one window's elements, read row by row."""
    along_axes = []
    for o, w in zip(out, windows, strict=True):
        places = (o * w.stride - w.padding + t * w.dilation for t in range(w.kernel))
        along_axes.append([place for place in places if 0 <= place < w.size])
    return list(itertools.product(*along_axes))


def one_at_a_time(x, windows, find):
    """What `find` makes of each window: of its values and of their places in the flattened input."""
    sizes, out = x.shape[1:-1], tuple(w.out for w in windows)
    results = np.empty((x.shape[0], *out, x.shape[-1]), object)
    for n, c in itertools.product(range(x.shape[0]), range(x.shape[-1])):
        for o in np.ndindex(*out):
            places = elements(windows, o)
            values = [x[(n, *place, c)] for place in places]
            results[(n, *o, c)] = find(values, [int(np.ravel_multi_index(place, sizes)) for place in places])
    return results


def first_maximum(values, places):
    """As torch finds it: from the first element on, a later one counts if it is greater, or nan."""
    best, where = values[0], places[0]
    for value, place in zip(values, places, strict=True):
        if value > best or np.isnan(value):
            best, where = value, place
    return best, where


def assert_same_maxima(x, windows):
    y, index = MaxPool.apply(x, windows=windows, return_indices=True)
    wanted = one_at_a_time(x, windows, first_maximum)
    np.testing.assert_array_equal(y, np.vectorize(lambda pair: pair[0], otypes=[x.dtype])(wanted))
    np.testing.assert_array_equal(index, np.vectorize(lambda pair: pair[1], otypes=[np.int64])(wanted))
    np.testing.assert_array_equal(MaxPool.apply(x, windows=windows), y)
    assert y.dtype == x.dtype
    assert index.dtype == np.int64


@SEVERAL
@pytest.mark.parametrize("dtype", ["float64", "float32", "float16", "int64"])
def test_max(windows, dtype):
    assert_same_maxima(drawn(windows, dtype), windows)


@SEVERAL
def test_max_with_ties(windows):
    x = np.random.default_rng(0).integers(0, 3, drawn(windows).shape).astype(np.float64)
    assert_same_maxima(x, windows)


@SEVERAL
def test_max_with_infinities_and_nan(windows):
    values = [-np.inf] * 6 + [np.nan, 1.0, 2.0, np.inf]
    assert_same_maxima(np.random.default_rng(1).choice(values, drawn(windows).shape), windows)


def test_max_of_more_taps_than_a_byte_counts():
    windows = (Windows(700, 2, 400, 300),)
    assert_same_maxima(drawn(windows, channels=1), windows)


def test_max_untracked_is_the_same():
    x = drawn(PADDED)
    y, winner = maxima(x, PADDED, track=False)
    assert winner is None
    np.testing.assert_array_equal(y, maxima(x, PADDED, track=True)[0])


def test_a_window_without_any_tap_on_the_input():
    windows = (Windows(2, 1, 2, 1, padding=1, dilation=3),) * 2
    x = np.arange(4.0).reshape(1, 2, 2, 1)
    y, index = MaxPool.apply(x, windows=windows, return_indices=True)
    assert y.item() == -np.inf
    assert index.item() == 6  # as torch has it
    ctx = Context()
    MaxPool.forward(ctx, x, windows=windows)
    np.testing.assert_array_equal(MaxPool.backward(ctx, np.ones((1, 1, 1, 1)))[0], np.zeros_like(x))


@SEVERAL
def test_max_gradient(windows, check):
    check(MaxPool, drawn(windows, batch=1, channels=2), windows=windows)


@SEVERAL
def test_max_gradient_goes_to_the_index(windows):
    x, random = drawn(windows), np.random.default_rng(2)
    ctx = Context()
    y, index = MaxPool.forward(ctx, x, windows=windows, return_indices=True)
    dy = random.standard_normal(y.shape)
    dx = np.zeros((x.shape[0], math.prod(x.shape[1:-1]), x.shape[-1]))
    for n, c in itertools.product(range(x.shape[0]), range(x.shape[-1])):
        np.add.at(dx[n, :, c], index[n, ..., c].ravel(), dy[n, ..., c].ravel())
    np.testing.assert_allclose(MaxPool.backward(ctx, dy)[0], dx.reshape(x.shape), rtol=1e-12)


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16"])
@pytest.mark.parametrize("value", [np.inf, np.nan])
def test_what_is_not_finite_in_a_gradient_stays_in_its_place(value, dtype):
    windows = (Windows(6, 3, 2, 2),)
    x = np.array([1, 2, 4, 3, 5, 6], dtype).reshape(1, 6, 1)
    ctx = Context()
    y = MaxPool.forward(ctx, x, windows=windows)
    dy = np.array([1, value, 3], dtype).reshape(y.shape)
    np.testing.assert_array_equal(MaxPool.backward(ctx, dy)[0].ravel(), [0, 1, value, 0, 0, 3])


@SEVERAL
def test_to_winners_is_the_transpose_of_at_winners(windows):
    x, random = drawn(windows), np.random.default_rng(3)
    y, winner = maxima(x, windows, track=True)
    np.testing.assert_array_equal(AtWinners.apply(x, winner=winner, windows=windows), y)
    v, u = random.standard_normal(x.shape), random.standard_normal(y.shape)
    left = (AtWinners.apply(v, winner=winner, windows=windows) * u).sum()
    right = (v * ToWinners.apply(u, winner=winner, windows=windows)).sum()
    assert left == pytest.approx(right, rel=1e-12)


@SEVERAL
@pytest.mark.parametrize("count_include_pad", [True, False])
def test_avg(windows, count_include_pad):
    windows = tuple(each._replace(dilation=1) for each in windows)
    x = drawn(windows)
    wanted = one_at_a_time(x, windows, lambda values, places: sum(values))
    counts = np.array(
        [
            (
                len(elements(windows, out))
                if not count_include_pad
                else math.prod(
                    sum(o * w.stride + t < w.size + 2 * w.padding for t in range(w.kernel))
                    for o, w in zip(out, windows, strict=True)
                )
            )
            for out in np.ndindex(*(w.out for w in windows))
        ]
    ).reshape(*(w.out for w in windows), 1)
    divisor = divisors(windows, count_include_pad)
    np.testing.assert_array_equal(np.broadcast_to(divisor, counts.shape), counts)
    y = AvgPool.apply(x, windows=windows, divisor=divisor)
    np.testing.assert_allclose(y, (wanted / counts).astype(float), rtol=1e-12, atol=1e-12)


def test_avg_of_integers_is_cut_off():
    windows = (Windows(4, 2, 2, 2),)
    x = np.array([-3, 0, 3, 4]).reshape(1, 4, 1)
    y = AvgPool.apply(x, windows=windows, divisor=2)
    assert y.ravel().tolist() == [-1, 3]
    assert y.dtype == np.int64
    assert AvgPool.apply(x, windows=windows, divisor=-2).ravel().tolist() == [1, -3]


def test_avg_sums_float16_in_float32():
    windows = (Windows(4096, 1, 4096, 4096),)
    assert AvgPool.apply(np.ones((1, 4096, 1), np.float16), windows=windows, divisor=4096.0).item() == 1


@SEVERAL
def test_avg_gradient(windows, check):
    divisor = divisors(windows, count_include_pad=False)
    check(AvgPool, drawn(windows, batch=1, channels=2), windows=windows, divisor=divisor)


@SEVERAL
def test_avg_input_is_the_transpose_of_avg(windows):
    random, divisor = np.random.default_rng(4), divisors(windows, count_include_pad=True)
    x = random.standard_normal(drawn(windows).shape)
    y = AvgPool.apply(x, windows=windows, divisor=divisor)
    dy = random.standard_normal(y.shape)
    right = (x * AvgPoolInput.apply(dy, windows=windows, divisor=divisor)).sum()
    assert (y * dy).sum() == pytest.approx(right, rel=1e-12)


@SEVERAL
@pytest.mark.parametrize("p", [1, 2, 3.5])
def test_lp(windows, p, check):
    x = np.random.default_rng(5).uniform(0.5, 1.5, drawn(windows, batch=1, channels=2).shape)
    norms = one_at_a_time(x, windows, lambda values, places: sum(value**p for value in values) ** (1 / p))
    check(LPPool, x, p=p, windows=windows, divisor=1.0, expected=norms.astype(float))


def test_lp_of_zeros_has_no_gradient():
    windows = (Windows(4, 2, 2, 2),)
    ctx = Context()
    x = np.array([0.0, 0.0, 3.0, 4.0]).reshape(1, 4, 1)
    y = LPPool.forward(ctx, x, p=2, windows=windows, divisor=1.0)
    (dx,) = LPPool.backward(ctx, np.ones_like(y))
    assert y.ravel().tolist() == [0, 5]
    np.testing.assert_allclose(dx.ravel(), [0, 0, 0.6, 0.8])


@SEVERAL
def test_unpool_puts_maxima_where_they_were(windows):
    x = drawn(windows)
    y, index = MaxPool.apply(x, windows=windows, return_indices=True)
    back = MaxUnpool.apply(y, index, spatial=x.shape[1:-1])
    found = np.isin(x, y)
    np.testing.assert_array_equal(back[back != 0], x[found & (back != 0)])
    np.testing.assert_array_equal(np.unique(back[back != 0]), np.unique(y[y != 0]))


def test_unpool_gradient(check):
    # No index twice: there the function has no derivative.
    y, index = MaxPool.apply(drawn(APART), windows=APART, return_indices=True)
    check(MaxUnpool, y, index, spatial=(8, 5))


def test_unpool_of_one_place_twice():
    x, index = np.array([1.0, 2.0]).reshape(1, 2, 1), np.array([1, 1]).reshape(1, 2, 1)
    ctx = Context()
    assert MaxUnpool.forward(ctx, x, index, spatial=(3,)).ravel().tolist() == [0, 2, 0]
    dx, dindex = MaxUnpool.backward(ctx, np.array([5.0, 6.0, 7.0]).reshape(1, 3, 1))
    assert dx.ravel().tolist() == [6, 6]
    assert dindex is None


def test_an_empty_batch():
    x = npnn.tensor(drawn(PADDED)[:0], requires_grad=True)
    y, index = MaxPool.apply(x, windows=PADDED, return_indices=True)
    assert y.shape == index.shape == (0, 3, 4, 3)
    y.sum().backward()
    assert x.grad.shape == x.shape


@SEVERAL
@pytest.mark.parametrize("short", [1, 2**20])
def test_same_bits_whether_rows_are_copied_or_not(windows, short, monkeypatch):
    x = drawn(windows, np.float32, channels=35)
    average = {"windows": windows, "divisor": 2.0}
    expected = *maxima(x, windows, track=True), AvgPool.apply(x, **average)
    for module, name in ((_maxima, "BUFFER"), (_maxima, "SHORT_RUN"), (pool, "SHORT_RUN")):
        monkeypatch.setattr(module, name, short)
    results = *maxima(x, windows, track=True), AvgPool.apply(x, **average)
    for one, other in zip(expected, results, strict=True):
        np.testing.assert_array_equal(one, other)


@SEVERAL
def test_same_bits_in_any_blocks_on_any_number_of_threads(windows, monkeypatch):
    x = drawn(windows, np.float32, batch=7, channels=35)
    y, winner = maxima(x, windows, track=True)
    dy = np.random.default_rng(0).standard_normal(y.shape).astype(np.float32)

    def results():
        average = {"windows": windows, "divisor": divisors(windows, True)}
        return (
            *(maxima(x, windows, track=False)[0], maxima(x, windows, track=True)[1]),
            ToWinners.apply(dy, winner=winner, windows=windows),
            AvgPool.apply(x, **average),
            AvgPoolInput.apply(dy, **average),
        )

    expected, threads = results(), npnn.get_num_threads()
    monkeypatch.setattr(_im2col, "BLOCK_BYTES", (1000, 1000))
    for number in (1, 3):
        npnn.set_num_threads(number)
        for one, other in zip(expected, results(), strict=True):
            np.testing.assert_array_equal(one, other)
    npnn.set_num_threads(threads)
