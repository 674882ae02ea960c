"""Adadelta against closed forms."""

from __future__ import annotations

import numpy as np
import pytest

import npnn
from npnn.optim import Adadelta


def test_two_steps_by_hand(trace):
    """ρ = ½, ε = 1: v = g² / 2 and Δ = g / √(v + 1); then with u = Δ² / 2 in the numerator."""
    found, _ = trace(Adadelta, [1.0], [[4.0], [2.0]], lr=0.5, rho=0.5, eps=1.0)
    first = 4.0 / 3.0
    second = np.sqrt(first**2 / 2 + 1) / np.sqrt(4.0 + 2.0 + 1) * 2.0
    np.testing.assert_allclose(found[:, 0], [1 - first / 2, 1 - first / 2 - second / 2], rtol=1e-15)


def test_first_step_does_not_depend_on_the_scale_of_large_gradients(trace):
    found, _ = trace(Adadelta, [0.0, 0.0], [[1e3, -1e6]], eps=1e-6)
    np.testing.assert_allclose(found[0], [-np.sqrt(1e-5), np.sqrt(1e-5)], rtol=1e-10)


def test_rho_is_checked():
    with pytest.raises(ValueError, match=r"Invalid rho value: 1\.1"):
        Adadelta([npnn.Parameter(npnn.ones(1))], rho=1.1)
