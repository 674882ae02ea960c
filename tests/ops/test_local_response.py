"""Local response normalisation against its definition, channel by channel, and against finite differences."""

import numpy as np
import pytest

import npnn
from npnn import functional as F
from npnn.autograd import gradcheck, gradgradcheck
from npnn.ops.local_response import CrossMapLRN2d, LocalResponseNorm, WindowSum


def drawn(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


def leaf(*shape, seed=0):
    return npnn.tensor(drawn(*shape, seed=seed), requires_grad=True)


@pytest.mark.parametrize("size", [1, 2, 3, 4, 7, 12])
@pytest.mark.parametrize("channels", [1, 5])
def test_local_response_norm_is_what_it_is_defined_as(size, channels):
    x = drawn(2, 3, channels)
    wanted = np.empty_like(x)
    for c in range(channels):
        window = range(max(c - size // 2, 0), min(c + (size - 1) // 2, channels - 1) + 1)
        squares = sum(x[..., other] ** 2 for other in window)
        wanted[..., c] = x[..., c] / (1.5 + 0.3 / size * squares) ** 0.75
    got = F.local_response_norm(npnn.tensor(x), size, alpha=0.3, beta=0.75, k=1.5)
    np.testing.assert_allclose(got.array, wanted, rtol=1e-13)


@pytest.mark.parametrize("size", [1, 2, 3, 6])
def test_gradients_of_local_response_norm(size):
    """Those of both outputs: that of the denominator is what second derivatives need."""
    options = {"size": size, "alpha": 0.7, "beta": 1.3, "k": 1.1}
    x = leaf(2, 2, 4)
    gradcheck(lambda x: LocalResponseNorm.apply(x, **options), x, atol=1e-7, rtol=1e-6)
    gradgradcheck(lambda x: LocalResponseNorm.apply(x, **options)[0], x, atol=1e-6, rtol=1e-5)


@pytest.mark.parametrize(("first", "last"), [(0, 0), (-1, 1), (-2, 1), (1, 2), (-9, 9), (-3, -2)])
def test_window_sums(first, last):
    x = leaf(2, 5)
    padded = np.pad(x.array, ((0, 0), (9, 9)))
    wanted = sum(padded[:, 9 + offset : 14 + offset] for offset in range(first, last + 1))
    np.testing.assert_allclose(WindowSum.apply(x, first=first, last=last).array, wanted, atol=1e-15)
    gradcheck(lambda x: WindowSum.apply(x, first=first, last=last), x, atol=1e-8, rtol=1e-7)
    gradgradcheck(lambda x: WindowSum.apply(x, first=first, last=last), x, atol=1e-7, rtol=1e-6)


def test_where_the_first_channel_is_near_cross_map_is_local_response():
    """With a window that holds every channel, what torch does is what the formula says."""
    x = drawn(2, 3, 4, 3)
    options = {"size": 5, "alpha": 0.7, "beta": 1.3, "k": 1.1}
    wanted = LocalResponseNorm.apply(x, **options)[0]
    np.testing.assert_allclose(CrossMapLRN2d.apply(x, **options), wanted, rtol=1e-13)


def test_cross_map_has_no_second_derivative():
    x = leaf(1, 2, 2, 5)
    y = npnn.nn.CrossMapLRN2d(3)(x)
    (dx,) = npnn.autograd.grad(y, x, leaf(*y.shape, seed=1), create_graph=True)
    with pytest.raises(RuntimeError, match="no second derivative"):
        dx.sum().backward()


def test_cross_map_has_no_gradient_with_a_window_of_one():
    with pytest.raises(RuntimeError, match="no gradient for size=1"):
        npnn.nn.CrossMapLRN2d(1)(leaf(1, 2, 2, 5)).sum().backward()
