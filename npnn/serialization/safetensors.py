"""JSON and named arrays in a safetensors file, which is a header and bytes; the JSON is part of the header.

The package safetensors writes the file, and finds out whether one is whole. That none of its bytes changed it
cannot tell, as a zip file's reader can, so a line with a checksum follows the JSON.
"""

from __future__ import annotations

import json
import math
import mmap
import zlib
from typing import IO, Any

import numpy as np

from npnn._typing import Array
from npnn.autograd.function import wrap
from npnn.serialization.structure import assembled

_KEY = "npnn"
"""Of the structure in the metadata, and of the checksum: of several keys a library mixes the order up."""

_BFLOAT16 = "BF16"

_DTYPES = {
    "BOOL": np.dtype(np.bool_),
    "C64": np.dtype(np.complex64),
    **{f"F{8 * size}": np.dtype(f"<f{size}") for size in (2, 4, 8)},
    **{f"{kind.upper()}{8 * size}": np.dtype(f"<{kind}{size}") for kind in "iu" for size in (1, 2, 4, 8)},
    _BFLOAT16: np.dtype(np.uint16),
}


def _library() -> Any:
    try:
        import safetensors.numpy
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            "safetensors files need the package safetensors: pip install safetensors, or use .npz"
        ) from error
    return safetensors


def write(stream: IO[bytes], structure: str, arrays: dict[str, Array]) -> None:
    """Writes what an object was dismantled into.

    Args:
        stream: a file open for writing bytes.
        structure: the JSON.
        arrays: the arrays by name.

    Raises:
        TypeError: an array is of a dtype that safetensors has not.
    """
    dense = {}
    for name, array in arrays.items():
        native = array.dtype.newbyteorder("<")
        if native not in _DTYPES.values():
            raise TypeError(
                f"safetensors has no dtype for {name}, an array of {array.dtype}: save to .npz instead"
            )
        dense[name] = np.asarray(array, native, order="C")
    metadata = {_KEY: f"{structure}\n{_checksum(structure, dense)}"}
    stream.write(_library().numpy.save(dense, metadata))


def read(data: bytes | mmap.mmap, path: str) -> Any:
    """Reads the object that was written; of another library's file a dict of tensors.

    Args:
        data: the whole file. If it is mapped, so are the arrays, which are not read yet, and not checked.
        path: of the file, if it is mapped.

    Raises:
        ValueError and what `assembled` raises: nothing of the kind was written.
    """
    library = _library()
    try:
        if isinstance(data, mmap.mmap):
            with library.safe_open(path, "numpy"):
                copies = None
        else:
            copies = {name: entry["data"] for name, entry in library.deserialize(data)}
    except library.SafetensorError as error:
        raise ValueError(str(error)) from error
    start = 8 + int.from_bytes(data[:8], "little")
    header = json.loads(data[8:start])
    metadata = header.pop("__metadata__", {})
    arrays = {
        name: (
            _array(name, entry, data, start + entry["data_offsets"][0])
            if copies is None
            else _array(name, entry, copies[name], 0)
        )
        for name, entry in header.items()
    }
    if _KEY not in metadata:
        return {name: wrap(array) for name, array in arrays.items()}
    structure, _, checksum = metadata[_KEY].partition("\n")
    if checksum and copies is not None and checksum != _checksum(structure, arrays):
        raise ValueError("its bytes are not those that were written: their checksum is another")
    return assembled(structure, arrays)


def _array(name: str, entry: dict[str, Any], buffer: Any, offset: int) -> Array:
    kind, shape = entry["dtype"], entry["shape"]
    if kind not in _DTYPES:
        raise ValueError(f"it holds {name} in {kind}, which NumPy has not")
    array = np.frombuffer(buffer, _DTYPES[kind], math.prod(shape), offset).reshape(shape)
    # The upper half of a float32's bits.
    return (array.astype(np.uint32) << 16).view(np.float32) if kind == _BFLOAT16 else array


def _checksum(structure: str, arrays: dict[str, Array]) -> str:
    """CRC-32 of the JSON and of the arrays, by their names: a library orders them in the file as it likes."""
    value = zlib.crc32(structure.encode())
    for name in sorted(arrays):
        value = zlib.crc32(arrays[name].data, zlib.crc32(name.encode(), value))
    return f"{value:08x}"
