"""What must be the same for a loaded object to be the saved one."""

import math

import numpy as np
import pytest

import npnn


def _assert_same(once, again):
    assert type(once) is type(again)
    if isinstance(once, (list, tuple)):
        assert len(once) == len(again)
        for one, other in zip(once, again, strict=True):
            _assert_same(one, other)
    elif isinstance(once, dict):
        _assert_same(list(once), list(again))
        _assert_same(list(once.values()), list(again.values()))
    elif isinstance(once, npnn.Tensor):
        assert once.requires_grad == again.requires_grad
        _assert_same(once.array, again.array)
    elif isinstance(once, np.ndarray):
        assert once.dtype == again.dtype
        np.testing.assert_array_equal(once, again)
    elif isinstance(once, float):
        assert math.copysign(1, once) == math.copysign(1, again)
        assert once == again or (math.isnan(once) and math.isnan(again))
    else:
        assert once == again


@pytest.fixture(scope="session")
def assert_same():
    """Asserts that two objects are the same, with types, signs and bits."""
    return _assert_same
