"""Limits of dtypes, and asarray; tests/torch_ref/test_torch_names.py compares them with torch."""

import numpy as np
import pytest

import npnn


def test_limits():
    assert npnn.finfo(npnn.float64).eps == np.finfo(np.float64).eps
    assert npnn.finfo().bits == 32
    assert npnn.iinfo(npnn.int16).max == 2**15 - 1
    with pytest.raises(TypeError, match="floating point"):
        npnn.finfo(npnn.int8)
    with pytest.raises(TypeError, match="integer"):
        npnn.iinfo(npnn.float32)


def test_asarray_shares_memory_unless_told():
    values = np.zeros(2)
    assert npnn.asarray(values).array is values
    assert npnn.asarray(values, copy=True).array is not values
    assert npnn.asarray([1.0], requires_grad=True).requires_grad
