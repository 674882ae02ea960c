"""What the other optimizers have in common."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest

import npnn
from npnn import optim
from npnn.autograd import gradcheck
from npnn.optim import _blocks

ELEMENTWISE = {
    "Adadelta": {},
    "Adagrad": {"lr_decay": 0.1},
    "Adam": {"amsgrad": True, "weight_decay": 0.1},
    "AdamW": {},
    "Adamax": {"weight_decay": 0.1},
    "ASGD": {"t0": 1, "weight_decay": 0.1},
    "NAdam": {"decoupled_weight_decay": True, "weight_decay": 0.1},
    "RAdam": {"betas": (0.5, 0.9)},
    "RMSprop": {"centered": True, "momentum": 0.5},
    "Rprop": {"maximize": True},
}
OTHERS = {"Adafactor": {}, "Muon": {}, "SparseAdam": {}}
LEARNING_RATES = {
    "Adadelta": 30.0,
    "Adagrad": 0.5,
    "ASGD": 0.2,
    "Rprop": 0.1,
    "Muon": 0.05,
    "RAdam": 0.1,
    "Adafactor": 0.05,
}


@pytest.mark.parametrize("name", [*ELEMENTWISE, *OTHERS])
def test_quadratic_is_minimized(name):
    """From the same start, each comes to a tenth of the loss at least."""
    rng = np.random.default_rng(0)
    target, curvature = rng.standard_normal((4, 3)), 0.5 + rng.random((4, 3))
    weight = npnn.Parameter(npnn.tensor(np.full((4, 3), 2.0)))
    options = {"weight_decay": 0.0} if name in ("AdamW", "Muon") else {}
    optimizer = getattr(optim, name)([weight], lr=LEARNING_RATES.get(name, 0.03), **options)
    losses = []
    for _ in range(200):
        optimizer.zero_grad()
        loss = (npnn.tensor(curvature) * (weight - npnn.tensor(target)) ** 2).sum()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0] / 10


@pytest.mark.parametrize("shape", [(22,), (2, 40), (3, 4, 17)])
@pytest.mark.parametrize("name", ELEMENTWISE)
def test_blocks_change_nothing(monkeypatch, name, shape):
    def trained(block):
        monkeypatch.setattr(_blocks, "BLOCK", block)
        rng = np.random.default_rng(1)
        weight = npnn.Parameter(npnn.from_numpy(np.asfortranarray(rng.standard_normal(shape))))
        optimizer = getattr(optim, name)([weight], **ELEMENTWISE[name])
        for _ in range(3):
            weight.grad = npnn.from_numpy(rng.standard_normal(shape))
            optimizer.step()
        return weight.array

    assert (trained(7) == trained(10_000)).all()


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_steps_write_in_place_in_the_parameters_dtype(name):
    weight = npnn.Parameter(npnn.tensor(np.array([[1.0, 2.0]], np.float32)))
    memory, version = weight.array, weight._version
    optimizer = getattr(optim, name)([weight], lr=npnn.tensor(0.1, dtype=npnn.float64), **ELEMENTWISE[name])
    for _ in range(2):
        weight.grad = npnn.tensor(np.array([[1.0, -1.0]], np.float32))
        optimizer.step()
    assert weight.array is memory
    assert weight._version > version
    assert weight.dtype == np.float32
    arrays = {key: value for key, value in optimizer.state[weight].items() if value.ndim}
    assert all(value.dtype == np.float32 for value in arrays.values())


@pytest.mark.parametrize("name", [*ELEMENTWISE, *OTHERS])
def test_parameters_without_gradient_are_left_alone(name):
    used, unused = npnn.Parameter(npnn.ones(2, 3)), npnn.Parameter(npnn.ones(2, 3))
    optimizer = getattr(optim, name)([used, unused])
    used.grad = npnn.ones(2, 3)
    optimizer.step()
    assert unused.tolist() == [[1.0] * 3] * 2
    assert used.tolist() != unused.tolist()
    assert not optimizer.state[unused] or name == "Adagrad"


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda one: pickle.loads(pickle.dumps(one))])
@pytest.mark.parametrize("name", [*ELEMENTWISE, *OTHERS])
def test_copies_go_on_as_the_original(name, duplicate):
    weight = npnn.Parameter(npnn.ones(2, 3))
    optimizer = getattr(optim, name)([weight])

    def step(one):
        (param,) = one.param_groups[0]["params"]
        param.grad = npnn.tensor(np.arange(6.0).reshape(2, 3), dtype=npnn.float32) - 2.5
        one.step()
        return param.array

    step(optimizer)
    twin = duplicate(optimizer)
    assert (step(twin) == step(optimizer)).all()


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_gradients_through_differentiable_steps(name):
    """Two steps as a function of the start and of both gradients, against finite differences."""
    rng = np.random.default_rng(3)
    # Far from where a maximum or a sign changes over.
    inputs = [rng.standard_normal((2, 3)) * scale for scale in (1.0, 1.0, 3.0)]

    def train(start, *gradients):
        theta = start.clone()
        optimizer = getattr(optim, name)([theta], differentiable=True, lr=0.5, **ELEMENTWISE[name])
        for gradient in gradients:
            theta.grad = gradient * 1.0
            optimizer.step()
        return theta

    assert gradcheck(train, [npnn.tensor(array, requires_grad=True) for array in inputs])


@pytest.mark.parametrize("name", [name for name in ELEMENTWISE if name not in ("ASGD", "Rprop")])
def test_gradient_of_a_learning_rate(name):
    def train(lr):
        theta = npnn.tensor([1.0, -2.0], dtype=npnn.float64)
        optimizer = getattr(optim, name)([theta], differentiable=True, lr=lr)
        for _ in range(2):
            theta.grad = npnn.tensor([0.3, -0.5], dtype=npnn.float64)
            optimizer.step()
        return theta

    assert gradcheck(train, [npnn.tensor(0.1, dtype=npnn.float64, requires_grad=True)])


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"capturable": True}, AssertionError, "capturable=True"),
        ({"foreach": True, "differentiable": True}, AssertionError, "_foreach ops don't support autograd"),
    ],
)
def test_implementations_that_are_refused(options, error, message):
    weight = npnn.ones(2)
    weight.grad = npnn.ones(2)
    with pytest.raises(error, match=message):
        optim.Adam([weight], **options).step()


@pytest.mark.parametrize("name", [*ELEMENTWISE, *OTHERS])
def test_gradients_of_integers_are_refused(name):
    weight = npnn.tensor(np.array([[1, 2]]))
    weight.grad = npnn.tensor(np.array([[1, 1]]))
    with pytest.raises(RuntimeError, match=f"{name} expected floating-point or complex gradients"):
        getattr(optim, name)([weight]).step()


def test_closure_runs_with_gradients_and_its_loss_is_returned():
    weight = npnn.Parameter(npnn.tensor([2.0]))
    optimizer = optim.Adam([weight], lr=0.25)

    def closure():
        optimizer.zero_grad()
        loss = (weight * weight).sum()
        loss.backward()
        return loss

    with npnn.no_grad():
        loss = optimizer.step(closure)
    assert loss.item() == 4.0
    assert weight.tolist() == [1.75]
    assert optimizer.step() is None
