"""Shapes as methods: which views and copies, and what is refused."""

import numpy as np
import pytest

import npnn
from npnn.tensors import Size
from npnn.tensors.shapes import as_sizes

X = np.arange(24.0).reshape(2, 3, 4)


def x():
    return npnn.tensor(X)


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        (x().reshape(4, 6), X.reshape(4, 6)),
        (x().reshape((4, -1)), X.reshape(4, 6)),
        (x().reshape(npnn.Size([6, 4])), X.reshape(6, 4)),
        (x().view(-1), X.ravel()),
        (x().flatten(1), X.reshape(2, 12)),
        (x().flatten(0, 1), X.reshape(6, 4)),
        (npnn.tensor(2.0).flatten(), [2]),
        (x().unflatten(2, (2, -1)), X.reshape(2, 3, 2, 2)),
        (x()[:, :1].squeeze(), X[:, 0]),
        (x()[:, :1].squeeze(1), X[:, 0]),
        (x()[:, :1].squeeze(0), X[:, :1]),
        (x()[:1, :1].squeeze((0, 1)), X[0, 0]),
        (x().unsqueeze(-1), X[..., None]),
        (x().permute(2, 0, 1), X.transpose(2, 0, 1)),
        (x().permute((2, 0, 1)), X.transpose(2, 0, 1)),
        (x().permute(dims=(-1, 0, 1)), X.transpose(2, 0, 1)),
        (x().transpose(0, -1), X.swapaxes(0, 2)),
        (x().movedim((0, 1), (-1, 0)), np.moveaxis(X, (0, 1), (-1, 0))),
        (x().T, X.T),
        (x()[0].t(), X[0].T),
        (x()[0, 0].t(), X[0, 0]),
        (x().mT, X.swapaxes(1, 2)),
        (x().expand(2, 2, 3, 4), np.broadcast_to(X, (2, 2, 3, 4))),
        (x()[:, :1].expand(-1, 3, -1), np.broadcast_to(X[:, :1], (2, 3, 4))),
        (x().flip(0, 2), X[::-1, :, ::-1]),
        (x().flip(dims=(1,)), X[:, ::-1]),
        (x().ravel(), X.ravel()),
        (x().T.contiguous(), X.T),
    ],
)
def test_values(result, expected):
    np.testing.assert_array_equal(result, expected)


def test_size():
    assert repr(x().shape) == "torch.Size([2, 3, 4])"
    assert isinstance(x().size(), Size)
    assert x().shape.numel() == 24
    assert Size().numel() == 1
    assert (x().size(-1), x().stride(), x().stride(0)) == (4, (12, 4, 1), 12)
    assert (x().ndim, x().dim(), x().numel(), x().nelement()) == (3, 3, 24, 24)


def test_contiguity():
    t = x()
    assert t.is_contiguous()
    assert t.contiguous() is t
    assert not t.T.is_contiguous()
    assert t.T.contiguous().is_contiguous()
    assert t.T.clone().stride() == t.T.stride()


def test_view_never_copies():
    t = x()
    assert t.view(6, 4).data_ptr() == t.data_ptr()
    with pytest.raises(RuntimeError, match="view size is not compatible"):
        t.T.view(24)
    bits = t.view(npnn.int64)
    assert bits.dtype == np.int64
    bits.zero_()
    assert not t.array.any()
    assert t._version == 1


def test_expanding_to_the_same_size_may_be_written():
    t = npnn.zeros(2)
    t.expand(1, 2).add_(1)
    assert t.tolist() == [1, 1]


def test_as_sizes():
    assert as_sizes((2, 3)) == as_sizes(([2, 3],)) == as_sizes((np.array([2, 3]),)) == (2, 3)
    assert as_sizes((npnn.tensor(2), np.int64(3))) == (2, 3)
    assert as_sizes(()) == as_sizes(((),)) == ()
    for wrong in (("a",), (1.5,), ([1.5],), (None,)):
        with pytest.raises(TypeError, match="expected ints or a sequence of ints"):
            as_sizes(wrong)
