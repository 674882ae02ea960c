"""torch.jit: there is nothing to compile, and so each function gives back what it is given.

A scripted function computes what the function does. What only a compiled one has (`save`, `graph`, `code`),
and `torch.jit.trace`, which draws random numbers of its own, are not there.

Source: torch.jit.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeVar

T = TypeVar("T")

__all__ = ["Final", "export", "ignore", "is_scripting", "is_tracing", "script", "unused"]


def script(obj: T, *args: Any, **kwargs: Any) -> T:
    """The function, class or module itself.

    Args:
        obj: what torch would compile.
        *args: torch's further ones, which mean nothing here.
        **kwargs: likewise.

    Source: torch.jit.script.

    Examples:
        >>> import npnn
        >>> @npnn.jit.script
        ... def swish(x):
        ...     return x * x.sigmoid()
        >>> swish(npnn.zeros(2))
        tensor([0., 0.])
    """
    return obj


def export(fn: T) -> T:
    """The method itself."""
    return fn


def unused(fn: T) -> T:
    """The function itself."""
    return fn


def ignore(drop: Any = False, **kwargs: Any) -> Any:
    """The function itself, as a decorator with or without arguments."""
    if callable(drop):
        return drop
    decorator: Callable[[Any], Any] = export
    return decorator


def is_scripting() -> bool:
    """Always False."""
    return False


def is_tracing() -> bool:
    """Always False."""
    return False
