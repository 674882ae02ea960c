"""Samplers: the order in which the samples of a dataset are taken."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence, Sized
from typing import Any, Generic, TypeVar

import numpy as np

from npnn.random import Generator, default_generator
from npnn.tensors import Tensor
from npnn.tensors.creation import as_tensor

T_co = TypeVar("T_co", covariant=True)

_DRAWN_TOGETHER = 32
"""How many indices torch's RandomSampler draws at a time with replacement."""


def draw_seed(generator: Generator | None = None) -> int:
    """A seed for another generator: a 63-bit integer of this one's, by default of npnn's own."""
    source = default_generator if generator is None else generator
    return int(source.random((), np.int64))


def _check_positive(name: str, value: Any) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or value <= 0:
        raise ValueError(f"{name} should be a positive integer value, but got {name}={value}")


class Sampler(Generic[T_co]):
    """An order of samples: a subclass defines `__iter__`, and `__len__` if it knows how many there are.

    Source: torch.utils.data.Sampler.

    Examples:
        >>> class Backwards(Sampler[int]):
        ...     def __init__(self, size):
        ...         self.size = size
        ...     def __iter__(self):
        ...         return iter(reversed(range(self.size)))
        >>> list(Backwards(3))
        [2, 1, 0]
    """

    def __iter__(self) -> Iterator[T_co]:
        raise NotImplementedError(f"{type(self).__name__} is a Sampler, but does not define __iter__")


class SequentialSampler(Sampler[int]):
    """All indices in order.

    Args:
        data_source: what has a length.

    Source: torch.utils.data.SequentialSampler.
    """

    def __init__(self, data_source: Sized) -> None:
        self.data_source = data_source

    def __iter__(self) -> Iterator[int]:
        return iter(range(len(self.data_source)))

    def __len__(self) -> int:
        return len(self.data_source)


class RandomSampler(Sampler[int]):
    """Indices at random: a permutation, or independent draws.

    Without a generator, each pass draws a seed from npnn's own, and its indices from a new generator.

    Args:
        data_source: what has a length.
        replacement: draw each index from all of them.
        num_samples: how many; by default as many as there are. Beyond that, without replacement, another
            permutation begins.
        generator: where the indices come from.

    Raises:
        TypeError: `replacement` is not a bool.
        ValueError: `num_samples` is not a positive integer.

    Source: torch.utils.data.RandomSampler.

    Examples:
        >>> import npnn
        >>> list(RandomSampler("abcde", generator=npnn.Generator().manual_seed(0)))
        [4, 0, 1, 3, 2]
    """

    def __init__(
        self,
        data_source: Sized,
        replacement: bool = False,
        num_samples: int | None = None,
        generator: Generator | None = None,
    ) -> None:
        if not isinstance(replacement, bool):
            raise TypeError(f"replacement should be a boolean value, but got replacement={replacement}")
        self.data_source = data_source
        self.replacement = replacement
        self._num_samples = num_samples
        self.generator = generator
        _check_positive("num_samples", self.num_samples)

    @property
    def num_samples(self) -> int:
        """How many indices there are in a pass; without a number of its own, as many as samples now."""
        return len(self.data_source) if self._num_samples is None else self._num_samples

    def __iter__(self) -> Iterator[int]:
        count, left = len(self.data_source), self.num_samples
        generator = self.generator
        if generator is None:
            generator = Generator().manual_seed(draw_seed())
        if self.replacement:
            while left > 0:
                drawn = min(left, _DRAWN_TOGETHER)
                yield from generator.randint(0, count, (drawn,)).tolist()
                left -= drawn
        else:
            # Whole permutations, and one more of which the rest is taken, even if that is nothing.
            for _ in range(left // count):
                yield from generator.randperm(count).tolist()
            yield from generator.randperm(count).tolist()[: left % count]

    def __len__(self) -> int:
        return self.num_samples


class SubsetRandomSampler(Sampler[int]):
    """Given indices in random order.

    Args:
        indices: the indices.
        generator: of the order; by default npnn's own.

    Source: torch.utils.data.SubsetRandomSampler.
    """

    def __init__(self, indices: Sequence[int], generator: Generator | None = None) -> None:
        self.indices = indices
        self.generator = generator

    def __iter__(self) -> Iterator[int]:
        source = default_generator if self.generator is None else self.generator
        for place in source.randperm(len(self.indices)).tolist():
            yield self.indices[place]

    def __len__(self) -> int:
        return len(self.indices)


class WeightedRandomSampler(Sampler[int]):
    """Indices drawn with given probabilities.

    Args:
        weights: of each index, from 0; they need not sum to one.
        num_samples: how many indices a pass draws.
        replacement: whether an index may be drawn again.
        generator: where the draws come from; by default npnn's own.

    Raises:
        ValueError: `num_samples` is not a positive integer, `replacement` not a bool, or `weights` not of one
            axis.

    Source: torch.utils.data.WeightedRandomSampler.

    Examples:
        >>> import npnn
        >>> generator = npnn.Generator().manual_seed(0)
        >>> list(WeightedRandomSampler([0.0, 9.0, 1.0], 8, generator=generator))
        [2, 1, 1, 2, 1, 1, 1, 1]
    """

    def __init__(
        self,
        weights: Any,
        num_samples: int,
        replacement: bool = True,
        generator: Generator | None = None,
    ) -> None:
        _check_positive("num_samples", num_samples)
        if not isinstance(replacement, bool):
            raise ValueError(f"replacement should be a boolean value, but got replacement={replacement}")
        self.weights: Tensor = as_tensor(weights, dtype=np.float64)
        if self.weights.ndim != 1:
            raise ValueError(
                f"weights should be a 1d sequence but given weights have shape {tuple(self.weights.shape)}"
            )
        self.num_samples = num_samples
        self.replacement = replacement
        self.generator = generator

    def __iter__(self) -> Iterator[int]:
        source = default_generator if self.generator is None else self.generator
        yield from source.multinomial(self.weights.array, self.num_samples, self.replacement).tolist()

    def __len__(self) -> int:
        return self.num_samples


class BatchSampler(Sampler[list[int]]):
    """The indices of another sampler in lists.

    Args:
        sampler: the sampler, or anything iterable.
        batch_size: how many in each list.
        drop_last: leave out a last list that is shorter.

    Raises:
        ValueError: `batch_size` is not a positive integer, or `drop_last` not a bool.

    Source: torch.utils.data.BatchSampler.

    Examples:
        >>> list(BatchSampler(SequentialSampler("abcde"), 2, drop_last=False))
        [[0, 1], [2, 3], [4]]
    """

    def __init__(self, sampler: Iterable[Any], batch_size: int, drop_last: bool) -> None:
        _check_positive("batch_size", batch_size)
        if not isinstance(drop_last, bool):
            raise ValueError(f"drop_last should be a boolean value, but got drop_last={drop_last}")
        self.sampler = sampler
        self.batch_size = batch_size
        self.drop_last = drop_last

    def __iter__(self) -> Iterator[list[int]]:
        indices = iter(self.sampler)
        while batch := list(itertools.islice(indices, self.batch_size)):
            if len(batch) == self.batch_size or not self.drop_last:
                yield batch

    def __len__(self) -> int:
        size = len(self.sampler)  # type: ignore[arg-type]  # an iterable without a length has no batches to count
        return size // self.batch_size if self.drop_last else -(-size // self.batch_size)
