"""One pass over a DataLoader: what all passes have in common, and the pass without worker processes."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from npnn.utils.data.fetch import Recipe
from npnn.utils.data.sampler import draw_seed

if TYPE_CHECKING:
    from npnn.utils.data.dataloader import DataLoader


class LoaderIterator(Iterator[Any]):
    """Yields the batches of one pass.

    To begin one draws a seed for workers from npnn's random numbers, even without workers, as on torch.

    Args:
        loader: the DataLoader.
    """

    def __init__(self, loader: DataLoader[Any]) -> None:
        if loader.pin_memory:
            warnings.warn(
                "pin_memory is set, but there is no accelerator whose copies it would speed up", stacklevel=3
            )
        self._recipe = Recipe(
            loader.dataset,
            loader._iterable,
            loader.batch_sampler is not None,
            loader.collate_fn,
            loader.drop_last,
        )
        self._num_workers = loader.num_workers
        self._timeout = loader.timeout
        self._index_sampler = loader._index_sampler
        self._indices = iter(self._index_sampler)
        self._base_seed = draw_seed(loader.generator)
        self._begin(loader)

    def _begin(self, loader: DataLoader[Any]) -> None:
        self._yielded = 0
        self._length_told = loader._length_told

    def __next__(self) -> Any:
        batch = self._next_batch()
        self._yielded += 1
        if self._length_told is not None and self._yielded > self._length_told:
            hint = "; does each worker take only its part of the stream?" if self._num_workers else ""
            warnings.warn(
                f"Length of IterableDataset {self._recipe.dataset} was reported to be {self._length_told}"
                f" (when accessing len(dataloader)), but {self._yielded} samples have been fetched{hint}",
                stacklevel=2,
            )
        return batch

    def _next_batch(self) -> Any:
        raise NotImplementedError

    def __len__(self) -> int:
        return len(self._index_sampler)

    def __getstate__(self) -> Any:
        raise NotImplementedError(f"{type(self).__name__} cannot be pickled")


class SingleProcessIterator(LoaderIterator):
    """Makes each batch when it is asked for."""

    def __init__(self, loader: DataLoader[Any]) -> None:
        super().__init__(loader)
        if self._timeout:
            raise AssertionError(f"timeout is for workers: expected 0 without them, but got {self._timeout}")
        self._fetch = self._recipe.fetcher()

    def _next_batch(self) -> Any:
        return self._fetch(next(self._indices))
