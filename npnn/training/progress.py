"""The progress bar of a training, and the exit status if it is interrupted."""

from __future__ import annotations

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

INTERRUPTED = 130  # 128 + SIGINT, as shells count


def epoch_progress(quiet: bool) -> Progress:
    """A bar on standard error, with a field `metrics` for what training has come to.

    Args:
        quiet: whether to show nothing.

    Returns:
        The bar; it shows while its `with` block runs.
    """
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[metrics]}"),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        disable=quiet,
    )
