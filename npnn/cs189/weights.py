"""The first values of weights: `npnn.init`'s formulas under the homework's names, in float64."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np

from npnn import init
from npnn._typing import Array, Shape
from npnn.cs189._common import look_up
from npnn.init.layout import layer_axes
from npnn.init.variance_scaling import FanMode, Nonlinearity
from npnn.parameter import Parameter
from npnn.random import Generator, default_generator, fork_rng, get_rng_state, set_rng_state
from npnn.tensors import Tensor

_GAINED: dict[str | None, Nonlinearity] = {"tanh": "tanh", "relu": "relu"}
"""The activations whose gain is not 1, by their names in `npnn.init`."""


def _identity(weight: Tensor) -> Tensor:
    """What hands its input on: a matrix with ones on its diagonal, or a kernel with them in its middle."""
    return init.eye_(weight) if weight.ndim == 2 else init.dirac_(weight)


def initialize_weights(
    name: str, activation: str | None = None, mode: FanMode = "fan_in"
) -> Callable[..., Array]:
    """Makes what draws the first values of a weight.

    The gain is 5/3 for tanh, √2 for ReLU and otherwise 1. Xavier's standard deviation is gain √(2 / (fan_in +
    fan_out)), He's gain / √fan; the uniform distributions reach to √3 times that.

    Of a weight (n_in, n_out) the fans are n_in and n_out, and of a kernel (kh, kw, n_in, n_out) kh kw n_in
    and kh kw n_out: what an output adds up, and what an input goes to. The homework takes the first and the
    last axis, which makes the height of a kernel its fan-in, so that by He's formula a 3x3 kernel over 64
    channels begins with weights 14 times too large.

    Args:
        name: "zeros", "ones", "identity", "uniform" (on [-1, 1)), "normal", "constant" (0.5), "sparse"
            (normal with standard deviation 0.01, a tenth of each input's weights 0), "he_uniform",
            "he_normal", "xavier_uniform" or "xavier_normal".
        activation: name of the activation that follows, which decides the gain.
        mode: which fan He's formula takes, "fan_in" or "fan_out".

    Returns:
        A function of a shape and, optionally, of the `npnn.Generator` to draw from. It gives an array.

    Raises:
        NotImplementedError: there is none of that name.
        ValueError: the mode is unknown.

    Source: Glorot & Bengio (2010); He, Zhang, Ren & Sun (2015); Martens (2010), for sparse.

    Examples:
        >>> draw = initialize_weights("he_normal", activation="relu")
        >>> W = draw((3, 3, 64, 32), Generator().manual_seed(0))
        >>> W.shape, W.dtype, bool(abs(W.std() - np.sqrt(2 / (3 * 3 * 64))) < 1e-3)
        ((3, 3, 64, 32), dtype('float64'), True)
    """
    if mode not in ("fan_in", "fan_out"):
        raise ValueError(f'mode must be "fan_in" or "fan_out", but got {mode!r}')
    nonlinearity = _GAINED.get(activation, "linear")
    gain = init.calculate_gain(nonlinearity)
    fillings: dict[str, Callable[[Tensor], Tensor]] = {
        "zeros": init.zeros_,
        "ones": init.ones_,
        "identity": _identity,
        "uniform": lambda weight: init.uniform_(weight, -1.0, 1.0),
        "normal": init.normal_,
        "constant": lambda weight: init.constant_(weight, 0.5),
        "sparse": lambda weight: init.sparse_(weight, sparsity=0.1, std=0.01),
        "he_uniform": lambda weight: init.kaiming_uniform_(weight, mode=mode, nonlinearity=nonlinearity),
        "he_normal": lambda weight: init.kaiming_normal_(weight, mode=mode, nonlinearity=nonlinearity),
        "xavier_uniform": lambda weight: init.xavier_uniform_(weight, gain),
        "xavier_normal": lambda weight: init.xavier_normal_(weight, gain),
    }
    fill = look_up(fillings, "initialization", name)

    def draw(shape: Shape, generator: Generator | None = None) -> Array:
        weight = Parameter(np.empty(shape), torch_axes=layer_axes(len(shape)))
        with _drawing_from(generator or default_generator):
            return fill(weight).array

    return draw


@contextmanager
def _drawing_from(generator: Generator) -> Iterator[None]:
    """Lets the default generator stand in for another: a part of `sparse_` draws from nothing else."""
    if generator is default_generator:
        yield
        return
    with fork_rng():
        set_rng_state(generator.get_state())
        yield
        generator.set_state(get_rng_state())
