"""What is said of attributes that are not there."""

import copy
import pickle

import numpy as np
import pytest

import npnn


@pytest.mark.parametrize(
    ("place", "name", "said"),
    [
        (npnn, "squezze", "module 'npnn' has no attribute 'squezze'; near it are 'squeeze', 'unsqueeze'"),
        (npnn, "Conv2D", "module 'npnn' has no attribute 'Conv2D'; near it is 'Conv2d'"),
        (npnn, "stft", "module 'npnn' has no attribute 'stft': torch has it, npnn not yet"),
        (npnn, "zzz", "module 'npnn' has no attribute 'zzz'"),
        (npnn.ones(2), "transpoze", "'Tensor' object has no attribute 'transpoze'; near it are 'transpose'"),
        (
            npnn.ones(2),
            "to_sparse",
            "'Tensor' object has no attribute 'to_sparse': torch has it, npnn not yet",
        ),
        (
            npnn.ones(2),
            "resize_",
            "'Tensor' object has no attribute 'resize_': torch has it, npnn not, as the memory of an ndarray",
        ),
        (npnn.Parameter(npnn.ones(2)), "flaten", "'Parameter' object has no attribute 'flaten'; near it"),
    ],
)
def test_message(place, name, said):
    with pytest.raises(AttributeError) as raised:
        getattr(place, name)
    assert str(raised.value).startswith(said)


def test_it_stands_for_an_attribute_that_is_not_there():
    x = npnn.ones(2)
    assert not hasattr(x, "no_such_thing")
    assert getattr(npnn, "no_such_thing", 3) == 3
    assert copy.copy(x).tolist() == pickle.loads(pickle.dumps(x)).tolist() == [1, 1]
    assert np.asarray(x).tolist() == [1, 1]
    with pytest.raises(ImportError, match="cannot import name 'no_such_thing'"):
        from npnn import no_such_thing  # noqa: F401
