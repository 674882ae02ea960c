"""Splitting as NumPy does it."""

import numpy as np
import pytest

import npnn

X = np.arange(30.0).reshape(5, 3, 2)


def x():
    return npnn.tensor(X)


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        (x().tensor_split(3), np.array_split(X, 3)),
        (x().tensor_split(7), np.array_split(X, 7)),
        (x().tensor_split((1, -1)), np.array_split(X, [1, -1])),
        (x().tensor_split(npnn.tensor([1, 2]), 1), np.array_split(X, [1, 2], 1)),
        (x().tensor_split(sections=2, dim=2), np.array_split(X, 2, 2)),
        (x().tensor_split(indices=(4, 2, 9)), [X[:4], X[4:2], X[2:], X[5:]]),
        (x().hsplit(3), np.hsplit(X, 3)),
        (x()[:, 0, 0].hsplit([2]), np.hsplit(X[:, 0, 0], [2])),
        (x().vsplit([2, 3]), np.vsplit(X, [2, 3])),
        (x().dsplit(2), np.dsplit(X, 2)),
        (x().split_with_sizes((2, 3)), np.split(X, [2])),
        (x().unsafe_split(2), [X[:2], X[2:4], X[4:]]),
        (x().unsafe_chunk(2), [X[:3], X[3:]]),
    ],
)
def test_parts(parts, expected):
    assert isinstance(parts, tuple)
    for part, wanted in zip(parts, expected, strict=True):
        np.testing.assert_array_equal(part, wanted, strict=True)


def test_parts_are_views():
    t = x()
    t.tensor_split(2)[1].zero_()
    assert not t[3:].array.any()
    assert t._version == 1


@pytest.mark.parametrize(
    ("call", "match"),
    [
        (lambda: npnn.tensor(1.0).tensor_split(1), "at least a 1-dimensional tensor"),
        (lambda: x().tensor_split(0), "number of sections must be larger than 0, got 0"),
        (lambda: x().vsplit(2), "dimension 5 is not divisible by the split_size 2"),
        (lambda: x()[0].dsplit(1), "torch.dsplit requires a tensor with at least 3 dimensions"),
        (lambda: x().split_with_sizes((2, 2)), "sum exactly to 5"),
    ],
)
def test_refused(call, match):
    with pytest.raises(RuntimeError, match=match):
        call()
