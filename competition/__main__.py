"""`python -m competition`: see `--help`, and the README beside this file."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Sequence

from competition.memory import keep_freed_memory


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command.

    Args:
        arguments: what stands behind `python -m competition`; by default the process's own.

    Returns:
        The exit status: 0, or 1 after one sentence on what cannot be done.
    """
    given = sys.argv[1:] if arguments is None else list(arguments)
    keep_freed_memory()
    # Of Lightning's own making, and of a checkpoint that is only tested or used.
    warnings.filterwarnings("ignore", message=".*LeafSpec.*")
    warnings.filterwarnings("ignore", message="Be aware that when using `ckpt_path`")
    # Imported here, for the memory allocator is to be set before there are tensors.
    import torch
    from lightning.fabric.utilities.exceptions import MisconfigurationException

    from competition.errors import CompetitionError

    try:
        if given[:1] in (["ablate"], ["sweep"]):
            from competition import sweep

            getattr(sweep, given[0])(given[1:])
        else:
            from competition.cli import CompetitionCLI

            CompetitionCLI(arguments)
    except (CompetitionError, MisconfigurationException) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except torch.OutOfMemoryError as error:
        print(f"error: out of memory ({error}): try a smaller --data.batch_size", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
