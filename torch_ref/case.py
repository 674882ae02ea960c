"""A case of the differential suite: a module, or a function, and what it is called on, in one line.

    case("Linear", 7, 5, bias=False).on(normal(4, 7))

is `nn.Linear(7, 5, bias=False)` called on one array, (4, 7), of normal numbers, and

    call("pad", normal(4, 7), (1, 2), value=0.5)

is `nn.functional.pad` called on such an array, (1, 2), and value=0.5.
"""

from __future__ import annotations

import math
import warnings
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch

import npnn
from npnn.utils.rnn import PackedSequence
from torch_ref.convert import load_torch_state_dict, translate
from torch_ref.layouts import Array, layout_of_call
from torch_ref.samples import Sample, layouts_of
from torch_ref.values import NPNN, TORCH, map_nested, seeded


@dataclass(frozen=True)
class Draw:
    """An array, or a nest of arrays, that is drawn anew for each case and dtype.

    Attributes:
        text: how the case's name has it.
        values: makes it from a random generator; floating-point numbers are then cast to the case's dtype.
    """

    text: str
    values: Callable[[np.random.Generator], Any]

    def __repr__(self) -> str:
        return self.text


def normal(*shape: int) -> Draw:
    """Standard normal numbers."""
    return Draw(f"normal{shape}", lambda random: random.standard_normal(shape))


def uniform(*shape: int, low: float = 0.0, high: float = 1.0) -> Draw:
    """Numbers from an interval."""
    return Draw(f"uniform{shape}", lambda random: random.uniform(low, high, shape))


def probabilities(*shape: int) -> Draw:
    """Numbers that add up to 1 along the last axis."""
    return Draw(f"probabilities{shape}", lambda random: random.dirichlet(np.ones(shape[-1]), shape[:-1]))


def classes(count: int, *shape: int) -> Draw:
    """Integers from 0 to count - 1."""
    return Draw(f"classes{shape}", lambda random: np.asarray(random.integers(count, size=shape)))


def places(volume: int, *shape: int) -> Draw:
    """For each sample and channel, places of a volume of which no two are equal."""
    rows, count = (shape[0], shape[-1], volume), math.prod(shape[1:-1])

    def values(random: np.random.Generator) -> Array:
        drawn = random.permuted(np.broadcast_to(np.arange(volume), rows), axis=-1)[..., :count]
        return np.moveaxis(drawn, 1, -1).reshape(shape)

    return Draw(f"places{shape}", values)


def literal(values: Any) -> Draw:
    """These values themselves."""
    return Draw(repr(values), lambda random: np.array(values))


def packed(lengths: Sequence[int], features: int) -> Draw:
    """A PackedSequence of normal numbers: sequences of these lengths, in any order."""

    def values(random: np.random.Generator) -> PackedSequence:
        batch_sizes = [sum(length > step for length in lengths) for step in range(max(lengths))]
        order = np.argsort(-np.array(lengths), kind="stable")
        data: Any = random.standard_normal((sum(lengths), features))
        indices: Any = (np.array(batch_sizes), order, np.argsort(order))
        return PackedSequence(data, *indices)

    return Draw(f"packed({list(lengths)}, {features})", values)


@dataclass(frozen=True, repr=False)
class Case:
    """A module and what it is called on.

    Attributes:
        module: the name of the class, in torch.nn and in npnn.
        args: the arguments of its constructor, in which a `Draw` stands for a tensor, and a `Case` for a
            module.
        kwargs: the same by name.
        inputs: what forward is called on.
        training: the mode.
    """

    module: str
    args: tuple[Any, ...] = ()
    kwargs: dict[str, Any] = field(default_factory=dict)
    inputs: tuple[Any, ...] = ()
    training: bool = True

    def on(self, *inputs: Any) -> Case:
        """The case called on these inputs."""
        return replace(self, inputs=inputs)

    def eval(self) -> Case:
        """The case in evaluation mode."""
        return replace(self, training=False)

    def __repr__(self) -> str:
        return f"{self.module}({spelled(self.args, self.kwargs)})"

    def __str__(self) -> str:
        mode = "" if self.training else ".eval()"
        return f"{self!r}{mode} on {', '.join(map(repr, self.inputs)) or 'nothing'}"

    def drawn(self, dtype: Any = np.float64) -> tuple[tuple[Any, ...], dict[str, Any], tuple[Any, ...]]:
        """The arguments of the constructor, the same by name, and the inputs, with an array for each `Draw`.

        Args:
            dtype: of the floating-point numbers.
        """
        args, kwargs, inputs = filled((self.args, self.kwargs, self.inputs), seed_of(self), dtype)
        return args, kwargs, inputs

    def sample(self, dtype: Any = np.float64) -> Sample:
        """Both modules, with the same weights, and the inputs.

        Args:
            dtype: of the floating-point numbers.
        """
        args, kwargs, inputs = self.drawn(dtype)

        def made(value: Any) -> Any:
            if isinstance(value, Case):
                module = getattr(npnn.nn, value.module)
                return module(*map_nested(made, value.args), **map_nested(made, value.kwargs))
            return npnn.tensor(value) if isinstance(value, np.ndarray) else value

        with seeded(seed_of(self)), warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # of classes that are deprecated
            args, kwargs = map_nested(made, (args, kwargs))
            theirs = getattr(torch.nn, self.module)(*translate(args, TORCH), **translate(kwargs, TORCH))
            mine = getattr(npnn.nn, self.module)(*args, **kwargs)
        theirs.to(getattr(torch, np.dtype(dtype).name)).train(self.training)
        mine.to(np.dtype(dtype)).train(self.training)
        layouts = layouts_of(mine, theirs, inputs, {})
        load_torch_state_dict(mine, theirs.state_dict())
        return Sample(str(self), mine, theirs, inputs, {}, layouts)


@dataclass(frozen=True, repr=False)
class FunctionCase:
    """A function of torch.nn.functional and what it is called on.

    Attributes:
        function: its name, in torch and in npnn.
        args: what it is called on, in which a `Draw` stands for a tensor.
        kwargs: the same by name.
        dtype: of the floating-point numbers.
    """

    function: str
    args: tuple[Any, ...] = ()
    kwargs: dict[str, Any] = field(default_factory=dict)
    dtype: Any = np.float64

    def of(self, dtype: Any) -> FunctionCase:
        """The case in another dtype."""
        return replace(self, dtype=dtype)

    def __repr__(self) -> str:
        return f"{self.function}({spelled(self.args, self.kwargs)})"

    def sample(self) -> Sample:
        """Both functions, and the inputs."""
        args, kwargs = filled((self.args, self.kwargs), seed_of(self), self.dtype)
        mine, theirs = (getattr(library.nn.functional, self.function) for library in (NPNN, TORCH))
        return Sample(repr(self), mine, theirs, args, kwargs, layout_of_call(mine, args, kwargs))


def filled(nest: Any, seed: int, dtype: Any) -> Any:
    """A nest with an array for each `Draw`.

    Args:
        nest: tuples, lists, dictionaries and cases, and what is in them.
        seed: for the numbers.
        dtype: of those that are floating-point numbers.
    """
    random = np.random.default_rng(seed)

    def in_dtype(values: Any) -> Any:
        array = np.asarray(values)
        return array.astype(dtype) if array.dtype.kind == "f" else array

    def fill(value: Any) -> Any:
        if isinstance(value, Case):
            return replace(value, args=map_nested(fill, value.args), kwargs=map_nested(fill, value.kwargs))
        return map_nested(in_dtype, value.values(random)) if isinstance(value, Draw) else value

    return map_nested(fill, nest)


def seed_of(case: Any) -> int:
    """A seed of a case's own, the same at each run."""
    return zlib.crc32(str(case).encode())


def spelled(args: Sequence[Any], kwargs: Mapping[str, Any]) -> str:
    """Arguments, as they are written in a call."""
    return ", ".join([*map(repr, args), *(f"{name}={value!r}" for name, value in kwargs.items())])


def case(module: str, *args: Any, **kwargs: Any) -> Case:
    """A case of a class of that name, made with these arguments; `on` says what it is called on."""
    return Case(module, args, kwargs)


def call(function: str, *args: Any, **kwargs: Any) -> FunctionCase:
    """A case of a function of that name, called on these arguments."""
    return FunctionCase(function, args, kwargs)
