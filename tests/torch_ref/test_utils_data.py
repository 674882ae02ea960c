"""utils.data: a program gives the same batches on both libraries, and leaves the same random numbers."""

import collections
import itertools
import random
import warnings

import numpy as np
import pytest
import torch
import torch.utils.data
from torch.utils.data.distributed import DistributedSampler
from torchvision import transforms
from torchvision.datasets import FakeData

import npnn
import npnn.utils.data

BOTH = (torch, npnn)


def plain(value):
    """Tensors and containers as what can be compared: types by their names, values as lists."""
    if isinstance(value, (torch.Tensor, npnn.Tensor)):
        return "Tensor", str(value.dtype).removeprefix("torch."), tuple(value.shape), value.tolist()
    if isinstance(value, dict):
        return type(value).__name__, [(key, plain(entry)) for key, entry in value.items()]
    if isinstance(value, (list, tuple, collections.deque)):
        return type(value).__name__, [plain(entry) for entry in value]
    return type(value).__name__, str(value) if isinstance(value, (np.generic, np.ndarray)) else value


def outcome(program, library):
    """What a program gives from one seed, what it warns of, and what is drawn next."""
    library.manual_seed(3)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            result = plain(program(library, library.utils.data))
        except Exception as error:
            result = type(error).__name__
    kinds = [warning.category.__name__ for warning in caught]
    return result, kinds, library.rand(2).tolist()


def same(program):
    theirs, ours = (outcome(program, library) for library in BOTH)
    assert ours == theirs
    return ours[0]


def seeded(library):
    return library.Generator().manual_seed(11)


def two_passes(iterable):
    return [list(iterable), list(iterable)]


class Rows:
    """A dataset of either library."""

    def __init__(self, size=7):
        self.size = size

    def __getitem__(self, index):
        return np.full(2, index, np.float32), index

    def __len__(self):
        return self.size


SAMPLERS = {
    "sequential": lambda t, d: two_passes(d.SequentialSampler("abcde")),
    "random": lambda t, d: two_passes(d.RandomSampler(range(50))),
    "random, generator": lambda t, d: two_passes(d.RandomSampler(range(50), generator=seeded(t))),
    "replacement": lambda t, d: two_passes(d.RandomSampler(range(9), replacement=True, num_samples=75)),
    "replacement, 32": lambda t, d: two_passes(
        d.RandomSampler(range(9), True, 32, generator=t.default_generator)
    ),
    "twice round": lambda t, d: two_passes(d.RandomSampler("abc", num_samples=8, generator=seeded(t))),
    "once round": lambda t, d: two_passes(
        d.RandomSampler("abc", num_samples=3, generator=t.default_generator)
    ),
    "subset": lambda t, d: two_passes(d.SubsetRandomSampler([4, 7, 1, 1])),
    "subset, generator": lambda t, d: two_passes(d.SubsetRandomSampler("wxyz", generator=seeded(t))),
    "weighted": lambda t, d: two_passes(d.WeightedRandomSampler([0.1, 3, 0.4, 7], 20)),
    "weighted, without": lambda t, d: two_passes(
        d.WeightedRandomSampler(np.array([0.1, 3, 0.4, 7], np.float32), 3, False, seeded(t))
    ),
    "batches": lambda t, d: two_passes(d.BatchSampler(d.RandomSampler(range(8)), 3, False)),
    "batches, last dropped": lambda t, d: two_passes(d.BatchSampler(iter(range(8)), 3, True)),
    "lengths": lambda t, d: [
        len(d.BatchSampler(range(8), 3, False)),
        len(d.BatchSampler(range(8), 3, True)),
        len(d.RandomSampler("abc", num_samples=8)),
        len(d.WeightedRandomSampler([1], 20)),
    ],
}


@pytest.mark.parametrize("program", SAMPLERS.values(), ids=SAMPLERS)
def test_samplers_draw_the_same(program):
    same(program)


@pytest.mark.parametrize("drop_last", [False, True])
@pytest.mark.parametrize(("size", "replicas"), [(11, 3), (12, 3), (2, 5)])
def test_distributed_samplers_take_the_same_shares(size, replicas, drop_last):
    for rank, shuffle in itertools.product(range(replicas), (False, True)):
        given = range(size), replicas, rank, shuffle, 5, drop_last
        theirs, ours = DistributedSampler(*given), npnn.utils.data.DistributedSampler(*given)
        for epoch in (0, 2):
            theirs.set_epoch(epoch)
            ours.set_epoch(epoch)
            assert list(ours) == list(theirs)
            assert len(ours) == len(theirs)


def stream(data, size=7):
    class Stream(data.IterableDataset):
        def __iter__(self):
            return iter(range(size))

        def __len__(self):
            return size - 1  # which is not true

    return Stream()


class Doubled(Rows):
    def __getitems__(self, indices):
        return [(2 * index, "x") for index in indices]


DATASETS = {
    "tensors": lambda t, d: (
        d.TensorDataset(t.arange(6).reshape(3, 2), t.ones(3))[1:],
        len(d.TensorDataset(t.ones(3))),
    ),
    "stack": lambda t, d: (d.StackDataset(Rows(), range(7))[2], d.StackDataset(a="xyz", b=[1, 2, 3])[-1]),
    "stack, many": lambda t, d: (
        d.StackDataset(Doubled(), Rows()).__getitems__([3, 1]),
        d.StackDataset(a=Doubled(), b=Rows()).__getitems__([3, 1]),
    ),
    "concat": lambda t, d: [d.ConcatDataset(["ab", "", "cde"])[i] for i in range(-5, 5)],
    "added": lambda t, d: len(d.Subset("abc", [2, 0]) + d.Subset("xy", [1])),
    "chain": lambda t, d: (list(stream(d, 2) + stream(d, 3)), len(stream(d, 2) + stream(d, 3))),
    "subset": lambda t, d: (d.Subset(Doubled(), [5, 3]).__getitems__([1, 0]), d.Subset("abc", [2, 0])[1]),
    "subset, list": lambda t, d: d.Subset(np.arange(5), np.array([4, 2, 0]))[[0, 2]].tolist(),
    "split": lambda t, d: [part.indices for part in d.random_split(range(10), [3, 0, 7])],
    "split, fractions": lambda t, d: [
        part.indices for part in d.random_split(range(11), [0.3, 0.3, 0.4], seeded(t))
    ],
    "split, nothing left": lambda t, d: [len(part) for part in d.random_split([1], [0.5, 0.5])],
}


@pytest.mark.parametrize("program", DATASETS.values(), ids=DATASETS)
def test_datasets_give_the_same(program):
    assert not isinstance(same(program), str)


Point = collections.namedtuple("Point", "x y")


class Named(dict):
    """A mapping with an attribute."""


def named(**entries):
    result = Named(entries)
    result.origin = "here"
    return result


SAMPLES = {
    "nest": lambda t: [{"a": (1, [2.5, "s"]), "b": Point(np.ones(2), {"c": b"x"})} for _ in range(3)],
    "numbers": lambda t: [1, 2.5],
    "bools": lambda t: [True, False],
    "numpy scalars": lambda t: [np.float32(1), np.float64(2)],
    "numpy bools": lambda t: [np.bool_(True), np.bool_(False)],
    "arrays": lambda t: [np.arange(3, dtype=np.int16), np.arange(3, dtype=np.int16) * 2],
    "scalars in arrays": lambda t: [np.array(1.0), np.array(2.0)],
    "tensors": lambda t: [t.ones(2, 3), t.zeros(2, 3)],
    "dtypes": lambda t: [t.ones(2), t.ones(2, dtype=t.int64)],
    "ranges": lambda t: [range(3), range(3)],
    "deques": lambda t: [collections.deque([1, 2]), collections.deque([3, 4])],
    "dicts with attributes": lambda t: [named(a=1), named(a=2)],
    "strings first": lambda t: ["a", 1],
    "numpy strings": lambda t: [np.str_("s")],
    "none": lambda t: [None],
    "sets": lambda t: [{1}],
    "complex": lambda t: [1 + 2j],
    "unequal": lambda t: [[1], [1, 2]],
    "unequal tuples in the middle": lambda t: [(1, 2), (3, 4), (5,)],
    "shapes": lambda t: [t.ones(2), t.ones(3)],
    "array shapes": lambda t: [np.ones(2), np.ones(3)],
    "string arrays": lambda t: [np.array(["a"])],
    "objects": lambda t: [np.array([None])],
    "keys": lambda t: [{"a": 1}, {"b": 2}],
    "mixed": lambda t: [t.ones(()), 3],
    "string last": lambda t: [1, "a"],
    "empty": lambda t: [],
    "dates": lambda t: [np.datetime64(1, "s")],
}


@pytest.mark.parametrize("samples", SAMPLES.values(), ids=SAMPLES)
def test_collates_the_same(samples):
    same(lambda t, d: d.default_collate(samples(t)))


def test_collated_containers_keep_their_attributes():
    for library in BOTH:
        assert library.utils.data.default_collate([named(a=1), named(a=2)]).origin == "here"


@pytest.mark.parametrize(
    "sample",
    [
        None,
        (1, np.ones(2)),
        Point(np.ones(1), 2),
        {"a": [np.ones(1), "s"]},
        range(3),
        np.float32(1),
        np.str_("s"),
        [np.array([None])],
        collections.deque([np.ones(1)]),
    ],
    ids=str,
)
def test_converts_the_same(sample):
    same(lambda t, d: d.default_convert(sample))


def test_a_sampler_of_ones_own_draws_when_torch_lets_it():
    def program(t, d):
        class Shuffled(d.Sampler):
            def __iter__(self):
                return iter(t.randperm(7).tolist())

        return two_passes(d.DataLoader(Rows(), batch_size=None, sampler=Shuffled()))

    same(program)


LOADERS = {
    "plain": lambda t, d: d.DataLoader(Rows(), 3),
    "shuffled": lambda t, d: d.DataLoader(Rows(), 3, shuffle=True),
    "generator": lambda t, d: d.DataLoader(Rows(), 3, shuffle=True, drop_last=True, generator=seeded(t)),
    "own generator": lambda t, d: d.DataLoader(Rows(), 2, shuffle=True, generator=t.default_generator),
    "sampler": lambda t, d: d.DataLoader(Rows(), 2, sampler=d.WeightedRandomSampler([1, 2, 3], 5)),
    "batch sampler": lambda t, d: d.DataLoader(
        Rows(), batch_sampler=d.BatchSampler(d.RandomSampler(Rows()), 4, False)
    ),
    "no batches": lambda t, d: d.DataLoader(Rows(), batch_size=None, shuffle=True),
    "collate": lambda t, d: d.DataLoader(Rows(), 3, collate_fn=lambda samples: samples[0][1]),
    "fetched together": lambda t, d: d.DataLoader(Doubled(), 3),
    "stream": lambda t, d: d.DataLoader(stream(d), 3),
    "stream, last dropped": lambda t, d: d.DataLoader(stream(d), 3, drop_last=True),
    "stream, no batches": lambda t, d: d.DataLoader(stream(d), None),
    "tensors": lambda t, d: d.DataLoader(d.TensorDataset(t.arange(8.0).reshape(4, 2), t.arange(4)), 3),
    "pinned": lambda t, d: d.DataLoader(Rows(), 4, pin_memory=True),
    "split": lambda t, d: d.DataLoader(d.random_split(Rows(), [0.5, 0.5])[1], 2, shuffle=True),
}


@pytest.mark.parametrize("make", LOADERS.values(), ids=LOADERS)
def test_loaders_yield_the_same_in_each_pass(make):
    def program(t, d):
        loader = make(t, d)
        begun = next(iter(loader))  # and left
        return begun, two_passes(loader)

    assert not isinstance(same(program), str)
    assert not isinstance(same(lambda t, d: len(make(t, d))), str)


def test_a_stream_longer_than_it_says_is_warned_of():
    def program(t, d):
        loader = d.DataLoader(stream(d), None)
        return len(loader), list(loader)

    same(program)
    assert outcome(program, npnn)[1] == ["UserWarning"]


WORKERS = {
    "shuffled": lambda t, d: d.DataLoader(Rows(), 2, shuffle=True, num_workers=2),
    "generator": lambda t, d: d.DataLoader(
        Rows(),
        2,
        shuffle=True,
        num_workers=1,
        generator=seeded(t),
        prefetch_factor=3,
        persistent_workers=True,
    ),
    "stream": lambda t, d: d.DataLoader(stream(d, 5), 2, num_workers=2),
    "persistent stream": lambda t, d: d.DataLoader(stream(d, 5), 2, num_workers=2, persistent_workers=True),
}


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded")
@pytest.mark.parametrize("make", WORKERS.values(), ids=WORKERS)
def test_workers_yield_the_same_in_each_pass(make):
    assert not isinstance(same(lambda t, d: two_passes(make(t, d))), str)


class Drawn:
    """What the workers' random numbers are."""

    def __init__(self, library):
        self.library = library

    def __getitem__(self, index):
        info = self.library.utils.data.get_worker_info()
        return (
            index,
            random.random(),
            np.random.rand(),  # noqa: NPY002 - which workers seed
            self.library.rand(1).item(),
            info.id,
            info.num_workers,
            info.seed,
            info.dataset is self,
        )

    def __len__(self):
        return 4


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded")
def test_workers_are_seeded_the_same():
    same(lambda t, d: list(d.DataLoader(Drawn(t), 2, num_workers=2)))


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded")
def test_workers_load_images_of_torchvision_with_the_same_flips():
    made = [transforms.RandomHorizontalFlip(), transforms.ToTensor()]
    batches = {}
    for library, more in ((torch, []), (npnn, [lambda image: image.permute(1, 2, 0)])):
        torch.manual_seed(5)
        npnn.manual_seed(5)
        images = FakeData(6, (3, 4, 5), transform=transforms.Compose([*made, *more]))
        loader = library.utils.data.DataLoader(images, 4, shuffle=True, num_workers=1)
        batches[library] = [(x.numpy(), y.tolist()) for x, y in loader]
    for (theirs, labels), (ours, others) in zip(batches[torch], batches[npnn], strict=True):
        np.testing.assert_array_equal(ours, theirs.transpose(0, 2, 3, 1))
        assert others == labels


def drawing_sampler(t, d):
    """It draws when `iter` is called on it."""

    class Shuffled(d.Sampler):
        def __iter__(self):
            return iter(t.randperm(7).tolist())

    return d.DataLoader(Rows(), batch_size=None, sampler=Shuffled(), num_workers=1, persistent_workers=True)


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded")
def test_a_sampler_of_ones_own_draws_with_workers_too():
    same(lambda t, d: two_passes(drawing_sampler(t, d)))


ERRORS = {
    "batch_size": lambda t, d: d.DataLoader([1], 0),
    "bool batch_size": lambda t, d: d.DataLoader([1], True),
    "drop_last": lambda t, d: d.DataLoader([1], drop_last=1),
    "nothing to shuffle": lambda t, d: d.DataLoader([], shuffle=True),
    "no length": lambda t, d: len(d.DataLoader(5)),
    "workers": lambda t, d: d.DataLoader([1], num_workers=-1),
    "timeout": lambda t, d: d.DataLoader([1], timeout=-1),
    "timeout without workers": lambda t, d: iter(d.DataLoader([1], timeout=1)),
    "prefetch without workers": lambda t, d: d.DataLoader([1], prefetch_factor=1),
    "negative prefetch": lambda t, d: d.DataLoader([1], num_workers=1, prefetch_factor=-1),
    "no persistence without workers": lambda t, d: d.DataLoader([1], persistent_workers=True),
    "context": lambda t, d: d.DataLoader([1], num_workers=1, multiprocessing_context="x"),
    "no context": lambda t, d: d.DataLoader([1], num_workers=1, multiprocessing_context=4),
    "context without workers": lambda t, d: d.DataLoader([1], multiprocessing_context="spawn"),
    "sampler and shuffle": lambda t, d: d.DataLoader([1], sampler=[0], shuffle=True),
    "batch sampler and size": lambda t, d: d.DataLoader([1], 2, batch_sampler=[[0]]),
    "batch sampler and drop": lambda t, d: d.DataLoader([1], batch_sampler=[[0]], drop_last=True),
    "no batches and drop": lambda t, d: d.DataLoader([1], None, drop_last=True),
    "shuffled stream": lambda t, d: d.DataLoader(stream(d), shuffle=True),
    "stream by a sampler": lambda t, d: d.DataLoader(stream(d), sampler=[0]),
    "stream by batches": lambda t, d: d.DataLoader(stream(d), batch_sampler=[[0]]),
    "set later": lambda t, d: setattr(d.DataLoader([1]), "batch_size", 2),
    "replacement": lambda t, d: d.RandomSampler([1], replacement=1),
    "num_samples": lambda t, d: d.RandomSampler([1], num_samples=0),
    "weighted num_samples": lambda t, d: d.WeightedRandomSampler([1], True),
    "weighted replacement": lambda t, d: d.WeightedRandomSampler([1], 1, 1),
    "weights": lambda t, d: d.WeightedRandomSampler([[1]], 1),
    "too many without": lambda t, d: list(d.WeightedRandomSampler([1, 2], 3, False)),
    "split": lambda t, d: d.random_split([1, 2, 3], [1, 1]),
    "fraction": lambda t, d: d.random_split([1, 2], [1.5, -0.5]),
    "sizes": lambda t, d: d.TensorDataset(t.ones(2), t.ones(3)),
    "no axes": lambda t, d: d.TensorDataset(t.ones(())),
    "stack of nothing": lambda t, d: d.StackDataset(),
    "stack of both": lambda t, d: d.StackDataset([1], a=[1]),
    "stack of unequal": lambda t, d: d.StackDataset(a=[1], b=[1, 2]),
    "concat of nothing": lambda t, d: d.ConcatDataset([]),
    "concat of streams": lambda t, d: d.ConcatDataset([stream(d)]),
    "concat index": lambda t, d: d.ConcatDataset(["ab"])[-3],
    "chain of others": lambda t, d: list(d.ChainDataset(["ab"])),
    "dataset": lambda t, d: d.Dataset()[0],
    "iterable": lambda t, d: d.IterableDataset(),
    "sampler": lambda t, d: iter(d.Sampler()),
    "subset": lambda t, d: type("Half", (d.Subset,), {"__getitem__": lambda self, i: i})([1], [0]),
    "rank": lambda t, d: d.DistributedSampler([1], 2, 2),
    "no group": lambda t, d: d.DistributedSampler([1]),
    "iterator": lambda t, d: iter(d.DataLoader([1])).__getstate__(),
}


@pytest.mark.parametrize("program", ERRORS.values(), ids=ERRORS)
def test_refuses_the_same(program):
    refused = same(program)
    assert isinstance(refused, str), f"refused by neither: {refused}"


def test_the_same_names_are_there():
    missing = set(torch.utils.data.__all__) - set(npnn.utils.data.__all__)
    assert {name for name in missing if "Pipe" not in name and name[0].isupper()} == {"DataChunk"}
