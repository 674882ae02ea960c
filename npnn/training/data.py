"""Iris as the trainer takes it: split, standardised, as tensors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

import npnn
from npnn._typing import Array
from npnn.datasets import load_iris, stratified_split

# Of each species' 50 rows: 105 rows to train on, 15 to validate, 30 to test.
ROWS_PER_CLASS = {"train": 35, "validation": 5, "test": 10}


@dataclass(frozen=True)
class Rows:
    """Features and labels of some rows.

    Attributes:
        features: float64, (rows, features).
        labels: int64, (rows,).
    """

    features: Array
    labels: Array


@dataclass(frozen=True)
class SplitData:
    """A data set in three parts, with the shift and scale that its training rows call for.

    Attributes:
        train: the rows to learn from.
        validation: the rows to choose hyperparameters by.
        test: the rows that nothing is chosen by.
        mean: of each feature over the training rows, or zeros.
        std: of each feature over the training rows, or ones.
        feature_names: names of the features.
        class_names: names of the classes.
    """

    train: Rows
    validation: Rows
    test: Rows
    mean: Array
    std: Array
    feature_names: tuple[str, ...]
    class_names: tuple[str, ...]


def prepare_iris(split_seed: int, standardize: bool = True) -> SplitData:
    """Splits Iris 105/15/30, the same number from each species in each part.

    Args:
        split_seed: seed of the split.
        standardize: whether to shift and scale by the training rows' mean and standard deviation.

    Returns:
        The three parts.

    Examples:
        >>> data = prepare_iris(split_seed=0)
        >>> len(data.train.labels), len(data.validation.labels), len(data.test.labels)
        (105, 15, 30)
    """
    iris = load_iris()
    generator = npnn.Generator().manual_seed(split_seed)
    parts = stratified_split(iris.labels, list(ROWS_PER_CLASS.values()), generator)
    train, validation, test = (Rows(iris.features[rows], iris.labels[rows]) for rows in parts)
    width = iris.features.shape[1]
    return SplitData(
        train=train,
        validation=validation,
        test=test,
        mean=train.features.mean(axis=0) if standardize else np.zeros(width),
        std=train.features.std(axis=0) if standardize else np.ones(width),
        feature_names=iris.feature_names,
        class_names=iris.class_names,
    )
