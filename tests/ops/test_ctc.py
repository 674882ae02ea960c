"""CTC against the sum over all alignments, one by one, and against differences through a log-softmax."""

import itertools
import math

import numpy as np
import pytest

import npnn
from npnn import functional as F
from npnn.autograd import gradcheck
from npnn.ops.ctc import CTCLoss

RANDOM = np.random.default_rng(0)
BLANK = 1


def collapsed(alignment, blank):
    merged = [label for label, _ in itertools.groupby(alignment)]
    return [label for label in merged if label != blank]


def obvious(log_probs, labels, blank):
    """-ln of the sum over every alignment that collapses to the labels."""
    steps, classes = log_probs.shape
    total = math.fsum(
        math.exp(sum(log_probs[t, c] for t, c in enumerate(alignment)))
        for alignment in itertools.product(range(classes), repeat=steps)
        if collapsed(alignment, blank) == list(labels)
    )
    return -math.log(total) if total else math.inf


def log_softmax(shape):
    x = RANDOM.standard_normal(shape)
    return x - np.log(np.exp(x).sum(-1, keepdims=True))


SAMPLES = [
    # labels and the number of time steps
    ((0, 2, 2), 5),
    ((2,), 4),
    ((), 3),
    ((0, 2, 0), 3),
    ((2, 2, 2), 5),
    ((0, 0), 2),  # fits no alignment
    ((), 0),
    ((2,), 0),
]


def batch():
    targets = np.zeros((len(SAMPLES), 3), int)
    for row, (labels, _) in zip(targets, SAMPLES, strict=True):
        row[: len(labels)] = labels
    lengths = np.array([len(labels) for labels, _ in SAMPLES])
    return log_softmax((5, len(SAMPLES), 3)), targets, np.array([steps for _, steps in SAMPLES]), lengths


@pytest.mark.parametrize("zero_infinity", [False, True])
def test_all_alignments(zero_infinity):
    log_probs, targets, steps, lengths = batch()
    expected = [
        obvious(log_probs[:count, number], labels, BLANK) for number, (labels, count) in enumerate(SAMPLES)
    ]
    if zero_infinity:
        expected = [0 if math.isinf(loss) else loss for loss in expected]
    given = CTCLoss.apply(log_probs, targets, steps, lengths, blank=BLANK, zero_infinity=zero_infinity)
    np.testing.assert_allclose(given, expected, rtol=1e-12, atol=1e-14)


def test_gradient_by_logits():
    _, targets, steps, lengths = batch()
    x = npnn.tensor(RANDOM.standard_normal((5, len(SAMPLES), 3)), requires_grad=True)

    def loss(x):
        log_probs = F.log_softmax(x, -1)
        return CTCLoss.apply(log_probs, targets, steps, lengths, blank=BLANK, zero_infinity=True)

    assert gradcheck(loss, x, atol=1e-7, rtol=1e-6)


def test_gradient_where_nothing_fits():
    log_probs, targets, steps, lengths = batch()
    for zero_infinity, expected in ((True, 0), (False, np.nan)):
        x = npnn.tensor(log_probs, requires_grad=True)
        options = {"blank": BLANK, "zero_infinity": zero_infinity}
        CTCLoss.apply(x, targets, steps, lengths, **options).sum().backward()
        np.testing.assert_array_equal(x.grad.array[:2, 5], np.full((2, 3), expected))
        np.testing.assert_array_equal(x.grad.array[2:, 5], 0)


def test_impossible_emissions():
    """A class of probability 0 leaves the others their gradient."""
    x = npnn.tensor(np.log(np.array([[[0.5, 0.5, 0.0]], [[0.25, 0.75, 1.0]]]).clip(1e-320)))
    x.array[0, 0, 2] = -np.inf
    x.requires_grad_()
    loss = F.ctc_loss(x, npnn.tensor([[0]]), [2], [1], blank=1)
    loss.backward()
    assert math.isfinite(loss.item())
    assert np.isfinite(x.grad.array).all()


def test_no_second_derivative():
    log_probs, targets, steps, lengths = batch()
    x = npnn.tensor(log_probs, requires_grad=True)
    loss = CTCLoss.apply(x, targets, steps, lengths, blank=BLANK, zero_infinity=True).square().sum()
    (dx,) = npnn.autograd.grad(loss, x, create_graph=True)
    with pytest.raises(RuntimeError, match="CtcLossBackward0 has no second derivative"):
        dx.sum().backward()


def test_long_sequences_stay_finite():
    log_probs = np.full((400, 1, 3), math.log(1e-3))
    loss = F.ctc_loss(log_probs, np.array([[0, 2] * 50]), [400], [100], blank=BLANK, reduction="sum")
    alignments = loss.item() - 400 * -math.log(1e-3)
    assert math.isfinite(alignments)
    assert alignments < 0
