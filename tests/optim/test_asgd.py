"""ASGD against closed forms."""

from __future__ import annotations

import numpy as np

from npnn.optim import ASGD


def test_average_from_a_step_on(trace):
    """Without decay θ goes down in equal steps; the mean is θ itself at first, and then that of all steps."""
    found, optimizer = trace(ASGD, [8.0], [[1.0]] * 12, lr=0.25, lambd=0.0, t0=4)
    assert found[:, 0].tolist() == [8 - 0.25 * t for t in range(1, 13)]
    (state,) = optimizer.state.values()
    # After step t the weight of the next is 1 / max(1, t - t₀).
    mean, weight = None, 1.0
    for t, theta in enumerate(found[:, 0], start=1):
        mean = theta if weight == 1.0 else mean + weight * (theta - mean)
        weight = float(np.float32(1 / max(1, t - 4)))
    np.testing.assert_allclose(state["ax"].array, [mean], rtol=1e-15)


def test_learning_rate_falls(trace):
    """η = γ / (1 + λ γ t)^α, rounded to float32, with θ = θ (1 - λ η) where the gradient is zero."""
    found, optimizer = trace(ASGD, [2.0, -1.0], [[0.0, 0.0]] * 5, lr=0.5, lambd=0.25, alpha=2.0)
    etas = [0.5, *(float(np.float32(0.5 / (1 + 0.125 * t) ** 2)) for t in range(1, 6))]
    expected = np.cumprod([1 - 0.25 * eta for eta in etas[:5]])[:, None] * [2.0, -1.0]
    np.testing.assert_allclose(found, expected, rtol=1e-15)
    (state,) = optimizer.state.values()
    assert state["eta"].item() == etas[5]
