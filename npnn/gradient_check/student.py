"""Anyone's class, by its name: module:Class."""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
import traceback
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from types import ModuleType
from typing import Any

import numpy as np

from npnn._typing import Shape
from npnn.gradient_check.contract import described
from npnn.gradient_check.homework import CONFIGURATIONS, Configuration, homework_subject
from npnn.gradient_check.subjects import Subject, module_subject
from npnn.modules import Module
from npnn.random import fork_rng, manual_seed

_INTERFACES = (
    "an activation has forward(Z) and backward(Z, dY), a layer forward(X) and backward(dLdY), a loss"
    " forward(Y, Y_hat) and backward(Y, Y_hat), and all else is a subclass of npnn.nn.Module"
)


class StudentError(Exception):
    """A class cannot be found, or not be made."""


def student_subjects(
    target: str,
    args: Sequence[Any] = (),
    options: Mapping[str, Any] | None = None,
    shapes: Sequence[Shape] = (),
    seed: int = 0,
) -> Iterator[Subject]:
    """A class with the homework's interface, or a subclass of `npnn.nn.Module`, on random inputs.

    A class that is named as one of the homework's is made and called as that one is, in each of its
    configurations, unless arguments or shapes are given.

    Args:
        target: module and class, as in "layers:Conv2D". Modules are also looked for in the current directory.
        args: what to make it with.
        options: the same by keyword.
        shapes: of its inputs; a module may have several.
        seed: of weights and inputs.

    Yields:
        The subjects.

    Raises:
        StudentError: the module or the class is not there, the class cannot be made, or has neither
            interface.

    Examples:
        >>> [subject.wrt for subject in student_subjects("npnn.cs189.activations:ReLU")]
        [('Z',)]
    """
    module, _, name = target.partition(":")
    cls = _class_of(_imported(module), name)
    configurations = CONFIGURATIONS.get(name, (Configuration({}, (2, 3)),))
    if args or options is not None or shapes:
        known = configurations[0]
        chosen = known.options if not args and options is None else options or {}
        configurations = (Configuration(chosen, known.shape),)
    for configuration in configurations:
        with fork_rng():
            manual_seed(seed)
            subject = _subject(cls, args, configuration, shapes or (configuration.shape,), seed)
        yield subject


def _subject(
    cls: type, args: Sequence[Any], configuration: Configuration, shapes: Sequence[Shape], seed: int
) -> Subject:
    name, options = cls.__name__, configuration.options
    arguments = ", ".join([*map(repr, args), *(f"{key}={value!r}" for key, value in options.items())])
    np.random.seed(seed)  # noqa: NPY002 - where a class may draw its weights from
    try:
        made = cls(*args, **options)
    except (Exception, SystemExit) as error:
        raise StudentError(
            f"{name}({arguments}) cannot be made: {described(error)}; --args gives it its arguments"
        ) from error
    random = np.random.default_rng(seed)
    if isinstance(made, Module):
        inputs = [random.standard_normal(shape) for shape in shapes]
        subject: Subject | None = module_subject(name, made, *inputs, seed=seed)
    else:
        for method in ("forward", "backward"):
            if not callable(getattr(made, method, None)):
                raise StudentError(f"{name} has no method {method}: {_INTERFACES}")
        if len(shapes) > 1:
            raise StudentError(
                f"{name} takes one shape, but got {len(shapes)}: only a subclass of npnn.nn.Module has"
                " several inputs"
            )
        subject = homework_subject(name, made, shapes[0], random)
    if subject is None:
        raise StudentError(
            f"forward and backward of {name} take other arguments than expected: {_INTERFACES}"
        )
    return replace(subject, arguments=arguments)


def _imported(name: str) -> ModuleType:
    """The module of a name, looked for in the current directory first."""
    here = os.getcwd()
    if name.endswith(".py") or os.sep in name:
        dotted = name.removesuffix(".py").replace(os.sep, ".")
        raise StudentError(f"{name} is a file, but a module was expected: {dotted}")
    if not all(part.isidentifier() for part in name.split(".")):
        raise StudentError(f"{name!r} is no name of a module, such as layers or package.layers")
    if here not in sys.path:
        sys.path.insert(0, here)
    importlib.invalidate_caches()
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{name}.".startswith(f"{error.name}."):
            raise StudentError(f"importing {name} failed: {described(error)}{_place(error)}") from error
        raise StudentError(
            f"there is no module {error.name!r}, neither in the current directory nor among what is installed"
        ) from error
    except (Exception, SystemExit) as error:
        raise StudentError(f"importing {name} failed: {described(error)}{_place(error)}") from error


def _place(error: BaseException) -> str:
    """Where an error was raised, as the end of a sentence."""
    if isinstance(error, SyntaxError):
        return ""  # it says so itself
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f" ({os.path.basename(last.filename)}, line {last.lineno})"


def _class_of(module: ModuleType, name: str) -> type:
    found = getattr(module, name, None)
    if not isinstance(found, type):
        classes = [
            key
            for key, value in vars(module).items()
            if isinstance(value, type) and value.__module__ == module.__name__
        ]
        raise StudentError(
            f"{module.__name__} has no class {name!r}, only:"
            f" {', '.join(classes) if classes else 'none at all'}"
        )
    return found
