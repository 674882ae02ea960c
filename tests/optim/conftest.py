"""What the tests of all optimizers do: steps with given gradients."""

from __future__ import annotations

import numpy as np
import pytest

import npnn


@pytest.fixture
def trace():
    """A function that makes steps, and gives the parameter after each of them, and the optimizer."""

    def steps(optimizer_class, start, gradients, **options):
        weight = npnn.Parameter(npnn.tensor(np.array(start, np.float64)))
        optimizer = optimizer_class([weight], **options)
        found = []
        for gradient in gradients:
            weight.grad = npnn.tensor(np.array(gradient, np.float64))
            optimizer.step()
            found.append(weight.array.copy())
        return np.array(found), optimizer

    return steps
