"""The imports of torch in a source, rewritten to imports of npnn; all else stays as it is, to the byte.

As a program, `python imports.py SCRIPT.py [ARGUMENTS]`, this file runs a script that way. It imports nothing
but the standard library, so that npnn is the one library that computes there.
"""

from __future__ import annotations

import ast
import io
import itertools
import re
import sys
import traceback
from collections.abc import Iterator
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from tokenize import detect_encoding
from types import CodeType, ModuleType

_FROM_TORCH = re.compile(rb"from(?:\s|\\\r?\n)+(torch)\b")


def read(path: Path) -> tuple[str, str]:
    """A source and its encoding, which its first lines may declare.

    Raises:
        OSError: the file cannot be read.
        SyntaxError: it is not text in the encoding that it declares, or in UTF-8.
    """
    data = path.read_bytes()
    encoding, _ = detect_encoding(io.BytesIO(data).readline)
    try:
        return data.decode(encoding), encoding
    except UnicodeDecodeError as error:
        raise SyntaxError(f"not text in {encoding}: {error.reason}") from error


def is_torch(module: str | None) -> bool:
    """Whether a dotted name is torch's: torchvision's, say, is not.

    Examples:
        >>> is_torch("torch.nn"), is_torch("torchvision"), is_torch(None)
        (True, False, False)
    """
    return module is not None and module.split(".")[0] == "torch"


def rewrite(source: str) -> str:
    r"""A source with npnn in the place of torch in its import statements.

    The lines keep their numbers, and comments and formatting stay. Imports of other packages, among them
    torchvision, are left alone.

    Args:
        source: the text of a module.

    Returns:
        The text, which binds the same names.

    Raises:
        SyntaxError: the text is not Python.

    Examples:
        >>> print(rewrite("import torch  # 2\nimport torch.nn as nn, torchvision\nfrom torch import optim"))
        import npnn as torch  # 2
        import npnn.nn as nn, torchvision
        from npnn import optim
        >>> rewrite("import torch.utils.data")  # which binds torch
        'import npnn as torch, npnn.utils.data'
    """
    data = source.encode()
    for start, text in sorted(_edits(ast.parse(source), data, _line_starts(source)), reverse=True):
        # From the end, so that what stands before an edit keeps its place.
        data = data[:start] + text + data[start + len("torch") :]
    return data.decode()


def _line_starts(source: str) -> list[int]:
    """The byte at which each line starts, with the ends of lines that ast counts."""
    lengths = [len(line.encode()) for line in io.StringIO(source, newline="")]
    return list(itertools.accumulate(lengths, initial=0))


def _edits(tree: ast.Module, data: bytes, line_starts: list[int]) -> Iterator[tuple[int, bytes]]:
    """The byte at which a word torch is to go, and what is to stand there."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                if is_torch(alias.name):
                    yield line_starts[alias.lineno - 1] + alias.col_offset, _imported(alias)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and is_torch(node.module):
            # The tree does not say where in the statement the module's name stands.
            found = _FROM_TORCH.match(data, line_starts[node.lineno - 1] + node.col_offset)
            assert found is not None
            yield found.start(1), b"npnn"


def _imported(alias: ast.alias) -> bytes:
    """What replaces the word in `import torch as t`, `import torch` and `import torch.nn`."""
    if alias.asname:
        return b"npnn"
    return b"npnn as torch" if alias.name == "torch" else b"npnn as torch, npnn"


class Loader(SourceFileLoader):
    """Loads a module with its imports rewritten, past the compiled file that Python keeps of it as it is."""

    def get_code(self, fullname: str) -> CodeType:
        """The module's code."""
        path = Path(self.get_filename(fullname))
        return compile(rewrite(read(path)[0]), path, "exec", dont_inherit=True)


class Finder(MetaPathFinder):
    """Finds the modules of a script's own folder, for `Loader`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()

    def find_spec(self, name: str, path: object = None, target: object = None) -> ModuleSpec | None:
        """Leaves npnn and installed packages alone, even if they lie in the folder."""
        if name.split(".")[0] == "npnn":
            return None
        spec = PathFinder.find_spec(name, path, target)  # type: ignore[arg-type]
        if spec is None or type(spec.loader) is not SourceFileLoader:
            return None
        origin = Path(spec.loader.path).resolve()
        if not origin.is_relative_to(self.folder) or "site-packages" in origin.parts:
            return None
        spec.loader = Loader(spec.name, spec.loader.path)
        return spec


def run(script: str) -> None:
    """Runs a script as Python would, as __main__ and with its folder first on the path, on npnn."""
    path = Path(script)
    sys.path[0] = str(path.parent.resolve())
    sys.meta_path.insert(0, Finder(path.parent))
    module = ModuleType("__main__")
    module.__file__ = script
    sys.modules["__main__"] = module
    try:
        exec(compile(rewrite(read(path)[0]), script, "exec", dont_inherit=True), module.__dict__)
    except Exception as error:
        # From the script's own frame on, as where it runs by itself.
        traceback.print_exception(error.with_traceback(error.__traceback__.tb_next))  # type: ignore[union-attr]
        sys.exit(1)


if __name__ == "__main__":
    del sys.argv[0]
    run(sys.argv[0])
