"""The `npnn` command; `python -m npnn` is the same."""

from __future__ import annotations

import importlib.util
import sys

_NEEDED = ("click", "matplotlib", "rich")


def main() -> None:
    """Runs the command line, or says how to get what it needs."""
    missing = [name for name in _NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        sys.stderr.write(
            f"The npnn command needs {' and '.join(missing)}; "
            'get it with: pip install "npnn-reference[train]"\n'
        )
        raise SystemExit(2)
    try:
        from npnn.training.cli import npnn

        npnn(prog_name="npnn")
    except KeyboardInterrupt:
        raise SystemExit(130) from None


if __name__ == "__main__":
    main()
