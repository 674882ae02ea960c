"""Several tensors made into one."""

from __future__ import annotations

from typing import Any

from npnn._typing import Shape
from npnn.ops.shape import Concatenate
from npnn.tensors.base import axis_of
from npnn.tensors.core import Tensor
from npnn.tensors.promotion import same_dtype


def cat(tensors: Any, dim: int = 0) -> Tensor:
    """Tensors joined end to end along an axis, in the dtype that they promote to.

    Args:
        tensors: tensors of one shape, but for the axis. One of shape (0,) is passed over among others.
        dim: the axis.

    Raises:
        ValueError: there are none.
        TypeError: there is something else among them.
        RuntimeError: one has no axes, or their shapes differ elsewhere.
        IndexError: there is no such axis.

    Source: torch.cat.

    Examples:
        >>> import npnn
        >>> npnn.cat([npnn.ones(1, 2), npnn.zeros(2, 2)]).shape
        torch.Size([3, 2])
    """
    given = _tensors("cat", tensors)
    if not given:
        raise ValueError("cat(): expected a non-empty list of Tensors")
    shapes = [tensor.array.shape for tensor in given]
    if () in shapes:
        raise RuntimeError(f"zero-dimensional tensor (at position {shapes.index(())}) cannot be concatenated")
    shape = next((shape for shape in shapes if shape != (0,)), (0,))
    axis = axis_of(dim, len(shape))
    if len(shape) > 1 and (0,) in shapes:
        nothing = (*shape[:axis], 0, *shape[axis + 1 :])
        given = [tensor.reshape(nothing) if tensor.array.shape == (0,) else tensor for tensor in given]
    for position, tensor in enumerate(given):
        _check_joins(tensor.array.shape, shape, axis, position)
    result: Tensor = Concatenate.apply(*same_dtype(given), axis=axis)
    return result


def _check_joins(own: Shape, shape: Shape, axis: int, position: int) -> None:
    """Raises RuntimeError if a tensor of one shape does not go to the end of one of another along an axis."""
    if own == shape:
        return
    if len(own) != len(shape):
        raise RuntimeError(f"Tensors must have same number of dimensions: got {len(shape)} and {len(own)}")
    for other, (size, wanted) in enumerate(zip(own, shape, strict=True)):
        if other != axis and size != wanted:
            raise RuntimeError(
                f"Sizes of tensors must match except in dimension {axis}. Expected size {wanted} but got size"
                f" {size} for tensor number {position} in the list."
            )


def stack(tensors: Any, dim: int = 0) -> Tensor:
    """Tensors of one shape side by side along a new axis.

    Args:
        tensors: tensors of one shape.
        dim: where the new axis is to be.

    Raises:
        TypeError: there is something else among them.
        RuntimeError: there are none, or their shapes differ.
        IndexError: there is no such place.

    Source: torch.stack.

    Examples:
        >>> import npnn
        >>> npnn.stack([npnn.ones(2), npnn.zeros(2)], dim=1).shape
        torch.Size([2, 2])
    """
    given = _tensors("stack", tensors)
    if not given:
        raise RuntimeError("stack expects a non-empty TensorList")
    for position, tensor in enumerate(given):
        if tensor.shape != given[0].shape:
            raise RuntimeError(
                f"stack expects each tensor to be equal size, but got {list(given[0].shape)} at entry 0 and"
                f" {list(tensor.shape)} at entry {position}"
            )
    axis = axis_of(dim, given[0].ndim + 1)
    return cat([tensor.unsqueeze(axis) for tensor in given], axis)


def _tensors(name: str, values: Any) -> list[Tensor]:
    given = list(values)
    for position, value in enumerate(given):
        if not isinstance(value, Tensor):
            raise TypeError(
                f"expected Tensor as element {position} in argument 0 of {name}, but got"
                f" {type(value).__name__}"
            )
    return given
