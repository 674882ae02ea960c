"""Weight normalization by a hook: closed forms, gradients, and what it leaves behind."""

import numpy as np
import pytest

import npnn
from npnn import nn
from npnn.autograd import gradcheck, gradgradcheck
from npnn.init.layout import layer_axes
from npnn.utils.weight_norm import norm_except_dim, remove_weight_norm, rescaled, weight_norm

RANDOM = np.random.default_rng(0)

pytestmark = pytest.mark.filterwarnings("ignore:weight_norm is deprecated:FutureWarning")


def leaf(*shape):
    return npnn.tensor(RANDOM.standard_normal(shape), requires_grad=True)


@pytest.mark.parametrize(
    ("shape", "dim", "axes"),
    [
        ((3, 4), 0, 0),
        ((3, 4), 1, 1),
        ((3, 4), -2, 0),
        ((2, 3, 1, 4), 0, (0, 1, 2)),
        ((2, 3, 1, 4), 1, (0, 1, 3)),
        ((2, 3, 1, 4), 2, (1, 2, 3)),
        ((2, 3, 1, 4), 3, (0, 2, 3)),
        ((4,), 0, ()),
    ],
)
def test_the_norm_is_taken_along_all_other_axes_of_torch(shape, dim, axes):
    v = leaf(*shape)
    v.torch_axes = layer_axes(v.ndim)
    norms = norm_except_dim(v, dim)
    np.testing.assert_allclose(
        norms.detach(), np.sqrt((v.detach().array ** 2).sum(axes, keepdims=True)), rtol=1e-14
    )
    g = leaf(*norms.shape)
    assert gradcheck(lambda v, g: rescaled(v, g, dim), (v, g))
    assert gradgradcheck(lambda v, g: rescaled(v, g, dim), (v, g))


def test_one_norm_of_the_whole():
    v, g = leaf(3, 4), leaf()
    w = rescaled(v, g, -1)
    np.testing.assert_allclose(np.linalg.norm(w.detach().array), abs(g.item()), rtol=1e-14)
    assert gradgradcheck(lambda v, g: rescaled(v, g, -1), (v, g))


def test_no_such_axis():
    with pytest.raises(IndexError, match="Dimension out of range"):
        norm_except_dim(leaf(3, 4), 2)


def test_the_weight_follows_length_and_direction():
    layer = nn.Conv1d(4, 6, 3, dtype=npnn.float64)
    before = layer.weight.detach().clone()
    assert weight_norm(layer) is layer
    np.testing.assert_allclose(layer.weight.detach(), before, rtol=1e-14)
    assert list(layer.state_dict()) == ["bias", "weight_g", "weight_v"]
    layer.weight_g.data = layer.weight_g.data * 3
    layer.weight_v.data = layer.weight_v.data * 7
    layer(npnn.ones(2, 5, 4, dtype=npnn.float64))
    np.testing.assert_allclose(layer.weight.detach(), 3 * before, rtol=1e-14)
    remove_weight_norm(layer)
    assert isinstance(layer.weight, nn.Parameter)
    np.testing.assert_allclose(layer.weight.detach(), 3 * before, rtol=1e-14)
    assert not layer._forward_pre_hooks


def test_the_order_of_axes_is_handed_on():
    layer = weight_norm(nn.Linear(4, 7))
    assert layer.weight_g.shape == (1, 7)
    assert layer.weight_g.torch_axes == layer.weight_v.torch_axes == layer.weight.torch_axes == (1, 0)
    assert remove_weight_norm(layer).weight.torch_axes == (1, 0)


def test_states_are_saved_and_loaded():
    first, second = (weight_norm(nn.Linear(5, 3)) for _ in "12")
    second.load_state_dict(first.state_dict())
    x = npnn.ones(2, 5)
    np.testing.assert_array_equal(first(x).detach(), second(x).detach())


def test_refusals():
    with pytest.raises(RuntimeError, match="weight has a weight_norm hook already"):
        weight_norm(weight_norm(nn.Linear(2, 3)))
    with pytest.raises(ValueError, match="uninitialized"):
        weight_norm(nn.LazyLinear(3))
    with pytest.raises(ValueError, match="no weight_norm of 'bias'"):
        remove_weight_norm(weight_norm(nn.Linear(2, 3)), "bias")
