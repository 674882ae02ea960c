"""Layers: a step of a network, forward and backward, driven by hand.

Each layer runs the operation of `npnn.ops` that npnn's modules run, and keeps the operation's Context in its
cache rather than on a tape.
"""

from __future__ import annotations

from typing import Any, Literal

from npnn.cs189._common import look_up
from npnn.cs189.layers.conv2d import Conv2D, Pad
from npnn.cs189.layers.elman import Elman
from npnn.cs189.layers.flatten import Flatten
from npnn.cs189.layers.fully_connected import FullyConnected
from npnn.cs189.layers.layer import Layer
from npnn.cs189.layers.pool2d import Pool2D

__all__ = ["Conv2D", "Elman", "Flatten", "FullyConnected", "Layer", "Pool2D", "initialize_layer"]

LAYERS: dict[str, tuple[type[Layer], tuple[str, ...]]] = {
    "fully_connected": (FullyConnected, ("n_out", "activation", "weight_init")),
    "conv2d": (Conv2D, ("n_out", "kernel_shape", "activation", "stride", "pad", "weight_init")),
    "pool2d": (Pool2D, ("kernel_shape", "mode", "stride", "pad")),
    "flatten": (Flatten, ("keep_dim",)),
    "elman": (Elman, ("n_out", "activation", "weight_init")),
}
"""Of each layer the class, and which of `initialize_layer`'s arguments it takes."""


def initialize_layer(
    name: str,
    activation: str | None = None,
    weight_init: str | None = None,
    n_out: int | None = None,
    kernel_shape: int | tuple[int, int] | None = None,
    stride: int | None = None,
    pad: Pad | None = None,
    mode: str | None = None,
    keep_dim: Literal["first", "last", -1] = "first",
) -> Layer:
    """Makes the layer of a name; arguments that it does not take are left aside.

    Args:
        name: "fully_connected", "conv2d", "pool2d", "flatten" or "elman".
        activation: name of the activation.
        weight_init: name of what draws the first weights.
        n_out: number of outputs, or of output channels.
        kernel_shape: height and width of the kernel.
        stride: the step from one position of the kernel to the next.
        pad: "same", "valid" or a number of zeros.
        mode: "max" or "average".
        keep_dim: which axis Flatten keeps.

    Returns:
        The layer, with its own defaults for what is None.

    Raises:
        NotImplementedError: there is no layer, activation or initialization of that name.
        TypeError: an argument is missing that the layer cannot do without.
        ValueError: an argument has a value that the layer refuses.

    Examples:
        >>> layer = initialize_layer("pool2d", kernel_shape=(2, 3), mode="average")
        >>> type(layer).__name__, layer.kernel_shape, layer.stride
        ('Pool2D', (2, 3), 1)
    """
    given: dict[str, Any] = {
        "activation": activation,
        "weight_init": weight_init,
        "n_out": n_out,
        "kernel_shape": kernel_shape,
        "stride": stride,
        "pad": pad,
        "mode": mode,
        "keep_dim": keep_dim,
    }
    layer, taken = look_up(LAYERS, "layer", name)
    return layer(**{argument: given[argument] for argument in taken if given[argument] is not None})
