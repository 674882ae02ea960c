"""torch.backends.mps: Apple's GPU, which NumPy does not compute on.

Source: torch.backends.mps.
"""

from __future__ import annotations


def is_available() -> bool:
    """Always False."""
    return False


def is_built() -> bool:
    """Always False."""
    return False
