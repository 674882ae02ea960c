"""Iris as the trainer takes it."""

import numpy as np

from npnn.datasets import load_iris
from npnn.training.data import prepare_iris


def test_split_is_105_15_30_with_every_species_alike():
    data = prepare_iris(split_seed=4)
    for rows, count in ((data.train, 35), (data.validation, 5), (data.test, 10)):
        np.testing.assert_array_equal(np.bincount(rows.labels), [count] * 3)
    parts = [
        np.column_stack([rows.features, rows.labels]) for rows in (data.train, data.validation, data.test)
    ]
    iris = load_iris()
    everything = np.column_stack([iris.features, iris.labels])
    # Flowers with equal measurements exist, so compare the multisets of rows.
    np.testing.assert_array_equal(
        np.array(sorted(map(tuple, np.concatenate(parts)))), np.array(sorted(map(tuple, everything)))
    )


def test_standardises_by_the_training_rows_alone():
    data = prepare_iris(split_seed=4)
    scaled = (data.train.features - data.mean) / data.std
    np.testing.assert_allclose(scaled.mean(axis=0), 0, atol=1e-13)
    np.testing.assert_allclose(scaled.var(axis=0), 1, rtol=1e-13)
    assert abs(((data.test.features - data.mean) / data.std).mean(axis=0)).max() > 1e-3


def test_without_standardisation_features_stay_as_they_are():
    data = prepare_iris(split_seed=4, standardize=False)
    np.testing.assert_array_equal(data.mean, np.zeros(4))
    np.testing.assert_array_equal(data.std, np.ones(4))


def test_the_seed_decides():
    first, again, other = prepare_iris(0), prepare_iris(0), prepare_iris(1)
    np.testing.assert_array_equal(first.test.features, again.test.features)
    assert (first.test.features != other.test.features).any()
