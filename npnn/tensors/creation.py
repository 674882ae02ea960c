"""Making tensors: from data, filled with one value, in a range, at random.

`size` is given as ints one by one or as one sequence. `dtype` defaults to the default floating-point dtype
unless said. `device` may only be "cpu".
"""

from __future__ import annotations

from typing import Any

import numpy as np

from npnn import devices, dtypes
from npnn._typing import Array, Shape
from npnn.random import Generator, default_generator
from npnn.tensors.conversion import as_array
from npnn.tensors.core import Tensor
from npnn.tensors.shapes import as_sizes


def tensor(data: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """A tensor with a copy of `data`.

    Args:
        data: numbers, nested sequences of them, an ndarray, or a tensor.
        dtype: the dtype; by default that of an ndarray, int64 for ints, bool for bools, the default dtype for
            floats.
        device: "cpu".
        requires_grad: whether operations on it are recorded.

    Examples:
        >>> import npnn
        >>> npnn.tensor([[1.0, 2.5], [3.0, 4.0]])
        tensor([[1.0000, 2.5000],
                [3.0000, 4.0000]])
    """
    array = as_array(data, dtype)
    shared = array is data or isinstance(data, (Tensor, np.ndarray))
    return _made(array.copy() if shared else array, device, requires_grad)


def as_tensor(data: Any, dtype: Any = None, device: Any = None) -> Tensor:
    """`data` as a tensor: itself if it is one, sharing the memory of an ndarray, else a new one."""
    if isinstance(data, Tensor):
        return data.to(dtype=dtype, device=device)
    return _made(as_array(data, dtype), device, False)


def from_numpy(ndarray: Array) -> Tensor:
    """A tensor that shares the memory of an ndarray."""
    if not isinstance(ndarray, np.ndarray):
        raise TypeError(f"expected np.ndarray (got {type(ndarray).__name__})")
    return Tensor._wrap(as_array(ndarray))


def empty(*size: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """A tensor whose values are whatever lay in its memory."""
    return _made(np.empty(_shape(size), or_default(dtype)), device, requires_grad)


def zeros(*size: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """A tensor of zeros."""
    return _made(np.zeros(_shape(size), or_default(dtype)), device, requires_grad)


def ones(*size: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """A tensor of ones."""
    return _made(np.ones(_shape(size), or_default(dtype)), device, requires_grad)


def full(
    size: Any, fill_value: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """A tensor of one value; its dtype is that of the value unless said."""
    value = as_array(fill_value, dtype)
    return _made(np.full(_shape((size,)), value, value.dtype), device, requires_grad)


def eye(
    n: int, m: int | None = None, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """A matrix with ones on the diagonal and zeros elsewhere."""
    for name, size in (("n", n), ("m", m)):
        if size is not None and size < 0:
            raise RuntimeError(f"{name} must be greater or equal to 0, got {size}")
    return _made(np.eye(n, m, dtype=or_default(dtype)), device, requires_grad)


def arange(
    start: Any,
    end: Any = None,
    step: Any = 1,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """The numbers from start (0 if only one is given) up to, not including, end.

    Raises:
        RuntimeError: the step is zero, or leads away from the end, or an end is not finite.
    """
    if end is None:
        start, end = 0, start
    if step == 0:
        raise RuntimeError("step must be nonzero")
    if not (np.isfinite(start) and np.isfinite(end)):
        raise RuntimeError(f"unsupported range: {start} -> {end}")
    if (end - start) * step < 0:
        raise RuntimeError(
            f"upper bound and lower bound inconsistent with step sign: from {start} to {end} by {step}"
        )
    if dtype is None:
        whole = all(isinstance(value, (int, np.integer)) for value in (start, end, step))
        dtype = dtypes.int64 if whole else dtypes.get_default_dtype()
    count = int(np.ceil((end - start) / step))
    return _made((start + step * np.arange(count)).astype(dtype), device, requires_grad)


def linspace(
    start: Any,
    end: Any,
    steps: int,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """`steps` numbers evenly spaced from start to end, both included."""
    if steps < 0:
        raise RuntimeError(f"number of steps must be non-negative, got {steps}")
    first, last = (value.item() if isinstance(value, Tensor) else value for value in (start, end))
    return _made(np.linspace(first, last, steps).astype(or_default(dtype)), device, requires_grad)


def rand(
    *size: Any,
    generator: Generator | None = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Random numbers, uniform on [0, 1)."""
    source = default_generator if generator is None else generator
    return _made(source.uniform(_shape(size), dtype=or_default(dtype)), device, requires_grad)


def randn(
    *size: Any,
    generator: Generator | None = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Random numbers, normal with mean 0 and standard deviation 1."""
    source = default_generator if generator is None else generator
    return _made(source.normal(_shape(size), dtype=or_default(dtype)), device, requires_grad)


def randint(
    low: int,
    high: Any = None,
    size: Any = None,
    *,
    generator: Generator | None = None,
    dtype: Any = dtypes.int64,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Random integers, uniform on [low, high); low is 0 if only one bound is given."""
    if size is None:
        low, high, size = 0, low, high
    source = default_generator if generator is None else generator
    return _made(source.randint(low, high, _shape((size,)), np.dtype(dtype)), device, requires_grad)


def randperm(
    n: int, *, generator: Generator | None = None, dtype: Any = dtypes.int64, device: Any = None
) -> Tensor:
    """The numbers 0 to n - 1 in random order."""
    source = default_generator if generator is None else generator
    return _made(source.randperm(n, np.dtype(dtype)), device, False)


def normal(mean: Any, std: Any = 1.0, size: Any = None, *, generator: Generator | None = None) -> Tensor:
    """Random numbers, normal, with a mean and a standard deviation for each element or for all."""
    if size is None:
        m, s = as_array(mean), as_array(std)
        size = np.broadcast_shapes(m.shape, s.shape)
        return randn(size, generator=generator, dtype=dtypes.result_type(m, s)) * s + m
    return randn(size, generator=generator) * std + mean


def bernoulli(input: Tensor, *, generator: Generator | None = None) -> Tensor:
    """1 with the probability that each element gives, else 0."""
    return input.bernoulli(generator=generator)


def empty_like(
    input: Tensor, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """`empty` of the shape and dtype of another tensor."""
    return _made(np.empty_like(input.array, dtype=dtype), device, requires_grad)


def zeros_like(
    input: Tensor, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """`zeros` of the shape and dtype of another tensor."""
    return _made(np.zeros_like(input.array, dtype=dtype), device, requires_grad)


def ones_like(input: Tensor, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """`ones` of the shape and dtype of another tensor."""
    return _made(np.ones_like(input.array, dtype=dtype), device, requires_grad)


def full_like(
    input: Tensor, fill_value: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """`full` of the shape and dtype of another tensor."""
    return _made(np.full_like(input.array, fill_value, dtype=dtype), device, requires_grad)


def rand_like(
    input: Tensor,
    *,
    generator: Generator | None = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """`rand` of the shape and dtype of another tensor."""
    wanted = input.dtype if dtype is None else dtype
    return rand(input.shape, generator=generator, dtype=wanted, device=device, requires_grad=requires_grad)


def randn_like(
    input: Tensor,
    *,
    generator: Generator | None = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """`randn` of the shape and dtype of another tensor."""
    wanted = input.dtype if dtype is None else dtype
    return randn(input.shape, generator=generator, dtype=wanted, device=device, requires_grad=requires_grad)


def _shape(size: Any) -> Shape:
    """The lengths that were asked for.

    Raises:
        RuntimeError: one of them is negative.
    """
    shape = as_sizes(size)
    if min(shape, default=0) < 0:
        raise RuntimeError(f"Trying to create tensor with negative dimension {min(shape)}: {list(shape)}")
    return shape


def or_default(dtype: Any) -> np.dtype[Any]:
    """A dtype, or the default one where none is given."""
    return dtypes.get_default_dtype() if dtype is None else np.dtype(dtype)


def _made(array: Array, device: Any, requires_grad: bool) -> Tensor:
    if device is not None:
        devices.device(device)
    result = Tensor._wrap(array)
    if requires_grad:
        result.requires_grad = True
    return result
