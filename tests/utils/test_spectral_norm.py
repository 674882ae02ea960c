"""Spectral normalization by a hook: singular values, gradients, and what it leaves behind."""

import numpy as np
import pytest

import npnn
from npnn import nn
from npnn.autograd import gradcheck, gradgradcheck
from npnn.utils.spectral_norm import remove_spectral_norm, spectral_norm

LAYERS = {
    "linear": (lambda: nn.Linear(5, 3, dtype=npnn.float64), (2, 5)),
    "conv1d": (lambda: nn.Conv1d(2, 4, 3, dtype=npnn.float64), (1, 5, 2)),
    "conv_transpose1d": (lambda: nn.ConvTranspose1d(3, 2, 3, dtype=npnn.float64), (1, 4, 3)),
}


def largest_singular_value(weight):
    """Of the matrix (outputs, all else); outputs are on the last axis of every weight here."""
    return np.linalg.norm(np.moveaxis(weight, -1, 0).reshape(weight.shape[-1], -1), 2)


@pytest.mark.parametrize("layer", LAYERS)
def test_the_largest_singular_value_becomes_1(layer):
    make, shape = LAYERS[layer]
    module = make()
    weight = module.weight.detach().array.copy()
    sigma = largest_singular_value(weight)
    assert spectral_norm(module, n_power_iterations=300) is module
    np.testing.assert_array_equal(module.weight.detach(), weight)
    module(npnn.zeros(*shape, dtype=npnn.float64))
    np.testing.assert_allclose(module.weight.detach(), weight / sigma, rtol=1e-10)
    assert list(module.state_dict()) == ["bias", "weight_orig", "weight_u", "weight_v"]
    remove_spectral_norm(module)
    np.testing.assert_allclose(module.weight.detach(), weight / sigma, rtol=1e-10)
    assert list(module.state_dict()) == ["bias", "weight"]
    for hooks in (module._forward_pre_hooks, module._state_dict_hooks, module._load_state_dict_pre_hooks):
        assert not hooks


@pytest.mark.parametrize("layer", LAYERS)
def test_gradients(layer):
    make, shape = LAYERS[layer]
    module = spectral_norm(make()).eval()
    x = npnn.tensor(np.random.default_rng(0).standard_normal(shape), requires_grad=True)
    inputs = (x, *module.parameters())
    assert gradcheck(lambda *_: module(x), inputs)
    assert gradgradcheck(lambda *_: module(x), inputs)


def test_each_forward_of_training_takes_a_step():
    module = spectral_norm(nn.Linear(5, 3, dtype=npnn.float64))
    weight, u = module.weight_orig.detach().array, module.weight_u.array.copy()
    x = npnn.ones(1, 5, dtype=npnn.float64)
    first = module(x)
    v = weight @ u
    v /= np.linalg.norm(v)
    u = weight.T @ v
    u /= np.linalg.norm(u)
    np.testing.assert_allclose(module.weight_v, v, rtol=1e-12)
    np.testing.assert_allclose(module.weight_u, u, rtol=1e-12)
    module.eval()(x)
    np.testing.assert_allclose(module.weight_u, u, rtol=1e-12)
    # Two forwards before one backward, as for the two batches of a discriminator.
    second = module.train()(x)
    (first - second).sum().backward()
    assert np.isfinite(module.weight_orig.grad).all()


def test_states_are_saved_and_loaded():
    first, second = (spectral_norm(nn.Conv1d(4, 6, 3)) for _ in "12")
    assert first.state_dict()._metadata[""]["spectral_norm"] == {"weight.version": 1}
    assert str(second.load_state_dict(first.state_dict())) == "<All keys matched successfully>"
    x = npnn.ones(2, 5, 4)
    np.testing.assert_array_equal(first(x).detach(), second(x).detach())


def test_states_without_v_are_completed():
    """v is such that u and v give the weight of that state."""
    module = spectral_norm(nn.ConvTranspose1d(4, 5, 3, dtype=npnn.float64), n_power_iterations=5)
    module(npnn.zeros(1, 2, 4, dtype=npnn.float64))
    old = dict(module.state_dict())
    old["weight"] = module.weight.detach().clone()
    del old["weight_v"]
    other = spectral_norm(nn.ConvTranspose1d(4, 5, 3, dtype=npnn.float64))
    assert str(other.load_state_dict(old)) == "<All keys matched successfully>"
    other.eval()(npnn.zeros(1, 2, 4, dtype=npnn.float64))
    np.testing.assert_allclose(other.weight.detach(), old["weight"], rtol=1e-9)
    del old["weight_u"]
    with pytest.raises(RuntimeError, match=r'Missing key.*"weight_u"'):
        other.load_state_dict(old)


def test_refusals():
    with pytest.raises(RuntimeError, match="weight has a spectral_norm hook already"):
        spectral_norm(spectral_norm(nn.Linear(2, 3)))
    with pytest.raises(ValueError, match="n_power_iterations must be at least 1"):
        spectral_norm(nn.Linear(2, 3), n_power_iterations=0)
    with pytest.raises(ValueError, match="bias, which is None"):
        spectral_norm(nn.Linear(2, 3, bias=False), "bias")
    with pytest.raises(ValueError, match="uninitialized"):
        spectral_norm(nn.LazyLinear(3))
    with pytest.raises(ValueError, match="no spectral_norm of 'weight'"):
        remove_spectral_norm(nn.Linear(2, 3))
