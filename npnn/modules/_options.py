"""How modules keep their options."""

from __future__ import annotations

from typing import Any


def for_each_axis(value: Any, axes: int) -> tuple[Any, ...]:
    """An option as a tuple of one for each spatial axis; sequences are left as they are.

    Examples:
        >>> for_each_axis(3, 2), for_each_axis([3, 4], 2)
        ((3, 3), (3, 4))
    """
    return tuple(value) if isinstance(value, (tuple, list)) else (value,) * axes
