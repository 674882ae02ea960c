"""What functions of more than one result give: named tuples, which print as torch's do."""

from __future__ import annotations

import functools
from collections import namedtuple
from collections.abc import Callable
from typing import Any


@functools.cache
def return_type(name: str, *fields: str) -> Callable[..., Any]:
    """The named tuple that a function gives.

    Args:
        name: the function.
        *fields: what it gives.

    Source: torch.return_types.

    Examples:
        >>> return_type("max", "values", "indices")(3, 1)
        torch.return_types.max(
        values=3,
        indices=1)
    """

    def shown(self: Any) -> str:
        values = ",\n".join(f"{field}={value!r}" for field, value in zip(fields, self, strict=True))
        return f"torch.return_types.{name}(\n{values})"

    plain: Any = namedtuple(name, fields)  # type: ignore[misc] # its name is known at run time only
    return type(name, (plain,), {"__slots__": (), "__repr__": shown})


def extremes(name: str, values: Any, indices: Any) -> Any:
    """What a function gives that finds values along an axis: these, and where they were.

    Args:
        name: the function.
        values: the values.
        indices: where they were.
    """
    return return_type(name, "values", "indices")(values, indices)
