"""How a tensor prints: as torch prints it."""

from __future__ import annotations

import math
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, TypeAlias

import numpy as np

from npnn import dtypes
from npnn._typing import Array

_PROFILES: dict[str, dict[str, Any]] = {
    "default": {"precision": 4, "threshold": 1000, "edgeitems": 3, "linewidth": 80},
    "short": {"precision": 2, "threshold": 1000, "edgeitems": 2, "linewidth": 80},
    "full": {"precision": 4, "threshold": math.inf, "edgeitems": 3, "linewidth": 80},
}

_options = SimpleNamespace(**_PROFILES["default"], sci_mode=None)

_Element: TypeAlias = tuple[Callable[[Any], str], int]
"""How one element is written, and the characters that it takes."""


def set_printoptions(
    precision: int | None = None,
    threshold: float | None = None,
    edgeitems: int | None = None,
    linewidth: int | None = None,
    profile: str | None = None,
    sci_mode: bool | None = None,
) -> None:
    """Sets how tensors print; what is left out stays as it is, but for sci_mode.

    Args:
        precision: decimals of floating-point numbers. At first 4.
        threshold: the number of elements beyond which a tensor is summarised. At first 1000.
        edgeitems: the items that a summary keeps at each end of an axis. At first 3.
        linewidth: the characters of a line. At first 80.
        profile: "default", "short" or "full" for all four at once.
        sci_mode: whether to write numbers in scientific notation. None lets their range decide.

    Source: torch.set_printoptions.

    Examples:
        >>> import npnn
        >>> npnn.set_printoptions(precision=2)
        >>> npnn.tensor([1.12345])
        tensor([1.12])
        >>> npnn.set_printoptions(profile="default")
    """
    given = {"precision": precision, "threshold": threshold, "edgeitems": edgeitems, "linewidth": linewidth}
    vars(_options).update(_PROFILES.get(profile or "", {}))
    vars(_options).update({name: value for name, value in given.items() if value is not None})
    _options.sci_mode = sci_mode


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
        if width + len(suffix) + 2 > _options.linewidth:
            text += ",\n" + " " * indent + suffix
            width = indent + len(suffix)
        else:
            text += ", " + suffix
            width += len(suffix) + 2
    return text + ")"


def _values(array: Array, indent: int) -> str:
    if not array.size:
        return "[]"
    summarise = array.size > _options.threshold
    shown = array
    if summarise:
        for axis in range(array.ndim):
            shown = np.take(shown, _kept(shown.shape[axis]), axis)
    return _nested(array, indent, summarise, _element(shown))


def _nested(array: Array, indent: int, summarise: bool, element: _Element) -> str:
    """Brackets within brackets, the last axis as lines of elements."""
    if array.ndim == 0:
        return element[0](array[()])
    cut = summarise and len(array) > 2 * _options.edgeitems
    if array.ndim == 1:
        write, width = element
        texts = [write(array[i]) for i in (_kept(len(array)) if cut else range(len(array)))]
        if cut:
            texts.insert(_options.edgeitems, " ...")
        count = max(1, (_options.linewidth - indent) // (width + 2))
        lines = [", ".join(texts[i : i + count]) for i in range(0, len(texts), count)]
        return "[" + (",\n" + " " * (indent + 1)).join(lines) + "]"
    parts = [
        _nested(array[i], indent + 1, summarise, element)
        for i in (_kept(len(array)) if cut else range(len(array)))
    ]
    if cut:
        parts.insert(_options.edgeitems, "...")
    return "[" + ("," + "\n" * (array.ndim - 1) + " " * (indent + 1)).join(parts) + "]"


def _kept(length: int) -> list[int]:
    """The places along an axis that a summary shows."""
    if length <= 2 * _options.edgeitems:
        return list(range(length))
    return [*range(_options.edgeitems), *range(length - _options.edgeitems, length)]


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
        wide = largest / smallest > 1000 or largest > 1e8 or smallest < 1e-4
        if wide if _options.sci_mode is None else _options.sci_mode:
            return lambda v: f"{v:.{_options.precision}e}"
    if whole:
        return lambda v: f"{v:.0f}." if math.isfinite(v) else f"{v:.0f}"
    return lambda v: f"{v:.{_options.precision}f}"
