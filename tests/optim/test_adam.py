"""Adam and AdamW against closed forms."""

from __future__ import annotations

import numpy as np
import pytest

import npnn
from npnn.optim import Adam, AdamW

START, GRADIENT = np.array([1.0, -2.0, 0.5]), np.array([0.3, -0.1, 2.0])


@pytest.mark.parametrize("maximize", [False, True])
@pytest.mark.parametrize("amsgrad", [False, True])
def test_constant_gradient(trace, amsgrad, maximize):
    """Both averages are then the constant, once their bias is corrected: every step is γ g / (|g| + ε)."""
    found, _ = trace(Adam, START, [GRADIENT] * 20, lr=0.05, eps=0.1, amsgrad=amsgrad, maximize=maximize)
    sign = 1 if maximize else -1
    step = sign * 0.05 * GRADIENT / (np.abs(GRADIENT) + 0.1)
    np.testing.assert_allclose(found, START + step * np.arange(1.0, 21)[:, None], rtol=1e-12)


def test_two_steps_by_hand(trace):
    """β₁ = β₂ = 1/2. g = 4: m = 2, v = 8, m̂ = 4, v̂ = 16. g = 0: m = 1, v = 4, m̂ = 4/3, v̂ = 16/3."""
    found, optimizer = trace(Adam, [1.0], [[4.0], [0.0]], lr=0.25, betas=(0.5, 0.5), eps=0.0)
    np.testing.assert_allclose(found[:, 0], [0.75, 0.75 - 0.25 * (4 / 3) / np.sqrt(16 / 3)], rtol=1e-15)
    (state,) = optimizer.state.values()
    assert {name: value.tolist() for name, value in state.items()} == {
        "step": 2.0,
        "exp_avg": [1.0],
        "exp_avg_sq": [4.0],
    }
    assert state["step"].dtype == npnn.float32


def test_amsgrad_divides_by_the_largest(trace):
    """As before, but v̂ = 8 / (3/4) in the second step."""
    found, _ = trace(Adam, [1.0], [[4.0], [0.0]], lr=0.25, betas=(0.5, 0.5), eps=0.0, amsgrad=True)
    np.testing.assert_allclose(found[1], 0.75 - 0.25 * (4 / 3) / np.sqrt(32 / 3), rtol=1e-15)


def test_weight_decay_is_a_gradient(trace):
    """Without another one, it is what the first step divides by its own length."""
    found, _ = trace(Adam, [3.0, -2.0], [[0.0, 0.0]], lr=0.25, weight_decay=0.5, eps=0.0)
    np.testing.assert_allclose(found[0], [2.75, -1.75], rtol=1e-12)


@pytest.mark.parametrize(
    ("cls", "options"), [(AdamW, {}), (Adam, {"decoupled_weight_decay": True})], ids=["AdamW", "Adam"]
)
def test_decoupled_weight_decay_shrinks(trace, cls, options):
    found, _ = trace(cls, [3.0, -2.0], [[0.0, 0.0]] * 9, lr=0.25, weight_decay=0.5, **options)
    shrinkage = (1 - 0.25 * 0.5) ** np.arange(1.0, 10)[:, None]
    np.testing.assert_allclose(found, shrinkage * [3.0, -2.0], rtol=1e-12)


def test_adamw_stays_decoupled_when_it_loads_a_checkpoint_of_adam():
    weight = npnn.Parameter(npnn.ones(2))
    optimizer = AdamW([weight])
    optimizer.load_state_dict(Adam([weight]).state_dict())
    assert optimizer.param_groups[0]["decoupled_weight_decay"] is True


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"betas": (1.0, 0.9)}, "Invalid beta parameter at index 0: 1.0"),
        ({"betas": (0.9, -0.1)}, "Invalid beta parameter at index 1: -0.1"),
        ({"betas": (0.9, npnn.tensor(0.9))}, "betas must be either both floats or both Tensors"),
        ({"betas": (npnn.tensor(0.9), npnn.ones(2) / 2)}, r"Tensor betas\[1\] must be 1-element"),
        ({"eps": -1.0}, "Invalid epsilon value: -1.0"),
        ({"weight_decay": -1.0}, "Invalid weight_decay value: -1.0"),
        ({"lr": npnn.tensor(0.1), "foreach": True}, "lr as a Tensor is not supported"),
    ],
    ids=str,
)
def test_options_that_are_refused(options, message):
    with pytest.raises((ValueError, RuntimeError), match=message):
        Adam([npnn.Parameter(npnn.ones(2))], **options)


@pytest.mark.parametrize("cls", [Adam, AdamW])
@pytest.mark.parametrize("options", [{}, {"weight_decay": 0.1, "maximize": True}, {"amsgrad": True}])
def test_steps_in_place_are_the_formula_to_the_bit(cls, options):
    """Recorded steps go by the formula itself."""
    rng = np.random.default_rng(0)
    start, gradients = rng.standard_normal((7, 5), np.float32), rng.standard_normal((4, 7, 5), np.float32)

    def trained(differentiable):
        weight = npnn.tensor(start) if differentiable else npnn.Parameter(npnn.tensor(start))
        optimizer = cls([weight], differentiable=differentiable, **options)
        for gradient in gradients:
            weight.grad = npnn.tensor(gradient)
            optimizer.step()
        kept = [value.array for name, value in optimizer.state[weight].items() if name != "step"]
        return [weight.array, *kept]

    for ours, expected in zip(trained(False), trained(True), strict=True):
        np.testing.assert_array_equal(ours, expected)
