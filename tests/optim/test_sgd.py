"""SGD against closed forms: constant gradients, quadratics, and arithmetic that is exact in binary."""

from __future__ import annotations

import re

import numpy as np
import pytest

import npnn
from npnn.optim import SGD, _blocks


def parameter(values, dtype=np.float64):
    return npnn.Parameter(npnn.tensor(np.array(values, dtype)))


def give_gradient(param, gradient):
    param.grad = npnn.tensor(np.array(gradient, param.dtype))


def steps_with(param, optimizer, gradient, count):
    """The parameter after each of some steps with the same gradient."""
    trace = []
    for _ in range(count):
        give_gradient(param, gradient)
        optimizer.step()
        trace.append(param.array.copy())
    return np.array(trace)


# ---- the update


def test_quadratic_shrinks_geometrically():
    curvature = np.array([[0.3, 1.7, 0.2], [2.5, 0.9, 1.1]])
    start = np.array([[1.5, -0.7, 3.0], [0.4, -2.0, 0.1]])
    weight = parameter(start)
    optimizer = SGD([weight], lr=0.3)
    for _ in range(25):
        optimizer.zero_grad()
        (npnn.tensor(curvature) * weight * weight * 0.5).sum().backward()
        optimizer.step()
    np.testing.assert_allclose(weight.array, start * (1 - 0.3 * curvature) ** 25, rtol=1e-12)


@pytest.mark.parametrize("momentum", [0.0, 0.9])
@pytest.mark.parametrize("dampening", [0.0, 0.25])
@pytest.mark.parametrize("maximize", [False, True])
def test_constant_gradient(momentum, dampening, maximize):
    """b_t = μ^(t-1) g + (1 - τ) g (1 - μ^(t-1)) / (1 - μ), summed up."""
    start, gradient = np.array([1.0, -2.0, 0.5]), np.array([0.3, -0.1, 2.0])
    weight = parameter(start)
    optimizer = SGD([weight], lr=0.05, momentum=momentum, dampening=dampening, maximize=maximize)
    trace = steps_with(weight, optimizer, gradient, 30)

    decay = momentum ** np.arange(30.0)[:, None]
    velocity = (
        gradient if momentum == 0 else gradient * (decay + (1 - dampening) * (1 - decay) / (1 - momentum))
    )
    sign = 1 if maximize else -1
    expected = start + sign * 0.05 * np.cumsum(np.broadcast_to(velocity, (30, 3)), axis=0)
    np.testing.assert_allclose(trace, expected, rtol=1e-12, atol=1e-14)


def test_nesterov_constant_gradient():
    start, gradient, momentum = np.array([1.0, -2.0]), np.array([0.3, -0.1]), 0.8
    weight = parameter(start)
    trace = steps_with(weight, SGD([weight], lr=0.05, momentum=momentum, nesterov=True), gradient, 30)
    velocity = gradient * (1 - momentum ** np.arange(1.0, 31)[:, None]) / (1 - momentum)
    expected = start - 0.05 * np.cumsum(gradient + momentum * velocity, axis=0)
    np.testing.assert_allclose(trace, expected, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("weight_decay", [0.5, npnn.tensor(0.5)])
def test_weight_decay_alone_shrinks_geometrically(weight_decay):
    weight = parameter([1.5, -3.0])
    trace = steps_with(weight, SGD([weight], lr=0.1, weight_decay=weight_decay), [0.0, 0.0], 20)
    shrinkage = (1 - 0.1 * 0.5) ** np.arange(1.0, 21)[:, None]
    np.testing.assert_allclose(trace, np.array([1.5, -3.0]) * shrinkage, rtol=1e-12)


def test_two_steps_by_hand():
    """Every option at once, in numbers that binary arithmetic holds exactly."""
    weight = parameter([2.0])
    optimizer = SGD([weight], lr=0.5, momentum=0.5, dampening=0.25, weight_decay=0.25, maximize=True)
    # g = -1 + 2/4 = -1/2 = b, θ = 2 + 1/4.
    # g = -1 + 9/16 = -7/16, b = -1/4 - 3/4 · 7/16 = -37/64, θ = 9/4 + 37/128.
    trace = steps_with(weight, optimizer, [1.0], 2)
    assert trace.tolist() == [[2.25], [2.25 + 37 / 128]]
    assert optimizer.state[weight]["momentum_buffer"].tolist() == [-37 / 64]


@pytest.mark.parametrize("lr", [npnn.tensor(0.25), npnn.tensor([0.25]), np.float64(0.25)])
def test_learning_rates_that_are_no_python_floats(lr):
    weight = parameter([1.0, 2.0], np.float32)
    steps_with(weight, SGD([weight], lr=lr), [1.0, -1.0], 1)
    assert weight.dtype == np.float32
    assert weight.tolist() == [0.75, 2.25]


def test_float64_learning_rate_does_not_widen_float32_arithmetic():
    rng = np.random.default_rng(0)
    start, gradient = rng.standard_normal((2, 50)).astype(np.float32)
    weight = parameter(start, np.float32)
    steps_with(weight, SGD([weight], lr=np.float64(0.1)), gradient, 1)
    assert (weight.array == start - np.float32(0.1) * gradient).all()


def test_parameters_of_several_dtypes_are_each_updated_in_their_own():
    rng = np.random.default_rng(0)
    start, gradient = rng.standard_normal((2, 50))
    params = [parameter(start, dtype) for dtype in (np.float64, np.float32, np.float64)]
    for param in params:
        give_gradient(param, gradient)
    SGD(params, lr=0.1, weight_decay=0.3, maximize=True).step()
    for param, dtype in zip(params, (np.float64, np.float32, np.float64), strict=True):
        theta, g = start.astype(dtype), gradient.astype(dtype)
        assert param.dtype == dtype
        assert (param.array == theta - dtype(0.1) * (dtype(0.3) * theta - g)).all()


def test_zero_dimensional_parameter():
    weight = parameter(3.0)
    trace = steps_with(weight, SGD([weight], lr=0.5, momentum=0.5), 1.0, 3)
    assert trace.tolist() == [2.5, 1.75, 0.875]
    assert isinstance(weight.array, np.ndarray)


@pytest.mark.parametrize("shape", [(22,), (5, 9), (2, 40), (3, 4, 17), (41, 1)])
@pytest.mark.parametrize("layout", ["C", "F", "strided"])
def test_blocks_change_nothing(monkeypatch, shape, layout):
    def trained(block):
        monkeypatch.setattr(_blocks, "BLOCK", block)
        rng = np.random.default_rng(1)
        memory = {
            "C": lambda: rng.standard_normal(shape),
            "F": lambda: np.asfortranarray(rng.standard_normal(shape)),
            "strided": lambda: rng.standard_normal((*shape, 2))[..., 0],
        }[layout]
        weight = npnn.Parameter(npnn.from_numpy(memory()))
        optimizer = SGD([weight], lr=0.1, momentum=0.9, weight_decay=0.2, nesterov=True)
        for _ in range(3):
            weight.grad = npnn.from_numpy(rng.standard_normal(shape))
            optimizer.step()
        return weight.array

    assert (trained(7) == trained(10_000)).all()


def test_large_parameter_takes_the_plain_step_everywhere():
    size = 2 * _blocks.BLOCK + 3
    start, gradient = np.random.default_rng(2).standard_normal((2, size))
    weight = parameter(start)
    steps_with(weight, SGD([weight], lr=0.1), gradient, 1)
    assert (weight.array == start - 0.1 * gradient).all()


# ---- what a step touches


def test_step_writes_in_place_and_backward_notices():
    weight = parameter([1.0, 2.0])
    memory, version = weight.array, weight._version
    loss = (weight * weight).sum()
    steps_with(weight, SGD([weight], lr=0.5), [1.0, 1.0], 1)
    assert weight.array is memory
    assert weight._version > version
    assert weight.is_leaf
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        loss.backward()


def test_parameters_without_gradient_are_left_alone():
    used, unused = parameter([1.0]), parameter([1.0])
    optimizer = SGD([used, unused], lr=0.5, momentum=0.5, weight_decay=0.5)
    steps_with(used, optimizer, [1.0], 2)
    assert unused.tolist() == [1.0]
    assert list(optimizer.state) == [used]


def test_zero_gradient_still_decays_and_none_does_not():
    weight = parameter([2.0])
    optimizer = SGD([weight], lr=0.5, weight_decay=0.5)
    give_gradient(weight, [1.0])
    optimizer.zero_grad(set_to_none=False)
    assert weight.grad.tolist() == [0.0]
    optimizer.step()
    assert weight.tolist() == [1.5]
    optimizer.zero_grad()
    assert weight.grad is None
    optimizer.step()
    assert weight.tolist() == [1.5]


def test_closure_runs_with_gradients_and_its_loss_is_returned():
    weight = parameter([2.0])
    optimizer = SGD([weight], lr=0.25)

    def closure():
        optimizer.zero_grad()
        loss = (weight * weight).sum()
        loss.backward()
        return loss

    with npnn.no_grad():
        loss = optimizer.step(closure)
    assert loss.item() == 4.0
    assert weight.tolist() == [1.0]
    assert optimizer.step() is None


# ---- what is refused


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"lr": -0.1}, ValueError, "Invalid learning rate: -0.1"),
        ({"momentum": -0.5}, ValueError, "Invalid momentum value: -0.5"),
        ({"weight_decay": -0.5}, ValueError, "Invalid weight_decay value: -0.5"),
        ({"lr": npnn.tensor([0.1, 0.2])}, ValueError, "Tensor lr must be 1-element"),
        ({"nesterov": True}, ValueError, "Nesterov momentum requires a momentum and zero dampening"),
        ({"nesterov": True, "momentum": 0.5, "dampening": 0.5}, ValueError, "Nesterov momentum requires"),
        ({"fused": True, "foreach": True}, RuntimeError, "`fused` and `foreach` cannot be `True` together"),
        ({"fused": True, "differentiable": True}, RuntimeError, "`fused` does not support `differentiable`"),
    ],
)
def test_options_that_are_refused(options, error, message):
    with pytest.raises(error, match=re.escape(message)):
        SGD([parameter([1.0])], **options)


@pytest.mark.parametrize(
    ("fused", "message"),
    [
        (True, "`fused=True` requires all the params to be floating point Tensors"),
        (False, "expected floating-point or complex gradients, but got one of int64"),
    ],
)
def test_integers_are_refused(fused, message):
    integers = npnn.tensor(np.array([1, 2]))
    integers.grad = npnn.tensor(np.array([1, 1]))
    with pytest.raises(RuntimeError, match=message):
        SGD([integers], lr=0.5, fused=fused).step()


# ---- steps on the tape


def test_differentiable_step_has_the_gradient_of_the_step():
    """L(θ - γ (c θ + λ θ)) with L = θ²/2: dL/dγ, dL/dθ and dL/dλ in closed form."""
    start, curvature = npnn.tensor([1.5, -2.0], dtype=npnn.float64, requires_grad=True), np.array([0.3, 0.7])
    lr = npnn.tensor(0.1, dtype=npnn.float64, requires_grad=True)
    decay = npnn.tensor(0.2, dtype=npnn.float64, requires_grad=True)
    theta = start.clone()
    optimizer = SGD([theta], lr=lr, weight_decay=decay, differentiable=True)
    theta.grad = npnn.tensor(curvature) * start
    optimizer.step()
    (theta * theta * 0.5).sum().backward()

    shrinkage = 1 - 0.1 * (curvature + 0.2)
    after = start.array * shrinkage
    np.testing.assert_allclose(theta.detach().array, after, rtol=1e-12)
    np.testing.assert_allclose(start.grad.array, after * shrinkage, rtol=1e-12)
    np.testing.assert_allclose(lr.grad.array, -(after * start.array * (curvature + 0.2)).sum(), rtol=1e-12)
    np.testing.assert_allclose(decay.grad.array, -(after * start.array * 0.1).sum(), rtol=1e-12)


def test_differentiable_step_refuses_leaves_that_require_grad():
    weight = parameter([1.0])
    optimizer = SGD([weight], lr=0.5, differentiable=True)
    give_gradient(weight, [1.0])
    with pytest.raises(RuntimeError, match="leaf"):
        optimizer.step()
