"""The data of the CS 189 homework's 25 tests: what torch computes in float64, for where there is no torch.

There is one .npz for each test class, with the entries of case i under names that begin with i:

    0args             JSON: the arguments of the constructor
    0input            the input, W and b the parameters, upstream_grad the dL/dY
    0output           what torch makes of them; then backward is dL/dX, dW and db are dL/dW and dL/db

The cases have the homework's shapes, by which all that would be some tens of megabytes. So large arrays are
kept in one of two shorter forms, and each case of a layer has a sister with few examples, where nothing is
large:

    0input_drawn      [seed, bound, *shape]: numbers between -bound and bound, which
                      numpy.random.RandomState(seed) draws, whose streams NumPy has frozen
    0output_mixed     the sum over the first axis of the rows, each times a random factor (see `mixed`)

A wrong element anywhere is wrong in the sum, by its factor. Everything is in npnn's layout: images
channels-last, W (n_in, n_out) and (kh, kw, n_in, n_out), b (1, n_out).
"""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F

from torch_ref.golden import difference
from torch_ref.layouts import Array

DIRECTORY = Path("tests") / "cs189" / "data"

LARGE = 2048
"""Arrays of more elements than this are kept in a shorter form."""

FIRST_SEED = 1000
"""Of the inputs; the seeds of `mixed` are below it."""

ACTIVATIONS: dict[str, Callable[[Any], Any]] = {
    "Linear": lambda z: z.clone(),
    "Sigmoid": torch.sigmoid,
    "TanH": torch.tanh,
    "ReLU": torch.relu,
    "SoftMax": lambda z: torch.softmax(z, -1),
    "ArcTan": torch.arctan,
}

FULLY_CONNECTED = ((128, "relu"), (37, "tanh"), (256, "tanh"))
CONV = (
    (32, "relu", (3, 3), 1),
    (32, "relu", (3, 5), 1),
    (7, "relu", (5, 5), 1),
    (7, "relu", (5, 5), 2),
    (18, "tanh", (3, 3), 3),
)
POOL: tuple[dict[str, Any], ...] = (
    {"kernel_shape": (3, 3), "stride": 2, "mode": "max"},
    {"kernel_shape": (2, 2), "stride": 2, "mode": "max"},
    {"kernel_shape": (2, 2), "stride": 1, "mode": "average"},
    {"kernel_shape": (3, 5), "stride": 4, "mode": "max", "pad": "valid"},
    {"kernel_shape": (5, 5), "stride": 1, "mode": "average", "pad": 2},
)
# Of numbers on both sides of 0, the zeros of the padding are the maximum at many edges.
POOL_SMALL = (*POOL, {"kernel_shape": (3, 2), "stride": 2, "mode": "max", "pad": 1})


def mixed(array: Array) -> Array:
    """The sum of an array's rows, each times a factor between -1 and 1 from the seed that is their number."""
    factors = np.random.RandomState(len(array)).uniform(-1, 1, len(array))
    return np.tensordot(factors, array, 1)


def drawn(recipe: Array) -> Array:
    """The array that [seed, bound, *shape] stands for."""
    seed, bound, *shape = recipe.tolist()
    return np.random.RandomState(int(seed)).uniform(-bound, bound, [int(n) for n in shape])


class _File:
    """The entries of one test class, case by case."""

    def __init__(self) -> None:
        self.entries: dict[str, Array] = {}
        self._seeds = itertools.count(FIRST_SEED)
        self._case = -1

    def begin(self, **args: Any) -> None:
        """Begins the next case, with the arguments of its constructor."""
        self._case += 1
        self.entries[f"{self._case}args"] = np.array(json.dumps(args))

    def draw(self, name: str, *shape: int, bound: float = 1.0) -> torch.Tensor:
        """Draws an input, and keeps it, or how it was drawn if it is large."""
        recipe = np.array([next(self._seeds), bound, *shape], np.float64)
        array = drawn(recipe)
        if array.size > LARGE:
            self.entries[f"{self._case}{name}_drawn"] = recipe
        else:
            self.entries[f"{self._case}{name}"] = array
        return torch.tensor(array, requires_grad=name != "upstream_grad")

    def keep(self, name: str, value: torch.Tensor | None) -> None:
        """Keeps a result, mixed if it is large."""
        assert value is not None
        array = value.detach().numpy()
        if array.size > LARGE:
            self.entries[f"{self._case}{name}_mixed"] = mixed(array)
        else:
            self.entries[f"{self._case}{name}"] = np.ascontiguousarray(array)

    def run(self, y: torch.Tensor, x: torch.Tensor, **parameters: torch.Tensor) -> None:
        """Goes back from a case's output, and keeps the output and all gradients."""
        y.backward(self.draw("upstream_grad", *y.shape))
        self.keep("output", y)
        self.keep("backward", x.grad)
        for name, parameter in parameters.items():
            self.keep(f"d{name}", parameter.grad)


def _activation(name: str) -> dict[str, Array]:
    file = _File()
    for shape, bound in (((64, 31), 3.0), ((5, 7), 800.0)):
        file.begin()
        x = file.draw("input", *shape, bound=bound)
        file.run(ACTIVATIONS[name](x), x)
    return file.entries


def _fully_connected() -> dict[str, Array]:
    file = _File()
    shapes = [*itertools.product((72, 128, 223), (61, 311)), (3, 5)]
    for (batch, width), (n_out, activation) in itertools.product(shapes, FULLY_CONNECTED):
        file.begin(n_out=n_out, activation=activation)
        x = file.draw("input", batch, width)
        weight, bias = file.draw("W", width, n_out, bound=math.sqrt(3 / width)), file.draw("b", 1, n_out)
        file.run(_named(activation)(x @ weight + bias), x, W=weight, b=bias)
    return file.entries


def _conv() -> dict[str, Array]:
    file = _File()
    for shape, (n_out, activation, kernel, stride) in itertools.product(
        ((16, 16, 16, 3), (16, 32, 24, 21), (2, 7, 5, 3)), CONV
    ):
        file.begin(n_out=n_out, activation=activation, kernel_shape=kernel, stride=stride, pad="same")
        x = file.draw("input", *shape)
        bound = math.sqrt(3 / (math.prod(kernel) * shape[-1]))
        weight = file.draw("W", *kernel, shape[-1], n_out, bound=bound)
        bias = file.draw("b", 1, n_out)
        z = F.conv2d(
            x.permute(0, 3, 1, 2),
            weight.permute(3, 2, 0, 1),
            bias[0],
            stride,
            [(size - 1) // 2 for size in kernel],
        )
        file.run(_named(activation)(z.permute(0, 2, 3, 1)), x, W=weight, b=bias)
    return file.entries


def _pool() -> dict[str, Array]:
    file = _File()
    for shape, configs in (
        ((24, 12, 12, 8), POOL),
        ((24, 44, 48, 4), POOL),
        ((2, 9, 8, 3), POOL_SMALL),
    ):
        for config in configs:
            file.begin(**config)
            x = file.draw("input", *shape)
            pad = 0 if config.get("pad") == "valid" else config.get("pad", 0)
            pool = F.max_pool2d if config["mode"] == "max" else F.avg_pool2d
            padded = F.pad(x.permute(0, 3, 1, 2), (pad,) * 4)
            file.run(pool(padded, config["kernel_shape"], config["stride"]).permute(0, 2, 3, 1), x)
    return file.entries


def _flatten() -> dict[str, Array]:
    file = _File()
    for shape in ((18, 16, 13, 5), (4, 3, 2, 5)):
        for keep, flat in (("first", (shape[0], -1)), ("last", (-1, shape[-1])), (-1, (1, -1))):
            file.begin(keep_dim=keep)
            x = file.draw("input", *shape)
            file.run(x.reshape(flat), x)
    return file.entries


def _loss(loss: Callable[[Any, Any], Any], probabilities: bool) -> dict[str, Array]:
    file = _File()
    seeds = itertools.count(FIRST_SEED)
    for shape in ((5, 6), (72, 10), (9, 1)):
        file.begin()
        recipes = (np.array([next(seeds), 3.0, *shape]) for _ in range(2))
        y, y_hat = (torch.from_numpy(drawn(recipe)) for recipe in recipes)
        if probabilities:
            y, y_hat = F.one_hot(y.argmax(-1), shape[-1]).double(), y_hat.softmax(-1)
        file.keep("Y", y)
        file.keep("Y_hat", y_hat)
        y_hat.requires_grad_()
        output = loss(y, y_hat)
        output.backward()
        file.keep("output", output)
        file.keep("backward", y_hat.grad)
    return file.entries


def _cross_entropy(y: torch.Tensor, y_hat: torch.Tensor) -> torch.Tensor:
    return F.nll_loss(y_hat.log(), y.argmax(-1))


def _half_mse(y: torch.Tensor, y_hat: torch.Tensor) -> torch.Tensor:
    return F.mse_loss(y_hat, y) / 2


def _named(activation: str) -> Callable[[Any], Any]:
    function: Callable[[Any], Any] = getattr(torch, activation)
    return function


def files() -> Iterator[tuple[str, Mapping[str, Array]]]:
    """The name and the entries of each file, as torch computes them now."""
    for name in ACTIVATIONS:
        yield f"Test{name}.npz", _activation(name)
    yield "TestFullyConnected.npz", _fully_connected()
    yield "TestConv2D.npz", _conv()
    yield "TestPool2D.npz", _pool()
    yield "TestFlatten.npz", _flatten()
    yield "TestCrossEntropy.npz", _loss(_cross_entropy, probabilities=True)
    yield "TestL2.npz", _loss(_half_mse, probabilities=False)


def write(directory: Path = DIRECTORY) -> list[Path]:
    """Writes all files anew.

    Args:
        directory: where to.

    Returns:
        The files that were written.
    """
    directory.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, entries in files():
        contents: dict[str, Any] = dict(entries)
        np.savez_compressed(directory / name, **contents)
        paths.append(directory / name)
    return paths


def stale(directory: Path = DIRECTORY) -> dict[str, str]:
    """Compares the files with what torch computes now.

    Args:
        directory: where they are.

    Returns:
        For each file that is not current, what is wrong with it.
    """
    problems = {name: difference(directory / name, entries) for name, entries in files()}
    return {name: problem for name, problem in problems.items() if problem}
