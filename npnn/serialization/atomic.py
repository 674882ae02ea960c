"""A file that is there whole or not at all."""

from __future__ import annotations

import contextlib
import io
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import IO


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
