"""Fewer samples that hold the same options: what the tests run where the census runs all.

torch's databases go through the product of all options of a function: max_pool2d has 1,440 samples. Faults
seldom hang on more than two options together (Kuhn, Wallace and Gallo, IEEE Transactions on Software
Engineering 30, 2004), so samples are left out in which every pair of options has been seen before.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import Any

from torch_ref.values import array_of, is_tensor, tensors_in


def covering(calls: Sequence[tuple[Sequence[Any], dict[str, Any]]], strength: int | None) -> Iterator[int]:
    """Which of some calls to make, so that no combination of options is missing.

    Args:
        calls: for each its positional arguments and those by name.
        strength: how many options make a combination: 1 for each by itself, 2 for pairs; None for all calls.

    Yields:
        The numbers of those calls that have a combination which no earlier one had.

    Examples:
        >>> calls = [((a,), {"b": b, "c": c}) for a in (0, 1) for b in (0, 1) for c in (0, 1)]
        >>> list(covering(calls, strength=2))
        [0, 1, 2, 3, 4, 5, 6]
        >>> list(covering(calls, strength=1))
        [0, 1, 2, 4]
    """
    if strength is None:
        yield from range(len(calls))
        return
    seen: set[tuple[str, ...]] = set()
    for number, (args, kwargs) in enumerate(calls):
        options = list(_options("", {**dict(enumerate(args)), **kwargs}))
        found = set(combinations(sorted(options), strength)) | {(option,) for option in options} | {()}
        if not found <= seen:
            seen |= found
            yield number


def few(calls: Sequence[tuple[Sequence[Any], dict[str, Any]]], many: int) -> list[int]:
    """Which of some calls to make if there is time for so many only: those that hold the most options.

    Each next one is that with the most options that none before had, and of equals the first.

    Args:
        calls: as `covering` takes them.
        many: how many at most; fewer, once no option is missing.

    Returns:
        The numbers of the calls, in their order.

    Examples:
        >>> calls = [((0,), {}), ((1,), {"b": True, "c": 2}), ((1,), {"b": True})]
        >>> few(calls, 1), few(calls, 3)
        ([1], [0, 1])
    """
    left = {
        number: set(_options("", {**dict(enumerate(args)), **kwargs}))
        for number, (args, kwargs) in enumerate(calls)
    }
    seen: set[str] = set()
    chosen: list[int] = []
    while left and len(chosen) < many:
        best = max(left, key=lambda number: len(left[number] - seen))
        if chosen and left[best] <= seen:
            break
        seen |= left.pop(best)
        chosen.append(best)
    return sorted(chosen)


def _options(place: str, value: Any) -> Iterator[str]:
    """What is particular about an argument, leaf by leaf: of tensors all but numbers and exact sizes."""
    if isinstance(value, dict):
        for name, entry in value.items():
            yield from _options(f"{place}.{name}", entry)
    elif is_tensor(value):
        array = array_of(value)
        order = "contiguous" if array.flags.c_contiguous else "strided"
        yield f"{place}: {array.dtype}, {array.ndim} axes, {order}, {'some' if array.size else 'none'}"
    elif isinstance(value, list | tuple) and tensors_in(value):
        for number, entry in enumerate(value):
            yield from _options(f"{place}.{number}", entry)
    else:
        yield f"{place}: {value!r}"
