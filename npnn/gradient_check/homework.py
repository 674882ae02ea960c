"""CS 189's classes, with the arguments and shapes that they are checked with."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from npnn._typing import Shape
from npnn.cs189 import activations, layers, losses
from npnn.gradient_check.subjects import Subject, activation_subject, layer_subject, loss_subject


class Configuration(NamedTuple):
    """What a class is made with, and the shape of what it is called on."""

    options: Mapping[str, Any]
    shape: Shape


_IMAGES = (2, 5, 6, 7)

CONFIGURATIONS: dict[str, tuple[Configuration, ...]] = {
    **{
        name: (Configuration({}, (2, 3)),)
        for name in ("Linear", "Sigmoid", "TanH", "ReLU", "SoftMax", "ArcTan")
    },
    "FullyConnected": tuple(
        Configuration({"n_out": 4, "activation": activation}, (2, 3))
        for activation in ("linear", "tanh", "relu", "softmax")
    ),
    "Conv2D": (
        Configuration({"n_out": 4, "kernel_shape": (3, 3), "activation": "relu"}, _IMAGES),
        Configuration({"n_out": 3, "kernel_shape": (3, 2), "activation": "tanh", "stride": 2}, _IMAGES),
        Configuration({"n_out": 2, "kernel_shape": (2, 4), "activation": "linear", "pad": "valid"}, _IMAGES),
    ),
    "Pool2D": tuple(
        Configuration({"kernel_shape": (3, 2), "mode": mode, "stride": stride, "pad": pad}, _IMAGES)
        for mode in ("max", "average")
        for stride, pad in ((2, 0), (1, 1))
    ),
    "Flatten": tuple(Configuration({"keep_dim": keep}, (2, 3, 4, 5)) for keep in ("first", "last", -1)),
    "Elman": (Configuration({"n_out": 4}, (2, 3, 5)),),
    "CrossEntropy": (Configuration({"name": "cross_entropy"}, (5, 6)),),
    "L2": (Configuration({"name": "l2"}, (5, 6)),),
}
"""Of each class the configurations to check it in, the homework's notebook's first."""


def homework_subject(name: str, made: Any, shape: Shape, random: np.random.Generator) -> Subject | None:
    """An activation, a layer or a loss, which it is seen to be by what its methods take, on random numbers.

    Args:
        name: what it is called in reports.
        made: what has the methods forward and backward.
        shape: of Z, of X, or of Y and Y_hat.
        random: what these are drawn from. Targets are one-hot, over the classes on the last axis, and
            predictions are probabilities, none close to 0.

    Returns:
        The subject; None if the methods are those of none of them.

    Examples:
        >>> made = layers.Flatten()
        >>> homework_subject("Flatten", made, (2, 3, 4), np.random.default_rng(0)).upstream
        'dLdY'
    """
    taken = _positional(made.forward), _positional(made.backward)
    if taken == (1, 2):
        return activation_subject(name, made, random.standard_normal(shape))
    if taken == (1, 1):
        return layer_subject(name, made, random.standard_normal(shape))
    if taken == (2, 2):
        Y = np.eye(shape[-1])[random.integers(shape[-1], size=shape[:-1])]
        Y_hat = random.uniform(0.2, 1.0, shape)
        return loss_subject(name, made, Y, Y_hat / Y_hat.sum(-1, keepdims=True))
    return None


def _positional(method: Callable[..., Any]) -> int | None:
    """How many arguments a method cannot do without; None if it does not tell, like functions of NumPy's."""
    try:
        parameters = inspect.signature(method).parameters.values()
    except ValueError:
        return None
    return sum(
        parameter.default is parameter.empty
        and parameter.kind in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD)
        for parameter in parameters
    )


def homework_subjects(name: str, seed: int = 0) -> Iterator[Subject]:
    """A class of `npnn.cs189`, in each of its configurations.

    Args:
        name: of the class.
        seed: of the inputs.

    Yields:
        The subjects.

    Examples:
        >>> [subject.arguments for subject in homework_subjects("Flatten")]
        ["keep_dim='first'", "keep_dim='last'", 'keep_dim=-1']
    """
    cls = next(getattr(module, name) for module in (activations, layers, losses) if hasattr(module, name))
    for options, shape in CONFIGURATIONS[name]:
        subject = homework_subject(f"cs189.{name}", cls(**options), shape, np.random.default_rng(seed))
        assert subject is not None
        arguments = ", ".join(f"{key}={value!r}" for key, value in options.items())
        yield replace(subject, arguments=arguments)
