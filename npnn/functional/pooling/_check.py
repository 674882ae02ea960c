"""What all pooling asks of its arguments."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from npnn._typing import Shape
from npnn.functional._check import as_input
from npnn.ops._windows import Windows
from npnn.tensors import Tensor

COUNTS = {1: "one int", 2: "two ints", 3: "three ints"}


def one_for_each_axis(name: str, option: str, value: Any, axes: int) -> Shape:
    """An option as one int for each spatial axis.

    Raises:
        TypeError: it is neither an int nor a sequence of them.
        RuntimeError: there are neither one nor as many as axes.
    """
    numbers = tuple(value) if isinstance(value, (tuple, list)) else (value,)
    for number in numbers:
        if not isinstance(number, (int, np.integer)):
            raise TypeError(
                f"{name}(): argument {option!r} must be an int or a tuple of ints, but got"
                f" {type(number).__name__}: {value!r}"
            )
    if len(numbers) not in (1, axes):
        raise RuntimeError(
            f"{name}: {option} must either be a single int, or a tuple of {COUNTS[axes]}, but got {value!r}"
        )
    return tuple(int(number) for number in (numbers * axes if len(numbers) == 1 else numbers))


def as_batch(name: str, input: Any, axes: int, dtypes: Sequence[str]) -> tuple[Tensor, bool]:
    """The input with a batch axis, and whether that had to be added.

    Args:
        name: of the function that asks.
        input: (N, *spatial, C) or (*spatial, C).
        axes: the number of spatial axes.
        dtypes: what it takes: kinds of dtypes ("f" for floating-point numbers), or the names of some.

    Raises:
        RuntimeError: another number of axes, or nothing on one of them but that of the batch.
        NotImplementedError: another dtype.
    """
    x = as_input(input, name)
    shape, dtype = x.array.shape, x.array.dtype
    expected = f"{axes + 1}D or {axes + 2}D (batch mode) tensor"
    if len(shape) not in (axes + 1, axes + 2):
        wording = (
            f"Expected {expected} with optional 0 dim batch size for input"
            if axes == 1
            else f"non-empty {expected} expected for input"
        )
        raise RuntimeError(f"{name}: {wording}, channels last, but got: {list(shape)}")
    unbatched = len(shape) == axes + 1
    if 0 in (shape if unbatched else shape[1:]):
        wording = (
            f"Expected {expected} with optional 0 dim batch size for input"
            if axes < 3
            else "Expected input's non-batch dimensions to have positive length"
        )
        raise RuntimeError(f"{name}: {wording}, but got: {list(shape)}")
    if dtype.kind not in dtypes and dtype.name not in dtypes:
        raise NotImplementedError(f'"{name}" not implemented for {dtype.name!r}')
    return x.unsqueeze(0) if unbatched else x, unbatched


def as_given(pooled: Any, unbatched: bool) -> Any:
    """A tensor, or a tuple of them, without the batch axis that was added, if it was."""
    if not unbatched:
        return pooled
    return tuple(each.squeeze(0) for each in pooled) if isinstance(pooled, tuple) else pooled.squeeze(0)


def checked_options(
    name: str, axes: int, kernel_size: Any, stride: Any, padding: Any, dilation: Any
) -> tuple[Shape, Shape, Shape, Shape]:
    """Kernel size, stride (by default the kernel size), padding and dilation, for each axis.

    Raises:
        TypeError: one is no int.
        RuntimeError: there are too many or too few, or one is out of range.
    """
    kernel = one_for_each_axis(name, "kernel_size", kernel_size, axes)
    omitted = stride is None or (isinstance(stride, (tuple, list)) and not stride)
    strides = kernel if omitted else one_for_each_axis(name, "stride", stride, axes)
    paddings = one_for_each_axis(name, "padding", padding, axes)
    dilations = one_for_each_axis(name, "dilation", dilation, axes)
    for option, numbers in (("kernel_size", kernel), ("stride", strides), ("dilation", dilations)):
        if min(numbers) < 1:
            raise RuntimeError(f"{name}: {option} must be greater than zero, but got {min(numbers)}")
    for k, p, d in zip(kernel, paddings, dilations, strict=True):
        if p < 0:
            raise RuntimeError(f"{name}: pad must be non-negative, but got pad: {p}")
        if p > k // 2:
            raise RuntimeError(
                f"{name}: pad should be at most half of effective kernel size, and of kernel size, but got"
                f" pad={p}, kernel_size={k} and dilation={d}"
            )
    return kernel, strides, paddings, dilations


def windows_over(
    name: str, spatial: Shape, options: tuple[Shape, Shape, Shape, Shape], ceil_mode: bool
) -> tuple[Windows, ...]:
    """The windows on each axis; in ceil_mode with a last one that may reach beyond the padding.

    Raises:
        RuntimeError: there is none.
    """
    windows = []
    for size, k, s, p, d in zip(spatial, *options, strict=True):
        room = size + 2 * p - d * (k - 1) - 1
        out = -(-room // s) + 1 if ceil_mode else room // s + 1
        if ceil_mode and (out - 1) * s >= size + p:
            out -= 1  # the last window would begin where only padding is
        windows.append(Windows(size, out, k, s, p, d))
    if min(each.out for each in windows) < 1:
        raise RuntimeError(
            f"{name}: Invalid computed output size: {_by(each.out for each in windows)} for input size"
            f" {_by(spatial)} and kernel size {_by(options[0])}. Output size is too small"
        )
    return tuple(windows)


def _by(sizes: Any) -> str:
    return "x".join(map(str, sizes))
