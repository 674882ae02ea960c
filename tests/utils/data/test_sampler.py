"""Samplers against the numbers that torch 2.14 draws from the same seeds."""

import pytest

import npnn
from npnn.utils.data import BatchSampler, RandomSampler, Sampler, SubsetRandomSampler, WeightedRandomSampler


def test_random_samplers_draw_torchs_orders():
    npnn.manual_seed(0)
    sampler = RandomSampler(range(8))
    assert list(sampler) == [2, 5, 4, 6, 1, 7, 0, 3]
    assert list(sampler) == [2, 0, 5, 3, 1, 4, 7, 6]
    assert npnn.rand(1).item() == 0.30742281675338745


def test_other_random_samplers_draw_torchs_orders():
    npnn.manual_seed(0)
    assert list(RandomSampler(range(5), replacement=True, num_samples=8)) == [1, 0, 4, 3, 4, 0, 2, 3]
    assert list(SubsetRandomSampler([10, 20, 30, 40])) == [20, 10, 40, 30]
    assert list(WeightedRandomSampler([1, 0, 2, 5], 8)) == [0, 2, 0, 2, 2, 2, 3, 2]


def test_batches():
    assert list(BatchSampler(range(7), 3, drop_last=False)) == [[0, 1, 2], [3, 4, 5], [6]]
    assert list(BatchSampler(iter(range(7)), 3, drop_last=True)) == [[0, 1, 2], [3, 4, 5]]
    assert [len(BatchSampler(range(7), 3, drop_last)) for drop_last in (False, True)] == [3, 2]


def test_a_random_sampler_follows_a_dataset_that_grows():
    data = [1, 2, 3]
    sampler = RandomSampler(data)
    data += [4, 5]
    assert sorted(sampler) == [0, 1, 2, 3, 4]
    assert len(sampler) == 5


@pytest.mark.parametrize("size", [0, -1, 2.0, True])
def test_sizes_must_be_positive_integers(size):
    message = f"should be a positive integer value, but got .*={size}"
    with pytest.raises(ValueError, match=message):
        BatchSampler([1], size, False)
    with pytest.raises(ValueError, match=message):
        WeightedRandomSampler([1], size)


def test_a_sampler_without_an_order():
    with pytest.raises(NotImplementedError, match="Sampler is a Sampler, but does not define __iter__"):
        iter(Sampler())
