"""Losses: against sums written out, and differences."""

import math

import numpy as np
import pytest

import npnn
from npnn.ops import loss as ops

RANDOM = np.random.default_rng(0)
CLASSES = 4
TARGETS = {"one": np.array(2), "rows": np.array([1, 0, 3, 1, 2]), "grid": RANDOM.integers(0, CLASSES, (2, 3))}
WEIGHT = np.array([0.5, 2.0, 0.0, 1.5], np.float64)


def reduce(losses, weights, reduction, shape):
    if reduction == "none":
        return np.array(losses).reshape(shape)
    return math.fsum(losses) / (math.fsum(weights) if reduction == "mean" else 1)


def log_softmax(row):
    return [x - math.log(math.fsum(map(math.exp, row))) for x in row]


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize(("x", "t"), [((2, 3), (2, 3)), ((), ()), ((2, 3), (3,)), ((4, 1), (3,))])
def test_mse(check, reduction, x, t):
    x, t = RANDOM.standard_normal(x), RANDOM.standard_normal(t)
    squares = (np.array(x) - np.array(t)) ** 2
    expected = reduce(squares.reshape(-1).tolist(), [1] * squares.size, reduction, squares.shape)
    check(ops.MSELoss, np.asarray(x), np.asarray(t), expected=expected, reduction=reduction)


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("shape", TARGETS)
@pytest.mark.parametrize("weight", [None, WEIGHT.astype(np.float32)], ids=["unweighted", "weighted"])
@pytest.mark.parametrize("ignored", [-100, 1])
class TestClasses:
    @staticmethod
    def losses(scores, target, weight, ignored):
        rows, classes = scores.reshape(-1, CLASSES).tolist(), target.reshape(-1).tolist()
        weights = [0 if c == ignored else 1 if weight is None else float(weight[c]) for c in classes]
        return [-w * row[c] if w else 0 for w, row, c in zip(weights, rows, classes, strict=True)], weights

    def test_nll(self, check, reduction, shape, weight, ignored):
        target = TARGETS[shape]
        x = RANDOM.standard_normal((*target.shape, CLASSES))
        losses, weights = self.losses(x, target, weight, ignored)
        if reduction == "mean" and not sum(weights):
            return
        expected = reduce(losses, weights, reduction, target.shape)
        check(ops.NLLLoss, x, target, weight, expected=expected, ignore_index=ignored, reduction=reduction)

    def test_cross_entropy(self, reduction, shape, weight, ignored):
        target = TARGETS[shape]
        x = RANDOM.standard_normal((*target.shape, CLASSES))
        log_p = np.array([log_softmax(row) for row in x.reshape(-1, CLASSES).tolist()]).reshape(x.shape)
        losses, weights = self.losses(log_p, target, weight, ignored)
        if reduction == "mean" and not sum(weights):
            return
        options = {"ignore_index": ignored, "reduction": reduction}
        loss, p = ops.CrossEntropy.apply(x, target, weight, **options)
        np.testing.assert_allclose(
            loss, reduce(losses, weights, reduction, target.shape), rtol=1e-12, atol=1e-14
        )
        np.testing.assert_allclose(p, np.exp(log_p), rtol=1e-12)
        t = npnn.tensor(x, requires_grad=True)
        for check in (npnn.autograd.gradcheck, npnn.autograd.gradgradcheck):
            assert check(
                lambda x: ops.CrossEntropy.apply(x, target, weight, **options), t, atol=1e-7, rtol=1e-6
            )


class TestNothingWarns:
    """As torch does not; and these happen in normal use."""

    @pytest.mark.parametrize(
        "operation", [ops.NLLLoss, lambda *inputs, **options: ops.CrossEntropy.apply(*inputs, **options)[0]]
    )
    def test_when_everything_is_ignored(self, operation):
        apply = getattr(operation, "apply", operation)
        x = npnn.tensor(RANDOM.standard_normal((3, CLASSES)), requires_grad=True)
        target = np.full(3, -100)
        assert np.isnan(apply(x, target, None, ignore_index=-100, reduction="mean").item())
        loss = apply(x, target, None, ignore_index=-100, reduction="sum")
        loss.backward()
        assert loss.item() == 0
        assert not x.grad.array.any()

    def test_when_there_is_nothing(self):
        x = npnn.zeros(0, CLASSES, requires_grad=True)
        assert np.isnan(ops.NLLLoss.apply(x, np.zeros(0, int), None).item())
        assert np.isnan(ops.MSELoss.apply(x, np.zeros((0, CLASSES), np.float32)).item())
        assert ops.MSELoss.apply(x, np.zeros((0, CLASSES), np.float32), reduction="sum").item() == 0

    def test_when_logits_are_masked(self):
        x = npnn.tensor([[0.0, -np.inf, 0.0]], dtype=npnn.float64, requires_grad=True)
        loss, _ = ops.CrossEntropy.apply(x, np.array([0]))
        loss.backward()
        np.testing.assert_allclose(loss.item(), math.log(2))
        np.testing.assert_allclose(x.grad, [[-0.5, 0, 0.5]])
