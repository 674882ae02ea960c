"""Linear layers."""

from __future__ import annotations

import math
from typing import Any

from npnn import functional as F
from npnn import init
from npnn.modules.module import Module
from npnn.parameter import Parameter
from npnn.tensors import Tensor
from npnn.tensors.creation import empty


class Identity(Module):
    """Returns its input as it is; takes any arguments and ignores them.

    Shape:
        - Input: (*). Output: (*).

    Source: torch.nn.Identity.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> nn.Identity(54, unused=1)(npnn.ones(2))
        tensor([1., 1.])
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__()

    def forward(self, input: Tensor) -> Tensor:
        """Returns the input."""
        return input


class Linear(Module):
    """y = x W + b, over the last axis.

    Args:
        in_features: the length of the last axis of x.
        out_features: the length of the last axis of y.
        bias: whether there is a b.
        device: "cpu".
        dtype: the dtype of the parameters.

    Shape:
        - Input: (*, in_features). Output: (*, out_features).

    Attributes:
        weight: W, (in_features, out_features): torch's weight, transposed. Starts uniform on ±1/√in_features.
        bias: b, (out_features,), or None. Starts uniform on ±1/√in_features.

    Source: torch.nn.Linear.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> layer = nn.Linear(20, 30)
        >>> layer(npnn.randn(128, 20)).shape
        torch.Size([128, 30])
    """

    in_features: int
    out_features: int
    weight: Parameter
    bias: Parameter | None

    def __init__(
        self, in_features: int, out_features: int, bias: bool = True, device: Any = None, dtype: Any = None
    ) -> None:
        super().__init__()
        self.in_features = in_features
        self.out_features = out_features
        self.weight = Parameter(empty(in_features, out_features, device=device, dtype=dtype))
        if bias:
            self.bias = Parameter(empty(out_features, device=device, dtype=dtype))
        else:
            self.register_parameter("bias", None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draws weight and bias anew, uniform on ±1/√in_features."""
        # With a = √5, Kaiming's bound √(6 / ((1 + a²) fan_in)) is 1/√fan_in.
        init.kaiming_uniform_(self.weight, a=math.sqrt(5))
        if self.bias is not None:
            bound = 1 / math.sqrt(self.in_features) if self.in_features > 0 else 0
            init.uniform_(self.bias, -bound, bound)

    def forward(self, input: Tensor) -> Tensor:
        """Returns x W + b."""
        return F.linear(input, self.weight, self.bias)

    def extra_repr(self) -> str:
        """The sizes, for repr."""
        return (
            f"in_features={self.in_features}, out_features={self.out_features}, bias={self.bias is not None}"
        )
