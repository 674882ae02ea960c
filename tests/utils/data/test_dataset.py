"""Datasets made of others. What they share with torch's is in tests/torch_ref/test_utils_data.py."""

import numpy as np
import pytest

import npnn
from npnn.utils.data import ConcatDataset, Dataset, IterableDataset, StackDataset, TensorDataset, random_split


def test_tensor_datasets_take_arrays_and_share_their_memory():
    features, labels = np.arange(6.0).reshape(3, 2), npnn.tensor([7, 8, 9])
    data = TensorDataset(features, labels)
    features[1] = -1
    row, label = data[1]
    assert isinstance(row, npnn.Tensor)
    assert (row.tolist(), label.item()) == ([-1.0, -1.0], 8)
    assert len(data) == 3


def test_concatenated_datasets_find_their_samples_from_both_ends():
    joined = ConcatDataset(["ab", "", "cde"])
    assert "".join(joined[index] for index in range(-5, 5)) == "abcdeabcde"
    with pytest.raises(ValueError, match="index -6 is out of range for a ConcatDataset of 5 samples"):
        joined[-6]


def test_parts_of_a_split_are_disjoint_and_reproducible():
    """The permutation is torch's: torch.randperm(10, generator=torch.Generator().manual_seed(0))."""
    parts = random_split(range(10), [0.45, 0.55], npnn.Generator().manual_seed(0))
    assert [list(part) for part in parts] == [[4, 1, 7, 5, 3], [9, 0, 8, 6, 2]]
    with pytest.warns(UserWarning, match="Length of split at index 1 is 0"):
        assert [len(part) for part in random_split([1], [0.5, 0.5])] == [1, 0]


def test_messages_name_what_was_given():
    class Nothing(Dataset):
        pass

    with pytest.raises(NotImplementedError, match="Nothing is a Dataset, but does not define __getitem__"):
        Nothing()[0]
    with pytest.raises(AssertionError, match=r"equal first axes, but got \[2, 3\]"):
        TensorDataset(np.ones(2), np.ones(3))
    with pytest.raises(ValueError, match=r"equal length, but got \[1, 2\]"):
        StackDataset([1], [1, 2])
    with pytest.raises(ValueError, match="does not equal the length of the input dataset: 3 and 4"):
        random_split("abcd", [1, 2])
    with pytest.raises(TypeError, match="abstract"):
        IterableDataset()


def test_stacks_notice_a_dataset_that_returns_too_few_samples():
    class Short(Dataset):
        def __getitems__(self, indices):
            return indices[1:]

        def __len__(self):
            return 4

    with pytest.raises(ValueError, match="Short was asked for 3 samples, but returned 2"):
        StackDataset(Short()).__getitems__([0, 1, 2])
