"""save and load: nested containers of tensors, arrays and plain values in one file, without pickle.

    structure.py    any such nest as JSON and named arrays, and back
    npz.py          these in an uncompressed zip of .npy members, which `numpy.load` reads too
    safetensors.py  these in a safetensors file, which most libraries read
    atomic.py       a file that is there whole or not at all

A path that ends in .safetensors is written as such, by the package of that name, and any other as .npz by
NumPy alone. Reading goes by the content. It runs nothing that a file says, and builds nothing before the file
is found whole; an .npz has checksums, a safetensors file only lengths.
"""

from __future__ import annotations

import mmap as memory
import os
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

from npnn import devices
from npnn.serialization import npz, safetensors
from npnn.serialization.atomic import open_atomically
from npnn.serialization.structure import dismantled

__all__ = ["SerializationError", "load", "open_atomically", "save"]

_SUFFIX = ".safetensors"


class SerializationError(RuntimeError):
    """A file is not one that `load` reads, or not all of it."""


def save(obj: object, f: str | os.PathLike[str] | IO[bytes]) -> None:
    """Saves an object to a file, atomically: the old file stays whole until the new one is.

    Args:
        obj: a nesting of dict, OrderedDict, Counter, list, tuple, str, int, float, complex, bool, None, NumPy
            scalars, dtypes and arrays, tensors, their sizes and devices, and Generators. Subclasses are saved
            as these; a Parameter comes back as a Tensor. Tensors and arrays that share memory are saved as
            separate copies.
        f: a path, which is written as a safetensors file if it ends in .safetensors, and as .npz otherwise;
            or a file open for writing bytes, for .npz.

    Raises:
        TypeError: the object holds something else; the message says where. Or an array is of a dtype that
            safetensors has not.
        ValueError: the object is nested too deeply, or contains itself.
        OSError: the file cannot be written.
        ModuleNotFoundError: the package safetensors is needed, and not there.

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
    structure, arrays = dismantled(obj)
    if not isinstance(f, (str, os.PathLike)):
        npz.write(f, structure, arrays)
        return
    write = safetensors.write if Path(f).suffix == _SUFFIX else npz.write
    with open_atomically(f) as stream:
        write(stream, structure, arrays)


def load(
    f: str | os.PathLike[str] | IO[bytes],
    map_location: Any = None,
    *,
    weights_only: bool = True,
    mmap: bool | None = None,
) -> Any:
    """Loads what `save` wrote, or the tensors of any safetensors file.

    Args:
        f: a path, or a file open for reading bytes.
        map_location: where tensors are to live, which is the CPU: None, "cpu" or its device, a dict from one
            to the other, or a function, which is not called.
        weights_only: accepted for torch's sake; loading never runs code from the file, whatever its value.
        mmap: map the file into memory: an array is read from the disk when it is used, and what is changed in
            it does not change the file. Checksums are not looked at. Only for a path.

    Returns:
        The object, with tensors as tensors and arrays as arrays. Of a safetensors file that another library
        wrote, a dict from names to tensors, as they lie in the file; bfloat16, which NumPy has not, becomes
        float32, which holds it exactly.

    Raises:
        SerializationError: the file is foreign, damaged, or cut short.
        RuntimeError: `map_location` names another device.
        ValueError: `mmap` is set, and `f` is not a path.
        OSError: the file cannot be opened.
        ModuleNotFoundError: the package safetensors is needed, and not there.

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
    _check_location(map_location)
    if not isinstance(f, (str, os.PathLike)):
        if mmap:
            raise ValueError(f"mmap=True expects the path of a file, but got a {type(f).__name__}")
        return _read(f.read(), "the file")
    with open(f, "rb") as stream:
        if mmap and os.fstat(stream.fileno()).st_size:
            return _read(memory.mmap(stream.fileno(), 0, access=memory.ACCESS_COPY), str(f))
        return _read(stream.read(), str(f))


def _check_location(location: Any) -> None:
    if location is None or callable(location):
        return
    for target in location.values() if isinstance(location, dict) else [location]:
        devices.device(target)


# What the bytes of a damaged or foreign file can raise on the way through zipfile, json, NumPy and what
# builds the object of them.
_DAMAGE = (
    npz.BadZipFile,
    EOFError,
    ArithmeticError,
    AttributeError,
    LookupError,
    MemoryError,
    RuntimeError,
    TypeError,
    ValueError,
)


def _read(data: bytes | memory.mmap, name: str) -> Any:
    kind, read = _format(data, name)
    try:
        return read(data)
    except _DAMAGE as error:
        raise SerializationError(f"{name} is not {kind}, or not all of it: {error}") from error


def _format(data: bytes | memory.mmap, name: str) -> tuple[str, Callable[[Any], Any]]:
    """What a file is to be, for messages, and what reads it."""
    # A pickle begins with the number of its protocol, a safetensors file with the length of its header.
    safe = "a safetensors file", lambda data: safetensors.read(data, name)
    if data[8:9] == b"{":
        return safe
    if data[:1] == b"\x80" and data[1:2] <= b"\x05":
        raise SerializationError(
            f"{name} is a pickle, which could run any code: npnn does not load it; torch_ref.read reads"
            " torch's safely"
        )
    return safe if name.endswith(_SUFFIX) and data[:2] != b"PK" else ("one that npnn.save wrote", npz.read)
