"""Datasets: what can be indexed or iterated for samples, and how datasets are made of others."""

from __future__ import annotations

import bisect
import itertools
import math
import warnings
from abc import abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Generic, TypeVar

from npnn.random import Generator, default_generator
from npnn.tensors import Tensor
from npnn.tensors.creation import as_tensor

T_co = TypeVar("T_co", covariant=True)
T = TypeVar("T")


class Dataset(Generic[T_co]):
    """A map from indices to samples.

    A subclass defines `__getitem__` and, for the samplers, `__len__`. One that fetches many samples faster
    together than one by one may define `__getitems__(indices)`, which returns a list of them.

    Source: torch.utils.data.Dataset.

    Examples:
        >>> class Squares(Dataset[int]):
        ...     def __getitem__(self, index):
        ...         return index**2
        ...     def __len__(self):
        ...         return 4
        >>> both = Squares() + Squares()
        >>> len(both), both[5]
        (8, 1)
    """

    def __getitem__(self, index: Any) -> T_co:
        raise NotImplementedError(f"{type(self).__name__} is a Dataset, but does not define __getitem__")

    def __add__(self, other: Dataset[Any]) -> Dataset[Any]:
        return ConcatDataset([self, other])


class IterableDataset(Dataset[T_co], Iterable[T_co]):
    """A stream of samples: a subclass defines `__iter__`.

    Each worker of a DataLoader has a copy of it and goes through all of it, unless `__iter__` or the
    DataLoader's `worker_init_fn` asks `get_worker_info` for which part to take.

    Source: torch.utils.data.IterableDataset.

    Examples:
        >>> class Count(IterableDataset[int]):
        ...     def __iter__(self):
        ...         return iter(range(3))
        >>> list(Count() + Count())
        [0, 1, 2, 0, 1, 2]
    """

    @abstractmethod
    def __iter__(self) -> Iterator[T_co]: ...

    def __add__(self, other: Dataset[Any]) -> Dataset[Any]:
        return ChainDataset([self, other])


class TensorDataset(Dataset[tuple[Tensor, ...]]):
    """Tensors side by side: sample i is the tuple of their rows i.

    Args:
        *tensors: tensors or arrays with equal first axes. Arrays become tensors that share their memory.

    Raises:
        AssertionError: their first axes differ.
        IndexError: one has no axes.

    Source: torch.utils.data.TensorDataset.

    Examples:
        >>> import npnn
        >>> data = TensorDataset(npnn.tensor([[1.0, 2.0], [3.0, 4.0]]), npnn.tensor([0, 1]))
        >>> data[1]
        (tensor([3., 4.]), tensor(1))
    """

    def __init__(self, *tensors: Any) -> None:
        self.tensors: tuple[Tensor, ...] = tuple(map(as_tensor, tensors))
        sizes = [tensor.size(0) for tensor in self.tensors]
        if len(set(sizes)) > 1:
            raise AssertionError(f"TensorDataset expects tensors with equal first axes, but got {sizes}")

    def __getitem__(self, index: Any) -> tuple[Tensor, ...]:
        return tuple(_row(tensor, index) for tensor in self.tensors)

    def __len__(self) -> int:
        return int(self.tensors[0].size(0))


def _row(tensor: Tensor, index: Any) -> Any:
    """`tensor[index]`; for a plain number, of which there are many, past the tape if nothing is recorded."""
    if type(index) is int and not tensor.requires_grad:
        return Tensor._wrap(tensor.array[index, ...])
    return tensor[index]


class StackDataset(Dataset[Any]):
    """Datasets side by side: sample i is the tuple, or the dictionary, of their samples i.

    Args:
        *args: datasets of equal length, for tuples.
        **kwargs: the same, for dictionaries.

    Raises:
        ValueError: both kinds are given, or none, or the lengths differ.

    Source: torch.utils.data.StackDataset.

    Examples:
        >>> StackDataset("abc", [7, 8, 9])[1]
        ('b', 8)
        >>> StackDataset(letter="abc", number=[7, 8, 9])[1]
        {'letter': 'b', 'number': 8}
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if bool(args) == bool(kwargs):
            given = "both" if args else "neither"
            raise ValueError(f"StackDataset expects datasets by place or by name, but got {given}")
        self.datasets: tuple[Any, ...] | dict[str, Any] = args or kwargs
        lengths = [len(dataset) for dataset in self._columns]
        if len(set(lengths)) > 1:
            raise ValueError(f"StackDataset expects datasets of equal length, but got {lengths}")

    @property
    def _columns(self) -> Sequence[Any]:
        return list(self.datasets.values()) if isinstance(self.datasets, dict) else self.datasets

    def _sample(self, columns: Sequence[Any]) -> Any:
        return (
            dict(zip(self.datasets, columns, strict=True))
            if isinstance(self.datasets, dict)
            else tuple(columns)
        )

    def __getitem__(self, index: Any) -> Any:
        return self._sample([dataset[index] for dataset in self._columns])

    def __getitems__(self, indices: list[Any]) -> list[Any]:
        columns = []
        for dataset in self._columns:
            samples = fetch_many(dataset, indices)
            if len(samples) != len(indices):
                raise ValueError(
                    f"__getitems__ of {type(dataset).__name__} was asked for {len(indices)} samples, but"
                    f" returned {len(samples)}"
                )
            columns.append(samples)
        return [self._sample(samples) for samples in zip(*columns, strict=True)]

    def __len__(self) -> int:
        return len(self._columns[0])


class ConcatDataset(Dataset[T_co]):
    """Datasets one after the other, as one.

    Args:
        datasets: the datasets, which have lengths.

    Raises:
        AssertionError: there are none, or one is an IterableDataset.

    Source: torch.utils.data.ConcatDataset.

    Examples:
        >>> joined = ConcatDataset(["ab", "cde"])
        >>> joined[2], joined[-1], joined.cumulative_sizes
        ('c', 'e', [2, 5])
    """

    def __init__(self, datasets: Iterable[Any]) -> None:
        self.datasets = list(datasets)
        if not self.datasets:
            raise AssertionError("ConcatDataset expects at least one dataset, but got none")
        if any(isinstance(dataset, IterableDataset) for dataset in self.datasets):
            raise AssertionError("ConcatDataset does not take an IterableDataset, which has no indices")
        self.cumulative_sizes = list(itertools.accumulate(map(len, self.datasets)))

    def __getitem__(self, index: int) -> T_co:
        if index < -len(self):
            raise ValueError(f"index {index} is out of range for a ConcatDataset of {len(self)} samples")
        if index < 0:
            index += len(self)
        number = bisect.bisect_right(self.cumulative_sizes, index)
        start = self.cumulative_sizes[number - 1] if number else 0
        sample: T_co = self.datasets[number][index - start]
        return sample

    def __len__(self) -> int:
        return self.cumulative_sizes[-1]


class ChainDataset(IterableDataset[T_co]):
    """Streams one after the other, as one.

    Args:
        datasets: IterableDatasets. The next is begun only when the one before it has ended.

    Raises:
        AssertionError: when its turn comes, a dataset is not an IterableDataset.

    Source: torch.utils.data.ChainDataset.
    """

    def __init__(self, datasets: Iterable[Any]) -> None:
        self.datasets = datasets

    def _streams(self) -> Iterator[Any]:
        for dataset in self.datasets:
            if not isinstance(dataset, IterableDataset):
                raise AssertionError(
                    f"ChainDataset takes only IterableDatasets, but got a {type(dataset).__name__}"
                )
            yield dataset

    def __iter__(self) -> Iterator[T_co]:
        return itertools.chain.from_iterable(self._streams())

    def __len__(self) -> int:
        return sum(map(len, self._streams()))


class Subset(Dataset[T_co]):
    """The samples of a dataset at some of its indices, in their order.

    A subclass that overrides `__getitem__` must override `__getitems__` too, which a DataLoader calls.

    Args:
        dataset: the dataset.
        indices: the indices.

    Raises:
        NotImplementedError: a subclass overrides only `__getitem__`.

    Source: torch.utils.data.Subset.

    Examples:
        >>> list(Subset("abcde", [4, 0, 4]))
        ['e', 'a', 'e']
    """

    def __init__(self, dataset: Any, indices: Sequence[Any]) -> None:
        cls = type(self)
        if cls.__getitem__ is not Subset.__getitem__ and cls.__getitems__ is Subset.__getitems__:
            raise NotImplementedError(
                f"{cls.__name__} overrides __getitem__ of Subset but not __getitems__, which a DataLoader"
                " calls: let it return [self[i] for i in indices]"
            )
        self.dataset = dataset
        self.indices = indices

    def __getitem__(self, index: Any) -> T_co:
        place = [self.indices[i] for i in index] if isinstance(index, list) else self.indices[index]
        sample: T_co = self.dataset[place]
        return sample

    def __getitems__(self, indices: list[Any]) -> list[T_co]:
        return fetch_many(self.dataset, [self.indices[index] for index in indices])

    def __len__(self) -> int:
        return len(self.indices)


def fetch_many(dataset: Any, indices: list[Any]) -> list[Any]:
    """The samples at some indices: all at once if the dataset has `__getitems__`, else one by one."""
    if getattr(dataset, "__getitems__", None):
        samples: list[Any] = dataset.__getitems__(indices)
        return samples
    return [dataset[index] for index in indices]


def random_split(
    dataset: Any, lengths: Sequence[float], generator: Generator | None = default_generator
) -> list[Subset[Any]]:
    """Splits a dataset at random into parts without common samples.

    Args:
        dataset: the dataset.
        lengths: how many samples in each part; or fractions that sum to one. A fraction is rounded down, and
            the samples that are left over go to the first parts, one to each.
        generator: of the permutation that is cut into parts.

    Returns:
        The parts.

    Raises:
        ValueError: a fraction is not within [0, 1], or the lengths do not sum to that of the dataset.

    Source: torch.utils.data.random_split.

    Examples:
        >>> import npnn
        >>> parts = random_split("abcdefghij", [0.55, 0.45], npnn.Generator().manual_seed(0))
        >>> ["".join(part) for part in parts]
        ['ebhfdj', 'aigc']
    """
    size, counts = len(dataset), list(lengths)
    if sum(counts) <= 1 and math.isclose(sum(counts), 1):
        for index, fraction in enumerate(counts):
            if not 0 <= fraction <= 1:
                raise ValueError(f"Fraction at index {index} is not between 0 and 1, but {fraction}")
        whole = [math.floor(size * fraction) for fraction in counts]
        for index in range(size - sum(whole)):
            whole[index % len(whole)] += 1
        counts = list(whole)
        for index, count in enumerate(counts):
            if count == 0:
                warnings.warn(f"Length of split at index {index} is 0: its dataset is empty", stacklevel=2)
    if sum(counts) != size:
        raise ValueError(
            f"Sum of input lengths does not equal the length of the input dataset: {sum(counts)} and {size}"
        )
    source = default_generator if generator is None else generator
    order = iter(source.randperm(size).tolist())
    return [Subset(dataset, list(itertools.islice(order, int(count)))) for count in counts]
