"""The layouts and memory formats that torch's scripts name. They change no value, and nothing in memory."""

from __future__ import annotations

import enum


class memory_format(enum.Enum):  # noqa: N801 - torch's name
    """An order of axes in memory, accepted wherever torch takes one.

    npnn's arrays have their channels last to begin with, and NumPy sees to the rest.

    Source: torch.memory_format.

    Examples:
        >>> import npnn
        >>> net = npnn.Conv2d(2, 3, 3).to(memory_format=npnn.channels_last)
        >>> npnn.channels_last
        torch.channels_last
    """

    contiguous_format = enum.auto()
    preserve_format = enum.auto()
    channels_last = enum.auto()
    channels_last_3d = enum.auto()

    def __repr__(self) -> str:
        return f"torch.{self.name}"

    __str__ = __repr__


contiguous_format = memory_format.contiguous_format
preserve_format = memory_format.preserve_format
channels_last = memory_format.channels_last
channels_last_3d = memory_format.channels_last_3d


class layout(enum.Enum):  # noqa: N801 - torch's name
    """How a tensor lies in memory: by strides, the one way there is here.

    Source: torch.layout.

    Examples:
        >>> import npnn
        >>> npnn.ones(1).layout
        torch.strided
    """

    strided = enum.auto()

    def __repr__(self) -> str:
        return f"torch.{self.name}"

    __str__ = __repr__


strided = layout.strided
