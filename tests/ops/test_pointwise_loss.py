"""Losses of one element: each written out as a function of two or three numbers, and differences."""

import math

import numpy as np
import pytest

import npnn
from npnn.ops import pointwise_loss as ops

RANDOM = np.random.default_rng(0)


def sigmoid(x):
    return 1 / (1 + math.exp(-x))


def huber(x, t, delta):
    error = abs(x - t)
    return error**2 / 2 if error <= delta else delta * (error - delta / 2)


def stirling(t):
    return t * math.log(t) - t + math.log(2 * math.pi * t) / 2 if t > 1 else 0


def cross_entropy(p, t):
    return -t * math.log(p) - (1 - t) * math.log(1 - p)


# operation, options, the loss, whether x is a probability or a positive number, whether t has a gradient
OBVIOUS = {
    "l1": (ops.L1Loss, {}, lambda x, t: abs(x - t), "any", True),
    "huber": (ops.HuberLoss, {"delta": 0.7}, lambda x, t: huber(x, t, 0.7), "any", True),
    "huber, wide": (ops.HuberLoss, {"delta": 9.0}, lambda x, t: (x - t) ** 2 / 2, "any", True),
    "poisson, log": (
        ops.PoissonNLLLoss,
        {"log_input": True, "full": False},
        lambda x, t: math.exp(x) - t * x,
        "positive",
        True,
    ),
    "poisson, log, full": (
        ops.PoissonNLLLoss,
        {"log_input": True, "full": True},
        lambda x, t: math.exp(x) - t * x + stirling(t),
        "positive",
        True,
    ),
    "poisson": (
        ops.PoissonNLLLoss,
        {"log_input": False, "full": False, "eps": 0.1},
        lambda x, t: x - t * math.log(x + 0.1),
        "positive",
        True,
    ),
    "poisson, full": (
        ops.PoissonNLLLoss,
        {"log_input": False, "full": True, "eps": 0.1},
        lambda x, t: x - t * math.log(x + 0.1) + stirling(t),
        "positive",
        True,
    ),
    "kl": (ops.KLDivLoss, {"log_target": False}, lambda x, t: t * math.log(t) - t * x, "positive", True),
    "kl, log": (ops.KLDivLoss, {"log_target": True}, lambda x, t: math.exp(t) * (t - x), "any", True),
    "bce": (ops.BCELoss, {}, cross_entropy, "probability", True),
    "bce with logits": (ops.BCEWithLogitsLoss, {}, lambda x, t: cross_entropy(sigmoid(x), t), "any", True),
    "soft margin": (ops.SoftMarginLoss, {}, lambda x, t: math.log1p(math.exp(-t * x)), "any", False),
    "hinge": (
        ops.HingeEmbeddingLoss,
        {"margin": 0.8},
        lambda x, t: {1: x, -1: max(0, 0.8 - x)}.get(t, x + max(0, 0.8 - x)),
        "any",
        False,
    ),
}

DRAWS = {
    "any": RANDOM.standard_normal,
    "positive": lambda shape: RANDOM.uniform(0.1, 3, shape),
    "probability": lambda shape: RANDOM.uniform(0.1, 0.9, shape),
}


SHAPES = [((2, 3), (2, 3)), ((), ()), ((2, 3), (3,)), ((4, 1), (3,)), ((0, 3), (3,))]

WEIGHTS = {"bce": (None,), "bce with logits": (None, None)}


@pytest.mark.parametrize(("x", "t"), SHAPES)
@pytest.mark.parametrize("name", OBVIOUS)
def test_obvious(check, name, x, t):
    operation, options, loss, kind, both = OBVIOUS[name]
    x = np.asarray(DRAWS[kind](x))
    t = np.asarray(DRAWS[kind](t)) if both else np.asarray(RANDOM.choice([-1, 1, 1], t))
    xs, ts = np.broadcast_arrays(x, t)
    expected = np.array([loss(*pair) for pair in zip(xs.flat, ts.flat, strict=True)]).reshape(xs.shape)
    if x.size:
        check(operation, x, t, *WEIGHTS.get(name, ()), expected=expected, **options)
    else:
        np.testing.assert_array_equal(operation.apply(x, t, *WEIGHTS.get(name, ()), **options), expected)


@pytest.mark.parametrize("var", [(2, 3), (2, 1), (1, 3), ()])
def test_gaussian(check, var):
    x, t, v = RANDOM.standard_normal((2, 3)), RANDOM.standard_normal((2, 3)), RANDOM.uniform(0.2, 2, var)
    expected = [
        -math.log(math.exp(-((a - b) ** 2) / (2 * c)) / math.sqrt(c))
        for a, b, c in zip(x.flat, t.flat, np.broadcast_to(v, (2, 3)).flat, strict=True)
    ]
    check(ops.GaussianNLLLoss, x, t, np.asarray(v), expected=np.reshape(expected, (2, 3)))


@pytest.mark.parametrize(("weight", "positive"), [((2, 3), (3,)), ((2, 1), None), (None, (2, 3)), ((3,), ())])
def test_weighted_logits(check, weight, positive):
    x, t = RANDOM.standard_normal((2, 3)), RANDOM.uniform(0, 1, (2, 3))
    w, q = (None if s is None else np.asarray(RANDOM.uniform(0.5, 2, s)) for s in (weight, positive))
    s = 1 / (1 + np.exp(-x))
    loss = -(1 if q is None else q) * t * np.log(s) - (1 - t) * np.log(1 - s)
    check(ops.BCEWithLogitsLoss, x, t, w, q, expected=loss if w is None else loss * w)


def test_weighted_probabilities(check):
    x, t = RANDOM.uniform(0.1, 0.9, (2, 3)), RANDOM.uniform(0, 1, (2, 3))
    weight = np.array([0.5, 2.0, 3.0], np.float32)
    loss = -weight * (t * np.log(x) + (1 - t) * np.log(1 - x))
    check(ops.BCELoss, x, t, weight, expected=loss)


class TestEdges:
    """Where the formula as it stands would overflow, divide by zero or give nan."""

    def test_certain_probabilities_cost_at_most_100(self):
        x = npnn.tensor([0.0, 1.0, 0.0, 1.0], requires_grad=True)
        loss = ops.BCELoss.apply(x, np.array([0, 1, 1, 0], np.float32), None)
        np.testing.assert_array_equal(loss.array, [0, 0, 100, 100])
        loss.sum().backward()
        np.testing.assert_allclose(x.grad.array, [0, 0, -1e12, 1e12], rtol=1e-6)

    @pytest.mark.parametrize("x", [-1000.0, 1000.0])
    @pytest.mark.parametrize("t", [0.0, 1.0])
    def test_large_logits(self, x, t):
        logit = npnn.tensor([x], requires_grad=True)
        loss = ops.BCEWithLogitsLoss.apply(logit, np.array([t], np.float32), None, None)
        loss.backward()
        assert loss.item() == (1000 if (x > 0) != (t > 0) else 0)
        assert logit.grad.item() == (x > 0) - t

    def test_large_margins(self):
        x = npnn.tensor([-1000.0, 1000.0], requires_grad=True)
        loss = ops.SoftMarginLoss.apply(x, np.array([1, 1], np.float32))
        np.testing.assert_array_equal(loss.array, [1000, 0])
        loss.sum().backward()
        np.testing.assert_array_equal(x.grad.array, [-1, 0])

    def test_nothing_times_its_logarithm(self):
        assert ops.KLDivLoss.apply(np.array(-2.0), np.array(0.0), log_target=False) == 0

    def test_slope_at_kinks(self):
        x = npnn.tensor([0.0, 0.5, -0.5], requires_grad=True)
        ops.L1Loss.apply(x, np.zeros(3, np.float32)).sum().backward()
        np.testing.assert_array_equal(x.grad.array, [0, 1, -1])
