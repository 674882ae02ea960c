"""Xavier and Kaiming initialization: the variance is fitted to the fans, so that values keep their size."""

from __future__ import annotations

import math
import warnings
from typing import Literal, TypeAlias

from npnn.init.distributions import normal_, uniform_
from npnn.init.layout import fans
from npnn.random import Generator
from npnn.tensors import Tensor

Nonlinearity: TypeAlias = Literal[
    "linear",
    "conv1d",
    "conv2d",
    "conv3d",
    "conv_transpose1d",
    "conv_transpose2d",
    "conv_transpose3d",
    "sigmoid",
    "tanh",
    "relu",
    "leaky_relu",
    "selu",
]
FanMode: TypeAlias = Literal["fan_in", "fan_out"]

_GAINS = {
    "linear": 1,
    "conv1d": 1,
    "conv2d": 1,
    "conv3d": 1,
    "conv_transpose1d": 1,
    "conv_transpose2d": 1,
    "conv_transpose3d": 1,
    "sigmoid": 1,
    "tanh": 5.0 / 3,
    "relu": math.sqrt(2.0),
    "selu": 3.0 / 4,
}


def calculate_gain(nonlinearity: Nonlinearity, param: float | None = None) -> float:
    """The factor by which to scale weights so that values keep their size through a nonlinearity.

    It is 1 for linear and convolutional layers and the sigmoid, 5/3 for tanh, √2 for ReLU, √(2 / (1 +
    slope²)) for leaky ReLU and 3/4 for SELU.

    Args:
        nonlinearity: the nonlinearity, by its name in `npnn.functional`.
        param: the negative slope of "leaky_relu"; None is 0.01.

    Returns:
        The gain.

    Raises:
        ValueError: the nonlinearity is unknown, or the slope is no number.

    Source: torch.nn.init.calculate_gain.

    Examples:
        >>> import npnn
        >>> npnn.init.calculate_gain("leaky_relu", 1.0)
        1.0
    """
    if nonlinearity == "leaky_relu":
        slope = 0.01 if param is None else param
        if isinstance(slope, bool) or not isinstance(slope, int | float):
            raise ValueError(f"negative_slope {slope} not a valid number")
        return math.sqrt(2.0 / (1 + slope**2))
    if nonlinearity not in _GAINS:
        raise ValueError(
            f"Unsupported nonlinearity {nonlinearity}: expected one of {[*_GAINS, 'leaky_relu']}"
        )
    return _GAINS[nonlinearity]


def xavier_uniform_(tensor: Tensor, gain: float = 1.0, generator: Generator | None = None) -> Tensor:
    """Fills a weight by Glorot's uniform initialization: on [-a, a), a = gain √(6 / (fan_in + fan_out)).

    Args:
        tensor: the weight to fill: a layer's, or one in torch's order, (out, in/groups, *k).
        gain: the factor of the nonlinearity; see `calculate_gain`.
        generator: the generator to draw from; None is the default one.

    Returns:
        The tensor.

    Raises:
        ValueError: the tensor has fewer than two axes.

    Source: torch.nn.init.xavier_uniform_; Glorot & Bengio, "Understanding the difficulty of training deep
    feedforward neural networks" (2010).

    Examples:
        >>> import npnn
        >>> w = npnn.init.xavier_uniform_(npnn.empty(4, 2))
        >>> bool(w.abs().max() <= 1.0)
        True
    """
    bound = math.sqrt(3.0) * _xavier_std(tensor, gain)
    return uniform_(tensor, -bound, bound, generator)


def xavier_normal_(tensor: Tensor, gain: float = 1.0, generator: Generator | None = None) -> Tensor:
    """Fills a weight by Glorot's normal initialization: std = gain √(2 / (fan_in + fan_out)).

    Args:
        tensor: the weight to fill: a layer's, or one in torch's order, (out, in/groups, *k).
        gain: the factor of the nonlinearity; see `calculate_gain`.
        generator: the generator to draw from; None is the default one.

    Returns:
        The tensor.

    Raises:
        ValueError: the tensor has fewer than two axes.

    Source: torch.nn.init.xavier_normal_; Glorot & Bengio, "Understanding the difficulty of training deep
    feedforward neural networks" (2010).

    Examples:
        >>> import npnn
        >>> npnn.init.xavier_normal_(npnn.empty(4, 2)).shape
        torch.Size([4, 2])
    """
    return normal_(tensor, 0.0, _xavier_std(tensor, gain), generator)


def kaiming_uniform_(
    tensor: Tensor,
    a: float = 0,
    mode: FanMode = "fan_in",
    nonlinearity: Nonlinearity = "leaky_relu",
    generator: Generator | None = None,
) -> Tensor:
    """Fills a weight by He's uniform initialization: on [-b, b), b = gain √(3 / fan).

    Args:
        tensor: the weight to fill: a layer's, or one in torch's order, (out, in/groups, *k).
        a: the negative slope of the leaky ReLU that follows.
        mode: "fan_in" keeps the size of values on the way forward, "fan_out" that of gradients on the way
            back.
        nonlinearity: what follows, by its name in `npnn.functional`.
        generator: the generator to draw from; None is the default one.

    Returns:
        The tensor.

    Raises:
        ValueError: the tensor has fewer than two axes, or the mode or the nonlinearity is unknown.

    Source: torch.nn.init.kaiming_uniform_; He, Zhang, Ren & Sun, "Delving deep into rectifiers" (2015).

    Examples:
        >>> import npnn
        >>> w = npnn.init.kaiming_uniform_(npnn.empty(2, 6), nonlinearity="relu")
        >>> bool(w.abs().max() <= 1.0)
        True
    """
    if _has_no_elements(tensor):
        return tensor
    bound = math.sqrt(3.0) * _kaiming_std(tensor, a, mode, nonlinearity)
    return uniform_(tensor, -bound, bound, generator)


def kaiming_normal_(
    tensor: Tensor,
    a: float = 0,
    mode: FanMode = "fan_in",
    nonlinearity: Nonlinearity = "leaky_relu",
    generator: Generator | None = None,
) -> Tensor:
    """Fills a weight by He's normal initialization: std = gain / √fan.

    Args:
        tensor: the weight to fill: a layer's, or one in torch's order, (out, in/groups, *k).
        a: the negative slope of the leaky ReLU that follows.
        mode: "fan_in" keeps the size of values on the way forward, "fan_out" that of gradients on the way
            back.
        nonlinearity: what follows, by its name in `npnn.functional`.
        generator: the generator to draw from; None is the default one.

    Returns:
        The tensor.

    Raises:
        ValueError: the tensor has fewer than two axes, or the mode or the nonlinearity is unknown.

    Source: torch.nn.init.kaiming_normal_; He, Zhang, Ren & Sun, "Delving deep into rectifiers" (2015).

    Examples:
        >>> import npnn
        >>> npnn.init.kaiming_normal_(npnn.empty(6, 2), nonlinearity="relu").shape
        torch.Size([6, 2])
    """
    if _has_no_elements(tensor):
        return tensor
    return normal_(tensor, 0.0, _kaiming_std(tensor, a, mode, nonlinearity), generator)


def _xavier_std(tensor: Tensor, gain: float) -> float:
    return gain * math.sqrt(2.0 / float(sum(fans(tensor))))


def _kaiming_std(tensor: Tensor, a: float, mode: str, nonlinearity: Nonlinearity) -> float:
    fan_of = dict(zip(("fan_in", "fan_out"), fans(tensor), strict=True))
    if mode.lower() not in fan_of:
        raise ValueError(f"Mode {mode} not supported, please use one of {list(fan_of)}")
    return calculate_gain(nonlinearity, a) / math.sqrt(fan_of[mode.lower()])


def _has_no_elements(tensor: Tensor) -> bool:
    if tensor.array.size == 0:
        warnings.warn("Initializing zero-element tensors is a no-op", stacklevel=3)
    return tensor.array.size == 0
