"""The pictures of a run, as PNG files.

Without pyplot, which would look for a screen. The colours are Okabe and Ito's, which stay apart for
colour-blind readers.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from npnn.serialization import open_atomically

_COLORS = {"train": "#0072B2", "val": "#D55E00"}
_STYLES = {"train": "-", "val": "--"}


def plot_curves(path: Path, epochs: pd.DataFrame, validation: str) -> None:
    """Loss and accuracy in each epoch, training and validation.

    Args:
        path: the PNG file.
        epochs: the rows of epochs.csv.
        validation: what the validation images are.
    """
    figure = Figure(figsize=(10, 4), layout="constrained")
    for axes, (metric, label) in zip(
        figure.subplots(1, 2), {"loss": "cross-entropy loss", "accuracy": "accuracy (%)"}.items(), strict=True
    ):
        for part, name in {"train": "training, during the epoch", "val": validation}.items():
            values = epochs[f"{part}_{metric}"] * (100 if metric == "accuracy" else 1)
            axes.plot(
                epochs["epoch"],
                values,
                marker="o",
                markersize=3,
                label=name,
                color=_COLORS[part],
                ls=_STYLES[part],
            )
        axes.set(xlabel="epoch", ylabel=label)
        axes.xaxis.get_major_locator().set_params(integer=True)
        axes.grid(alpha=0.3)
        axes.legend()
    _save(figure, path)


def plot_confusion(path: Path, counts: np.ndarray, classes: Sequence[str]) -> None:
    """How often each class was taken for each.

    Args:
        path: the PNG file.
        counts: (true class, predicted class).
        classes: names.
    """
    figure = Figure(figsize=(8, 7), layout="constrained")
    axes: Axes = figure.subplots()
    shares = counts / np.maximum(counts.sum(1, keepdims=True), 1)
    picture = axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    axes.set_xticks(range(len(classes)), classes, rotation=45, ha="right")
    axes.set_yticks(range(len(classes)), classes)
    axes.set(xlabel="predicted", ylabel="true")
    for (row, column), count in np.ndenumerate(counts):
        if count:
            ink = "white" if shares[row, column] > 0.5 else "black"
            axes.text(column, row, str(count), ha="center", va="center", fontsize=8, color=ink)
    figure.colorbar(picture, ax=axes, label="share of the true class", shrink=0.8)
    _save(figure, path)


def plot_mistakes(
    path: Path, images: Tensor, labels: Tensor, probabilities: Tensor, classes: Sequence[str], count: int = 24
) -> None:
    """The mistakes that the network was surest of.

    Args:
        path: the PNG file.
        images: uint8, (N, H, W, C).
        labels: (N,).
        probabilities: (N, classes).
        classes: names.
        count: how many at most.
    """
    confidence, predicted = probabilities.max(1)
    sureness = confidence.where(predicted != labels, -1.0)
    wrong = [number for number in sureness.argsort(descending=True)[:count].tolist() if sureness[number] >= 0]
    figure = Figure(figsize=(9, 7), layout="constrained")
    grid = figure.subplots(4, 6)
    for axes in grid.flat:
        axes.axis("off")
    for axes, number in zip(grid.flat, wrong, strict=False):
        pixels = images[number].numpy()
        axes.imshow(pixels[..., 0] if pixels.shape[-1] == 1 else pixels, cmap="gray")
        axes.set_title(
            f"{classes[predicted[number]]} {confidence[number]:.0%}\nis {classes[labels[number]]}", fontsize=7
        )
    _save(figure, path)


def _save(figure: Figure, path: Path) -> None:
    with open_atomically(path) as stream:
        figure.savefig(stream, format="png", dpi=120)
