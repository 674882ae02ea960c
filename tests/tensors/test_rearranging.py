"""Repeating, rolling, turning and windows: values, views and what is refused."""

import numpy as np
import pytest

import npnn

X = np.arange(24.0).reshape(2, 3, 4)


def x():
    return npnn.tensor(X)


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        (x().repeat(1, 2, 3), np.tile(X, (1, 2, 3))),
        (x().repeat(2, 1, 1, 2), np.tile(X, (2, 1, 1, 2))),
        (npnn.tensor(3.0).repeat(2), [3, 3]),
        (x().repeat(0, 1, 1), X[:0]),
        (x().tile(2), np.tile(X, 2)),
        (npnn.tile(x(), (2, 1, 1, 1)), np.tile(X, (2, 1, 1, 1))),
        (x().repeat_interleave(2), np.repeat(X, 2)),
        (x().repeat_interleave(2, 1), np.repeat(X, 2, 1)),
        (x().repeat_interleave(npnn.tensor([2, 0, 1]), dim=1), np.repeat(X, [2, 0, 1], 1)),
        (npnn.repeat_interleave(npnn.tensor([0, 2, 1])), [1, 1, 2]),
        (x().broadcast_to((2, 2, 3, 4)), np.broadcast_to(X, (2, 2, 3, 4))),
        (x().sum_to_size(3, 1), X.sum((0, 2))[:, None]),
        (x().roll(5), np.roll(X, 5)),
        (x().roll((1, -2), (0, 2)), np.roll(X, (1, -2), (0, 2))),
        (x().rot90(), np.rot90(X)),
        (x().rot90(-1, (2, 0)), np.rot90(X, -1, (2, 0))),
        (x().rot90(2, (1, 2)), np.rot90(X, 2, (1, 2))),
        (x().rot90(4), X),
        (x().fliplr(), X[:, ::-1]),
        (x().flipud(), X[::-1]),
        (x().adjoint(), X.swapaxes(1, 2)),
        (npnn.tensor([[1 + 2j, 3j]]).mH, [[1 - 2j], [-3j]]),
        (npnn.tensor([[1 + 2j, 3j]]).H, [[1 - 2j], [-3j]]),
        (x().narrow_copy(1, 1, 2), X[:, 1:]),
        (npnn.atleast_1d(npnn.tensor(1)), [1]),
        (npnn.atleast_2d(npnn.tensor([1, 2])), [[1, 2]]),
        (npnn.atleast_3d(npnn.tensor([1, 2])), [[[1], [2]]]),
        (npnn.atleast_3d(x()), X),
        (x().unfold(2, 2, 1), np.lib.stride_tricks.sliding_window_view(X, 2, 2)),
        (x().unfold(1, 2, 2), np.lib.stride_tricks.sliding_window_view(X, 2, 1)[:, ::2]),
        (npnn.tensor(3.0).unfold(0, 1, 1), [3]),
        (x().as_strided((3, 2), (4, 2), 1), [[1, 3], [5, 7], [9, 11]]),
    ],
)
def test_values(result, expected):
    np.testing.assert_array_equal(result, expected)


def test_several_at_once():
    one, two = npnn.atleast_2d(npnn.tensor(1), npnn.ones(3))
    assert (one.shape, two.shape) == ((1, 1), (1, 3))
    rows, columns = npnn.unravel_index(npnn.tensor([5, 0]), (2, 3))
    np.testing.assert_array_equal([rows, columns], [[1, 0], [2, 0]])


def test_repeats_are_copies():
    t = x()
    for copy in (t.repeat(1, 1, 1), t.tile(1), t.rot90(0), t.narrow_copy(0, 0, 2), t.sum_to_size(2, 3, 4)):
        assert not np.shares_memory(copy.array, t.array)


@pytest.mark.parametrize(
    ("change", "shape"),
    [
        (lambda t: t.unsqueeze_(1), (2, 1, 3)),
        (lambda t: t.transpose_(0, 1), (3, 2)),
        (lambda t: t.swapaxes_(0, 1), (3, 2)),
        (lambda t: t.t_(), (3, 2)),
        (lambda t: t.unsqueeze_(0).squeeze_(0), (2, 3)),
    ],
)
def test_shapes_in_place(change, shape):
    """The tensor stands for the view from then on, also on the tape; a base that it shows stays as it was."""
    leaf = npnn.tensor(np.arange(12.0).reshape(2, 6), requires_grad=True)
    base = leaf * 1
    for t in (leaf * 1)[:, ::2], base[:, 1::2], leaf.detach().clone()[:, 3:]:
        before = t.array.copy()
        assert change(t) is t
        assert t.shape == shape
        np.testing.assert_array_equal(np.sort(t.array, None), np.sort(before, None))
    view = base[:, 1::2]
    change(view).mul_(2)
    cotangent = np.random.default_rng(0).standard_normal((2, 6))
    base.backward(npnn.tensor(cotangent))
    np.testing.assert_array_equal(leaf.grad, cotangent * [1, 2, 1, 2, 1, 2])


@pytest.mark.parametrize("method", ["unfold", "diagonal", "as_strided"])
def test_writing_into_a_view_is_on_the_tape(method):
    arguments = {"unfold": (1, 1, 2), "diagonal": (), "as_strided": ((2, 2), (3, 1))}[method]
    leaf = npnn.tensor(X[0], requires_grad=True)
    base = leaf * 1
    getattr(base, method)(*arguments).mul_(3)
    factors = np.ones((3, 4))
    view = getattr(npnn.from_numpy(factors), method)(*arguments)
    view.array[...] = 3
    cotangent = np.random.default_rng(0).standard_normal((3, 4))
    base.backward(npnn.tensor(cotangent))
    np.testing.assert_array_equal(base.detach(), X[0] * factors)
    np.testing.assert_array_equal(leaf.grad, cotangent * factors)


@pytest.mark.parametrize(
    ("call", "error", "match"),
    [
        (lambda: x().repeat(2), RuntimeError, "can not be smaller than number of dimensions"),
        (lambda: x().repeat(2, -1, 1), RuntimeError, "negative dimension"),
        (lambda: x().repeat_interleave(npnn.tensor([1, 2]), 1), RuntimeError, "same size as input along dim"),
        (lambda: x().repeat_interleave(-1), RuntimeError, "can not be negative"),
        (lambda: x().repeat_interleave(npnn.tensor([1.0])), RuntimeError, "tensor of integers"),
        (lambda: x().sum_to_size(5), RuntimeError, "is not expandable to size"),
        (lambda: x().roll((1, 2), 0), RuntimeError, "shifts and dimensions must align"),
        (lambda: x().roll(1, 3), IndexError, "Dimension out of range"),
        (lambda: x().rot90(1, (0, 0)), RuntimeError, "to be different"),
        (lambda: npnn.ones(2).fliplr(), RuntimeError, "must be >= 2-d"),
        (lambda: npnn.tensor(1).flipud(), RuntimeError, "must be >= 1-d"),
        (
            lambda: x().unfold(0, 3, 1),
            RuntimeError,
            "maximum size for tensor at dimension 0 is 2 but size is 3",
        ),
        (lambda: x().unfold(0, 1, 0), RuntimeError, "step is 0 but must be > 0"),
        (lambda: x().as_strided((5, 5), (6, 1)), RuntimeError, "reach element 28 of a tensor of 24"),
        (lambda: x().as_strided((2,), (-1,)), RuntimeError, "Negative strides are not supported"),
        (lambda: x().mT.as_strided((2,), (1,)), RuntimeError, "contiguous"),
        (lambda: x().H, RuntimeError, "only supported on matrices"),
        (
            lambda: npnn.ones(2, 2, requires_grad=True).t_(),
            RuntimeError,
            "a leaf Variable that requires grad",
        ),
        (lambda: npnn.unravel_index(npnn.tensor([6]), (2, 3)), ValueError, "out of bounds"),
    ],
)
def test_refused(call, error, match):
    with pytest.raises(error, match=match):
        call()
