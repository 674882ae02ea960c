"""Elements repeated, moved along axes and seen through windows. Each function takes the tensor first."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from npnn.autograd.function import wrap
from npnn.ops import indexing
from npnn.ops import shape as ops
from npnn.tensors.base import array_of, axis_of
from npnn.tensors.shapes import as_sizes

# ---- repeating


def repeat(input: Any, *sizes: Any, repeats: Any = None) -> Any:
    """The tensor side by side with itself, so many times along each axis and each new leading one.

    Args:
        input: the tensor.
        *sizes: as many numbers as there are axes, or more.
        repeats: the same as one sequence.

    Raises:
        RuntimeError: there are fewer numbers than axes, or one is negative.

    Source: torch.Tensor.repeat.

    Examples:
        >>> import npnn
        >>> npnn.tensor([1, 2]).repeat(2, 2)
        tensor([[1, 2, 1, 2],
                [1, 2, 1, 2]])
    """
    times, shape = as_sizes(sizes if repeats is None else (repeats,)), input.array.shape
    if len(times) < len(shape):
        raise RuntimeError(
            "Number of dimensions of repeat dims can not be smaller than number of dimensions of tensor: got"
            f" {list(times)} for shape {list(shape)}"
        )
    if min(times, default=0) < 0:
        raise RuntimeError(f"Trying to create tensor with negative dimension: repeat by {list(times)}")
    full = (1,) * (len(times) - len(shape)) + shape
    apart = [size for length in full for size in (1, length)]
    spread = [size for pair in zip(times, full, strict=True) for size in pair]
    joined = [count * length for count, length in zip(times, full, strict=True)]
    repeated = input.reshape(apart).expand(spread)
    copy = repeated.clone() if repeated.is_contiguous() else repeated.contiguous()
    return copy.reshape(joined)


def tile(input: Any, *sizes: Any, dims: Any = None) -> Any:
    """`repeat`, where missing numbers are 1.

    Source: torch.tile.

    Examples:
        >>> import npnn
        >>> npnn.tile(npnn.ones(2, 3), (2,)).shape
        torch.Size([2, 6])
    """
    times = as_sizes(sizes if dims is None else (dims,))
    return repeat(input, (1,) * (input.array.ndim - len(times)) + times)


def repeat_interleave(
    input: Any, repeats: Any = None, dim: int | None = None, *, output_size: Any = None
) -> Any:
    """Each slice along an axis as often as a number says, before the next one.

    Args:
        input: the tensor; with nothing else, the numbers, for which the places are given.
        repeats: a number, or a vector of one for each slice.
        dim: the axis; without one the elements of all axes are run together.
        output_size: how long the result is to be, which here follows from the numbers.

    Raises:
        RuntimeError: a number is negative, or there are not as many as slices.

    Source: torch.repeat_interleave.

    Examples:
        >>> import npnn
        >>> npnn.tensor([5, 7]).repeat_interleave(npnn.tensor([1, 2]))
        tensor([5, 7, 7])
    """
    if repeats is None:
        repeats = input
        input = wrap(np.arange(input.array.size))
    if dim is None:
        input, dim = input.reshape(-1), 0
    axis = axis_of(dim, input.array.ndim)
    x = input if input.array.ndim else input.reshape(1)
    times = np.asarray(array_of(repeats))
    if times.ndim > 1 or times.dtype.kind not in "iu":
        raise RuntimeError("repeats must be 0-dim or 1-dim tensor of integers")
    if (times < 0).any():
        raise RuntimeError("repeats can not be negative")
    if times.size not in (1, x.array.shape[axis]):
        raise RuntimeError(
            f"repeats must have the same size as input along dim, but got repeats.size(0) = {times.size} and"
            f" input.size({axis}) = {x.array.shape[axis]}"
        )
    places = np.repeat(np.arange(x.array.shape[axis]), times)
    return indexing.Take.apply(x, index=places, axis=axis)


def broadcast_to(input: Any, size: Any) -> Any:
    """`expand` to a shape.

    Source: torch.broadcast_to.

    Examples:
        >>> import npnn
        >>> npnn.broadcast_to(npnn.arange(2), (3, 2)).shape
        torch.Size([3, 2])
    """
    return input.expand(size)


def sum_to_size(input: Any, *size: Any) -> Any:
    """Sums along the axes that a shape would have to be broadcast along to become this one's.

    Raises:
        RuntimeError: the shape does not broadcast to this tensor's.

    Source: torch.Tensor.sum_to_size.
    """
    wanted, shape = as_sizes(size), input.array.shape
    lead = len(shape) - len(wanted)
    if lead < 0 or any(w not in (1, s) for w, s in zip(wanted, shape[lead:], strict=True)):
        raise RuntimeError(f"size {list(wanted)} is not expandable to size {list(shape)}.")
    axes = tuple(axis for axis in range(len(shape)) if axis < lead or wanted[axis - lead] != shape[axis])
    return (input.sum(axes, keepdim=True) if axes else input.clone()).reshape(wanted)


# ---- moving


def roll(input: Any, shifts: Any, dims: Any = ()) -> Any:
    """Moved along axes, with what falls off at one end put in at the other.

    Args:
        input: the tensor.
        shifts: how far, a number for each axis.
        dims: the axes; without any the elements of all axes are run together.

    Raises:
        RuntimeError: there are not as many shifts as axes.
        IndexError: there is no such axis.

    Source: torch.roll.

    Examples:
        >>> import npnn
        >>> npnn.arange(5).roll(2)
        tensor([3, 4, 0, 1, 2])
    """
    far, axes = as_sizes((shifts,)), as_sizes((dims,))
    if not far:
        raise RuntimeError("`shifts` required")
    if not axes and len(far) == 1:
        return roll(input.reshape(-1), far, 0).reshape(input.array.shape)
    if not input.array.ndim:
        raise IndexError(f"Dimension specified as {axes[0] if axes else 0} but tensor has no dimensions")
    if len(far) != len(axes):
        raise RuntimeError(f"shifts and dimensions must align. shifts: {len(far)}, dims:{len(axes)}")
    return ops.Roll.apply(input, shifts=far, axes=tuple(axis_of(axis, input.array.ndim) for axis in axes))


def rot90(input: Any, k: int = 1, dims: Any = (0, 1)) -> Any:
    """Turned by k right angles, from the first of two axes towards the second.

    Raises:
        RuntimeError: these are not two different axes.

    Source: torch.rot90.

    Examples:
        >>> import npnn
        >>> npnn.rot90(npnn.tensor([[1, 2], [3, 4]]))
        tensor([[2, 4],
                [1, 3]])
    """
    if len(dims) != 2 or input.array.ndim < 2:
        raise RuntimeError(f"expected total rotation dims == 2, but got dims = {list(dims)}")
    first, second = (axis_of(axis, input.array.ndim) for axis in dims)
    if first == second:
        raise RuntimeError(f"expected rotation dims to be different, but got {list(dims)}")
    quarter = k % 4
    if quarter == 2:
        return input.flip(first, second)
    if quarter == 0:
        return input.clone()
    turned = input.flip(second if quarter == 1 else first)
    return turned.transpose(first, second).clone()


def fliplr(input: Any) -> Any:
    """The second axis in reverse order.

    Raises:
        RuntimeError: there is none.

    Source: torch.fliplr.
    """
    if input.array.ndim < 2:
        raise RuntimeError(f"Input must be >= 2-d, got {input.array.ndim}-d")
    return input.flip(1)


def flipud(input: Any) -> Any:
    """The first axis in reverse order.

    Raises:
        RuntimeError: there is none.

    Source: torch.flipud.
    """
    if input.array.ndim < 1:
        raise RuntimeError("Input must be >= 1-d, got 0-d")
    return input.flip(0)


def adjoint(input: Any) -> Any:
    """The last two axes exchanged, and complex numbers conjugated.

    Source: torch.adjoint.
    """
    return input.mH


def narrow_copy(input: Any, dim: int, start: Any, length: int) -> Any:
    """`narrow`, with a copy of the stretch.

    Source: torch.narrow_copy.
    """
    return input.narrow(dim, start, length).clone()


# ---- at least so many axes


def atleast_1d(*tensors: Any) -> Any:
    """Tensors with an axis, if they have none: one tensor, or a tuple of several.

    Source: torch.atleast_1d.

    Examples:
        >>> import npnn
        >>> npnn.atleast_1d(npnn.tensor(2.0)).shape
        torch.Size([1])
    """
    return _each(lambda x: x if x.array.ndim else x.reshape(1), tensors)


def atleast_2d(*tensors: Any) -> Any:
    """Tensors with two axes at least: a vector becomes a row.

    Source: torch.atleast_2d.
    """
    return _each(lambda x: x if x.array.ndim > 1 else x.reshape(1, -1), tensors)


def atleast_3d(*tensors: Any) -> Any:
    """Tensors with three axes at least: a matrix gets its new axis at the end, a vector on both sides.

    Source: torch.atleast_3d.
    """

    def deepened(x: Any) -> Any:
        return x.reshape(1, -1, 1) if x.array.ndim < 2 else x.unsqueeze(-1) if x.array.ndim == 2 else x

    return _each(deepened, tensors)


def _each(function: Any, tensors: Sequence[Any]) -> Any:
    if len(tensors) == 1 and not isinstance(tensors[0], (tuple, list)):
        return function(tensors[0])
    many = tensors[0] if len(tensors) == 1 else tensors
    return tuple(function(tensor) for tensor in many)


# ---- other views


def unfold(input: Any, dimension: int, size: int, step: int) -> Any:
    """All windows of an axis, `step` apart, which lie along a new last axis: a view.

    Args:
        input: the tensor.
        dimension: the axis.
        size: how long a window is.
        step: from one window to the next.

    Raises:
        RuntimeError: the window is longer than the axis, its length is negative, or the step not positive.

    Source: torch.Tensor.unfold.

    Examples:
        >>> import npnn
        >>> npnn.arange(5).unfold(0, 3, 2)
        tensor([[0, 1, 2],
                [2, 3, 4]])
    """
    x = input if input.array.ndim else input.reshape(1)
    axis = axis_of(dimension, input.array.ndim)
    length = x.array.shape[axis]
    if size < 0:
        raise RuntimeError(f"size is {size} but must be >= 0")
    if size > length:
        raise RuntimeError(f"maximum size for tensor at dimension {axis} is {length} but size is {size}")
    if step <= 0:
        raise RuntimeError(f"step is {step} but must be > 0")
    windows = ops.Unfold.apply(x, axis=axis, size=size, step=step)
    return windows if input.array.ndim else windows.reshape(size)


def as_strided(input: Any, size: Any, stride: Any, storage_offset: int | None = None) -> Any:
    """The memory of a tensor in any shape and with any steps between its elements.

    Args:
        input: the tensor.
        size: the shape.
        stride: for each axis the step, in elements, which may not be negative.
        storage_offset: where the first element is.

    Raises:
        RuntimeError: there are not as many steps as axes, one is negative, or they lead out of the memory; or
            the tensor does not lie in C order.

    Source: torch.as_strided.
    """
    shape, steps, start = as_sizes((size,)), as_sizes((stride,)), storage_offset or 0
    if len(shape) != len(steps):
        raise RuntimeError(
            f"mismatch in length of strides and shape: {len(steps)} strides, {len(shape)} axes"
        )
    if min(steps, default=0) < 0:
        raise RuntimeError(f"as_strided: Negative strides are not supported, got strides: {list(steps)}")
    last = start + sum((length - 1) * step for length, step in zip(shape, steps, strict=True))
    if 0 not in shape and last >= input.array.size:
        raise RuntimeError(
            f"setStorage: sizes {list(shape)}, strides {list(steps)} and offset {start} reach element {last}"
            f" of a tensor of {input.array.size}"
        )
    if not input.array.flags.c_contiguous:
        raise RuntimeError("as_strided() is for tensors that lie in C order: take contiguous() first")
    return ops.AsStrided.apply(input, shape=shape, steps=steps, start=start)


def unravel_index(indices: Any, shape: Any) -> tuple[Any, ...]:
    """For places in the elements of a shape, run together, the coordinates along each axis.

    Raises:
        ValueError: a place is not in the shape.

    Source: torch.unravel_index.

    Examples:
        >>> import npnn
        >>> npnn.unravel_index(npnn.tensor([5, 2]), (2, 3))
        (tensor([1, 0]), tensor([2, 2]))
    """
    sizes = as_sizes((shape,))
    places = indices.array
    if places.dtype.kind not in "iu":
        raise ValueError(f"expected 'indices' to be integer dtype, but got {places.dtype}")
    if places.size and not 0 <= places.min() <= places.max() < math.prod(sizes):
        raise ValueError(f"indices out of bounds for shape {list(sizes)}")
    if not places.size:
        return tuple(wrap(places.copy()) for _ in sizes)
    return tuple(wrap(found) for found in np.unravel_index(places, sizes))


# ---- in place


def squeeze_(input: Any, dim: Any = None) -> Any:
    """`squeeze` in place."""
    return _reshaped(input, input.squeeze(dim))


def unsqueeze_(input: Any, dim: int) -> Any:
    """`unsqueeze` in place."""
    return _reshaped(input, input.unsqueeze(dim))


def transpose_(input: Any, dim0: int, dim1: int) -> Any:
    """`transpose` in place."""
    return _reshaped(input, input.transpose(dim0, dim1))


def t_(input: Any) -> Any:
    """`t` in place."""
    return _reshaped(input, input.t())


swapaxes_ = swapdims_ = transpose_


def _reshaped(tensor: Any, view: Any) -> Any:
    """Makes a tensor stand for a view of itself."""
    if view.requires_grad and tensor.is_leaf:
        raise RuntimeError("a leaf Variable that requires grad is being used in an in-place operation.")
    if tensor._base is not None:
        tensor._view_steps, tensor._view_node = view._view_steps, view._view_node
    tensor.array = view.array
    tensor._bump_version()
    tensor._move_to(view)
    return tensor
