"""RAdam against closed forms."""

from __future__ import annotations

import numpy as np

from npnn.optim import RAdam


def test_constant_gradient(trace):
    """Plain steps γ g while there are too few gradients to tell their variance, then r γ g / (|g| + ε')."""
    start, gradient, beta2 = np.array([1.0, -2.0, 0.5]), np.array([0.3, -0.1, 2.0]), 0.95
    found, _ = trace(RAdam, start, [gradient] * 15, lr=0.05, betas=(0.8, beta2), eps=0.0)
    longest = 2 / (1 - beta2) - 1
    steps = []
    for t in range(1, 16):
        length = longest - 2 * t * beta2**t / (1 - beta2**t)
        if length > 5:
            ratio = (length - 4) * (length - 2) * longest / ((longest - 4) * (longest - 2) * length)
            steps.append(0.05 * np.sqrt(ratio) * np.sign(gradient))
        else:
            steps.append(0.05 * gradient)
    assert 3 < sum((step == 0.05 * gradient).all() for step in steps) < 10
    np.testing.assert_allclose(found, start - np.cumsum(steps, axis=0), rtol=1e-12, atol=1e-15)


def test_decoupled_weight_decay_shrinks(trace):
    found, _ = trace(RAdam, [2.0], [[0.0]] * 3, lr=0.5, weight_decay=0.25, decoupled_weight_decay=True)
    np.testing.assert_allclose(found[:, 0], 2.0 * (1 - 0.125) ** np.arange(1.0, 4), rtol=1e-15)
