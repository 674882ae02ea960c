"""What every optimizer shares: parameter groups, checkpoints, copies and hooks; on SGD."""

from __future__ import annotations

import copy
import pickle
import re

import numpy as np
import pytest

import npnn
from npnn.optim import SGD, Optimizer
from npnn.optim.optimizer import (
    register_optimizer_step_post_hook,
    register_optimizer_step_pre_hook,
    required,
)


def parameter(values, dtype=np.float64):
    return npnn.Parameter(npnn.tensor(np.array(values, dtype)))


def give_gradient(param, gradient):
    param.grad = npnn.tensor(np.array(gradient, param.dtype))


# ---- parameter groups


def test_groups_have_their_own_options():
    slow, fast = parameter([1.0]), parameter([1.0])
    optimizer = SGD([{"params": [slow], "lr": 0.25}, {"params": fast}], lr=0.5)
    for param in (slow, fast):
        give_gradient(param, [1.0])
    optimizer.step()
    assert (slow.tolist(), fast.tolist()) == ([0.75], [0.5])
    optimizer.param_groups[1]["lr"] = 0.125
    optimizer.step()
    assert (slow.tolist(), fast.tolist()) == ([0.5], [0.375])


def test_add_param_group():
    first, second = parameter([1.0]), parameter([1.0])
    optimizer = SGD([first], lr=0.5)
    optimizer.add_param_group({"params": second, "momentum": 0.5})
    assert [group["momentum"] for group in optimizer.param_groups] == [0, 0.5]
    assert optimizer.param_groups[1]["params"] == [second]
    assert optimizer.param_groups[1]["lr"] == 0.5


def test_names_are_kept():
    model = npnn.Linear(3, 2)
    optimizer = SGD(model.named_parameters(), lr=0.5)
    assert optimizer.param_groups[0]["param_names"] == ["weight", "bias"]
    assert optimizer.param_groups[0]["params"][0] is model.weight
    assert optimizer.state_dict()["param_groups"][0]["param_names"] == ["weight", "bias"]


def test_repr():
    optimizer = SGD([{"params": [parameter([1.0])]}, {"params": [parameter([1.0])], "lr": 0.25}], lr=0.5)
    options = "dampening: 0\n    differentiable: False\n    foreach: None\n    fused: None\n    lr: {}"
    rest = "maximize: False\n    momentum: 0\n    nesterov: False\n    weight_decay: 0"
    assert (
        repr(optimizer) == f"SGD (\nParameter Group 0\n    {options.format(0.5)}\n    {rest}\n\n"
        f"Parameter Group 1\n    {options.format(0.25)}\n    {rest}\n)"
    )


def test_zero_grad_takes_a_recorded_gradient_off_the_tape():
    weight = parameter([2.0])
    (weight**3).sum().backward(create_graph=True)
    assert weight.grad.grad_fn is not None
    gradient = weight.grad
    SGD([weight], lr=0.5).zero_grad(set_to_none=False)
    assert weight.grad is gradient
    assert gradient.grad_fn is None
    assert gradient.tolist() == [0.0]


# ---- what is refused


def _named_and_not():
    return [("weight", parameter([1.0])), parameter([1.0])]


@pytest.mark.parametrize(
    ("params", "error", "message"),
    [
        (lambda: [], ValueError, "optimizer got an empty parameter list"),
        (lambda: parameter([1.0]), TypeError, "params argument given to the optimizer should be an iterable"),
        (
            lambda: [np.zeros(2)],
            TypeError,
            "optimizer can only optimize Tensors, but one of the params is ndarray",
        ),
        (lambda: [parameter([1.0]) * 2], ValueError, "can't optimize a non-leaf Tensor"),
        (lambda: [{"params": {parameter([1.0])}}], TypeError, "need to be organized in ordered collections"),
        (
            lambda: [{"params": [p := parameter([1.0])]}, {"params": p}],
            ValueError,
            "more than one parameter group",
        ),
        (_named_and_not, ValueError, "all optimizer params should be with/without names"),
        (
            lambda: [{"params": [("weight", parameter([1.0]))]}, {"params": [parameter([1.0])]}],
            ValueError,
            "cannot add param group without names to the optimizer",
        ),
    ],
)
def test_parameters_that_are_refused(params, error, message):
    with pytest.raises(error, match=re.escape(message)):
        SGD(params(), lr=0.1)


def test_param_group_must_be_a_dict():
    with pytest.raises(TypeError, match="param_group must be a dict"):
        SGD([parameter([1.0])]).add_param_group([parameter([1.0])])


def test_duplicate_parameter_warns_and_moves_twice():
    weight = parameter([1.0])
    with pytest.warns(UserWarning, match="a parameter group with duplicate parameters"):
        optimizer = SGD([weight, weight], lr=0.25)
    give_gradient(weight, [1.0])
    optimizer.step()
    assert weight.tolist() == [0.5]


def test_required_option():
    class Custom(Optimizer):
        def __init__(self, params):
            super().__init__(params, {"lr": required})

    Custom([{"params": [parameter([1.0])], "lr": 0.5}])
    with pytest.raises(ValueError, match="didn't specify a value of required optimization parameter lr"):
        Custom([parameter([1.0])])
    with pytest.raises(NotImplementedError, match="Custom"):
        Custom([{"params": [parameter([1.0])], "lr": 0.5}]).step()


# ---- checkpoints and copies


def trained_pair(seed=3):
    rng = np.random.default_rng(seed)
    params = [parameter(rng.standard_normal((3, 2))), parameter(rng.standard_normal(5))]
    optimizer = SGD(params, lr=0.1, momentum=0.9)
    train(params, optimizer, rng, 3)
    return params, optimizer, rng


def train(params, optimizer, rng, count):
    for _ in range(count):
        for param in params:
            give_gradient(param, rng.standard_normal(param.shape))
        optimizer.step()


def test_state_dict_has_torch_structure():
    params, optimizer, _ = trained_pair()
    optimizer.add_param_group({"params": [parameter([1.0])], "lr": 0.5})
    state_dict = optimizer.state_dict()
    assert list(state_dict) == ["state", "param_groups"]
    assert list(state_dict["state"]) == [0, 1]
    assert state_dict["state"][1]["momentum_buffer"] is optimizer.state[params[1]]["momentum_buffer"]
    assert [group["params"] for group in state_dict["param_groups"]] == [[0, 1], [2]]
    assert [group["lr"] for group in state_dict["param_groups"]] == [0.1, 0.5]
    assert "params" in optimizer.param_groups[0]
    assert optimizer.param_groups[0]["params"] == params


def test_training_goes_on_from_a_state_dict():
    params, optimizer, rng = trained_pair()
    saved = copy.deepcopy(optimizer.state_dict())
    copies = [parameter(param.array.copy()) for param in params]
    resumed = SGD(copies, lr=7.0)
    resumed.load_state_dict(saved)
    assert saved["param_groups"][0]["params"] == [0, 1]
    state = rng.bit_generator.state
    train(params, optimizer, rng, 4)
    rng.bit_generator.state = state
    train(copies, resumed, rng, 4)
    for param, resumed_param in zip(params, copies, strict=True):
        assert (param.array == resumed_param.array).all()
    assert resumed.param_groups[0]["lr"] == 0.1


def test_loaded_state_takes_the_dtype_of_the_parameters():
    """All but the count of steps, which float16 could not hold; in containers too."""
    params, optimizer, _ = trained_pair()
    optimizer.state[params[1]] |= {"step": npnn.tensor(3.0, dtype=npnn.float64), "note": "kept"}
    optimizer.state[params[1]]["history"] = [npnn.tensor([1.0], dtype=npnn.float64)]
    narrow = [parameter(np.zeros((3, 2)), np.float32), parameter(np.zeros(5), np.float32)]
    resumed = SGD(narrow, lr=0.1)
    resumed.load_state_dict(optimizer.state_dict())
    state = resumed.state[narrow[1]]
    assert resumed.state[narrow[0]]["momentum_buffer"].dtype == np.float32
    assert state["history"][0].dtype == np.float32
    assert state["step"].dtype == np.float64
    assert state["note"] == "kept"


def test_state_that_belongs_to_no_parameter_is_kept():
    optimizer, resumed = SGD([parameter([1.0])]), SGD([parameter([1.0])])
    optimizer.state["round"] = 7
    resumed.load_state_dict(optimizer.state_dict())
    assert resumed.state == {"round": 7}


def test_loaded_names_replace_and_missing_names_stay():
    def named(name):
        return SGD([(name, parameter([1.0]))], lr=0.1)

    optimizer = named("ours")
    optimizer.load_state_dict(named("theirs").state_dict())
    assert optimizer.param_groups[0]["param_names"] == ["theirs"]
    optimizer.load_state_dict(SGD([parameter([1.0])], lr=0.1).state_dict())
    assert optimizer.param_groups[0]["param_names"] == ["theirs"]


def test_state_dicts_that_do_not_fit_are_refused():
    two, one = SGD([parameter([1.0]), parameter([1.0])]), SGD([parameter([1.0])])
    with pytest.raises(ValueError, match="doesn't match the size of optimizer's group"):
        two.load_state_dict(one.state_dict())
    two.add_param_group({"params": parameter([1.0])})
    with pytest.raises(ValueError, match="different number of parameter groups"):
        one.load_state_dict(two.state_dict())


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda optimizer: pickle.loads(pickle.dumps(optimizer))])
def test_copies_go_on_alone(copied):
    params, optimizer, _ = trained_pair()
    optimizer.register_step_pre_hook(lambda *_: None)
    twin = copied(optimizer)
    twins = twin.param_groups[0]["params"]
    assert not twin._optimizer_step_pre_hooks
    assert (twins[0].array == params[0].array).all()
    before = params[0].array.copy()
    for param in twins:
        give_gradient(param, np.ones(param.shape))
    twin.step()
    assert (params[0].array == before).all()
    expected = params[0].array - 0.1 * (0.9 * optimizer.state[params[0]]["momentum_buffer"].array + 1)
    np.testing.assert_allclose(twins[0].array, expected, rtol=1e-12)


# ---- hooks


def test_step_hooks_run_in_order_and_can_be_removed():
    weight = parameter([1.0])
    optimizer = SGD([weight], lr=0.5)
    calls = []
    handles = [
        register_optimizer_step_pre_hook(lambda *_: calls.append("global pre")),
        optimizer.register_step_pre_hook(lambda *_: calls.append("pre")),
        optimizer.register_step_post_hook(lambda *_: calls.append("post")),
        register_optimizer_step_post_hook(lambda *_: calls.append("global post")),
    ]
    optimizer.step(lambda: calls.append("step"))
    assert calls == ["global pre", "pre", "step", "post", "global post"]
    for handle in handles:
        handle.remove()
    calls.clear()
    optimizer.step()
    assert calls == []


def test_step_pre_hook_sees_and_replaces_the_arguments():
    optimizer = SGD([parameter([1.0])], lr=0.5)
    seen = []

    def hook(hooked, args, kwargs):
        seen.append((hooked, args, kwargs))
        return (*args, lambda: "replaced"), {}

    optimizer.register_step_pre_hook(hook)
    assert optimizer.step() == "replaced"
    assert seen == [(optimizer, (optimizer,), {})]
    optimizer.register_step_pre_hook(lambda *_: "junk")
    with pytest.raises(RuntimeError, match="must return None or a tuple"):
        optimizer.step()


def test_state_dict_hooks():
    optimizer = SGD([parameter([1.0])], lr=0.5)
    calls = []
    optimizer.register_state_dict_pre_hook(lambda hooked: calls.append("second"))
    optimizer.register_state_dict_pre_hook(lambda hooked: calls.append("first"), prepend=True)
    optimizer.register_state_dict_post_hook(lambda hooked, state: {**state, "extra": 1})
    optimizer.register_state_dict_post_hook(lambda hooked, state: calls.append(sorted(state)))
    assert optimizer.state_dict()["extra"] == 1
    assert calls == ["first", "second", ["extra", "param_groups", "state"]]


def test_load_state_dict_hooks():
    _, optimizer, _ = trained_pair()
    saved = optimizer.state_dict()
    rates = []

    def quarter(hooked, state_dict):
        groups = [{**group, "lr": group["lr"] / 4} for group in state_dict["param_groups"]]
        return {**state_dict, "param_groups": groups}

    def forget(hooked, state_dict):
        state_dict["state"] = {}

    optimizer.register_load_state_dict_pre_hook(quarter)
    optimizer.register_load_state_dict_pre_hook(forget, prepend=True)
    optimizer.register_load_state_dict_post_hook(lambda hooked: rates.append(hooked.param_groups[0]["lr"]))
    optimizer.load_state_dict(saved)
    assert rates == [0.025]
    assert not optimizer.state
    assert saved["param_groups"][0]["lr"] == 0.1
    assert list(saved["state"]) == [0, 1]
