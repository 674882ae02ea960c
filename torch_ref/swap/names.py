"""The names of torch that a script uses and npnn lacks, found without running it.

What is reached from an import is certain: `torch.fft.rfft`, or `rfft` after `from torch.fft import rfft`. Of
an attribute of something else, as in `x.sinc()`, only the name is known: it is reported if torch's classes
have it, and neither npnn's nor what else a script is made of.
"""

from __future__ import annotations

import ast
import importlib
import warnings
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import torch

import npnn
from torch_ref.swap.imports import is_torch, read

_CLASSES = ("Tensor", "Generator", "nn.Module", "optim.Optimizer", "optim.lr_scheduler.LRScheduler")
"""Those whose instances a script calls methods of."""

_OTHERS = (str, bytes, int, float, complex, list, tuple, dict, set, Counter, np.ndarray, Path)


@dataclass
class Missing:
    """A name that npnn lacks.

    Attributes:
        name: `torch.fft`, or `.sinc` of a method.
        places: the files and lines where it is used.
        certain: False of a method, which may be of a class that has it.
    """

    name: str
    places: list[str] = field(default_factory=list)
    certain: bool = True


def missing(script: Path) -> list[Missing]:
    """The names of torch that npnn lacks, in a script and the modules of its folder that it imports.

    Args:
        script: the file.

    Returns:
        Each name with its lines, in the order of their first use; those that are certain come first.

    Raises:
        OSError: the file cannot be read.
        SyntaxError: it is not Python.
    """
    found: dict[str, Missing] = {}
    for path, tree in _modules(script):
        for line, name, certain in sorted(_uses(tree)):
            entry = found.setdefault(name, Missing(name, certain=certain))
            place = str(line) if path == script else f"{path.relative_to(script.parent)}:{line}"
            if place not in entry.places:
                entry.places.append(place)
    return sorted(found.values(), key=lambda entry: not entry.certain)


def modules_on_torch(script: Path) -> list[Path]:
    """The modules of a script's folder that it imports, directly or not, and that import torch themselves.

    Args:
        script: the file.

    Returns:
        Their files, from the script's folder on.

    Raises:
        OSError: the file cannot be read.
        SyntaxError: it is not Python.
    """
    _, *modules = _modules(script)
    return [path.relative_to(script.parent) for path, tree in modules if _imports_of(tree).paths]


def _modules(script: Path) -> Iterator[tuple[Path, ast.Module]]:
    """A script and what it imports, directly or not, from its folder."""
    waiting, seen = [script], {script}
    while waiting:
        path = waiting.pop(0)
        tree = ast.parse(read(path)[0], path)
        yield path, tree
        for node in ast.walk(tree):
            for place in _imported_places(node, path.parent, script.parent):
                for file in (place.with_suffix(".py"), place / "__init__.py"):
                    if file.is_file() and file not in seen:
                        seen.add(file)
                        waiting.append(file)


def _imported_places(node: ast.AST, package: Path, top: Path) -> Iterator[Path]:
    """Where what a statement imports would lie, without endings.

    Args:
        node: the statement, or another part of a module.
        package: the folder of the module.
        top: the folder of the script.
    """
    if isinstance(node, ast.Import):
        for alias in node.names:
            yield top.joinpath(*alias.name.split("."))
    elif isinstance(node, ast.ImportFrom):
        inside = [package, *package.parents][: len(package.relative_to(top).parts)]
        if node.level > len(inside):
            return  # beyond the script's packages, where Python finds nothing
        start = inside[node.level - 1] if node.level else top
        place = start.joinpath(*(node.module or "").split("."))
        yield place
        for alias in node.names:
            yield place / alias.name


def _uses(tree: ast.Module) -> set[tuple[int, str, bool]]:
    """The lines and the names of what npnn lacks, and whether it is certain."""
    imports = _imports_of(tree)
    attributes = _Attributes(imports.bound)
    attributes.visit(tree)
    certain = {(line, _first_missing(path)) for line, path in imports.paths + attributes.paths}
    others = {(line, name) for line, name in attributes.others if name in _UNKNOWN - attributes.own}
    return {(line, name, True) for line, name in certain if name} | {
        (line, f".{name}", False) for line, name in others
    }


def _imports_of(tree: ast.Module) -> _Imports:
    imports = _Imports()
    imports.visit(tree)
    return imports


class _Imports(ast.NodeVisitor):
    """What a module imports from torch, wherever it does so.

    Attributes:
        paths: the lines and the dotted names of what is torch's.
        bound: the names that imports bind; with the dotted name of what is torch's, None of what is not.
    """

    def __init__(self) -> None:
        self.paths: list[tuple[int, str]] = []
        self.bound: dict[str, str | None] = {}

    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            first = alias.name.split(".")[0]
            self._bind(alias.asname or first, alias.name if alias.asname else first)
            self._add(alias.lineno, alias.name)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        module = "." * node.level + (node.module or "")
        self._add(node.lineno, module)
        for alias in node.names:
            if alias.name == "*":
                for name in _public(module):
                    self._bind(name, f"{module}.{name}")
            else:
                self._bind(alias.asname or alias.name, f"{module}.{alias.name}")
                self._add(alias.lineno, f"{module}.{alias.name}")

    def _bind(self, name: str, path: str) -> None:
        self.bound[name] = path if is_torch(path) else None

    def _add(self, line: int, path: str) -> None:
        if is_torch(path):
            self.paths.append((line, path))


class _Attributes(ast.NodeVisitor):
    """What is reached from the imports, other attributes, and those that a script makes itself."""

    def __init__(self, bound: Mapping[str, str | None]) -> None:
        self.bound = bound
        self.paths: list[tuple[int, str]] = []
        self.others: list[tuple[int, str]] = []
        self.own: set[str] = set()

    def visit_Name(self, node: ast.Name) -> None:
        if path := self.bound.get(node.id):
            self.paths.append((node.lineno, path))

    def visit_Attribute(self, node: ast.Attribute) -> None:
        loaded = isinstance(node.ctx, ast.Load)
        if path := self._path(node):
            # What is set need not be there before.
            self.paths.append((node.lineno, path if loaded else path.rpartition(".")[0]))
            return
        if not loaded:
            self.own.add(node.attr)
        elif self.bound.get(_root(node), "") is not None:
            self.others.append((node.lineno, node.attr))
        self.visit(node.value)

    def _path(self, node: ast.expr) -> str | None:
        """The dotted name of torch's that an expression is, or None."""
        if isinstance(node, ast.Name):
            return self.bound.get(node.id)
        if isinstance(node, ast.Attribute) and (path := self._path(node.value)):
            return f"{path}.{node.attr}"
        return None

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self.own.add(node.name)
        self.generic_visit(node)

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        self.own.add(node.name)
        self.visit_Lambda(node)

    visit_AsyncFunctionDef = visit_FunctionDef  # noqa: N815

    def visit_Lambda(self, node: ast.Lambda | ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        """Within a function, its arguments and variables hide the imports of the same name."""
        outside, local = self.bound, _local_names(node)
        self.bound = {name: path for name, path in outside.items() if name not in local}
        self.generic_visit(node)
        self.bound = outside


def _root(node: ast.expr) -> str:
    """The variable that an expression such as `np.cumsum(x)[0].T` begins with, or nothing."""
    while isinstance(node, (ast.Attribute, ast.Call, ast.Subscript)):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""


def _local_names(function: ast.AST) -> set[str]:
    names = set()
    for node in ast.walk(function):
        if isinstance(node, ast.arg):
            names.add(node.arg)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
    return names


def _public(module: str) -> list[str]:
    """What `from module import *` binds."""
    if not is_torch(module):
        return []
    value: Any = importlib.import_module(module)
    return getattr(value, "__all__", None) or [name for name in vars(value) if not name.startswith("_")]


def _first_missing(path: str) -> str | None:
    """The shortest beginning of a dotted name that torch has and npnn lacks."""
    names = path.split(".")
    for length in range(1, len(names) + 1):
        if not _has(torch, names[1:length]):
            return None
        if not _has(npnn, names[1:length]):
            return ".".join(names[:length])
    return None


def _has(library: ModuleType, names: list[str]) -> bool:
    """Whether a library has a name; a submodule counts that only an import would load."""
    value: Any = library
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what is deprecated
        for name in names:
            if not hasattr(value, name) and not _is_importable(value, name):
                return False
            value = getattr(value, name)
    return True


def _is_importable(value: Any, name: str) -> bool:
    try:
        importlib.import_module(f"{value.__name__}.{name}")
    except (AttributeError, ImportError):
        return False
    return True


def _members(library: ModuleType) -> set[str]:
    """The names of the attributes of the classes in `_CLASSES`."""
    members: set[str] = set()
    for path in _CLASSES:
        value: Any = library
        for name in path.split("."):
            value = getattr(value, name)
        members.update(dir(value))
    return members


def _unknown_methods() -> frozenset[str]:
    # max and its like give a tuple, whose fields a script reads: values, indices.
    results = (value for value in vars(torch.return_types).values() if isinstance(value, type))
    elsewhere = _members(npnn).union(*map(dir, (*_OTHERS, *results)))
    return frozenset(name for name in _members(torch) - elsewhere if not name.startswith("_"))


_UNKNOWN = _unknown_methods()
"""What torch's classes have, and neither npnn's have nor what else a script is made of."""
