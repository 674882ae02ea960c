"""Reading a package as source: its modules, classes and methods, none of which is imported or run.

So the code of a package can be collected that does not run, or not yet. Names are resolved as Python resolves
them, through imports inside the package and through base classes.
"""

from __future__ import annotations

import ast
import os
import sys
import tokenize
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.machinery import PathFinder
from pathlib import Path


class SubmissionError(RuntimeError):
    """A package has no such code; the message says what is missing and where it was looked for."""


@dataclass(frozen=True)
class Module:
    """A file of a package.

    Attributes:
        name: its dotted name.
        label: its path as people write it, from the folder of the package on.
        is_package: whether it is a folder's `__init__.py`.
        lines: its source.
        tree: the same, parsed.
    """

    name: str
    label: str
    is_package: bool
    lines: list[str]
    tree: ast.Module

    def source(self, node: ast.stmt) -> str:
        """The source of a statement, with its decorators, its indentation and the comments that end it.

        Args:
            node: the statement.

        Returns:
            Whole lines, without the last newline.
        """
        start, end = first_line(node) - 1, node.end_lineno or node.lineno
        # A comment below the last line belongs to a function or class if it is indented deeper than its head.
        for number, line in enumerate(self.lines[end:], start=end + 1):
            text = line.strip()
            if not text:
                continue
            if not text.startswith("#") or len(line) - len(line.lstrip()) <= node.col_offset:
                break
            end = number
        return "\n".join(self.lines[start:end])

    def head(self, node: ast.ClassDef) -> str:
        """The `class` statement of a class, without its body.

        Args:
            node: the class.

        Returns:
            Whole lines, without the last newline.
        """
        lines = self.lines[first_line(node) - 1 : first_line(node.body[0]) - 1]
        while lines and (not lines[-1].strip() or lines[-1].lstrip().startswith("#")):
            lines.pop()
        return "\n".join(lines or [self.lines[node.lineno - 1]])


@dataclass(frozen=True)
class Class:
    """A class of a package.

    Attributes:
        module: where it is defined.
        node: its definition.
    """

    module: Module
    node: ast.ClassDef

    @property
    def name(self) -> str:
        """What it is called."""
        return self.node.name

    @property
    def source(self) -> str:
        """All of it."""
        return self.module.source(self.node)

    def method(self, name: str) -> ast.stmt | None:
        """What gives a method its body in this very class; an abstract method has none.

        Args:
            name: of the method.

        Returns:
            The last statement that defines the name, or None.
        """
        found = [statement for statement in self.node.body if _binds(statement, name)]
        return found[-1] if found and not _is_abstract(found[-1]) else None

    def methods_source(self, names: Sequence[str]) -> str:
        """The head of the class, and some of its own methods.

        Args:
            names: of the methods, in the order to show them in; those that it does not have are left out.

        Returns:
            Their source.
        """
        found = [statement for name in names if (statement := self.method(name)) is not None]
        return "\n\n".join([self.module.head(self.node), *map(self.module.source, found)])


class Package:
    """The source of a package.

    Args:
        name: its dotted name.

    Attributes:
        name: its dotted name.
        folder: where its modules are.

    Raises:
        SubmissionError: neither the current directory nor Python's path has a package of that name.

    Examples:
        >>> relu = Package("npnn.cs189").find_class("activations", "ReLU")
        >>> relu.module.label, [base.name for base in Package("npnn.cs189").lineage(relu)]
        ('npnn/cs189/activations.py', ['ReLU', 'Activation'])
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.folder = _folder(name)
        self._modules: dict[str, Module | None] = {}

    def find_class(self, module: str, name: str) -> Class:
        """The class that `package.module.name` stands for.

        Args:
            module: name of the module in the package.
            name: of the class.

        Returns:
            The class, which may be defined in another module that this one imports it from.

        Raises:
            SubmissionError: there is no such module, or it has no such class.
        """
        file = self._module(f"{self.name}.{module}")
        if file is None:
            raise SubmissionError(
                f"the package {self.name} has no module {module}, in which the class {name} should be: looked"
                f" for {module}.py and {module}/__init__.py in {self.folder}"
            )
        found = self._resolve(file, (name,), frozenset())
        if found is None:
            raise SubmissionError(
                f"the package {self.name} has no class {name} in its module {module}: looked in {file.label}"
                " and in what it imports from the package"
            )
        return found

    def lineage(self, start: Class) -> Iterator[Class]:
        """A class and its base classes in the package, in the order that methods are looked for in.

        That is Python's order where no class is inherited along two ways.

        Args:
            start: the class.

        Yields:
            Each class once.
        """
        seen: list[Class] = []

        def climb(found: Class) -> Iterator[Class]:
            if found in seen:
                return
            seen.append(found)
            yield found
            for base in found.node.bases:
                parent = self._resolve(found.module, _dotted(base), frozenset())
                if parent is not None:
                    yield from climb(parent)

        return climb(start)

    def _module(self, name: str) -> Module | None:
        """A module of the package by its dotted name; None if it is no module, or another package's."""
        if name not in self._modules:
            self._modules[name] = self._read(name)
        return self._modules[name]

    def _read(self, name: str) -> Module | None:
        if name != self.name and not name.startswith(self.name + "."):
            return None
        stem = self.folder.joinpath(*name[len(self.name) :].split(".")[1:])
        package, file = stem / "__init__.py", stem.with_name(stem.name + ".py")
        path = package if package.is_file() else file
        if not path.is_file() or (name == self.name and path is file):
            return None
        label = Path(*self.name.split("."), path.relative_to(self.folder)).as_posix()
        try:
            # Python's own way to find out a file's encoding.
            with tokenize.open(path) as stream:
                text = stream.read()
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                tree = ast.parse(text)
        except SyntaxError as error:
            where = "" if error.lineno is None else f", line {error.lineno}"
            raise SubmissionError(f"{label} is no Python{where}: {error.msg}") from error
        except ValueError as error:
            raise SubmissionError(f"{label} is no Python: {error}") from error
        return Module(name, label, path is package, text.split("\n"), tree)

    def _resolve(self, module: Module, names: tuple[str, ...], seen: frozenset[str]) -> Class | None:
        """The class that a dotted name in a module stands for, or None if it is none of the package's."""
        if not names or module.name in seen:
            return None
        seen |= {module.name}
        # Of two definitions of a name the last one counts.
        for statement in reversed(module.tree.body):
            if isinstance(statement, ast.ClassDef) and names == (statement.name,):
                return Class(module, statement)
            for target in _imported(module, statement, names):
                *parents, last = target
                parent = self._module(".".join(parents))
                found = None if parent is None else self._resolve(parent, (last,), seen)
                if found is not None:
                    return found
        return None


def first_line(node: ast.stmt) -> int:
    """The line that a statement begins in, counted from 1, with its decorators.

    Args:
        node: the statement.

    Returns:
        The number.
    """
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    return min([node.lineno, *(decorator.lineno for decorator in decorators)])


def _folder(name: str) -> Path:
    """Where a package lies, found as an import finds it, but without running it."""
    search: Sequence[str] = [os.getcwd(), *sys.path]
    for end in range(1, name.count(".") + 2):
        spec = PathFinder.find_spec(".".join(name.split(".")[:end]), search)
        if spec is None or spec.submodule_search_locations is None:
            raise SubmissionError(
                f"there is no package {name!r}: looked in the current directory, {os.getcwd()}, and on"
                " Python's path"
            )
        search = list(spec.submodule_search_locations)
    return Path(search[0])


def _imported(module: Module, statement: ast.stmt, names: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """What a dotted name in a module is outside it, by an import: the full dotted names to try."""
    head, *rest = names
    if isinstance(statement, ast.Import):
        for alias in statement.names:
            if alias.asname == head:
                yield (*alias.name.split("."), *rest)
            elif alias.asname is None and alias.name.split(".")[0] == head:
                yield names
    elif isinstance(statement, ast.ImportFrom):
        source = tuple(statement.module.split(".")) if statement.module else ()
        if statement.level:
            parents = module.name.split(".")
            up = statement.level - module.is_package
            source = (*parents[: len(parents) - up], *source)
        for alias in statement.names:
            if alias.name == "*":
                yield (*source, *names)
            elif (alias.asname or alias.name) == head:
                yield (*source, alias.name, *rest)


def _dotted(expression: ast.expr) -> tuple[str, ...]:
    """The names of `a.b.c`; none if the expression is something else."""
    if isinstance(expression, ast.Name):
        return (expression.id,)
    if isinstance(expression, ast.Attribute) and (parent := _dotted(expression.value)):
        return (*parent, expression.attr)
    return ()


def _binds(statement: ast.stmt, name: str) -> bool:
    """Whether a statement in the body of a class defines an attribute of that name."""
    if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return statement.name == name
    if isinstance(statement, ast.Assign):
        return any(_dotted(target) == (name,) for target in statement.targets)
    return isinstance(statement, ast.AnnAssign) and _dotted(statement.target) == (name,)


def _is_abstract(statement: ast.stmt) -> bool:
    decorators: list[ast.expr] = getattr(statement, "decorator_list", [])
    return any(_dotted(decorator)[-1:] == ("abstractmethod",) for decorator in decorators)
