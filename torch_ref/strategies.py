"""What Hypothesis draws, and how it is held against torch: cases, and the memory that their arrays lie in.

    @given(cases, memories())
    def test_layer(case, memory):
        agree(case, memory)

A case, of `torch_ref.case`, says all there is to a call in one line, so a failing example does too. `agree`
makes the call on both libraries. Where torch refuses it, npnn must refuse it with the same type of exception.
Otherwise outputs and gradients must be the same, though npnn gets its inputs and cotangents in odd memory:
transposed, walked backwards, with gaps, or repeated without a copy, and all of it read-only.
"""

from __future__ import annotations

import functools
import re
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import torch
from hypothesis import currently_in_test_context, event
from hypothesis import strategies as st

import npnn
from npnn.autograd.function import Context, Operation
from torch_ref.calls import Call, argument_names, random_like
from torch_ref.case import Case, Draw, FunctionCase, filled, seed_of, spelled
from torch_ref.compare import compare, compare_functions
from torch_ref.convert import translate
from torch_ref.layouts import MODULES, PLAIN, Array, ModuleLayout, layout_of_call
from torch_ref.samples import Sample
from torch_ref.values import NPNN, TORCH, Library, map_nested, seeded


def _gapped(array: Array) -> Array:
    """Every second element, along each axis, of an array that has nan in between."""
    filler = np.nan if array.dtype.kind == "f" else 0
    wide = np.full([2 * size + 1 for size in array.shape], filler, array.dtype)
    view = wide[(..., *[slice(1, None, 2)] * array.ndim)]
    view[...] = array
    return view


def _repeated(array: Array) -> Array:
    """One copy of what is the same all along an axis, which is walked with a step of 0."""
    array = np.array(array)
    for axis in range(array.ndim):
        first = array.take([0], axis) if array.shape[axis] else array
        if np.array_equal(first.repeat(array.shape[axis], axis), array, equal_nan=array.dtype.kind == "f"):
            array = np.broadcast_to(first, array.shape)
    return array


MEMORY: dict[str, Callable[[Array], Array]] = {
    "plain": lambda array: np.array(array, order="C"),
    "transposed": lambda array: np.array(array.T, order="C").T,
    "backwards": lambda array: np.array(np.flip(array), order="C")[
        (..., *[slice(None, None, -1)] * array.ndim)
    ],
    "gapped": _gapped,
    "repeated": _repeated,
}
"""Ways for an array to lie in memory, each with the function that puts an array there."""

Memory: TypeAlias = tuple[str, ...]
"""For each tensor of a call in turn, one of `MEMORY`; for the outputs' cotangents the same from the end."""


class InMemory(Operation):
    """The same values elsewhere in memory, read-only, and likewise the gradient that comes back."""

    @staticmethod
    def forward(ctx: Context, x: Array, *, memory: str) -> Array:
        """Puts the values there."""
        ctx.memory = memory
        return _placed(x, memory)

    @staticmethod
    def backward(ctx: Context, dy: Array) -> tuple[Array]:
        """Puts the gradient there."""
        return (_placed(dy, ctx.memory),)


def _placed(array: Array, memory: str) -> Array:
    placed = MEMORY[memory](np.asarray(array))
    placed.flags.writeable = False
    return placed


@dataclass(frozen=True, repr=False)
class ExpressionCase:
    """An expression in tensors that reads the same in both libraries, and what it is of.

    Attributes:
        text: the expression.
        function: it as a function of the tensors.
        args: what it is called on, in which a `Draw` stands for a tensor.
    """

    text: str
    function: Callable[..., Any]
    args: tuple[Any, ...]

    def __repr__(self) -> str:
        return f"{self.text} of {spelled(self.args, {})}"

    def sample(self) -> Sample:
        """The expression, twice, and its inputs."""
        args = filled(self.args, seed_of(self), np.float64)
        return Sample(repr(self), self.function, self.function, args, {}, PLAIN)


DELIBERATE: dict[str, str] = {
    "npnn raises RuntimeError: .*Output size is too small": (
        "of a transposed convolution: torch gives an output without elements for some sizes, and not for"
        " others"
    ),
    r"normal\(0, .*npnn raises RuntimeError: output padding must be smaller .*torch takes it": (
        "torch does not look at output_padding if the batch is empty"
    ),
    r"(Avg|LP)Pool3d.*npnn takes it; torch raises RuntimeError: input image .* smaller than kernel size": (
        "torch's mean over volumes refuses windows larger than the volume, which that over images takes"
    ),
    "npnn takes it; torch raises RuntimeError: adaptive_.*_backward.* non-zero size for non-batch": (
        "torch has an output without elements, and refuses to go back from it"
    ),
    r"normal\(0, .*npnn raises RuntimeError: (running_mean|weight|bias) should contain .*torch takes it": (
        "torch does not look at statistics and parameters if the batch is empty"
    ),
    r"InstanceNorm.*normal\(0, .*npnn takes it; torch raises IndexError: select": (
        "torch looks for the first sample of an empty batch"
    ),
    r"(?i)bilinear\(.*npnn takes it; torch raises RuntimeError: cannot reshape tensor of 0 elements": (
        "torch cannot tell the number of rows if they have no features"
    ),
    r"EmbeddingBag.*npnn takes it; torch raises RuntimeError: step must be nonzero": (
        "torch counts in steps of the bags' length, which may not be 0"
    ),
    r"LSTM.*packed.*npnn raises RuntimeError: Expected hidden.*torch takes it": (
        "torch does not look at the states of an LSTM that is called on packed sequences"
    ),
    r"Pixel(Shuffle.* returned an invalid gradient|Unshuffle.*npnn takes it;.*: pixel_shuffle expects)": (
        "torch gives the gradient of an empty batch the shape of the output, and then refuses it"
    ),
    r"npnn raises RuntimeError: dim \d appears multiple times .*torch raises IndexError: am(ax|in)\(\)": (
        "of two things that are wrong, an axis given twice and one without elements, either may be told"
    ),
}
"""Where npnn and torch do not refuse the same: a case and what they answer, and why."""

AnyCase: TypeAlias = Case | FunctionCase | ExpressionCase


def agree(case: AnyCase, memory: Memory = ("plain",)) -> None:
    """Makes a call on both libraries, forward and backward, and compares what comes of it.

    Args:
        case: the call.
        memory: where npnn's inputs and cotangents lie. What is to be changed in place lies plainly.

    Raises:
        AssertionError: outputs, gradients, or what is refused, differ; the message tells the case, the shapes
            and strides, and where it differs.

    Examples:
        >>> from torch_ref.case import case, normal
        >>> agree(case("Linear", 3, 2).on(normal(4, 3)), ("transposed",))
        >>> agree(case("Linear", 3, 2).on(normal(4, 5)))  # refused by both
    """
    mine, theirs = (attempt(case, library) for library in (NPNN, TORCH))
    if currently_in_test_context():
        event("refused by torch" if isinstance(theirs, Exception) else "compared")
    if isinstance(mine, Exception) or isinstance(theirs, Exception):
        alike = type(mine) is type(theirs) and str(mine)
        told = f"{case}: " + "; ".join(
            f"{name} {_answer(one)}" for name, one in (("npnn", mine), ("torch", theirs))
        )
        assert alike or any(re.search(known, told) for known in DELIBERATE), told
        return
    sample = case.sample()
    function, strides = sample.npnn, []
    if not getattr(function, "inplace", False) and not sample.kwargs.get("inplace", False):
        function = _on_memory(function, memory, strides)
    inputs, kwargs = _repeating((sample.inputs, sample.kwargs), memory)
    outputs = theirs.output_arrays()
    random = np.random.default_rng(seed_of(case))
    cotangents = [random_like(outputs[number], random) for number in theirs.differentiable()]
    run: Any = compare if isinstance(sample.torch, torch.nn.Module) else compare_functions
    report = run(
        function,
        sample.torch,
        *inputs,
        kwargs=kwargs,
        layouts=sample.layouts,
        cotangents=_repeating(cotangents, memory[::-1]),
        name=str(case),
    )
    assert report.passed, "\n".join(
        [str(report), "tensors, as npnn got them:", *strides, f"cotangents: {', '.join(memory[::-1])}"]
    )


def attempt(case: AnyCase, library: Library) -> Call | Exception:
    """A call on one library alone, forward and backward.

    Args:
        case: the call.
        library: the library.

    Returns:
        The call that was made, or what was raised instead, be it by the constructor, forward or backward.
    """
    try:
        with seeded(seed_of(case)), warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            function, args, kwargs, layouts = _ready(case, library)
        call = Call(library, function, layouts)
        call.run(_argument_names(case, len(args)), args, kwargs, seed=0)
        outputs = call.output_arrays()
        call.gradients([np.ones_like(outputs[number]) for number in call.differentiable()], keep_graph=False)
    except Exception as error:
        return error
    return call


def _answer(call: Call | Exception) -> str:
    """What a library made of a call, in words."""
    if isinstance(call, Call):
        return "takes it"
    return f"raises {type(call).__name__}: {call}"


def _ready(
    case: AnyCase, library: Library
) -> tuple[Callable[..., Any], Sequence[Any], Mapping[str, Any], ModuleLayout]:
    """The module or function of one library, what it is called on, and its layouts."""
    if isinstance(case, ExpressionCase):
        return case.function, filled(case.args, seed_of(case), np.float64), {}, PLAIN
    if isinstance(case, FunctionCase):
        args, kwargs = filled((case.args, case.kwargs), seed_of(case), np.float64)
        layouts = layout_of_call(getattr(npnn.functional, case.function), args, kwargs)
        return getattr(library.nn.functional, case.function), args, kwargs, layouts

    def made(value: Any) -> Any:
        if isinstance(value, Case):
            module = getattr(library.nn, value.module)
            return module(*map_nested(made, value.args), **map_nested(made, value.kwargs))
        return library.tensor(value) if isinstance(value, np.ndarray) else translate(value, library)

    args, kwargs, inputs = case.drawn()
    module = getattr(library.nn, case.module)(*map_nested(made, args), **map_nested(made, kwargs))
    module.to(library.root.float64).train(case.training)
    return module, inputs, {}, MODULES[case.module]


def _argument_names(case: AnyCase, count: int) -> list[str]:
    """What npnn calls the first arguments of a call; those that have no name get a number."""
    if isinstance(case, Case):
        return argument_names(getattr(npnn.nn, case.module).forward, count + 1)[1:]
    function = case.function if isinstance(case, ExpressionCase) else getattr(npnn.functional, case.function)
    return argument_names(function, count)


def _on_memory(function: Any, memory: Memory, strides: list[str]) -> Any:
    """A module or function of npnn's that gets its inputs and cotangents in that memory.

    Args:
        function: the module, which is changed, or the function.
        memory: where.
        strides: a line on each input is added to it.
    """

    def moved(value: Any, memory: Memory, told: list[str] | None = None) -> Any:
        count = 0

        def move(entry: Any) -> Any:
            nonlocal count
            if not isinstance(entry, npnn.Tensor):
                return entry
            name = memory[count % len(memory)]
            count += 1
            placed = InMemory.apply(entry, memory=name)
            if told is not None:
                told.append(f"  {name}: shape {placed.array.shape}, strides {placed.array.strides}")
            return placed

        return map_nested(move, value)

    if isinstance(function, npnn.Module):
        function.register_forward_pre_hook(lambda module, args: moved(args, memory, strides))
        function.register_forward_hook(lambda module, args, output: moved(output, memory[::-1]))
        return function

    @functools.wraps(function)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        args, kwargs = moved((args, kwargs), memory, strides)
        return moved(function(*args, **kwargs), memory[::-1])

    return wrapped


def _repeating(nest: Any, memory: Memory) -> Any:
    """A nest of arrays of which those that are to be repeated are the same all along an axis."""
    count = 0

    def repeat(entry: Any) -> Any:
        nonlocal count
        if not isinstance(entry, np.ndarray):
            return entry
        name = memory[count % len(memory)]
        count += 1
        long = [axis for axis, size in enumerate(entry.shape) if size > 1]
        if name != "repeated" or entry.dtype.kind != "f" or not long:
            return entry
        return entry.take([0], long[0]).repeat(entry.shape[long[0]], long[0])

    return map_nested(repeat, nest)


def memories() -> st.SearchStrategy[Memory]:
    """Where the tensors of a call lie."""
    return st.lists(st.sampled_from(list(MEMORY)), min_size=3, max_size=3).map(tuple)


def shapes(least: int = 0, most: int = 4) -> st.SearchStrategy[tuple[int, ...]]:
    """A shape whose axes are for the most part longer than 1, so that it shows where an element has gone.

    Args:
        least: how many axes it has at least.
        most: and at most.
    """
    return st.lists(st.sampled_from([1, 2, 3, 4, 2, 3, 4, 0]), min_size=least, max_size=most).map(tuple)


def batches(unbatched: bool = True) -> st.SearchStrategy[tuple[int, ...]]:
    """The leading axis of a batch, which may be empty.

    Args:
        unbatched: whether there may be none.
    """
    return st.sampled_from([(2,), (3,), (1,), (0,), *([()] if unbatched else [])])


def per_axis(axes: int, value: st.SearchStrategy[int] | None = None) -> st.SearchStrategy[Any]:
    """An option of a layer over so many axes: one number for all of them, or one for each.

    Args:
        axes: how many.
        value: the number. Default: 1, 2 or 3.
    """
    value = st.integers(1, 3) if value is None else value
    return value | st.tuples(*[value] * axes)


def wrongly(value: st.SearchStrategy[Any], right: Any) -> st.SearchStrategy[Any]:
    """What is wrong, once in a while; else what is right.

    Args:
        value: the wrong one.
        right: the right one.
    """
    return st.integers(0, 19).flatmap(lambda number: value if number == 19 else st.just(right))


def axes_of(shape: Sequence[int]) -> st.SearchStrategy[int]:
    """An axis of an array of that shape, counted from either end; once in a while one that is not there."""
    axes = max(len(shape), 1)
    return st.integers(-axes, axes - 1) | wrongly(st.just(axes), 0)


@st.composite
def arrays(draw: st.DrawFn, shape: tuple[int, ...] | None = None) -> Draw:
    """An array of few different numbers, small ones, whole ones and halves: where functions have their kinks.

    Args:
        draw: Hypothesis's.
        shape: the array's. Default: any with up to three axes.
    """
    shape = draw(shapes(most=3)) if shape is None else shape
    kinks = draw(st.lists(st.integers(-8, 8).map(lambda n: n / 2), min_size=1, max_size=4))
    return Draw(f"one of {kinks}{shape}", lambda random: random.choice(kinks, shape))


@st.composite
def broadcasting(
    draw: st.DrawFn, shape: tuple[int, ...] | None = None
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Two shapes, for the most part equal, else such that the second broadcasts against the first.

    Once in a while they do not go together at all.

    Args:
        draw: Hypothesis's.
        shape: the first one. Default: any with up to three axes.
    """
    shape = draw(shapes(most=3)) if shape is None else shape
    if draw(st.booleans()):
        return shape, shape
    other = tuple(draw(st.sampled_from([size, size, 1])) for size in shape)
    other = other[draw(st.integers(0, len(shape))) :]
    return shape, draw(wrongly(st.just((*other, 5)), other))
