"""Batch normalisation block by block against the formulas that it is in `normalization`."""

import numpy as np
import pytest

import npnn
from npnn.autograd.function import Context
from npnn.ops import _channels, normalization
from npnn.ops.normalization import Normalize, NormalizeBy

EPS = 1e-3


def drawn(positions, channels, dtype=np.float64):
    rng = np.random.default_rng(0)
    x = (rng.standard_normal((1, positions, 1, channels)) * 3 + 7).astype(dtype)
    x = x.reshape(positions, channels)
    weight, bias = rng.standard_normal((2, channels)).astype(dtype)
    return x, weight, bias, rng.standard_normal(x.shape).astype(dtype)


def both_ways(x, weight, bias, dy):
    """y, the statistics, the gradients, and y of evaluation mode."""
    ctx = Context()
    groups = (1, len(x), x.shape[1], 1)
    y, mean, var = Normalize.forward(ctx, x, weight, bias, groups=groups, eps=EPS)
    given = NormalizeBy.apply(x, weight, bias, mean.reshape(-1), var.reshape(-1), eps=EPS)
    return y, mean, var, *Normalize.backward(ctx, dy, None, None), given


# An odd number of positions, one that is divided by 2 alone, and one of which 32 make a row.
@pytest.mark.parametrize(("positions", "channels"), [(1001, 5), (1002, 7), (4096, 3)])
@pytest.mark.parametrize("affine", [True, False])
def test_same_as_the_formulas(positions, channels, affine, monkeypatch):
    x, weight, bias, dy = drawn(positions, channels)
    weight, bias = (weight, bias) if affine else (None, None)
    monkeypatch.setattr(_channels, "DEALT", 0)
    monkeypatch.setattr(_channels, "block_of", lambda size: 500)
    monkeypatch.setattr(_channels, "ROW", 100)
    assert _channels.large_channels((1, positions, channels, 1), x, weight, bias)
    fast = both_ways(x, weight, bias, dy)
    monkeypatch.setattr(normalization, "large_channels", lambda *_: False)
    monkeypatch.setattr(normalization, "_FAST_BACKWARD", ())
    for ours, expected in zip(fast, both_ways(x, weight, bias, dy), strict=True):
        if expected is None:
            assert ours is None
        else:
            assert ours.shape == expected.shape
            np.testing.assert_allclose(ours, expected, rtol=1e-9, atol=1e-11)


def test_variance_far_from_zero(monkeypatch):
    monkeypatch.setattr(_channels, "DEALT", 0)
    # In float32 the mean of squares less the square of the mean would have no correct digit here.
    x = np.random.default_rng(0).standard_normal((2**16, 3))
    far = (x + 10_000).astype(np.float32)
    _, mean, var = Normalize.apply(far, None, None, groups=(1, 2**16, 3, 1), eps=EPS)
    np.testing.assert_allclose(mean.reshape(-1), far.astype(np.float64).mean(0), rtol=2e-7)
    np.testing.assert_allclose(var.reshape(-1), far.astype(np.float64).var(0), rtol=1e-5)


def test_same_bits_on_any_number_of_threads():
    arguments = drawn(2**14, 24, np.float32)
    threads, results = npnn.get_num_threads(), []
    for number in (1, 2, 3):
        npnn.set_num_threads(number)
        results.append(both_ways(*arguments))
    npnn.set_num_threads(threads)
    for other in results[1:]:
        for one, two in zip(results[0], other, strict=True):
            np.testing.assert_array_equal(one, two)
