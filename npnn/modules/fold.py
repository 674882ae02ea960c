"""Unfolding images into columns, one for each window, and folding columns back, channels last."""

from __future__ import annotations

from typing import Any

from npnn import functional as F
from npnn.modules.module import Module
from npnn.tensors import Tensor


class Fold(Module):
    """Images from rows: each row is added to the window that it stands for.

    It is the transpose of Unfold, not its inverse: elements that several windows share are summed.

    Args:
        output_size: H and W, an int for both or one for each.
        kernel_size: the size of the window, an int or one for each spatial axis.
        dilation: the step between the elements of a window.
        padding: how far windows reach beyond the image on each side; what is there is left out.
        stride: the step between windows.

    Shape:
        - Input: (N, L, C kh kw) or (L, C kh kw), torch's with the last two axes exchanged: a row for each of
          the L windows, in which the elements of one channel's window stand together.
        - Output: (N, H, W, C) or (H, W, C).

    Source: torch.nn.Fold.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> nn.Fold((5, 4), 2)(npnn.randn(2, 12, 12)).shape
        torch.Size([2, 5, 4, 3])
    """

    def __init__(
        self,
        output_size: Any,
        kernel_size: Any,
        dilation: Any = 1,
        padding: Any = 0,
        stride: Any = 1,
    ) -> None:
        super().__init__()
        self.output_size = output_size
        self.kernel_size = kernel_size
        self.dilation = dilation
        self.padding = padding
        self.stride = stride

    def forward(self, input: Tensor) -> Tensor:
        """Returns the images."""
        return F.fold(input, self.output_size, self.kernel_size, self.dilation, self.padding, self.stride)

    def extra_repr(self) -> str:
        """The options, for repr."""
        return (
            f"output_size={self.output_size}, kernel_size={self.kernel_size}, dilation={self.dilation},"
            f" padding={self.padding}, stride={self.stride}"
        )


class Unfold(Module):
    """Every window of images as a row, for a convolution to be a matrix product.

    Args:
        kernel_size: the size of the window, an int or one for each spatial axis.
        dilation: the step between the elements of a window.
        padding: zeros on both sides of each axis.
        stride: the step between windows.

    Shape:
        - Input: (N, H, W, C) or (H, W, C).
        - Output: (N, L, C kh kw) or (L, C kh kw), torch's with the last two axes exchanged: a row for each of
          the L windows, in which the elements of one channel's window stand together.

    Source: torch.nn.Unfold.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> nn.Unfold((3, 2))(npnn.randn(2, 5, 4, 3)).shape
        torch.Size([2, 9, 18])
    """

    def __init__(self, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1) -> None:
        super().__init__()
        self.kernel_size = kernel_size
        self.dilation = dilation
        self.padding = padding
        self.stride = stride

    def forward(self, input: Tensor) -> Tensor:
        """Returns the rows."""
        return F.unfold(input, self.kernel_size, self.dilation, self.padding, self.stride)

    def extra_repr(self) -> str:
        """The options, for repr."""
        return (
            f"kernel_size={self.kernel_size}, dilation={self.dilation}, padding={self.padding},"
            f" stride={self.stride}"
        )
