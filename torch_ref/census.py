"""The census: every public name of torch.nn, whether npnn has it, and how far from torch it is.

Functions and methods of tensors (`tensor_cases`) are in it too. The names come from torch's own lists, the
samples from its databases (`database`) and from this repository's own tables (`cases`, `function_cases`,
`utility_cases`); each is compared at float64, forward, backward and twice, as strictly as `report.TOLERANCE`
and the table of `exemptions` say.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import torch
from torch.nn import init, utils

import npnn
from torch_ref import database
from torch_ref.cases import CASES
from torch_ref.function_cases import FUNCTION_CASES
from torch_ref.layouts import MODULES
from torch_ref.report import Report
from torch_ref.samples import Sample
from torch_ref.tensor_cases import NAMES, find, tensor_samples
from torch_ref.utility_cases import UTILITY_CASES

_TORCHS_OWN = "hands calls on to classes that override torch's functions: nothing is computed"
_TORCH_SCRIPT = "serves TorchScript: nothing is computed"
_NO_SUCH_NUMBERS = "multiplies float8 matrices with scales: NumPy has no such numbers"

REASONS: dict[tuple[str, str], str] = {
    **{
        ("functional", name): _TORCHS_OWN
        for name in (
            *("handle_torch_function", "has_torch_function"),
            *("has_torch_function_unary", "has_torch_function_variadic"),
        )
    },
    ("functional", "assert_int_or_pair"): _TORCH_SCRIPT,
    ("functional", "boolean_dispatch"): _TORCH_SCRIPT,
    ("functional", "scaled_mm"): _NO_SUCH_NUMBERS,
    ("functional", "scaled_grouped_mm"): _NO_SUCH_NUMBERS,
}
"""By kind and name: why something stays out. What else is missing is not there yet."""

NOT_YET = "not yet"


@dataclass(frozen=True)
class Errors:
    """The largest absolute differences from torch; None of a kind that was not compared.

    Attributes:
        output: of the outputs, and of what a function makes: weights, modules.
        grad_input: of the gradients of inputs.
        grad_param: of the gradients of parameters.
        second: of second derivatives.
    """

    output: float | None = None
    grad_input: float | None = None
    grad_param: float | None = None
    second: float | None = None

    @classmethod
    def of(cls, report: Report) -> Errors:
        """Those of one comparison."""
        found: dict[str, float] = {}
        for one in report.differences:
            kind = "output" if one.kind == "made" else one.kind
            if kind in ERROR_KINDS:
                found[kind] = max(found.get(kind, 0.0), one.max_abs)
        return cls(**found)

    def or_worse(self, other: Errors) -> Errors:
        """The larger of each kind."""
        return Errors(
            **{
                kind: max(
                    (e for e in (getattr(self, kind), getattr(other, kind)) if e is not None), default=None
                )
                for kind in ERROR_KINDS
            }
        )


ERROR_KINDS = ("output", "grad_input", "grad_param", "second")


@dataclass
class Entry:
    """One name of torch.nn, or of tensors.

    Attributes:
        name: the name.
        kind: the list that it is on, a key of `LISTS`.
        present: whether npnn has it.
        cases: how many samples were compared.
        failed: how many of them differ by more than they may, or could not be compared at all.
        errors: the worst of all samples.
        reason: why it stays out.
        failures: what failed, a text each.
        from_torch: how many of the samples are from torch's databases.
        second: how many of these have second derivatives, and agree.
    """

    name: str
    kind: str
    present: bool
    cases: int = 0
    failed: int = 0
    errors: Errors = Errors()
    reason: str = ""
    failures: list[str] = field(default_factory=list)
    from_torch: int = 0
    second: int = 0

    def add(self, report: Report, from_torch: bool) -> None:
        """Counts a comparison in."""
        self.cases += 1
        self.errors = self.errors.or_worse(Errors.of(report))
        self.from_torch += from_torch
        if report.passed:
            self.second += from_torch and any(one.kind == "second" for one in report.differences)
        else:
            self.fail(str(report))

    def fail(self, text: str) -> None:
        """Counts a failure in."""
        self.failed += 1
        self.failures.append(text)

    def as_json(self) -> dict[str, Any]:
        """What is written as JSON. An error without bound, as of another shape, is the largest number."""
        errors = {
            f"error_{kind}": None if value is None else min(value, _LARGEST)
            for kind, value in asdict(self.errors).items()
        }
        return {
            **{name: getattr(self, name) for name in ("name", "kind", "present", "cases", "failed")},
            **errors,
            "reason": self.reason or None,
        }


_LARGEST = 1.7976931348623157e308


def _modules() -> list[str]:
    names = torch.nn.modules.__all__
    return [name for name in names if issubclass(getattr(torch.nn, name), torch.nn.Module)]


def _functions() -> list[str]:
    functional = torch.nn.functional
    return [
        name
        for name in dir(functional)
        if not name.startswith("_") and inspect.isroutine(getattr(functional, name))
    ]


def _initializers() -> list[str]:
    """Without the deprecated names, which lack the underscore at the end."""
    return [name for name in init.__all__ if name + "_" not in init.__all__]


LISTS: dict[str, tuple[str, Callable[[], Sequence[str]], int]] = {
    "module": ("", _modules, 162),
    "functional": ("functional", _functions, 137),
    "init": ("init", _initializers, 14),
    "utils": ("utils", lambda: utils.__all__, 22),
    "utils.rnn": ("utils.rnn", lambda: utils.rnn.__all__, 8),
    "utils.parametrizations": ("utils.parametrizations", lambda: utils.parametrizations.__all__, 3),
    "tensor": ("", lambda: NAMES, 300),
}
"""By kind: where in nn the names are, torch's list of them, and how many the project is to reach.

Of tensors torch has no list: theirs is the one in `tensor_cases`.

Two of the lists have one name more than their goal, which is compared like the rest. Of the 138 functions 137
have a docstring, and the goal counts these: assert_int_or_pair, a helper for TorchScript, has none. Of the 15
names in torch.nn.init 14 fill a tensor, and the goal counts these: calculate_gain returns a number.
"""

_PLACES = {"module": "torch.nn modules", "tensor": "functions and methods of tensors"}


def names(pattern: str = "*") -> list[tuple[str, str]]:
    """The public names of torch.nn, as kind and name.

    Args:
        pattern: only those that match it, as file names do in a shell.

    Examples:
        >>> names("Linear"), names("kaiming*")
        ([('module', 'Linear')], [('init', 'kaiming_uniform_'), ('init', 'kaiming_normal_')])
    """
    return [
        (kind, name)
        for kind, (_, listed, _) in LISTS.items()
        for name in listed()
        if fnmatchcase(name, pattern)
    ]


def take(kind: str, name: str) -> Entry:
    """Looks one name up, and compares all samples of it.

    Args:
        kind: the list that it is on.
        name: the name.

    Examples:
        >>> entry = take("module", "Identity")
        >>> entry.present, entry.failed, entry.errors.output
        (True, 0, 0.0)
    """
    place: Any = npnn.nn
    for step in filter(None, LISTS[kind][0].split(".")):
        place = getattr(place, step, None)
    if kind == "tensor":
        # Properties, such as T, cannot be called.
        present = hasattr(npnn.Tensor, name) or find(npnn, name) is not None
    else:
        present = hasattr(place, name)
    entry = Entry(name, kind, present)
    if not entry.present:
        entry.reason = REASONS.get((kind, name), NOT_YET)
        return entry
    for from_torch, samples in _samples(kind, name):
        _compare_all(entry, samples, from_torch)
    return entry


def _samples(kind: str, name: str) -> Iterator[tuple[bool, Iterable[Sample]]]:
    """The samples of a name, and whether they are from torch's databases."""
    if kind == "module" and name in MODULES:
        yield True, database.module_samples(name)
        yield False, (case.sample() for case in CASES if case.module == name)
    if kind == "tensor":
        yield True, tensor_samples(name)
    if kind == "functional":
        yield True, database.function_samples(name)
        yield False, database.borrowed_samples(name)
        yield False, (case.sample() for case in FUNCTION_CASES if case.function == name)
    qualified = f"{LISTS[kind][0]}.{name}".lstrip(".")
    yield False, (case.sample() for case in UTILITY_CASES if case.name == qualified)


def _compare_all(entry: Entry, samples: Iterable[Sample], from_torch: bool) -> None:
    try:
        for sample in samples:
            _compare(entry, sample, from_torch)
    except Exception as error:  # whatever it is, the census goes on
        entry.fail(f"{entry.name}: no further sample can be made: {type(error).__name__}: {error}")


def _compare(entry: Entry, sample: Sample, from_torch: bool) -> None:
    try:
        entry.add(sample.compare(), from_torch)
    except Exception as error:
        entry.cases += 1
        entry.fail(f"{sample.name}: {type(error).__name__}: {error}")


@dataclass(frozen=True)
class Total:
    """A line of the summary.

    Attributes:
        what: what was counted.
        reached: how many there are.
        goal: how many there are to be.
    """

    what: str
    reached: int
    goal: int


def totals(entries: Sequence[Entry]) -> list[Total]:
    """The counts, beside what is to be reached.

    Args:
        entries: those of all names.
    """
    lines = [
        Total(
            f"{_PLACES.get(kind, f'torch.nn.{kind}')}: there, or with a reason",
            sum(one.kind == kind and (one.present or one.reason != NOT_YET) for one in entries),
            goal,
        )
        for kind, (_, _, goal) in LISTS.items()
    ]
    modules = [one for one in entries if one.kind == "module"]
    functions = [one for one in entries if one.kind == "functional"]
    tensors = [one for one in entries if one.kind == "tensor"]
    uncovered = [one for one in modules if not one.from_torch]
    return [
        *lines,
        Total("module_db samples", sum(one.from_torch for one in modules), 2075),
        Total("module_db samples with second derivatives", sum(one.second for one in modules), 1700),
        Total("op_db samples", sum(one.from_torch for one in functions), 5900),
        Total(
            "functions and methods of tensors without failures", sum(not one.failed for one in tensors), 300
        ),
        Total(
            "modules that module_db leaves out, with 10 cases or more",
            sum(one.cases >= 10 for one in uncovered),
            48,
        ),
    ]


def write_json(entries: Sequence[Entry], path: Path) -> None:
    """Writes the entries as a list of objects.

    Args:
        entries: what to write.
        path: where to.
    """
    path.write_text(json.dumps([entry.as_json() for entry in entries], indent=1, allow_nan=False) + "\n")
