"""DataLoader: batches of a dataset's samples, shuffled or not, made here or in worker processes."""

from __future__ import annotations

import itertools
import multiprocessing
import os
import warnings
from collections.abc import Callable, Iterable, Iterator
from multiprocessing.context import BaseContext
from typing import Any, Generic, TypeVar

from npnn.random import Generator
from npnn.utils.data.collate import default_collate, default_convert
from npnn.utils.data.dataset import IterableDataset
from npnn.utils.data.iterator import SingleProcessIterator
from npnn.utils.data.sampler import BatchSampler, RandomSampler, SequentialSampler
from npnn.utils.data.workers import WorkersIterator

T_co = TypeVar("T_co", covariant=True)

_FIXED = ("batch_size", "batch_sampler", "sampler", "drop_last", "dataset", "persistent_workers")
"""Attributes that other attributes were made of, and that therefore cannot be set."""


class DataLoader(Generic[T_co]):
    """Goes through a dataset in batches.

    Any object with `__getitem__` and `__len__` serves as a dataset, so those of torchvision do. What the
    samples become is told at `default_collate`, and how images are turned to channels last at
    `npnn.utils.data.collate`.

    With the same seed the batches are torch's: each pass draws a seed for workers from `generator`, by
    default npnn's own random numbers; then, to shuffle, a permutation from `generator` or, without one, from
    a new generator that is seeded from npnn's own.

    Args:
        dataset: what has samples.
        batch_size: how many samples in a batch. None yields single samples, converted by `default_convert`.
        shuffle: take the samples in another random order in each pass.
        sampler: the order of the samples; instead of `shuffle`.
        batch_sampler: yields lists of indices; instead of `batch_size`, `shuffle`, `sampler` and `drop_last`.
        num_workers: how many processes make batches ahead of time; 0 makes them when they are asked for.
            Workers fork where the system's default is to; where it is to spawn, the dataset and all functions
            must be such as can be pickled, and a script needs `if __name__ == "__main__":`.
        collate_fn: makes a batch of a list of samples.
        pin_memory: accepted, with a warning: there is no accelerator.
        drop_last: leave out a last batch that is smaller.
        timeout: seconds to wait for a worker; 0 waits for ever.
        worker_init_fn: is called in each worker with its number, after its random numbers were seeded.
        multiprocessing_context: how workers are started: a context of `multiprocessing`, or its name.
        generator: of the order and of the workers' seeds.
        prefetch_factor: how many batches each worker is ahead; by default 2.
        persistent_workers: keep the workers, and their copies of the dataset, from pass to pass.
        pin_memory_device: accepted.
        in_order: False yields a batch when it is there, even before others that should come earlier.

    Raises:
        ValueError: an option is out of range, or excludes another.
        TypeError: `multiprocessing_context` is of another type.

    Source: torch.utils.data.DataLoader.

    Examples:
        >>> import npnn
        >>> from npnn.utils.data import TensorDataset
        >>> data = TensorDataset(npnn.arange(10).reshape(5, 2), npnn.arange(5))
        >>> loader = DataLoader(data, batch_size=3, shuffle=True, generator=npnn.Generator().manual_seed(0))
        >>> for inputs, labels in loader:
        ...     print(inputs.tolist(), labels)
        [[6, 7], [2, 3], [0, 1]] tensor([3, 1, 0])
        [[8, 9], [4, 5]] tensor([4, 2])
        >>> len(loader)
        2
    """

    _initialized = False

    def __init__(
        self,
        dataset: Any,
        batch_size: int | None = 1,
        shuffle: bool | None = None,
        sampler: Iterable[Any] | None = None,
        batch_sampler: Iterable[list[Any]] | None = None,
        num_workers: int = 0,
        collate_fn: Callable[[Any], Any] | None = None,
        pin_memory: bool = False,
        drop_last: bool = False,
        timeout: float = 0,
        worker_init_fn: Callable[[int], Any] | None = None,
        multiprocessing_context: str | BaseContext | None = None,
        generator: Generator | None = None,
        *,
        prefetch_factor: int | None = None,
        persistent_workers: bool = False,
        pin_memory_device: str = "",
        in_order: bool = True,
    ) -> None:
        self._iterable = isinstance(dataset, IterableDataset)
        _check_workers(num_workers, timeout, prefetch_factor, persistent_workers)
        if self._iterable:
            _check_stream(shuffle, sampler, batch_sampler)
        if sampler is not None and shuffle:
            raise ValueError("sampler option is mutually exclusive with shuffle")
        if batch_sampler is not None:
            if batch_size != 1 or shuffle or sampler is not None or drop_last:
                raise ValueError(
                    "batch_sampler option is mutually exclusive with batch_size, shuffle, sampler, and"
                    " drop_last"
                )
            batch_size = None
        elif batch_size is None and drop_last:
            raise ValueError("batch_size=None yields single samples and is mutually exclusive with drop_last")
        if sampler is None:
            if self._iterable:
                sampler = itertools.repeat(None)
            elif shuffle:
                sampler = RandomSampler(dataset, generator=generator)
            else:
                sampler = SequentialSampler(dataset)
        if batch_size is not None:
            batch_sampler = BatchSampler(sampler, batch_size, drop_last)
        if collate_fn is None:
            collate_fn = default_convert if batch_sampler is None else default_collate

        self.dataset = dataset
        self.batch_size = batch_size
        self.sampler = sampler
        self.batch_sampler = batch_sampler
        self.num_workers = num_workers
        self.collate_fn = collate_fn
        self.pin_memory = pin_memory
        self.pin_memory_device = pin_memory_device
        self.drop_last = drop_last
        self.timeout = timeout
        self.worker_init_fn = worker_init_fn
        self.multiprocessing_context = _context(multiprocessing_context, num_workers)
        self.generator = generator
        self.prefetch_factor = 2 if num_workers and prefetch_factor is None else prefetch_factor
        self.persistent_workers = persistent_workers
        self.in_order = in_order
        self._length_told: int | None = None  # of a stream, when it was asked for
        self._iterator: WorkersIterator | None = None
        self._initialized = True
        _warn_of_too_many(num_workers)

    def __setattr__(self, name: str, value: Any) -> None:
        if self._initialized and name in _FIXED:
            raise ValueError(f"{name} attribute should not be set after {type(self).__name__} is initialized")
        super().__setattr__(name, value)

    @property
    def _index_sampler(self) -> Any:
        return self.sampler if self.batch_sampler is None else self.batch_sampler

    def __iter__(self) -> Iterator[Any]:
        if self.num_workers == 0:
            return SingleProcessIterator(self)
        if not self.persistent_workers:
            return WorkersIterator(self)
        if self._iterator is None:
            self._iterator = WorkersIterator(self)
        else:
            self._iterator.reset(self)
        return self._iterator

    def __len__(self) -> int:
        if not self._iterable:
            return len(self._index_sampler)
        length = self._length_told = len(self.dataset)
        if self.batch_size is None:
            return length
        return length // self.batch_size if self.drop_last else -(-length // self.batch_size)


def _check_workers(num_workers: int, timeout: float, prefetch_factor: int | None, persistent: bool) -> None:
    if num_workers < 0:
        raise ValueError(f"num_workers option should be non-negative, but got {num_workers}")
    if timeout < 0:
        raise ValueError(f"timeout option should be non-negative, but got {timeout}")
    if prefetch_factor is not None and num_workers == 0:
        raise ValueError(
            f"prefetch_factor option could only be specified with num_workers > 0, but got {prefetch_factor}"
        )
    if prefetch_factor is not None and prefetch_factor < 0:
        raise ValueError(f"prefetch_factor option should be non-negative, but got {prefetch_factor}")
    if persistent and num_workers == 0:
        raise ValueError("persistent_workers option needs num_workers > 0")


def _check_stream(shuffle: bool | None, sampler: Any, batch_sampler: Any) -> None:
    """Refuses what names an order: a stream has its own."""
    options = {"shuffle": shuffle or None, "sampler": sampler, "batch_sampler": batch_sampler}
    for name, value in options.items():
        if value is not None:
            raise ValueError(
                f"DataLoader with IterableDataset: expected unspecified {name} option, but got {name}={value}"
            )


def _context(given: str | BaseContext | None, num_workers: int) -> BaseContext | None:
    if given is None:
        return None
    if num_workers == 0:
        raise ValueError(
            "multiprocessing_context can only be used with num_workers > 0, but got num_workers=0"
        )
    if isinstance(given, str):
        methods = multiprocessing.get_all_start_methods()
        if given not in methods:
            raise ValueError(
                f"multiprocessing_context option should specify a valid start method in {methods}, but got"
                f" {given!r}"
            )
        return multiprocessing.get_context(given)
    if not isinstance(given, BaseContext):
        raise TypeError(
            "multiprocessing_context option should be a context of multiprocessing or the name of a start"
            f" method, but got {given!r}"
        )
    return given


def _warn_of_too_many(num_workers: int) -> None:
    if num_workers == 0:
        return
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    if allowed is not None and num_workers > allowed:
        warnings.warn(
            f"This DataLoader will create {num_workers} worker processes, but this process may use only"
            f" {allowed} processors: more workers than those make it slower",
            stacklevel=3,
        )
