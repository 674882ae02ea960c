"""torch.backends: the switches that scripts set. They may be set here too, and change nothing.

Source: torch.backends.

Examples:
    >>> import npnn
    >>> npnn.backends.cudnn.benchmark = True
    >>> npnn.backends.mps.is_available()
    False
"""

from npnn.backends import cuda, cudnn, mps

__all__ = ["cuda", "cudnn", "mps"]
