"""The one device there is: the processor that NumPy runs on."""

from __future__ import annotations

from typing import Any


class device:  # noqa: N801 - torch's name
    """Where a tensor lives: always the CPU.

    Args:
        type: "cpu" or "cpu:0", or a device.
        index: None or 0.

    Raises:
        RuntimeError: any other device.

    Examples:
        >>> import npnn
        >>> npnn.device("cpu")
        device(type='cpu')
        >>> npnn.device("cuda")
        Traceback (most recent call last):
        ...
        RuntimeError: npnn computes in NumPy and has one device, 'cpu'; got 'cuda'
    """

    type = "cpu"

    def __init__(self, type: Any = "cpu", index: int | None = None) -> None:
        name, _, number = str(type).partition(":")
        self.index = index if index is not None else int(number) if number.isdigit() else None
        if name != "cpu" or self.index not in (None, 0):
            raise RuntimeError(f"npnn computes in NumPy and has one device, 'cpu'; got {str(type)!r}")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, device) and self.index == other.index

    def __hash__(self) -> int:
        return hash(self.index)

    def __str__(self) -> str:
        return "cpu" if self.index is None else f"cpu:{self.index}"

    def __repr__(self) -> str:
        return "device(type='cpu')" if self.index is None else f"device(type='cpu', index={self.index})"


CPU = device()
