"""Samples made into batches. What is the same on torch is in tests/torch_ref/test_utils_data.py."""

from collections import namedtuple

import numpy as np
import pytest

import npnn
from npnn.utils.data import DataLoader, default_collate, default_convert
from npnn.utils.data.collate import collate, default_collate_fn_map

Point = namedtuple("Point", "x y")


class Picture:
    """What another library has in place of an array."""

    def __init__(self, value):
        self.value = value

    def __array__(self, dtype=None, copy=None):
        return np.full((2, 3), self.value, np.uint8)


def test_nested_samples():
    samples = [
        {"point": Point(1.5, np.int16(2)), "name": "a"},
        {"point": Point(2.5, np.int16(3)), "name": "b"},
    ]
    batch = default_collate(samples)
    assert batch["name"] == ["a", "b"]
    x, y = batch["point"]
    assert type(batch["point"]) is Point
    assert (x.dtype, x.tolist()) == (npnn.float64, [1.5, 2.5])
    assert (y.dtype, y.tolist()) == (npnn.int16, [2, 3])


def test_what_numpy_can_read_is_an_array():
    batch, _ = default_collate([(Picture(3), 0), (Picture(5), 1)])
    assert (batch.shape, batch.dtype) == ((2, 2, 3), npnn.uint8)
    assert batch[:, 0, 0].tolist() == [3, 5]
    converted = default_convert({"image": Picture(7)})["image"]
    assert (type(converted), converted.shape) == (npnn.Tensor, (2, 3))
    assert len(next(iter(DataLoader([Picture(1), Picture(2)], 2)))) == 2


def test_gradients_flow_through_a_batch():
    x = npnn.ones(2, requires_grad=True)
    default_collate([npnn.zeros(2), x, 3 * x]).sum().backward()
    assert x.grad.tolist() == [4.0, 4.0]


def test_a_type_of_ones_own():
    functions = {**default_collate_fn_map, Picture: lambda batch, collate_fn_map: len(batch)}
    assert collate([(Picture(1), 2), (Picture(1), 3)], collate_fn_map=functions)[0] == 2


@pytest.mark.parametrize(
    ("samples", "error", "message"),
    [
        ([None], TypeError, "found <class 'NoneType'>"),
        ([np.array(["a"])], TypeError, "found an array of <U1"),
        ([[1], [1, 2]], RuntimeError, r"equal size, but got sizes \[1, 2\]"),
        (
            [np.ones(2), np.ones(3)],
            RuntimeError,
            r"equal size, but got \[2\] at entry 0 and \[3\] at entry 1",
        ),
    ],
    ids=str,
)
def test_refusals(samples, error, message):
    with pytest.raises(error, match=message):
        default_collate(samples)
