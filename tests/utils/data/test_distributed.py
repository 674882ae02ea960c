"""Shares of several processes."""

import pytest

from npnn.utils.data import DistributedSampler


@pytest.mark.parametrize("drop_last", [False, True])
@pytest.mark.parametrize(("size", "replicas"), [(11, 3), (12, 3), (2, 5)])
def test_the_shares_are_equal_and_cover_the_dataset(size, replicas, drop_last):
    samplers = [
        DistributedSampler(range(size), replicas, rank, drop_last=drop_last) for rank in range(replicas)
    ]
    shares = [list(sampler) for sampler in samplers]
    assert {len(share) for share in shares} == {len(samplers[0])}
    taken = [index for share in shares for index in share]
    if drop_last:
        assert len(set(taken)) == len(taken) == size - size % replicas
    else:
        assert set(taken) == set(range(size))


def test_each_epoch_has_an_order_of_its_own():
    sampler = DistributedSampler(range(20), 2, 0, seed=1)
    first = list(sampler)
    assert list(sampler) == first
    sampler.set_epoch(1)
    assert list(sampler) != first


def test_refusals():
    with pytest.raises(ValueError, match="expects num_replicas and rank"):
        DistributedSampler([1], 2)
    with pytest.raises(ValueError, match=r"Invalid rank 2, rank should be in the interval \[0, 1\]"):
        DistributedSampler([1], 2, 2)
