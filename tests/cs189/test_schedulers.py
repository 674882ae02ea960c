"""Learning rates in closed form."""

import numpy as np
import pytest

from npnn.cs189.schedulers import initialize_scheduler


def rates(*args, epochs=8, **options):
    scheduler = initialize_scheduler(*args, **options)
    return [scheduler(epoch) for epoch in range(epochs)]


def test_constant():
    assert rates("constant", 0.3) == [0.3] * 8


def test_exponential():
    expected = 0.3 * 0.7 ** (np.arange(8) / 3)
    np.testing.assert_allclose(rates("exponential", 0.3, 0.7, 3), expected, rtol=1e-14)
    np.testing.assert_allclose(rates("exponential", 0.3, 0.7, 3, staircase=False), expected, rtol=1e-14)


def test_staircase():
    expected = [0.3, 0.3, 0.3, 0.3 * 0.7, 0.3 * 0.7, 0.3 * 0.7, 0.3 * 0.7**2, 0.3 * 0.7**2]
    actual = rates("exponential", lr=0.3, decay=0.7, stage_length=3, staircase=True)
    np.testing.assert_allclose(actual, expected, rtol=1e-14)


@pytest.mark.parametrize("options", [{"decay": 0.5}, {"stage_length": 2}, {"decay": 0.5, "stage_length": 0}])
def test_exponential_needs_its_numbers(options):
    with pytest.raises(ValueError, match="needs a decay and a stage_length of at least 1, but got"):
        initialize_scheduler("exponential", 0.1, **options)


def test_unknown_name():
    with pytest.raises(NotImplementedError, match="no scheduler 'step', only: constant, exponential"):
        initialize_scheduler("step", 0.1)
