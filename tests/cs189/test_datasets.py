"""Batches, and Iris."""

import numpy as np
import pytest

import npnn
from npnn.cs189.datasets import Data, Dataset, initialize_dataset
from npnn.datasets import load_iris


def test_iris_is_split_one_hot_and_always_the_same():
    dataset, again = initialize_dataset("iris", batch_size=25), initialize_dataset("iris")
    assert (dataset.n_training, dataset.n_validation, dataset.test.n_samples) == (105, 15, 30)
    assert (dataset.out_dim, dataset.batch_size, again.batch_size) == (3, 25, 50)
    iris = load_iris()
    parts = dataset.train, dataset.validate, dataset.test
    rows = np.concatenate([np.column_stack([part.data, part.labels.argmax(1)]) for part in parts])
    whole = np.column_stack([iris.features, iris.labels])
    np.testing.assert_array_equal(np.unique(rows, axis=0, return_counts=True)[1].sum(), 150)
    np.testing.assert_array_equal(rows[np.lexsort(rows.T)], whole[np.lexsort(whole.T)])
    for part, same in zip(parts, (again.train, again.validate, again.test), strict=True):
        np.testing.assert_array_equal(part.labels.sum(axis=1), 1)
        np.testing.assert_array_equal(part.labels.sum(axis=0), part.n_samples / 3)
        np.testing.assert_array_equal(part.data, same.data)


def numbered(rows, batch_size):
    return Data(np.arange(rows), np.arange(rows).reshape(-1, 1) * 10, batch_size)


def test_each_epoch_deals_out_every_row_once_in_an_order_of_its_own():
    data = numbered(11, 4)
    assert data.samples_per_epoch == 3
    epochs = [[data.sample() for _ in range(3)] for _ in range(4)]
    orders = []
    for epoch in epochs:
        assert [len(X) for X, _ in epoch] == [4, 4, 3]
        for X, Y in epoch:
            np.testing.assert_array_equal(Y[:, 0], 10 * X)
        orders.append(tuple(np.concatenate([X for X, _ in epoch])))
        assert sorted(orders[-1]) == list(range(11))
    assert len(set(orders)) == 4
    np.testing.assert_array_equal(data.data, np.arange(11))


def test_the_seed_decides_the_order():
    def order(generator=None):
        return np.concatenate([X for X, _ in numbered(11, 4).batches(generator=generator)])

    first, second = (order(npnn.Generator().manual_seed(3)) for _ in range(2))
    np.testing.assert_array_equal(first, second)
    npnn.manual_seed(3)
    np.testing.assert_array_equal(order(), first)
    data = numbered(11, 11)
    npnn.manual_seed(3)
    np.testing.assert_array_equal(data.sample()[0], first)


def test_batches_without_shuffling_and_without_labels():
    batches = list(Data(np.arange(5), batch_size=2).batches(shuffle=False))
    assert [X.tolist() for X, _ in batches] == [[0, 1], [2, 3], [4]]
    assert [Y for _, Y in batches] == [None] * 3


def test_refusals():
    with pytest.raises(ValueError, match="got 5 examples, but labels for 4"):
        Data(np.ones(5), np.ones((4, 1)))
    with pytest.raises(ValueError, match="batch_size must be at least 1, but got 0"):
        Data(np.ones(5), batch_size=0)
    with pytest.raises(ValueError, match=r"labels must be a matrix, .* but got the shape \(5,\)"):
        Dataset(np.ones((5, 2)), np.arange(5))
    with pytest.raises(NotImplementedError, match="no data set 'mnist', only: iris"):
        initialize_dataset("mnist")
