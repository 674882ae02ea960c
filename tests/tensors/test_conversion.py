"""What tensors are made from, and what they turn into."""

import numpy as np
import pytest

import npnn
from npnn.tensors.conversion import TYPE_NAMES, as_array


@pytest.mark.parametrize(
    ("data", "dtype"),
    [
        (1, "int64"),
        (1.5, "float32"),
        (True, "bool"),
        (1j, "complex64"),
        ([1, 2.5], "float32"),
        ([True, 2], "int64"),
        ([], "float32"),
        (np.float64(1), "float64"),
        ([np.float64(1)], "float64"),
        (np.ones(2, np.float16), "float16"),
        ([np.int8(1)], "int8"),
        ([npnn.ones(2, dtype=npnn.float64)], "float64"),
        ((1, 2), "int64"),
    ],
)
def test_dtypes_of_data(data, dtype):
    assert as_array(data).dtype == dtype
    assert as_array(data, np.complex64).dtype == np.complex64


def test_arrays_and_tensors_are_not_copied():
    array = np.zeros(2)
    assert as_array(array) is array
    assert as_array(npnn.from_numpy(array)) is array


def test_nested_tensors():
    assert as_array([npnn.tensor(1.5), 2.5]).tolist() == [1.5, 2.5]
    assert as_array([[npnn.tensor([1, 2])], [npnn.tensor([3, 4])]]).shape == (2, 1, 2)


@pytest.mark.parametrize(
    ("data", "error", "words"),
    [
        ("abc", TypeError, "expected numbers, got 'abc'"),
        (["a"], TypeError, "expected numbers"),
        ([object()], TypeError, "expected numbers"),
        (None, RuntimeError, "Could not infer dtype of NoneType"),
        ([1, None], RuntimeError, "Could not infer dtype of NoneType"),
        ([[1], [1, 2]], ValueError, r"nested sequences of equal length, got \[\[1\], \[1, 2\]\]"),
        ([list(range(99)), [1]], ValueError, r"\.\.\.$"),
    ],
)
def test_data_that_are_no_numbers(data, error, words):
    with pytest.raises(error, match=words):
        as_array(data)


def test_to():
    x = npnn.tensor([1.5, -2.5], requires_grad=True)
    assert x.to(npnn.float32) is x
    assert x.to("cpu") is x
    assert x.to(npnn.float32, copy=True) is not x
    for half in (
        x.to(npnn.float16),
        x.half(),
        x.type("torch.HalfTensor"),
        x.astype(np.float16),
        x.to(npnn.ones(1, dtype=npnn.half)),
    ):
        assert half.dtype == np.float16
        assert half.requires_grad
    assert not x.to(npnn.int64).requires_grad
    assert x.long().tolist() == [1, -2]
    assert x.bool().tolist() == [True, True]
    (x.double() * 2).sum().backward()
    assert x.grad.dtype == np.float32
    for call in (x.cuda, lambda: x.to("cuda"), lambda: x.to(device="meta")):
        with pytest.raises(RuntimeError, match="one device, 'cpu'"):
            call()


def test_type_names():
    for name, torch_name in TYPE_NAMES.items():
        x = npnn.zeros(1).type(f"torch.{torch_name}")
        assert x.dtype.name == name
        assert x.type() == f"torch.{torch_name}"


def test_numbers():
    x = npnn.tensor([[2.5]])
    assert (float(x), int(x), complex(x), bool(x), x.item()) == (2.5, 2, 2.5, True, 2.5)
    assert ["a", "b", "c"][npnn.tensor(1)] == "b"
    assert f"{npnn.tensor(2.71828):.2f}" == "2.72"
    for call in (float, int, complex):
        with pytest.raises(ValueError, match="only one element tensors can be converted to Python scalars"):
            call(npnn.ones(2))


def test_numpy_shares_memory_and_stays_off_the_tape():
    x = npnn.tensor([1.0, 2.0], requires_grad=True)
    with pytest.raises(RuntimeError, match=r"Use tensor.detach\(\).numpy\(\) instead"):
        x.numpy()
    assert x.numpy(force=True) is x.array
    assert x.detach().numpy() is x.array


def test_what_it_is():
    x = npnn.zeros(2, 3)
    assert (x.itemsize, x.element_size(), x.nbytes) == (4, 4, 24)
    assert (x.is_floating_point(), x.is_complex(), x.is_cuda, x.get_device()) == (True, False, False, -1)
    assert x.device == npnn.device("cpu")
    assert x[1].data_ptr() == x.data_ptr() + 12
