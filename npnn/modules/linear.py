"""Linear layers."""

from __future__ import annotations

import math
from typing import Any

from npnn import functional as F
from npnn import init
from npnn.modules.lazy import LazyModuleMixin
from npnn.modules.module import Module
from npnn.parameter import Parameter, UninitializedParameter
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
        self.weight = Parameter(
            empty(in_features, out_features, device=device, dtype=dtype), torch_axes=(1, 0)
        )
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


class Bilinear(Module):
    """y_o = Σ_ij x_i W_ijo z_j + b_o, over the last axes.

    Args:
        in1_features: the length of the last axis of x.
        in2_features: the length of the last axis of z.
        out_features: the length of the last axis of y.
        bias: whether there is a b.
        device: "cpu".
        dtype: the dtype of the parameters.

    Shape:
        - Input1: (*, in1_features). Input2: (*, in2_features). Output: (*, out_features).

    Attributes:
        weight: W, (in1_features, in2_features, out_features): torch's weight with its first axis last. Starts
            uniform on ±1/√in1_features.
        bias: b, (out_features,), or None. Starts likewise.

    Raises:
        ValueError: in1_features is not positive.

    Source: torch.nn.Bilinear.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> layer = nn.Bilinear(20, 30, 40)
        >>> layer(npnn.randn(128, 20), npnn.randn(128, 30)).shape
        torch.Size([128, 40])
    """

    in1_features: int
    in2_features: int
    out_features: int
    weight: Parameter
    bias: Parameter | None

    def __init__(
        self,
        in1_features: int,
        in2_features: int,
        out_features: int,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.in1_features = in1_features
        self.in2_features = in2_features
        self.out_features = out_features
        values = empty(in1_features, in2_features, out_features, device=device, dtype=dtype)
        self.weight = Parameter(values, torch_axes=(2, 0, 1))
        if bias:
            self.bias = Parameter(empty(out_features, device=device, dtype=dtype))
        else:
            self.register_parameter("bias", None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draws weight and bias anew, uniform on ±1/√in1_features."""
        if self.in1_features <= 0:
            raise ValueError(f"in1_features must be > 0, but got (in1_features={self.in1_features})")
        bound = 1 / math.sqrt(self.in1_features)
        init.uniform_(self.weight, -bound, bound)
        if self.bias is not None:
            init.uniform_(self.bias, -bound, bound)

    def forward(self, input1: Tensor, input2: Tensor) -> Tensor:
        """Returns the bilinear form of both inputs, plus b."""
        return F.bilinear(input1, input2, self.weight, self.bias)

    def extra_repr(self) -> str:
        """The sizes, for repr."""
        return (
            f"in1_features={self.in1_features}, in2_features={self.in2_features},"
            f" out_features={self.out_features}, bias={self.bias is not None}"
        )


class LazyLinear(LazyModuleMixin, Linear):
    """A Linear that takes in_features from the last axis of the first input.

    Args:
        out_features: the length of the last axis of y.
        bias: whether there is a bias.
        device: "cpu".
        dtype: the dtype of the parameters.

    Shape:
        - Input: (*, in_features). Output: (*, out_features).

    Attributes:
        weight: W, (in_features, out_features), once the layer has been called.
        bias: b, (out_features,), or None; likewise.

    Source: torch.nn.LazyLinear.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> layer = nn.LazyLinear(30)
        >>> _ = layer(npnn.randn(128, 20))
        >>> layer
        Linear(in_features=20, out_features=30, bias=True)
    """

    cls_to_become = Linear

    def __init__(self, out_features: int, bias: bool = True, device: Any = None, dtype: Any = None) -> None:
        super().__init__(0, 0, False)
        self.weight = UninitializedParameter(device=device, dtype=dtype, torch_axes=(1, 0))
        self.out_features = out_features
        if bias:
            self.bias = UninitializedParameter(device=device, dtype=dtype)

    def reset_parameters(self) -> None:
        """Draws weight and bias anew, once there is something to draw."""
        if not self.has_uninitialized_params() and self.in_features != 0:
            super().reset_parameters()

    def initialize_parameters(self, input: Any) -> None:
        """Makes weight and bias for as many features as the last axis of the input has.

        Args:
            input: what the module is called on.

        Raises:
            AssertionError: a weight that was loaded is for another number of features.
        """
        features = input.shape[-1]
        if self.has_uninitialized_params():
            self.in_features = features
            self._materialize(weight=(features, self.out_features), bias=(self.out_features,))
            self.reset_parameters()
        if self.in_features == 0:
            if features != self.weight.shape[0]:
                raise AssertionError(
                    f"The in_features inferred from input: {features} is not equal to in_features from"
                    f" self.weight: {self.weight.shape[0]}"
                )
            self.in_features = features
