"""DataLoader without worker processes; against torch's in tests/torch_ref/test_utils_data.py."""

import numpy as np
import pytest

import npnn
from npnn.utils.data import DataLoader, IterableDataset, TensorDataset


def test_batches_in_order():
    data = TensorDataset(np.arange(10).reshape(5, 2), np.arange(5))
    loader = DataLoader(data, 2)
    assert [labels.tolist() for _, labels in loader] == [[0, 1], [2, 3], [4]]
    assert len(loader) == len(iter(loader)) == 3
    assert [labels.tolist() for _, labels in DataLoader(data, 2, drop_last=True)] == [[0, 1], [2, 3]]


def test_shuffles_are_torchs():
    npnn.manual_seed(0)
    loader = DataLoader(range(8), batch_size=None, shuffle=True)
    assert list(loader) == [2, 0, 5, 3, 1, 4, 7, 6]
    assert list(loader) == [0, 3, 7, 1, 6, 2, 5, 4]


def test_a_stream_that_is_longer_than_it_says():
    class Stream(IterableDataset):
        def __iter__(self):
            return iter(range(4))

        def __len__(self):
            return 3

    loader = DataLoader(Stream(), None)
    assert list(loader) == [0, 1, 2, 3]
    assert len(loader) == 3
    with pytest.warns(UserWarning, match=r"reported to be 3 .*, but 4 samples have been fetched$"):
        list(loader)
    assert [len(DataLoader(Stream(), 2, drop_last=drop_last)) for drop_last in (False, True)] == [2, 1]


def test_what_has_been_made_of_a_loader_cannot_be_set():
    loader = DataLoader([1, 2])
    loader.collate_fn = list
    with pytest.raises(ValueError, match="batch_size attribute should not be set after DataLoader"):
        loader.batch_size = 2


def test_more_workers_than_processors_are_warned_of():
    with pytest.warns(UserWarning, match="will create 1000 worker processes"):
        DataLoader([1], num_workers=1000)


def test_pinned_memory_is_warned_of():
    with pytest.warns(UserWarning, match="there is no accelerator"):
        next(iter(DataLoader([1], pin_memory=True)))


def test_a_context_must_be_one():
    with pytest.raises(ValueError, match=r"valid start method in \[.*'spawn'.*\], but got 'thread'"):
        DataLoader([1], num_workers=1, multiprocessing_context="thread")
