"""The plots of runs and sweeps, as PNG files.

matplotlib is imported when the first plot is drawn, and without pyplot, which would look for a screen. The
colours are Okabe and Ito's, which stay apart for colour-blind readers, and line styles repeat what they say.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from npnn._typing import Array
from npnn.serialization import open_atomically

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BLUE, ORANGE, SKY = "#0072B2", "#D55E00", "#56B4E9"


LOSS = "cross-entropy loss (nats, log scale)"


def plot_loss(
    path: Path, steps: dict[str, Array], epochs: dict[str, Array], title: str, ylabel: str = LOSS
) -> None:
    """Loss versus iterations: each batch, and all training and validation rows at the end of each epoch.

    Args:
        path: the PNG file.
        steps: the columns of steps.csv.
        epochs: the columns of epochs.csv.
        title: of the plot.
        ylabel: what the loss is.
    """
    figure, axes = _figure(title, "iteration (training step)", ylabel)
    axes.plot(
        steps["step"], steps["train_loss"], color=SKY, linewidth=0.8, alpha=0.7, label="train, each batch"
    )
    axes.plot(epochs["step"], epochs["train_loss"], color=BLUE, linewidth=2, label="train, all rows")
    axes.plot(
        epochs["step"],
        epochs["validation_loss"],
        color=ORANGE,
        linewidth=2,
        linestyle="--",
        label="validation",
    )
    axes.set_yscale("log")
    axes.margins(x=0.01)
    axes.legend()
    _save(figure, path)


def plot_sweep_loss(
    path: Path, curves: dict[tuple[str, str], tuple[Array, Array]], title: str, ylabel: str = LOSS
) -> None:
    """Loss versus iterations of many runs: the colour says the learning rate, the dashes the hidden sizes.

    Args:
        path: the PNG file.
        curves: (learning rate, hidden sizes) -> the iterations and the losses after them.
        title: of the plot.
        ylabel: what the loss is.
    """
    from matplotlib import colormaps

    figure, axes = _figure(title, "iteration (training step)", ylabel, width=9.0)
    rates, sizes = (list(dict.fromkeys(labels)) for labels in zip(*curves, strict=True))
    # cividis fades into the paper at its upper end.
    colors = dict(zip(rates, colormaps["cividis"](np.linspace(0, 0.9, len(rates))), strict=True))
    for (rate, hidden), (iterations, losses) in curves.items():
        dots = sizes.index(hidden)
        dashes = "-" if dots == 0 else (0, (5, 1.5) + (1, 1.5) * (dots - 1))
        axes.plot(
            iterations,
            losses,
            color=colors[rate],
            linestyle=dashes,
            linewidth=1.2,
            label=f"lr {rate}, hidden {hidden}",
        )
    axes.set_yscale("log")
    axes.margins(x=0.01)
    figure.legend(loc="outside right upper")
    _save(figure, path)


def plot_accuracy(path: Path, epochs: dict[str, Array], title: str) -> None:
    """Accuracy at the end of each epoch, over all training and validation rows.

    Args:
        path: the PNG file.
        epochs: the columns of epochs.csv.
        title: of the plot.
    """
    figure, axes = _figure(title, "epoch", "accuracy (%)")
    for column, color, style, label in (
        ("train_accuracy", BLUE, "-", "train"),
        ("validation_accuracy", ORANGE, "--", "validation"),
    ):
        axes.plot(
            epochs["epoch"], 100 * epochs[column], color=color, linestyle=style, linewidth=2, label=label
        )
    axes.margins(x=0.01)
    axes.set_ylim(top=101)
    axes.legend(loc="lower right")
    _save(figure, path)


def plot_heatmap(
    path: Path, means: Array, errors: Array, rows: Sequence[str], columns: Sequence[str], title: str
) -> None:
    """Validation error for each learning rate and hidden size.

    Args:
        path: the PNG file.
        means: validation error of each cell, (learning rates, hidden sizes), NaN where training diverged.
        errors: its standard error over the seeds, NaN with a single seed.
        rows: labels of the learning rates.
        columns: labels of the hidden sizes.
        title: of the plot.
    """
    figure, axes = _figure(
        title, "hidden sizes", "learning rate", width=2.5 + 1.3 * len(columns), height=2 + 0.8 * len(rows)
    )
    axes.grid(visible=False)
    image = axes.imshow(100 * means, cmap="cividis", aspect="auto")
    axes.set_xticks(range(len(columns)), columns)
    axes.set_yticks(range(len(rows)), rows)
    middle = np.nanmean([np.nanmin(means), np.nanmax(means)]) if np.isfinite(means).any() else 0.0
    for (row, column), mean in np.ndenumerate(means):
        error = errors[row, column]
        spread = f"\n± {100 * error:.1f}" if np.isfinite(error) else ""
        text = f"{100 * mean:.1f}{spread}" if np.isfinite(mean) else "diverged"
        # cividis is light at its upper end.
        ink = "white" if np.isfinite(mean) and mean <= middle else "black"
        axes.text(column, row, text, ha="center", va="center", color=ink)
    figure.colorbar(image, ax=axes, label="validation error (%), mean ± standard error")
    _save(figure, path)


def _figure(
    title: str, xlabel: str, ylabel: str, width: float = 7.0, height: float = 4.5
) -> tuple[Figure, Axes]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), dpi=150, layout="constrained")
    axes = figure.subplots()
    axes.set(title=title, xlabel=xlabel, ylabel=ylabel)
    axes.grid(visible=True, color="0.9")
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes


def _save(figure: Figure, path: Path) -> None:
    with open_atomically(path) as stream:
        figure.savefig(stream, format="png")
