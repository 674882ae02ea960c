"""Linear and bilinear layers, embeddings, and distances that Hypothesis draws."""

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from torch_ref.case import call, case, classes, literal, normal
from torch_ref.strategies import agree, axes_of, broadcasting, memories, shapes, wrongly

FEATURES = st.integers(0, 4)
LEADS = shapes(most=3)
FLAGS = st.booleans()


@st.composite
def linears(draw):
    features, out, lead = draw(st.integers(1, 4)), draw(st.integers(1, 4)), draw(LEADS)
    x = normal(*lead, features + draw(wrongly(st.just(1), 0)))
    if draw(FLAGS):
        return case("Linear", features, out, bias=draw(FLAGS)).on(x)
    bias = draw(st.sampled_from([None, normal(out), normal(1)]))
    weight = draw(st.sampled_from([normal(features, out), normal(features, out), normal(features)]))
    # A weight of one axis gives one number for each row, which takes no bias of several.
    return call("linear", x, weight, None if weight.text == f"normal({features},)" else bias)


@given(linears(), memories())
def test_linear(case, memory):
    agree(case, memory)


@st.composite
def bilinears(draw):
    one, two, out, lead = (draw(strategy) for strategy in (FEATURES, FEATURES, FEATURES, LEADS))
    other = lead if not lead or draw(st.integers(0, 19)) else (lead[0] + 1, *lead[1:])
    inputs = normal(*lead, one), normal(*other, two)
    if draw(FLAGS):
        return call("bilinear", *inputs, normal(one, two, out), draw(st.sampled_from([None, normal(out)])))
    return case("Bilinear", max(one, 1), two, out, bias=draw(FLAGS)).on(*inputs)


@example(call("bilinear", normal(2, 0), normal(2, 3), normal(0, 3, 0)), ("plain",))
@given(bilinears(), memories())
def test_bilinear(case, memory):
    agree(case, memory)


@st.composite
def embeddings(draw):
    count, features = draw(st.integers(1, 5)), draw(st.integers(1, 3))
    options = {
        "padding_idx": draw(st.none() | st.integers(-count, count - 1) | wrongly(st.just(count), None))
    }
    if draw(FLAGS):
        options |= {
            "max_norm": draw(st.sampled_from([0.5, 1.0])),
            "norm_type": draw(st.sampled_from([2.0, 1.0])),
        }
    options["scale_grad_by_freq"] = draw(FLAGS)
    return case("Embedding", count, features, **options).on(
        classes(count + draw(wrongly(st.just(1), 0)), *draw(LEADS))
    )


@given(embeddings(), memories())
def test_embedding(case, memory):
    agree(case, memory)


@st.composite
def bags(draw):
    count, features = draw(st.integers(1, 5)), draw(st.integers(1, 3))
    mode = draw(st.sampled_from(["sum", "mean", "max"]))
    options = {"mode": mode, "padding_idx": draw(st.none() | st.integers(-count, count - 1))}
    if mode != "max":
        options["scale_grad_by_freq"] = draw(wrongly(st.just(True), False))
    length = draw(st.integers(0, 6))
    if draw(FLAGS):
        rows = draw(st.integers(1, 3))
        index, offsets, shape = classes(count, rows, length), None, (rows, length)
    else:
        options["include_last_offset"] = draw(FLAGS)
        middle = sorted(draw(st.lists(st.integers(0, length), max_size=3)))
        starts = [
            draw(wrongly(st.just(1), 0)),
            *middle,
            *([length] if options["include_last_offset"] else []),
        ]
        index, offsets, shape = classes(count, length), literal(starts), (length,)
    layer = case("EmbeddingBag", count, features, **options)
    weights = (normal(*shape),) if draw(FLAGS) and mode == "sum" else ()
    return layer.on(index, *((offsets,) if offsets or weights else ()), *weights)


@given(bags(), memories())
def test_bag(case, memory):
    agree(case, memory)


@st.composite
def distances(draw):
    shape, other = draw(broadcasting(draw(shapes(1, 3))))
    name = draw(st.sampled_from(["PairwiseDistance", "CosineSimilarity"]))
    if name == "PairwiseDistance":
        p = draw(st.sampled_from([2.0, 1.0, 0.5, 3.5, np.inf, -np.inf, -1.5]))
        options = {"p": p, "keepdim": draw(FLAGS), "eps": draw(st.sampled_from([1e-6, 0.5]))}
    else:
        options = {"dim": draw(axes_of(shape)), "eps": draw(st.sampled_from([1e-8, 0.5]))}
    return case(name, **options).on(normal(*shape), normal(*other))


@given(distances(), memories())
def test_distance(case, memory):
    agree(case, memory)


# Going back from no rows at all, torch crashes.
@given(st.integers(1, 4), st.integers(0, 4), st.sampled_from([2.0, 1.0, 0.0, 3.5, np.inf]), memories())
def test_distances_of_all_pairs(rows, features, p, memory):
    agree(call("pdist", normal(rows, features), p), memory)


@given(LEADS, st.integers(1, 5), st.sampled_from([-1, 5, 6]), memories())
def test_one_hot(shape, count, classes_told, memory):
    agree(call("one_hot", classes(count, *shape), classes_told), memory)
