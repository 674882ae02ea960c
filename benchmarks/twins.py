"""One piece of work for both libraries: the same modules, weights, inputs and gradients."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any

import numpy as np
import torch

import npnn
from benchmarks.measure import Contender
from torch_ref import SAME, channels_last, load_torch_state_dict

LR = 1e-3


def twins(
    make: Callable[[Any], Any],
    shape: Sequence[int],
    *,
    spatial: int = 0,
    labels: int = 0,
    dx: bool = True,
    train: bool = True,
) -> dict[str, Contender]:
    """Forward, backward and a step of SGD, if there are parameters; or forward alone.

    Args:
        make: makes the module, given torch.nn or npnn.nn.
        shape: of the input, in npnn's layout.
        spatial: how many spatial axes the input has, with channels behind them; 0 if it has no channels.
        labels: the number of classes if cross entropy is to follow; otherwise backward begins with random
            gradients.
        dx: whether backward goes to the input too.
        train: False for a forward in evaluation mode, without a tape.

    Returns:
        npnn and torch and, for images, torch in its channels_last memory format.
    """
    rng = np.random.default_rng(0)
    x = rng.standard_normal(shape, np.float32)
    torch.manual_seed(0)
    theirs = make(torch.nn)
    ours = make(npnn.nn)
    layout = channels_last(spatial, C=shape[-1]) if spatial else SAME
    if theirs.state_dict():
        load_torch_state_dict(ours, theirs.state_dict(), input=layout)
    for module in (ours, theirs):
        module.train(train)
    with torch.no_grad():
        out = tuple(_first(copy.deepcopy(theirs)(torch.from_numpy(_to_torch(x, spatial)))).shape)
    # As a mean over the batch has it, gradients are small, or three steps would carry the weights far away.
    backward_from = (
        rng.integers(0, labels, out[0]) if labels else rng.standard_normal(out, np.float32) / out[0]
    )
    tensors = torch.from_numpy(_to_torch(x, spatial)), torch.from_numpy(backward_from)
    found = {
        "npnn": _contender(
            npnn,
            ours,
            npnn.tensor(x),
            npnn.tensor(backward_from if labels else _to_npnn(backward_from, spatial)),
            lambda: list(ours.parameters()),
            bool(labels),
            dx,
            train,
        )
    }
    formats = {"torch": torch.contiguous_format}
    if spatial == 2:
        formats["torch_channels_last"] = torch.channels_last
    for name, memory_format in formats.items():
        module = copy.deepcopy(theirs).to(memory_format=memory_format)
        placed = [t.clone(memory_format=memory_format) if t.ndim == 4 else t.clone() for t in tensors]
        found[name] = _contender(
            torch, module, *placed, _parameters_of(module, ours, layout), bool(labels), dx, train, spatial
        )
    return found


def _contender(
    library: ModuleType,
    module: Any,
    x: Any,
    backward_from: Any,
    parameters: Callable[[], list[Any]],
    labelled: bool,
    dx: bool,
    train: bool,
    spatial: int = 0,
) -> Contender:
    last: list[Any] = []

    def forward() -> None:
        with library.no_grad():
            last[:] = [_first(module(x))]

    if not train:
        return Contender(forward, lambda: [_to_npnn(last[0].numpy(), spatial)])
    x.requires_grad_(dx)
    weights = list(module.parameters())
    optimizer = library.optim.SGD(weights, lr=LR) if weights else None
    criterion = library.nn.CrossEntropyLoss()

    def step() -> None:
        x.grad = None
        if optimizer is not None:
            optimizer.zero_grad()
        y = _first(module(x))
        if labelled:
            criterion(y, backward_from).backward()
        else:
            y.backward(backward_from)
        if optimizer is not None:
            optimizer.step()

    def state() -> list[np.ndarray]:
        arrays = [parameter.numpy(force=True) for parameter in parameters()]
        return [*arrays, _to_npnn(x.grad.numpy(), spatial)] if dx else arrays

    return Contender(step, state)


def _parameters_of(module: Any, ours: Any, layout: Any) -> Callable[[], list[Any]]:
    """The parameters of a torch module in npnn's layout."""

    def parameters() -> list[Any]:
        like = copy.deepcopy(ours)
        if module.state_dict():
            load_torch_state_dict(like, module.state_dict(), input=layout)
        return list(like.parameters())

    return parameters


def _first(result: Any) -> Any:
    """What a module computes; recurrent ones return their last state beside it."""
    return result[0] if isinstance(result, tuple) else result


def _to_torch(array: np.ndarray, spatial: int) -> np.ndarray:
    return np.ascontiguousarray(np.moveaxis(array, -1, 1)) if spatial and array.ndim > 2 else array


def _to_npnn(array: np.ndarray, spatial: int) -> np.ndarray:
    return np.ascontiguousarray(np.moveaxis(array, 1, -1)) if spatial and array.ndim > 2 else array
