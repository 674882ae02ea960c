"""The command line: python -m torch_ref."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from torch_ref import golden

_GOLDEN_EXAMPLES = """examples:
  python -m torch_ref golden           write them anew, after a change of the cases
  python -m torch_ref golden --check   see whether they are current
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
    _add_golden(commands)
    options = parser.parse_args(arguments)
    status: int = options.run(options)
    return status


def _add_golden(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    command = commands.add_parser(
        "golden",
        help="write the golden vectors, by which npnn is tested where there is no torch",
        description="Writes what torch computes for each case of torch_ref/cases.py: a .npz for each class.",
        epilog=_GOLDEN_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument("--check", action="store_true", help="write nothing; fail if a file is not current")
    command.add_argument(
        "--directory", type=Path, default=golden.DIRECTORY, help="where they are (default: %(default)s)"
    )
    command.set_defaults(run=_golden)


def _golden(options: argparse.Namespace) -> int:
    if not options.check:
        paths = golden.write(options.directory)
        size = sum(path.stat().st_size for path in paths)
        print(f"wrote {len(paths)} files, {size / 1024:.0f} KiB, to {options.directory}")
        return 0
    problems = golden.stale(options.directory)
    for name, problem in problems.items():
        print(f"{options.directory / name} is not current: {problem}", file=sys.stderr)
    if problems:
        print("write them anew with: python -m torch_ref golden", file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
