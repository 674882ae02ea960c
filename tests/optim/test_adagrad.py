"""Adagrad against closed forms."""

from __future__ import annotations

import numpy as np

import npnn
from npnn.optim import Adagrad


def test_constant_gradient(trace):
    """The sum after t steps is τ + t g², and the learning rate γ / (1 + (t - 1) η)."""
    start, gradient, t = np.array([1.0, -2.0, 0.5]), np.array([0.3, -0.1, 2.0]), np.arange(1.0, 21)[:, None]
    found, _ = trace(
        Adagrad, start, [gradient] * 20, lr=0.05, lr_decay=0.3, initial_accumulator_value=0.7, eps=0.1
    )
    steps = 0.05 / (1 + 0.3 * (t - 1)) * gradient / (np.sqrt(0.7 + t * gradient**2) + 0.1)
    np.testing.assert_allclose(found, start - np.cumsum(steps, axis=0), rtol=1e-12)


def test_sums_are_there_before_the_first_step_and_in_later_groups():
    first, second = npnn.Parameter(npnn.ones(2)), npnn.Parameter(npnn.ones(3))
    optimizer = Adagrad([first], initial_accumulator_value=0.5)
    assert optimizer.state[first]["sum"].tolist() == [0.5, 0.5]
    assert optimizer.state[first]["step"].item() == 0
    optimizer.add_param_group({"params": second})
    second.grad = npnn.ones(3)
    optimizer.step()
    assert optimizer.state[second]["sum"].tolist() == [1.5] * 3
