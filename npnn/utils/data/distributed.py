"""DistributedSampler: the share of one process among several that train together."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sized

from npnn.random import Generator
from npnn.utils.data.sampler import Sampler


class DistributedSampler(Sampler[int]):
    """Every `num_replicas`-th index of an order that is the same in all processes.

    npnn itself trains in one process; this is for those who start several and exchange what they learn.

    Args:
        dataset: what has a length.
        num_replicas: how many processes there are.
        rank: which of them this one is, from 0.
        shuffle: take a permutation, another for each epoch that `set_epoch` sets.
        seed: of the permutation; it must be the same in all processes.
        drop_last: leave out what does not go round evenly, instead of handing out the first indices again.

    Raises:
        ValueError: `num_replicas` or `rank` is missing, as there is no process group to ask, or `rank` is not
            within [0, num_replicas).

    Source: torch.utils.data.distributed.DistributedSampler.

    Examples:
        >>> [list(DistributedSampler("abcde", 2, rank, shuffle=False)) for rank in (0, 1)]
        [[0, 2, 4], [1, 3, 0]]
    """

    def __init__(
        self,
        dataset: Sized,
        num_replicas: int | None = None,
        rank: int | None = None,
        shuffle: bool = True,
        seed: int = 0,
        drop_last: bool = False,
    ) -> None:
        if num_replicas is None or rank is None:
            raise ValueError(
                "npnn has no process group to ask: DistributedSampler expects num_replicas and rank"
            )
        if not 0 <= rank < num_replicas:
            raise ValueError(f"Invalid rank {rank}, rank should be in the interval [0, {num_replicas - 1}]")
        self.dataset = dataset
        self.num_replicas = num_replicas
        self.rank = rank
        self.epoch = 0
        self.shuffle = shuffle
        self.seed = seed
        self.drop_last = drop_last
        size = len(dataset)
        self.num_samples = size // num_replicas if drop_last else -(-size // num_replicas)
        self.total_size = self.num_samples * num_replicas

    def __iter__(self) -> Iterator[int]:
        size = len(self.dataset)
        order = (
            Generator().manual_seed(self.seed + self.epoch).randperm(size).tolist()
            if self.shuffle
            else range(size)
        )
        return itertools.islice(itertools.cycle(order), self.rank, self.total_size, self.num_replicas)

    def __len__(self) -> int:
        return self.num_samples

    def set_epoch(self, epoch: int) -> None:
        """Sets the epoch, of which the permutation depends: to be called before each, or all are the same."""
        self.epoch = epoch
