"""dtypes and promotion; tests/torch_ref/test_tensor_promotion.py goes through all pairs of them."""

import numpy as np
import pytest

import npnn
from npnn import dtypes


@pytest.fixture(autouse=True)
def _default():
    yield
    assert npnn.get_default_dtype() == np.float32


@pytest.mark.parametrize(
    "name",
    [
        "float16",
        "float32",
        "float64",
        "int8",
        "int16",
        "int32",
        "int64",
        "uint8",
        "uint16",
        "uint32",
        "uint64",
        "complex64",
        "complex128",
    ],
)
def test_they_are_numpys(name):
    assert getattr(npnn, name) == np.dtype(name)
    assert npnn.zeros(2, dtype=getattr(npnn, name)).array.dtype == np.dtype(name)
    assert np.zeros(2, getattr(npnn, name)).dtype == name


@pytest.mark.parametrize(
    ("name", "wide"),
    [
        ("half", "float16"),
        ("float", "float32"),
        ("double", "float64"),
        ("short", "int16"),
        ("int", "int32"),
        ("long", "int64"),
        ("bool", "bool"),
        ("cfloat", "complex64"),
        ("cdouble", "complex128"),
    ],
)
def test_other_names(name, wide):
    assert getattr(npnn, name) == np.dtype(wide)
    assert isinstance(getattr(npnn, name), npnn.dtype)


def test_bfloat16_is_but_a_name():
    assert npnn.bfloat16 not in (npnn.float16, npnn.float32)
    assert {"float32": npnn.float32, "bfloat16": npnn.bfloat16}["float32"] == np.float32
    x = npnn.ones(2)
    for use in (
        lambda: npnn.zeros(2, dtype=npnn.bfloat16),
        lambda: x.to(npnn.bfloat16),
        lambda: npnn.Linear(2, 3).to(npnn.bfloat16),
        lambda: npnn.set_default_dtype(npnn.bfloat16),
    ):
        # The oldest release of NumPy that npnn takes, 2.1, puts a TypeError of its own in its place.
        with pytest.raises((NotImplementedError, TypeError), match="bfloat16"):
            use()


def test_the_default():
    for wanted in (npnn.float64, "float64", np.float64, npnn.float16):
        npnn.set_default_dtype(wanted)
        try:
            assert (
                npnn.get_default_dtype() == npnn.zeros(1).dtype == npnn.tensor(1.5).dtype == np.dtype(wanted)
            )
            assert (npnn.arange(2) / 2).dtype == np.dtype(wanted)
            assert dtypes.default_complex() == (
                np.complex128 if np.dtype(wanted) == np.float64 else np.complex64
            )
            assert npnn.tensor(np.float32(1)).dtype == np.float32
        finally:
            npnn.set_default_dtype(npnn.float32)
    for wrong in (npnn.int64, bool, np.complex64):
        with pytest.raises(
            TypeError, match="only floating-point types are supported as the default type, got"
        ):
            npnn.set_default_dtype(wrong)


def arrays(*names):
    return [np.zeros(1, name[:-1]) if name.endswith("*") else np.zeros((), name) for name in names]


@pytest.mark.parametrize(
    ("operands", "result"),
    [
        # A star stands for an axis.
        (arrays("float32*", "float64*"), "float64"),
        (arrays("float32*", "float64"), "float32"),
        (arrays("float32", "float64"), "float64"),
        (arrays("int64*", "float32*"), "float32"),
        (arrays("int64*", "float16"), "float16"),
        (arrays("uint8*", "int8*"), "int16"),
        (arrays("uint8*", "int8"), "uint8"),
        (arrays("bool*", "int8"), "int8"),
        (arrays("bool*", "bool*"), "bool"),
        (arrays("float64*", "complex64"), "complex128"),
        (arrays("complex64*", "float64"), "complex64"),
        (arrays("complex64*", "float64*"), "complex128"),
        ([*arrays("int8*"), 1], "int8"),
        ([*arrays("int8*"), 1.5], "float32"),
        ([*arrays("bool*"), 2], "int64"),
        ([*arrays("float16*"), 1.5, 2], "float16"),
        ([*arrays("float64*"), 1j], "complex128"),
        ([*arrays("float32"), np.float64(1)], "float32"),
        ([True, 2], "int64"),
        ([2, 1.5], "float32"),
        ([1j], "complex64"),
        ([npnn.ones(1), npnn.tensor(1.0, dtype=npnn.float64)], "float32"),
    ],
)
def test_result_type(operands, result):
    for order in (operands, operands[::-1]):
        assert npnn.result_type(*order) == result


def test_result_type_of_strangers():
    with pytest.raises(TypeError, match="expected a Tensor, an ndarray or a number, got str"):
        npnn.result_type(np.ones(1), "a")
    with pytest.raises(ValueError, match="at least one operand"):
        npnn.result_type()
