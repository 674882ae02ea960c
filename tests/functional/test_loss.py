"""mse_loss, nll_loss, cross_entropy: arguments, layouts, refusals; tests/ops/test_loss.py has the sums."""

import math

import numpy as np
import pytest

import npnn
import npnn.functional as F
from npnn.autograd import gradcheck

RANDOM = np.random.default_rng(0)
LOGITS = RANDOM.standard_normal((5, 3))
CLASSES = np.array([0, 2, 1, 1, 0])
WEIGHT = np.array([0.5, 2.0, 1.0])
LOG_P = LOGITS - np.log(np.exp(LOGITS).sum(1, keepdims=True))


def leaf(values):
    return npnn.tensor(np.array(values), requires_grad=True)


def one_hot(classes, smoothing=0.0):
    return np.eye(3)[classes] * (1 - smoothing) + smoothing / 3


class TestCrossEntropy:
    @pytest.mark.parametrize("smoothing", [0.0, 0.3, 1.0])
    @pytest.mark.parametrize("weight", [None, WEIGHT])
    @pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
    def test_classes_with_smoothing(self, smoothing, weight, reduction):
        w = np.ones(3) if weight is None else weight
        losses = -(one_hot(CLASSES, smoothing) * LOG_P * w).sum(1)
        expected = {"none": losses, "sum": losses.sum(), "mean": losses.sum() / w[CLASSES].sum()}[reduction]
        options = {"weight": weight, "label_smoothing": smoothing, "reduction": reduction}
        x = leaf(LOGITS)
        np.testing.assert_allclose(F.cross_entropy(x, CLASSES, **options).detach(), expected, rtol=1e-12)
        assert gradcheck(lambda x: F.cross_entropy(x, CLASSES, **options), x)

    @pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
    def test_probabilities(self, reduction):
        target = np.exp(RANDOM.standard_normal((5, 3)))
        losses = -(target * LOG_P * WEIGHT).sum(1)
        expected = {"none": losses, "sum": losses.sum(), "mean": losses.mean()}[reduction]
        x, t = leaf(LOGITS), leaf(target)
        y = F.cross_entropy(x, t, WEIGHT, reduction=reduction)
        np.testing.assert_allclose(y.detach(), expected, rtol=1e-12)
        assert gradcheck(
            lambda x, t: F.cross_entropy(x, t, WEIGHT, reduction=reduction, label_smoothing=0.2), (x, t)
        )

    def test_ignored_classes_take_no_part_in_smoothing(self):
        kept = CLASSES != 1
        for reduction in ("mean", "sum"):
            options = {"weight": WEIGHT, "label_smoothing": 0.3, "reduction": reduction}
            whole = F.cross_entropy(LOGITS, CLASSES, ignore_index=1, **options)
            part = F.cross_entropy(LOGITS[kept], CLASSES[kept], **options)
            np.testing.assert_allclose(whole, part, rtol=1e-12)

    def test_unbatched_and_with_axes_in_between(self):
        whole = F.cross_entropy(LOGITS, CLASSES, reduction="none")
        np.testing.assert_allclose(F.cross_entropy(LOGITS[1], CLASSES[1:2][0]), whole[1], rtol=1e-14)
        grid = F.cross_entropy(LOGITS[:4].reshape(2, 2, 3), CLASSES[:4].reshape(2, 2), reduction="none")
        np.testing.assert_allclose(grid.reshape(4), whole[:4], rtol=1e-14)

    def test_is_nll_of_log_softmax(self):
        expected = F.nll_loss(F.log_softmax(npnn.tensor(LOGITS), 1), CLASSES, WEIGHT)
        np.testing.assert_allclose(F.cross_entropy(LOGITS, CLASSES, WEIGHT), expected, rtol=1e-14)

    def test_large_logits(self):
        x = leaf([[1000.0, 0.0, -1000.0]])
        loss = F.cross_entropy(x, np.array([2]))
        loss.backward()
        assert loss.item() == 2000
        np.testing.assert_array_equal(x.grad, [[1, 0, -1]])

    def test_of_nothing(self):
        for target in (np.zeros(0, int), np.zeros((0, 3))):
            assert math.isnan(F.cross_entropy(np.zeros((0, 3)), target).item())
            assert F.cross_entropy(np.zeros((0, 3)), target, reduction="sum").item() == 0
            assert F.cross_entropy(np.zeros((0, 3)), target, reduction="none").shape == (0,)


class TestMSE:
    def test_reductions(self):
        x, t = RANDOM.standard_normal((2, 3, 2))
        for reduction, expected in (
            ("none", (x - t) ** 2),
            ("sum", ((x - t) ** 2).sum()),
            ("mean", ((x - t) ** 2).mean()),
        ):
            np.testing.assert_allclose(F.mse_loss(x, t, reduction=reduction), expected, rtol=1e-14)
        assert gradcheck(F.mse_loss, (leaf(x), leaf(t)))

    def test_weights(self):
        x, t, w = RANDOM.uniform(1, 2, (3, 4))
        np.testing.assert_allclose(F.mse_loss(x, t, weight=w), (w * (x - t) ** 2).sum() / w.sum(), rtol=1e-14)
        assert gradcheck(lambda x, w: F.mse_loss(x, t, weight=w), (leaf(x), leaf(w)))

    def test_shapes_that_broadcast_are_warned_of(self):
        with pytest.warns(
            UserWarning,
            match=r"Using a target size \(\[3\]\) that is different to the input size \(\[2, 3\]\)",
        ):
            assert F.mse_loss(np.ones((2, 3)), np.zeros(3)).item() == 1

    def test_dtypes_are_promoted(self):
        x = npnn.ones(2, requires_grad=True)
        loss = F.mse_loss(x, np.zeros(2))
        loss.backward()
        assert (loss.dtype, x.grad.dtype) == (np.float64, np.float32)

    @pytest.mark.parametrize(
        ("size_average", "reduce", "reduction"),
        [(None, False, "none"), (False, None, "sum"), (True, True, "mean")],
    )
    def test_the_older_arguments(self, size_average, reduce, reduction):
        x, t = np.arange(3.0), np.ones(3)
        expected = F.mse_loss(x, t, reduction=reduction)
        np.testing.assert_array_equal(F.mse_loss(x, t, size_average, reduce), expected)


@pytest.mark.parametrize("loss", [F.nll_loss, F.cross_entropy])
class TestRefusedClasses:
    @pytest.mark.parametrize(
        ("target", "options", "error", "words"),
        [
            ([0, 1, 2, 3, 0], {}, IndexError, "Target 3 is out of bounds: there are 3 classes, 0 to 2"),
            ([0, 1, 2, -1, 0], {}, IndexError, "Target -1 is out of bounds"),
            ([0, 1], {}, ValueError, r"Expected input batch_size \(5\) to match target batch_size \(2\)"),
            ([[0], [1], [0], [0], [0]], {}, RuntimeError, r"Expected target size \[5\], got \[5, 1\]"),
            ([0.0, 1.0, 2.0, 0.0, 0.0], {}, RuntimeError, "Long or Byte .*float64"),
            (CLASSES, {"weight": WEIGHT[:2]}, RuntimeError, "either for all 3 classes or no classes"),
            (CLASSES, {"weight": WEIGHT.astype(np.float32)}, RuntimeError, "expected scalar type float64"),
            (CLASSES, {"reduction": "median"}, ValueError, "median is not a valid value for reduction"),
        ],
    )
    def test_refused(self, loss, target, options, error, words):
        with pytest.raises(error, match=words):
            loss(LOGITS, np.array(target), **options)

    def test_an_ignored_class_need_not_be_one(self, loss):
        target = np.array([0, 9, 1, 1, 9])
        assert np.isfinite(loss(LOGITS, target, ignore_index=9).item())


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (
            lambda: F.cross_entropy(LOGITS, CLASSES, label_smoothing=1.5),
            RuntimeError,
            "between 0.0 and 1.0. Got: 1.5",
        ),
        (
            lambda: F.cross_entropy(LOGITS, LOGITS, ignore_index=1),
            RuntimeError,
            "ignore_index is not supported",
        ),
        (
            lambda: F.cross_entropy(LOGITS, LOGITS.astype(int)),
            RuntimeError,
            "Expected floating point type for target",
        ),
        (lambda: F.cross_entropy(np.array(1.0), np.array(0)), ValueError, "class axis"),
        (lambda: F.mse_loss(LOGITS, LOGITS[:, :2]), RuntimeError, "The size of tensor a"),
        (
            lambda: F.mse_loss(LOGITS, LOGITS, weight=WEIGHT),
            ValueError,
            "Weights and input must have the same size",
        ),
        (
            lambda: F.mse_loss(LOGITS, LOGITS, reduction=None),
            ValueError,
            "None is not a valid value for reduction",
        ),
        (lambda: F.mse_loss([1.0], LOGITS), TypeError, "must be a Tensor or an ndarray, not list"),
    ],
)
@pytest.mark.filterwarnings("ignore:Using a target size")
def test_refused(call, error, words):
    with pytest.raises(error, match=words):
        call()
