"""From what a sampler yields to what a DataLoader yields: the samples fetched and collated."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from npnn.utils.data.dataset import fetch_many


@dataclass(frozen=True)
class Recipe:
    """All that turns indices into a batch; a worker process gets a copy.

    Attributes:
        dataset: the dataset.
        iterable: whether it is a stream, for which indices only tell how many samples to take.
        batched: whether the sampler yields lists of indices.
        collate_fn: makes a batch of samples, or converts the one sample.
        drop_last: leave out the last samples of a stream if they are fewer than a batch.
    """

    dataset: Any
    iterable: bool
    batched: bool
    collate_fn: Callable[[Any], Any]
    drop_last: bool

    def fetcher(self) -> Callable[[Any], Any]:
        """A function from what the sampler yields to a batch. It raises StopIteration at a stream's end."""
        if not self.iterable:
            return self._from_indices
        return _StreamFetcher(self, iter(self.dataset))

    def _from_indices(self, index: Any) -> Any:
        return self.collate_fn(fetch_many(self.dataset, index) if self.batched else self.dataset[index])


@dataclass
class _StreamFetcher:
    """Takes the next samples of a stream."""

    recipe: Recipe
    samples: Iterator[Any]
    ended: bool = False

    def __call__(self, indices: Any) -> Any:
        if self.ended:
            raise StopIteration
        if not self.recipe.batched:
            return self.recipe.collate_fn(next(self.samples))
        batch = list(itertools.islice(self.samples, len(indices)))
        self.ended = len(batch) < len(indices)
        if not batch or (self.ended and self.recipe.drop_last):
            raise StopIteration
        return self.recipe.collate_fn(batch)
