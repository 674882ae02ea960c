"""Adafactor against closed forms."""

from __future__ import annotations

import numpy as np
import pytest

import npnn
from npnn.optim import Adafactor

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("maximize", [False, True])
def test_squares_of_rank_one_are_factored_exactly(trace, maximize):
    """V is then g² itself in the first step, so that each element moves by α = RMS(θ) γ."""
    a, b, start = RNG.standard_normal((3, 1)), RNG.standard_normal((1, 5)), RNG.standard_normal((3, 5))
    found, optimizer = trace(Adafactor, start, [a * b], lr=0.02, maximize=maximize)
    alpha = np.sqrt((start**2).mean()) * 0.02
    np.testing.assert_allclose(found[0], start + (1 if maximize else -1) * alpha * np.sign(a * b), rtol=1e-9)
    (state,) = optimizer.state.values()
    np.testing.assert_allclose(state["row_var"].array, a**2 * (b**2).mean(), rtol=1e-12)
    np.testing.assert_allclose(state["col_var"].array, b**2 * (a**2).mean(), rtol=1e-12)


def test_vectors_keep_every_square(trace):
    """v = t^τ g² + (1 - t^τ) v, and a step whose root mean square exceeds d is cut down to d."""
    start, gradients = np.array([3.0, -1.0]), np.array([[1.0, 2.0], [-3.0, 0.1]])
    found, _ = trace(Adafactor, start, gradients, beta2_decay=-1.0, lr=1.0, weight_decay=0.125)
    theta, v = start, np.zeros(2)
    for t, (g, expected) in enumerate(zip(gradients, found, strict=True), start=1):
        alpha = np.sqrt((theta**2).mean()) / np.sqrt(t)
        theta = theta * (1 - 0.125)
        v = v + (g**2 - v) / t
        u = g / np.sqrt(v)
        theta = theta - alpha * u / max(1.0, np.sqrt((u**2).mean()))
        np.testing.assert_allclose(expected, theta, rtol=1e-12)


def test_small_parameters_move_by_the_least_scale(trace):
    found, _ = trace(Adafactor, [0.0, 0.0], [[1.0, -1.0]], eps=(None, 0.5), lr=0.25)
    np.testing.assert_allclose(found[0], [-0.125, 0.125], rtol=1e-12)


def test_complex_parameters_are_refused():
    weight = npnn.tensor(np.ones(2, np.complex128))
    weight.grad = npnn.tensor(np.ones(2, np.complex128))
    with pytest.raises(RuntimeError, match="Adafactor does not support complex parameters"):
        Adafactor([weight]).step()
