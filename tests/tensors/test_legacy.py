"""Tensors made by a class; tests/torch_ref/test_tensor_legacy.py compares them with torch."""

import copy
import pickle

import pytest

import npnn


def test_a_class_makes_tensors_of_its_dtype():
    assert npnn.FloatTensor([1, 2]).dtype == npnn.float32
    assert npnn.LongTensor(2, 3).tolist() == [[0, 0, 0], [0, 0, 0]]
    assert npnn.BoolTensor([1, 0]).tolist() == [True, False]
    assert npnn.ones(1).double().new([1, 2]).dtype == npnn.float64


def test_a_class_tells_its_tensors_from_others():
    assert isinstance(npnn.nn.Parameter(npnn.ones(1)), npnn.FloatTensor)
    assert not isinstance(npnn.ones(1), npnn.LongTensor)
    assert not isinstance(npnn.ones(1), npnn.cuda.FloatTensor)


@pytest.mark.parametrize("place", [npnn, npnn.cuda])
def test_copies_of_a_class_are_the_class(place):
    assert copy.deepcopy(place.LongTensor) is pickle.loads(pickle.dumps(place.LongTensor)) is place.LongTensor


def test_there_is_no_gpu():
    for call in (lambda: npnn.cuda.FloatTensor([1]), lambda: npnn.ones(1).type(npnn.cuda.FloatTensor)):
        with pytest.raises(RuntimeError, match="one device, 'cpu'"):
            call()
