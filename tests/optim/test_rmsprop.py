"""RMSprop against closed forms."""

from __future__ import annotations

import numpy as np
import pytest

from npnn.optim import RMSprop

START, GRADIENT, T = np.array([1.0, -2.0, 0.5]), np.array([0.3, -0.1, 2.0]), np.arange(1.0, 21)[:, None]


@pytest.mark.parametrize("momentum", [0.0, 0.8])
@pytest.mark.parametrize("centered", [False, True])
def test_constant_gradient(trace, centered, momentum):
    """With w = 1 - αᵗ the averages are w g² and w g, and what is divided by is g √w, or g √(w - w²)."""
    found, _ = trace(
        RMSprop, START, [GRADIENT] * 20, lr=0.05, alpha=0.7, eps=0.01, centered=centered, momentum=momentum
    )
    w = 1 - 0.7**T
    steps = GRADIENT / (np.abs(GRADIENT) * np.sqrt(w - w**2 if centered else w) + 0.01)
    velocity = [sum(momentum ** (t - s) * steps[s] for s in range(t + 1)) for t in range(20)]
    np.testing.assert_allclose(found, START - 0.05 * np.cumsum(velocity, axis=0), rtol=1e-10)


def test_state_is_what_the_options_call_for(trace):
    _, plain = trace(RMSprop, [1.0], [[1.0]])
    _, full = trace(RMSprop, [1.0], [[1.0]], centered=True, momentum=0.5)
    assert set(*plain.state.values()) == {"step", "square_avg"}
    assert set(*full.state.values()) == {"step", "square_avg", "grad_avg", "momentum_buffer"}
