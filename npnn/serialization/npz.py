"""JSON and named arrays in an uncompressed zip, whose .npy members `numpy.load` reads too."""

from __future__ import annotations

import io
import mmap
import zipfile
from typing import IO, Any
from zipfile import BadZipFile

import numpy as np

from npnn._typing import Array
from npnn.serialization.structure import assembled

__all__ = ["BadZipFile", "read", "write"]

_STRUCTURE = "structure.json"
_LOCAL_HEADER = 30
"""Bytes of a member's own header, before its name."""


def write(stream: IO[bytes], structure: str, arrays: dict[str, Array]) -> None:
    """Writes what an object was dismantled into.

    Args:
        stream: a file open for writing bytes.
        structure: the JSON.
        arrays: the arrays by name.
    """
    # Members carry zip's earliest date, not the clock's, so that equal objects make equal files.
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr(zipfile.ZipInfo(_STRUCTURE), structure)
        for name, array in arrays.items():
            with archive.open(zipfile.ZipInfo(f"{name}.npy"), "w", force_zip64=True) as member:
                np.lib.format.write_array(member, array, allow_pickle=False)


def read(data: bytes | mmap.mmap) -> Any:
    """Reads the object that was written.

    Args:
        data: the whole file. If it is mapped, so are the arrays, and their checksums are not looked at.

    Raises:
        BadZipFile, EOFError, ValueError and what `assembled` raises: nothing of the kind was written.
    """
    arrays, structure = {}, None
    mapped = isinstance(data, mmap.mmap)
    with zipfile.ZipFile(_Mapped(data) if mapped else io.BytesIO(data)) as archive:
        for info in archive.infolist():
            if info.compress_type != zipfile.ZIP_STORED:
                raise ValueError(f"its member {info.filename} is compressed")
            if info.filename.endswith("data.pkl"):
                raise ValueError(
                    "it is a pickle, which could run any code; torch_ref.read reads torch's safely"
                )
            name = info.filename.removesuffix(".npy")
            if info.filename == _STRUCTURE:
                structure = archive.read(info)
            elif mapped:
                arrays[name] = _view(data, info)
            else:
                # Whole, because zipfile compares a checksum only at a member's end.
                arrays[name] = _array(archive.read(info))
    if structure is None:
        raise ValueError(f"it has no {_STRUCTURE}")
    return assembled(structure, arrays)


class _Mapped(io.RawIOBase):
    """A mapped file, as a file: before Python 3.13 the map itself cannot say that it can seek."""

    def __init__(self, data: Any) -> None:
        self._data = data

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        self._data.seek(offset, whence)
        return self.tell()

    def tell(self) -> int:
        return int(self._data.tell())

    def read(self, size: int | None = -1) -> bytes:
        return bytes(self._data.read(size))


def _array(data: bytes) -> Array:
    stream = io.BytesIO(data)
    array = np.lib.format.read_array(stream, allow_pickle=False)
    if stream.read(1):
        raise ValueError("an array is followed by more bytes")
    return array


def _view(data: Any, info: zipfile.ZipInfo) -> Array:
    """An array in the memory of a mapped file."""
    header = data[info.header_offset : info.header_offset + _LOCAL_HEADER]
    start = info.header_offset + _LOCAL_HEADER
    start += int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:30], "little")
    data.seek(start)
    version = np.lib.format.read_magic(data)
    read_header = (
        np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    )
    shape, fortran, dtype = read_header(data)
    if dtype.hasobject:
        raise ValueError("an array of Python objects would need pickle")
    if data.tell() + dtype.itemsize * int(np.prod(shape)) != start + info.file_size:
        raise ValueError("an array is not as long as it says")
    return np.ndarray(shape, dtype, buffer=data, offset=data.tell(), order="F" if fortran else "C")
