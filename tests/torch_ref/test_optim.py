"""SGD against torch.optim.SGD: every configuration of torch's own database, step by step in float64."""

from __future__ import annotations

import copy
import re

import numpy as np
import pytest
import torch
from torch.testing._internal.common_optimizers import optim_db

import npnn

SGD_INFO = next(info for info in optim_db if info.optim_cls is torch.optim.SGD)
CONFIGURATIONS = {entry.desc: entry.kwargs for entry in SGD_INFO.optim_inputs_func("cpu")}
ERRORS = SGD_INFO.optim_error_inputs_func("cpu", torch.float64)
SHAPES = [(3, 2), (5,), (), (2, 3, 4)]
STEPS = 60


def to_npnn(value):
    """Torch's tensors and parameters as npnn's, in containers too."""
    if isinstance(value, torch.nn.Parameter):
        return npnn.Parameter(npnn.tensor(value.detach().numpy()))
    if isinstance(value, torch.Tensor):
        return npnn.tensor(value.detach().numpy(), requires_grad=value.requires_grad)
    if isinstance(value, dict):
        return {key: to_npnn(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(to_npnn(entry) for entry in value)
    return value


def to_torch(value):
    """npnn's tensors as torch's, in containers too."""
    if isinstance(value, npnn.Tensor):
        return torch.tensor(value.detach().array)
    if isinstance(value, dict):
        return {key: to_torch(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(to_torch(entry) for entry in value)
    return value


def in_groups(params, groups):
    """Spreads the parameters over groups with the given options."""
    split = np.array_split(np.arange(len(params)), len(groups))
    return [
        {**group, "params": [params[i] for i in chosen]} for group, chosen in zip(groups, split, strict=True)
    ]


class Pair:
    """An optimizer of each kind, on parameters of the same values, which get the same random gradients."""

    def __init__(self, options, groups=({},), seed=0, dtype=np.float64):
        self.rng = np.random.default_rng(seed)
        arrays = [np.asarray(self.rng.standard_normal(shape), dtype) for shape in SHAPES]
        self.theirs = [torch.nn.Parameter(torch.tensor(array)) for array in arrays]
        self.ours = [npnn.Parameter(npnn.tensor(array)) for array in arrays]
        self.torch_optimizer = torch.optim.SGD(in_groups(self.theirs, groups), **options)
        self.optimizer = npnn.optim.SGD(in_groups(self.ours, groups), **to_npnn(options))

    def step(self, leave_out=()):
        for index, (theirs, ours) in enumerate(zip(self.theirs, self.ours, strict=True)):
            gradient = np.asarray(self.rng.standard_normal(ours.shape), ours.dtype)
            theirs.grad = None if index in leave_out else torch.tensor(gradient)
            ours.grad = None if index in leave_out else npnn.tensor(gradient)
        self.torch_optimizer.step()
        self.optimizer.step()

    def assert_equal(self, rtol=1e-9, atol=1e-11):
        for theirs, ours in zip(self.theirs, self.ours, strict=True):
            np.testing.assert_allclose(ours.array, theirs.detach().numpy(), rtol=rtol, atol=atol)
        assert_same_state(self.optimizer.state_dict(), self.torch_optimizer.state_dict(), rtol, atol)


def assert_same_state(ours, theirs, rtol=1e-9, atol=1e-11):
    """Two state dicts have the same structure, and the values in it are equal."""
    if isinstance(theirs, torch.Tensor):
        assert isinstance(ours, npnn.Tensor)
        assert str(theirs.dtype).split(".")[1] == ours.dtype.name
        np.testing.assert_allclose(ours.detach().array, theirs.detach().numpy(), rtol=rtol, atol=atol)
    elif isinstance(theirs, dict):
        assert set(ours) == set(theirs)
        for key, value in theirs.items():
            assert_same_state(ours[key], value, rtol, atol)
    elif isinstance(theirs, list):
        assert len(ours) == len(theirs)
        for our_entry, their_entry in zip(ours, theirs, strict=True):
            assert_same_state(our_entry, their_entry, rtol, atol)
    else:
        assert type(ours) is type(theirs)
        assert ours == theirs


IMPLEMENTATIONS = [{}, {"foreach": False}, {"foreach": True}, {"fused": True}]


@pytest.mark.parametrize("implementation", IMPLEMENTATIONS, ids=str)
@pytest.mark.parametrize("configuration", CONFIGURATIONS)
def test_every_configuration(configuration, implementation):
    pair = Pair({**CONFIGURATIONS[configuration], **implementation})
    for _ in range(STEPS):
        pair.step()
        pair.assert_equal()
    assert repr(pair.optimizer) == repr(pair.torch_optimizer)


@pytest.mark.parametrize("configuration", CONFIGURATIONS)
def test_every_configuration_in_float32(configuration):
    """A step rounds up to four times for each library, which fuse different operations."""
    pair = Pair(CONFIGURATIONS[configuration], dtype=np.float32)
    for _ in range(STEPS):
        pair.step()
    pair.assert_equal(rtol=STEPS * 4 * np.finfo(np.float32).eps, atol=STEPS * 4 * np.finfo(np.float32).eps)


OPTIONS = {"lr": 0.05, "momentum": 0.9, "weight_decay": 0.1}
GROUPS = [{"lr": 0.02}, {"dampening": 0.5, "maximize": True}, {"momentum": 0.0}, {"nesterov": True}]


def test_groups_and_missing_gradients():
    pair = Pair(OPTIONS, GROUPS)
    for count in range(STEPS):
        pair.step(leave_out={count % 5, count % 3})
        if count == 20:
            for optimizer in (pair.optimizer, pair.torch_optimizer):
                optimizer.param_groups[0]["momentum"] = 0.0
                optimizer.param_groups[2]["momentum"] = 0.7
                optimizer.param_groups[3]["lr"] = 0.01
        pair.assert_equal()


def test_state_dicts_are_interchangeable():
    """The state of either, loaded into the other, goes on as its own."""
    pair, swapped = Pair(OPTIONS, GROUPS), Pair(OPTIONS, GROUPS)
    for _ in range(5):
        pair.step()
        swapped.step()
    swapped.optimizer.load_state_dict(to_npnn(copy.deepcopy(pair.torch_optimizer.state_dict())))
    swapped.torch_optimizer.load_state_dict(to_torch(copy.deepcopy(pair.optimizer.state_dict())))
    for _ in range(20):
        pair.step()
        swapped.step()
        swapped.assert_equal()
        assert_same_state(swapped.optimizer.state_dict(), pair.torch_optimizer.state_dict())


def test_named_parameters():
    names = ["layer.weight", "layer.bias", "scale", "kernel"]
    pair = Pair(OPTIONS)
    theirs = torch.optim.SGD(list(zip(names, pair.theirs, strict=True)), **OPTIONS)
    ours = npnn.optim.SGD(list(zip(names, pair.ours, strict=True)), **OPTIONS)
    assert_same_state(ours.state_dict(), theirs.state_dict())
    assert repr(ours) == repr(theirs)


@pytest.mark.filterwarnings("ignore:optimizer contains a parameter group with duplicate:UserWarning")
def test_duplicate_parameters():
    pair = Pair(OPTIONS)
    theirs = torch.optim.SGD([pair.theirs[0], pair.theirs[0], pair.theirs[1]], **OPTIONS)
    ours = npnn.optim.SGD([pair.ours[0], pair.ours[0], pair.ours[1]], **OPTIONS)
    assert_same_state(ours.state_dict(), theirs.state_dict())


@pytest.mark.parametrize("case", ERRORS, ids=lambda case: case.optimizer_error_input.desc)
def test_every_error_input(case):
    entry = case.optimizer_error_input
    params = entry.params if entry.params is not None else [torch.nn.Parameter(torch.zeros(1))]
    seen = {}

    def converted(value):
        # The same parameter twice must stay the same parameter.
        if isinstance(value, torch.nn.Parameter):
            return seen.setdefault(id(value), to_npnn(value))
        if isinstance(value, dict):
            return {key: converted(part) for key, part in value.items()}
        return type(value)(converted(part) for part in value) if isinstance(value, list | tuple) else value

    def make():
        return npnn.optim.SGD(converted(params), **to_npnn(entry.kwargs))

    if issubclass(case.error_type, Warning):
        with pytest.warns(case.error_type, match=case.error_regex):
            make()
    else:
        with pytest.raises(case.error_type, match=case.error_regex):
            make()


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"momentum": 0.9},
        {"momentum": 0.9, "nesterov": True},
        {"momentum": 0.8, "dampening": 0.3},
        {"maximize": True},
    ],
    ids=str,
)
@pytest.mark.parametrize("weight_decay", [0, 0.1])
def test_gradients_through_differentiable_steps(options, weight_decay):
    """d loss / d(start, data) through three steps on gradients that are themselves on the tape."""
    rng = np.random.default_rng(4)
    start, data, cotangent = rng.standard_normal((3, 2, 3))

    def run(library, optimizer_class):
        theta0 = library.tensor(start, requires_grad=True)
        x = library.tensor(data, requires_grad=True)
        theta = theta0.clone()
        optimizer = optimizer_class(
            [theta], lr=0.1, weight_decay=weight_decay, differentiable=True, **options
        )
        for _ in range(3):
            now = theta.clone()  # theta itself is about to change in place
            theta.grad = x * (now * now + 1.0)
            optimizer.step()
        (theta * library.tensor(cotangent)).sum().backward()
        return [np.asarray(tensor.detach()) for tensor in (theta, theta0.grad, x.grad)]

    ours, theirs = run(npnn, npnn.optim.SGD), run(torch, torch.optim.SGD)
    for our_array, their_array in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(our_array, their_array, rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("size", [(4,), ()])
@pytest.mark.parametrize("shape", [(), (1,)])
def test_gradients_of_learning_rate_and_weight_decay(shape, size):
    rng = np.random.default_rng(5)
    start, gradient, cotangent = (np.asarray(rng.standard_normal(size)) for _ in range(3))

    def run(library, optimizer_class):
        lr = library.tensor(np.full(shape, 0.1), requires_grad=True)
        weight_decay = library.tensor(0.2, dtype=library.float64, requires_grad=True)
        theta = library.tensor(start, requires_grad=True).clone()
        optimizer = optimizer_class([theta], lr=lr, weight_decay=weight_decay, differentiable=True)
        for _ in range(2):
            theta.grad = library.tensor(gradient) * 1.0
            optimizer.step()
        (theta * library.tensor(cotangent)).sum().backward()
        return [np.asarray(tensor.detach()) for tensor in (theta, lr.grad, weight_decay.grad)]

    ours, theirs = run(npnn, npnn.optim.SGD), run(torch, torch.optim.SGD)
    for our_array, their_array in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(our_array, their_array, rtol=1e-9, atol=1e-11)


def test_every_public_name_of_torch_is_there():
    ours, theirs = npnn.optim.Optimizer, torch.optim.Optimizer
    # What torch keeps for its profiler and for type checkers.
    internal = {"profile_hook_step", "OptimizerPreHook", "OptimizerPostHook"}
    public = {name for name in vars(theirs) if not re.match("_", name)}
    assert public - internal <= set(dir(ours))
