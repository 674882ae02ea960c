"""What a comparison found: every difference, with the place of the worst, as a table that can be read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from torch_ref.layouts import Array

TOLERANCE: dict[str, tuple[float, float]] = {
    # rtol and atol. In float64 both libraries are right to some 1e-16 of the largest term of each sum: 1e-9
    # lets no mistake through and no order of summation fail.
    "float64": (1e-9, 1e-11),
    "complex128": (1e-9, 1e-11),
    # 32 units in the last place, for sums of up to a thousand terms in another order. An element in which
    # large terms cancel keeps their rounding: here atol counts in units of the array's largest element, if
    # that is more than 1.
    "float32": (4e-6, 4e-6),
    "complex64": (4e-6, 4e-6),
    # The same in float16, where torch adds up in float32 and rounds once.
    "float16": (3e-2, 3e-2),
}
"""What numbers of a dtype may differ by, unless a comparison says otherwise; others must agree exactly."""

_SCALED = ("float16", "float32", "complex64")

KINDS = {
    "made": "{} as it was made",
    "output": "output {}",
    "grad_input": "dL/d {}",
    "grad_param": "dL/d {}",
    "second": "second derivative by {}",
    "state_before": "{} before the call",
    "state_after": "{} after the call",
    "input_after": "{} after the call",
}
"""The kinds of differences, and how a table calls the array of a name."""


@dataclass(frozen=True)
class Difference:
    """How far one array of npnn is from torch's.

    Attributes:
        kind: what it is, one of `KINDS`.
        name: which one of these: the argument, the parameter, the number of the output.
        shape: the shape of npnn's array.
        max_abs: the largest absolute difference.
        max_rel: the largest relative difference, over torch's value; elements that are 0 there are left out.
        index: the element that is farthest out, measured by the tolerance, in npnn's layout. None for an
            array without elements.
        npnn: npnn's value there.
        torch: torch's value there.
        problem: what is wrong, or the empty string.
    """

    kind: str
    name: str
    shape: tuple[int, ...]
    max_abs: float = 0.0
    max_rel: float = 0.0
    index: tuple[int, ...] | None = None
    npnn: Any = None
    torch: Any = None
    problem: str = ""

    @property
    def label(self) -> str:
        """What it is, in words."""
        return KINDS[self.kind].format(self.name)

    def row(self) -> tuple[str, ...]:
        """A row of the report's table."""
        mark = "x" if self.problem else ""
        size = (mark, self.label, str(list(self.shape)), f"{self.max_abs:.1e}", f"{self.max_rel:.1e}")
        if self.index is None:
            return (*size, "", "", "")
        return (*size, str(list(self.index)), f"{self.npnn:.9g}", f"{self.torch:.9g}")


@dataclass(frozen=True)
class Check:
    """Something that is the same in both libraries or not.

    Attributes:
        name: what was looked at.
        problem: what is wrong, or the empty string.
    """

    name: str
    problem: str = ""


@dataclass
class Report:
    """All that one comparison found.

    Attributes:
        name: the sample.
        differences: one for each array that was compared.
        checks: one for each thing that was looked at besides.
    """

    name: str
    differences: list[Difference] = field(default_factory=list)
    checks: list[Check] = field(default_factory=list)

    @property
    def passed(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems

    @property
    def problems(self) -> list[str]:
        """All that is wrong, a sentence each."""
        found = [
            f"{difference.label}: {difference.problem}"
            for difference in self.differences
            if difference.problem
        ]
        return found + [f"{check.name}: {check.problem}" for check in self.checks if check.problem]

    def check(self, name: str, npnn: Any, torch: Any) -> None:
        """Adds a check that something is the same in both libraries."""
        self.checks.append(Check(name, "" if npnn == torch else f"npnn has {npnn} and torch {torch}"))

    def worst(self, kind: str) -> float:
        """The largest absolute difference among all arrays of a kind; 0 if there are none.

        Args:
            kind: one of `KINDS`.
        """
        return max(
            (difference.max_abs for difference in self.differences if difference.kind == kind), default=0.0
        )

    def raise_if_failed(self) -> Report:
        """Returns the report itself, if nothing is wrong.

        Raises:
            AssertionError: something is; the message is the report as a table.
        """
        if not self.passed:
            raise AssertionError(str(self))
        return self

    def __str__(self) -> str:
        heading = f"{self.name}: {'agrees with torch' if self.passed else f'{len(self.problems)} problem(s)'}"
        rows: list[tuple[str, ...]] = [
            ("", "array", "shape", "max abs", "max rel", "worst at", "npnn", "torch")
        ]
        rows += [one.row() for one in self.differences]
        checked = ", ".join(check.name for check in self.checks if not check.problem)
        lines = [heading, *(f"  {line}" for line in _aligned(rows))]
        lines += [f"  also the same: {checked}"] if checked else []
        return "\n".join([*lines, *(f"  x {problem}" for problem in self.problems)])


def _aligned(rows: Sequence[tuple[str, ...]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    ]


def measure(
    kind: str, name: str, mine: Array, theirs: Array, rtol: float | None = None, atol: float | None = None
) -> Difference:
    """How far an array is from what it should be.

    Args:
        kind: one of `KINDS`.
        name: which one of these.
        mine: npnn's array.
        theirs: torch's array, in npnn's layout.
        rtol: relative tolerance; by default that of `TOLERANCE` for torch's dtype.
        atol: absolute tolerance; likewise.

    Returns:
        The difference, with a problem if shapes or dtypes are not the same, or an element is out of
        tolerance. NaNs are equal to each other, and infinities of one sign.

    Examples:
        >>> found = measure("output", "0", np.array([1.0, 2.0, 4.0]), np.array([1.0, 2.0, 3.0]))
        >>> found.index, found.max_abs
        ((2,), 1.0)
        >>> found.problem
        'at [2] npnn has 4 and torch 3 (off by 1.0e+00; allowed: rtol 1e-09, atol 1e-11)'
    """
    if mine.shape != theirs.shape:
        problem = f"npnn's shape is {list(mine.shape)} and torch's, in npnn's layout, {list(theirs.shape)}"
        return Difference(kind, name, mine.shape, np.inf, np.inf, problem=problem)
    problem = "" if mine.dtype == theirs.dtype else f"npnn's dtype is {mine.dtype} and torch's {theirs.dtype}"
    if mine.size == 0:
        return Difference(kind, name, mine.shape, problem=problem)
    wide: Any = np.complex128 if "c" in (mine.dtype.kind, theirs.dtype.kind) else np.float64
    if mine.dtype.kind not in "fc" and theirs.dtype.kind not in "fc":
        wide = np.longdouble  # holds integers of 64 bits
    a, b = mine.astype(wide), theirs.astype(wide)
    with np.errstate(all="ignore"):
        error = np.where((a == b) | (np.isnan(a) & np.isnan(b)), 0.0, np.abs(a - b))
        error = np.where(np.isnan(error), np.inf, error)
        size = np.where(np.isfinite(b), np.abs(b), 0.0)
        rtol, atol = _tolerance(theirs.dtype.name, float(size.max()), rtol, atol)
        allowed = atol + rtol * size
        excess = np.where(error == 0, 0.0, np.where(allowed > 0, error / allowed, np.inf))
        relative = np.where((error > 0) & (size > 0), error / size, 0.0)
    index = tuple(int(i) for i in np.unravel_index(int(excess.argmax()), mine.shape))
    value, wanted = mine[index].item(), theirs[index].item()
    if excess[index] > 1 and not problem:
        problem = (
            f"at {list(index)} npnn has {value:.9g} and torch {wanted:.9g} (off by {error[index]:.1e}; "
            f"allowed: rtol {rtol:.0e}, atol {atol:.0e})"
        )
    return Difference(
        kind, name, mine.shape, float(error.max()), float(relative.max()), index, value, wanted, problem
    )


def _tolerance(dtype: str, largest: float, rtol: float | None, atol: float | None) -> tuple[float, float]:
    """rtol and atol, where they are given, and else those of the dtype."""
    default_rtol, default_atol = TOLERANCE.get(dtype, (0.0, 0.0))
    scale = max(1.0, largest) if dtype in _SCALED else 1.0
    return default_rtol if rtol is None else rtol, default_atol * scale if atol is None else atol
