"""Parameters and state that are swapped in for a while."""

from __future__ import annotations

import copy

import pytest

import npnn
from npnn.optim import SGD, swap_in_optimizer_params_and_state


def stepped(value):
    weight = npnn.Parameter(npnn.tensor([value]))
    optimizer = SGD([weight], lr=0.5, momentum=0.5)
    weight.grad = npnn.tensor([1.0])
    optimizer.step()
    return weight, optimizer


def test_steps_go_to_what_is_swapped_in_and_all_is_restored():
    (weight, optimizer), (other, source) = stepped(1.0), stepped(8.0)
    state_dict = source.state_dict()
    state_dict["param_groups"][0]["lr"] = 1.0
    (group,) = optimizer.param_groups
    params, state, options = group["params"], optimizer.state, dict(group)
    with swap_in_optimizer_params_and_state(optimizer, {"w": other}, state_dict):
        assert group["params"] == [other]
        optimizer.step()
    # Its velocity was 1 and becomes 3/2: in place, so that its own optimizer sees it.
    assert (weight.tolist(), other.tolist()) == ([0.5], [6.0])
    assert source.state[other]["momentum_buffer"].tolist() == [1.5]
    assert group["params"] is params
    assert optimizer.state is state
    assert group == options


def test_all_is_restored_after_an_error():
    weight, optimizer = stepped(1.0)
    other = npnn.Parameter(npnn.tensor([8.0]))
    context = swap_in_optimizer_params_and_state(optimizer, {"w": other}, optimizer.state_dict())
    with pytest.raises(KeyError, match="in between"), context:
        raise KeyError("in between")
    assert optimizer.param_groups[0]["params"] == [weight]


def without(state_dict, *path):
    changed = copy.deepcopy(state_dict)
    inner = changed
    for key in path[:-1]:
        inner = inner[key]
    del inner[path[-1]]
    return changed


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda state: [], "expected an optimizer's state_dict"),
        (lambda state: without(state, "state"), "expected an optimizer's state_dict"),
        (lambda state: {**state, "param_groups": []}, "different number of parameter groups: 0"),
        (lambda state: without(state, "param_groups", 0, "lr"), "must be a dict with the keys"),
        (lambda state: without(state, "param_groups", 0, "params", 0), "different number of params: 0"),
        (lambda state: {**state, "state": {7: {}}}, r"no params are \[7\]"),
    ],
)
def test_state_dicts_that_are_refused(change, message):
    weight, optimizer = stepped(1.0)
    context = swap_in_optimizer_params_and_state(optimizer, {"w": weight}, change(optimizer.state_dict()))
    with pytest.raises(RuntimeError, match=message), context:
        pass


def test_a_step_must_come_first_and_parameters_must_be_enough():
    weight, optimizer = stepped(1.0)
    context = swap_in_optimizer_params_and_state(optimizer, {}, optimizer.state_dict())
    with pytest.raises(RuntimeError, match="as many parameters as the optimizer has, 1, but got 0"), context:
        pass
    fresh = SGD([weight], lr=0.5)
    context = swap_in_optimizer_params_and_state(fresh, {"w": weight}, fresh.state_dict())
    with pytest.raises(RuntimeError, match="make a step first"), context:
        pass
