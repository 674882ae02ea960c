"""Elements picked out of tensors, by index or by mask. Each function takes the tensor first."""

from __future__ import annotations

from typing import Any

import numpy as np

from npnn._typing import Array
from npnn.autograd.function import wrap
from npnn.ops import indexing
from npnn.tensors.base import array_of, axis_of
from npnn.tensors.promotion import check_broadcast


def take(input: Any, index: Any) -> Any:
    """The elements at places counted over all axes, run together; negative ones count from the end.

    Raises:
        RuntimeError: the index is not one of int64.
        IndexError: a place is outside.

    Source: torch.take.

    Examples:
        >>> import npnn
        >>> npnn.tensor([[4, 5], [6, 7]]).take(npnn.tensor([0, 3, -1]))
        tensor([4, 7, 7])
    """
    return indexing.GetItem.apply(input.reshape(-1), index=flat_places("take", index, input.array.size))


def flat_places(name: str, index: Any, size: int) -> Array:
    """Checked places in a tensor of so many elements, counted from the front.

    Args:
        name: whose places they are.
        index: the tensor with the places.
        size: how many elements there are.

    Raises:
        RuntimeError: the index is not one of int64.
        IndexError: a place is outside.
    """
    places: Array = array_of(index)
    if places.dtype != np.int64:
        raise RuntimeError(f"{name}(): Expected a long tensor for index, but got {places.dtype}")
    wrong = (places < -size) | (places >= size)
    if wrong.any():
        raise IndexError(f"out of range: {name}() tried to reach element {places[wrong].flat[0]} of {size}")
    return np.where(places < 0, places + size, places)


def take_along_dim(input: Any, indices: Any, dim: int | None = None) -> Any:
    """`gather`, where the shapes broadcast along all other axes and negative indices count from the end.

    Args:
        input: the tensor.
        indices: the places along the axis.
        dim: the axis; without one the elements of all axes are run together.

    Raises:
        RuntimeError: the indices are not of int64, or have another number of axes.

    Source: torch.take_along_dim.

    Examples:
        >>> import npnn
        >>> x = npnn.tensor([[3, 1, 2], [7, 9, 8]])
        >>> x.take_along_dim(x.argsort(dim=1), dim=1)
        tensor([[1, 2, 3],
                [7, 8, 9]])
    """
    if dim is None:
        return input.reshape(-1).gather(0, indices.reshape(-1))
    if indices.array.dtype != np.int64:
        raise RuntimeError(
            f"torch.take_along_dim(): dtype of indices should be Long but got {indices.array.dtype}"
        )
    if input.array.ndim != indices.array.ndim:
        raise RuntimeError(
            "torch.take_along_dim(): input and indices should have the same number of dimensions, but got"
            f" {input.array.ndim} dimensions for input, and {indices.array.ndim} dimensions for indices"
        )
    axis = axis_of(dim, input.array.ndim)
    own, wanted = list(input.array.shape), list(indices.array.shape)
    if not own:
        return input.gather(0, indices)
    own[axis] = wanted[axis] = 1
    try:
        shape = list(np.broadcast_shapes(tuple(own), tuple(wanted)))
    except ValueError:
        raise RuntimeError(
            f"shapes {list(input.array.shape)} and {list(indices.array.shape)} do not broadcast apart from"
            f" dimension {axis}"
        ) from None
    lengths = input.array.shape[axis], indices.array.shape[axis]
    places = wrap(np.where(indices.array < 0, indices.array + input.array.shape[axis], indices.array))
    x, index = (
        tensor.expand([*shape[:axis], length, *shape[axis + 1 :]])
        for tensor, length in zip((input, places), lengths, strict=True)
    )
    return x.gather(axis, index)


def masked_select(input: Any, mask: Any) -> Any:
    """The elements where a mask is True, as a vector; the two broadcast.

    Raises:
        RuntimeError: the mask is not one of bools, or the shapes do not broadcast.

    Source: torch.masked_select.

    Examples:
        >>> import npnn
        >>> x = npnn.tensor([1.0, -2.0, 3.0])
        >>> x.masked_select(x > 0)
        tensor([1., 3.])
    """
    where: Array = array_of(mask)
    if where.dtype != np.bool_:
        raise RuntimeError(f"masked_select: expected BoolTensor for mask, got {where.dtype}")
    check_broadcast(input, where)
    shape = np.broadcast_shapes(input.array.shape, where.shape)
    return indexing.GetItem.apply(input.expand(shape), index=np.broadcast_to(where, shape))


def nonzero(input: Any, *, as_tuple: bool = False) -> Any:
    """Where elements are not zero, a row of coordinates each; or a vector for each axis, as an index.

    Args:
        input: the tensor.
        as_tuple: give a tuple of one vector for each axis.

    Source: torch.nonzero.

    Examples:
        >>> import npnn
        >>> npnn.tensor([[0, 5], [6, 0]]).nonzero()
        tensor([[0, 1],
                [1, 0]])
    """
    if as_tuple:
        return tuple(wrap(places) for places in np.nonzero(np.atleast_1d(input.array)))
    return wrap(np.argwhere(input.array))


def argwhere(input: Any) -> Any:
    """Where elements are not zero, a row of coordinates each.

    Source: torch.argwhere.
    """
    return wrap(np.argwhere(input.array))
