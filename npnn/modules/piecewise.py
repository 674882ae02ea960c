"""Piecewise activations as modules: ReLU and its relatives, thresholds, the hard and the shrinking ones."""

from __future__ import annotations

import warnings
from typing import Any

from npnn import functional as F
from npnn.init import constant_
from npnn.modules.module import Module
from npnn.parameter import Parameter
from npnn.tensors import Tensor
from npnn.tensors.creation import empty


class ReLU(Module):
    """max(x, 0), element by element.

    Args:
        inplace: write the result into the input.

    Shape:
        - Input: (*). Output: (*).

    Source: torch.nn.ReLU.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> nn.ReLU()(npnn.tensor([-1.0, 2.0]))
        tensor([0., 2.])
    """

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        """Returns max(x, 0)."""
        return F.relu(input, self.inplace)

    def extra_repr(self) -> str:
        """Whether it works in place, for repr."""
        return "inplace=True" if self.inplace else ""


class Threshold(Module):
    """x where x > threshold, else a value.

    Args:
        threshold: what x must exceed.
        value: what stands where it does not.
        inplace: write the result into the input.

    Shape:
        - Input: (*). Output: (*).

    Source: torch.nn.Threshold.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> nn.Threshold(0.1, 20.0)(npnn.tensor([-1.0, 2.0]))
        tensor([20.,  2.])
    """

    def __init__(self, threshold: float, value: float, inplace: bool = False) -> None:
        super().__init__()
        self.threshold = threshold
        self.value = value
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        """Returns x, or the value."""
        return F.threshold(input, self.threshold, self.value, self.inplace)

    def extra_repr(self) -> str:
        """The two numbers, and whether it works in place, for repr."""
        return f"threshold={self.threshold}, value={self.value}" + (", inplace=True" if self.inplace else "")


class Hardtanh(Module):
    """x limited to [min_val, max_val].

    Args:
        min_val: the least value.
        max_val: the largest, greater than min_val.
        inplace: write the result into the input.
        min_value: an older name of min_val.
        max_value: an older name of max_val.

    Shape:
        - Input: (*). Output: (*).

    Raises:
        AssertionError: max_val is not greater than min_val.

    Source: torch.nn.Hardtanh.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> nn.Hardtanh()(npnn.tensor([-2.0, 0.5, 2.0]))
        tensor([-1.0000,  0.5000,  1.0000])
    """

    def __init__(
        self,
        min_val: float = -1.0,
        max_val: float = 1.0,
        inplace: bool = False,
        min_value: float | None = None,
        max_value: float | None = None,
    ) -> None:
        super().__init__()
        self.min_val = _renamed("min", min_value, min_val)
        self.max_val = _renamed("max", max_value, max_val)
        self.inplace = inplace
        if self.max_val <= self.min_val:
            raise AssertionError(f"max_val ({self.max_val}) must be greater than min_val ({self.min_val})")

    def forward(self, input: Tensor) -> Tensor:
        """Returns x between the limits."""
        return F.hardtanh(input, self.min_val, self.max_val, self.inplace)

    def extra_repr(self) -> str:
        """The limits, and whether it works in place, for repr."""
        return f"min_val={self.min_val}, max_val={self.max_val}" + (", inplace=True" if self.inplace else "")


def _renamed(which: str, old: float | None, new: float) -> float:
    """The value of an argument that may have been given by its older name."""
    if old is None:
        return new
    warnings.warn(
        f"keyword argument `{which}_value` is deprecated and renamed to `{which}_val`",
        FutureWarning,
        stacklevel=3,
    )
    return old


class ReLU6(Hardtanh):
    """x limited to [0, 6].

    Args:
        inplace: write the result into the input.

    Shape:
        - Input: (*). Output: (*).

    Source: torch.nn.ReLU6.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> nn.ReLU6()(npnn.tensor([-2.0, 0.5, 7.0]))
        tensor([0.0000, 0.5000, 6.0000])
    """

    def __init__(self, inplace: bool = False) -> None:
        super().__init__(0.0, 6.0, inplace)

    def extra_repr(self) -> str:
        """Whether it works in place, for repr."""
        return "inplace=True" if self.inplace else ""


class Hardsigmoid(Module):
    """(x + 3) / 6 limited to [0, 1].

    Args:
        inplace: write the result into the input.

    Shape:
        - Input: (*). Output: (*).

    Source: torch.nn.Hardsigmoid.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> nn.Hardsigmoid()(npnn.tensor([-4.0, 0.0, 1.5]))
        tensor([0.0000, 0.5000, 0.7500])
    """

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        """Returns (x + 3) / 6 between 0 and 1."""
        return F.hardsigmoid(input, self.inplace)


class Hardswish(Module):
    """x times the hard sigmoid of x.

    Args:
        inplace: write the result into the input.

    Shape:
        - Input: (*). Output: (*).

    Source: torch.nn.Hardswish.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> nn.Hardswish()(npnn.tensor([1.5, 4.0]))
        tensor([1.1250, 4.0000])
    """

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        """Returns x times the hard sigmoid of x."""
        return F.hardswish(input, self.inplace)


class Hardshrink(Module):
    """0 where |x| <= λ, else x.

    Args:
        lambd: λ.

    Shape:
        - Input: (*). Output: (*).

    Source: torch.nn.Hardshrink.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> nn.Hardshrink()(npnn.tensor([-2.0, 0.5, 1.0]))
        tensor([-2.,  0.,  1.])
    """

    def __init__(self, lambd: float = 0.5) -> None:
        super().__init__()
        self.lambd = lambd

    def forward(self, input: Tensor) -> Tensor:
        """Returns x, or 0 where it is small."""
        return F.hardshrink(input, self.lambd)

    def extra_repr(self) -> str:
        """λ, for repr."""
        return f"{self.lambd}"


class Softshrink(Module):
    """0 where |x| <= λ, else x moved towards 0 by λ.

    Args:
        lambd: λ, at least 0.

    Shape:
        - Input: (*). Output: (*).

    Source: torch.nn.Softshrink.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> nn.Softshrink()(npnn.tensor([-2.0, 0.5, 1.0]))
        tensor([-1.5000,  0.0000,  0.5000])
    """

    def __init__(self, lambd: float = 0.5) -> None:
        super().__init__()
        self.lambd = lambd

    def forward(self, input: Tensor) -> Tensor:
        """Returns x moved towards 0."""
        return F.softshrink(input, self.lambd)

    def extra_repr(self) -> str:
        """λ, for repr."""
        return str(self.lambd)


class LeakyReLU(Module):
    """x where x > 0, else negative_slope x.

    Args:
        negative_slope: the slope below 0.
        inplace: write the result into the input.

    Shape:
        - Input: (*). Output: (*).

    Source: torch.nn.LeakyReLU.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> nn.LeakyReLU(0.1)(npnn.tensor([-2.0, 2.0]))
        tensor([-0.2000,  2.0000])
    """

    def __init__(self, negative_slope: float = 0.01, inplace: bool = False) -> None:
        super().__init__()
        self.negative_slope = negative_slope
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        """Returns x, or negative_slope x where x is negative."""
        return F.leaky_relu(input, self.negative_slope, self.inplace)

    def extra_repr(self) -> str:
        """The slope, and whether it works in place, for repr."""
        return f"negative_slope={self.negative_slope}" + (", inplace=True" if self.inplace else "")


class PReLU(Module):
    """x where x > 0, else w x, with a learnt w for each channel, or one for all.

    Channels are on the last axis, where torch has them on axis 1. As on torch, an input of fewer than two
    axes has one channel.

    Args:
        num_parameters: the number of channels, or 1.
        init: what the weight starts from.
        device: "cpu".
        dtype: the dtype of the weight.

    Shape:
        - Input: (*, C). Output: (*, C).

    Attributes:
        weight: w, (num_parameters,).

    Source: torch.nn.PReLU, channels last.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> nn.PReLU()(npnn.tensor([-2.0, 2.0])).detach()
        tensor([-0.5000,  2.0000])
    """

    weight: Parameter

    def __init__(
        self, num_parameters: int = 1, init: float = 0.25, device: Any = None, dtype: Any = None
    ) -> None:
        super().__init__()
        self.num_parameters = num_parameters
        self.init = init
        self.weight = Parameter(empty(num_parameters, device=device, dtype=dtype))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Sets the weight to its first value again."""
        constant_(self.weight, self.init)

    def forward(self, input: Tensor) -> Tensor:
        """Returns x, or w x where x is negative."""
        return F.prelu(input, self.weight)

    def extra_repr(self) -> str:
        """The number of weights, for repr."""
        return f"num_parameters={self.num_parameters}"


class RReLU(Module):
    """x where x > 0, else r x: in training with an r for each element, drawn uniformly.

    Args:
        lower: the least r.
        upper: the largest r. In evaluation mode, r is the mean of the two.
        inplace: write the result into the input.

    Shape:
        - Input: (*). Output: (*).

    Source: torch.nn.RReLU.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> nn.RReLU(0.125, 0.375).eval()(npnn.tensor([-2.0, 2.0]))
        tensor([-0.5000,  2.0000])
    """

    def __init__(self, lower: float = 1.0 / 8, upper: float = 1.0 / 3, inplace: bool = False) -> None:
        super().__init__()
        self.lower = lower
        self.upper = upper
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        """Returns x, or r x where x is negative."""
        return F.rrelu(input, self.lower, self.upper, self.training, self.inplace)

    def extra_repr(self) -> str:
        """The bounds, and whether it works in place, for repr."""
        return f"lower={self.lower}, upper={self.upper}" + (", inplace=True" if self.inplace else "")
