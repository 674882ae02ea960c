"""NAdam against closed forms."""

from __future__ import annotations

import numpy as np

from npnn.optim import NAdam


def test_constant_gradient(trace):
    """v̂ = g² and m = (1 - β₁ᵗ) g, so that a step is γ g / (|g| + ε) times what the momenta come to."""
    start, gradient = np.array([1.0, -2.0, 0.5]), np.array([0.3, -0.1, 2.0])
    found, _ = trace(NAdam, start, [gradient] * 15, lr=0.05, betas=(0.8, 0.9), momentum_decay=0.5, eps=0.1)
    momenta = np.array([0.8 * (1 - 0.5 * 0.96 ** (0.5 * t)) for t in range(1, 17)])
    product = np.cumprod(momenta)
    looks_ahead = momenta[1:] * (1 - 0.8 ** np.arange(1.0, 16)) / (1 - product[1:])
    factors = (1 - momenta[:-1]) / (1 - product[:-1]) + looks_ahead
    step = 0.05 * gradient / (np.abs(gradient) + 0.1)
    # The product of the momenta is kept in float32.
    np.testing.assert_allclose(found, start - np.cumsum(factors)[:, None] * step, rtol=1e-6)


def test_coupled_weight_decay_is_a_gradient(trace):
    found, _ = trace(NAdam, [2.0], [[0.0]], lr=0.5, weight_decay=0.25, eps=0.0)
    mu, mu_next = (0.9 * (1 - 0.5 * 0.96 ** (t * 4e-3)) for t in (1, 2))
    length = 0.5 * (1 + mu_next * 0.1 / (1 - mu * mu_next))
    np.testing.assert_allclose(found, [[2.0 - length]], rtol=1e-6)


def test_decoupled_weight_decay_shrinks(trace):
    found, _ = trace(NAdam, [2.0], [[0.0]], lr=0.5, weight_decay=0.25, decoupled_weight_decay=True)
    assert found.tolist() == [[1.75]]
