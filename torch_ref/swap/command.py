"""The command: python -m torch_ref swap SCRIPT.py."""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from itertools import zip_longest
from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from torch_ref.swap import imports
from torch_ref.swap.names import Missing, missing, modules_on_torch
from torch_ref.swap.outputs import Difference, first_difference, is_number, neighbours, unwrapped

_DESCRIPTION = """\
Runs a script that was written for torch on torch, and with its imports rewritten on npnn, one after
the other, and prints the two outputs side by side with the first number that differs. Names of torch
that npnn lacks are listed before. The script's own modules are rewritten with it as they are imported;
no file is changed.
"""

_EXAMPLES = """examples:
  python -m torch_ref swap train.py --epochs 3          what follows the script goes to the script
  python -m torch_ref swap --rtol 1e-6 train.py
  python -m torch_ref swap --ignore 'seconds' train.py  lines of this kind may differ
  python -m torch_ref swap --write train_npnn.py train.py

The exit status is 0 if the outputs agree, 1 if they differ, and 2 if there is nothing to compare.
"""

_WIDTH = 160
"""Of the outputs where it is not a terminal that they go to."""

_PROGRAMS = {"torch": [sys.executable], "npnn": [sys.executable, imports.__file__]}


class CannotCompareError(Exception):
    """There is nothing to compare; the message is a sentence that says why."""


def add_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the command to those of `python -m torch_ref`."""
    command = commands.add_parser(
        "swap",
        help="run a script on torch and on npnn, and compare what it prints",
        description=_DESCRIPTION,
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument(
        "--rtol", type=float, default=1e-4, help="of numbers with a fraction (default: %(default)s)"
    )
    command.add_argument("--atol", type=float, default=0.0, help="the same (default: %(default)s)")
    command.add_argument(
        "--ignore", metavar="REGEX", type=re.compile, help="do not compare lines in which this is found"
    )
    command.add_argument(
        "--write",
        metavar="OUT.py",
        type=Path,
        help="keep the script, without its modules, as it is run on npnn",
    )
    command.add_argument("script", metavar="SCRIPT.py", type=Path)
    command.add_argument("arguments", metavar="...", nargs=argparse.REMAINDER, help="the script's own")
    command.set_defaults(run=_swap)


def _swap(options: argparse.Namespace) -> int:
    try:
        return _compare(options)
    except CannotCompareError as error:
        print(error, file=sys.stderr)
        return 2


def _compare(options: argparse.Namespace) -> int:
    script = options.script
    console = Console(highlight=False)
    console = console if console.is_terminal else Console(width=_WIDTH, highlight=False)
    lacking = _prepare(script, options.write)
    if lacking:
        console.print(f"{script} uses what npnn lacks:")
        console.print(_missing_table(lacking))
    theirs, failure = _run("torch", script, options.arguments)
    if failure:
        raise CannotCompareError(f"{script} fails on torch itself: {failure}")
    ours, failure = _run("npnn", script, options.arguments)
    theirs, ours = unwrapped(theirs), unwrapped(ours)
    compared = _compared(theirs, ours, options.ignore)
    difference = first_difference(*compared, options.rtol, options.atol)
    console.print(_outputs_table(theirs, ours, difference))
    if failure:
        console.print(Text(f"{script} fails on npnn: {failure}"))
    elif difference:
        console.print(Text(_sentence(difference, options.rtol, options.atol)))
        if "manual_seed" not in imports.read(script)[0]:
            console.print(f"{script} sets no seed: what it draws by chance differs from one run to the next")
    else:
        console.print(f"the outputs agree to rtol {options.rtol:g}, atol {options.atol:g}")
    return 1 if difference or failure else 0


def _prepare(script: Path, out: Path | None) -> list[Missing]:
    """Reads the script, finds what npnn lacks, and writes the rewritten script if it is wanted."""
    try:
        lacking = missing(script)
        source, encoding = imports.read(script)
    except OSError as error:
        raise CannotCompareError(f"cannot read {script}: {error.strerror}") from None
    except SyntaxError as error:
        place = f", line {error.lineno}" if error.lineno else ""
        raise CannotCompareError(f"{error.filename or script}{place} is not Python: {error.msg}") from None
    if out is not None:
        try:
            with out.open("xb") as stream:
                stream.write(imports.rewrite(source).encode(encoding))
        except FileExistsError:
            raise CannotCompareError(
                f"{out} exists already: give --write another name, or remove it"
            ) from None
        except OSError as error:
            raise CannotCompareError(f"cannot write {out}: {error.strerror}") from None
        if own := ", ".join(map(str, modules_on_torch(script))):
            print(
                f"{out} is the script alone: it imports modules that still import torch: {own}",
                file=sys.stderr,
            )
    return lacking


def _run(library: str, script: Path, arguments: Sequence[str]) -> tuple[str, str | None]:
    """What the script prints on a library, and why it failed if it did."""
    environment = {
        "MPLBACKEND": "agg",  # a window would wait to be closed
        "PYTHONHASHSEED": "0",  # the order of a set is the same in both runs
        **os.environ,
        "PYTHONIOENCODING": "utf-8",
    }
    with Console(stderr=True).status(f"{script} runs on {library}"):
        ended = subprocess.run(
            [*_PROGRAMS[library], script, *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            env=environment,
        )
    return ended.stdout, _failure(ended, script) if ended.returncode else None


def _failure(ended: subprocess.CompletedProcess[str], script: Path) -> str:
    """The error that ended a script and the line of its own that raised it, from the last traceback."""
    _, _, traceback = ended.stderr.rpartition("Traceback (most recent call last):\n")
    error = re.search(r"^\S.*", traceback, re.MULTILINE)
    frame = rf'^  File "(?:.*[/\\])?{re.escape(script.name)}", line (\d+)'
    lines = re.findall(frame, traceback, re.MULTILINE)
    place = f" (line {lines[-1]})" if lines else ""
    return f"{error[0] if error else f'exit status {ended.returncode}'}{place}"


def _compared(theirs: str, ours: str, ignored: re.Pattern[str] | None) -> tuple[str, str]:
    """The outputs without the lines that are not to be compared, whose places are kept."""
    if ignored is None:
        return theirs, ours
    return _without(theirs, ignored), _without(ours, ignored)


def _without(text: str, ignored: re.Pattern[str]) -> str:
    return "\n".join("" if ignored.search(line) else line for line in text.splitlines())


def _missing_table(lacking: Sequence[Missing]) -> Table:
    table = Table("name", "lines", box=SIMPLE_HEAD)
    for entry in lacking:
        name = entry.name if entry.certain else f"{entry.name}, if it is a method of torch's"
        table.add_row(Text(name), Text(", ".join(entry.places)))
    return table


def _outputs_table(theirs: str, ours: str, difference: Difference | None) -> Table:
    table = Table("line", "torch", "npnn", box=SIMPLE_HEAD)
    for number, lines in enumerate(zip_longest(theirs.splitlines(), ours.splitlines(), fillvalue=""), 1):
        style = "bold red" if difference and number == difference.line else ""
        table.add_row(str(number), *map(Text, lines), style=style)
    return table


def _sentence(difference: Difference, rtol: float, atol: float) -> str:
    line, theirs, ours = difference.line, difference.theirs, difference.ours
    if theirs is None or ours is None:
        ended, other = ("torch", "npnn") if theirs is None else ("npnn", "torch")
        return f"the first difference is in line {line}: {ended}'s output has ended, and {other}'s goes on"
    found = f"the first difference is in line {line}: torch prints {theirs} and npnn {ours}"
    if not (is_number(theirs) and is_number(ours)):
        return found
    found += f"; allowed are rtol {rtol:g}, atol {atol:g}"
    return f"{found}. Rounding may part these: print more digits" if neighbours(theirs, ours) else found
