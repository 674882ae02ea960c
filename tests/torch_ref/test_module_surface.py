"""Module against torch's: its names, how it lists, prints, converts and copies."""

from __future__ import annotations

import copy
import inspect
import re
from collections import OrderedDict

import pytest
import torch

import npnn
from torch_ref.scripts import affine, assert_same_error, assert_same_log, network, outcome, values

MODULE_NAMES = sorted(name for name in dir(torch.nn.Module) if not name.startswith("_"))
CONTAINERS = ["Sequential", "ModuleList", "ModuleDict", "ParameterList", "ParameterDict"]


def test_module_has_every_public_name_of_torchs():
    assert len(MODULE_NAMES) == 53
    assert set(MODULE_NAMES) <= set(dir(npnn.nn.Module))


@pytest.mark.parametrize("container", CONTAINERS)
def test_containers_have_every_public_name_of_torchs(container):
    own = getattr(npnn.nn, container)
    theirs = getattr(torch.nn, container)
    special = {name for name in vars(theirs) if re.fullmatch(r"__\w+__", name)} - {"__annotations__"}
    assert {name for name in dir(theirs) if not name.startswith("_")} | special <= set(dir(own))


@pytest.mark.parametrize("name", MODULE_NAMES)
def test_methods_take_torchs_arguments(name):
    theirs, own = getattr(torch.nn.Module, name), getattr(npnn.nn.Module, name)
    if not inspect.isfunction(theirs):
        assert type(own) is type(theirs)
        return
    expected = list(inspect.signature(theirs).parameters.values())
    if name == "state_dict":
        # torch still takes positional arguments here, with a warning that it will not for long.
        expected = [parameter for parameter in expected if parameter.name != "args"]
    found = inspect.signature(own).parameters.values()
    assert [(p.name, p.kind, p.default) for p in found] == [(p.name, p.kind, p.default) for p in expected]


SCRIPTS = []


def script(function):
    SCRIPTS.append(function)
    return function


@script
def representation(lib):
    nn = lib.nn
    make = affine(lib)

    class Lines(nn.Module):
        def extra_repr(self):
            return "first line\n\nthird line"

    class Mixed(Lines):
        def __init__(self):
            super().__init__()
            self.child = Lines()
            self.none = None
            self.register_module("missing", None)

    # torch's ModuleList, unlike its other modules, keeps the blanks of an otherwise empty line: none here.
    nested = nn.Sequential(make(2, 2), nn.Sequential(make(2, 3)))
    repeated = nn.ModuleList(
        [make(2, 2), make(2, 2, seed=4), make(2, 3), nested, nested, make(3, 3), make(3, 3)]
    )
    parameters = nn.ParameterList(
        [lib.tensor(values((2, 3))), nn.Parameter(lib.tensor(values(4))), 5, "text"]
    )
    dictionary = nn.ParameterDict({"b": lib.tensor(values((2, 3, 4))), "a": None})
    dictionary["c"] = lib.tensor(values(3)).float()
    return [
        repr(module)
        for module in (
            nn.Module(),
            nn.Sequential(),
            nn.ModuleList(),
            nn.ModuleDict(),
            nn.ParameterList(),
            nn.ParameterDict(),
            Lines(),
            Mixed(),
            repeated,
            nn.ModuleList([repeated, repeated]),
            nn.ModuleDict({"x": make(1, 2), "y": nn.Sequential(Mixed(), nn.Tanh())}),
            nn.Sequential(OrderedDict(first=nn.ReLU(), second=nn.Sequential(nn.ReLU()))),
            network(lib),
            parameters,
            parameters[:1],
            dictionary,
            nn.Sequential(parameters, dictionary),
        )
    ]


@script
def listings(lib):
    net = network(lib)
    log = []
    for method in ("named_parameters", "named_buffers", "named_modules"):
        for options in ({}, {"remove_duplicate": False}, {"prefix": "net"}):
            names = [name for name, _ in getattr(net, method)(**options)]
            log.append([method, options, names])
    log.append([name for name, _ in net.block.named_parameters(recurse=False)])
    log.append([name for name, _ in net.block.named_buffers(recurse=False)])
    log.append([[name, type(child).__name__] for name, child in net.named_children()])
    log.append([type(module).__name__ for module in net.modules()])
    log.append(len(list(net.modules(remove_duplicate=False))))
    log.append([list(net.parameters()), list(net.buffers()), len(list(net.children()))])
    log.append(
        [type(net.get_submodule(path)).__name__ for path in ("", "block", "block.inner", "block.again")]
    )
    log.append(
        [net.get_parameter("block.inner.weight"), net.get_buffer("block.count"), net.get_buffer("mean")]
    )
    log.append([name for name in dir(net.first) if not name.startswith("_")].count("weight"))
    log.append([name for name in ("first", "mean", "nothing", "training") if name in dir(net)])
    return log


@script
def paths(lib):
    net = network(lib)
    nn = lib.nn
    log = []
    for method, path in [
        ("get_submodule", "block.5"),
        ("get_submodule", "first.weight"),
        ("get_submodule", "nothing"),
        ("get_parameter", "mean"),
        ("get_parameter", "first.bias.x"),
        ("get_parameter", "first.what"),
        ("get_parameter", "last.bias"),
        ("get_buffer", "first.weight"),
        ("get_buffer", "block.absent"),
        ("get_buffer", "what"),
    ]:
        found = outcome(lambda method=method, path=path: getattr(net, method)(path))
        log.append([method, path, found])
    for arguments in (
        ("block.inner", nn.ReLU()),
        ("block.new", nn.ReLU()),
        ("block.newer", nn.ReLU(), True),
        ("block.activation", nn.ReLU(), True),
        ("", nn.ReLU()),
        ("block.inner", 5),
        ("first.weight", nn.ReLU()),
        ("ninth.0", nn.ReLU()),
    ):
        done = outcome(lambda arguments=arguments: net.set_submodule(*arguments))
        log.append([*arguments[:1], done])
    return [*log, repr(net)]


@script
def conversions(lib):
    net = network(lib)
    log = []
    held = list(net.parameters())
    optimised = net.first.weight
    net(lib.tensor(values((5, 4)))).sum().backward()

    def dtypes():
        log.append([[name, value.dtype] for name, value in net.state_dict().items()])
        log.append([net.block.count.dtype, optimised.grad.dtype, optimised is net.first.weight])

    for convert in (
        lambda: net.float(),
        lambda: net.half(),
        lambda: net.double(),
        lambda: net.to(lib.float32),
        lambda: net.to("cpu"),
        lambda: net.to("cpu", lib.float64),
        lambda: net.to(dtype=lib.float32, non_blocking=True),
        lambda: net.to(lib.tensor(values(1))),
        lambda: net.to(device="cpu"),
        lambda: net.cpu(),
        lambda: net.type(lib.float32),
        lambda: net.type("torch.DoubleTensor"),
    ):
        log.append(convert() is net)
        dtypes()
    log.append([a is b for a, b in zip(held, net.parameters(), strict=True)])
    for convert in (
        lambda: net.to(lib.int64),
        lambda: net.to(),
        lambda: net.to(what=1),
        lambda: net.to("nonsense"),
    ):
        refused = outcome(lambda convert=convert: convert() is net)
        log.append(refused)
    dtypes()
    shapes = [parameter.shape for parameter in net.to_empty(device="cpu").parameters()]
    return [*log, shapes, [parameter.requires_grad for parameter in net.parameters()]]


@script
def modes(lib):
    net = network(lib)
    log = []
    net.apply(lambda module: log.append([type(module).__name__, module.training]))
    log.append([net.eval() is net, [module.training for module in net.modules()]])
    log.append([net.block.train() is net.block, [module.training for module in net.modules()]])
    log.append([net.train(False) is net, [module.training for module in net.modules()]])
    log.append([outcome(lambda: net.train("yes")), outcome(lambda: net.train(1))])
    log.append([net.first.requires_grad_(False) is net.first, [p.requires_grad for p in net.parameters()]])
    net(lib.tensor(values((5, 4)))).sum().backward()
    log.append([parameter.grad for parameter in net.parameters()])
    net.zero_grad(set_to_none=False)
    log.append([parameter.grad for parameter in net.parameters()])
    net.zero_grad()
    log.append([parameter.grad for parameter in net.parameters()])
    return [*log, net.share_memory() is net, net.extra_repr()]


@script
def copies(lib):
    net = network(lib)
    log = []
    net.register_forward_hook(lambda module, args, output: log.append("called"))
    x = lib.tensor(values((5, 4)))
    net(x).sum().backward()
    twin = copy.deepcopy(net)
    log.append([list(twin.state_dict()), repr(twin) == repr(net), twin.first is twin.block.again])
    log.append(
        [
            twin.last.weight is twin.last.weight_too,
            twin.first.weight is net.first.weight,
            twin.first.weight.grad,
        ]
    )
    with lib.no_grad():
        twin.first.weight.zero_()
    log.append([twin(x), net(x)])
    twin.first.weight = lib.nn.Parameter(lib.tensor(values((4, 3), 11)))
    return [*log, net.first.weight, twin.block.again.weight, [name for name, _ in twin.named_buffers()]]


@pytest.mark.parametrize("run", SCRIPTS, ids=lambda function: function.__name__)
def test_script(run):
    assert_same_log(run)


ERRORS = {
    "no forward": (
        lambda lib: lib.nn.Module()(1),
        r'Module \[Module\] is missing the required "forward" function',
    ),
    "dtype of to": (
        lambda lib: lib.nn.Linear(2, 3).to(lib.int32),
        "nn.Module.to only accepts floating point",
    ),
    "argument of to": (
        lambda lib: lib.nn.Linear(2, 3).to(what=1),
        r"to\(\) received an invalid combination of",
    ),
    "mode of train": (lambda lib: lib.nn.ReLU().train(1), "training mode is expected to be boolean"),
    "path to nothing": (lambda lib: network(lib).get_submodule("block.x"), "Block has no attribute `x`"),
    "path to no module": (
        lambda lib: network(lib).get_submodule("first.weight"),
        "`weight` is not an nn.Module",
    ),
    "path to no parameter": (lambda lib: network(lib).get_parameter("mean"), "`mean` is not an nn.Parameter"),
    "path to no buffer": (lambda lib: network(lib).get_buffer("first.bias"), "`bias` is not a buffer"),
    "no target": (
        lambda lib: network(lib).set_submodule("", None),
        "Cannot set the submodule without a target name!",
    ),
    "no module": (
        lambda lib: network(lib).set_submodule("a", 5),
        "`module` is not an nn.Module, found <class 'int'>",
    ),
    "integers with gradients": (
        lambda lib: lib.nn.Parameter(lib.tensor([1, 2])),
        "[Oo]nly Tensors of floating point and complex dtype can require gradients",
    ),
}


@pytest.mark.parametrize("name", ERRORS)
def test_error_is_torchs_in_type_and_words(name):
    assert_same_error(*ERRORS[name])
