"""torch.utils.checkpoint: less memory for more time: backward computes again what forward did not keep.

The form without reentrance hangs on the hooks of saved values: forward saves a place in line for each value,
and the first of them that backward asks for runs the function again, which fills them all. The reentrant form
is a Function whose backward records the function anew and calls backward on that.

Source: torch.utils.checkpoint.
"""

from __future__ import annotations

import contextlib
import functools
import warnings
import weakref
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from npnn import random
from npnn._typing import Array
from npnn.autograd import Function, backward, enable_grad
from npnn.autograd.function import Context
from npnn.autograd.grad_mode import mode
from npnn.autograd.graph import saved_tensors_hooks
from npnn.modules.container import Sequential
from npnn.tensors import Tensor

__all__ = [
    "CheckpointError",
    "CheckpointFunction",
    "checkpoint",
    "checkpoint_sequential",
    "set_checkpoint_debug_enabled",
    "set_checkpoint_early_stop",
]


class CheckpointError(RuntimeError):
    """Raised where a checkpointed function does not save the same values when it is run again."""


def _no_contexts() -> tuple[Any, Any]:
    return contextlib.nullcontext(), contextlib.nullcontext()


def checkpoint(
    function: Callable[..., Any] | None = None,
    *args: Any,
    use_reentrant: bool | None = None,
    preserve_rng_state: bool = True,
    context_fn: Callable[[], tuple[Any, Any]] = _no_contexts,
    determinism_check: str = "default",
    debug: bool = False,
    early_stop: bool = True,
    respect_saved_tensors_hooks: bool | None = None,
    **kwargs: Any,
) -> Any:
    """Calls a function without keeping what it computes for backward, which calls it again.

    The gradients are those of the plain call, as long as the function computes the same both times. What it
    does besides happens twice: batch norm counts the batch once more.

    Args:
        function: what to call; left out, a decorator is returned.
        *args: its arguments, which are kept.
        use_reentrant: False is the better form. True runs backward within backward, which `autograd.grad`
            and the `inputs` of `backward` do not allow, needs an argument that requires grad, and takes no
            `kwargs`. Left out it is True, with a warning.
        preserve_rng_state: draw the same random numbers again, as dropout must.
        context_fn: returns two context managers, for the first and for the second call.
        determinism_check: "default" compares shapes and dtypes of both calls, "none" does not.
        debug: accepted; an error names the values that differ in any case.
        early_stop: stop the second call as soon as it has saved all that is needed.
        respect_saved_tensors_hooks: accepted; no values are kept to which hooks could apply.
        **kwargs: further arguments of the function.

    Returns:
        What the function returns.

    Raises:
        ValueError: `kwargs`, `context_fn` or `debug` are given with `use_reentrant`, or `determinism_check`
            is unknown.
        CheckpointError: in backward, the second call did not save what the first did.

    Source: torch.utils.checkpoint.checkpoint.

    Examples:
        >>> import npnn
        >>> from npnn.utils.checkpoint import checkpoint
        >>> x = npnn.tensor([0.0, 1.0], requires_grad=True)
        >>> y = checkpoint(lambda x: x.exp() ** 2, x, use_reentrant=False)
        >>> y.sum().backward()
        >>> x.grad
        tensor([ 2.0000, 14.7781])
    """
    if function is None:
        _refuse_arguments(kwargs)
        configured = functools.partial(
            checkpoint,
            use_reentrant=use_reentrant,
            preserve_rng_state=preserve_rng_state,
            context_fn=context_fn,
            determinism_check=determinism_check,
            debug=debug,
            early_stop=early_stop,
            respect_saved_tensors_hooks=respect_saved_tensors_hooks,
        )
        return lambda function: functools.wraps(function)(functools.partial(configured, function))
    if use_reentrant is None:
        _warn_of_default("checkpoint")
        use_reentrant = True
    if use_reentrant:
        _refuse_arguments(kwargs)
        if context_fn is not _no_contexts or debug or respect_saved_tensors_hooks is not None:
            raise ValueError(
                "Passing `context_fn`, `debug`, or `respect_saved_tensors_hooks` is only supported when"
                " use_reentrant=False."
            )
        return CheckpointFunction.apply(function, preserve_rng_state, *args)
    if determinism_check not in ("default", "none"):
        raise ValueError(
            f"determinism_check should be one of ['default', 'none'], but got {determinism_check}"
        )
    first, second = context_fn()
    call = _Call(function, args, kwargs, second, preserve_rng_state)
    if not mode.enabled:
        with first:
            return function(*args, **kwargs)
    stops = early_stop if _settings["early_stop"] is None else _settings["early_stop"]
    frame = _Frame(call, bool(stops), determinism_check == "default")
    with saved_tensors_hooks(frame.pack, frame.unpack), first:
        result = function(*args, **kwargs)
    frame.complete = True
    return result


def checkpoint_sequential(
    functions: Sequential | Sequence[Callable[[Any], Any]],
    segments: int,
    input: Any,
    use_reentrant: bool | None = None,
    **kwargs: Any,
) -> Any:
    """Calls functions one after the other, and keeps only what stands between segments of them.

    Args:
        functions: a Sequential, or a list of functions of one argument.
        segments: into how many to cut it; the last is not checkpointed.
        input: the argument of the first function.
        use_reentrant: as `checkpoint` has it.
        **kwargs: `preserve_rng_state`, as `checkpoint` has it.

    Returns:
        What the last function returns.

    Raises:
        ValueError: another keyword argument is given.

    Source: torch.utils.checkpoint.checkpoint_sequential.

    Examples:
        >>> import npnn
        >>> from npnn.utils.checkpoint import checkpoint_sequential
        >>> net = npnn.Sequential(npnn.Linear(4, 8), npnn.Tanh(), npnn.Linear(8, 8), npnn.Tanh())
        >>> checkpoint_sequential(net, 2, npnn.ones(3, 4), use_reentrant=False).shape
        torch.Size([3, 8])
    """
    if use_reentrant is None:
        _warn_of_default("checkpoint_sequential")
        use_reentrant = True
    preserve = kwargs.pop("preserve_rng_state", True)
    _refuse_arguments(kwargs)
    steps = list(functions.children()) if isinstance(functions, Sequential) else list(functions)
    size = len(steps) // segments
    for start in range(0, size * (segments - 1), size):
        segment = functools.partial(_one_after_the_other, steps[start : start + size])
        input = checkpoint(segment, input, use_reentrant=use_reentrant, preserve_rng_state=preserve)
    return _one_after_the_other(steps[size * (segments - 1) :], input)


def _one_after_the_other(steps: Sequence[Callable[[Any], Any]], value: Any) -> Any:
    for step in steps:
        value = step(value)
    return value


_settings: dict[str, bool | None] = {"early_stop": None}


@contextlib.contextmanager
def set_checkpoint_early_stop(enable: bool) -> Iterator[None]:
    """A context in which `early_stop` is the given one for every `checkpoint`.

    Args:
        enable: whether to stop early.

    Source: torch.utils.checkpoint.set_checkpoint_early_stop.
    """
    before, _settings["early_stop"] = _settings["early_stop"], enable
    try:
        yield
    finally:
        _settings["early_stop"] = before


@contextlib.contextmanager
def set_checkpoint_debug_enabled(enabled: bool | None) -> Iterator[None]:
    """A context that changes nothing: an error names the values that differ in any case.

    Args:
        enabled: accepted.

    Source: torch.utils.checkpoint.set_checkpoint_debug_enabled.
    """
    yield


# ---- without reentrance


class _Call:
    """A call that can be made again, with the same random numbers."""

    def __init__(
        self, function: Callable[..., Any], args: Any, kwargs: Any, context: Any, preserve_rng_state: bool
    ) -> None:
        self.function, self.args, self.kwargs, self.context = function, args, kwargs, context
        self.rng_state = random.get_rng_state() if preserve_rng_state else None
        self.versions = [_version_of(arg) for arg in args]

    def again(self) -> None:
        """Makes the call once more, recorded.

        Raises:
            RuntimeError: an argument was changed in place since.
        """
        for number, (arg, version) in enumerate(zip(self.args, self.versions, strict=True)):
            if _version_of(arg) != version:
                raise RuntimeError(
                    "one of the variables needed for gradient computation has been modified by an inplace"
                    f" operation: argument {number} of a checkpointed function is at version"
                    f" {_version_of(arg)}; expected version {version} instead."
                )
        with _random_numbers_of(self.rng_state), enable_grad(), self.context:
            self.function(*self.args, **self.kwargs)


class _Holder:
    """The place of one saved value, which is there only between the second call and its use in backward."""

    value: Tensor | None = None

    def __init__(self, frame: _Frame) -> None:
        self.frame = frame


class _Frame:
    """One checkpointed call, and the places of what it saves.

    Attributes:
        complete: whether the first call has come to its end.
    """

    complete = False

    def __init__(self, call: _Call, early_stop: bool, compares: bool) -> None:
        self.call, self.early_stop, self.compares = call, early_stop, compares
        # A node that is freed takes its places along: what belongs there need not be kept again.
        self.holders: list[weakref.ref[_Holder]] = []
        self.kinds: list[tuple[Any, Any]] = []

    def pack(self, tensor: Tensor) -> _Holder:
        """A place in the stead of a value, in the first call."""
        holder = _Holder(self)
        self.holders.append(weakref.ref(holder))
        self.kinds.append(_kind(tensor))
        return holder

    def unpack(self, holder: _Holder) -> Tensor:
        """The value of a place, once."""
        if holder.value is None:
            self._fill()
        value, holder.value = holder.value, None
        assert value is not None
        return value

    def _fill(self) -> None:
        second = _SecondCall(self)
        with contextlib.suppress(_StopError), second:
            self.call.again()
        if second.count < len(self.holders):
            raise CheckpointError(
                "A different number of tensors was saved during the original forward and recomputation:"
                f" {len(self.holders)} and {second.count}."
            )
        if self.compares and second.differing:
            raise CheckpointError(
                "Recomputed values for the following tensors have different metadata than during the forward"
                f" pass: {'; '.join(second.differing)}."
            )


class _StopError(Exception):
    """Ends the second call when all places are filled."""


class _SecondCall(saved_tensors_hooks):
    """The context of the second call, in which saved values go to the places that the first has left."""

    def __init__(self, frame: _Frame) -> None:
        super().__init__(self._put, self._get)
        self.frame, self.count = frame, 0
        self.differing: list[str] = []

    def _put(self, tensor: Tensor) -> _Holder:
        frame, number = self.frame, self.count
        self.count += 1
        if number >= len(frame.holders):
            if frame.complete:
                raise CheckpointError(
                    "trying to save more tensors during recomputation than during the original forward pass:"
                    f" {len(frame.holders)} were saved then."
                )
            return _filled(_Holder(frame), tensor)
        if _kind(tensor) != frame.kinds[number]:
            self.differing.append(
                f"tensor at position {number} had shape and dtype {frame.kinds[number]}, and now has"
                f" {_kind(tensor)}"
            )
        holder = _filled(frame.holders[number]() or _Holder(frame), tensor)
        if frame.early_stop and self.count == len(frame.holders):
            raise _StopError
        return holder

    def _get(self, holder: _Holder) -> Tensor:
        assert holder.value is not None
        return holder.value

    def kept_apart(self, packed: _Holder, array: Array) -> _Holder:
        """The same place, with a copy of a value in memory that is about to be overwritten."""
        if packed.value is not None and np.may_share_memory(packed.value.array, array):
            packed.value = packed.value.clone()
        return packed


def _filled(holder: _Holder, tensor: Tensor) -> _Holder:
    holder.value = tensor
    return holder


def _kind(tensor: Tensor) -> tuple[Any, Any]:
    return tuple(tensor.array.shape), tensor.array.dtype.name


def _version_of(value: Any) -> int | None:
    return value._version if isinstance(value, Tensor) and not value.is_inference() else None


# ---- the reentrant form


class CheckpointFunction(Function):
    """Runs a function unrecorded, and in backward once more, recorded.

    Source: torch.utils.checkpoint.CheckpointFunction.
    """

    @staticmethod
    def forward(ctx: Context, run_function: Callable[..., Any], preserve_rng_state: bool, *args: Any) -> Any:
        """Calls `run_function(*args)`."""
        if not any(isinstance(arg, Tensor) and arg.requires_grad for arg in args):
            warnings.warn("None of the inputs have requires_grad=True. Gradients will be None", stacklevel=4)
        ctx.run_function, ctx.args = run_function, [None if isinstance(arg, Tensor) else arg for arg in args]
        ctx.places = [place for place, arg in enumerate(args) if isinstance(arg, Tensor)]
        ctx.rng_state = random.get_rng_state() if preserve_rng_state else None
        ctx.save_for_backward(*[args[place] for place in ctx.places])
        return run_function(*args)

    @staticmethod
    def backward(ctx: Context, *grad_outputs: Any) -> Any:
        """Calls `run_function` again, and backward on what it returns.

        Raises:
            RuntimeError: the backward that is under way does not fill the `.grad` of all leaves, or no output
                requires grad.
        """
        if not mode.fills_leaves:
            raise RuntimeError(
                "When use_reentrant=True, checkpoint is incompatible with .grad() or passing an `inputs`"
                " parameter to .backward(): set use_reentrant=False, or call .backward() without `inputs`."
            )
        args = list(ctx.args)
        for place, tensor in zip(ctx.places, ctx.saved_tensors, strict=True):
            args[place] = tensor.detach().requires_grad_(tensor.requires_grad)
        with _random_numbers_of(ctx.rng_state), enable_grad():
            outputs = ctx.run_function(*args)
        pairs = [
            (output, gradient)
            for output, gradient in zip(
                outputs if isinstance(outputs, tuple) else (outputs,), grad_outputs, strict=True
            )
            if isinstance(output, Tensor) and output.requires_grad
        ]
        if not pairs:
            raise RuntimeError("none of output has requires_grad=True, this checkpoint() is not necessary")
        backward([output for output, _ in pairs], [gradient for _, gradient in pairs])
        return (None, None, *[arg.grad if isinstance(arg, Tensor) else None for arg in args])


# ---- what both forms need


@contextlib.contextmanager
def _random_numbers_of(state: Array | None) -> Iterator[None]:
    """A context that starts from a state of the generator, if one is given, and then puts it back."""
    with random.fork_rng(enabled=state is not None):
        if state is not None:
            random.set_rng_state(state)
        yield


def _refuse_arguments(kwargs: dict[str, Any]) -> None:
    if kwargs:
        raise ValueError("Unexpected keyword arguments: " + ",".join(kwargs))


def _warn_of_default(name: str) -> None:
    warnings.warn(
        f"{name}: the use_reentrant parameter should be passed explicitly. use_reentrant=False is"
        " recommended; without it, it is True.",
        stacklevel=3,
    )
