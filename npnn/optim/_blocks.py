"""Large arrays in pieces that stay in the cache, and complex ones as pairs of real ones."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from itertools import chain
from typing import Any

from npnn._typing import Array
from npnn.ops.blockwise import BLOCK
from npnn.threads import for_each


def update_in_blocks(update: Callable[..., object], *arrays: Array | None) -> list[Callable[[], object]]:
    """Calls `update` on arrays of one shape, all cut alike into pieces, each of which it changes in place.

    Pieces of large arrays are for several threads, which wait least for each other where they find those of
    all parameters at once. So they are returned, for `deal`. Arrays that are views may overlap with those of
    another parameter: theirs are dealt with before its turn.

    Args:
        update: takes a piece of each array; what it does to an element depends on that element alone.
        *arrays: the arrays, of which the first decides how to cut; None stays None in every piece.

    Returns:
        What is left to be called.
    """
    first: Any = arrays[0]
    if first.size <= BLOCK:
        update(*arrays)
        return []
    pieces: list[Callable[[], object]] = [partial(update, *piece) for piece in _blocks(arrays)]
    if all(array is None or array.base is None for array in arrays):
        return pieces
    deal(pieces)
    return []


def deal(calls: list[Callable[[], object]]) -> None:
    """Calls them, on several threads."""
    if calls:
        for_each(_call, calls)


def _call(function: Callable[[], object]) -> None:
    function()


def _blocks(arrays: tuple[Any, ...]) -> Iterable[tuple[Any, ...]]:
    """Views of arrays of one shape, all cut alike into pieces of at most a block's elements."""
    first = arrays[0]
    if first.size <= BLOCK:
        return (arrays,)
    rows = BLOCK * len(first) // first.size
    # Rows that are larger than a block each are cut again.
    parts = range(len(first)) if rows == 0 else [slice(i, i + rows) for i in range(0, len(first), rows)]
    return chain.from_iterable(
        _blocks(tuple([None if array is None else array[part] for array in arrays])) for part in parts
    )


def as_real(array: Array) -> Array:
    """A complex array as real and imaginary parts along a new last axis, in the same memory."""
    return array[..., None].view(array.real.dtype)
