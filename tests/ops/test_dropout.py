"""Dropout: what it leaves, how often, and that its gradient goes where its mask was."""

import math

import numpy as np
import pytest

import npnn
from npnn import functional as F
from npnn.autograd import gradcheck, gradgradcheck
from npnn.ops.dropout import SELU_FLOOR

SHAPES = {
    "dropout": (40, 50),
    "dropout1d": (40, 2, 50),
    "dropout2d": (40, 2, 3, 50),
    "dropout3d": (40, 2, 1, 2, 50),
    "alpha_dropout": (40, 50),
    "feature_alpha_dropout": (40, 2, 3, 50),
}
ALPHA = ("alpha_dropout", "feature_alpha_dropout")


def seeded(function, *args, seed=0, **kwargs):
    npnn.manual_seed(seed)
    return function(*args, **kwargs)


@pytest.mark.parametrize("p", [0.1, 0.5, 0.8])
@pytest.mark.parametrize("name", SHAPES)
def test_each_element_is_dropped_or_made_up_for(name, p):
    x = np.random.default_rng(0).uniform(1, 2, SHAPES[name])
    y = seeded(getattr(F, name), npnn.tensor(x), p, True).array
    if name in ALPHA:
        scale = 1 / math.sqrt((1 - p) * (1 + p * SELU_FLOOR**2))
        shift = -scale * p * SELU_FLOOR
        kept, dropped = scale * x + shift, scale * SELU_FLOOR + shift
    else:
        kept, dropped = x / (1 - p), 0.0
    is_kept = np.isclose(y, kept, rtol=1e-12)
    np.testing.assert_array_equal(is_kept | np.isclose(y, dropped, rtol=1e-12), True)
    # Of 2000 decisions: four standard deviations.
    decisions = is_kept if x.ndim == 2 else is_kept[(slice(None), *(0,) * (x.ndim - 2))]
    assert abs(decisions.mean() - (1 - p)) < 4 * math.sqrt(p * (1 - p) / decisions.size)
    if x.ndim > 2:
        rows = is_kept.reshape(len(x), -1, x.shape[-1])
        np.testing.assert_array_equal(rows, rows[:, :1].repeat(rows.shape[1], axis=1))


@pytest.mark.parametrize("p", [0.1, 0.5])
def test_alpha_dropout_keeps_mean_and_variance(p):
    x = np.random.default_rng(0).standard_normal(200_000)
    y = seeded(F.alpha_dropout, npnn.tensor(x), p, True).array
    assert abs(y.mean()) < 0.01
    assert abs(y.var() - 1) < 0.02


@pytest.mark.parametrize("name", SHAPES)
def test_gradients(name):
    """With the same seed for every call the mask is the same, and the function linear."""
    shape = tuple(min(size, 3) for size in SHAPES[name])
    x = npnn.tensor(np.random.default_rng(0).standard_normal(shape), requires_grad=True)
    gradcheck(lambda x: seeded(getattr(F, name), x, 0.4, True), x, atol=1e-8, rtol=1e-7)
    gradgradcheck(lambda x: seeded(getattr(F, name), x, 0.4, True), x, atol=1e-8, rtol=1e-7)


@pytest.mark.parametrize("name", SHAPES)
def test_nothing_to_do(name):
    x = npnn.ones(*SHAPES[name])
    function = getattr(F, name)
    state = npnn.get_rng_state()
    assert function(x, 0.5, False) is x
    assert function(x, 0.0, True) is x
    np.testing.assert_array_equal(function(x, 1.0, True).array, np.zeros(SHAPES[name]))
    np.testing.assert_array_equal(npnn.get_rng_state(), state)


@pytest.mark.parametrize("name", SHAPES)
def test_in_place(name):
    x = npnn.ones(*SHAPES[name])
    memory = x.array
    wanted = seeded(getattr(F, name), x, 0.4, True)
    assert seeded(getattr(F, name), x, 0.4, True, inplace=True) is x
    assert x.array is memory
    np.testing.assert_array_equal(x.array, wanted.array)


def test_draws_in_the_order_of_memory():
    x = np.arange(1.0, 25.0).reshape(2, 3, 4)
    flat = seeded(F.dropout, npnn.tensor(x.reshape(-1))).array
    for axes in ((0, 1, 2), (2, 0, 1), (1, 2, 0), (2, 1, 0)):
        stored = np.ascontiguousarray(x.transpose(axes))
        given = npnn.from_numpy(stored.transpose(np.argsort(axes)))
        mask = seeded(F.dropout, given).array / given.array
        np.testing.assert_array_equal(mask.transpose(axes).reshape(-1), flat / x.reshape(-1))
    reversed_ = npnn.from_numpy(x[:, ::-1])
    np.testing.assert_array_equal(
        seeded(F.dropout, reversed_).array / reversed_.array, (flat / x.reshape(-1)).reshape(x.shape)
    )
    repeated = npnn.from_numpy(np.broadcast_to(np.ones((2, 1, 4)), (2, 3, 4)))
    np.testing.assert_array_equal(seeded(F.dropout, repeated).array, (flat / x.reshape(-1)).reshape(x.shape))
