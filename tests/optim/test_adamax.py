"""Adamax against closed forms."""

from __future__ import annotations

import numpy as np

from npnn.optim import Adamax


def test_constant_gradient(trace):
    """The mean is the constant, once its bias is corrected, and the maximum its size: γ g / (|g| + ε)."""
    start, gradient = np.array([1.0, -2.0, 0.5]), np.array([0.3, -0.1, 2.0])
    found, _ = trace(Adamax, start, [gradient] * 20, lr=0.05, eps=0.1)
    step = -0.05 * gradient / (np.abs(gradient) + 0.1)
    np.testing.assert_allclose(found, start + step * np.arange(1.0, 21)[:, None], rtol=1e-12)


def test_two_steps_by_hand(trace):
    """β₁ = β₂ = 1/2. g = 4: m = 2, u = 4, by γ · (2 / ½) / 4. g = -1: m = ½, u = 2, by γ · (½ / ¾) / 2."""
    found, _ = trace(Adamax, [1.0], [[4.0], [-1.0]], lr=0.25, betas=(0.5, 0.5), eps=0.0)
    np.testing.assert_allclose(found[:, 0], [0.75, 0.75 - 0.25 / 3], rtol=1e-15)
