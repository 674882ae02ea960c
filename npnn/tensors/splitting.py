"""Tensors cut into several along an axis. Each function takes the tensor first."""

from __future__ import annotations

import operator
from typing import Any

from npnn.tensors.base import array_of, axis_of


def split_with_sizes(input: Any, split_sizes: Any, dim: int = 0) -> tuple[Any, ...]:
    """Stretches of an axis, of given lengths.

    Raises:
        RuntimeError: the lengths do not add up to that of the axis.

    Source: torch.split_with_sizes.
    """
    parts: tuple[Any, ...] = input.split(list(split_sizes), dim)
    return parts


def unsafe_split(input: Any, split_size: Any, dim: int = 0) -> tuple[Any, ...]:
    """`split`, which here is always safe.

    Source: torch.unsafe_split.
    """
    parts: tuple[Any, ...] = input.split(split_size, dim)
    return parts


def unsafe_chunk(input: Any, chunks: int, dim: int = 0) -> tuple[Any, ...]:
    """`chunk`, which here is always safe.

    Source: torch.unsafe_chunk.
    """
    parts: tuple[Any, ...] = input.chunk(chunks, dim)
    return parts


def tensor_split(
    input: Any, indices_or_sections: Any = None, dim: int = 0, *, indices: Any = None, sections: Any = None
) -> tuple[Any, ...]:
    """So many stretches of an axis, of which the first may be longer by one; or cuts at given places.

    Args:
        input: the tensor.
        indices_or_sections: how many stretches, or a sequence of the places before which to cut.
        dim: the axis.
        indices: the places, by this name.
        sections: how many, by this name.

    Raises:
        RuntimeError: there are no axes, or no stretches are asked for.

    Source: torch.tensor_split.

    Examples:
        >>> import npnn
        >>> [part.tolist() for part in npnn.arange(7).tensor_split(3)]
        [[0, 1, 2], [3, 4], [5, 6]]
        >>> [part.tolist() for part in npnn.arange(7).tensor_split((1, 6))]
        [[0], [1, 2, 3, 4, 5], [6]]
    """
    wanted = next(value for value in (indices_or_sections, indices, sections) if value is not None)
    if input.array.ndim == 0:
        raise RuntimeError(
            "tensor_split expected at least a 1-dimensional tensor, but got a tensor with 0 dims"
        )
    axis = axis_of(dim, input.array.ndim)
    length = input.array.shape[axis]
    values = array_of(wanted)
    if getattr(values, "ndim", 0) == 1 or isinstance(wanted, (tuple, list)):
        cuts = [min(max(cut + length if cut < 0 else cut, 0), length) for cut in map(operator.index, values)]
        ends = [*cuts, length]
    else:
        count = operator.index(wanted)
        if count < 1:
            raise RuntimeError(f"number of sections must be larger than 0, got {count}")
        size, longer = divmod(length, count)
        ends = [(number + 1) * size + min(number + 1, longer) for number in range(count)]
    starts = [0, *ends[:-1]]
    return tuple(
        input.narrow(axis, min(start, length), max(end - start, 0))
        for start, end in zip(starts, ends, strict=True)
    )


def hsplit(input: Any, indices_or_sections: Any) -> tuple[Any, ...]:
    """Columns cut apart: along the second axis, or the only one.

    Raises:
        RuntimeError: there are no axes, or so many stretches cannot be equal.

    Source: torch.hsplit.
    """
    return _equal_split("hsplit", input, indices_or_sections, 1, 0 if input.array.ndim == 1 else 1)


def vsplit(input: Any, indices_or_sections: Any) -> tuple[Any, ...]:
    """Rows cut apart: along the first axis.

    Raises:
        RuntimeError: there are fewer than two axes, or so many stretches cannot be equal.

    Source: torch.vsplit.
    """
    return _equal_split("vsplit", input, indices_or_sections, 2, 0)


def dsplit(input: Any, indices_or_sections: Any) -> tuple[Any, ...]:
    """Layers cut apart: along the third axis.

    Raises:
        RuntimeError: there are fewer than three axes, or so many stretches cannot be equal.

    Source: torch.dsplit.
    """
    return _equal_split("dsplit", input, indices_or_sections, 3, 2)


def _equal_split(name: str, x: Any, wanted: Any, least: int, axis: int) -> tuple[Any, ...]:
    if x.array.ndim < least:
        raise RuntimeError(
            f"torch.{name} requires a tensor with at least {least} dimension{'s' * (least > 1)}, but got a"
            f" tensor with {x.array.ndim} dimensions!"
        )
    if isinstance(wanted, int) and (wanted < 1 or x.array.shape[axis] % wanted):
        raise RuntimeError(
            f"torch.{name} attempted to split along dimension {axis}, but the size of the dimension"
            f" {x.array.shape[axis]} is not divisible by the split_size {wanted}!"
        )
    return tensor_split(x, wanted, axis)
