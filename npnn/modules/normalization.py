"""Layer, group, root mean square and local response normalisation."""

from __future__ import annotations

from numbers import Integral
from typing import Any

from npnn import functional as F
from npnn import init
from npnn._typing import Shape
from npnn.functional._check import as_input
from npnn.modules.module import Module
from npnn.ops import local_response
from npnn.parameter import Parameter
from npnn.tensors import Tensor
from npnn.tensors.creation import empty


class LocalResponseNorm(Module):
    """Divides each channel by a power of the squares of the channels around it.

    y_c = x_c / (k + α/size Σ x_c'²)^β, over a window of `size` channels c', size // 2 of them before c; those
    that there are not count as zeros.

    Args:
        size: the number of channels in the window.
        alpha: α.
        beta: β.
        k: k.

    Shape:
        - Input: (N, *spatial, C), with at least one spatial axis. Output: the same.

    Source: torch.nn.LocalResponseNorm.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> nn.LocalResponseNorm(2)(npnn.randn(32, 24, 24, 5)).shape
        torch.Size([32, 24, 24, 5])
    """

    def __init__(self, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0) -> None:
        super().__init__()
        self.size = size
        self.alpha = alpha
        self.beta = beta
        self.k = k

    def forward(self, input: Tensor) -> Tensor:
        """Returns the normalised input."""
        return F.local_response_norm(input, self.size, self.alpha, self.beta, self.k)

    def extra_repr(self) -> str:
        """The options, for repr."""
        return f"{self.size}, alpha={self.alpha}, beta={self.beta}, k={self.k}"


class CrossMapLRN2d(Module):
    """LocalResponseNorm of images as Lua Torch had it, with torch's results, which differ from the formula.

    The first channel counts in the windows of all channels far from it, and the gradient is taken over a
    window that is one channel off. It is here for networks that were trained with it.

    Args:
        size: the number of channels in the window, which is size - 1 if that is even.
        alpha: α.
        beta: β.
        k: k.

    Shape:
        - Input: (N, H, W, C). Output: the same.

    Source: torch.nn.CrossMapLRN2d.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> nn.CrossMapLRN2d(3)(npnn.randn(32, 24, 24, 5)).shape
        torch.Size([32, 24, 24, 5])
    """

    def __init__(self, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1) -> None:
        super().__init__()
        self.size = size
        self.alpha = alpha
        self.beta = beta
        self.k = k

    def forward(self, input: Tensor) -> Tensor:
        """Returns the normalised input."""
        x = as_input(input, "CrossMapLRN2d")
        if x.array.ndim != 4:
            raise ValueError(f"CrossMapLRN2d: Expected input to be 4D, got {x.array.ndim}D instead.")
        y: Tensor = local_response.CrossMapLRN2d.apply(
            x, size=self.size, alpha=self.alpha, beta=self.beta, k=self.k
        )
        return y

    def extra_repr(self) -> str:
        """The options, for repr."""
        return f"{self.size}, alpha={self.alpha}, beta={self.beta}, k={self.k}"


class LayerNorm(Module):
    """Brings what lies along the last axes to mean 0 and variance 1: y = w (x - μ) / √(σ² + ε) + b.

    These are the last axes of the array as it is given, and weight and bias have an element for each of their
    positions. So LayerNorm(C) normalises the channels of each pixel of an image (N, H, W, C), and what is
    LayerNorm((C, H, W)) on torch is LayerNorm((H, W, C)) here.

    Args:
        normalized_shape: the lengths of the axes, or of the one axis.
        eps: ε, added to the biased variance.
        elementwise_affine: whether there are a weight and a bias.
        bias: whether there is a bias beside the weight.
        device: "cpu".
        dtype: the dtype of the parameters.

    Shape:
        - Input: (*, *normalized_shape). Output: the same.

    Attributes:
        weight: w, of shape normalized_shape, or None. Starts as ones.
        bias: b, of shape normalized_shape, or None. Starts as zeros.

    Source: torch.nn.LayerNorm.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> nn.LayerNorm(10)(npnn.randn(20, 5, 10)).shape
        torch.Size([20, 5, 10])
        >>> nn.LayerNorm([16, 12, 3])(npnn.randn(20, 16, 12, 3)).shape
        torch.Size([20, 16, 12, 3])
    """

    weight: Parameter | None
    bias: Parameter | None

    def __init__(
        self,
        normalized_shape: Any,
        eps: float = 1e-5,
        elementwise_affine: bool = True,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.normalized_shape = _as_shape(normalized_shape)
        self.eps = eps
        self.elementwise_affine = elementwise_affine
        for name, there in (("weight", elementwise_affine), ("bias", elementwise_affine and bias)):
            self.register_parameter(
                name, _elementwise(self.normalized_shape, device, dtype) if there else None
            )
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Sets the weight to ones and the bias to zeros."""
        _reset(self.weight, self.bias)

    def forward(self, input: Tensor) -> Tensor:
        """Returns the normalised input."""
        return F.layer_norm(input, self.normalized_shape, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        """The options, for repr."""
        return (
            f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine},"
            f" bias={self.bias is not None}"
        )


class GroupNorm(Module):
    """Brings each group of channels of each sample to mean 0 and variance 1.

    y = w (x - μ) / √(σ² + ε) + b, with μ and σ², the biased variance, of neighbouring channels and all
    positions.

    Args:
        num_groups: into how many groups the channels are dealt. With one group for all it is LayerNorm over
            all axes but the first, with one for each channel InstanceNorm.
        num_channels: C.
        eps: ε, added to the variance.
        affine: whether there are a weight and a bias.
        device: "cpu".
        dtype: the dtype of the parameters.
        bias: whether there is a bias beside the weight.

    Shape:
        - Input: (N, *spatial, C). Output: the same.

    Attributes:
        weight: w, (C,), or None. Starts as ones.
        bias: b, (C,), or None. Starts as zeros.

    Raises:
        ValueError: the channels cannot be dealt into the groups.

    Source: torch.nn.GroupNorm.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> nn.GroupNorm(3, 6)(npnn.randn(20, 10, 10, 6)).shape
        torch.Size([20, 10, 10, 6])
    """

    weight: Parameter | None
    bias: Parameter | None

    def __init__(
        self,
        num_groups: int,
        num_channels: int,
        eps: float = 1e-5,
        affine: bool = True,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__()
        if num_channels % num_groups != 0:
            raise ValueError(f"num_channels ({num_channels}) must be divisible by num_groups ({num_groups})")
        self.num_groups = num_groups
        self.num_channels = num_channels
        self.eps = eps
        self.affine = affine
        for name, there in (("weight", affine), ("bias", affine and bias)):
            values = Parameter(empty(num_channels, device=device, dtype=dtype)) if there else None
            self.register_parameter(name, values)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Sets the weight to ones and the bias to zeros."""
        _reset(self.weight, self.bias)

    def forward(self, input: Tensor) -> Tensor:
        """Returns the normalised input."""
        return F.group_norm(input, self.num_groups, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        """The options, for repr."""
        return (
            f"{self.num_groups}, {self.num_channels}, eps={self.eps}, affine={self.affine},"
            f" bias={self.bias is not None}"
        )


class RMSNorm(Module):
    """Brings what lies along the last axes to root mean square 1: y = w x / √(m + ε), with m the mean of x².

    The axes are the last ones of the array as it is given, as for LayerNorm.

    Args:
        normalized_shape: the lengths of the axes, or of the one axis.
        eps: ε. Default: the rounding unit of float64 for a float64 input, else that of float32.
        elementwise_affine: whether there is a weight.
        device: "cpu".
        dtype: the dtype of the weight.

    Shape:
        - Input: (*, *normalized_shape). Output: the same.

    Attributes:
        weight: w, of shape normalized_shape, or None. Starts as ones.

    Source: torch.nn.RMSNorm.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> nn.RMSNorm([2, 3])(npnn.randn(4, 2, 3)).shape
        torch.Size([4, 2, 3])
    """

    weight: Parameter | None

    def __init__(
        self,
        normalized_shape: Any,
        eps: float | None = None,
        elementwise_affine: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.normalized_shape = _as_shape(normalized_shape)
        self.eps = eps
        self.elementwise_affine = elementwise_affine
        weight = _elementwise(self.normalized_shape, device, dtype) if elementwise_affine else None
        self.register_parameter("weight", weight)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Sets the weight to ones."""
        _reset(self.weight, None)

    def forward(self, x: Tensor) -> Tensor:
        """Returns the normalised input."""
        return F.rms_norm(x, self.normalized_shape, self.weight, self.eps)

    def extra_repr(self) -> str:
        """The options, for repr."""
        return f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}"


def _elementwise(shape: Shape, device: Any, dtype: Any) -> Parameter:
    """A parameter for each element that is normalized, with its axes in torch's order."""
    return Parameter(empty(shape, device=device, dtype=dtype), torch_axes=tuple(range(len(shape))))


def _as_shape(lengths: Any) -> Shape:
    """The lengths of axes, or of one axis, as a tuple."""
    return (int(lengths),) if isinstance(lengths, Integral) else tuple(lengths)


def _reset(weight: Parameter | None, bias: Parameter | None) -> None:
    if weight is not None:
        init.ones_(weight)
    if bias is not None:
        init.zeros_(bias)
