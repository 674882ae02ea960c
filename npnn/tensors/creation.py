"""Making tensors: from data, filled with one value, in a range, at random.

The lengths are given as ints one by one or as one sequence, which may be named `size`. `dtype` defaults to
the default floating-point dtype unless said. `device` may only be "cpu", and torch's `memory_format` means
nothing here. `out` is a tensor that receives what is made, in its own dtype.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from npnn import devices, dtypes
from npnn._typing import Array, Shape
from npnn.random import Generator, default_generator
from npnn.tensors.conversion import as_array
from npnn.tensors.core import Tensor
from npnn.tensors.out import making_out, with_out
from npnn.tensors.sampling import drawn_like, in_order
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


@making_out
def empty(
    *sizes: Any, size: Any = None, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """A tensor whose values are whatever lay in its memory."""
    return _made(np.empty(_shape(sizes, size), or_default(dtype)), device, requires_grad)


@making_out
def zeros(
    *sizes: Any, size: Any = None, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """A tensor of zeros."""
    return _made(np.zeros(_shape(sizes, size), or_default(dtype)), device, requires_grad)


@making_out
def ones(
    *sizes: Any, size: Any = None, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """A tensor of ones."""
    return _made(np.ones(_shape(sizes, size), or_default(dtype)), device, requires_grad)


@making_out
def full(
    size: Any, fill_value: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """A tensor of one value; its dtype is that of the value unless said."""
    value = as_array(fill_value, dtype)
    return _made(np.full(_shape((), size), value, value.dtype), device, requires_grad)


@making_out
def eye(
    n: int, m: int | None = None, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """A matrix with ones on the diagonal and zeros elsewhere."""
    for name, size in (("n", n), ("m", m)):
        if size is not None and size < 0:
            raise RuntimeError(f"{name} must be greater or equal to 0, got {size}")
    return _made(np.eye(n, m, dtype=or_default(dtype)), device, requires_grad)


@making_out
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


@making_out
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


@making_out
def rand(
    *sizes: Any,
    size: Any = None,
    generator: Generator | None = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Random numbers, uniform on [0, 1)."""
    source = default_generator if generator is None else generator
    return _made(source.uniform(_shape(sizes, size), dtype=or_default(dtype)), device, requires_grad)


@making_out
def randn(
    *sizes: Any,
    size: Any = None,
    generator: Generator | None = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Random numbers, normal with mean 0 and standard deviation 1."""
    source = default_generator if generator is None else generator
    return _made(source.normal(_shape(sizes, size), dtype=or_default(dtype)), device, requires_grad)


@making_out
def randint(
    low: Any = None,
    high: Any = None,
    size: Any = None,
    *,
    generator: Generator | None = None,
    dtype: Any = dtypes.int64,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Random integers, uniform on [low, high); low is 0 if only one bound is given.

    Raises:
        TypeError: there is no bound, or no size.

    Examples:
        >>> import npnn
        >>> npnn.randint(3, (2, 4)).shape, npnn.randint(3, size=(2,)).shape, npnn.randint(-3, 3, (5,)).shape
        (torch.Size([2, 4]), torch.Size([2]), torch.Size([5]))
    """
    if size is None:
        high, size = None, high
    if high is None:
        low, high = 0, low
    elif low is None:
        low = 0
    if high is None or size is None:
        raise TypeError(f"randint() takes (high, size) or (low, high, size), got high={high} and size={size}")
    source = default_generator if generator is None else generator
    return _made(source.randint(low, high, _shape((), size), np.dtype(dtype)), device, requires_grad)


@making_out
def randperm(
    n: int, *, generator: Generator | None = None, dtype: Any = dtypes.int64, device: Any = None
) -> Tensor:
    """The numbers 0 to n - 1 in random order."""
    source = default_generator if generator is None else generator
    return _made(source.randperm(n, np.dtype(dtype)), device, False)


@making_out
def normal(
    mean: Any,
    std: Any = 1.0,
    size: Any = None,
    *,
    generator: Generator | None = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Random numbers, normal, with a mean and a standard deviation for each element or for all.

    Raises:
        RuntimeError: a standard deviation is negative.
    """
    source = default_generator if generator is None else generator
    if size is not None:
        drawn = source.normal(_shape((), size), mean, std, or_default(dtype))
        return _made(drawn, device, requires_grad)
    m, s = as_array(mean), as_array(std)
    if (s < 0).any():
        raise RuntimeError(f"normal expects all elements of std >= 0.0, but found std {std}")
    shape = np.broadcast_shapes(m.shape, s.shape)
    wanted = dtypes.result_type(m, s) if dtype is None else dtype
    return randn(shape, generator=generator, dtype=wanted) * s + m


@with_out
def bernoulli(input: Tensor, p: float | None = None, *, generator: Generator | None = None) -> Tensor:
    """1 with the probability that each element gives, or with probability p, else 0."""
    drawn: Tensor = input.bernoulli(p, generator=generator)
    return drawn


def empty_like(
    input: Tensor,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    memory_format: Any = None,
) -> Tensor:
    """`empty` of the shape and dtype of another tensor."""
    return _made(np.empty_like(input.array, dtype=dtype), device, requires_grad)


def zeros_like(
    input: Tensor,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    memory_format: Any = None,
) -> Tensor:
    """`zeros` of the shape and dtype of another tensor."""
    return _made(np.zeros_like(input.array, dtype=dtype), device, requires_grad)


def ones_like(
    input: Tensor,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    memory_format: Any = None,
) -> Tensor:
    """`ones` of the shape and dtype of another tensor."""
    return _made(np.ones_like(input.array, dtype=dtype), device, requires_grad)


def full_like(
    input: Tensor,
    fill_value: Any,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    memory_format: Any = None,
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
    memory_format: Any = None,
) -> Tensor:
    """`rand` of the shape and dtype of another tensor."""
    source = default_generator if generator is None else generator
    wanted = input.dtype if dtype is None else dtype
    return _made(drawn_like(input, source.uniform, 0.0, 1.0, dtype=wanted), device, requires_grad)


def randn_like(
    input: Tensor,
    *,
    generator: Generator | None = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    memory_format: Any = None,
) -> Tensor:
    """`randn` of the shape and dtype of another tensor."""
    source = default_generator if generator is None else generator
    wanted = input.dtype if dtype is None else dtype
    draw = partial(source.normal, contiguous=in_order(input))
    return _made(drawn_like(input, draw, 0.0, 1.0, dtype=wanted), device, requires_grad)


def _shape(sizes: Any, size: Any = None) -> Shape:
    """The lengths that were asked for, one by one or by name.

    Raises:
        RuntimeError: one of them is negative.
    """
    shape = as_sizes(sizes if size is None else (size,))
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
