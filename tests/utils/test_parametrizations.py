"""Orthogonal weights, weight norm and spectral norm as parametrizations: closed forms and differences."""

import numpy as np
import pytest

import npnn
from npnn import nn
from npnn.autograd import gradcheck, gradgradcheck
from npnn.utils import parametrize
from npnn.utils.parametrizations import _householder, orthogonal, spectral_norm, weight_norm

RANDOM = np.random.default_rng(0)
MAPS = ("matrix_exp", "cayley", "householder")


def linear(ins, outs):
    return nn.Linear(ins, outs, dtype=npnn.float64)


def moved(layer):
    """The layer with its original away from where it started, but for the diagonal, which holds signs."""
    original = layer.parametrizations.weight.original
    step = RANDOM.standard_normal(original.shape)
    original.array += step * ~np.eye(*step.shape[-2:], dtype=bool)
    return layer


@pytest.mark.parametrize("orthogonal_map", MAPS)
@pytest.mark.parametrize("sizes", [(5, 3), (3, 5), (4, 4), (1, 4)])
@pytest.mark.parametrize("trivialization", [True, False])
def test_weights_are_orthogonal_and_stay_so(sizes, orthogonal_map, trivialization):
    layer = orthogonal(linear(*sizes), orthogonal_map=orthogonal_map, use_trivialization=trivialization)
    for _ in range(2):
        w = layer.weight.detach().array
        product = w.T @ w if sizes[0] >= sizes[1] else w @ w.T
        np.testing.assert_allclose(product, np.eye(min(sizes)), atol=1e-13)
        moved(layer)


@pytest.mark.parametrize("orthogonal_map", MAPS)
@pytest.mark.parametrize("sizes", [(4, 2), (2, 4), (3, 3)])
def test_gradients_of_orthogonal_weights(sizes, orthogonal_map):
    layer = moved(orthogonal(linear(*sizes), orthogonal_map=orthogonal_map))
    function, original = layer.parametrizations.weight[0], layer.parametrizations.weight.original
    # Differences must not move the diagonal, which holds signs.
    one = np.eye(*original.shape)
    assert gradcheck(lambda x: function(x * (1 - one) - one), (original,))
    assert gradgradcheck(lambda x: function(x * (1 - one) - one), (original,))


def test_householder_is_the_product_of_reflections():
    x = RANDOM.standard_normal((2, 5, 3))
    signs = RANDOM.choice([-1.0, 1.0], (2, 3))
    x[:, range(3), range(3)] = signs
    wanted = np.broadcast_to(np.eye(5), (2, 5, 5))
    for i in range(3):
        v = np.where(np.arange(5) < i, 0.0, x[:, :, i])
        v[:, i] = 1.0
        wanted = wanted - 2 * (wanted @ v[..., None]) * v[:, None, :] / (v**2).sum(-1)[:, None, None]
    q = _householder(npnn.tensor(x)).array
    np.testing.assert_allclose(q, wanted[..., :3] * signs[:, None, :], rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("trivialization", [True, False])
@pytest.mark.parametrize("sizes", [(4, 4), (5, 3), (3, 5)])
def test_an_orthogonal_matrix_stays_as_it_is(sizes, trivialization):
    layer = linear(*sizes)
    layer.weight.data = npnn.tensor(orthogonal_matrix(*sizes))
    before = layer.weight.detach().clone()
    orthogonal(layer, orthogonal_map="householder", use_trivialization=trivialization)
    np.testing.assert_allclose(layer.weight.detach(), before, atol=1e-13)
    other = orthogonal_matrix(*sizes)
    layer.weight = npnn.tensor(other)
    np.testing.assert_allclose(layer.weight.detach(), other, atol=1e-13)


def orthogonal_matrix(rows, columns):
    """Of columns with any signs, not only with those that a QR decomposition gives."""
    tall = np.linalg.qr(RANDOM.standard_normal((max(rows, columns), min(rows, columns))))[0]
    tall = tall * RANDOM.choice([-1.0, 1.0], tall.shape[1])
    return tall if rows >= columns else tall.T


def test_kernels_are_stacks_of_matrices():
    layer = orthogonal(nn.Conv2d(2, 3, (4, 3), dtype=npnn.float64))
    w = layer.weight.detach().array
    products = np.einsum("hwio,hvio->iowv", w, w)
    np.testing.assert_allclose(products, np.broadcast_to(np.eye(3), (2, 3, 3, 3)), atol=1e-13)


def test_training_moves_along_the_orthogonal_matrices():
    """The nearest orthogonal matrix to a rotation is that rotation."""
    angle = 1.0
    target = npnn.tensor([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    layer = linear(2, 2)
    layer.weight.data = npnn.eye(2, dtype=npnn.float64)
    orthogonal(layer)
    optimizer = npnn.optim.SGD(layer.parameters(), lr=0.1)
    for _ in range(200):
        optimizer.zero_grad()
        ((layer.weight - target) ** 2).sum().backward()
        optimizer.step()
    np.testing.assert_allclose(layer.weight.detach(), target, atol=1e-6)


def test_what_orthogonal_refuses():
    with pytest.raises(ValueError, match="there is no tensor 'wait'"):
        orthogonal(linear(2, 3), "wait")
    with pytest.raises(ValueError, match="but bias has 1"):
        orthogonal(linear(2, 3), "bias")
    with pytest.raises(ValueError, match="got 'givens'"):
        orthogonal(linear(2, 3), orthogonal_map="givens")
    layer = orthogonal(linear(3, 3), use_trivialization=False)
    with pytest.raises(NotImplementedError, match="no formula for its inverse"):
        layer.weight = npnn.eye(3, dtype=npnn.float64)
    with pytest.raises(ValueError, match="but was assigned"):
        orthogonal(linear(3, 3)).weight = npnn.ones(2, 2, dtype=npnn.float64)


def test_weight_norm_splits_into_length_and_direction():
    layer = linear(5, 3)
    before = layer.weight.detach().clone()
    weight_norm(layer)
    np.testing.assert_allclose(layer.weight.detach(), before, rtol=1e-14)
    parts = layer.parametrizations.weight
    np.testing.assert_allclose(
        parts.original0.detach(), np.linalg.norm(before.array, axis=0, keepdims=True), rtol=1e-14
    )
    parts.original1.data = parts.original1.data * 7
    parts.original0.data = parts.original0.data * 3
    np.testing.assert_allclose(layer.weight.detach(), 3 * before, rtol=1e-14)
    layer.weight = before
    np.testing.assert_allclose(layer.weight.detach(), before, rtol=1e-14)
    parametrize.remove_parametrizations(layer, "weight")
    assert type(layer) is nn.Linear
    assert isinstance(layer.weight, nn.Parameter)


def test_weight_norm_reads_states_of_the_hook():
    old, new = (nn.Sequential(nn.Linear(4, 7)) for _ in "12")
    with pytest.warns(FutureWarning, match="deprecated in favor of npnn.utils.parametrizations"):
        nn.utils.weight_norm(old[0])
    weight_norm(new[0])
    assert str(new.load_state_dict(old.state_dict())) == "<All keys matched successfully>"
    np.testing.assert_array_equal(new[0].weight.detach(), old[0].weight.detach())
    assert new[0].weight.torch_axes == (1, 0)


def test_spectral_norm_makes_the_largest_singular_value_1():
    layer = spectral_norm(linear(5, 3), n_power_iterations=100)
    for _ in range(2):
        np.testing.assert_allclose(np.linalg.norm(layer.weight.detach().array, 2), 1.0, rtol=1e-9)
        layer.parametrizations.weight.original.array[...] *= 3
    vectors = dict(layer.named_buffers())
    before = {name: vector.array.copy() for name, vector in vectors.items()}
    _ = layer.eval().weight
    for name, vector in vectors.items():
        np.testing.assert_array_equal(vector, before[name])
    inputs = tuple(layer.parametrizations.parameters())
    assert gradcheck(lambda _: layer.weight, inputs)
    assert gradgradcheck(lambda _: layer.weight, inputs)


def test_spectral_norm_of_two_readings_before_one_backward():
    layer = spectral_norm(linear(5, 3))
    (layer.weight - layer.weight * 2).sum().backward()
    assert np.isfinite(layer.parametrizations.weight.original.grad).all()


def test_spectral_norm_of_a_vector():
    layer = spectral_norm(linear(5, 3), "bias")
    np.testing.assert_allclose(np.linalg.norm(layer.bias.detach().array), 1.0, rtol=1e-14)
    assert not dict(layer.named_buffers())


def test_what_spectral_norm_refuses():
    with pytest.raises(ValueError, match="there is no tensor 'wait'"):
        spectral_norm(linear(2, 3), "wait")
    with pytest.raises(ValueError, match="n_power_iterations must be at least 1"):
        spectral_norm(linear(2, 3), n_power_iterations=0)
    with pytest.raises(IndexError, match="Dimension out of range"):
        spectral_norm(linear(2, 3), dim=2)
