"""Rearrangements: where each element goes, and that its gradient comes back from there."""

import numpy as np
import pytest

import npnn
from npnn.ops import shape as ops

X = np.arange(12.0).reshape(2, 3, 2)

MOVES = [
    (ops.Reshape, {"shape": (4, 3)}, X.ravel().reshape(4, 3)),
    (ops.Reshape, {"shape": (12,)}, X.ravel()),
    (ops.Reshape, {"shape": (2, 1, 6)}, X.ravel().reshape(2, 1, 6)),
    (
        ops.Permute,
        {"axes": (2, 0, 1)},
        [[[X[i, j, k] for j in range(3)] for i in range(2)] for k in range(2)],
    ),
    (
        ops.Permute,
        {"axes": (-1, 0, -2)},
        [[[X[i, j, k] for j in range(3)] for i in range(2)] for k in range(2)],
    ),
    (
        ops.Flip,
        {"axes": (0, 2)},
        [[[X[1 - i, j, 1 - k] for k in range(2)] for j in range(3)] for i in range(2)],
    ),
    (ops.Flip, {"axes": ()}, X),
    (ops.Contiguous, {}, X),
    (
        ops.Roll,
        {"shifts": (1, -1), "axes": (0, 1)},
        [[[X[1 - i, (j + 1) % 3, k] for k in range(2)] for j in range(3)] for i in range(2)],
    ),
    (ops.Roll, {"shifts": (1, 1), "axes": (1, 1)}, X[:, [1, 2, 0]]),
    (ops.Unfold, {"axis": 1, "size": 2, "step": 1}, np.stack([X[:, :2], X[:, 1:]], -1)),
    (ops.Unfold, {"axis": 1, "size": 1, "step": 2}, X[:, ::2, :, None]),
    (ops.Unfold, {"axis": 0, "size": 2, "step": 3}, X.transpose(1, 2, 0)[None]),
    (ops.AsStrided, {"shape": (2, 2), "steps": (3, 1), "start": 2}, [[2, 3], [5, 6]]),
    (ops.AsStrided, {"shape": (3, 2), "steps": (1, 1), "start": 0}, [[0, 1], [1, 2], [2, 3]]),
    (ops.AsStrided, {"shape": (2, 2), "steps": (0, 5), "start": 1}, [[1, 6], [1, 6]]),
    (ops.AsStrided, {"shape": (), "steps": (), "start": 7}, 7),
]


@pytest.mark.parametrize(("operation", "options", "expected"), MOVES)
def test_moves(check, operation, options, expected):
    check(operation, X, expected=expected, **options)


@pytest.mark.parametrize("shape", [(5, 2, 3), (2, 3), (1, 2, 3), (2, 2, 3)])
def test_expand(check, shape):
    x = np.arange(2.0).reshape(2, 1)
    check(ops.Expand, x, expected=x + np.zeros(shape), shape=shape)


def test_without_axes_and_of_size_zero(check):
    check(ops.Reshape, np.array(2.0), expected=[[2]], shape=(1, 1))
    check(ops.Permute, np.array(2.0), expected=2, axes=())
    check(ops.Expand, np.array(2.0), expected=[2, 2], shape=(2,))
    check(ops.Reshape, np.zeros((0, 3)), shape=(3, 0, 2))
    check(ops.Permute, np.zeros((0, 3)), axes=(1, 0))
    check(ops.Expand, np.zeros((1, 3)), shape=(0, 3))
    check(ops.Concatenate, np.zeros((0, 3)), np.ones((2, 3)))


@pytest.mark.parametrize(("step", "length"), [(1, 5), (2, 6), (3, 9)])
def test_overlap(check, step, length):
    """Windows of 3 numbers each, added up where they overlap."""
    x = np.arange(18.0).reshape(2, 3, 3)[:, : (length - 3) // step + 1].copy()
    expected = np.zeros((2, length))
    for start in range(x.shape[1]):
        expected[:, start * step : start * step + 3] += x[:, start]
    check(ops.Overlap, x, expected=expected, axis=1, step=step, length=length)


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_concatenate(check, axis):
    parts = [X, X + 1, X * 2]
    result = ops.Concatenate.apply(*parts, axis=axis)
    check(ops.Concatenate, *parts, axis=axis)
    for number, part in enumerate(parts):
        size = part.shape[axis]
        np.testing.assert_array_equal(np.take(result, range(number * size, (number + 1) * size), axis), part)


def test_concatenate_of_different_lengths(check):
    parts = [X, X[:, :1].copy(), X[:, :0].copy(), X[:, 1:].copy()]
    check(
        ops.Concatenate,
        *parts,
        expected=np.array([[*a, *b, *d] for a, b, _, d in zip(*parts, strict=True)]),
        axis=1,
    )


@pytest.mark.parametrize(
    "view",
    [
        lambda x: x.view(4, 3),
        lambda x: x.permute(2, 0, 1),
        lambda x: x.expand(1, 2, 3, 2),
        lambda x: x.T,
        lambda x: x[1:],
        lambda x: x.diagonal(),
        lambda x: x.unfold(1, 1, 2),
        lambda x: x.as_strided((2, 2), (3, 1)),
    ],
)
def test_views_share_memory_and_version(view):
    x = npnn.tensor(X)
    y = view(x)
    assert np.shares_memory(x.array, y.array)
    y.mul_(2)
    assert x._version == y._version == 1


@pytest.mark.parametrize(
    "copy", [lambda x: x.T.reshape(12), lambda x: x.flip(0), lambda x: x.clone(), lambda x: x[[0, 1]]]
)
def test_copies_do_not(copy):
    x = npnn.tensor(X)
    y = copy(x)
    assert not np.shares_memory(x.array, y.array)
    y.mul_(2)
    assert (x._version, y._version) == (0, 1)
