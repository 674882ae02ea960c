"""Data sets: batches of examples for training, validation and test."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from npnn._typing import Array
from npnn.cs189._common import look_up
from npnn.datasets import load_iris, stratified_split
from npnn.random import Generator, default_generator

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


class Data:
    """Examples in rows, dealt out in batches.

    Args:
        data: the examples.
        labels: the target of each example, or None if they are not known.
        batch_size: number of examples in a batch.

    Shape:
        data: (rows, *). labels: (rows, out).

    Attributes:
        data: the examples, in the order they were given in.
        labels: their targets, or None.
        batch_size: number of examples in a batch.
        n_samples: number of examples.
        samples_per_epoch: number of batches that go once through all of them.

    Raises:
        ValueError: there are not as many labels as examples, or the batch size is less than 1.

    Examples:
        >>> data = Data(np.arange(5), batch_size=2)
        >>> [X.tolist() for X, _ in data.batches(shuffle=False)]
        [[0, 1], [2, 3], [4]]
    """

    def __init__(self, data: ArrayLike, labels: ArrayLike | None = None, batch_size: int = 50) -> None:
        self.data = np.asarray(data)
        self.labels = None if labels is None else np.asarray(labels)
        self.batch_size = batch_size
        self.n_samples = len(self.data)
        if self.labels is not None and len(self.labels) != self.n_samples:
            raise ValueError(f"got {self.n_samples} examples, but labels for {len(self.labels)}")
        if batch_size < 1:
            raise ValueError(f"batch_size must be at least 1, but got {batch_size}")
        self.samples_per_epoch = math.ceil(self.n_samples / batch_size)
        self._epoch: Iterator[tuple[Array, Array | None]] = iter(())

    def batches(
        self, shuffle: bool = True, generator: Generator | None = None
    ) -> Iterator[tuple[Array, Array | None]]:
        """Goes once through all examples; the last batch may be short.

        Args:
            shuffle: whether in a new random order, or in the order they were given in.
            generator: what the order is drawn from; None is npnn's default generator.

        Yields:
            X and Y of each batch; Y is None if there are no labels.
        """
        order = np.arange(self.n_samples)
        if shuffle:
            order = (generator or default_generator).randperm(self.n_samples)
        for start in range(0, self.n_samples, self.batch_size):
            rows = order[start : start + self.batch_size]
            yield self.data[rows], None if self.labels is None else self.labels[rows]

    def sample(self) -> tuple[Array, Array | None]:
        """Deals out the next batch; after the last one a new epoch begins, in a new random order.

        Returns:
            X and Y; Y is None if there are no labels.

        Examples:
            >>> data = Data(np.arange(5), batch_size=2)
            >>> batches = [data.sample()[0] for _ in range(6)]
            >>> [len(X) for X in batches]
            [2, 2, 1, 2, 2, 1]
            >>> sorted(np.concatenate(batches[3:]).tolist())
            [0, 1, 2, 3, 4]
        """
        try:
            return next(self._epoch)
        except StopIteration:
            self._epoch = self.batches()
            return next(self._epoch)


class Dataset:
    """Examples and labels for training and, where there are any, for validation and test.

    Args:
        training_set: the examples to learn from.
        training_labels: their targets, one-hot for classes.
        batch_size: number of examples in a batch.
        validation_set: the examples to choose by, or None.
        validation_labels: their targets.
        test_set: the examples that nothing is chosen by, or None.
        test_labels: their targets, or None if nobody knows them.

    Shape:
        Sets: (rows, *). Labels: (rows, out_dim).

    Attributes:
        train: the `Data` to learn from.
        validate: the `Data` to choose by, or None.
        test: the `Data` that nothing is chosen by, or None.
        out_dim: the width of the targets.
        n_training: number of examples to learn from.
        n_validation: number of examples to choose by.
        batch_size: number of examples in a batch.

    Raises:
        ValueError: the labels are no matrix, or not as many as the examples.

    Examples:
        >>> dataset = Dataset(np.ones((7, 2)), np.eye(7), batch_size=3)
        >>> dataset.out_dim, dataset.train.samples_per_epoch, dataset.validate, dataset.n_validation
        (7, 3, None, 0)
    """

    def __init__(
        self,
        training_set: ArrayLike,
        training_labels: ArrayLike,
        batch_size: int = 50,
        validation_set: ArrayLike | None = None,
        validation_labels: ArrayLike | None = None,
        test_set: ArrayLike | None = None,
        test_labels: ArrayLike | None = None,
    ) -> None:
        width = np.shape(training_labels)
        if len(width) != 2:
            raise ValueError(f"labels must be a matrix, one-hot for classes, but got the shape {width}")
        self.train = Data(training_set, training_labels, batch_size)
        self.validate = (
            None if validation_set is None else Data(validation_set, validation_labels, batch_size)
        )
        self.test = None if test_set is None else Data(test_set, test_labels, batch_size)
        self.out_dim = width[1]
        self.n_training = self.train.n_samples
        self.n_validation = 0 if self.validate is None else self.validate.n_samples
        self.batch_size = batch_size


# Of each species' 50 rows: 105 to train on, 15 to validate and 30 to test in all.
_IRIS_ROWS_PER_CLASS = (35, 5, 10)


def _iris(batch_size: int) -> Dataset:
    """Iris, always split in the same way, in centimetres."""
    iris = load_iris()
    labels = np.eye(len(iris.class_names))[iris.labels]
    train, validation, test = stratified_split(iris.labels, _IRIS_ROWS_PER_CLASS, Generator().manual_seed(0))
    return Dataset(
        *(iris.features[train], labels[train], batch_size),
        *(iris.features[validation], labels[validation]),
        *(iris.features[test], labels[test]),
    )


DATASETS = {"iris": _iris}


def initialize_dataset(name: str, batch_size: int = 50) -> Dataset:
    """Loads the data set of a name.

    Args:
        name: "iris".
        batch_size: number of examples in a batch.

    Returns:
        The data set; Iris has 105 rows to train on, 15 to validate and 30 to test.

    Raises:
        NotImplementedError: there is none of that name.

    Examples:
        >>> dataset = initialize_dataset("iris")
        >>> dataset.n_training, dataset.n_validation, dataset.test.n_samples, dataset.out_dim
        (105, 15, 30, 3)
    """
    return look_up(DATASETS, "data set", name)(batch_size)
