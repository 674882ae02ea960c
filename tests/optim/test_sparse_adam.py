"""SparseAdam against Adam, which it is for rows that always have a gradient, and by hand."""

from __future__ import annotations

import numpy as np
import pytest

import npnn
from npnn.optim import Adam, SparseAdam


@pytest.mark.parametrize("shape", [(), (4,), (3, 2), (2, 3, 4)])
@pytest.mark.parametrize("maximize", [False, True])
def test_with_every_row_looked_up_it_is_adam(trace, shape, maximize):
    """But for ε, which stands beside √v here and beside √v̂ there."""
    rng = np.random.default_rng(0)
    start, gradients = rng.standard_normal(shape), rng.standard_normal((5, *shape)) + 3.0
    found, _ = trace(SparseAdam, start, gradients, lr=0.1, maximize=maximize, eps=1e-300)
    expected, _ = trace(Adam, start, gradients, lr=0.1, maximize=maximize, eps=0.0)
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_rows_of_zeros_keep_their_moments(trace):
    """β₁ = β₂ = ½. The second row is away in the first step, and its first one is corrected as a second."""
    gradients = [[[4.0, 0.0], [0.0, 0.0]], [[0.0, 0.0], [2.0, -2.0]]]
    found, optimizer = trace(SparseAdam, np.ones((2, 2)), gradients, lr=0.25, betas=(0.5, 0.5))
    (state,) = optimizer.state.values()
    assert state["exp_avg"].tolist() == [[2.0, 0.0], [1.0, -1.0]]
    assert state["exp_avg_sq"].tolist() == [[8.0, 0.0], [2.0, 2.0]]
    assert state["step"] == 2
    second = 0.25 * np.sqrt(0.75) / 0.75 / np.sqrt(2.0)
    np.testing.assert_allclose(found[1], [[0.75, 1.0], [1.0 - second, 1.0 + second]], rtol=1e-8)


def test_zero_learning_rate_and_complex_parameters_are_refused():
    with pytest.raises(ValueError, match="Invalid learning rate: 0"):
        SparseAdam([npnn.ones(2)], lr=0.0)
    with pytest.raises(ValueError, match="SparseAdam does not support complex parameters"):
        SparseAdam([npnn.tensor(np.ones(2, np.complex128))])
