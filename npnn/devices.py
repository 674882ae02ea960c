"""The one device there is: the processor that NumPy runs on."""

from __future__ import annotations

from typing import Any


class device:  # noqa: N801 - torch's name
    """Where a tensor lives: always the CPU. In a `with` statement, where tensors are made.

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
        name, colon, number = str(type).partition(":")
        if name != "cpu" or (colon and number != "0") or index not in (None, 0):
            given = str(type) if index is None else f"{type}, index {index}"
            raise RuntimeError(f"npnn computes in NumPy and has one device, 'cpu'; got {given!r}")
        self.index = 0 if colon else index

    def __eq__(self, other: object) -> bool:
        return isinstance(other, device) and self.index == other.index

    def __hash__(self) -> int:
        return hash(self.index)

    def __enter__(self) -> device:
        return self

    def __exit__(self, *exception: object) -> None:
        pass

    def __str__(self) -> str:
        return "cpu" if self.index is None else f"cpu:{self.index}"

    def __repr__(self) -> str:
        return "device(type='cpu')" if self.index is None else f"device(type='cpu', index={self.index})"


CPU = device()
