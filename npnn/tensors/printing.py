"""How a tensor prints: as torch prints it."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np

from npnn import dtypes
from npnn._typing import Array

# torch's print options: decimals, the size beyond which a tensor is summarised, the items that are then kept
# at each end of an axis, and the characters of a line.
PRECISION, THRESHOLD, EDGE_ITEMS, LINE_WIDTH = 4, 1000, 3, 80

_Element: TypeAlias = tuple[Callable[[Any], str], int]
"""How one element is written, and the characters that it takes."""


def format_tensor(array: Array, suffixes: list[str], name: str = "tensor") -> str:
    """The text of a tensor: its values, then what a reader could not tell from them.

    Args:
        array: the values.
        suffixes: texts to add behind the values, such as "requires_grad=True".
        name: the word before the bracket.

    Examples:
        >>> import numpy as np
        >>> print(format_tensor(np.array([0.5, 2.0], np.float64), []))
        tensor([0.5000, 2.0000], dtype=torch.float64)
    """
    indent = len(name) + 1
    # Values tell bool, int64 and the default dtypes; of an empty tensor only the default dtype is expected.
    expected = {dtypes.get_default_dtype()}
    told = []
    if array.size:
        expected |= {np.dtype(np.bool_), np.dtype(np.int64), dtypes.default_complex()}
    elif array.ndim != 1:
        told.append(f"size={tuple(array.shape)}")
    if array.dtype not in expected:
        told.append(f"dtype=torch.{array.dtype.name}")
    text = f"{name}({_values(array, indent)}"
    width = len(text) - text.rfind("\n") + 1
    for suffix in told + suffixes:
        if width + len(suffix) + 2 > LINE_WIDTH:
            text += ",\n" + " " * indent + suffix
            width = indent + len(suffix)
        else:
            text += ", " + suffix
            width += len(suffix) + 2
    return text + ")"


def _values(array: Array, indent: int) -> str:
    if not array.size:
        return "[]"
    summarise = array.size > THRESHOLD
    shown = array
    if summarise:
        for axis in range(array.ndim):
            shown = np.take(shown, _kept(shown.shape[axis]), axis)
    return _nested(array, indent, summarise, _element(shown))


def _nested(array: Array, indent: int, summarise: bool, element: _Element) -> str:
    """Brackets within brackets, the last axis as lines of elements."""
    if array.ndim == 0:
        return element[0](array[()])
    cut = summarise and len(array) > 2 * EDGE_ITEMS
    if array.ndim == 1:
        write, width = element
        texts = [write(array[i]) for i in (_kept(len(array)) if cut else range(len(array)))]
        if cut:
            texts.insert(EDGE_ITEMS, " ...")
        count = max(1, (LINE_WIDTH - indent) // (width + 2))
        lines = [", ".join(texts[i : i + count]) for i in range(0, len(texts), count)]
        return "[" + (",\n" + " " * (indent + 1)).join(lines) + "]"
    parts = [
        _nested(array[i], indent + 1, summarise, element)
        for i in (_kept(len(array)) if cut else range(len(array)))
    ]
    if cut:
        parts.insert(EDGE_ITEMS, "...")
    return "[" + ("," + "\n" * (array.ndim - 1) + " " * (indent + 1)).join(parts) + "]"


def _kept(length: int) -> list[int]:
    """The places along an axis that a summary shows."""
    if length <= 2 * EDGE_ITEMS:
        return list(range(length))
    return [*range(EDGE_ITEMS), *range(length - EDGE_ITEMS, length)]


def _element(values: Array) -> _Element:
    """How an element is written so that those of `values` stand in columns."""
    if values.dtype.kind == "c":
        (real, real_width), (imaginary, imaginary_width) = _element(values.real), _element(values.imag)

        def write_complex(v: Any) -> str:
            tail = imaginary(v.imag).lstrip()
            return f"{real(v.real)}{'' if tail[0] == '-' else '+'}{tail}j"

        return write_complex, real_width + imaginary_width + 1
    write = _float_writer(values) if values.dtype.kind == "f" else lambda v: str(v.item())
    # Only what is finite and not zero has a say in the width of floating-point columns.
    counted = values[np.isfinite(values) & (values != 0)] if values.dtype.kind == "f" else values.reshape(-1)
    width = max((len(write(v)) for v in counted), default=1)
    return lambda v: write(v).rjust(width), width


def _float_writer(values: Array) -> Callable[[Any], str]:
    """Integers end in a point, others show four decimals, in scientific notation over a wide range."""
    counted = values[np.isfinite(values) & (values != 0)].astype(np.float64)
    sizes = np.abs(counted)
    whole = bool((counted == np.ceil(counted)).all())
    if sizes.size:
        largest, smallest = float(sizes.max()), float(sizes.min())
        if largest / smallest > 1000 or largest > 1e8 or (smallest < 1e-4 and not whole):
            return lambda v: f"{v:.{PRECISION}e}"
    if whole:
        return lambda v: f"{v:.0f}." if math.isfinite(v) else f"{v:.0f}"
    return lambda v: f"{v:.{PRECISION}f}"
