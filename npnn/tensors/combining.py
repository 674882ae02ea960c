"""Several tensors combined: stacked along other axes, broadcast together, all pairs of their elements."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from npnn._typing import Shape
from npnn.autograd.function import wrap
from npnn.ops import indexing
from npnn.tensors.joining import cat
from npnn.tensors.rearranging import atleast_1d, atleast_2d, atleast_3d
from npnn.tensors.shapes import Size, as_sizes

concat = concatenate = cat


def hstack(tensors: Any) -> Any:
    """Tensors side by side: along the second axis, or along the only one of vectors.

    Source: torch.hstack.

    Examples:
        >>> import npnn
        >>> npnn.hstack([npnn.ones(2, 1), npnn.zeros(2, 2)]).shape
        torch.Size([2, 3])
    """
    given = atleast_1d(*_some("hstack", tensors), wrap(np.zeros(0)))[:-1]
    return cat(given, 0 if given[0].array.ndim == 1 else 1)


def vstack(tensors: Any) -> Any:
    """Tensors one below the other: along the first axis, with vectors as rows.

    Source: torch.vstack.

    Examples:
        >>> import npnn
        >>> npnn.vstack([npnn.ones(2), npnn.zeros(2)]).shape
        torch.Size([2, 2])
    """
    return cat([atleast_2d(tensor) for tensor in _some("vstack", tensors)], 0)


row_stack = vstack


def dstack(tensors: Any) -> Any:
    """Tensors behind each other: along the third axis.

    Source: torch.dstack.
    """
    return cat([atleast_3d(tensor) for tensor in _some("dstack", tensors)], 2)


def column_stack(tensors: Any) -> Any:
    """Tensors side by side, with vectors as columns.

    Source: torch.column_stack.

    Examples:
        >>> import npnn
        >>> npnn.column_stack([npnn.ones(2), npnn.zeros(2, 2)]).shape
        torch.Size([2, 3])
    """
    given = _some("column_stack", tensors)
    return cat([tensor.reshape(-1, 1) if tensor.array.ndim < 2 else tensor for tensor in given], 1)


def _some(name: str, tensors: Any) -> list[Any]:
    given = list(tensors)
    if not given:
        raise RuntimeError(f"{name} expects a non-empty TensorList")
    return given


def block_diag(*tensors: Any) -> Any:
    """A matrix with matrices along its diagonal, and zeros elsewhere; vectors are rows.

    Raises:
        RuntimeError: one has more than two axes.

    Source: torch.block_diag.

    Examples:
        >>> import npnn
        >>> npnn.block_diag(npnn.ones(1, 2), npnn.tensor(3.0))
        tensor([[1., 1., 0.],
                [0., 0., 3.]])
    """
    for number, tensor in enumerate(tensors):
        if tensor.array.ndim > 2:
            raise RuntimeError(
                "torch.block_diag: Input tensors must have 2 or fewer dimensions. Input"
                f" {number} has {tensor.array.ndim} dimensions"
            )
    blocks = [atleast_2d(tensor) for tensor in tensors]
    widths = [block.array.shape[1] for block in blocks]
    rows = []
    for number, block in enumerate(blocks):
        height = block.array.shape[0]
        left, right = sum(widths[:number]), sum(widths[number + 1 :])
        sides = [wrap(np.zeros((height, width), block.array.dtype)) for width in (left, right)]
        rows.append(cat([sides[0], block, sides[1]], 1))
    return cat(rows, 0) if rows else wrap(np.zeros((1, 0), np.float32))


def broadcast_shapes(*shapes: Any) -> Size:
    """The shape that shapes broadcast to.

    Raises:
        RuntimeError: they do not.

    Source: torch.broadcast_shapes.

    Examples:
        >>> import npnn
        >>> npnn.broadcast_shapes((2, 1), (3,))
        torch.Size([2, 3])
    """
    sizes: list[Shape] = [as_sizes((shape,)) if not isinstance(shape, int) else (shape,) for shape in shapes]
    try:
        return Size(np.broadcast_shapes(*sizes))
    except ValueError:
        raise RuntimeError(
            f"shape mismatch: {', '.join(str(list(size)) for size in sizes)} cannot be broadcast to a single"
            " shape"
        ) from None


def broadcast_tensors(*tensors: Any) -> tuple[Any, ...]:
    """Tensors expanded to the shape that they broadcast to.

    Raises:
        RuntimeError: they do not.

    Source: torch.broadcast_tensors.
    """
    given = tensors[0] if len(tensors) == 1 and isinstance(tensors[0], (tuple, list)) else tensors
    shape = broadcast_shapes(*(tensor.array.shape for tensor in given))
    return tuple(tensor.expand(shape) for tensor in given)


def meshgrid(*tensors: Any, indexing: str = "ij") -> tuple[Any, ...]:
    """For each of several vectors a grid over all of them, in which it runs along its own axis.

    Args:
        *tensors: the vectors, or one sequence of them; tensors without axes count as vectors of one.
        indexing: "ij" for the axes in the order of the vectors; "xy" with the first two exchanged.

    Raises:
        RuntimeError: there are none, one has more axes, dtypes differ, or `indexing` is something else.

    Source: torch.meshgrid, which without `indexing` warns that its default may change.

    Examples:
        >>> import npnn
        >>> rows, columns = npnn.meshgrid(npnn.arange(2), npnn.arange(3), indexing="ij")
        >>> rows
        tensor([[0, 0, 0],
                [1, 1, 1]])
    """
    given = list(tensors[0] if len(tensors) == 1 and isinstance(tensors[0], (tuple, list)) else tensors)
    if not given:
        raise RuntimeError("meshgrid expects a non-empty TensorList")
    if indexing not in ("ij", "xy"):
        raise RuntimeError(f'torch.meshgrid: indexing must be one of "xy" or "ij", but received: {indexing}')
    for tensor in given:
        if tensor.array.ndim > 1:
            raise RuntimeError(
                "torch.meshgrid: Expected 0D or 1D tensor in the tensor list but got shape"
                f" {list(tensor.array.shape)}"
            )
        if tensor.array.dtype != given[0].array.dtype:
            raise RuntimeError("torch.meshgrid expects all tensors to have the same dtype")
    swapped = indexing == "xy" and len(given) > 1
    if swapped:
        given[:2] = given[1::-1]
    shape = [tensor.array.size for tensor in given]
    grids = [
        tensor.reshape([-1 if other == axis else 1 for other in range(len(given))]).expand(shape)
        for axis, tensor in enumerate(given)
    ]
    if swapped:
        grids[:2] = grids[1::-1]
    return tuple(grids)


def cartesian_prod(*tensors: Any) -> Any:
    """All choices of one element of each of several vectors, a row each.

    Raises:
        RuntimeError: one is no vector.

    Source: torch.cartesian_prod.

    Examples:
        >>> import npnn
        >>> npnn.cartesian_prod(npnn.tensor([1, 2]), npnn.tensor([5, 6])).tolist()
        [[1, 5], [1, 6], [2, 5], [2, 6]]
    """
    for tensor in tensors:
        if tensor.array.ndim != 1:
            raise RuntimeError(f"Expect a 1D vector, but got shape {list(tensor.array.shape)}")
    if len(tensors) == 1:
        return tensors[0]
    return cat([grid.reshape(-1, 1) for grid in meshgrid(*tensors)], 1)


def combinations(input: Any, r: int = 2, with_replacement: bool = False) -> Any:
    """All choices of r elements of a vector, in its order, a row each.

    Args:
        input: the vector.
        r: how many elements.
        with_replacement: whether one may be chosen again.

    Raises:
        RuntimeError: the tensor is no vector, or r is negative.

    Source: torch.combinations.

    Examples:
        >>> import npnn
        >>> npnn.combinations(npnn.tensor([4, 5, 6])).tolist()
        [[4, 5], [4, 6], [5, 6]]
    """
    if input.array.ndim != 1:
        raise RuntimeError(f"Expect a 1D vector, but got shape {list(input.array.shape)}")
    if r < 0:
        raise RuntimeError(f"Expect a non-negative number, but got {r}")
    if r == 0:
        return wrap(np.zeros(0, input.array.dtype))
    choose = itertools.combinations_with_replacement if with_replacement else itertools.combinations
    places = np.array(list(choose(range(input.array.size), r)), np.int64).reshape(-1, r)
    return indexing.GetItem.apply(input, index=places)
