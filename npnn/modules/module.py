"""Module: the base class of all networks and layers."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import numpy as np

from npnn._typing import Array
from npnn.autograd import engine
from npnn.autograd.function import wrap
from npnn.autograd.grad_mode import is_grad_enabled
from npnn.modules._conversion import Conversion
from npnn.modules._global_hooks import (
    _global_backward_hooks,
    _global_backward_pre_hooks,
    _global_forward_hooks,
    _global_forward_pre_hooks,
    register_module_backward_hook,
    register_module_buffer_registration_hook,
    register_module_forward_hook,
    register_module_forward_pre_hook,
    register_module_full_backward_hook,
    register_module_full_backward_pre_hook,
    register_module_module_registration_hook,
    register_module_parameter_registration_hook,
)
from npnn.modules._hooks import Hooks, call_with_hooks
from npnn.modules._members import REGISTRIES, Registry
from npnn.modules._state_dict import StateDict, _IncompatibleKeys
from npnn.tensors import Tensor

__all__ = [
    "Module",
    "_IncompatibleKeys",
    "register_module_backward_hook",
    "register_module_buffer_registration_hook",
    "register_module_forward_hook",
    "register_module_forward_pre_hook",
    "register_module_full_backward_hook",
    "register_module_full_backward_pre_hook",
    "register_module_module_registration_hook",
    "register_module_parameter_registration_hook",
]

T = TypeVar("T", bound="Module")

_HOOK_REGISTRIES = (
    "_forward_pre_hooks",
    "_forward_pre_hooks_with_kwargs",
    "_forward_hooks",
    "_forward_hooks_with_kwargs",
    "_forward_hooks_always_called",
    "_backward_pre_hooks",
    "_backward_hooks",
    "_non_full_backward_hooks",
    "_state_dict_pre_hooks",
    "_state_dict_hooks",
    "_load_state_dict_pre_hooks",
    "_load_state_dict_post_hooks",
)


def _forward_unimplemented(self: Module, *input: Any) -> None:
    """Computes the module's output: every subclass that is to be called defines it.

    Call the module, rather than this method, so that its hooks are run.

    Raises:
        NotImplementedError: the subclass does not define it.

    Source: torch.nn.Module.forward.
    """
    raise NotImplementedError(f'Module [{self._get_name()}] is missing the required "forward" function')


class Module(Hooks, StateDict, Conversion):
    """The base class of all networks and layers: it holds parameters and other modules, and can be called.

    A subclass calls `super().__init__()` first, then assigns what it is made of, and defines `forward`.
    Whatever is a Parameter, a Buffer or a Module is registered when it is assigned: it is saved with
    `state_dict`, converted with `to`, and found by `parameters`.

    A module is called on tensors, and then differentiated by `loss.backward()`, as on torch. It can also be
    called on plain arrays, and then differentiated by its own `backward`, which takes dL/dY and returns dL/dX
    as a plain array.

    Attributes:
        training: whether the module is in training mode, where dropout drops and batch norm takes the batch's
            statistics.

    Source: torch.nn.Module.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> class Net(nn.Module):
        ...     def __init__(self):
        ...         super().__init__()
        ...         self.hidden = nn.Linear(4, 3)
        ...         self.out = nn.Linear(3, 2)
        ...
        ...     def forward(self, x):
        ...         return self.out(self.hidden(x).relu())
        >>> net = Net()
        >>> net
        Net(
          (hidden): Linear(in_features=4, out_features=3, bias=True)
          (out): Linear(in_features=3, out_features=2, bias=True)
        )
        >>> net(npnn.ones(5, 4)).sum().backward()
        >>> net.hidden.weight.grad.shape
        torch.Size([4, 3])

        The same with plain arrays:

        >>> import numpy as np
        >>> y = net(np.ones((5, 4), np.float32))
        >>> net.backward(np.ones((5, 2), np.float32)).shape
        (5, 4)
    """

    dump_patches: bool = False
    call_super_init: bool = False

    _array_call: tuple[tuple[Tensor, ...], tuple[Tensor, ...]] | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if not self.call_super_init:
            if kwargs:
                raise TypeError(
                    f"{self._get_name()}.__init__() got an unexpected keyword argument '{next(iter(kwargs))}'"
                )
            if args:
                raise TypeError(
                    f"{self._get_name()}.__init__() takes 1 positional argument but {len(args) + 1} "
                    "were given"
                )
        attributes = self.__dict__
        attributes["training"] = True
        for name in REGISTRIES:
            attributes.get(name, {}).clear()
            attributes[name] = Registry(self)
        attributes["_non_persistent_buffers_set"] = set()
        for name in _HOOK_REGISTRIES:
            attributes[name] = OrderedDict()
        if self.call_super_init:
            super().__init__(*args, **kwargs)

    # A value, not a method, so that type checkers let subclasses take any arguments.
    forward: Callable[..., Any] = _forward_unimplemented

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Runs forward, with the hooks around it.

        Args:
            *args: what forward takes. Plain arrays are made tensors first, and the call is remembered for
                `backward`: those of floating-point numbers require grad, those of integers, such as indices,
                do not. Data whose own gradient nobody wants is better given as a tensor.
            **kwargs: what else forward takes.

        Returns:
            What forward returns.
        """
        for value in args:
            if isinstance(value, np.ndarray):
                return self._call_on_arrays(args, kwargs)
        if (
            self._forward_hooks
            or self._forward_pre_hooks
            or self._backward_hooks
            or self._backward_pre_hooks
            or _global_forward_hooks
            or _global_forward_pre_hooks
            or _global_backward_hooks
            or _global_backward_pre_hooks
        ):
            return call_with_hooks(self, args, kwargs)
        return self.forward(*args, **kwargs)

    def _call_on_arrays(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Calls the module on leaf tensors in place of the arrays, and remembers the call for `backward`."""
        if is_grad_enabled():
            self.__dict__["_array_call"] = None  # let go of the last call's graph before building another
        dtype = next((p.dtype for p in self.parameters() if p.is_floating_point()), None)
        tensors = tuple(_as_leaf(value, dtype) if isinstance(value, np.ndarray) else value for value in args)
        result = self(*tensors, **kwargs)
        outputs = tuple(_recorded_tensors(result))
        if outputs:
            inputs = tuple(tensor for tensor, value in zip(tensors, args, strict=True) if tensor is not value)
            self.__dict__["_array_call"] = inputs, outputs
        return result

    def backward(self, dLdY: Any = None) -> Any:  # noqa: N803 - as it is written on paper
        """Backpropagates through the last call on plain arrays.

        Adds dL/dW to the `.grad` of every parameter W that had a part in it. A call serves one backward;
        calls on tensors, and those under `no_grad`, are not remembered.

        Args:
            dLdY: the gradient of the loss with respect to the output, an array of its shape; for several
                outputs, a tuple of one (or None) for each, in order. May be left out for an output of one
                element, where it is 1.

        Returns:
            dL/dX as a plain array, or, if the call took several floating-point arrays, a tuple with one for
            each. None if it took arrays of integers only, which have no gradient.

        Raises:
            RuntimeError: there is no call to go back through.
            ValueError: a shape, or the number of gradients, is not that of the output.

        Examples:
            >>> import numpy as np
            >>> from npnn import nn
            >>> layer = nn.ReLU()
            >>> y = layer(np.array([[-1.0, 2.0]]))
            >>> layer.backward(np.array([[10.0, 20.0]]))
            array([[ 0., 20.]])
        """
        if self._array_call is None:
            raise RuntimeError(
                f"{self._get_name()}.backward has no call to go back through: call the module on plain "
                "arrays first, with grad enabled, once for every backward"
            )
        inputs, outputs = self._array_call
        grads = _checked_gradients(self._get_name(), dLdY, outputs)
        self.__dict__["_array_call"] = None
        pairs = [(output, grad) for output, grad in zip(outputs, grads, strict=True) if grad is not None]
        engine.backward([output for output, _ in pairs], [grad for _, grad in pairs])
        gradients = tuple(
            np.zeros_like(tensor.array) if tensor.grad is None else tensor.grad.array
            for tensor in inputs
            if tensor.requires_grad
        )
        return gradients if len(gradients) > 1 else gradients[0] if gradients else None

    def train(self: T, mode: bool = True) -> T:
        """Puts the module, and those below it, into training mode.

        Args:
            mode: False puts them into evaluation mode.

        Returns:
            The module itself.

        Raises:
            ValueError: `mode` is no bool.

        Source: torch.nn.Module.train.

        Examples:
            >>> from npnn import nn
            >>> net = nn.Sequential(nn.ReLU()).train(False)
            >>> net.training, net[0].training
            (False, False)
        """
        if not isinstance(mode, bool):
            raise ValueError(f"training mode is expected to be boolean, got {mode!r}")
        self.training = mode
        for module in self.children():
            module.train(mode)
        return self

    def eval(self: T) -> T:
        """Puts the module, and those below it, into evaluation mode.

        Returns:
            The module itself.

        Source: torch.nn.Module.eval.

        Examples:
            >>> from npnn import nn
            >>> nn.Sequential(nn.ReLU()).eval()[0].training
            False
        """
        return self.train(False)

    def apply(self: T, fn: Callable[[Module], Any]) -> T:
        """Calls a function on every module below this one, and then on this one itself.

        Args:
            fn: what to call, such as a function that initialises weights.

        Returns:
            The module itself.

        Source: torch.nn.Module.apply.

        Examples:
            >>> from npnn import nn
            >>> net = nn.Sequential(nn.Tanh(), nn.Sequential(nn.ReLU()))
            >>> _ = net.apply(lambda module: print(type(module).__name__))
            Tanh
            ReLU
            Sequential
            Sequential
        """
        for module in self.children():
            module.apply(fn)
        fn(self)
        return self

    def compile(self, *args: Any, **kwargs: Any) -> None:
        """Does nothing: NumPy has no compiler, so the module goes on running eagerly.

        Args:
            *args: torch.compile's arguments, which make no difference.
            **kwargs: likewise.

        Source: torch.nn.Module.compile.
        """

    def extra_repr(self) -> str:
        """What `repr` says between the brackets, such as the layer's sizes; it may have several lines.

        Override it.

        Returns:
            The text; empty unless overridden.

        Source: torch.nn.Module.extra_repr.

        Examples:
            >>> from npnn import nn
            >>> nn.Linear(2, 3).extra_repr()
            'in_features=2, out_features=3, bias=True'
        """
        return ""

    def __repr__(self) -> str:
        extra = self.extra_repr()
        lines = extra.split("\n") if extra else []
        return self._repr_of(lines, [(f"({name})", repr(module)) for name, module in self._modules.items()])

    def _repr_of(self, lines: list[str], children: list[tuple[str, str]]) -> str:
        """The module's name with what it is made of in brackets, on one line if it has no children."""
        if len(lines) == 1 and not children:
            return f"{self._get_name()}({lines[0]})"
        lines = lines + [f"{label}: {_indented(text)}" for label, text in children]
        body = "\n  ".join(["", *lines]) + "\n" if lines else ""
        return f"{self._get_name()}({body})"

    def __getstate__(self) -> dict[str, Any]:
        # Members go into the state once, in plain dictionaries: __setstate__ makes them attributes again.
        state = self.__dict__.copy()
        state.pop("_array_call", None)
        for name in REGISTRIES:
            members = dict(state.get(name, {}))
            state = {key: value for key, value in state.items() if key not in members}
            state[name] = members
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        for name in REGISTRIES:
            self.__dict__[name] = Registry(self, state.get(name, {}))


def _indented(text: str) -> str:
    """The text with all lines but the first two columns further in; blank lines are left empty."""
    first, *rest = text.split("\n")
    return "\n".join([first, *(f"  {line}" if line.strip() else "" for line in rest)])


def _as_leaf(array: Array, dtype: np.dtype[Any] | None) -> Tensor:
    """An array as a leaf, which requires grad if its dtype allows and recording is on.

    NumPy makes float64 arrays and layers start in float32: numbers are taken in the dtype of the parameters.
    """
    if array.dtype.kind == "f":
        array = np.asarray(array, dtype)
    leaf: Tensor = wrap(array)
    return leaf.requires_grad_(is_grad_enabled() and array.dtype.kind in "fc")


def _recorded_tensors(result: Any) -> Iterator[Tensor]:
    """The tensors in a forward's result that a gradient can go back through, in order."""
    if isinstance(result, Tensor):
        if result.requires_grad:
            yield result
    elif isinstance(result, (tuple, list)):
        for value in result:
            yield from _recorded_tensors(value)
    elif isinstance(result, dict):
        yield from _recorded_tensors(tuple(result.values()))


def _checked_gradients(name: str, given: Any, outputs: tuple[Tensor, ...]) -> list[Array | None]:
    """The gradients that a caller gave, one for each output, as arrays of the outputs' shapes and dtypes."""
    if len(outputs) == 1:
        return [_checked_gradient(name, given, outputs[0])]
    grads = given if isinstance(given, (tuple, list)) else (given,)
    if len(grads) != len(outputs):
        raise ValueError(
            f"{name}.backward got {len(grads)} gradients for {len(outputs)} outputs: give one for each"
        )
    return [
        None if grad is None else _checked_gradient(name, grad, output)
        for grad, output in zip(grads, outputs, strict=True)
    ]


def _checked_gradient(name: str, grad: Any, output: Tensor) -> Array:
    if grad is None and output.array.size == 1:
        return np.ones_like(output.array)
    if grad is None or np.shape(grad) != output.array.shape:
        given = "no dLdY" if grad is None else f"dLdY of shape {np.shape(grad)}"
        raise ValueError(
            f"{name}.backward got {given}, but the output of the call has shape {output.array.shape}"
        )
    return np.asarray(grad, output.array.dtype)
