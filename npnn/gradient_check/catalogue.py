"""Everything of npnn's that can be checked, by name."""

from __future__ import annotations

import difflib
import fnmatch
from collections.abc import Callable, Iterator, Sequence

from npnn.gradient_check.homework import CONFIGURATIONS, homework_subjects
from npnn.gradient_check.modules import CASES, module_subjects
from npnn.gradient_check.subjects import Subject

CATALOGUE: dict[str, Callable[..., Iterator[Subject]]] = {
    **{f"nn.{name}": module_subjects for name in dict.fromkeys(one.name for one in CASES)},
    **{f"cs189.{name}": homework_subjects for name in CONFIGURATIONS},
}
"""Name of each class -> what makes its subjects, from the name's last part and a seed."""


def matching(patterns: Sequence[str]) -> list[str]:
    """The names that patterns stand for.

    Args:
        patterns: names with or without what stands before the dot, in which * stands for anything. None at
            all stand for everything.

    Returns:
        The names, in the catalogue's order.

    Raises:
        LookupError: a pattern stands for nothing.

    Examples:
        >>> matching(["ReLU", "nn.Conv?d"])
        ['nn.Conv1d', 'nn.Conv2d', 'nn.Conv3d', 'nn.ReLU', 'cs189.ReLU']
        >>> matching(["Conv2D"])
        ['cs189.Conv2D']
        >>> matching(["Convolution2D"])
        Traceback (most recent call last):
        ...
        LookupError: npnn has no layer, activation or loss 'Convolution2D'; did you mean
        Conv2D?
    """
    found: set[str] = set()
    for pattern in patterns or ("*",):
        names = {name for name in CATALOGUE if _matches(name, pattern)}
        if not names:
            known = {text.lower(): text for name in CATALOGUE for text in (name, name.partition(".")[2])}
            near = difflib.get_close_matches(pattern.lower(), known, n=1)
            hint = f"; did you mean {known[near[0]]}?" if near else ""
            raise LookupError(f"npnn has no layer, activation or loss {pattern!r}{hint}")
        found |= names
    return [name for name in CATALOGUE if name in found]


def _matches(name: str, pattern: str) -> bool:
    return any(fnmatch.fnmatchcase(text, pattern) for text in (name, name.partition(".")[2]))


def subjects(name: str, seed: int = 0) -> Iterator[Subject]:
    """A class of the catalogue, in each of its configurations.

    Args:
        name: of the class, in full.
        seed: of its weights and inputs.

    Returns:
        The subjects.

    Examples:
        >>> [subject.name for subject in subjects("cs189.ReLU")]
        ['cs189.ReLU']
    """
    return CATALOGUE[name](name.partition(".")[2], seed)
