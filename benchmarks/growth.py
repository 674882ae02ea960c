"""How the cost grows with the work: the exponents of batch, image and width, for npnn and for torch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from benchmarks.measure import Contender, alternate
from benchmarks.twins import twins

TARGET = 0.1
"""By how much npnn's exponent may exceed torch's."""


@dataclass(frozen=True)
class Growth:
    """Work of several sizes.

    Attributes:
        name: what grows.
        sizes: from small to large.
        build: makes the contenders for a size.
    """

    name: str
    sizes: tuple[int, ...]
    build: Callable[[int], Mapping[str, Contender]]


def stage(nn: Any, before: int, after: int) -> Any:
    """A convolution with batch norm, ReLU and pooling."""
    return nn.Sequential(
        nn.Conv2d(before, after, 3, padding=1, bias=False), nn.BatchNorm2d(after), nn.ReLU(), nn.MaxPool2d(2)
    )


def _stage_of(batch: int, side: int, width: int) -> dict[str, Contender]:
    return twins(partial(stage, before=width, after=width), (batch, side, side, width), spatial=2)


GROWTHS = (
    Growth("batch", (16, 64, 256, 512), lambda size: _stage_of(size, 16, 32)),
    Growth("image", (16, 32, 64, 128), lambda size: _stage_of(8, size, 32)),
    Growth("width", (16, 64, 256, 512), lambda size: _stage_of(8, 8, size)),
)


def measure_growth(growth: Growth, seconds: float) -> dict[str, object]:
    """Times all sizes and fits seconds = a sizeᵏ.

    Args:
        growth: what to time.
        seconds: how long to go on with each size.

    Returns:
        An object for the JSON: the case, both exponents k, all seconds, and whether the target is reached.
    """
    medians: dict[str, list[float]] = {"npnn": [], "torch": []}
    for size in growth.sizes:
        contenders = growth.build(size)
        for contender in contenders.values():
            contender.run()
        values = alternate({name: each.run for name, each in contenders.items()}, seconds, 3)
        found = {name: float(np.median(of_one)) for name, of_one in values.items()}
        medians["npnn"].append(found.pop("npnn"))
        medians["torch"].append(min(found.values()))
    exponents = {
        name: float(np.polyfit(np.log(growth.sizes), np.log(of_one), 1)[0])
        for name, of_one in medians.items()
    }
    return {
        "case": f"growth_{growth.name}",
        "sizes": list(growth.sizes),
        "npnn_seconds": medians["npnn"],
        "torch_seconds": medians["torch"],
        "npnn_exponent": exponents["npnn"],
        "torch_exponent": exponents["torch"],
        "target": TARGET,
        "reached": exponents["npnn"] - exponents["torch"] <= TARGET,
    }
