"""What the homework's modules share: looking up a name, and reading an argument as floating-point numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from npnn._typing import Array

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

T = TypeVar("T")


def look_up(table: Mapping[str, T], kind: str, name: str) -> T:
    """What a name stands for in a table.

    Args:
        table: everything that there is, by name.
        kind: what the names are names of, for the error.
        name: the name.

    Returns:
        The entry.

    Raises:
        NotImplementedError: the table has no such name.

    Examples:
        >>> look_up({"one": 1, "two": 2}, "number", "two")
        2
        >>> look_up({"one": 1, "two": 2}, "number", "three")
        Traceback (most recent call last):
        ...
        NotImplementedError: there is no number 'three', only: one, two
    """
    if name not in table:
        raise NotImplementedError(f"there is no {kind} {name!r}, only: {', '.join(table)}")
    return table[name]


def floating(values: ArrayLike, *others: Array) -> Array:
    """Values as floating-point numbers, of the dtype that NumPy gives a result of them and the others.

    Args:
        values: any numbers.
        *others: the arrays that they are to be computed with.

    Returns:
        The values: the same array if it has that dtype already. Integers become float64.

    Examples:
        >>> floating([1, 2])
        array([1., 2.])
        >>> floating(np.ones(2, np.float32), np.ones(3)).dtype
        dtype('float64')
    """
    array = np.asarray(values)
    dtype = np.result_type(array, *others)
    return array.astype(dtype if dtype.kind == "f" else np.float64, copy=False)
