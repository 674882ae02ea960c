"""torch.distributed, as far as a library that runs in one process can answer.

A script that asks `is_available` or `is_initialized` first goes on by itself; what needs other processes
raises ValueError, as on torch where no process group was initialised.

Source: torch.distributed.

Examples:
    >>> import npnn
    >>> npnn.distributed.get_rank() if npnn.distributed.is_initialized() else 0
    0
"""

from __future__ import annotations

from typing import Any, NoReturn


def is_available() -> bool:
    """Always False."""
    return False


def is_initialized() -> bool:
    """Always False."""
    return False


def init_process_group(*args: Any, **kwargs: Any) -> NoReturn:
    """Raises RuntimeError: there can be no process group.

    Args:
        *args: whatever torch takes.
        **kwargs: likewise.
    """
    raise RuntimeError(
        "npnn runs in one process and has no process groups: ask npnn.distributed.is_available() first"
    )


def _refuse() -> NoReturn:
    raise ValueError(
        "Default process group has not been initialized, and cannot be: npnn runs in one process. Ask"
        " npnn.distributed.is_initialized() first."
    )


def get_rank(group: Any = None) -> int:
    """Raises ValueError: there is no process group."""
    _refuse()


def get_world_size(group: Any = None) -> int:
    """Raises ValueError: there is no process group."""
    _refuse()


def barrier(group: Any = None) -> None:
    """Raises ValueError: there is no process group."""
    _refuse()


def all_reduce(tensor: Any, op: Any = None, group: Any = None, async_op: bool = False) -> None:
    """Raises ValueError: there is no process group."""
    _refuse()


def broadcast(tensor: Any, src: int | None = None, group: Any = None, async_op: bool = False) -> None:
    """Raises ValueError: there is no process group."""
    _refuse()


def destroy_process_group(group: Any = None) -> None:
    """Raises ValueError: there is no process group."""
    _refuse()
