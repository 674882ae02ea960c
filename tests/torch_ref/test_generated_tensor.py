"""Arithmetic, reductions, rearrangements and indexing that Hypothesis draws, of tensors in any memory."""

import operator

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import npnn
from torch_ref.case import normal, uniform
from torch_ref.strategies import (
    ExpressionCase,
    agree,
    arrays,
    axes_of,
    broadcasting,
    memories,
    shapes,
    wrongly,
)

FLAGS = st.booleans()
SHAPES = shapes(most=4)

BINARY = {
    "x + y": (operator.add, normal),
    "x - y": (operator.sub, normal),
    "x * y": (operator.mul, normal),
    "x / y": (operator.truediv, uniform),
    "x ** y": (operator.pow, uniform),
    "x.maximum(y)": (lambda x, y: x.maximum(y), normal),
    "x.minimum(y)": (lambda x, y: x.minimum(y), normal),
    "x < y": (operator.lt, normal),
    "x == y": (operator.eq, normal),
}
"""Expressions in two tensors, and what makes both, so that there is nothing to divide by 0."""


@st.composite
def binaries(draw, text):
    function, make = BINARY[text]
    shape, other = draw(broadcasting())
    # Away from 0, where powers and quotients have no derivative.
    options = {"low": 0.1, "high": 2.0} if make is uniform else {}
    inputs = make(*shape, **options), make(*other, **options)
    return ExpressionCase(text, function, inputs if draw(FLAGS) else inputs[::-1])


@pytest.mark.parametrize("text", BINARY)
@given(st.data(), memories())
def test_binary(text, data, memory):
    agree(data.draw(binaries(text)), memory)


UNARY = [
    "abs",
    "cos",
    "exp",
    "log",
    "neg",
    "reciprocal",
    "rsqrt",
    "sigmoid",
    "sign",
    "sin",
    "sqrt",
    "square",
    "tanh",
]


@pytest.mark.parametrize("name", UNARY)
@given(SHAPES, memories())
def test_unary(name, shape, memory):
    x = uniform(*shape, low=0.1, high=3.0)
    agree(ExpressionCase(f"x.{name}()", lambda x: getattr(x, name)(), (x,)), memory)


REDUCTIONS = ["sum", "mean", "var", "std", "amax", "amin", "prod", "logsumexp", "cumsum", "argmax", "norm"]


@st.composite
def reductions(draw, name):
    shape = draw(SHAPES)
    options = {} if name == "cumsum" else {"keepdim": draw(FLAGS)}
    axis = draw(axes_of(shape))
    if name in ("sum", "mean", "var", "std", "amax", "amin", "logsumexp") and draw(FLAGS):
        axis = tuple(draw(st.lists(axes_of(shape), min_size=1, max_size=2)))
    if name == "norm":
        options["p"] = draw(st.sampled_from([2, 1, 3.0, float("inf")]))
    # What is largest is so once only: of several torch divides the gradient for one and not for the other.
    text = ", ".join(f"{key}={value}" for key, value in {"dim": axis, **options}.items())
    return ExpressionCase(
        f"x.{name}({text})", lambda x: getattr(x, name)(dim=axis, **options), (normal(*shape),)
    )


@pytest.mark.parametrize("name", REDUCTIONS)
@given(st.data(), memories())
def test_reduction(name, data, memory):
    agree(data.draw(reductions(name)), memory)


@st.composite
def extremes(draw):
    """The largest or smallest of few different numbers, most of them several times."""
    name, x = draw(st.sampled_from(["amax", "amin", "max", "min"])), draw(arrays())
    return ExpressionCase(f"x.{name}()", lambda x: getattr(x, name)(), (x,))


@given(extremes(), memories())
def test_extreme(case, memory):
    agree(case, memory)


@st.composite
def products(draw):
    rows, inner, columns = (draw(st.integers(0, 3)) for _ in range(3))
    lead, other = draw(broadcasting(draw(st.lists(st.integers(1, 3), max_size=2).map(tuple))))
    one = draw(st.sampled_from([(*lead, rows, inner), (inner,)]))
    two = draw(st.sampled_from([(*other, inner + draw(wrongly(st.just(1), 0)), columns), (inner,)]))
    return ExpressionCase("x @ y", operator.matmul, (normal(*one), normal(*two)))


@given(products(), memories())
def test_product(case, memory):
    agree(case, memory)


REARRANGED = {
    "permute": lambda shape: st.permutations(range(len(shape))).map(tuple),
    "transpose": lambda shape: st.tuples(axes_of(shape), axes_of(shape)),
    "reshape": lambda shape: st.sampled_from([(-1,), (*shape, 1), shape[::-1], (*shape[-1:], -1), (7,)]),
    "squeeze": lambda shape: st.tuples(axes_of(shape)),
    "unsqueeze": lambda shape: st.tuples(st.integers(-len(shape) - 1, len(shape))),
    "expand": lambda shape: st.sampled_from([(2, *shape), (-1,) * len(shape), (4,) * len(shape)]),
    "flip": lambda shape: st.tuples(axes_of(shape)),
    "cat": lambda shape: st.tuples(axes_of(shape)),
    "stack": lambda shape: st.tuples(axes_of(shape)),
}
"""Methods that move elements, and functions that join a tensor and its negative, with their arguments."""


@st.composite
def rearrangements(draw, name):
    shape = draw(SHAPES)
    args = draw(REARRANGED[name](shape))

    def function(x):
        if name in ("cat", "stack"):
            return getattr(torch if isinstance(x, torch.Tensor) else npnn, name)((x, -x), *args)
        return getattr(x, name)(args) if name in ("permute", "reshape", "expand") else getattr(x, name)(*args)

    return ExpressionCase(f"x.{name}{args}", function, (normal(*shape),))


@pytest.mark.parametrize("name", REARRANGED)
@given(st.data(), memories())
def test_rearrangement(name, data, memory):
    agree(data.draw(rearrangements(name)), memory)


@st.composite
def indices(draw, size):
    """An index along an axis: a number, a slice, numbers in an array, or whether to take each."""
    number = st.integers(-size, size - 1) if size else st.just(0)
    bound = st.none() | st.integers(-size - 1, size + 1)
    kind = draw(st.sampled_from(["number", "slice", "slice", "numbers", "mask"]))
    if kind == "slice":
        return slice(draw(bound), draw(bound), draw(st.none() | st.integers(1, 3)))
    if kind == "numbers":
        return draw(st.lists(number if size else st.nothing(), max_size=4)) if size else []
    if kind == "mask":
        return draw(st.lists(FLAGS, min_size=size, max_size=size))
    return draw(number | wrongly(st.just(size), 0))


@st.composite
def indexings(draw):
    shape = draw(SHAPES)
    index = [draw(indices(size)) for size in shape[: draw(st.integers(0, len(shape)))]]
    more = draw(st.sampled_from([None, None, Ellipsis, "nothing"]))
    if more != "nothing":
        index.insert(draw(st.integers(0, len(index))), more)

    def function(x):
        tensor = torch.tensor if isinstance(x, torch.Tensor) else npnn.tensor
        kinds = {list: lambda values: tensor(values, dtype=dtype_of(tensor, values))}
        return x[tuple(kinds.get(type(one), lambda one: one)(one) for one in index)]

    return ExpressionCase(f"x{index}", function, (normal(*shape),))


def dtype_of(tensor, values):
    """Booleans for a mask, else int64: of an empty list that cannot be seen."""
    library = torch if tensor is torch.tensor else npnn
    return library.bool if values and isinstance(values[0], bool) else library.int64


@given(indexings(), memories())
def test_indexing(case, memory):
    agree(case, memory)


@pytest.mark.parametrize("name", ["flip", "var", "std"])
def test_along_the_axis_of_one_number(name):
    """What has no axis counts as having one; its variance is nan on both, without a word from NumPy."""
    agree(ExpressionCase(f"x.{name}(0)", lambda x: getattr(x, name)(0), (normal(),)))
