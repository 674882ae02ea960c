"""state_dict and load_state_dict against torch's, with their hooks and messages."""

from __future__ import annotations

import copy
import re
from collections import OrderedDict

import pytest

from torch_ref.scripts import assert_same_error, assert_same_log, network, outcome, values

SCRIPTS = []


def script(function):
    SCRIPTS.append(function)
    return function


@script
def states(lib):
    net = network(lib)
    log = []

    class Extra(lib.nn.Module):
        _version = 4

        def __init__(self):
            super().__init__()
            self.weight = lib.nn.Parameter(lib.tensor(values(2)))
            self.steps = 3

        def get_extra_state(self):
            return {"steps": self.steps}

        def set_extra_state(self, state):
            self.steps = state["steps"]

    net.add_module("extra", Extra())
    net.register_state_dict_pre_hook(lambda module, prefix, keep_vars: log.append(["pre", prefix, keep_vars]))
    net.block.register_state_dict_post_hook(
        lambda module, state, prefix, metadata: log.append(["post", list(state), prefix, metadata])
    )
    state = net.state_dict()
    log.append([state, state._metadata, type(state).__name__])
    kept = net.state_dict(prefix="net.", keep_vars=True)
    log.append(
        [list(kept), kept._metadata, [getattr(value, "requires_grad", None) for value in kept.values()]]
    )
    log.append([value.requires_grad for value in state.values() if not isinstance(value, dict)])
    destination = {"before": 1}
    log.append([net.state_dict(destination=destination) is destination, list(destination)])
    net.extra.steps = 9
    log.append([net.load_state_dict(state), net.extra.steps])
    net.block.register_state_dict_post_hook(lambda *args: 5)
    log.append(outcome(net.state_dict))
    with lib.no_grad():
        net.first.weight.zero_()
    log.append(state["first.weight"])
    return log


@script
def loading(lib):
    log = []
    for strict in (True, False):
        for assign in (True, False):
            net, source = network(lib), network(lib)
            with lib.no_grad():
                for parameter in source.parameters():
                    parameter.add_(1.0)
            held = net.first.weight
            net.first.weight.requires_grad_(False)
            log.append([repr(net.load_state_dict(source.state_dict(), strict=strict, assign=assign))])
            log.append([net.state_dict(), net.first.weight is held, held, net.first.weight.requires_grad])
            log.append([type(net.first.weight).__name__, net.block.again.weight is net.first.weight])
    net, source = network(lib), network(lib)
    net.first.weight.requires_grad_(False)
    net.load_state_dict(source.state_dict(keep_vars=True), assign=True)
    log.append([net.first.weight is source.first.weight, net.first.weight.requires_grad])
    narrow = network(lib)
    state = {name: value.float() for name, value in network(lib).state_dict().items()}
    narrow.load_state_dict(state)
    log.append(narrow.first.weight.dtype)
    narrow.load_state_dict(state, assign=True)
    log.append(narrow.first.weight.dtype)
    return log


@script
def loading_what_does_not_fit(lib):
    """Compares the messages too, word for word."""
    log = []
    good = network(lib).state_dict()
    bad = OrderedDict(good)
    del bad["first.bias"], bad["mean"]
    bad["what"] = bad["block.what.weight"] = bad["block.inner.weight.x"] = lib.tensor(values(2))
    bad["last.weight"] = lib.tensor(values((9, 9, 2)))
    for state in (bad, {}, {**good, "mean": 5}, {**good, "mean": lib.tensor(values((2, 3)))}):
        net = network(lib)
        try:
            net.load_state_dict(state)
        except RuntimeError as error:
            log.append(
                re.sub("expected .* from (the )?checkpoint", "expected ... from checkpoint", str(error))
            )
        try:
            log.append(repr(net.load_state_dict(state, strict=False)).removeprefix("_"))
        except RuntimeError as error:
            log.append(
                re.sub("expected .* from (the )?checkpoint", "expected ... from checkpoint", str(error))
            )
    log.append(outcome(lambda: network(lib).load_state_dict([1, 2])))
    scalar = lib.nn.Module()
    scalar.register_buffer("value", lib.tensor(3.0))
    scalar.load_state_dict({"value": lib.tensor([5.0])})
    return [*log, scalar.value]


@script
def loading_hooks(lib):
    log = []
    net = network(lib)

    def rename(module, state, prefix, metadata, strict, missing, unexpected, errors):
        log.append(["pre", type(module).__name__, sorted(state), prefix, metadata, strict])
        if prefix + "kernel" in state:
            state[prefix + "weight"] = state.pop(prefix + "kernel")

    def forgive(module, keys):
        log.append(["post", type(module).__name__, sorted(keys.missing_keys), sorted(keys.unexpected_keys)])
        keys.missing_keys.clear()
        keys.unexpected_keys.clear()

    net.first.register_load_state_dict_pre_hook(rename)
    handle = net.block.register_load_state_dict_post_hook(forgive)
    state = net.state_dict()
    state["first.kernel"] = state.pop("first.weight")
    state["block.odd"] = state.pop("block.inner.bias")
    log.append(repr(net.load_state_dict(state)))
    twin = copy.deepcopy(net)
    log.append(repr(twin.load_state_dict(state)))
    handle.remove()
    log.append(outcome(lambda: net.load_state_dict(state)))
    net.register_load_state_dict_post_hook(lambda module, keys: 5)
    log.append(outcome(lambda: net.load_state_dict(net.state_dict(), strict=False)))
    return log


@pytest.mark.parametrize("run", SCRIPTS, ids=lambda function: function.__name__)
def test_script(run):
    assert_same_log(run)


ERRORS = {
    "extra state": (
        lambda lib: lib.nn.ReLU().get_extra_state(),
        r"Module.get_extra_state\(\) that should never",
    ),
    "setting extra state": (
        lambda lib: lib.nn.ReLU().set_extra_state(1),
        r"Module.set_extra_state\(\) that should never",
    ),
    "state that is no dict": (
        lambda lib: lib.nn.ReLU().load_state_dict(5),
        "Expected state_dict to be dict-like",
    ),
}


@pytest.mark.parametrize("name", ERRORS)
def test_error_is_torchs_in_type_and_words(name):
    assert_same_error(*ERRORS[name])
