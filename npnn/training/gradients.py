"""`npnn check-gradients`: its options, its table and its verdict."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator, Sequence
from typing import Any

import click
from rich.console import Console
from rich.progress import Progress
from rich.table import Table
from rich.text import Text

from npnn._typing import Shape
from npnn.gradient_check import (
    Report,
    StudentError,
    Subject,
    check,
    matching,
    student_subjects,
    subjects,
)
from npnn.gradient_check.check import TOLERANCE

_RIGHT, _WRONG, _FAULT = Text("right", "green"), Text("WRONG", "bold red"), Text("FAULT", "bold red")


def _shape(text: str) -> Shape:
    """Reads a shape, such as 2,5,6,7."""
    try:
        sizes = tuple(int(size) for size in text.split(",") if size)
    except ValueError:
        sizes = ()
    if not sizes or min(sizes) < 1:
        raise click.BadParameter(f"{text!r} is not one positive whole number for each axis, such as 2,5,6,7")
    return sizes


def _positive(text: str) -> float:
    """Reads a positive number."""
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number < float("inf"):
        raise click.BadParameter(f"{text!r} is not a positive number, such as 1e-6")
    return number


def constructor_arguments(texts: Sequence[str]) -> tuple[list[Any], dict[str, Any] | None]:
    """Reads what to make a class with.

    Args:
        texts: each a JSON object of arguments by keyword, a JSON list of arguments in order, or one
            key=value, whose value is JSON or, if it is none, text.

    Returns:
        The arguments in order, and those by keyword; None where nothing was given by keyword.

    Raises:
        BadParameter: a text is none of these.

    Examples:
        >>> constructor_arguments(["n_out=4", "activation=relu", "kernel_shape=[3, 2]"])
        ([], {'n_out': 4, 'activation': 'relu', 'kernel_shape': [3, 2]})
        >>> constructor_arguments(['[4, "relu"]'])
        ([4, 'relu'], None)
    """
    args: list[Any] = []
    options: dict[str, Any] = {}
    for text in texts:
        key, equals, value = text.partition("=")
        if text.lstrip().startswith(("{", "[")):
            try:
                given = json.loads(text)
            except json.JSONDecodeError as error:
                raise click.BadParameter(f"{text!r} is not JSON: {error}", param_hint="--args") from None
            if isinstance(given, list):
                args += given
            else:
                options |= given
        elif equals and key.isidentifier():
            options[key] = _json_or_text(value)
        else:
            raise click.BadParameter(
                f"{text!r} is neither key=value nor a JSON object or list", param_hint="--args"
            )
    return args, options or None


def _json_or_text(text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text


@click.command("check-gradients", short_help="Check backward against finite differences.")
@click.argument("names", nargs=-1)
@click.option(
    "--args", "texts", multiple=True, help="What to make a class of your own with: key=value or JSON."
)
@click.option(
    "--shape",
    "shapes",
    type=_shape,
    metavar="SHAPE",
    multiple=True,
    help="Shape of its input, such as 2,5,6,7.",
)
@click.option(
    "--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Of inputs, weights and dL/dY."
)
@click.option(
    "--h",
    type=_positive,
    metavar="STEP",
    default="1e-6",
    show_default=True,
    help="Step of the differences.",
)
@click.option(
    "--tolerance",
    type=_positive,
    metavar="NUMBER",
    default=f"{TOLERANCE:g}",
    show_default=True,
    help="Relative difference up to which a gradient is right.",
)
@click.pass_context
def check_gradients(
    ctx: click.Context,
    /,
    names: tuple[str, ...],
    texts: tuple[str, ...],
    shapes: tuple[Shape, ...],
    seed: int,
    h: float,
    tolerance: float,
) -> None:
    """Check whether each backward is the derivative of its forward.

    NAMES are layers, activations and losses of npnn.nn and npnn.cs189, all of them by default, or a class of
    your own as module:Class. Such a class has the homework's interface or is an npnn.nn.Module.

    Each gradient by backward, g, is compared with central differences, n; the relative difference is
    ‖n - g‖ / ‖n + g‖, typically below 1e-8. The exit status is 1 if one of them is wrong.

    \b
    Examples:
      npnn check-gradients
      npnn check-gradients Conv2d 'cs189.*'
      npnn check-gradients my_layers:FullyConnected
      npnn check-gradients my_layers:Dense --args n_out=4 --args activation=relu --shape 2,3
    """  # noqa: D301 - \b is what click wants
    try:
        todo = _todo(names, texts, shapes, seed)
        console = Console(stderr=True)
        with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
            reports = [
                check(subject, seed, h, tolerance)
                for one in progress.track(todo, description="checking")
                for subject in one
            ]
    except StudentError as error:
        raise click.UsageError(str(error)) from error
    Console().print(_table(reports))
    for report in reports:
        if not report.passed:
            click.echo(f"{report.subject.name}({report.subject.arguments}):")
            click.echo(textwrap.indent("\n".join(report.explanations()), "  "))
    click.echo(_verdict(reports))
    if not all(report.passed for report in reports):
        ctx.exit(1)


def _todo(
    names: Sequence[str], texts: Sequence[str], shapes: Sequence[Shape], seed: int
) -> list[Iterator[Subject]]:
    """For each class the subjects to check."""
    own = [name for name in names if ":" in name]
    if (texts or shapes) and not own:
        raise click.UsageError("--args and --shape are for a class of your own, given as module:Class")
    patterns = [name for name in names if ":" not in name]
    try:
        listed = matching(patterns) if patterns or not own else []
    except LookupError as error:
        raise click.UsageError(f"{error}; a class of your own is given as module:Class") from None
    args, options = constructor_arguments(texts)
    return [
        *(subjects(name, seed) for name in listed),
        *(student_subjects(target, args, options, shapes, seed) for target in own),
    ]


def _table(reports: Sequence[Report]) -> Table:
    """A row for each gradient, and one for each class that has none as it broke the contract."""
    table = Table("class", "gradient by", "analytic", "numeric", "relative", "verdict")
    for column in table.columns[:2]:
        column.overflow = "fold"
    for column in table.columns[2:5]:
        column.justify = "right"
        column.no_wrap = True
    for report in reports:
        subject = report.subject
        name = Text.assemble(subject.name, (f"\n{subject.arguments}" if subject.arguments else "", "dim"))
        if report.fault is not None:
            table.add_row(name, "", "", "", "", _FAULT)
        for one in report.differences:
            table.add_row(
                name,
                one.of,
                f"{one.analytic_norm:.4g}",
                f"{one.numeric_norm:.4g}",
                f"{one.relative:.1e}",
                _RIGHT if one.agrees(report.tolerance) else _WRONG,
            )
            name = Text()
    return table


def _verdict(reports: Sequence[Report]) -> str:
    """The last line."""
    gradients = [one.agrees(report.tolerance) for report in reports for one in report.differences]
    faults = sum(report.fault is not None for report in reports)
    count = len(gradients)
    if all(gradients) and not faults:
        return (
            f"{count} of {count} gradients are right, to a relative difference of {reports[0].tolerance:g}."
        )
    told = [f"{gradients.count(False)} of {count} gradients are wrong"] if count else []
    if faults:
        told.append(f"{faults} of {len(reports)} checks ended with a fault, before there were gradients")
    return f"{', and '.join(told)}."
