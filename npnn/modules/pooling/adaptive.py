"""Pooling to a given output size over one, two and three spatial axes, channels last."""

from __future__ import annotations

from typing import Any

from npnn import functional as F
from npnn.modules.module import Module
from npnn.tensors import Tensor


class _AdaptiveMaxPoolNd(Module):
    """What all adaptive max pooling shares: the options, and repr."""

    def __init__(self, output_size: Any, return_indices: bool = False) -> None:
        super().__init__()
        self.output_size = output_size
        self.return_indices = return_indices

    def extra_repr(self) -> str:
        """The output size, for repr."""
        return f"output_size={self.output_size}"


class AdaptiveMaxPool1d(_AdaptiveMaxPoolNd):
    """The maximum of each of so many windows of sequences, as even as can be.

    Window i of n on an axis of length L is [⌊i L / n⌋, ⌈(i + 1) L / n⌉): windows may overlap by one element.

    Args:
        output_size: the number of windows, an int or a tuple of one.
        return_indices: return also where each maximum was found, counted through the axis.

    Shape:
        - Input: (N, L, C) or (L, C).
        - Output: (N, L', C) or (L', C), as output_size says.

    Source: torch.nn.AdaptiveMaxPool1d.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> nn.AdaptiveMaxPool1d(2)(npnn.tensor([[1.0], [5.0], [2.0], [3.0], [4.0]])).flatten()
        tensor([5., 4.])
    """

    def forward(self, input: Tensor) -> Any:
        """Returns the maxima, and with `return_indices` where they were found."""
        return F.adaptive_max_pool1d(input, self.output_size, self.return_indices)


class AdaptiveMaxPool2d(_AdaptiveMaxPoolNd):
    """The maximum of each of so many windows of images, as even as can be.

    Window i of n on an axis of length L is [⌊i L / n⌋, ⌈(i + 1) L / n⌉): windows may overlap by one element.

    Args:
        output_size: the number of windows, an int, or for each spatial axis an int or None, for as many as
            there are elements.
        return_indices: return also where each maximum was found, counted through the flattened spatial axes.

    Shape:
        - Input: (N, H, W, C) or (H, W, C).
        - Output: (N, H', W', C) or (H', W', C), as output_size says.

    Source: torch.nn.AdaptiveMaxPool2d.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> nn.AdaptiveMaxPool2d((3, None))(npnn.randn(2, 8, 7, 3)).shape
        torch.Size([2, 3, 7, 3])
    """

    def forward(self, input: Tensor) -> Any:
        """Returns the maxima, and with `return_indices` where they were found."""
        return F.adaptive_max_pool2d(input, self.output_size, self.return_indices)


class AdaptiveMaxPool3d(_AdaptiveMaxPoolNd):
    """The maximum of each of so many windows of volumes, as even as can be.

    Window i of n on an axis of length L is [⌊i L / n⌋, ⌈(i + 1) L / n⌉): windows may overlap by one element.

    Args:
        output_size: the number of windows, an int, or for each spatial axis an int or None, for as many as
            there are elements.
        return_indices: return also where each maximum was found, counted through the flattened spatial axes.

    Shape:
        - Input: (N, D, H, W, C) or (D, H, W, C).
        - Output: (N, D', H', W', C) or (D', H', W', C), as output_size says.

    Source: torch.nn.AdaptiveMaxPool3d.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> nn.AdaptiveMaxPool3d(3)(npnn.randn(2, 5, 8, 7, 3)).shape
        torch.Size([2, 3, 3, 3, 3])
    """

    def forward(self, input: Tensor) -> Any:
        """Returns the maxima, and with `return_indices` where they were found."""
        return F.adaptive_max_pool3d(input, self.output_size, self.return_indices)


class _AdaptiveAvgPoolNd(Module):
    """What all adaptive average pooling shares: the output size, and repr."""

    def __init__(self, output_size: Any) -> None:
        super().__init__()
        self.output_size = output_size

    def extra_repr(self) -> str:
        """The output size, for repr."""
        return f"output_size={self.output_size}"


class AdaptiveAvgPool1d(_AdaptiveAvgPoolNd):
    """The mean of each of so many windows of sequences, as even as can be.

    Window i of n on an axis of length L is [⌊i L / n⌋, ⌈(i + 1) L / n⌉): windows may overlap by one element.

    Args:
        output_size: the number of windows, an int or a tuple of one.

    Shape:
        - Input: (N, L, C) or (L, C).
        - Output: (N, L', C) or (L', C), as output_size says.

    Source: torch.nn.AdaptiveAvgPool1d.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> nn.AdaptiveAvgPool1d(2)(npnn.tensor([[1.0], [5.0], [3.0], [4.0], [2.0]])).flatten()
        tensor([3., 3.])
    """

    def forward(self, input: Tensor) -> Tensor:
        """Returns the means."""
        return F.adaptive_avg_pool1d(input, self.output_size)


class AdaptiveAvgPool2d(_AdaptiveAvgPoolNd):
    """The mean of each of so many windows of images, as even as can be.

    Window i of n on an axis of length L is [⌊i L / n⌋, ⌈(i + 1) L / n⌉): windows may overlap by one element.

    Args:
        output_size: the number of windows, an int, or for each spatial axis an int or None, for as many as
            there are elements.

    Shape:
        - Input: (N, H, W, C) or (H, W, C).
        - Output: (N, H', W', C) or (H', W', C), as output_size says.

    Source: torch.nn.AdaptiveAvgPool2d.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> nn.AdaptiveAvgPool2d((3, None))(npnn.randn(2, 8, 7, 3)).shape
        torch.Size([2, 3, 7, 3])
    """

    def forward(self, input: Tensor) -> Tensor:
        """Returns the means."""
        return F.adaptive_avg_pool2d(input, self.output_size)


class AdaptiveAvgPool3d(_AdaptiveAvgPoolNd):
    """The mean of each of so many windows of volumes, as even as can be.

    Window i of n on an axis of length L is [⌊i L / n⌋, ⌈(i + 1) L / n⌉): windows may overlap by one element.

    Args:
        output_size: the number of windows, an int, or for each spatial axis an int or None, for as many as
            there are elements.

    Shape:
        - Input: (N, D, H, W, C) or (D, H, W, C).
        - Output: (N, D', H', W', C) or (D', H', W', C), as output_size says.

    Source: torch.nn.AdaptiveAvgPool3d.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> nn.AdaptiveAvgPool3d(1)(npnn.randn(2, 5, 8, 7, 3)).shape
        torch.Size([2, 1, 1, 1, 3])
    """

    def forward(self, input: Tensor) -> Tensor:
        """Returns the means."""
        return F.adaptive_avg_pool3d(input, self.output_size)
