"""torch.backends.cudnn, for a library without a GPU. Its switches change nothing.

Source: torch.backends.cudnn.
"""

from __future__ import annotations

enabled = True
benchmark = False
deterministic = False
allow_tf32 = True


def is_available() -> bool:
    """Always False."""
    return False


def version() -> None:
    """Always None: there is none."""
