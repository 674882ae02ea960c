"""Losses with margins: against loops over rows and classes, and differences."""

import numpy as np
import pytest

from npnn.ops import margin_loss as ops

RANDOM = np.random.default_rng(0)


@pytest.mark.parametrize("p", [1, 2])
@pytest.mark.parametrize("margin", [1.0, 0.3, -0.5])
@pytest.mark.parametrize("weight", [None, np.array([0.5, 2.0, 0.0, 1.5, 1.0], np.float32)])
def test_multi_margin(check, p, margin, weight):
    x, target = RANDOM.standard_normal((4, 5)), np.array([3, 0, 4, 1])
    expected = [
        (1 if weight is None else weight[t])
        * sum(max(0, margin - row[t] + row[i]) ** p for i in range(5) if i != t)
        / 5
        for row, t in zip(x, target, strict=True)
    ]
    check(ops.MultiMarginLoss, x, target, weight, expected=expected, p=p, margin=margin)


@pytest.mark.parametrize(
    "target", [[2, 0, -1, 1], [-1, 1, 2, 0], [1, 1, 3, -1], [0, 1, 2, 3], [3, -1, -1, -1]], ids=str
)
def test_multilabel_margin(check, target):
    x = RANDOM.standard_normal((2, 4))
    right = target[: target.index(-1)] if -1 in target else target
    wrong = set(range(4)) - set(right)
    expected = [sum(max(0, 1 - row[j] + row[i]) for j in right for i in wrong) / 4 for row in x]
    check(ops.MultiLabelMarginLoss, x, np.array([target, target]), expected=expected)
