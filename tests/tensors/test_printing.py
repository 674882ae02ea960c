"""How tensors print; tests/torch_ref/test_tensor_printing.py compares many more with torch."""

import numpy as np
import pytest

import npnn
from npnn.tensors.printing import format_tensor


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (1.0, "tensor(1.)"),
        ([1, 20], "tensor([ 1, 20])"),
        ([0.5, -1.25], "tensor([ 0.5000, -1.2500])"),
        ([1e-5, 1.0], "tensor([1.0000e-05, 1.0000e+00])"),
        ([np.nan, 1.0, np.inf], "tensor([nan, 1., inf], dtype=torch.float64)"),
        ([True, False], "tensor([ True, False])"),
        ([1 + 2j], "tensor([1.+2.j])"),
        ([], "tensor([])"),
        (np.zeros((0, 2), np.int64), "tensor([], size=(0, 2), dtype=torch.int64)"),
        (np.zeros((2, 2), np.int8), "tensor([[0, 0],\n        [0, 0]], dtype=torch.int8)"),
        ([[[1.0]], [[2.0]]], "tensor([[[1.]],\n\n        [[2.]]])"),
        (np.arange(1001), "tensor([   0,    1,    2,  ...,  998,  999, 1000])"),
    ],
)
def test_repr(data, text):
    if isinstance(data, list) and np.nan in data:
        data = np.array(data)
    assert repr(npnn.tensor(data)) == text


def test_what_a_reader_could_not_tell():
    x = npnn.ones(2, requires_grad=True)
    assert repr(x) == "tensor([1., 1.], requires_grad=True)"
    assert repr(x + 1) == "tensor([2., 2.], grad_fn=<AddBackward0>)"
    assert repr(x.double()) == "tensor([1., 1.], dtype=torch.float64, grad_fn=<ToCopyBackward0>)"


def test_a_user_function_prints_its_own_name():
    class Cube(npnn.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x**3

    assert "grad_fn=<CubeBackward>" in repr(Cube.apply(npnn.ones(1, requires_grad=True)))


def test_a_line_that_is_full_goes_on_below():
    text = format_tensor(np.arange(8.0) / 3, ["requires_grad=True"])
    assert text.splitlines()[-1].strip() == "dtype=torch.float64, requires_grad=True)"
    assert all(len(line) <= 80 for line in text.splitlines())
