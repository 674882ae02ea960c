"""torch.cuda, as far as a library without a GPU can answer."""

from __future__ import annotations


def is_available() -> bool:
    """Always False: npnn computes in NumPy, on the CPU.

    Examples:
        >>> import npnn
        >>> npnn.cuda.is_available()
        False
    """
    return False


def device_count() -> int:
    """Always 0.

    Examples:
        >>> import npnn
        >>> npnn.cuda.device_count()
        0
    """
    return 0
