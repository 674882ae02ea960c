"""torch's own test databases as samples: all that they hold of the classes and functions that npnn has.

They come inside torch's wheel, in torch.testing._internal, which is private: torch is pinned to the release
that they were read from. Importing them takes some seconds, so it is done on first use.
"""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import torch

import npnn
from torch_ref.convert import load_torch_state_dict, translate
from torch_ref.covering import covering
from torch_ref.layouts import MODULES, SAME, Layout, ModuleLayout, layout_of_call, shape_to_npnn
from torch_ref.samples import Sample, layouts_of
from torch_ref.values import NPNN, array_of, is_shape, is_tensor, map_nested, seeded, tensors_in

FUNCTIONAL = "nn.functional."
"""What op_db puts before the names of functions."""

RANDOM = frozenset(
    {
        *("alpha_dropout", "dropout", "dropout2d", "dropout3d", "feature_alpha_dropout"),
        *("fractional_max_pool2d", "fractional_max_pool3d", "multi_head_attention_forward"),
        *("rrelu", "scaled_dot_product_attention"),
    }
)
"""Functions that draw random numbers."""

WEIGHT_FIRST = frozenset({"embedding", "embedding_bag"})
"""Functions that op_db calls on the weight and then the input, so that it comes to stand first."""

MORE_WITHOUT_GRADIENTS = frozenset({"embedding", "embedding_bag", "multi_head_attention_forward"})
"""Functions of which op_db has more samples if it is not asked for gradients, to save time or because finite
differences do not fit them. They are compared all the same."""

BORROWED: dict[str, str] = {
    **{f"{name}_": name for name in ("celu", "elu", "hardtanh", "leaky_relu", "relu", "rrelu", "selu")},
    "threshold_": "threshold",
    **{
        f"{kind}_pool{n}d_with_indices": f"{kind}_pool{n}d"
        for kind in ("max", "adaptive_max", "fractional_max")
        for n in ((2, 3) if kind == "fractional_max" else (1, 2, 3))
    },
    "native_channel_shuffle": "channel_shuffle",
}
"""Functions that op_db leaves out, and for each the one whose samples it is called on."""


@dataclass(frozen=True)
class ErrorSample:
    """Something that torch refuses.

    Attributes:
        name: the class and the number among its error samples.
        attempt: does the same with npnn.
        error: the exception that torch raises.
        pattern: what its message matches.
    """

    name: str
    attempt: Callable[[], Any]
    error: type[Exception]
    pattern: str


def module_samples(
    name: str, dtype: torch.dtype = torch.float64, strength: int | None = None
) -> Iterator[Sample]:
    """Every sample of a class, in both modes where these differ; none of a class that module_db leaves out.

    Args:
        name: the class.
        dtype: of the floating-point numbers.
        strength: only so many that no combination of this many options is missing: see `torch_ref.covering`.
            Default: all.
    """
    info = _module_infos().get(name)
    if info is None:
        return
    for training in (True, False) if info.train_and_eval_differ else (True,):
        drawn = _drawn(info, info.module_inputs_func, dtype, training)
        calls = [(one.constructor_input, one.forward_input) for one in drawn]
        options = [
            ((*made.args, *called.args), {**called.kwargs, "made": made.kwargs}) for made, called in calls
        ]
        for number in covering(options, strength):
            given, (made, called) = drawn[number], calls[number]
            with seeded(number):
                with warnings.catch_warnings():
                    # Advice, such as how a transformer would be faster.
                    warnings.simplefilter("ignore", UserWarning)
                    theirs = info.module_cls(*made.args, **made.kwargs).to(dtype).train(training)
                mine = _constructed(name, made).to(translate(dtype, NPNN)).train(training)
            inputs, kwargs = _translated(theirs.forward, MODULES[name], called.args, called.kwargs)
            layouts = layouts_of(mine, theirs, inputs, kwargs)
            load_torch_state_dict(mine, theirs.state_dict())
            label = f"{name}[{number}] {given.desc}{'' if training else ' eval'}".rstrip()
            yield Sample(label, mine, theirs, inputs, kwargs, layouts, info.supports_gradgrad)


def function_samples(
    name: str, dtype: torch.dtype = torch.float64, strength: int | None = None
) -> Iterator[Sample]:
    """Every sample of a function, in all variants; none of a function that op_db leaves out.

    Args:
        name: the function.
        dtype: of the floating-point numbers.
        strength: only so many that no combination of this many options is missing: see `torch_ref.covering`.
            Default: all.
    """
    yield from _samples_of(name, name, dtype, strength)


def borrowed_samples(
    name: str, dtype: torch.dtype = torch.float64, strength: int | None = None
) -> Iterator[Sample]:
    """The samples of another function that takes the same arguments; none of a function not in `BORROWED`.

    Args:
        name: the function, as "relu_".
        dtype: of the floating-point numbers.
        strength: as of `function_samples`.
    """
    if name in BORROWED:
        yield from _samples_of(name, BORROWED[name], dtype, strength)


def _samples_of(name: str, source: str, dtype: torch.dtype, strength: int | None) -> Iterator[Sample]:
    """A function on the samples that op_db has under some name."""
    function = getattr(npnn.functional, name)
    for info in _op_infos().get(source, ()):
        drawn = _drawn_for_function(info, source, dtype)
        calls = [((one.input, *one.args), one.kwargs) for one in drawn]
        for number in covering(calls, strength):
            given, (args, _) = drawn[number], calls[number]
            if source in WEIGHT_FIRST:
                args = (args[1], args[0], *args[2:])
            layouts = layout_of_call(function, args, given.kwargs)
            inputs, kwargs = _translated(function, layouts, args, given.kwargs)
            label = f"{FUNCTIONAL}{name}[{number}] {info.variant_test_name}".rstrip()
            # op_db calls what draws random numbers with a seed of its own.
            own = name != source or name in RANDOM or name in WEIGHT_FIRST
            theirs = getattr(torch.nn.functional, name) if own else info.op
            yield Sample(label, function, theirs, inputs, kwargs, layouts, info.supports_gradgrad)


def error_samples(name: str, dtype: torch.dtype = torch.float64) -> Iterator[ErrorSample]:
    """Every error sample of a class: what its constructor or its forward refuses.

    Args:
        name: the class.
        dtype: of the floating-point numbers.
    """
    from torch.testing._internal.common_modules import ModuleErrorEnum

    info = _module_infos().get(name)
    if info is None or info.module_error_inputs_func is None:
        return
    given = _drawn(info, info.module_error_inputs_func, dtype, True)
    for number, wrong in enumerate(given):
        made, called = wrong.module_error_input.constructor_input, wrong.module_error_input.forward_input

        def attempt(
            made: Any = made,
            called: Any = called,
            at_call: bool = wrong.error_on == ModuleErrorEnum.FORWARD_ERROR,
        ) -> Any:
            module = _constructed(name, made)
            if at_call:
                inputs, kwargs = _translated(
                    info.module_cls.forward, MODULES[name], (None, *called.args), called.kwargs
                )
                module(*inputs[1:], **kwargs)

        yield ErrorSample(f"{name}[{number}]", attempt, wrong.error_type, wrong.error_regex)


def function_error_samples(name: str) -> Iterator[ErrorSample]:
    """Every error sample of a function: what it refuses.

    Args:
        name: the function.
    """
    function = getattr(npnn.functional, name)
    for info in _op_infos().get(name, ()):
        given = info.error_inputs("cpu") if info.error_inputs_func else ()
        for number, wrong in enumerate(given):
            sample = wrong.sample_input

            def attempt(sample: Any = sample) -> Any:
                args = (sample.input, *sample.args)
                layouts = layout_of_call(function, args, sample.kwargs)
                inputs, kwargs = _translated(function, layouts, args, sample.kwargs)
                function(*inputs, **kwargs)

            label = f"{info.name}[{number}] {info.variant_test_name}".rstrip()
            yield ErrorSample(label, attempt, wrong.error_type, wrong.error_regex)


@cache
def _module_infos() -> dict[str, Any]:
    from torch.testing._internal.common_modules import module_db

    return {info.module_cls.__name__: info for info in module_db}


@cache
def _op_infos() -> dict[str, list[Any]]:
    """The entries of op_db by name, without "nn.functional."; those of one name are variants.

    Where a method of tensors has the same name as a function, as unfold, only the function is meant.
    """
    from torch.testing._internal.common_methods_invocations import op_db

    infos: dict[str, list[Any]] = {}
    functions = {info.name for info in op_db if info.name.startswith(FUNCTIONAL)}
    for info in op_db:
        if info.name in functions or FUNCTIONAL + info.name not in functions:
            infos.setdefault(info.name.removeprefix(FUNCTIONAL), []).append(info)
    return infos


def _drawn(info: Any, function: Callable[..., Any], dtype: torch.dtype, training: bool) -> list[Any]:
    """The samples, which draw from torch's generator, from the same seed each time."""
    with seeded(0):
        return list(function(info, device="cpu", dtype=dtype, requires_grad=True, training=training))


def _drawn_for_function(info: Any, name: str, dtype: torch.dtype) -> list[Any]:
    """Likewise those of an entry of op_db."""
    supported = info.supported_dtypes("cpu")
    taken = torch.int64 if dtype not in supported and torch.int64 in supported else dtype
    more = name in MORE_WITHOUT_GRADIENTS
    with seeded(0):
        samples = list(info.sample_inputs("cpu", taken, requires_grad=taken.is_floating_point and not more))
    for tensor in tensors_in([(one.input, one.args, one.kwargs) for one in samples]) if more else ():
        tensor.requires_grad_(tensor.is_floating_point())
    return samples


def _constructed(name: str, made: Any) -> Any:
    """npnn's module, made with torch's arguments."""
    return getattr(npnn.nn, name)(*translate(made.args, NPNN), **translate(made.kwargs, NPNN))


def _translated(
    function: Callable[..., Any], layouts: ModuleLayout, args: Sequence[Any], kwargs: Mapping[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """What torch's function is called on, for npnn's."""
    names = list(inspect.signature(function).parameters)
    names += ["" for _ in args[len(names) :]]
    inputs = tuple(_for_npnn(value, layouts.of_input(name)) for name, value in zip(names, args, strict=False))
    return inputs, {name: _for_npnn(value, layouts.of_input(name)) for name, value in kwargs.items()}


def _for_npnn(value: Any, layout: Layout) -> Any:
    if is_shape(value) and not layout.alike(SAME):
        return shape_to_npnn(value, layout)

    def entry(one: Any) -> Any:
        # What fits no layout is wrong on purpose, in an error sample, and goes as it is.
        fits = is_tensor(one) and layout.fits(array_of(one).ndim, "torch")
        return translate(one, NPNN, layout if fits else SAME)

    return map_nested(entry, value)
