"""A step of an optimizer over ten million parameters, whose gradients are given."""

from __future__ import annotations

from functools import partial
from types import ModuleType
from typing import Any

import numpy as np
import torch

import npnn
from benchmarks.measure import Case, Contender

SHAPES = ((1000, 1000),) * 10
OPTIMIZERS = {
    "sgd": ("SGD", {"lr": 1e-3, "momentum": 0.9}),
    "adam": ("Adam", {"lr": 1e-3}),
    "adamw": ("AdamW", {"lr": 1e-3}),
}


def step(name: str, options: dict[str, Any]) -> dict[str, Contender]:
    """A step, by torch's default implementation for the CPU."""
    rng = np.random.default_rng(0)
    arrays = [
        (rng.standard_normal(shape, np.float32), rng.standard_normal(shape, np.float32)) for shape in SHAPES
    ]
    return {
        "npnn": _contender(npnn, name, options, arrays),
        "torch": _contender(torch, name, options, arrays),
    }


def _contender(
    library: ModuleType, name: str, options: dict[str, Any], arrays: list[tuple[np.ndarray, np.ndarray]]
) -> Contender:
    parameters = [library.nn.Parameter(library.tensor(value)) for value, _ in arrays]
    for parameter, (_, gradient) in zip(parameters, arrays, strict=True):
        parameter.grad = library.tensor(gradient)
    optimizer = getattr(library.optim, name)(parameters, **options)
    return Contender(optimizer.step, lambda: [parameter.detach().numpy() for parameter in parameters])


CASES = tuple(
    Case(f"{case}_step", f"{name} over 10 million parameters", partial(step, name, options), "torch", 1.2)
    for case, (name, options) in OPTIMIZERS.items()
)
