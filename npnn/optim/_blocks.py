"""Large arrays in pieces that stay in the cache, and complex ones as pairs of real ones."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain
from typing import Any

from npnn._typing import Array

# Large arrays are updated in pieces of this many elements. A piece and its temporaries stay in the cache, and
# temporaries of 128 KiB or less are reused by the C library rather than given back to the system and faulted
# in again: of 10 million elements, 2 to 5 times as fast as whole arrays.
BLOCK = 1 << 14


def blocks(*arrays: Array | None) -> Iterable[tuple[Any, ...]]:
    """Views of arrays of one shape, all cut alike into pieces of at most `BLOCK` elements.

    Args:
        *arrays: the arrays, of which the first decides how to cut; None stays None in every piece.
    """
    first: Any = arrays[0]
    if first.size <= BLOCK:
        return (arrays,)
    rows = BLOCK * len(first) // first.size
    # Rows that are larger than a block each are cut again.
    parts = range(len(first)) if rows == 0 else [slice(i, i + rows) for i in range(0, len(first), rows)]
    return chain.from_iterable(
        blocks(*(None if array is None else array[part] for array in arrays)) for part in parts
    )


def as_real(array: Array) -> Array:
    """A complex array as real and imaginary parts along a new last axis, in the same memory."""
    return array[..., None].view(array.real.dtype)
