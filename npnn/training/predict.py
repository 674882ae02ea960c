"""Classifying the rows of a CSV file with the model of a finished run."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

import numpy as np

from npnn._typing import Array
from npnn.datasets import read_table
from npnn.training import experiment as files
from npnn.training.experiment import ExperimentError
from npnn.training.model import Classifier


class Prediction(NamedTuple):
    """The most probable class of one row (counted from 1), its probability, and those of all classes."""

    row: int
    label: str
    probability: float
    probabilities: Array


def load_classifier(run: str | os.PathLike[str]) -> Classifier:
    """The classifier of a finished run.

    Args:
        run: the run's folder.

    Returns:
        The classifier.

    Raises:
        ExperimentError: the folder holds no run, or one that is not finished.
        SerializationError: the model's file is damaged.
    """
    folder = Path(run)
    if (folder / files.MODEL).is_file():
        return Classifier.load(folder / files.MODEL)
    if (folder / files.HYPERPARAMETERS).is_file():
        raise ExperimentError(
            f"the run in {folder} has no {files.MODEL} yet: finish it with npnn train iris --resume"
        )
    raise ExperimentError(
        f"{folder} is no run's folder: expected one with {files.MODEL} in it, such as experiments/iris"
    )


def predict_file(classifier: Classifier, path: str | os.PathLike[str]) -> list[Prediction]:
    """Classifies the rows of a CSV file.

    Args:
        classifier: what to classify with.
        path: the file, with the features' columns as `npnn.datasets.read_table` finds them.

    Returns:
        One prediction for each row.

    Raises:
        DataError: a column is missing, or a cell is no number that the classifier's dtype can hold.
        OSError: the file cannot be opened.
    """
    table = read_table(path, classifier.feature_names)
    features = table.numbers(classifier.feature_names)
    with np.errstate(over="ignore", invalid="ignore"):
        probabilities = classifier.predict(features)
        # Infinity need not come out at the end: ReLU makes 0 of a negative one.
        finite = np.isfinite(np.hstack([features.astype(classifier.dtype), probabilities]))
    for row in np.flatnonzero(~finite.all(axis=1)):
        column = int(np.abs(features[row]).argmax())
        raise table.error(
            int(row),
            classifier.feature_names[column],
            f"{features[row, column]} is too large for {classifier.dtype}",
        )
    return [
        Prediction(index + 1, classifier.class_names[row.argmax()], float(row.max()), row)
        for index, row in enumerate(probabilities)
    ]


def write_predictions(path: Path, predictions: list[Prediction], class_names: tuple[str, ...]) -> None:
    """Writes predictions to a CSV file, atomically.

    Args:
        path: the file.
        predictions: of each row.
        class_names: names of the classes; each gets a column with its probability.
    """
    files.write_csv(
        path,
        ("row", "class", "probability", *class_names),
        [(p.row, p.label, p.probability, *map(float, p.probabilities)) for p in predictions],
    )
