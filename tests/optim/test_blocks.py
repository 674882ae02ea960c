"""How updates of large arrays are cut and dealt to threads."""

from __future__ import annotations

import numpy as np
import pytest

import npnn
from npnn.optim import _blocks


def test_pieces_are_for_later_unless_arrays_may_overlap(monkeypatch):
    """An array that owns its memory shares it with no other parameter; a view may."""
    monkeypatch.setattr(_blocks, "BLOCK", 7)

    def update(theta, g):
        theta += g

    owned, gradient = np.arange(40.0).reshape(4, 10).copy(), np.ones((4, 10))
    left = _blocks.update_in_blocks(update, owned, gradient)
    assert len(left) == 8
    assert (owned == np.arange(40.0).reshape(4, 10)).all()
    _blocks.deal(left)
    assert (owned == 1 + np.arange(40.0).reshape(4, 10)).all()

    assert not _blocks.update_in_blocks(update, owned[:], gradient)
    assert (owned == 2 + np.arange(40.0).reshape(4, 10)).all()


def test_parameters_that_share_memory_step_one_after_the_other(monkeypatch):
    monkeypatch.setattr(_blocks, "BLOCK", 2**10)
    memory = np.zeros(2**15)
    params = [npnn.Parameter(npnn.from_numpy(memory[:])) for _ in range(4)]
    for param in params:
        param.grad = npnn.ones(2**15, dtype=npnn.float64)
    npnn.optim.SGD(params, lr=0.5).step()
    assert (memory == -2.0).all()


def test_a_parameter_that_is_refused_leaves_those_before_it_whole(monkeypatch):
    monkeypatch.setattr(_blocks, "BLOCK", 7)
    large, refused = npnn.ones(20, requires_grad=True), npnn.ones(2, requires_grad=True)
    optimizer = npnn.optim.Adam([{"params": [large]}, {"params": [refused], "capturable": True}], lr=0.25)
    large.grad, refused.grad = npnn.ones(20), npnn.ones(2)
    with pytest.raises(AssertionError):
        optimizer.step()
    assert optimizer.state[large]["step"] == 1
    np.testing.assert_allclose(large.detach(), 0.75, rtol=1e-6)  # Adam's first step is lr
