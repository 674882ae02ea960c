"""Large arrays in pieces that stay in the cache, and complex ones as pairs of real ones."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import chain
from typing import Any

from npnn._typing import Array
from npnn.threads import for_each

# Large arrays are updated in pieces of this many elements. A piece and its temporaries stay in the cache, and
# temporaries which together are this small are reused by the C library rather than given back to the system
# and faulted in again: of 10 million elements, 2 to 5 times as fast as whole arrays.
BLOCK = 1 << 14

# From this many elements on, larger pieces are dealt to threads. To go through one of them must take longer
# than to hand Python's lock from one thread to the other; temporaries of that size must be few.
DEALT, DEALT_BLOCK = 1 << 18, 1 << 17


def update_in_blocks(
    update: Callable[..., object], *arrays: Array | None, few_temporaries: bool = False
) -> None:
    """Calls `update` on arrays of one shape, all cut alike into pieces, each of which it changes in place.

    Args:
        update: takes a piece of each array; what it does to an element depends on that element alone.
        *arrays: the arrays, of which the first decides how to cut; None stays None in every piece.
        few_temporaries: whether `update` makes one or two, so that pieces may be larger.
    """
    first: Any = arrays[0]
    if first.size <= BLOCK:
        update(*arrays)
        return
    if few_temporaries and first.size >= DEALT:
        for_each(lambda piece: update(*piece), _blocks(arrays, DEALT_BLOCK))
        return
    for piece in _blocks(arrays, BLOCK):
        update(*piece)


def _blocks(arrays: tuple[Any, ...], size: int) -> Iterable[tuple[Any, ...]]:
    """Views of arrays of one shape, all cut alike into pieces of at most so many elements."""
    first = arrays[0]
    if first.size <= size:
        return (arrays,)
    rows = size * len(first) // first.size
    # Rows that are larger than a block each are cut again.
    parts = range(len(first)) if rows == 0 else [slice(i, i + rows) for i in range(0, len(first), rows)]
    return chain.from_iterable(
        _blocks(tuple([None if array is None else array[part] for array in arrays]), size) for part in parts
    )


def as_real(array: Array) -> Array:
    """A complex array as real and imaginary parts along a new last axis, in the same memory."""
    return array[..., None].view(array.real.dtype)
