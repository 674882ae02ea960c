"""save and load: nested containers of tensors, arrays and plain values in one .npz file, without pickle.

The file is an uncompressed zip. Its member `structure.json` holds the containers and plain values; every
array is a member of its own in NumPy's .npy format, named by its place in the object, so that
`numpy.load(path)["state_dict.0.weight"]` reads it without npnn. In the JSON, None, booleans, strings, finite
floats, 64-bit integers and lists stand for themselves; anything else is an object with one key that says what
it is, as `_ENCODERS` and `_DECODERS` list them.

Loading reads the whole file and checks its checksums before it builds anything, and runs nothing that the
file says.
"""

from __future__ import annotations

import contextlib
import io
import json
import math
import os
import re
import secrets
import zipfile
from collections import OrderedDict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any, TypeAlias

import numpy as np

from npnn._typing import Array
from npnn.tensors import Tensor

_STRUCTURE = "structure.json"
_FORMAT = "npnn"
_VERSION = 1


class SerializationError(RuntimeError):
    """A file is not one that `save` wrote, or not all of it."""


@contextlib.contextmanager
def open_atomically(path: str | os.PathLike[str]) -> Iterator[IO[bytes]]:
    """Opens a file for writing that takes its name only once everything is written and on the disk.

    The bytes go to a hidden temporary file beside `path`, which replaces `path` at the end of the block.
    After an exception, or a crash at any moment, the old file is as it was.

    Args:
        path: the file to write or to replace; what a symbolic link points to, if it is one. A device or a
            pipe is written to directly.

    Yields:
        The temporary file, open for writing bytes.

    Raises:
        OSError: the folder cannot be written.

    Examples:
        >>> import tempfile, pathlib
        >>> path = pathlib.Path(tempfile.mkdtemp()) / "numbers.txt"
        >>> with open_atomically(path) as stream:
        ...     _ = stream.write(b"1 2 3")
        >>> path.read_text()
        '1 2 3'
    """
    target = Path(os.path.realpath(path))
    if target.exists() and not target.is_file():
        # A device or a pipe, such as /dev/null: there is nothing to keep, and replacing it would break it.
        buffer = io.BytesIO()
        yield buffer
        target.write_bytes(buffer.getvalue())
        return
    temporary = target.with_name(f".{target.name}.{secrets.token_hex(4)}.tmp")
    try:
        with temporary.open("xb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(temporary, target)
    finally:
        temporary.unlink(missing_ok=True)


def save(obj: object, f: str | os.PathLike[str] | IO[bytes]) -> None:
    """Saves an object to a file, atomically: the old file stays whole until the new one is.

    Args:
        obj: a nesting of dict, OrderedDict, list, tuple, str, int, float, bool, None, NumPy scalars, dtypes
            and arrays, and tensors. Subclasses are saved as these; a Parameter comes back as a Tensor.
            Tensors and arrays that share memory are saved as separate copies.
        f: a path, or a file open for writing bytes.

    Raises:
        TypeError: the object holds something else; the message says where.
        ValueError: the object is nested too deeply, or contains itself.
        OSError: the file cannot be written.

    Source:
        torch.save.

    Examples:
        >>> import io, npnn
        >>> file = io.BytesIO()
        >>> npnn.save({"weight": npnn.ones(2, 3), "epoch": 7}, file)
        >>> _ = file.seek(0)
        >>> npnn.load(file)["epoch"]
        7
    """
    arrays: dict[str, Array] = {}
    try:
        tree = _encode(obj, (), arrays)
        structure = json.dumps({"format": _FORMAT, "version": _VERSION, "object": tree}, allow_nan=False)
    except RecursionError:
        raise ValueError("cannot save an object that contains itself or is nested too deeply") from None
    if isinstance(f, (str, os.PathLike)):
        with open_atomically(f) as stream:
            _write(stream, structure, arrays)
    else:
        _write(f, structure, arrays)


def load(
    f: str | os.PathLike[str] | IO[bytes], map_location: str | None = None, *, weights_only: bool = True
) -> Any:
    """Loads what `save` wrote.

    Args:
        f: a path, or a file open for reading bytes.
        map_location: None or "cpu", which is where npnn's tensors live.
        weights_only: accepted for torch's sake; loading never runs code from the file, whatever its value.

    Returns:
        The object, with tensors as tensors and arrays as arrays.

    Raises:
        SerializationError: the file is foreign, damaged, or cut short.
        ValueError: `map_location` names another device.
        OSError: the file cannot be opened.

    Source:
        torch.load.

    Examples:
        >>> import io, npnn
        >>> file = io.BytesIO(b"something else")
        >>> npnn.load(file)
        Traceback (most recent call last):
        npnn.serialization.SerializationError: the file is not one that npnn.save wrote, or not all of it:
        File is not a zip file
    """
    if map_location not in (None, "cpu"):
        raise ValueError(f"map_location must be None or 'cpu', but got {map_location!r}")
    name = str(f) if isinstance(f, (str, os.PathLike)) else "the file"
    with contextlib.ExitStack() as stack:
        stream = stack.enter_context(open(f, "rb")) if isinstance(f, (str, os.PathLike)) else f
        try:
            return _read(stream)
        except _DAMAGE as error:
            raise SerializationError(
                f"{name} is not one that npnn.save wrote, or not all of it: {error}"
            ) from error


def _write(stream: IO[bytes], structure: str, arrays: dict[str, Array]) -> None:
    # Members carry zip's earliest date, not the clock's, so that equal objects make equal files.
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr(zipfile.ZipInfo(_STRUCTURE), structure)
        for name, array in arrays.items():
            with archive.open(zipfile.ZipInfo(f"{name}.npy"), "w", force_zip64=True) as member:
                np.lib.format.write_array(member, array, allow_pickle=False)


# What the bytes of a damaged or foreign file can raise on the way through zipfile, json, NumPy and the
# decoders below.
_DAMAGE = (
    zipfile.BadZipFile,
    EOFError,
    ArithmeticError,
    AttributeError,
    LookupError,
    MemoryError,
    RuntimeError,
    TypeError,
    ValueError,
)


def _read(stream: IO[bytes]) -> Any:
    members = {}
    with zipfile.ZipFile(io.BytesIO(stream.read())) as archive:
        for info in archive.infolist():
            if info.compress_type != zipfile.ZIP_STORED:
                raise ValueError(f"its member {info.filename} is compressed")
            # Whole, because zipfile compares a checksum only at a member's end.
            members[info.filename] = archive.read(info)
    if _STRUCTURE not in members:
        raise ValueError(f"it has no {_STRUCTURE}")
    structure = json.loads(members.pop(_STRUCTURE))
    if structure["format"] != _FORMAT:
        raise ValueError(f"its format is {structure['format']!r}")
    if structure["version"] != _VERSION:
        raise ValueError(f"its version is {structure['version']!r}, and this npnn reads version {_VERSION}")
    arrays = {name.removesuffix(".npy"): _read_array(data) for name, data in members.items()}
    return _decode(structure["object"], arrays)


def _read_array(data: bytes) -> Array:
    stream = io.BytesIO(data)
    array = np.lib.format.read_array(stream, allow_pickle=False)
    if stream.read(1):
        raise ValueError("an array is followed by more bytes")
    return array


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
    array = np.asarray(value.array if kind == "Tensor" else value)
    if array.dtype.hasobject:
        raise TypeError(
            f"cannot save {_place(path)}, an array of dtype {array.dtype}: Python objects need pickle"
        )
    name = re.sub(r"[^\w.-]", "_", ".".join(map(str, path)), flags=re.ASCII)[:200] or "object"
    while name in arrays:
        name += "_"
    arrays[name] = array
    if kind == "Tensor" and value.requires_grad:
        return {kind: name, "requires_grad": True}
    return {kind: name}


def _encode_dtype(kind: str, value: Any, path: Keys, arrays: dict[str, Array]) -> Any:
    return {kind: value.str}


# Kind -> types, and how they are written. The first match counts: bool before int, np.float64 before float,
# and so on.
_ENCODERS: dict[str, tuple[tuple[type, ...], Callable[[str, Any, Keys, dict[str, Array]], Any]]] = {
    "Tensor": ((Tensor,), _encode_array),
    "ndarray": ((np.ndarray,), _encode_array),
    "scalar": ((np.generic,), _encode_array),
    "dtype": ((np.dtype,), _encode_dtype),
    "OrderedDict": ((OrderedDict,), _encode_mapping),
    "dict": ((dict,), _encode_mapping),
    "list": ((list,), _encode_sequence),
    "tuple": ((tuple,), _encode_sequence),
    "str": ((str,), lambda kind, value, path, arrays: str(value)),
    "int": ((int,), _encode_integer),
    "float": ((float,), _encode_float),
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
    return Tensor(arrays[content]).requires_grad_(bool(rest.get("requires_grad", False)))


_DECODERS: dict[str, Callable[[Any, dict[str, Any], dict[str, Array]], Any]] = {
    "Tensor": _decode_tensor,
    "ndarray": lambda content, rest, arrays: arrays[content],
    "scalar": lambda content, rest, arrays: arrays[content][()],
    "dtype": lambda content, rest, arrays: np.dtype(content),
    "OrderedDict": _decode_ordered,
    "dict": lambda content, rest, arrays: dict(_decode_pairs(content, arrays)),
    "tuple": lambda content, rest, arrays: tuple(_decode(item, arrays) for item in content),
    "int": lambda content, rest, arrays: int(content, 16),
    "float": lambda content, rest, arrays: float(content),
}
