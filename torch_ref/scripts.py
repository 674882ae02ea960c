"""One script, two libraries: what it sees on torch it must see on npnn.

A script is a function of the library, torch or npnn. It does the same things with either, and returns a log
of what came of them: nested lists of texts, numbers, tensors and None.

    def script(lib):
        layer = lib.nn.Tanh()
        return [repr(layer), layer(lib.tensor(values((2, 3))))]

    assert_same_log(script)
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from types import ModuleType
from typing import Any, TypeAlias

import numpy as np
import torch

import npnn
from torch_ref.layouts import Array
from torch_ref.values import is_tensor

Script: TypeAlias = Callable[[ModuleType], Any]


def values(shape: int | tuple[int, ...], seed: int = 0) -> Array:
    """Random float64 numbers, the same for both libraries.

    Examples:
        >>> values(2).round(3)
        array([ 0.126, -0.132])
    """
    return np.random.default_rng(seed).standard_normal(shape)


def outcome(action: Callable[[], Any]) -> list[Any]:
    """What an action returns, or the type of the error that it raises: an entry for a log.

    Examples:
        >>> outcome(lambda: 1 + 1), outcome(lambda: 1 / 0)
        (['returned', 2], ['raised', 'ZeroDivisionError'])
    """
    try:
        return ["returned", plain(action())]
    except Exception as error:
        return ["raised", type(error).__name__]


def refused(action: Callable[[], Any], *words: str) -> list[Any]:
    """The type of the error that an action raises, and for each of the words whether its message has it.

    Examples:
        >>> refused(lambda: 1 / 0, "zero", "one")
        ['ZeroDivisionError', True, False]
    """
    try:
        action()
    except Exception as error:
        return [type(error).__name__, *(word in str(error) for word in words)]
    raise AssertionError("nothing was refused")


def plain(value: Any) -> Any:
    """A log in terms that both libraries share: tensors as arrays, dtypes as names, collections as lists.

    Examples:
        >>> plain({"x": (torch.ones(2), torch.float32)})
        [['x', [array([1., 1.], dtype=float32), 'float32']]]
    """
    if is_tensor(value):
        return value.detach().numpy()
    if isinstance(value, dict):
        return [[key, plain(item)] for key, item in value.items()]
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, (torch.dtype, np.dtype)):
        return str(value).removeprefix("torch.")
    return value


def assert_same(ours: Any, theirs: Any, place: str = "log") -> None:
    """Asserts that two plain logs agree: numbers in arrays to rounding, everything else exactly.

    Args:
        ours: npnn's log.
        theirs: torch's.
        place: what to call the log in the message; the way to the entry that differs is added.

    Examples:
        >>> assert_same([1, ["a"]], [1, ["b"]])
        Traceback (most recent call last):
        ...
        AssertionError: log[1][0]: 'a' against torch's 'b'
    """
    alike = type(ours) is type(theirs)
    if alike and isinstance(theirs, list) and len(ours) == len(theirs):
        for number, (mine, other) in enumerate(zip(ours, theirs, strict=True)):
            assert_same(mine, other, f"{place}[{number}]")
    elif alike and isinstance(theirs, np.ndarray) and ours.dtype == theirs.dtype:
        np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-11, strict=True, err_msg=place)
    elif not alike or isinstance(theirs, np.ndarray) or ours != theirs:
        raise AssertionError(f"{place}: {ours!r} against torch's {theirs!r}")


def assert_same_log(script: Script) -> None:
    """Asserts that a script sees the same on both libraries. Warnings are left aside."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs, ours = (plain(script(lib)) for lib in (torch, npnn))
    if not theirs:
        raise AssertionError("the script logged nothing")
    assert_same(ours, theirs)


def assert_same_error(script: Script, pattern: str) -> None:
    """Asserts that a script ends in the same type of error on both, and in a message like the pattern."""
    theirs, ours = (_error_of(script, lib) for lib in (torch, npnn))
    for error in (theirs, ours):
        if not re.search(pattern, str(error)):
            raise AssertionError(f"{error!r} does not match {pattern!r}")
    if type(ours) is not type(theirs):
        raise AssertionError(f"{ours!r} against torch's {theirs!r}")


def _error_of(script: Script, lib: ModuleType) -> Exception:
    try:
        script(lib)
    except Exception as error:
        return error
    raise AssertionError(f"{lib.__name__} raised no error")


def leaf(lib: ModuleType, shape: int | tuple[int, ...], seed: int = 0) -> Any:
    """A tensor of random numbers that requires grad."""
    return lib.tensor(values(shape, seed)).requires_grad_()


def leaf_of(lib: ModuleType, *numbers: float) -> Any:
    """A tensor of these numbers, a scalar if there is one alone, in float64, that requires grad."""
    return lib.tensor(numbers if len(numbers) > 1 else numbers[0], dtype=lib.float64, requires_grad=True)


def affine(lib: ModuleType) -> type:
    """A class of layers, Affine(n_in, n_out, bias=True, seed=0): x W + b, with W (in, out) in both."""

    class Affine(lib.nn.Module):  # type: ignore[misc, name-defined]
        def __init__(self, n_in: int, n_out: int, bias: bool = True, seed: int = 0) -> None:
            super().__init__()
            self.sizes = n_in, n_out
            self.weight = lib.nn.Parameter(lib.tensor(values((n_in, n_out), seed)))
            shift = lib.nn.Parameter(lib.tensor(values(n_out, seed + 1))) if bias else None
            self.register_parameter("bias", shift)

        def forward(self, x: Any) -> Any:
            y = x @ self.weight
            return y if self.bias is None else y + self.bias

        def extra_repr(self) -> str:
            return "{}, {}".format(*self.sizes)

    return Affine


def network(lib: ModuleType) -> Any:
    """A network from 4 to 2 features, with modules nested, shared and missing, and buffers of every sort."""
    make = affine(lib)

    class Block(lib.nn.Module):  # type: ignore[misc, name-defined]
        def __init__(self, shared: Any) -> None:
            super().__init__()
            self.inner = make(3, 3, seed=5)
            self.activation = lib.nn.Tanh()
            self.again = shared
            self.register_buffer("count", lib.tensor(7), persistent=False)
            self.register_buffer("absent", None)

        def forward(self, x: Any) -> Any:
            return self.activation(self.inner(x))

    class Net(lib.nn.Module):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.first = make(4, 3)
            self.block = Block(self.first)
            self.last = make(3, 2, bias=False)
            self.last.weight_too = self.last.weight
            self.add_module("nothing", None)
            self.register_buffer("mean", lib.tensor(values(3)))

        def forward(self, x: Any) -> Any:
            return self.last(self.block(self.first(x) - self.mean))

    return Net()
