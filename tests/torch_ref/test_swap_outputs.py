"""Two outputs compared: which numbers agree, and where the first difference is."""

import pytest

from torch_ref.swap import Difference, first_difference
from torch_ref.swap.outputs import is_number, neighbours, unwrapped

AGREE = [
    ("", ""),
    ("loss 1.0000", "loss 1.00009"),
    ("1e-5", "1.00005E-05"),
    ("[ 0.5, -2.]", "[0.50001, -2.0001]"),
    ("-0.0000", " 0.0000"),
    ("nan inf -inf", "nan inf -inf"),
    ("tensor(nan) NaN", "tensor(NaN) nan"),
    ("Linear(in_features=4)", "Linear(in_features=4)"),
    ("a\n\n1.5", "a\n\n1.5001"),
    ("tensor(2.5, grad_fn=<MulBackward0>)", "tensor(2.5, grad_fn=<MatmulBackward0>)"),
    ("of torch.int64, torch.float32", "of int64, float32"),
]


@pytest.mark.parametrize(("theirs", "ours"), AGREE)
def test_numbers_within_the_tolerance_agree(theirs, ours):
    assert first_difference(theirs, ours, rtol=1e-4) is None


@pytest.mark.parametrize(
    ("theirs", "ours", "line", "one", "other"),
    [
        ("1.0000", "1.0002", 1, "1.0000", "1.0002"),
        ("0.0", "1e-9", 1, "0.0", "1e-9"),
        ("1.5", "-1.5", 1, "1.5", "-1.5"),
        ("x 2 0.5\ny 100000 0.5", "x 2 0.5\ny 100001 0.7", 2, "100000", "100001"),
        ("nan", "1.0", 1, "nan", "1.0"),
        ("1.0", "inf", 1, "1.0", "inf"),
        ("inf", "-inf", 1, "inf", "-inf"),
        ("a 1.5", "b 1.5", 1, "a 1.5", "b 1.5"),
        ("1.5", "1.5 2.5", 1, "1.5", "1.5 2.5"),
        ("1\n2", "1", 2, "2", None),
        ("1", "1\n2", 2, None, "2"),
    ],
)
def test_the_first_difference_is_told(theirs, ours, line, one, other):
    assert first_difference(theirs, ours, rtol=1e-4) == Difference(line, one, other)


def test_the_absolute_tolerance_is_for_what_ought_to_be_zero():
    assert first_difference("0.0", "1e-9", rtol=0, atol=1e-8) is None
    assert first_difference("0.0", "1e-7", rtol=0, atol=1e-8) == Difference(1, "0.0", "1e-7")


def test_of_a_node_only_the_name_is_left_out():
    assert first_difference("tensor(2.5)", "tensor(2.5, grad_fn=<AddBackward0>)", rtol=1e-4) is not None
    assert first_difference("torch.int64", "int32", rtol=1e-4) is not None
    assert first_difference("torch.Size([2])", "Size([2])", rtol=1e-4) is not None


def test_a_tensor_is_not_broken_before_its_node():
    whole = "tensor([1.5], dtype=torch.float64, grad_fn=<AddBackward0>)\nx,\ny"
    assert unwrapped(whole.replace(" grad_fn", "\n       grad_fn")) == unwrapped(whole) == whole


@pytest.mark.parametrize(
    ("theirs", "ours", "expected"),
    [
        ("0.10", "0.11", True),
        ("-0.01", "0.00", True),
        ("9.99", "10.00", True),
        ("0.10", "0.12", False),
        ("0.1", "0.20", False),
        ("1", "2", False),
        ("1.5e-3", "1.6e-3", False),
    ],
)
def test_numbers_one_apart_in_the_last_digit(theirs, ours, expected):
    assert neighbours(theirs, ours) is neighbours(ours, theirs) is expected


@pytest.mark.parametrize(
    ("text", "expected"), [("-.5", True), ("nan", True), ("7", True), ("loss 7", False), ("", False)]
)
def test_a_number_is_no_line(text, expected):
    assert is_number(text) is expected
