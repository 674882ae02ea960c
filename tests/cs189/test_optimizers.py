"""SGD in closed form."""

import numpy as np
import pytest

from npnn.cs189.optimizers import initialize_optimizer

PARAMETER, GRADIENT = np.array([[1.0, -2.0]]), np.array([[3.0, -4.0]])  # the gradient's norm is 5


def deltas(*epochs, **options):
    optimizer = initialize_optimizer("SGD", **options)
    return [optimizer.update("W", PARAMETER, GRADIENT, epoch) for epoch in epochs]


def test_plain():
    np.testing.assert_allclose(deltas(0, 0, lr=0.1), [0.1 * GRADIENT] * 2, rtol=1e-14)


def test_momentum_keeps_the_rate_of_steps_already_taken():
    first, second, third = deltas(
        *(0, 1, 2), lr=0.1, momentum=0.9, lr_scheduler="exponential", lr_decay=0.5, stage_length=1
    )
    np.testing.assert_allclose(first, 0.1 * GRADIENT, rtol=1e-14)
    np.testing.assert_allclose(second, (0.9 * 0.1 + 0.05) * GRADIENT, rtol=1e-14)
    np.testing.assert_allclose(third, (0.81 * 0.1 + 0.9 * 0.05 + 0.025) * GRADIENT, rtol=1e-14)


@pytest.mark.parametrize(("clip_norm", "factor"), [(2.0, 0.4), (5.0, 1.0), (7.0, 1.0)])
def test_clipping(clip_norm, factor):
    np.testing.assert_allclose(deltas(0, lr=1.0, clip_norm=clip_norm)[0], factor * GRADIENT, rtol=1e-14)


def test_each_parameter_is_clipped_and_remembered_by_itself():
    optimizer = initialize_optimizer("SGD", lr=1.0, momentum=0.5, clip_norm=1.0)
    small = np.array([0.1, 0.2, 0.2])
    optimizer.update("W", PARAMETER, GRADIENT, 0)
    np.testing.assert_allclose(optimizer.update("b", np.zeros(3), small, 0), small, rtol=1e-14)
    np.testing.assert_allclose(optimizer.update("b", np.zeros(3), small, 0), 1.5 * small, rtol=1e-14)
    np.testing.assert_allclose(optimizer.update("W", PARAMETER, GRADIENT, 0), 0.3 * GRADIENT, rtol=1e-14)


def test_arguments_stay_as_they_were():
    deltas(0, 0, lr=0.1, momentum=0.9, clip_norm=1.0)
    np.testing.assert_array_equal(PARAMETER, [[1.0, -2.0]])
    np.testing.assert_array_equal(GRADIENT, [[3.0, -4.0]])


def test_staircase_reaches_the_scheduler():
    options = {"lr_scheduler": "exponential", "lr_decay": 0.5, "stage_length": 2, "staircase": True}
    np.testing.assert_allclose(deltas(3, lr=1.0, **options)[0], 0.5 * GRADIENT, rtol=1e-14)


def test_refusals():
    with pytest.raises(NotImplementedError, match="no optimizer 'Adam', only: SGD"):
        initialize_optimizer("Adam", lr=0.1)
    with pytest.raises(NotImplementedError, match="no scheduler 'step'"):
        initialize_optimizer("SGD", lr=0.1, lr_scheduler="step")
    with pytest.raises(ValueError, match=r"momentum must not be negative, but got -0\.5"):
        initialize_optimizer("SGD", lr=0.1, momentum=-0.5)
