"""torch.compiler: what is asked and told about a compiler, of which there is none.

Source: torch.compiler.
"""

from __future__ import annotations

from typing import Any

from npnn.settings import compile

__all__ = ["compile", "disable", "is_compiling", "reset"]


def disable(fn: Any = None, recursive: bool = True, **kwargs: Any) -> Any:
    """The function itself, as a decorator with or without arguments.

    Args:
        fn: the function; left out, a decorator is returned.
        recursive: accepted; nothing is compiled in any case.
        **kwargs: torch's further ones, likewise.

    Source: torch.compiler.disable.

    Examples:
        >>> import npnn
        >>> npnn.compiler.disable(len)("abc")
        3
    """
    return compile(fn)


def is_compiling() -> bool:
    """Always False."""
    return False


def reset() -> None:
    """Does nothing: nothing was compiled."""
