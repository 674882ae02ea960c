"""The command line: python -m torch_ref."""

from __future__ import annotations

import argparse
import importlib
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

import torch
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import track
from rich.table import Table

import npnn
from npnn.serialization import SerializationError
from torch_ref import census, census_html, files, golden, homework
from torch_ref.layouts import SAME, Layout, channels_last
from torch_ref.swap import command as swap

_VECTORS_EXAMPLES = """examples:
  python -m torch_ref {0}           write them anew, after a change of the cases
  python -m torch_ref {0} --check   see whether they are current
"""

_WIDTH = 160
"""Of the census where it is not a terminal that it goes to."""

_CONVERT = """\
Writes the weights of one file to another: from torch's layout to npnn's, the other way, or from one
kind of file to another. Files of torch's (.pt, .pth, .bin, .ckpt) are read as weights only; nothing
in them is run. A .safetensors file without npnn's mark is taken to have torch's layout.
"""

_CONVERT_EXAMPLES = """examples:
  python -m torch_ref convert net.pt net.npz --module my_nets:Net
  python -m torch_ref convert net.npz net.pt --module my_nets:Net
  python -m torch_ref convert checkpoint.pt net.safetensors --to npnn --key model --module my_nets:Net
  python -m torch_ref convert cnn.pt cnn.npz --module my_nets:CNN --flattened fc1=64
  python -m torch_ref convert net.pt net.safetensors --to torch        the same layout: no module needed
"""

_CENSUS = """\
Lists every public name of torch.nn, and functions and methods of tensors: whether npnn has it, how
many samples of torch's databases and of torch_ref's own tables were compared, how many failed, and
the largest absolute difference of outputs, gradients by inputs and by parameters, and second
derivatives. What is compared less strictly than the rest stands in torch_ref/exemptions.py, and at
the end of the HTML page.
"""

_CENSUS_EXAMPLES = """examples:
  python -m torch_ref census                              everything: some minutes
  python -m torch_ref census --only 'Conv*'               some names
  python -m torch_ref census --json census.json --html census.html

The exit status is 1 if a sample failed.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command.

    Args:
        arguments: those of the command line, unless given.

    Returns:
        The exit status: 0, or 1 if a check failed.
    """
    parser = argparse.ArgumentParser(prog="python -m torch_ref", description="npnn, held against torch.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _add_census(commands)
    _add_golden(commands)
    _add_homework(commands)
    _add_convert(commands)
    swap.add_command(commands)
    options = parser.parse_args(arguments)
    status: int = options.run(options)
    return status


def _add_census(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    command = commands.add_parser(
        "census",
        help="compare every public name of torch.nn with torch's, on all samples",
        description=_CENSUS,
        epilog=_CENSUS_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument(
        "--only", metavar="PATTERN", default="*", help="only names that match, as in a shell: 'Lazy*'"
    )
    command.add_argument("--json", metavar="FILE", type=Path, help="write a list of objects")
    command.add_argument("--html", metavar="FILE", type=Path, help="write a page that can be sorted")
    command.set_defaults(run=_census)


def _census(options: argparse.Namespace) -> int:
    wanted = census.names(options.only)
    if not wanted:
        print(f"no public name of torch.nn matches {options.only!r}", file=sys.stderr)
        return 2
    entries = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what is deprecated, which is compared all the same
        for kind, name in track(wanted, "comparing", console=Console(stderr=True), transient=True):
            entries.append(census.take(kind, name))
    console = Console()
    console = console if console.is_terminal else Console(width=_WIDTH)
    console.print(_census_table(entries))
    for text in [text for entry in entries for text in entry.failures]:
        console.print(text, markup=False, highlight=False, soft_wrap=True)
    counted = census.totals(entries)
    if options.only == "*":
        console.print(_totals_table(counted))
    if options.json:
        census.write_json(entries, options.json)
    if options.html:
        options.html.write_text(census_html.page(entries, counted))
    failed, cases = sum(entry.failed for entry in entries), sum(entry.cases for entry in entries)
    console.print(f"{failed} of {cases} samples failed")
    return 1 if failed else 0


def _census_table(entries: Sequence[census.Entry]) -> Table:
    table = Table(box=SIMPLE_HEAD)
    for heading in ("name", "kind", "there"):
        table.add_column(heading, no_wrap=True)
    for heading in ("cases", "failed", "output", "by input", "by param", "second"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("reason")
    for entry in entries:
        errors = (getattr(entry.errors, kind) for kind in census.ERROR_KINDS)
        table.add_row(
            *(entry.name, entry.kind, "yes" if entry.present else "no", str(entry.cases), str(entry.failed)),
            *map(census_html.format_error, errors),
            entry.reason,
            style="red" if entry.failed else "" if entry.present else "dim",
        )
    return table


def _totals_table(totals: Sequence[census.Total]) -> Table:
    table = Table("what", box=SIMPLE_HEAD)
    for heading in ("reached", "goal"):
        table.add_column(heading, justify="right")
    for total in totals:
        style = "" if total.reached >= total.goal else "red"
        table.add_row(total.what, f"{total.reached:,}", f"{total.goal:,}", style=style)
    return table


def _add_golden(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    _add_vectors(
        commands,
        "golden",
        golden,
        "write the golden vectors, by which npnn is tested where there is no torch",
        "Writes what torch computes for each case of torch_ref/cases.py: a .npz for each class.",
    )


def _add_homework(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    _add_vectors(
        commands,
        "homework",
        homework,
        "write the data of the CS 189 homework's 25 tests",
        "Writes what torch computes for the homework's tests: a .npz for each test class.",
    )


def _add_vectors(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
    name: str,
    writer: ModuleType,
    help: str,
    description: str,
) -> None:
    """Adds the command that writes, or checks, the files of a module that has write, stale and DIRECTORY."""
    command = commands.add_parser(
        name,
        help=help,
        description=description,
        epilog=_VECTORS_EXAMPLES.format(name),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument("--check", action="store_true", help="write nothing; fail if a file is not current")
    command.add_argument(
        "--directory", type=Path, default=writer.DIRECTORY, help="where they are (default: %(default)s)"
    )
    command.set_defaults(run=_vectors, writer=writer)


def _add_convert(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    command = commands.add_parser(
        "convert",
        help="bring a file of weights from torch to npnn or back",
        description=_CONVERT,
        epilog=_CONVERT_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument("source", metavar="IN", type=Path, help="a .pt, .safetensors or .npz file")
    command.add_argument("target", metavar="OUT", type=Path, help="likewise")
    command.add_argument(
        "--to", choices=("torch", "npnn"), help="whose layout OUT has; if it is a .safetensors"
    )
    command.add_argument(
        "--module", metavar="MODULE:NAME", help="a module of torch's or npnn's, or what makes one when called"
    )
    command.add_argument("--key", default="", help="where in a checkpoint the state_dict is, such as model")
    command.add_argument(
        "--input",
        metavar="N,C",
        help="what a Sequential is called on: images of N spatial axes, C channels; or same",
    )
    command.add_argument(
        "--flattened",
        metavar="NAME=C",
        nargs="*",
        help="each Linear that is called on flattened images, and their channels; nothing if there are none",
    )
    command.add_argument(
        "--layout",
        metavar="NAME=LAYOUT",
        action="append",
        default=[],
        help="of a parameter of a class of your own: same, or such as 'out in -> in out'",
    )
    command.set_defaults(run=_convert)


def _convert(options: argparse.Namespace) -> int:
    pairs = [text.split("=", 1) for text in options.layout]
    try:
        files.convert_file(
            options.source,
            options.target,
            options.to,
            _module_named(options.module) if options.module else None,
            _input_layout(options.input) if options.input else None,
            key=options.key,
            flattened=(
                None
                if options.flattened is None
                else {
                    name: int(channels)
                    for name, channels in (text.split("=", 1) for text in options.flattened)
                }
            ),
            layouts={name: SAME if text == "same" else Layout(text) for name, text in pairs},
        )
    except (OSError, LookupError, ValueError, TypeError, ImportError, SerializationError) as error:
        print(f"cannot convert {options.source}: {error}", file=sys.stderr)
        return 1
    print(f"wrote {options.target}")
    return 0


def _module_named(text: str) -> torch.nn.Module | npnn.Module:
    """The module at "package.module:name", or what is made by calling what is there."""
    place, _, name = text.partition(":")
    found = importlib.import_module(place)
    for part in name.split("."):
        found = getattr(found, part, None)
    module = found if isinstance(found, (torch.nn.Module, npnn.Module)) or not callable(found) else found()
    if not isinstance(module, (torch.nn.Module, npnn.Module)):
        raise ValueError(
            f"--module expects package.module:name of a module or of what makes one, got {text!r}"
        )
    return module


def _input_layout(text: str) -> Layout:
    """A layout from "same" or "2,3"."""
    if text == "same":
        return SAME
    spatial, channels = map(int, text.split(","))
    return channels_last(spatial, C=channels)


def _vectors(options: argparse.Namespace) -> int:
    if not options.check:
        paths = options.writer.write(options.directory)
        size = sum(path.stat().st_size for path in paths)
        print(f"wrote {len(paths)} files, {size / 1024:.0f} KiB, to {options.directory}")
        return 0
    problems = options.writer.stale(options.directory)
    for name, problem in problems.items():
        print(f"{options.directory / name} is not current: {problem}", file=sys.stderr)
    if problems:
        print(f"write them anew with: python -m torch_ref {options.command}", file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
