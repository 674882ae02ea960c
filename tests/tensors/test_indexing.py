"""Indexing, in NumPy alone; tests/torch_ref/test_tensor_indexing.py tries more kinds of index."""

import numpy as np
import pytest

import npnn
from npnn.autograd import gradcheck

X = np.arange(24.0).reshape(2, 3, 4)


def leaf():
    return npnn.tensor(X, requires_grad=True)


@pytest.mark.parametrize(
    "index",
    [
        0,
        -1,
        ...,
        (),
        None,
        True,
        (0, 1),
        (0, 1, 2),
        (..., 1),
        slice(1, None),
        (slice(None), None, 2),
        [0, 1],
        ([0, 1], [2, 0]),
    ],
)
def test_as_numpy_does(index):
    np.testing.assert_array_equal(leaf().detach()[index], X[index])
    assert gradcheck(lambda x: x[index] * 2, leaf())


def test_numbers_beside_arrays_go_first():
    """Where NumPy takes them for arrays, and puts the axis of the arrays in front."""
    assert X[0, :, [1, 2]].shape == (2, 3)
    assert leaf()[0, :, [1, 2]].shape == (3, 2)
    np.testing.assert_array_equal(leaf().detach()[0, :, [1, 2]], X[0][:, [1, 2]])
    np.testing.assert_array_equal(leaf().detach()[[0, 1], :, 1], X[..., 1][[0, 1]])


def test_tensors_as_indices():
    x = leaf().detach()
    np.testing.assert_array_equal(x[npnn.tensor(1)], X[1])
    assert x[npnn.tensor(1)].shape == (3, 4)
    np.testing.assert_array_equal(x[x > 5], X[X > 5])
    np.testing.assert_array_equal(x[npnn.tensor([1, 0]), npnn.tensor([[2], [0]])], X[[1, 0], [[2], [0]]])
    assert x[[]].shape == (0, 3, 4)


def test_writing():
    x = npnn.tensor(X)
    x[0, 1] = 7
    x[x == 7] = -1
    x[1, :, [0, 2]] = np.array([1.0, 2.0])
    x[npnn.tensor([0]), 2, 1:3] = npnn.tensor(5.5, dtype=npnn.float64)
    expected = X.copy()
    expected[0, 1] = -1
    expected[1][:, [0, 2]] = [1, 2]
    expected[0, 2, 1:3] = 5.5
    np.testing.assert_array_equal(x, expected)
    assert x._version == 4


def test_writing_is_on_the_tape():
    def function(x, v):
        y = x * 1
        y[0, :, [1, 2]] = v
        y[1][1] = v[0, 0] * x[0, 0]
        return y

    assert gradcheck(function, (leaf(), npnn.tensor(np.ones((3, 2)), requires_grad=True)))


def test_iteration_and_membership():
    assert [row.tolist() for row in leaf()] == X.tolist()
    assert len(leaf()) == 2
    assert [row.tolist() for row in reversed(leaf())] == X[::-1].tolist()
    first, _ = leaf()
    assert first.requires_grad
    assert 5.0 in leaf()


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (
            lambda x: x[2],
            r"index 2 is out of bounds for dimension 0 with size 2 \(index 2 of a tensor of",
        ),
        (lambda x: x[0, 0, 0, 0], "too many indices for tensor"),
        (lambda x: x[0.5], "only integers"),
        (lambda x: x[[0, 5]], "index 5 is out of bounds for dimension 0"),
        (lambda x: x.__setitem__(5, 0), "index 5 is out of bounds for dimension 0"),
        (lambda x: x[np.ones((5, 5), bool)], "boolean index did not match"),
        (lambda x: x.select(1, 3), r"select\(\): index 3 out of range"),
        (lambda x: x.index_select(0, npnn.tensor([2])), "index out of range in self"),
    ],
)
def test_refused(call, words):
    with pytest.raises(IndexError, match=words):
        call(npnn.tensor(X))


def test_pieces():
    x = leaf()
    for pieces, expected in (
        (x.split(2, 1), np.split(X, [2], 1)),
        (x.split([1, 0, 3], 2), np.split(X, [1, 1], 2)),
        (x.chunk(3, 2), np.split(X, [2], 2)),
        (x.unbind(1), [X[:, i] for i in range(3)]),
    ):
        assert len(pieces) == len(expected)
        for piece, part in zip(pieces, expected, strict=True):
            np.testing.assert_array_equal(piece.detach(), part)
    assert gradcheck(lambda x: npnn.cat(x.split(2, 1)[::-1], 1), leaf())


def test_along_axes():
    index = np.array([[[2], [0], [0]]])
    np.testing.assert_array_equal(
        leaf().gather(2, npnn.tensor(index)).detach(), np.take_along_axis(X[:1], index, 2)
    )
    assert gradcheck(lambda x: x.gather(2, npnn.tensor(index)), leaf())
    assert gradcheck(lambda x: x.index_select(1, npnn.tensor([2, 2, 0])), leaf())
    assert gradcheck(lambda x: x.narrow(2, -3, 2), leaf())


def test_without_axes():
    x = npnn.tensor(2.0, requires_grad=True)
    assert x.gather(0, npnn.tensor([0, 0])).tolist() == [2, 2]
    assert x.gather(0, npnn.tensor(0)).shape == ()
    assert x.index_select(0, npnn.tensor([0])).shape == ()
    assert (x[...].item(), x[()].item(), x[None].tolist()) == (2, 2, [2])
