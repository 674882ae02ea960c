"""An activation, a layer, a loss or a module as the one thing that is checked."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from npnn._typing import Array, Shape
from npnn.gradient_check.contract import ContractError
from npnn.modules import Module
from npnn.random import manual_seed
from npnn.tensors import Tensor


@dataclass(frozen=True)
class Subject:
    """A forward and its backward, with what they are called on.

    forward takes the inputs. backward takes some of them, then dL/dY, and returns the gradients by those in
    `wrt`; the gradients of the parameters it leaves in `gradients`.

    Attributes:
        name: what it is called in reports.
        forward: computes the output.
        backward: computes the gradients.
        inputs: name of each input of forward -> the array.
        wrt: the inputs by which backward returns the gradients: one array for one, a tuple for several, and
            None for none.
        backward_inputs: the inputs that backward takes as well.
        upstream: what backward calls dL/dY; None for a loss, which takes none.
        output_shape: what the output's shape must be; None if it may be any.
        parameters: tells the name of each parameter and its array; the first forward may have made them.
        gradients: tells the name of each parameter and the gradient that backward left.
        arguments: what the class was made with, for reports.
    """

    name: str
    forward: Callable[..., Any]
    backward: Callable[..., Any]
    inputs: Mapping[str, Array]
    wrt: tuple[str, ...]
    backward_inputs: tuple[str, ...] = ()
    upstream: str | None = "dLdY"
    output_shape: Shape | None = None
    parameters: Callable[[], Mapping[str, Any]] = dict
    gradients: Callable[[], Mapping[str, Any]] = dict
    arguments: str = ""


def activation_subject(name: str, activation: Any, Z: Array) -> Subject:
    """An activation of the homework: forward(Z) and backward(Z, dY).

    Args:
        name: what it is called in reports.
        activation: the activation.
        Z: its input.

    Returns:
        The subject.

    Examples:
        >>> from npnn.cs189.activations import ReLU
        >>> activation_subject("ReLU", ReLU(), np.ones((2, 3))).wrt
        ('Z',)
    """
    return Subject(
        name,
        activation.forward,
        activation.backward,
        inputs={"Z": Z},
        wrt=("Z",),
        backward_inputs=("Z",),
        upstream="dY",
        output_shape=Z.shape,
    )


def layer_subject(name: str, layer: Any, X: Array) -> Subject:
    """A layer of the homework: forward(X) and backward(dLdY), with parameters and their gradients.

    Args:
        name: what it is called in reports.
        layer: the layer; one without `parameters` has none.
        X: its input.

    Returns:
        The subject.

    Examples:
        >>> from npnn.cs189.layers import FullyConnected
        >>> subject = layer_subject("FullyConnected", FullyConnected(4, "relu"), np.ones((2, 3)))
        >>> _ = subject.forward(*subject.inputs.values())
        >>> list(subject.parameters())
        ['W', 'b']
    """

    def parameters() -> Mapping[str, Any]:
        return getattr(layer, "parameters", {})

    def backward(dLdY: Array) -> Any:
        # From zero, so that a layer may as well add to its gradients, and none is left from another backward.
        for parameter, value in parameters().items():
            layer.gradients[parameter] = np.zeros_like(value)
        return layer.backward(dLdY)

    return Subject(
        name,
        layer.forward,
        backward,
        inputs={"X": X},
        wrt=("X",),
        parameters=parameters,
        gradients=lambda: getattr(layer, "gradients", {}),
    )


def loss_subject(name: str, loss: Any, Y: Array, Y_hat: Array) -> Subject:
    """A loss of the homework: forward(Y, Y_hat) and backward(Y, Y_hat), the gradient by Y_hat.

    Args:
        name: what it is called in reports.
        loss: the loss.
        Y: the targets.
        Y_hat: the predictions.

    Returns:
        The subject.

    Examples:
        >>> from npnn.cs189.losses import L2
        >>> loss_subject("L2", L2("l2"), np.ones((5, 6)), np.zeros((5, 6))).upstream is None
        True
    """
    return Subject(
        name,
        loss.forward,
        loss.backward,
        inputs={"Y": Y, "Y_hat": Y_hat},
        wrt=("Y_hat",),
        backward_inputs=("Y", "Y_hat"),
        upstream=None,
        output_shape=(),
    )


def module_subject(name: str, module: Module, *arguments: Any, seed: int = 0) -> Subject:
    """A module of `npnn.nn`, in float64. All that it returns in floating-point numbers is taken as one row.

    Args:
        name: what it is called in reports.
        module: the module.
        *arguments: what it is called on. Gradients are checked by the arrays of floating-point numbers;
            tensors, and all else, are constants.
        seed: what random numbers are drawn from, the same ones in each forward.

    Returns:
        The subject.

    Examples:
        >>> from npnn import nn
        >>> module_subject("Linear", nn.Linear(3, 4), np.ones((2, 3))).wrt
        ('input',)
    """
    module.double()
    numbers = [place for place, value in enumerate(arguments) if _is_floating(value)]
    names = _argument_names(module, len(arguments))
    outputs: list[Tensor] = []

    def forward(*inputs: Array) -> Any:
        given = list(arguments)
        for place, value in zip(numbers, inputs, strict=True):
            given[place] = value
        manual_seed(seed)
        module.zero_grad()
        result = module(*given)
        outputs[:] = _floating_tensors(result)
        return np.concatenate([output.array.reshape(-1) for output in outputs]) if outputs else result

    def backward(dLdY: Array) -> Any:
        if not any(output.requires_grad for output in outputs):
            raise ContractError(
                f"{name}.forward returned a result that does not require grad, but one recorded on the tape"
                " was expected: compute it with npnn's functions, from tensors that are not detached"
            )
        parts = np.split(dLdY, np.cumsum([output.array.size for output in outputs])[:-1])
        given = [
            part.reshape(output.array.shape)
            for part, output in zip(parts, outputs, strict=True)
            if output.requires_grad
        ]
        gradients = module.backward(given[0] if len(given) == 1 else tuple(given))
        if len(numbers) == 1:
            return np.array(gradients)
        return tuple(np.array(gradient) for gradient in gradients or ())

    return Subject(
        name,
        forward,
        backward,
        inputs={names[place]: arguments[place] for place in numbers},
        wrt=tuple(names[place] for place in numbers),
        parameters=lambda: {key: value.array for key, value in _trained(module)},
        gradients=lambda: {
            key: np.zeros_like(value.array) if value.grad is None else value.grad.array
            for key, value in _trained(module)
        },
    )


def _is_floating(value: Any) -> bool:
    return isinstance(value, np.ndarray) and value.dtype.kind == "f"


def _argument_names(module: Module, count: int) -> list[str]:
    """What the module's forward calls its arguments."""
    named = [
        parameter.name
        for parameter in inspect.signature(module.forward).parameters.values()
        if parameter.kind in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD)
    ]
    return named[:count] + [f"argument {place}" for place in range(len(named), count)]


def _floating_tensors(result: Any) -> Iterator[Tensor]:
    """The tensors of floating-point numbers in what a forward returned, in order."""
    if isinstance(result, Tensor):
        if result.is_floating_point():
            yield result
    elif isinstance(result, (tuple, list)):
        for value in result:
            yield from _floating_tensors(value)
    elif isinstance(result, dict):
        yield from _floating_tensors(tuple(result.values()))


def _trained(module: Module) -> Iterator[tuple[str, Tensor]]:
    """The parameters that have a gradient, with their names."""
    return (
        (key, value)
        for key, value in module.named_parameters()
        if value.requires_grad and value.is_floating_point()
    )
