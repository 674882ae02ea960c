"""Average pooling and power-average pooling over one, two and three spatial axes, channels last."""

from __future__ import annotations

from typing import Any

from npnn import functional as F
from npnn.modules._options import for_each_axis
from npnn.modules.module import Module
from npnn.tensors import Tensor


class _AvgPoolNd(Module):
    """What all average pooling shares: the options, and repr."""

    def __init__(
        self,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
    ) -> None:
        super().__init__()
        self.kernel_size = kernel_size
        self.stride = kernel_size if stride is None else stride
        self.padding = padding
        self.ceil_mode = ceil_mode
        self.count_include_pad = count_include_pad

    def extra_repr(self) -> str:
        """The options, for repr."""
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class AvgPool1d(_AvgPoolNd):
    """The mean of each window of sequences.

    Args:
        kernel_size: the size of the window, an int or a tuple of one.
        stride: the step between windows. Default: kernel_size.
        padding: zeros before and after the input, at most half the kernel size.
        ceil_mode: round the number of windows up, if the last begins on the input or on the padding before
            it.
        count_include_pad: whether these zeros count in the mean.

    Shape:
        - Input: (N, L, C) or (L, C).
        - Output: (N, L', C) or (L', C), L' = ⌊(size + 2 padding - kernel_size) / stride⌋ + 1.

    Source: torch.nn.AvgPool1d.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> nn.AvgPool1d(2)(npnn.tensor([[1.0], [5.0], [2.0], [4.0]])).flatten()
        tensor([3., 3.])
    """

    def __init__(
        self,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
    ) -> None:
        super().__init__(kernel_size, stride, padding, ceil_mode, count_include_pad)
        self.kernel_size = for_each_axis(self.kernel_size, 1)
        self.stride = for_each_axis(self.stride, 1)
        self.padding = for_each_axis(self.padding, 1)

    def forward(self, input: Tensor) -> Tensor:
        """Returns the means."""
        return F.avg_pool1d(
            input,
            self.kernel_size,
            self.stride,
            self.padding,
            self.ceil_mode,
            self.count_include_pad,
        )


class AvgPool2d(_AvgPoolNd):
    """The mean of each window of images.

    Args:
        kernel_size: the size of the window, an int, or one for each spatial axis.
        stride: the step between windows. Default: kernel_size.
        padding: zeros before and after the input, at most half the kernel size.
        ceil_mode: round the number of windows up, if the last begins on the input or on the padding before
            it.
        count_include_pad: whether these zeros count in the mean.
        divisor_override: what to divide each sum by, instead of the number of elements.

    Shape:
        - Input: (N, H, W, C) or (H, W, C).
        - Output: (N, H', W', C) or (H', W', C), each size ⌊(size + 2 padding - kernel_size) / stride⌋ + 1.

    Source: torch.nn.AvgPool2d.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> nn.AvgPool2d(3, stride=2, padding=1)(npnn.randn(2, 8, 7, 3)).shape
        torch.Size([2, 4, 4, 3])
    """

    def __init__(
        self,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
        divisor_override: int | None = None,
    ) -> None:
        super().__init__(kernel_size, stride, padding, ceil_mode, count_include_pad)
        self.divisor_override = divisor_override

    def forward(self, input: Tensor) -> Tensor:
        """Returns the means."""
        return F.avg_pool2d(
            input,
            self.kernel_size,
            self.stride,
            self.padding,
            self.ceil_mode,
            self.count_include_pad,
            self.divisor_override,
        )


class AvgPool3d(_AvgPoolNd):
    """The mean of each window of volumes.

    Args:
        kernel_size: the size of the window, an int, or one for each spatial axis.
        stride: the step between windows. Default: kernel_size.
        padding: zeros before and after the input, at most half the kernel size.
        ceil_mode: round the number of windows up, if the last begins on the input or on the padding before
            it.
        count_include_pad: whether these zeros count in the mean.
        divisor_override: what to divide each sum by, instead of the number of elements.

    Shape:
        - Input: (N, D, H, W, C) or (D, H, W, C).
        - Output: (N, D', H', W', C) or (D', H', W', C), each size ⌊(size + 2 padding - kernel_size) / stride⌋
          + 1.

    Source: torch.nn.AvgPool3d.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> nn.AvgPool3d((1, 2, 2), ceil_mode=True)(npnn.randn(2, 5, 8, 7, 3)).shape
        torch.Size([2, 5, 4, 4, 3])
    """

    def __init__(
        self,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
        divisor_override: int | None = None,
    ) -> None:
        super().__init__(kernel_size, stride, padding, ceil_mode, count_include_pad)
        self.divisor_override = divisor_override

    def forward(self, input: Tensor) -> Tensor:
        """Returns the means."""
        return F.avg_pool3d(
            input,
            self.kernel_size,
            self.stride,
            self.padding,
            self.ceil_mode,
            self.count_include_pad,
            self.divisor_override,
        )


class _LPPoolNd(Module):
    """What all power-average pooling shares: the options, and repr."""

    def __init__(
        self, norm_type: float, kernel_size: Any, stride: Any = None, ceil_mode: bool = False
    ) -> None:
        super().__init__()
        if norm_type == 0:
            raise ValueError(f"norm_type must be a non-zero value, but got {norm_type}")
        self.norm_type = norm_type
        self.kernel_size = kernel_size
        self.stride = stride
        self.ceil_mode = ceil_mode

    def extra_repr(self) -> str:
        """The options, for repr."""
        return (
            f"norm_type={self.norm_type}, kernel_size={self.kernel_size}, stride={self.stride},"
            f" ceil_mode={self.ceil_mode}"
        )


class LPPool1d(_LPPoolNd):
    """The p-norm of each window of sequences: (Σ x^p)^(1/p), which for p = 1 is the sum, for p = ∞ max |x|.

    The gradient of a window whose norm is 0 is 0.

    Args:
        norm_type: p, not zero. Powers are taken of the elements themselves, not of their sizes.
        kernel_size: the size of the window, an int or a tuple of one.
        stride: the step between windows. Default: kernel_size.
        ceil_mode: round the number of windows up, if the last begins on the input; its sum is then scaled to
            a full window.

    Shape:
        - Input: (N, L, C) or (L, C).
        - Output: (N, L', C) or (L', C), L' = ⌊(size - kernel_size) / stride⌋ + 1.

    Raises:
        ValueError: norm_type is zero.

    Source: torch.nn.LPPool1d.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> nn.LPPool1d(2, 2)(npnn.tensor([[3.0], [4.0], [0.0], [2.0]])).flatten()
        tensor([5., 2.])
    """

    def forward(self, input: Tensor) -> Tensor:
        """Returns the norms."""
        return F.lp_pool1d(input, float(self.norm_type), self.kernel_size, self.stride, self.ceil_mode)


class LPPool2d(_LPPoolNd):
    """The p-norm of each window of images: (Σ x^p)^(1/p), which for p = 1 is the sum, for p = ∞ max |x|.

    The gradient of a window whose norm is 0 is 0.

    Args:
        norm_type: p, not zero. Powers are taken of the elements themselves, not of their sizes.
        kernel_size: the size of the window, an int, or one for each spatial axis.
        stride: the step between windows. Default: kernel_size.
        ceil_mode: round the number of windows up, if the last begins on the input; its sum is then scaled to
            a full window.

    Shape:
        - Input: (N, H, W, C) or (H, W, C).
        - Output: (N, H', W', C) or (H', W', C), each size ⌊(size - kernel_size) / stride⌋ + 1.

    Raises:
        ValueError: norm_type is zero.

    Source: torch.nn.LPPool2d.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> nn.LPPool2d(2, 3, stride=2)(npnn.randn(2, 8, 7, 3)).shape
        torch.Size([2, 3, 3, 3])
    """

    def forward(self, input: Tensor) -> Tensor:
        """Returns the norms."""
        return F.lp_pool2d(input, float(self.norm_type), self.kernel_size, self.stride, self.ceil_mode)


class LPPool3d(_LPPoolNd):
    """The p-norm of each window of volumes: (Σ x^p)^(1/p), which for p = 1 is the sum, for p = ∞ max |x|.

    The gradient of a window whose norm is 0 is 0.

    Args:
        norm_type: p, not zero. Powers are taken of the elements themselves, not of their sizes.
        kernel_size: the size of the window, an int, or one for each spatial axis.
        stride: the step between windows. Default: kernel_size.
        ceil_mode: round the number of windows up, if the last begins on the input; its sum is then scaled to
            a full window.

    Shape:
        - Input: (N, D, H, W, C) or (D, H, W, C).
        - Output: (N, D', H', W', C) or (D', H', W', C), each size ⌊(size - kernel_size) / stride⌋ + 1.

    Raises:
        ValueError: norm_type is zero.

    Source: torch.nn.LPPool3d.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> nn.LPPool3d(2, (1, 2, 2), ceil_mode=True)(npnn.randn(2, 5, 8, 7, 3)).shape
        torch.Size([2, 5, 4, 4, 3])
    """

    def forward(self, input: Tensor) -> Tensor:
        """Returns the norms."""
        return F.lp_pool3d(input, float(self.norm_type), self.kernel_size, self.stride, self.ceil_mode)
