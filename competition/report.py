"""The page about a run: report.md, and the same as report.html."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import markdown
import pandas as pd
import torch
import yaml

from competition.callbacks import Outputs
from competition.data import ImageData
from competition.plots import plot_confusion, plot_curves, plot_mistakes
from competition.recipe import ingredients_of, setting
from npnn.serialization import open_atomically

CONFIG, EPOCHS, RESULTS, ABLATION = "config.yaml", "epochs.csv", "results.json", "ablation.csv"
CURVES, CONFUSION, MISTAKES = "curves.png", "confusion.png", "mistakes.png"

_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}"
    "table{border-collapse:collapse}td,th{border:1px solid #bbb;padding:.2rem .6rem;text-align:left}"
    "img{max-width:100%}pre{background:#f5f5f5;padding:1rem;overflow:auto}"
)


def write_figures(
    folder: Path, outputs: Outputs, data: ImageData, facts: Mapping[str, Any]
) -> dict[str, Any]:
    """Writes what a test found: results.json, the confusion matrix and the most confident mistakes.

    Args:
        folder: of the run.
        outputs: of the test.
        data: set up for the test.
        facts: what else results.json is to hold.

    Returns:
        What results.json holds.
    """
    images, _ = data.parts["test"]
    labels, probabilities = outputs.labels, outputs.logits.softmax(1)
    count = len(data.classes)
    counts = torch.bincount(labels * count + outputs.logits.argmax(1), minlength=count**2)
    counts = counts.reshape(count, count).numpy()
    plot_confusion(folder / CONFUSION, counts, data.classes)
    plot_mistakes(folder / MISTAKES, images[outputs.index], labels, probabilities, data.classes)
    results = {
        "test_accuracy": float(counts.trace() / counts.sum()),
        "test_images": len(labels),
        "accuracy_of_class": {
            name: float(row[place] / max(row.sum(), 1))
            for place, (name, row) in enumerate(zip(data.classes, counts, strict=True))
        },
        **facts,
    }
    write_text(folder / RESULTS, json.dumps(results, indent=2) + "\n")
    return results


def write_report(folder: Path) -> None:
    """Writes report.md and report.html from what lies in a run's folder.

    Args:
        folder: of a run that has been trained and tested.
    """
    config = yaml.safe_load((folder / CONFIG).read_text())
    results = json.loads((folder / RESULTS).read_text())
    epochs = pd.read_csv(folder / EPOCHS)
    aside = setting(config, "data.init_args.validation")
    validation = "validation" if aside else "test images, which nothing was chosen by"
    plot_curves(folder / CURVES, epochs, validation)
    sections = [
        f"# {folder.name}",
        _summary(config, results, epochs),
        f"## Each epoch\n\n![loss and accuracy]({CURVES})",
        markdown_table(epochs.round(4)),
        (
            f"## The test images\n\n![confusion matrix]({CONFUSION})\n\nThe mistakes that the network was"
            " surest of:"
        ),
        f"![mistakes]({MISTAKES})",
        "## What each part brought\n\n" + _parts(folder, config),
        "## Configuration\n\n```yaml\n" + yaml.safe_dump(config, sort_keys=False) + "```",
    ]
    text = "\n\n".join(sections) + "\n"
    write_text(folder / "report.md", text)
    body = markdown.markdown(text, extensions=["tables", "fenced_code"])
    page = (
        "<!doctype html><html lang='en'><meta"
        f" charset='utf-8'><title>{folder.name}</title><style>{_STYLE}</style>"
    )
    write_text(folder / "report.html", f"{page}{body}</html>\n")


def write_text(path: Path, text: str) -> None:
    """Writes a text file in one go."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with open_atomically(path) as stream:
        stream.write(text.encode())


def markdown_table(table: pd.DataFrame) -> str:
    """A table as Markdown."""
    cells = table.astype(object).where(table.notna(), "").values.tolist()
    rows = [table.columns, ["---"] * len(table.columns), *cells]
    return "\n".join("| " + " | ".join(map(str, row)) + " |" for row in rows)


def _summary(config: Mapping[str, Any], results: Mapping[str, Any], epochs: pd.DataFrame) -> str:
    rows = {
        "network": setting(config, "model.net.class_path"),
        "data": setting(config, "data.class_path"),
        "test accuracy": f"{results['test_accuracy']:.2%} of {results['test_images']} images",
        "views of each test image": setting(config, "model.views"),
        "epochs": len(epochs),
        "seconds of training": f"{epochs['seconds'].sum():.0f}",
        "parameters": f"{results['parameters']:,}",
        "arithmetic of an image in training": f"{results['training_flops_per_image'] / 1e9:.3g} GFLOP",
        "device, precision": f"{results['device']}, {results['precision']}",
        "seed": results["seed"],
    }
    return markdown_table(pd.DataFrame({"what": rows.keys(), "value": rows.values()}))


def _parts(folder: Path, config: Mapping[str, Any]) -> str:
    parts = "\n".join(f"- **{one.name}**: {one.purpose}" for one in ingredients_of(config))
    if not (folder / ABLATION).exists():
        command = f"python -m competition ablate -c {folder / CONFIG} --seeds 0,1,2"
        return f"{parts}\n\nNot measured yet: `{command}` trains without one of them at a time."
    table = pd.read_csv(folder / ABLATION)
    return (
        f"{parts}\n\nTest accuracy in per cent, mean and standard error over seeds, with one of them left"
        " out:\n\n" + markdown_table(table)
    )
