"""Rprop in numbers that binary arithmetic holds exactly."""

from __future__ import annotations

import pytest

import npnn
from npnn.optim import Rprop


def test_steps_grow_turn_and_stay_within_bounds(trace):
    gradients = [[3.0], [0.1], [5.0], [-1.0], [-1.0], [-9.0], [0.0], [-2.0]]
    found, optimizer = trace(Rprop, [0.0], gradients, lr=0.25, etas=(0.5, 2.0), step_sizes=(0.25, 0.75))
    # Sizes 1/4, 1/2, 3/4 (not 1); a turn halves it and stands still; on at 3/8, doubled to 3/4; a zero
    # stands still, and what follows a zero is neither a turn nor none.
    assert found[:, 0].tolist() == [-0.25, -0.75, -1.5, -1.5, -1.125, -0.375, -0.375, 0.375]
    (state,) = optimizer.state.values()
    assert state["step_size"].tolist() == [0.75]
    assert state["prev"].tolist() == [-2.0]


def test_only_signs_count(trace):
    small, _ = trace(Rprop, [1.0, 2.0], [[1e-9, -1e-3], [1e-5, 1e-9], [-1e-9, 1.0]])
    large, _ = trace(Rprop, [1.0, 2.0], [[1.0, -7.0], [2.0, 8.0], [-3.0, 9.0]])
    assert (small == large).all()


def test_etas_are_checked():
    with pytest.raises(ValueError, match=r"Invalid eta values: 1\.0, 0\.5"):
        Rprop([npnn.Parameter(npnn.ones(1))], etas=(1.0, 0.5))
