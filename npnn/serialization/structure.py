"""Nested containers as JSON and named arrays, and back.

In the JSON, None, booleans, strings, finite floats, 64-bit integers and lists stand for themselves; anything
else is an object with one key that says what it is, as `_ENCODERS` and `_DECODERS` list them. Arrays stand
beside it, named by their places in the object.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter, OrderedDict
from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np

from npnn import devices
from npnn._typing import Array
from npnn.autograd.function import wrap
from npnn.random import Generator
from npnn.tensors import Size, Tensor

_FORMAT = "npnn"
_VERSION = 1
_RESERVED = "__metadata__"
"""A name that safetensors gives to something else."""


def dismantled(obj: object) -> tuple[str, dict[str, Array]]:
    """An object as JSON and its arrays by name.

    Raises:
        TypeError: the object holds something that cannot be saved.
        ValueError: it is nested too deeply, or contains itself.
    """
    arrays: dict[str, Array] = {}
    try:
        tree = _encode(obj, (), arrays)
        structure = json.dumps({"format": _FORMAT, "version": _VERSION, "object": tree}, allow_nan=False)
    except RecursionError:
        raise ValueError("cannot save an object that contains itself or is nested too deeply") from None
    return structure, arrays


def assembled(structure: str | bytes, arrays: dict[str, Array]) -> Any:
    """The object that `dismantled` took apart.

    Raises:
        ValueError, LookupError, TypeError, AttributeError, RuntimeError: it took no such thing apart.
    """
    parsed = json.loads(structure)
    if parsed["format"] != _FORMAT:
        raise ValueError(f"its format is {parsed['format']!r}")
    if parsed["version"] != _VERSION:
        raise ValueError(f"its version is {parsed['version']!r}, and this npnn reads version {_VERSION}")
    return _decode(parsed["object"], arrays)


Keys: TypeAlias = tuple[object, ...]
"""Keys and indices that lead from the saved object to a part of it."""


def _encode(value: object, path: Keys, arrays: dict[str, Array]) -> Any:
    """The JSON for a value; arrays are put aside under the names that it mentions."""
    if value is None or type(value) in (bool, str):
        return value
    for kind, (types, encode) in _ENCODERS.items():
        if isinstance(value, types):
            return encode(kind, value, path, arrays)
    raise TypeError(
        f"cannot save {_place(path)}, a {type(value).__name__}: expected {', '.join(_ENCODERS)} or None"
    )


def _place(path: Keys) -> str:
    return "obj" + "".join(f"[{key!r}]" for key in path)


def _encode_mapping(kind: str, value: Any, path: Keys, arrays: dict[str, Array]) -> Any:
    # Pairs, because JSON's own keys can only be strings.
    pairs = [
        [_encode(key, (*path, key), arrays), _encode(item, (*path, key), arrays)]
        for key, item in value.items()
    ]
    if kind == "OrderedDict" and hasattr(value, "_metadata"):
        # The versions of the modules that a state_dict came from.
        return {kind: pairs, "metadata": _encode(value._metadata, (*path, "_metadata"), arrays)}
    return {kind: pairs}


def _encode_sequence(kind: str, value: Any, path: Keys, arrays: dict[str, Array]) -> Any:
    items = [_encode(item, (*path, index), arrays) for index, item in enumerate(value)]
    return items if kind == "list" else {kind: items}


def _encode_integer(kind: str, value: Any, path: Keys, arrays: dict[str, Array]) -> Any:
    # Hexadecimal, because other readers of JSON round long integers and Python limits long decimals.
    return int(value) if -(2**63) <= value < 2**63 else {kind: hex(value)}


def _encode_float(kind: str, value: Any, path: Keys, arrays: dict[str, Array]) -> Any:
    sign = "-" if math.copysign(1.0, value) < 0 else ""  # NaN has one too
    return float(value) if math.isfinite(value) else {kind: f"{sign}{abs(value)}"}


def _encode_array(kind: str, value: Any, path: Keys, arrays: dict[str, Array]) -> Any:
    array = np.asarray(value.get_state() if kind == "Generator" else getattr(value, "array", value))
    if array.dtype.hasobject:
        raise TypeError(
            f"cannot save {_place(path)}, an array of dtype {array.dtype}: Python objects need pickle"
        )
    name = re.sub(r"[^\w.-]", "_", ".".join(map(str, path)), flags=re.ASCII)[:200] or "object"
    while name in arrays or name == _RESERVED:
        name += "_"
    arrays[name] = array
    if kind == "Tensor" and value.requires_grad:
        return {kind: name, "requires_grad": True}
    return {kind: name}


def _encode_dtype(kind: str, value: Any, path: Keys, arrays: dict[str, Array]) -> Any:
    return {kind: value.str}


def _encode_complex(kind: str, value: Any, path: Keys, arrays: dict[str, Array]) -> Any:
    return {kind: [_encode(part, path, arrays) for part in (value.real, value.imag)]}


# Kind -> types, and how they are written. The first match counts: bool before int, np.float64 before float,
# and so on.
_ENCODERS: dict[str, tuple[tuple[type, ...], Callable[[str, Any, Keys, dict[str, Array]], Any]]] = {
    "Tensor": ((Tensor,), _encode_array),
    "ndarray": ((np.ndarray,), _encode_array),
    "scalar": ((np.generic,), _encode_array),
    "Generator": ((Generator,), _encode_array),
    "dtype": ((np.dtype,), _encode_dtype),
    "device": ((devices.device,), lambda kind, value, path, arrays: {kind: str(value)}),
    "Size": ((Size,), _encode_sequence),
    "Counter": ((Counter,), _encode_mapping),
    "OrderedDict": ((OrderedDict,), _encode_mapping),
    "dict": ((dict,), _encode_mapping),
    "list": ((list,), _encode_sequence),
    "tuple": ((tuple,), _encode_sequence),
    "str": ((str,), lambda kind, value, path, arrays: str(value)),
    "int": ((int,), _encode_integer),
    "float": ((float,), _encode_float),
    "complex": ((complex,), _encode_complex),
}


def _decode(node: Any, arrays: dict[str, Array]) -> Any:
    """The value that `_encode` wrote; a KeyError, TypeError or ValueError if it wrote no such thing."""
    if isinstance(node, list):
        return [_decode(item, arrays) for item in node]
    if isinstance(node, dict):
        (kind, content), *rest = node.items()
        return _DECODERS[kind](content, dict(rest), arrays)
    return node


def _decode_pairs(content: Any, arrays: dict[str, Array]) -> list[tuple[Any, Any]]:
    return [(_decode(key, arrays), _decode(item, arrays)) for key, item in content]


def _decode_ordered(content: Any, rest: dict[str, Any], arrays: dict[str, Array]) -> OrderedDict[Any, Any]:
    ordered = OrderedDict(_decode_pairs(content, arrays))
    if "metadata" in rest:
        ordered._metadata = _decode(rest["metadata"], arrays)  # type: ignore[attr-defined]
    return ordered


def _decode_tensor(content: Any, rest: dict[str, Any], arrays: dict[str, Array]) -> Tensor:
    return wrap(arrays[content]).requires_grad_(bool(rest.get("requires_grad", False)))


def _decode_generator(content: Any, rest: dict[str, Any], arrays: dict[str, Array]) -> Generator:
    generator = Generator()
    generator.set_state(arrays[content])
    return generator


_DECODERS: dict[str, Callable[[Any, dict[str, Any], dict[str, Array]], Any]] = {
    "Tensor": _decode_tensor,
    "ndarray": lambda content, rest, arrays: arrays[content],
    "scalar": lambda content, rest, arrays: arrays[content][()],
    "Generator": _decode_generator,
    "dtype": lambda content, rest, arrays: np.dtype(content),
    "device": lambda content, rest, arrays: devices.device(content),
    "Size": lambda content, rest, arrays: Size(_decode(item, arrays) for item in content),
    "Counter": lambda content, rest, arrays: Counter(dict(_decode_pairs(content, arrays))),
    "OrderedDict": _decode_ordered,
    "dict": lambda content, rest, arrays: dict(_decode_pairs(content, arrays)),
    "tuple": lambda content, rest, arrays: tuple(_decode(item, arrays) for item in content),
    "int": lambda content, rest, arrays: int(content, 16),
    "float": lambda content, rest, arrays: float(content),
    "complex": lambda content, rest, arrays: complex(*(_decode(part, arrays) for part in content)),
}
