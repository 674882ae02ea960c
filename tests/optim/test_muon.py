"""Muon: what orthogonalization makes of singular values, and the learning rate of a matrix."""

from __future__ import annotations

import numpy as np
import pytest

import npnn
from npnn.optim import Muon
from npnn.optim.muon import _bfloat16

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("shape", [(3, 7), (7, 3), (5, 5)])
def test_singular_values_come_near_to_one_and_singular_vectors_stay(trace, shape):
    gradient = RNG.standard_normal(shape)
    found, _ = trace(Muon, np.zeros(shape), [gradient], lr=1.0, adjust_lr_fn="match_rms_adamw")
    direction = -found[0] / (0.2 * np.sqrt(max(shape)))
    u, s, vt = np.linalg.svd(gradient, full_matrices=False)
    inner = u.T @ direction @ vt.T
    # Five rounds of the polynomial in 8 bits: what is off the diagonal is rounding alone.
    np.testing.assert_allclose(inner - np.diag(np.diag(inner)), 0.0, atol=0.05)
    strong = s > 0.05 * s.max()
    assert (np.diag(inner)[strong] > 0.6).all()
    assert (np.diag(inner)[strong] < 1.3).all()


@pytest.mark.parametrize(
    ("adjustment", "factor"),
    [
        (None, np.sqrt(8 / 2)),
        ("original", np.sqrt(8 / 2)),
        ("match_rms_adamw", 0.2 * np.sqrt(8)),
        ("spectral_unclamped", np.sqrt(8 / 2)),
    ],
)
def test_more_outputs_than_inputs(trace, adjustment, factor):
    """8 outputs and 2 inputs, as torch lays them out."""
    gradient = RNG.standard_normal((8, 2))
    found, _ = trace(Muon, np.zeros((8, 2)), [gradient], lr=1.0, adjust_lr_fn=adjustment)
    back, _ = trace(Muon, np.zeros((2, 8)), [gradient.T], lr=1.0, adjust_lr_fn=adjustment)
    backward_factor = {"match_rms_adamw": factor, "spectral_unclamped": 1 / factor}.get(adjustment, 1.0)
    np.testing.assert_allclose(found[0] / factor, back[0].T / backward_factor, rtol=1e-12)


@pytest.mark.parametrize("shape", [(2, 8), (8, 2), (4, 4)])
def test_a_layers_weight_moves_as_its_transpose_does(trace, shape):
    gradient = RNG.standard_normal(shape)
    layer = npnn.nn.Linear(*shape, bias=False, dtype=npnn.float64)
    layer.weight.data.zero_()
    layer.weight.grad = npnn.tensor(gradient)
    Muon(layer.parameters(), lr=1.0).step()
    found, _ = trace(Muon, np.zeros(shape[::-1]), [gradient.T], lr=1.0)
    np.testing.assert_array_equal(layer.weight.array, found[0].T)


def test_momentum_and_weight_decay(trace):
    gradients = RNG.standard_normal((2, 3, 4))
    _, optimizer = trace(Muon, np.ones((3, 4)), gradients, momentum=0.75, nesterov=False)
    (state,) = optimizer.state.values()
    buffer = 0.75 * 0.25 * gradients[0] + 0.25 * gradients[1]
    np.testing.assert_allclose(state["momentum_buffer"].array, buffer, rtol=1e-12)
    found, _ = trace(Muon, np.ones((3, 4)), [np.zeros((3, 4))] * 2, lr=0.5, weight_decay=0.5)
    np.testing.assert_allclose(found[1], 0.75**2, rtol=1e-15)


def test_bfloat16_rounds_halves_to_even():
    """Of 1 + k/256: the last of 8 bits is 1/128, so that odd k are halves."""
    rounded = _bfloat16(1 + np.arange(6.0) / 256)
    assert ((rounded - 1) * 256).tolist() == [0.0, 0.0, 2.0, 4.0, 4.0, 4.0]
    assert _bfloat16(-(1 + 1.001 / 256)) == -(1 + 2 / 256)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"ns_steps": 100}, "Number of steps must be less than 100"),
        ({"ns_coefficients": (1.0, 2.0)}, "Coefficients must be a tuple of exactly 3 values"),
    ],
)
def test_iterations_that_a_step_refuses(trace, options, message):
    with pytest.raises(ValueError, match=message):
        trace(Muon, np.ones((2, 3)), [np.ones((2, 3))], **options)


def test_only_matrices_are_taken():
    with pytest.raises(ValueError, match="Muon only supports 2D parameters"):
        Muon([npnn.Parameter(npnn.ones(3))])
