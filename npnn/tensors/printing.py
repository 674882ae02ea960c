"""How a tensor prints: as torch prints it."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from npnn import dtypes
from npnn._typing import Array

PRECISION, THRESHOLD, EDGE_ITEMS, LINE_WIDTH = 4, 1000, 3, 80


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
    prefix = f"{name}("
    body = _values(array, prefix) if array.size else "[]"
    suffixes = list(suffixes)
    if array.size == 0 and array.ndim != 1:
        suffixes.append(f"size={tuple(array.shape)}")
    told = {np.dtype(np.bool_), np.dtype(np.int64), dtypes.get_default_dtype(), dtypes.default_complex()}
    # Values show bool, int64 and the default dtypes; an empty tensor shows nothing, and is then expected to be floating point.
    if array.dtype not in (told if array.size else {dtypes.get_default_dtype()}):
        suffixes.insert(len(suffixes) - sum(s.startswith(("grad_fn", "requires_grad")) for s in suffixes), f"dtype=torch.{array.dtype.name}")
    text = prefix + body
    width = len(text) - text.rfind("\n") - 1
    for suffix in suffixes:
        if width + len(suffix) + 2 > LINE_WIDTH:
            text += ",\n" + " " * len(prefix) + suffix
            width = len(prefix) + len(suffix)
        else:
            text += ", " + suffix
            width += len(suffix) + 2
    return text + ")"


def _values(array: Array, prefix: str) -> str:
    shown = array
    if array.size > THRESHOLD:
        for axis, size in enumerate(array.shape):
            if size > 2 * EDGE_ITEMS:
                shown = np.take(shown, [*range(EDGE_ITEMS), *range(size - EDGE_ITEMS, size)], axis)
    text = _formatter(shown)
    if array.ndim == 0:
        return text(array[()]).strip()
    return np.array2string(
        array,
        max_line_width=LINE_WIDTH,
        separator=", ",
        prefix=prefix,
        threshold=THRESHOLD,
        edgeitems=EDGE_ITEMS,
        formatter={"all": text},
    )


def _formatter(values: Array) -> Callable[[Any], str]:
    """How one element is written, all at one width."""
    if values.dtype.kind == "b":
        width = max(len(str(bool(v))) for v in values.flat)
        return lambda v: str(bool(v)).rjust(width)
    if values.dtype.kind in "iu":
        width = max(len(str(int(v))) for v in values.flat)
        return lambda v: str(int(v)).rjust(width)
    if values.dtype.kind == "c":
        real, imaginary = _formatter(values.real), _formatter(np.abs(values.imag))
        return lambda v: f"{real(v.real)}{'-' if np.signbit(v.imag) else '+'}{imaginary(abs(v.imag)).strip()}j"
    one = _float_formatter(values)
    width = max(len(one(v)) for v in values.flat)
    return lambda v: one(v).rjust(width)


def _float_formatter(values: Array) -> Callable[[Any], str]:
    """Integers end in a point; others show four decimals, in scientific notation when their range asks for it."""
    sizes = np.abs(values[np.isfinite(values) & (values != 0)].astype(np.float64))
    if sizes.size == 0:
        return lambda v: f"{v:.0f}." if math.isfinite(v) else f"{v}"
    largest, smallest = float(sizes.max()), float(sizes.min())
    finite = values[np.isfinite(values)]
    if (finite == np.ceil(finite)).all():
        if largest / smallest > 1000 or largest > 1e8:
            return lambda v: f"{v:.{PRECISION}e}"
        return lambda v: f"{v:.0f}." if math.isfinite(v) else f"{v}"
    if largest / smallest > 1000 or largest > 1e8 or smallest < 1e-4:
        return lambda v: f"{v:.{PRECISION}e}"
    return lambda v: f"{v:.{PRECISION}f}"
