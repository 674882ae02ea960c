"""What the optimizers share that treat each parameter, or each of its elements, by itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar, TypeAlias

import numpy as np

from npnn._typing import Array
from npnn.autograd.function import wrap
from npnn.autograd.grad_mode import enable_grad
from npnn.dtypes import float32, float64, get_default_dtype
from npnn.optim._blocks import as_real, deal, update_in_blocks
from npnn.optim._checks import check_fused_parameter, check_gradient
from npnn.optim.optimizer import Optimizer
from npnn.tensors import Tensor

Rule: TypeAlias = Callable[..., tuple[Any, ...]]
"""One step: (θ, its gradient, *what is kept beside it) to (the new θ, *what is kept from then on)."""


class PerParameterOptimizer(Optimizer):
    """Base of the optimizers whose step goes from parameter to parameter.

    A subclass defines `_initial_state` and `_update`.
    """

    _added_later: ClassVar[dict[str, Any]] = {}
    """Options that checkpoints of older torch releases lack, and what stands for them."""

    _numbers: ClassVar[tuple[str, ...]] = ("step",)
    """What is kept as a tensor of one number, and as a plain one by older torch releases."""

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        for group in self.param_groups:
            for option, default in self._added_later.items():
                group.setdefault(option, default)
            for param in group["params"]:
                kept = self.state.get(param, {})
                for name in self._numbers:
                    if name in kept and not isinstance(kept[name], Tensor):
                        kept[name] = number(kept[name])

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Updates every parameter that has a gradient; the others, and their state, are left alone.

        Args:
            closure: evaluates the model again, with gradients, and returns the loss.

        Returns:
            What the closure returned, or None without one.

        Raises:
            RuntimeError: a gradient, or a parameter, is of a kind that the optimizer cannot work with.
            AssertionError: a group is `capturable`, and not `fused`: that is for graphs of a CUDA device.
        """
        loss: Any = None
        left: list[Callable[[], object]] = []
        if closure is not None:
            with enable_grad():
                loss = closure()
        try:
            for group in self.param_groups:
                for param in group["params"]:
                    if param.grad is not None:
                        state = self.state[param]
                        if not state:
                            state.update(self._initial_state(param, group))
                        left += self._update(param, param.grad, state, group) or ()
        finally:  # a parameter that is refused leaves those before it with a step that is whole
            deal(left)
        return loss

    def _initial_state(self, param: Tensor, group: dict[str, Any]) -> dict[str, Any]:
        """What is kept for a parameter before its first step."""
        raise NotImplementedError

    def _update(
        self, param: Tensor, grad: Tensor, state: dict[str, Any], group: dict[str, Any]
    ) -> Sequence[Callable[[], object]] | None:
        """Makes one step with one parameter, in place, but for calls that it may return, for `deal`."""
        raise NotImplementedError


class ElementwiseOptimizer(PerParameterOptimizer):
    """Base of the optimizers whose step does the same to each element of a parameter, by itself.

    A subclass names in `_buffers` the arrays that it keeps beside a parameter, and returns from `_rule` the
    rule of one step. That is the formula as it stands in the books, in operators: it changes nothing in place
    and works on blocks of arrays as well as on tensors, which record a step that is `differentiable`.
    """

    _buffers: ClassVar[tuple[str, ...]] = ()

    def _kept(self, group: dict[str, Any]) -> tuple[str, ...]:
        """Those of the buffers which the options of a group call for; the rule gets None for the others."""
        return self._buffers

    def _rule(self, group: dict[str, Any], state: dict[str, Any]) -> Rule:
        """The rule of the step that state["step"] now counts."""
        raise NotImplementedError

    def _initial_state(self, param: Tensor, group: dict[str, Any]) -> dict[str, Any]:
        dtype = float32 if group.get("fused") else None
        return {"step": number(0.0, dtype)} | {name: zeros_like(param) for name in self._kept(group)}

    def _update(
        self, param: Tensor, grad: Tensor, state: dict[str, Any], group: dict[str, Any]
    ) -> Sequence[Callable[[], object]]:
        recorded = self.defaults["differentiable"]
        check_gradient(type(self).__name__, grad)
        if group.get("fused"):
            check_fused_parameter(param)
        elif group.get("capturable"):
            raise AssertionError(
                "If capturable=True, params and state_steps must be on supported devices: "
                f"CUDA graphs can be captured on none that npnn has, and one is on {param.device}"
            )
        if recorded and group["foreach"]:
            raise AssertionError("_foreach ops don't support autograd: choose foreach or differentiable")
        if recorded and param.is_complex():
            raise RuntimeError(
                f"{type(self).__name__} with differentiable=True expected real parameters, but one is "
                f"{param.dtype}"
            )

        state["step"].array[...] += 1
        if recorded:
            # The rule may need θ on the way back, and the parameter is about to change in place.
            kept = [state.get(name) for name in self._buffers]
            theta, *kept = self._rule(group, state)(*self._decay(group)(param.clone(), grad), *kept)
            param.copy_(theta)
            state.update((name, b) for name, b in zip(self._buffers, kept, strict=True) if b is not None)
            return ()

        tensors = [param, grad, *(state.get(name) for name in self._buffers)]
        arrays = [None if tensor is None else tensor.array for tensor in tensors]
        if param.array.dtype.kind == "c":
            # Real and imaginary part count as two parameters.
            arrays = [None if array is None else as_real(array) for array in arrays]
        param._bump_version()
        return update_in_blocks(self._rule_in_place(group, state), *arrays)

    def _rule_in_place(self, group: dict[str, Any], state: dict[str, Any]) -> Callable[..., None]:
        """The rule, and weight decay before it, as a function that changes arrays in place."""
        rule, decay = self._rule(group, state), self._decay(group)

        def update(theta: Array, g: Array, *kept: Array | None) -> None:
            for old, new in zip((theta, *kept), rule(*decay(theta, g), *kept), strict=True):
                if old is not None:
                    old[...] = new

        return update

    def _decay(self, group: dict[str, Any]) -> Callable[[Any, Any], tuple[Any, Any]]:
        """What becomes of θ and ∇f before the rule: ±∇f and, with weight decay λ, + λ θ or θ - γ λ θ."""
        maximize, decay = group["maximize"], plain(self._scalar(group.get("weight_decay", 0)))
        coupled = not group.get("decoupled_weight_decay", False)
        shrinkage = plain(1 - self._scalar(group["lr"]) * decay)

        def decayed(theta: Any, g: Any) -> tuple[Any, Any]:
            if maximize:
                g = -g
            if decay != 0 and coupled:
                g = g + decay * theta
            elif decay != 0:
                theta = theta * shrinkage
            return theta, g

        return decayed

    def _scalar(self, option: Any) -> Any:
        """An option as it enters a formula: see `scalar`; on the tape, a tensor stays one."""
        if self.defaults["differentiable"] and isinstance(option, Tensor):
            return option.reshape(())
        return scalar(option)


def number(value: float, dtype: Any = None) -> Tensor:
    """A tensor of one number that is kept in the state: of float32, or of a wider default dtype."""
    return wrap(np.array(value, dtype or (float64 if get_default_dtype() == float64 else float32)))


def zeros_like(param: Tensor) -> Tensor:
    """Zeros of a parameter's shape and dtype, in the order of its memory."""
    return wrap(np.zeros_like(param.array))


def scalar(option: Any) -> Any:
    """An option as a number. A tensor's is of its dtype, and rounds what is computed from it."""
    return option.array.reshape(())[()] if isinstance(option, Tensor) else option


def plain(value: Any) -> Any:
    """A number as a Python float, which takes the dtype of the arrays that it meets; tensors stay."""
    return value if isinstance(value, Tensor) else float(value)
