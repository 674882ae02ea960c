"""Two outputs compared: which numbers agree, and where the first difference is."""

import pytest

from torch_ref.swap import Difference, first_difference

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
