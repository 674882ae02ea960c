"""Fisher's Iris: 150 flowers of three species, four measurements each, in a file inside the package."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from npnn._typing import Array
from npnn.datasets.table import read_table

FEATURE_NAMES = ("sepal_length", "sepal_width", "petal_length", "petal_width")
CLASS_NAMES = ("setosa", "versicolor", "virginica")

_PATH = Path(__file__).with_name("iris.csv")


@dataclass(frozen=True)
class IrisData:
    """Measurements and species.

    Attributes:
        features: lengths in cm, float64, (rows, 4).
        labels: index of the species in `class_names`, int64, (rows,).
        feature_names: what each column of `features` measures.
        class_names: the species.
    """

    features: Array
    labels: Array
    feature_names: tuple[str, ...] = FEATURE_NAMES
    class_names: tuple[str, ...] = CLASS_NAMES


def load_iris(path: str | os.PathLike[str] = _PATH) -> IrisData:
    """Loads Iris.

    Args:
        path: a CSV file with the four measurements and a column `species`; by default the one inside the
            package.

    Shape:
        Output: features (150, 4), labels (150,), for the file inside the package.

    Returns:
        The data, in the order of the file.

    Raises:
        DataError: a cell is no finite number, or a species is not one of the three.

    Source:
        R. A. Fisher, "The use of multiple measurements in taxonomic problems", Annals of Eugenics 7 (1936)
        179-188; the UCI Machine Learning Repository, https://doi.org/10.24432/C56C76. The values are Fisher's
        own, as in R and scikit-learn; UCI's file differs from them in two rows.

    Examples:
        >>> iris = load_iris()
        >>> iris.features.shape, iris.features[0], iris.class_names[iris.labels[0]]
        ((150, 4), array([5.1, 3.5, 1.4, 0.2]), 'setosa')
    """
    table = read_table(path, (*FEATURE_NAMES, "species"))
    features = table.numbers(FEATURE_NAMES)
    labels = np.empty(len(features), np.int64)
    for row, species in enumerate(table.texts("species")):
        if species not in CLASS_NAMES:
            raise table.error(row, "species", f"{species!r} is none of {', '.join(CLASS_NAMES)}")
        labels[row] = CLASS_NAMES.index(species)
    return IrisData(features, labels)
