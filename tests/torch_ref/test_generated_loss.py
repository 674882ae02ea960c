"""Losses that Hypothesis draws: shapes that broadcast or not, weights, ignored classes, margins."""

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from torch_ref.case import Draw, case, classes, literal, normal, probabilities, uniform
from torch_ref.strategies import agree, broadcasting, memories, shapes, wrongly

REDUCTIONS = st.sampled_from(["mean", "sum", "none"])
POSITIVE = st.floats(0.125, 3)
FLAGS = st.booleans()
SHAPES = shapes(most=3)


def signs(*shape):
    """Targets of 1 and -1."""
    return Draw(f"signs{shape}", lambda random: random.choice([-1.0, 1.0], shape))


ELEMENTWISE = {
    "L1Loss": ({}, normal, normal),
    "MSELoss": ({}, normal, normal),
    "SmoothL1Loss": ({"beta": POSITIVE | st.just(0.0)}, normal, normal),
    "HuberLoss": ({"delta": POSITIVE | wrongly(st.just(0.0), 1.0)}, normal, normal),
    "PoissonNLLLoss": ({"log_input": FLAGS, "full": FLAGS}, uniform, uniform),
    "KLDivLoss": ({"log_target": FLAGS}, normal, uniform),
    "BCELoss": ({}, uniform, uniform),
    "BCEWithLogitsLoss": ({}, normal, uniform),
    "SoftMarginLoss": ({}, normal, signs),
    "HingeEmbeddingLoss": ({"margin": POSITIVE}, normal, signs),
}
"""Losses that take each element by itself: their options, and what makes input and target."""


@st.composite
def elementwise(draw, name):
    options, input, target = ELEMENTWISE[name]
    shape, other = draw(broadcasting())
    layer = case(name, reduction=draw(REDUCTIONS), **{key: draw(value) for key, value in options.items()})
    return layer.on(input(*shape), target(*other))


@pytest.mark.parametrize("name", ELEMENTWISE)
@given(st.data(), memories())
def test_elementwise(name, data, memory):
    agree(data.draw(elementwise(name)), memory)


@st.composite
def weighted_bce(draw):
    shape = draw(SHAPES)
    _, weight = draw(broadcasting(shape))
    options = {"weight": uniform(*weight)} if draw(FLAGS) else {}
    if draw(FLAGS):
        return case("BCELoss", reduction=draw(REDUCTIONS), **options).on(uniform(*shape), uniform(*shape))
    if draw(FLAGS):
        options["pos_weight"] = uniform(*draw(broadcasting(shape))[1], high=3.0)
    return case("BCEWithLogitsLoss", reduction=draw(REDUCTIONS), **options).on(
        normal(*shape), uniform(*shape)
    )


@example(case("BCEWithLogitsLoss", uniform(2, 3)).on(normal(3), uniform(3)), ("plain",))
@example(case("BCEWithLogitsLoss", pos_weight=uniform(5)).on(normal(), uniform()), ("plain",))
@given(weighted_bce(), memories())
def test_weighted_bce(case, memory):
    agree(case, memory)


@st.composite
def gaussians(draw):
    shape, other = draw(broadcasting())
    variance = draw(st.sampled_from([shape, (*shape[:-1], 1), shape[:-1], ()]) | st.just(shape))
    layer = case(
        "GaussianNLLLoss",
        full=draw(FLAGS),
        eps=draw(st.sampled_from([1e-6, 0.3])),
        reduction=draw(REDUCTIONS),
    )
    return layer.on(normal(*shape), normal(*other), uniform(*variance))


@given(gaussians(), memories())
def test_gaussian(case, memory):
    agree(case, memory)


@st.composite
def of_scores(draw):
    """Scores of classes, with targets that name one each, or give each a probability."""
    name = draw(st.sampled_from(["NLLLoss", "CrossEntropyLoss", "CrossEntropyLoss"]))
    count = draw(st.integers(1, 4))
    lead = draw(shapes(most=3))
    options = {"reduction": draw(REDUCTIONS)}
    if draw(FLAGS):
        options["weight"] = uniform(count + draw(wrongly(st.just(1), 0)))
    if draw(FLAGS):
        options["ignore_index"] = draw(st.integers(-1, count))
    if name == "CrossEntropyLoss":
        options["label_smoothing"] = draw(st.sampled_from([0.0, 0.0, 0.1, 1.0]) | wrongly(st.just(1.5), 0.0))
        if draw(FLAGS):
            options.pop("ignore_index", None)
            return case(name, **options).on(normal(*lead, count), probabilities(*lead, count))
    # Once in a while a class that is not there, or a target for one sample more.
    number = count + draw(wrongly(st.just(1), 0))
    rows = (lead[0] + draw(wrongly(st.just(1), 0)), *lead[1:]) if lead else lead
    return case(name, **options).on(normal(*lead, count), classes(number, *rows))


@given(of_scores(), memories())
def test_of_scores(case, memory):
    agree(case, memory)


@st.composite
def with_margins(draw):
    options, count = {"reduction": draw(REDUCTIONS)}, draw(st.integers(1, 4))
    # Of an empty batch, torch's MultiLabelMarginLoss is what happens to lie in memory.
    batch = draw(st.sampled_from([(1,), (3,), ()]))
    name = draw(st.sampled_from(["MultiMarginLoss", "MultiLabelMarginLoss", "MultiLabelSoftMarginLoss"]))
    x = normal(*batch, count)
    if name == "MultiMarginLoss":
        options |= {"p": draw(st.sampled_from([1, 2]) | wrongly(st.just(3), 1)), "margin": draw(POSITIVE)}
        options["weight"] = draw(st.sampled_from([None, uniform(count)]))
        return case(name, **options).on(x, classes(count, *batch))
    if name == "MultiLabelMarginLoss":
        # -1 ends the list of labels.
        labels = Draw(f"labels{(*batch, count)}", lambda random: random.integers(-1, count, (*batch, count)))
        return case(name, **options).on(x, labels)
    options["weight"] = draw(st.sampled_from([None, uniform(count)]))
    return case(name, **options).on(x, uniform(*batch, count))


@given(with_margins(), memories())
def test_with_margins(case, memory):
    agree(case, memory)


@st.composite
def of_pairs(draw):
    shape, other = draw(broadcasting(draw(shapes(1, 3))))
    reduction, margin = draw(REDUCTIONS), draw(POSITIVE)
    name = draw(st.sampled_from(["MarginRankingLoss", "CosineEmbeddingLoss", "TripletMarginLoss"]))
    if name == "MarginRankingLoss":
        target = draw(st.sampled_from([shape, other]))
        return case(name, margin, reduction=reduction).on(normal(*shape), normal(*other), signs(*target))
    if name == "CosineEmbeddingLoss":
        rows = (draw(st.integers(0, 3)),) if draw(FLAGS) else ()
        features = draw(st.integers(1, 4))
        pair = normal(*rows, features), normal(*rows, features + draw(wrongly(st.just(1), 0)))
        return case(name, margin / 4, reduction=reduction).on(*pair, signs(*rows))
    options = {
        "p": draw(st.sampled_from([2.0, 1.0, 3.5, np.inf])),
        "swap": draw(FLAGS),
        "reduction": reduction,
    }
    return case(name, margin, **options).on(normal(*shape), normal(*other), normal(*shape))


@given(of_pairs(), memories())
def test_of_pairs(case, memory):
    agree(case, memory)


@st.composite
def of_sequences(draw):
    steps, rows, count = draw(st.integers(1, 6)), draw(st.integers(1, 3)), draw(st.integers(2, 4))
    most = draw(st.integers(1, 4))
    blank = draw(st.integers(0, count - 1))
    labels = [draw(st.integers(0, count - 2)) for _ in range(rows * most)]
    targets = np.array([label + (label >= blank) for label in labels]).reshape(rows, most)
    lengths = [draw(st.integers(1, steps)) for _ in range(rows)]
    target_lengths = [draw(st.integers(0, most)) for _ in range(rows)]
    layer = case("CTCLoss", blank, reduction=draw(REDUCTIONS), zero_infinity=draw(FLAGS))
    logits = Draw(
        f"log_probabilities{(steps, rows, count)}",
        lambda random: log_softmax(random.normal(size=(steps, rows, count))),
    )
    if draw(FLAGS):
        targets = np.concatenate([row[:length] for row, length in zip(targets, target_lengths, strict=True)])
    return layer.on(
        logits,
        literal(targets.tolist()) if targets.size else literal(targets),
        literal(lengths),
        literal(target_lengths),
    )


def log_softmax(x):
    return x - np.log(np.exp(x).sum(-1, keepdims=True))


@given(of_sequences(), memories())
def test_of_sequences(case, memory):
    agree(case, memory)


@st.composite
def linear_and_adaptive(draw):
    rows, features, count = draw(st.integers(1, 4)), draw(st.integers(4, 6)), draw(st.integers(3, 7))
    if draw(FLAGS):
        # Each tail has half the features of the one before.
        cutoffs = sorted(draw(st.sets(st.integers(1, count - 1), min_size=1, max_size=2)))
        layer = case(
            "AdaptiveLogSoftmaxWithLoss", features, count, cutoffs, div_value=2.0, head_bias=draw(FLAGS)
        )
        return layer.on(normal(rows, features), classes(count, rows))
    options = {
        "bias": draw(FLAGS),
        "reduction": draw(REDUCTIONS),
        "label_smoothing": draw(st.sampled_from([0.0, 0.2])),
    }
    layer = case("LinearCrossEntropyLoss", features, count, **options)
    return layer.on(normal(rows, features), classes(count, rows))


@given(linear_and_adaptive(), memories())
def test_with_layers_of_their_own(case, memory):
    agree(case, memory)
