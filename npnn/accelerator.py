"""torch.accelerator, for a library that computes on the CPU: there is none.

Source: torch.accelerator.

Examples:
    >>> import npnn
    >>> npnn.accelerator.current_accelerator() if npnn.accelerator.is_available() else "cpu"
    'cpu'
"""

from __future__ import annotations

from typing import Any


def is_available() -> bool:
    """Always False."""
    return False


def device_count() -> int:
    """Always 0."""
    return 0


def current_accelerator(check_available: bool = False) -> None:
    """Always None: there is none."""


def synchronize(device: Any = None) -> None:
    """Raises RuntimeError: there is nothing to wait for."""
    raise RuntimeError("npnn computes in NumPy, on the CPU: there is no accelerator")
