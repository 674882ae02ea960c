"""Lazy modules against torch: before and after their first call, their states, their refusals."""

import copy
import pickle

import numpy as np
import pytest
import torch

from torch_ref import layouts
from torch_ref.layouts import channels_last
from torch_ref.scripts import assert_same_log, outcome
from torch_ref.values import NPNN, TORCH, seeded

LAYERS = {
    "LazyLinear": ((3,), (4, 5)),
    **{f"LazyConv{n}d": ((6, 2), (2, *(5, 4, 3)[:n], 4)) for n in (1, 2, 3)},
    **{f"LazyConvTranspose{n}d": ((6, 2), (2, *(5, 4, 3)[:n], 4)) for n in (1, 2, 3)},
    **{
        f"Lazy{kind}{n}d": ((), (2, *(5, 4, 3)[:n], 4))
        for kind in ("BatchNorm", "InstanceNorm")
        for n in (1, 2, 3)
    },
}


def input_of(lib, shape):
    """The same numbers for both, channels where the library has them."""
    library = NPNN if lib is NPNN.root else TORCH
    x = np.random.default_rng(0).standard_normal(shape).astype(np.float32)
    layout = channels_last(len(shape) - 2) if len(shape) > 2 else layouts.SAME
    return library.tensor(x if library is NPNN else layouts.to_torch(x, layout))


@pytest.mark.parametrize("kind", LAYERS)
def test_parameters_are_drawn_as_on_torch(kind):
    """From the same seed, in the same order, to the bit."""
    arguments, shape = LAYERS[kind]
    states = []
    for library in (NPNN, TORCH):
        with seeded(5):
            layer = getattr(library.nn, kind)(*arguments)
            layer(input_of(library.root, shape))
        states.append({name: value.numpy() for name, value in layer.state_dict().items()})
    mine, theirs = states
    assert list(mine) == list(theirs)
    for name in ("weight", "bias"):
        wanted = layouts.to_npnn(theirs[name], layouts.MODULES[kind].of_state(name))
        np.testing.assert_array_equal(mine[name], wanted)


@pytest.mark.parametrize("kind", LAYERS)
def test_before_and_after(kind):
    arguments, shape = LAYERS[kind]

    def script(lib):
        layer = getattr(lib.nn, kind)(*arguments)
        log = [repr(layer), layer.has_uninitialized_params(), layer.cls_to_become.__name__]
        log += [repr(value) for name, value in layer.state_dict().items() if name != "num_batches_tracked"]
        log += [
            [type(p).__name__, p.requires_grad, p.dtype, p.is_leaf, p.grad is None]
            for p in layer.parameters()
        ]
        copies = [pickle.loads(pickle.dumps(layer)), layer]
        if "Norm" not in kind:  # torch does not copy uninitialized buffers
            copies.append(copy.deepcopy(layer))
        for one in copies:
            log.append(outcome(lambda one=one: one(input_of(lib, shape)).shape is not None))
            log += [repr(one), [type(p).__name__ for p in one.parameters()], list(one.state_dict())]
            log += [len(one._forward_pre_hooks), len(one._load_state_dict_pre_hooks)]
        return log

    assert_same_log(script)


def test_states():
    def script(lib):
        nn, log = lib.nn, []
        full, lazy = nn.Linear(4, 3), nn.LazyLinear(3)
        for target, source in (
            (lazy, nn.LazyLinear(3)),
            (nn.Linear(4, 3), lazy),
            (nn.LazyLinear(3, bias=False), full),
            (nn.LazyLinear(3), nn.Linear(4, 3, bias=False)),
            (lazy, full),
        ):
            log.append(outcome(lambda t=target, s=source: str(t.load_state_dict(s.state_dict()))))
            log += [[type(p).__name__ for p in target.parameters()]]
        log.append(outcome(lambda: lazy(lib.ones(2, 5))))
        log.append(outcome(lambda: lazy(lib.ones(2, 4)).shape == (2, 3)))
        return [*log, repr(lazy)]

    assert_same_log(script)


def test_conversions_before_the_first_call():
    def script(lib):
        log = []
        for convert in ("double", "half", "float", "cpu", "eval", "zero_grad"):
            layer = lib.nn.LazyBatchNorm1d()
            getattr(layer, convert)()
            log += [[repr(layer.running_mean), layer.running_mean.dtype, layer.weight.dtype, layer.training]]
        layer = lib.nn.LazyLinear(3).to(lib.float64)
        y = layer(lib.ones(2, 4, dtype=lib.float64))
        return [*log, y.dtype, layer.weight.dtype]

    assert_same_log(script)


@pytest.mark.parametrize("kind", ["UninitializedParameter", "UninitializedBuffer"])
def test_what_can_be_done_with_what_has_no_values(kind):
    def script(lib):
        tensor = getattr(lib.nn, kind)(dtype=lib.float64)
        log = [repr(tensor), tensor.dtype, tensor.requires_grad, tensor.is_leaf, tensor.grad, tensor.grad_fn]
        log += [tensor.is_floating_point(), tensor.is_complex(), isinstance(tensor, lib.nn.Parameter)]
        log += [
            tensor.double() is tensor,
            repr(pickle.loads(pickle.dumps(tensor))),
        ]
        attempts = [
            lambda: tensor.shape,
            lambda: tensor + 1,
            lambda: tensor[0],
            lambda: tensor.numel(),
            lambda: tensor.dim(),
            lambda: tensor.detach(),
            lambda: tensor.clone(),
            lambda: tensor.item(),
            lambda: tensor.tolist(),
            lambda: tensor.zero_(),
            lambda: len(tensor),
            lambda: bool(tensor),
            lambda: lib.nn.init.ones_(tensor),
            lambda: lib.nn.functional.relu(tensor),
            lambda: tensor.requires_grad_(),
        ]
        log += [outcome(attempt) for attempt in attempts]
        tensor.materialize((2, 3))
        return [*log, type(tensor).__name__, tensor.shape == (2, 3), tensor.dtype, tensor.requires_grad]

    assert_same_log(script)


def test_refusals():
    def script(lib):
        nn = lib.nn
        channels = (lambda *s: s) if lib is torch else (lambda n, c, *d: (n, *d, c))
        return [
            outcome(lambda: nn.LazyConv2d(3, 2)(lib.ones(2, 7))),
            outcome(lambda: nn.LazyConv1d(3, 2)(lib.ones(2, 7, 4, 4))),
            outcome(lambda: nn.LazyConv2d(4, 2, groups=2)(lib.ones(*channels(2, 3, 7, 7)))),
            outcome(lambda: nn.LazyConv2d(3, 2, groups=2)(lib.ones(*channels(2, 4, 7, 7)))),
            outcome(lambda: nn.LazyBatchNorm2d()(lib.ones(2, 3, 4))),
            outcome(lambda: nn.LazyBatchNorm1d().reset_running_stats()),
            outcome(lambda: nn.LazyBatchNorm1d().reset_parameters()),
            outcome(lambda: nn.LazyLinear(3).forward(lib.ones(2, 4))),
            outcome(
                lambda: (
                    nn.LazyConvTranspose2d(3, 2)(lib.ones(*channels(2, 3, 7, 7)), output_size=(8, 8))
                    .sum()
                    .shape
                    == ()
                )
            ),
        ]

    assert_same_log(script)
