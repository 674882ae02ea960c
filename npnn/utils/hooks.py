"""Hooks: the gates that let a module's hooks see gradients pass, and the handle that takes a hook away."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from npnn.autograd.function import Function
from npnn.autograd.grad_mode import is_grad_enabled
from npnn.autograd.hooks import RemovableHandle
from npnn.tensors import Tensor

__all__ = ["BackwardHook", "RemovableHandle"]

Grads: TypeAlias = tuple[Any, ...]
"""One gradient, a Tensor or None, for each of several values."""


class _Gate(Function):
    """The identity on several tensors, whose backward passes on what a callback makes of the gradients.

    The callback gets None for a gradient that never arrives.
    """

    @staticmethod
    def forward(ctx: Any, on_gradients: Callable[[Grads], Grads], *tensors: Tensor) -> tuple[Tensor, ...]:
        ctx.on_gradients = on_gradients
        ctx.set_materialize_grads(False)
        outputs = tuple(tensor.detach() for tensor in tensors)
        ctx.mark_non_differentiable(*itertools.compress(outputs, (not t.requires_grad for t in tensors)))
        return outputs

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Grads:
        return (None, *ctx.on_gradients(grads))


class _InputGate(_Gate):
    """A gate whose callback gets zeros, not None, for a gradient that never arrives, as torch's does."""

    @staticmethod
    def forward(ctx: Any, on_gradients: Callable[[Grads], Grads], *tensors: Tensor) -> tuple[Tensor, ...]:
        outputs = _Gate.forward(ctx, on_gradients, *tensors)
        ctx.set_materialize_grads(True)
        return outputs


class BackwardHook:
    """The full backward hooks of one call of a module.

    The call's inputs and outputs each pass through a gate. On the way back the output gate is reached first:
    it runs the pre-hooks and keeps the gradients of the outputs. The input gate, reached when the module's
    own backward is through, has the gradients of the inputs, and runs the hooks with both.

    Args:
        module: the module, which the hooks get as their first argument.
        user_hooks: called as `hook(module, grad_input, grad_output)`; a result replaces grad_input.
        user_pre_hooks: called as `hook(module, grad_output)`; a result replaces grad_output.

    Source: torch.utils.hooks.BackwardHook.
    """

    def __init__(
        self,
        module: Any,
        user_hooks: Sequence[Callable[..., Any]],
        user_pre_hooks: Sequence[Callable[..., Any]],
    ) -> None:
        self.module = module
        self.user_hooks = user_hooks
        self.user_pre_hooks = user_pre_hooks
        self._grad_output: Grads | None = None
        self._n_inputs = 0
        self._inputs_gated = False

    def setup_input_hook(self, args: tuple[Any, ...]) -> tuple[Any, ...]:
        """The positional arguments of the call, with those that are tensors led through the gate."""
        self._n_inputs = len(args)
        gated = _through(_InputGate, self._on_input_gradients, args)
        self._inputs_gated = gated is not args
        return gated

    def setup_output_hook(self, result: Any) -> Any:
        """The result of the call, a tensor or a tuple, with what is a tensor in it led through the gate."""
        if isinstance(result, tuple):
            return _through(_Gate, self._on_output_gradients, result)
        return _through(_Gate, self._on_output_gradients, (result,))[0]

    def _on_output_gradients(self, grad_output: Grads) -> Grads:
        for hook in self.user_pre_hooks:
            grad_output = _replaced(
                grad_output, hook(self.module, grad_output), "Backward pre hook", "grad_output"
            )
        if self._inputs_gated:
            self._grad_output = grad_output
        elif self.user_hooks:
            self._fire_without_input_gradients(grad_output)
        return grad_output

    def _on_input_gradients(self, grad_input: Grads) -> Grads:
        if self._grad_output is None:
            # The gradient came to the inputs past the outputs, as in a second backward: not this module's
            # business.
            return grad_input
        for hook in self.user_hooks:
            replacement = hook(self.module, grad_input, self._grad_output)
            grad_input = _replaced(grad_input, replacement, "Backward hook", "grad_input")
        self._grad_output = None
        return grad_input

    def _fire_without_input_gradients(self, grad_output: Grads) -> None:
        """No input requires grad, so no gradient will come to the input gate: the hooks run here instead."""
        warnings.warn(
            "Full backward hook is firing when gradients are computed with respect to module outputs since "
            f"no inputs require gradients: {type(self.module).__name__}'s hook gets None for each.",
            stacklevel=2,
        )
        for hook in self.user_hooks:
            result = hook(self.module, (None,) * self._n_inputs, grad_output)
            if result is not None and not (
                isinstance(result, tuple) and all(grad is None for grad in result)
            ):
                raise RuntimeError(
                    "Backward hook for Modules where no input requires gradient should always return None or "
                    f"None for all gradients, got {type(result).__name__}."
                )


def _through(
    gate: type[_Gate], on_gradients: Callable[[Grads], Grads], values: tuple[Any, ...]
) -> tuple[Any, ...]:
    """`values` with its tensors led through a gate, or `values` itself if none of them is being recorded.

    The callback gets, and is to return, one gradient for each of `values`, None for what is not a tensor.
    """
    places = [place for place, value in enumerate(values) if isinstance(value, Tensor)]
    if not (is_grad_enabled() and any(values[place].requires_grad for place in places)):
        return values

    def spread(grads: Grads) -> Grads:
        by_place = dict(zip(places, grads, strict=True))
        answer = on_gradients(tuple(by_place.get(place) for place in range(len(values))))
        return tuple(answer[place] for place in places)

    gated = dict(zip(places, gate.apply(spread, *(values[place] for place in places)), strict=True))
    led = tuple(gated.get(place, value) for place, value in enumerate(values))
    return led if type(values) is tuple else type(values)(*led)  # a namedtuple stays one


def _replaced(grads: Grads, replacement: Any, hook: str, what: str) -> Grads:
    """What a hook returned in place of `grads`, checked; `grads` if it returned None."""
    if replacement is None:
        return grads
    if len(replacement) != len(grads):
        raise RuntimeError(
            f"{hook} returned an invalid number of {what}, got {len(replacement)}, but expected "
            f"{len(grads)}: return a tuple with one gradient, or None, for each."
        )
    return tuple(replacement)
