"""Activations and dropout that Hypothesis draws: options on either side of zero, axes, shapes of any kind."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from torch_ref.case import call, case, literal, normal
from torch_ref.strategies import agree, arrays, axes_of, batches, memories, shapes, wrongly

NUMBERS = st.floats(-3, 3)
POSITIVE = st.floats(0.125, 4)
SHAPES = shapes(most=4)

OPTIONS = {
    "CELU": {"alpha": POSITIVE | st.floats(-2, -0.5)},
    "ELU": {"alpha": NUMBERS},
    "GELU": {"approximate": st.sampled_from(["none", "tanh"])},
    "Hardshrink": {"lambd": NUMBERS},
    "Hardsigmoid": {},
    "Hardswish": {},
    "Hardtanh": {"min_val": st.floats(-2, 0), "max_val": st.floats(0.5, 2)},
    "LeakyReLU": {"negative_slope": NUMBERS},
    "LogSigmoid": {},
    "Mish": {},
    "PReLU": {"init": NUMBERS},
    "ReLU": {},
    "ReLU6": {},
    "RReLU": {"lower": st.floats(-1, 0.5), "upper": st.floats(0.5, 2)},
    "SELU": {},
    "SiLU": {},
    "Sigmoid": {},
    "Softplus": {"beta": POSITIVE, "threshold": st.floats(0, 20)},
    "Softshrink": {"lambd": st.floats(0, 3) | wrongly(st.just(-1.0), 0.5)},
    "Softsign": {},
    "Tanh": {},
    "Tanhshrink": {},
    "Threshold": {"threshold": NUMBERS, "value": NUMBERS},
}
"""The options of every activation that works element by element."""


@st.composite
def elementwise(draw, name):
    options = {option: draw(values) for option, values in OPTIONS[name].items()}
    layer = case(name, **options).on(draw(SHAPES.map(lambda shape: normal(*shape)) | arrays()))
    return layer if name != "RReLU" or draw(st.booleans()) else layer.eval()


@pytest.mark.parametrize("name", OPTIONS)
@given(st.data(), memories())
def test_elementwise(name, data, memory):
    agree(data.draw(elementwise(name)), memory)


INPLACE = [
    "CELU",
    "ELU",
    "Hardsigmoid",
    "Hardswish",
    "Hardtanh",
    "LeakyReLU",
    "Mish",
    "ReLU",
    "ReLU6",
    "SELU",
    "SiLU",
]


@given(st.sampled_from(INPLACE), SHAPES)
def test_in_place(name, shape):
    agree(case(name, inplace=True).on(normal(*shape)))


@st.composite
def prelus(draw):
    channels = draw(st.integers(1, 4))
    sizes = draw(st.lists(st.integers(1, 3), max_size=3))
    layer = case("PReLU", channels + draw(wrongly(st.just(1), 0)), draw(NUMBERS))
    return layer.on(normal(*draw(batches(unbatched=False)), *sizes, channels))


@given(prelus(), memories())
def test_prelu(case, memory):
    agree(case, memory)


@st.composite
def along_an_axis(draw):
    name = draw(st.sampled_from(["GLU", "Softmax", "LogSoftmax", "Softmin"]))
    shape = draw(shapes(most=4))
    x = draw(st.just(normal(*shape)) | arrays(shape))
    return case(name, draw(axes_of(shape))).on(x)


@given(along_an_axis(), memories())
def test_along_an_axis(case, memory):
    agree(case, memory)


@given(batches(), st.tuples(*[st.integers(1, 4)] * 3), memories())
def test_softmax_of_images(batch, shape, memory):
    agree(case("Softmax2d").on(normal(*batch, *shape)), memory)


@given(st.lists(st.floats(-1e300, 1e300) | st.sampled_from([math.inf, -math.inf]), min_size=1, max_size=5))
def test_softmax_of_any_numbers(values):
    """What is infinite gives nan on both."""
    with np.errstate(all="ignore"):
        agree(case("Softmax", -1).on(literal(values)))


DROPOUTS = {
    "Dropout": st.integers(0, 4),
    "AlphaDropout": st.integers(0, 4),
    "Dropout1d": st.integers(2, 3),
    "Dropout2d": st.integers(3, 4),
    "Dropout3d": st.integers(4, 5),
    "FeatureAlphaDropout": st.integers(2, 5),
}
"""Every dropout, and the number of axes that it takes."""


@st.composite
def dropouts(draw):
    name = draw(st.sampled_from(list(DROPOUTS)))
    shape = draw(DROPOUTS[name].flatmap(lambda axes: st.tuples(*[st.integers(0, 4)] * axes)))
    layer = case(name, draw(st.floats(0, 1) | wrongly(st.just(1.5), 0.5))).on(normal(*shape))
    return layer if draw(st.integers(0, 3)) else layer.eval()


@given(dropouts(), memories())
def test_dropout(case, memory):
    """The same seed, the same mask: it is drawn in the order of the input's memory, which torch has plain."""
    agree(case, ("plain", *memory[1:]))


@st.composite
def gumbels(draw):
    shape = draw(st.lists(st.integers(1, 4), min_size=1, max_size=3).map(tuple))
    return call(
        "gumbel_softmax", normal(*shape), draw(POSITIVE), draw(st.booleans()), dim=draw(axes_of(shape))
    )


@given(gumbels(), memories())
def test_gumbel_softmax(case, memory):
    agree(case, memory)
