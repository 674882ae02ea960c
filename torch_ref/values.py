"""The two libraries side by side, and what torch_ref does to values of either: arrays, nests, seeds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np
import torch

import npnn
from torch_ref.layouts import Array, Layout, to_npnn, to_torch


@dataclass(frozen=True)
class Library:
    """One of the two libraries, as far as torch_ref must tell them apart.

    Attributes:
        name: "torch" or "npnn", as the two sides of a layout are called.
        root: the package.
        rearrange: brings an array of the other library into this one's layout.
        tensor: makes an array a tensor, without sharing its memory.
    """

    name: str
    root: ModuleType
    rearrange: Callable[[Array, Layout], Array]
    tensor: Callable[[Array], Any]

    @property
    def nn(self) -> Any:
        """Where its layers are."""
        return self.root.nn

    @property
    def other(self) -> Library:
        """The other library."""
        return TORCH if self is NPNN else NPNN


def _torch_tensor(array: Array) -> torch.Tensor:
    return torch.from_numpy(np.array(array, order="C"))


NPNN = Library("npnn", npnn, to_npnn, npnn.tensor)
TORCH = Library("torch", torch, to_torch, _torch_tensor)


def is_tensor(value: Any) -> bool:
    """Whether a value is a tensor of either library."""
    return isinstance(value, (npnn.Tensor, torch.Tensor))


def array_of(tensor: Any) -> Array:
    """The values of a tensor of either library, in its own layout; for the most part in its own memory.

    Args:
        tensor: the tensor, or an array, which is returned as it is.

    Raises:
        TypeError: NumPy has no such dtype.
    """
    if isinstance(tensor, torch.Tensor):
        if tensor.dtype == torch.bfloat16:
            raise TypeError("NumPy has no bfloat16: convert to float32 first, with .float()")
        dense = tensor.to_dense() if tensor.is_sparse else tensor
        array: Array = dense.numpy(force=True)
        return array
    return tensor.array if isinstance(tensor, npnn.Tensor) else np.asarray(tensor)


def is_shape(value: Any) -> bool:
    """Whether a value is a tuple or list of sizes."""
    return isinstance(value, (tuple, list)) and bool(value) and all(type(size) is int for size in value)


def map_nested(function: Callable[[Any], Any], value: Any) -> Any:
    """A nest of tuples, lists and dictionaries with `function` of each value in it."""
    if isinstance(value, dict):
        return {key: map_nested(function, entry) for key, entry in value.items()}
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return type(value)(*(map_nested(function, entry) for entry in value))
    if isinstance(value, (tuple, list)):
        return type(value)(map_nested(function, entry) for entry in value)
    return function(value)


def repacked(value: Any, library: Library) -> Any:
    """A PackedSequence as one of this library, with the tensors that it has; anything else as it is."""
    packed = library.other.nn.utils.rnn.PackedSequence
    return library.nn.utils.rnn.PackedSequence(*value) if isinstance(value, packed) else value


def tensors_in(value: Any, arrays: bool = False) -> list[Any]:
    """The tensors of either library in a nest, in order.

    Args:
        value: the nest.
        arrays: arrays as well.
    """
    found: list[Any] = []

    def visit(entry: Any) -> Any:
        if is_tensor(entry) or (arrays and isinstance(entry, np.ndarray)):
            found.append(entry)
        return entry

    map_nested(visit, value)
    return found


@contextmanager
def seeded(seed: int | None = None) -> Iterator[None]:
    """A stretch in which both libraries draw from one seed; afterwards their generators are as before.

    Args:
        seed: None leaves both generators where they are.
    """
    before = torch.default_generator.get_state()
    try:
        with npnn.random.fork_rng():
            if seed is not None:
                # Not torch.manual_seed, which takes a millisecond to prepare seeds for devices.
                torch.default_generator.manual_seed(seed)
                npnn.manual_seed(seed)
            yield
    finally:
        torch.default_generator.set_state(before)
