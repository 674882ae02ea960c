"""The kernels of convolution against the formula, written out tap by tap."""

import math

import numpy as np
import pytest

import npnn
from npnn.ops import _im2col
from npnn.ops.conv import Conv, ConvInput, ConvWeight

# (N, *spatial, C), O, kernel, stride, padding, dilation, groups: what differs is named by the id.
CASES = {
    "plain": ((3, 7, 6, 18), 5, (3, 2), (1, 1), ((1, 0), (2, 1)), (1, 1), 1),
    "few channels": ((3, 7, 6, 2), 5, (3, 2), (2, 3), ((1, 0), (2, 1)), (1, 2), 1),
    "stride": ((2, 11, 9, 17), 4, (5, 3), (2, 3), ((2, 1), (0, 2)), (1, 1), 1),
    "stride and dilation": ((2, 13, 12, 17), 4, (3, 4), (4, 2), ((0, 3), (1, 1)), (2, 3), 1),
    "stride beyond the kernel": ((2, 11, 9, 17), 4, (2, 1), (3, 4), ((0, 0), (1, 0)), (1, 1), 1),
    "1x1": ((3, 5, 4, 18), 7, (1, 1), (1, 1), ((0, 0), (0, 0)), (1, 1), 1),
    "padding beyond the kernel": ((2, 4, 3, 17), 3, (2, 2), (1, 1), ((3, 2), (0, 4)), (1, 1), 1),
    "groups": ((2, 6, 5, 6), 9, (2, 3), (1, 2), ((1, 1), (0, 1)), (1, 1), 3),
    "depthwise": ((3, 6, 7, 4), 4, (3, 2), (1, 1), ((1, 1), (0, 1)), (2, 1), 4),
    "depthwise, stride": ((3, 6, 7, 4), 4, (3, 2), (2, 2), ((1, 1), (0, 1)), (1, 1), 4),
    "depthwise, several of each": ((3, 6, 7, 2), 6, (3, 2), (1, 1), ((1, 1), (0, 1)), (1, 1), 2),
    "one axis": ((3, 12, 17), 5, (4,), (2,), ((1, 2),), (2,), 1),
    "one axis, depthwise": ((3, 12, 3), 3, (4,), (1,), ((1, 2),), (2,), 3),
    "three axes": ((2, 5, 4, 6, 17), 3, (2, 3, 2), (1, 2, 1), ((1, 0), (1, 1), (0, 2)), (1, 1, 2), 1),
}


@pytest.fixture(params=["whole", "small blocks"])
def blocks(request, monkeypatch):
    """The same work in a few blocks, and in many that cut samples into rows."""
    if request.param == "small blocks":
        monkeypatch.setattr(_im2col, "BLOCK_BYTES", (300, 300))


def drawn(case, dtype=np.float64):
    shape, channels, kernel, stride, padding, dilation, groups = case
    out = tuple(
        (size + sum(pair) - d * (k - 1) - 1) // s + 1
        for size, pair, d, k, s in zip(shape[1:-1], padding, dilation, kernel, stride, strict=True)
    )
    rng = np.random.default_rng(0)
    x = rng.standard_normal(shape).astype(dtype)
    weight = rng.standard_normal((*kernel, shape[-1] // groups, channels)).astype(dtype)
    dy = rng.standard_normal((shape[0], *out, channels)).astype(dtype)
    options = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
    return x, weight, dy, options


def rows(array):
    return array.reshape(-1, array.shape[-1])


def slow(x, weight, dy, stride, padding, dilation, groups):
    """y, dx and dW as the formula has them."""
    out, depth, each = dy.shape[1:-1], weight.shape[-2], weight.shape[-1] // groups
    padded = np.pad(x, ((0, 0), *padding, (0, 0)))
    y, dpadded, dweight = np.zeros_like(dy), np.zeros_like(padded), np.zeros_like(weight)
    for tap in np.ndindex(weight.shape[:-2]):
        place = tuple(
            slice(t * d, t * d + (o - 1) * s + 1, s)
            for t, d, o, s in zip(tap, dilation, out, stride, strict=True)
        )
        for g in range(groups):
            ins, outs = slice(g * depth, (g + 1) * depth), slice(g * each, (g + 1) * each)
            met = (slice(None), *place, ins)
            y[..., outs] += padded[met] @ weight[(*tap, slice(None), outs)]
            dpadded[met] += dy[..., outs] @ weight[(*tap, slice(None), outs)].T
            dweight[(*tap, slice(None), outs)] += rows(padded[met]).T @ rows(dy[..., outs])
    inner = tuple(slice(before, before + n) for (before, _), n in zip(padding, x.shape[1:-1], strict=True))
    return y, dpadded[(slice(None), *inner)], dweight


def fast(x, weight, dy, options, bias=None):
    return (
        Conv.apply(x, weight, bias, **options),
        ConvInput.apply(dy, weight, spatial=x.shape[1:-1], **options),
        ConvWeight.apply(x, dy, kernel=weight.shape[:-2], **options),
    )


@pytest.mark.parametrize("name", CASES)
@pytest.mark.usefixtures("blocks")
def test_same_as_the_formula(name):
    x, weight, dy, options = drawn(CASES[name])
    bias = np.linspace(1, 2, dy.shape[-1])
    for ours, expected, added in zip(
        fast(x, weight, dy, options, bias), slow(x, weight, dy, **options), (bias, 0, 0), strict=True
    ):
        np.testing.assert_allclose(ours, expected + added, rtol=1e-9, atol=1e-11)


def test_arrays_in_any_order_of_memory():
    x, weight, dy, options = drawn(CASES["plain"])
    strange = [np.asfortranarray(array)[::-1] for array in (x, weight, dy)]
    plain = [np.ascontiguousarray(array) for array in strange]
    for one, other in zip(fast(*strange, options), fast(*plain, options), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(("shape", "groups"), [((0, 5, 4, 17), 1), ((2, 5, 4, 0), 1), ((0, 5, 4, 3), 3)])
def test_nothing_to_convolve(shape, groups):
    x, weight, dy, options = drawn((shape, 6, (2, 2), (1, 1), ((0, 0), (0, 0)), (1, 1), groups))
    bias = np.arange(6.0)
    y, dx, dweight = fast(x, weight, dy, options, bias)
    np.testing.assert_array_equal(y, np.broadcast_to(bias, dy.shape))
    assert dx.shape == x.shape
    np.testing.assert_array_equal(dweight, np.zeros_like(weight))


@pytest.mark.parametrize("name", ["plain", "few channels", "stride", "groups", "depthwise"])
def test_same_bits_on_any_number_of_threads(name, monkeypatch):
    monkeypatch.setattr(_im2col, "BLOCK_BYTES", (4000, 4000))
    case = CASES[name]
    x, weight, dy, options = drawn(((9, *case[0][1:]), *case[1:]), np.float32)
    results = []
    threads = npnn.get_num_threads()
    for number in (1, 2, 5):
        npnn.set_num_threads(number)
        results.append(fast(x, weight, dy, options))
    npnn.set_num_threads(threads)
    for other in results[1:]:
        for one, two in zip(results[0], other, strict=True):
            np.testing.assert_array_equal(one, two)


def test_blocks_cover_all_outputs_once(monkeypatch):
    monkeypatch.setattr(_im2col, "BLOCK_BYTES", (1000, 1000))
    for shape, out in [((7, 4, 4, 2), (4, 4)), ((3, 50, 4, 2), (50, 4)), ((2, 1, 900, 2), (1, 900))]:
        ones = (1,) * len(out)
        windows = _im2col.Windows(np.zeros(shape), ones, ones, ones, (0,) * len(out), out)
        seen = np.zeros((shape[0], *out), int)
        for block in windows.blocks(1):
            seen[block] += 1
            assert seen[block].size * shape[-1] * 8 <= 1000 or math.prod(out[1:]) * shape[-1] * 8 > 1000
        assert (seen == 1).all()
