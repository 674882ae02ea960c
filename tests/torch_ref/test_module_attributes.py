"""A module's members as its attributes against torch's: set, replaced, deleted and looked up in any order."""

from __future__ import annotations

from functools import partial

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import npnn
from torch_ref.scripts import assert_same, assert_same_error, assert_same_log, network, outcome, plain, values

SCRIPTS = []


def script(function):
    SCRIPTS.append(function)
    return function


@script
def attributes(lib):
    nn = lib.nn
    module = nn.Module()
    parameter = nn.Parameter(lib.tensor(values(2)))
    log = []

    def do(name, action):
        log.append([name, outcome(action), [n for n, _ in module.named_parameters()]])
        log.append([[n for n, _ in module.named_buffers()], [n for n, _ in module.named_children()]])

    do("parameter", lambda: setattr(module, "a", parameter))
    do("again", lambda: setattr(module, "b", parameter))
    do("refused", lambda: setattr(module, "a", lib.tensor(values(2))))
    do("None", lambda: setattr(module, "a", None))
    do("back", lambda: setattr(module, "a", nn.Parameter(lib.tensor(values(3)))))
    do("read", lambda: module.a)
    do("module over parameter", lambda: setattr(module, "a", nn.ReLU()))
    do("refused module", lambda: setattr(module, "a", 5))
    do("parameter over module", lambda: setattr(module, "a", parameter))
    do("buffer", lambda: setattr(module, "c", nn.Buffer(lib.tensor(values(2)))))
    do("tensor for buffer", lambda: setattr(module, "c", lib.tensor(values(5))))
    do("refused buffer", lambda: setattr(module, "c", 5))
    do("temporary buffer", lambda: setattr(module, "d", nn.Buffer(lib.tensor(values(2)), persistent=False)))
    do("state", lambda: list(module.state_dict()))
    do("stays temporary", lambda: setattr(module, "d", lib.tensor(values(2, 9))))
    do("state again", lambda: module.state_dict())
    do("parameter over buffer", lambda: setattr(module, "d", parameter))
    do("now saved", lambda: list(module.state_dict()))
    module.h = nn.Buffer(lib.tensor(values(2)), persistent=False)
    do("delete temporary", lambda: delattr(module, "h"))
    do("put back", lambda: module._buffers.__setitem__("h", lib.tensor(values(2))))
    do("saved too", lambda: list(module.state_dict()))
    module.i = nn.Buffer(lib.tensor(values(2)), persistent=False)
    do("popped buffer", lambda: module._buffers.pop("i"))
    do("parameter in its place", lambda: module.register_parameter("i", parameter))
    do("saved as well", lambda: list(module.state_dict()))
    do("plain", lambda: setattr(module, "e", 5))
    do("plain tensor", lambda: setattr(module, "f", lib.tensor(values(2))))
    do("parameter over plain", lambda: setattr(module, "e", nn.Parameter(lib.tensor(values(2)))))
    do("buffer over plain", lambda: setattr(module, "f", nn.Buffer(lib.tensor(values(2)))))
    do("delete", lambda: delattr(module, "e"))
    do("gone", lambda: module.e)
    do("delete again", lambda: delattr(module, "e"))
    do("has", lambda: [hasattr(module, name) for name in "abcdef"])
    do("behind its back", lambda: module._modules.__setitem__("g", nn.Tanh()))
    do("seen", lambda: type(module.g).__name__)
    do("popped", lambda: type(module._modules.pop("g")).__name__)
    do("gone too", lambda: module.g)
    do("swapped", lambda: module._parameters.update(a=nn.Parameter(lib.tensor(values(7)))))
    do("seen too", lambda: module.a)
    for register, member in (
        ("register_parameter", parameter),
        ("register_buffer", lib.tensor(values(1))),
        ("add_module", nn.ReLU()),
        ("register_module", nn.ReLU()),
    ):
        for name in ("", "x.y", 5, "training", "a", "forward", "fresh" + register):
            do([register, name], lambda r=register, n=name, m=member: getattr(module, r)(n, m))
        do([register, "number"], lambda r=register: getattr(module, r)("number", 5))
        do([register, "None"], lambda r=register: getattr(module, r)("none" + r, None))
    do("not a leaf", lambda: module.register_parameter("leafless", parameter * 2))
    return log


@script
def before_init(lib):
    nn = lib.nn

    def early(value):
        class Early(nn.Module):
            def __init__(self):
                self.member = value

        return outcome(Early)

    class Plain(nn.Module):
        def __init__(self):
            self.number = 3
            super().__init__()

    class Base:
        def __init__(self, size):
            self.size = size

    class Cooperative(nn.Module, Base):
        call_super_init = True

    return [
        early(nn.Parameter(lib.tensor(values(2)))),
        early(nn.ReLU()),
        early(nn.Buffer(lib.tensor(values(2)))),
        Plain().number,
        outcome(lambda: nn.Module(1)),
        outcome(lambda: nn.Module(size=1)),
        Cooperative(size=4).size,
        outcome(lambda: nn.Module()(1)),
    ]


@pytest.mark.parametrize("run", SCRIPTS, ids=lambda function: function.__name__)
def test_script(run):
    assert_same_log(run)


def _uninitialised(lib, value):
    class Early(lib.nn.Module):
        def __init__(self):
            self.member = value

    return Early()


def _computed(lib):
    parameter = lib.nn.Parameter(lib.zeros(2), requires_grad=False)
    return parameter.add_(lib.ones(2, requires_grad=True))


ERRORS = {
    "parameter before init": (
        lambda lib: _uninitialised(lib, lib.nn.Parameter(lib.zeros(2))),
        r"cannot assign parameters before Module.__init__\(\) call",
    ),
    "module before init": (
        lambda lib: _uninitialised(lib, lib.nn.ReLU()),
        r"cannot assign module before Module.__init__\(\) call",
    ),
    "buffer before init": (
        lambda lib: _uninitialised(lib, lib.nn.Buffer(lib.zeros(2))),
        r"cannot assign buffer before Module.__init__\(\) call",
    ),
    "no such attribute": (lambda lib: lib.nn.ReLU().what, "'ReLU' object has no attribute 'what'"),
    "tensor as parameter": (
        lambda lib: setattr(lib.nn.Linear(2, 3), "weight", lib.zeros(2)),
        "cannot assign 'torch.FloatTensor' as parameter 'weight'",
    ),
    "number as child": (
        lambda lib: setattr(lib.nn.Sequential(lib.nn.ReLU()), "0", 5),
        "cannot assign 'int' as child module '0'",
    ),
    "number as buffer": (
        lambda lib: setattr(network(lib), "mean", 5),
        "cannot assign 'int' as buffer 'mean'",
    ),
    "number as registered parameter": (
        lambda lib: lib.nn.Module().register_parameter("a", 5),
        "cannot assign 'int' object to parameter 'a'",
    ),
    "number as registered buffer": (
        lambda lib: lib.nn.Module().register_buffer("a", 5),
        "cannot assign 'int' object to buffer 'a'",
    ),
    "number as added module": (
        lambda lib: lib.nn.Module().add_module("a", 5),
        "int is not a Module subclass",
    ),
    "dot in name": (
        lambda lib: lib.nn.Module().register_buffer("a.b", None),
        r"buffer name can.*t contain \"\.\"",
    ),
    "empty name": (
        lambda lib: lib.nn.Module().add_module("", None),
        r"module name can.*t be empty string \"\"",
    ),
    "name of no string": (
        lambda lib: lib.nn.Module().register_parameter(5, None),
        "parameter name should be a string. Got int",
    ),
    "name taken": (
        lambda lib: lib.nn.Module().register_buffer("training", None),
        "attribute 'training' already exists",
    ),
    "parameter off the leaves": (
        lambda lib: lib.nn.Module().register_parameter("a", _computed(lib)),
        "Cannot assign non-leaf Tensor to parameter 'a'",
    ),
    "arguments of init": (
        lambda lib: lib.nn.Module(1),
        r"__init__\(\) takes 1 positional argument but 2 were given",
    ),
    "keywords of init": (
        lambda lib: lib.nn.Module(a=1),
        r"__init__\(\) got an unexpected keyword argument 'a'",
    ),
}


@pytest.mark.parametrize("name", ERRORS)
def test_error_is_torchs_in_type_and_words(name):
    assert_same_error(*ERRORS[name])


NAMES = st.sampled_from(["a", "b", "c", "training"])


KINDS = st.sampled_from(["parameter", "module", "buffer", "temporary", "tensor", "number", "none"])


HOW = st.sampled_from(
    [
        "setattr",
        "delattr",
        "register_parameter",
        "register_buffer",
        "add_module",
        "_parameters",
        "_buffers",
        "_modules",
        "del",
    ]
)


def _member(lib, kind, number):
    tensor = lib.tensor(values(3, number))
    return {
        "parameter": lambda: lib.nn.Parameter(tensor),
        "module": lambda: lib.nn.Sequential(*[lib.nn.ReLU()] * (number % 3)),
        "buffer": lambda: lib.nn.Buffer(tensor),
        "temporary": lambda: lib.nn.Buffer(tensor, persistent=False),
        "tensor": lambda: tensor,
        "number": lambda: number,
        "none": lambda: None,
    }[kind]()


def _perform(lib, module, how, name, kind, number):
    value = _member(lib, kind, number)
    if how == "setattr":
        setattr(module, name, value)
    elif how == "delattr":
        delattr(module, name)
    elif how == "del":
        for registry in (module._parameters, module._buffers, module._modules):
            registry.pop(name, None)
    elif how.startswith("_"):
        # What a registry may hold is for the caller to know here: nothing checks it.
        fits = {"_parameters": "parameter", "_buffers": "tensor", "_modules": "module"}[how]
        # A name in two registries, or in one and as a plain attribute too, is a mistake to which torch gives
        # no meaning.
        if kind == fits and not (hasattr(module, name) and name not in getattr(module, how)):
            getattr(module, how)[name] = value
    else:
        getattr(module, how)(name, value)


def _look(module):
    seen = [outcome(lambda name=name: repr(getattr(module, name))) for name in "abc"]
    seen.append([list(module._parameters), list(module._buffers), list(module._modules)])
    seen.append([module.state_dict(), repr(module), [name for name in dir(module) if len(name) == 1]])
    return plain(seen)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(HOW, NAMES, KINDS, st.integers(0, 50)), max_size=12))
def test_attributes_agree_after_any_operations(operations):
    pair = [(lib, lib.nn.Module()) for lib in (npnn, torch)]
    for how, name, kind, number in operations:
        ours, theirs = (outcome(partial(_perform, *twin, how, name, kind, number)) for twin in pair)
        assert ours == theirs, (how, name, kind)
        assert_same(_look(pair[0][1]), _look(pair[1][1]), f"after {how} {name} {kind}")
    module = pair[0][1]
    for registry in (module._parameters, module._buffers, module._modules):
        for name, member in registry.items():
            assert module.__dict__[name] is member
