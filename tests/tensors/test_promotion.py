"""Operands: dtypes, shapes, strangers; tests/torch_ref/test_tensor_promotion.py has all pairs of dtypes."""

import numpy as np
import pytest

import npnn
from npnn.ops.arithmetic import Add, Maximum
from npnn.tensors import promotion


def test_promoted():
    for x, y, dtype in (
        (npnn.ones(2), npnn.ones(2, dtype=npnn.float64), "float64"),
        (npnn.ones(2), npnn.tensor(1.0, dtype=npnn.float64), "float32"),
        (npnn.arange(2), 1.5, "float32"),
        (npnn.arange(2), npnn.tensor(True), "int64"),
        (npnn.ones(2, dtype=npnn.float16), np.ones(2), "float64"),
        (npnn.ones(2, dtype=npnn.uint8), npnn.ones(2, dtype=npnn.int8), "int16"),
    ):
        for a, b in ((x, y), (y, x)):
            assert {p.dtype.name for p in promotion.promoted(a, b) if hasattr(p, "dtype")} == {dtype}
    assert (npnn.arange(4) / 2).dtype == (npnn.arange(4) / npnn.arange(1, 5)).dtype == np.float32


def test_promotion_is_on_the_tape():
    x = npnn.ones(2, requires_grad=True)
    (x * np.full(2, 3.0)).sum().backward()
    assert x.grad.dtype == np.float32
    assert x.grad.tolist() == [3, 3]


def test_the_default_dtype():
    npnn.set_default_dtype(npnn.float64)
    try:
        assert (npnn.arange(2) / 2).dtype == np.float64
        assert npnn.tensor([1.5]).dtype == np.float64
    finally:
        npnn.set_default_dtype(npnn.float32)


def test_strangers():
    for stranger in ("a", None, [1.0], object()):
        with pytest.raises(TypeError, match="expected a Tensor, an ndarray or a number"):
            promotion.elementwise(Maximum, npnn.ones(2), stranger)
        assert promotion.operator(Add, npnn.ones(2), stranger) is NotImplemented


def test_others_may_take_over():
    class Other:
        def __radd__(self, tensor):
            return "taken"

    assert npnn.ones(2) + Other() == "taken"


@pytest.mark.parametrize(
    ("one", "other", "words"),
    [
        ((3,), (2,), r"a \(3\) must match the size of tensor b \(2\) at non-singleton dimension 0"),
        ((2, 3), (2, 1, 4), r"a \(3\) must match the size of tensor b \(4\) at non-singleton dimension 2"),
        ((0,), (2,), r"a \(0\) must match the size of tensor b \(2\) at non-singleton dimension 0"),
    ],
)
def test_shapes_that_do_not_broadcast(one, other, words):
    with pytest.raises(RuntimeError, match=words):
        npnn.zeros(one) * npnn.zeros(other)
    with pytest.raises(RuntimeError, match=words):
        promotion.check_shapes(one, other)


@pytest.mark.parametrize(
    ("one", "other"), [((3,), (1,)), ((), (2, 3)), ((0,), (1,)), ((2, 1), (1, 3)), ((1, 0), (2, 1))]
)
def test_shapes_that_do(one, other):
    promotion.check_shapes(one, other)
    assert (npnn.zeros(one) + npnn.zeros(other)).shape == np.broadcast_shapes(one, other)


def test_integers_wrap_around():
    assert (npnn.tensor([1], dtype=npnn.int8) + 300).tolist() == [45]
    assert (npnn.tensor([1], dtype=npnn.uint8) - 5).tolist() == [252]
    assert (npnn.tensor([3], dtype=npnn.uint8) ^ -1).tolist() == [252]
    assert npnn.tensor([1], dtype=npnn.int8).eq(300).tolist() == [False]


def test_fill_values():
    assert promotion.fill_value(2.7, np.dtype(np.int64)).item() == 2
    assert promotion.fill_value(-1, np.dtype(np.uint8)).item() == 255
    for value, dtype in ((256, np.uint8), (-129, np.int8), (-256, np.uint8), ([1, 300], np.uint8)):
        with pytest.raises(RuntimeError, match="cannot be converted"):
            promotion.fill_value(value, np.dtype(dtype))
