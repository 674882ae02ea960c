"""Max pooling over one, two and three spatial axes, channels last, and what undoes it."""

from __future__ import annotations

from typing import Any

from npnn import functional as F
from npnn.modules._options import for_each_axis
from npnn.modules.module import Module
from npnn.tensors import Tensor


class _MaxPoolNd(Module):
    """What all max pooling shares: the options, and repr."""

    def __init__(
        self,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        dilation: Any = 1,
        return_indices: bool = False,
        ceil_mode: bool = False,
    ) -> None:
        super().__init__()
        self.kernel_size = kernel_size
        self.stride = kernel_size if stride is None else stride
        self.padding = padding
        self.dilation = dilation
        self.return_indices = return_indices
        self.ceil_mode = ceil_mode

    def _options(self) -> tuple[Any, ...]:
        """All of them, in the order in which functionals take them."""
        return (
            self.kernel_size,
            self.stride,
            self.padding,
            self.dilation,
            self.ceil_mode,
            self.return_indices,
        )

    def extra_repr(self) -> str:
        """The options, for repr."""
        return (
            f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding},"
            f" dilation={self.dilation}, ceil_mode={self.ceil_mode}"
        )


class MaxPool1d(_MaxPoolNd):
    """The maximum of each window of sequences.

    The gradient goes to where the maximum was found: where several elements are equal, to the first.

    Args:
        kernel_size: the size of the window, an int or a tuple of one.
        stride: the step between windows. Default: kernel_size.
        padding: how far windows may begin before the input, and end behind it: at most half kernel_size.
        dilation: the step between the elements of a window.
        return_indices: return also where each maximum was found, as MaxUnpool1d takes it.
        ceil_mode: round the number of windows up, if the last begins on the input or on the padding before
            it.

    Shape:
        - Input: (N, L, C) or (L, C).
        - Output: (N, L', C) or (L', C), L' = ⌊(size + 2 padding - dilation (kernel_size - 1) - 1) / stride⌋ +
          1.

    Source: torch.nn.MaxPool1d.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> nn.MaxPool1d(2)(npnn.tensor([[1.0], [5.0], [2.0], [3.0]])).flatten()
        tensor([5., 3.])
    """

    def forward(self, input: Tensor) -> Any:
        """Returns the maxima, and with `return_indices` where they were found."""
        return F.max_pool1d(input, *self._options())


class MaxPool2d(_MaxPoolNd):
    """The maximum of each window of images.

    The gradient goes to where the maximum was found: where several elements are equal, to the first.

    Args:
        kernel_size: the size of the window, an int, or one for each spatial axis.
        stride: the step between windows. Default: kernel_size.
        padding: how far windows may begin before the input, and end behind it: at most half kernel_size.
        dilation: the step between the elements of a window.
        return_indices: return also where each maximum was found, as MaxUnpool2d takes it.
        ceil_mode: round the number of windows up, if the last begins on the input or on the padding before
            it.

    Shape:
        - Input: (N, H, W, C) or (H, W, C).
        - Output: (N, H', W', C) or (H', W', C), each size ⌊(size + 2 padding - dilation (kernel_size - 1) -
          1) / stride⌋ + 1.

    Source: torch.nn.MaxPool2d.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> nn.MaxPool2d(3, stride=2, padding=1)(npnn.randn(2, 8, 7, 3)).shape
        torch.Size([2, 4, 4, 3])
    """

    def forward(self, input: Tensor) -> Any:
        """Returns the maxima, and with `return_indices` where they were found."""
        return F.max_pool2d(input, *self._options())


class MaxPool3d(_MaxPoolNd):
    """The maximum of each window of volumes.

    The gradient goes to where the maximum was found: where several elements are equal, to the first.

    Args:
        kernel_size: the size of the window, an int, or one for each spatial axis.
        stride: the step between windows. Default: kernel_size.
        padding: how far windows may begin before the input, and end behind it: at most half kernel_size.
        dilation: the step between the elements of a window.
        return_indices: return also where each maximum was found, as MaxUnpool3d takes it.
        ceil_mode: round the number of windows up, if the last begins on the input or on the padding before
            it.

    Shape:
        - Input: (N, D, H, W, C) or (D, H, W, C).
        - Output: (N, D', H', W', C) or (D', H', W', C), each size ⌊(size + 2 padding - dilation (kernel_size
          - 1) - 1) / stride⌋ + 1.

    Source: torch.nn.MaxPool3d.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> nn.MaxPool3d((1, 2, 2), ceil_mode=True)(npnn.randn(2, 5, 8, 7, 3)).shape
        torch.Size([2, 5, 4, 4, 3])
    """

    def forward(self, input: Tensor) -> Any:
        """Returns the maxima, and with `return_indices` where they were found."""
        return F.max_pool3d(input, *self._options())


class _MaxUnpoolNd(Module):
    """What all max unpooling shares: the options, and repr."""

    axes: int

    def __init__(self, kernel_size: Any, stride: Any = None, padding: Any = 0) -> None:
        super().__init__()
        self.kernel_size = for_each_axis(kernel_size, self.axes)
        self.stride = for_each_axis(kernel_size if stride is None else stride, self.axes)
        self.padding = for_each_axis(padding, self.axes)

    def extra_repr(self) -> str:
        """The options, for repr."""
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class MaxUnpool1d(_MaxUnpoolNd):
    """Zeros with each value put where MaxPool1d found it.

    Args:
        kernel_size: of the pooling that is undone, an int or a tuple of one.
        stride: of that pooling. Default: kernel_size.
        padding: of that pooling.

    Shape:
        - Input: (N, L, C) or (L, C). Indices: the same.
        - Output: (N, L', C) or (L', C), L' = (size - 1) stride - 2 padding + kernel_size unless output_size
          says otherwise.

    Source: torch.nn.MaxUnpool1d.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> y, index = nn.MaxPool1d(2, return_indices=True)(npnn.tensor([[1.0], [5.0], [2.0], [3.0]]))
        >>> nn.MaxUnpool1d(2)(y, index).flatten()
        tensor([0., 5., 0., 3.])
    """

    axes = 1

    def forward(self, input: Tensor, indices: Tensor, output_size: Any = None) -> Tensor:
        """Returns the values in their places; `output_size` is that of what was pooled."""
        return F.max_unpool1d(input, indices, self.kernel_size, self.stride, self.padding, output_size)


class MaxUnpool2d(_MaxUnpoolNd):
    """Zeros with each value put where MaxPool2d found it.

    Args:
        kernel_size: of the pooling that is undone, an int, or one for each spatial axis.
        stride: of that pooling. Default: kernel_size.
        padding: of that pooling.

    Shape:
        - Input: (N, H, W, C) or (H, W, C). Indices: the same.
        - Output: (N, H', W', C) or (H', W', C), each size (size - 1) stride - 2 padding + kernel_size unless
          output_size says otherwise.

    Source: torch.nn.MaxUnpool2d.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> x = npnn.randn(2, 8, 7, 3)
        >>> y, index = nn.MaxPool2d(2, return_indices=True)(x)
        >>> nn.MaxUnpool2d(2)(y, index, output_size=x.shape).shape
        torch.Size([2, 8, 7, 3])
    """

    axes = 2

    def forward(self, input: Tensor, indices: Tensor, output_size: Any = None) -> Tensor:
        """Returns the values in their places; `output_size` is that of what was pooled."""
        return F.max_unpool2d(input, indices, self.kernel_size, self.stride, self.padding, output_size)


class MaxUnpool3d(_MaxUnpoolNd):
    """Zeros with each value put where MaxPool3d found it.

    Args:
        kernel_size: of the pooling that is undone, an int, or one for each spatial axis.
        stride: of that pooling. Default: kernel_size.
        padding: of that pooling.

    Shape:
        - Input: (N, D, H, W, C) or (D, H, W, C). Indices: the same.
        - Output: (N, D', H', W', C) or (D', H', W', C), each size (size - 1) stride - 2 padding + kernel_size
          unless output_size says otherwise.

    Source: torch.nn.MaxUnpool3d.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> y, index = nn.MaxPool3d(2, return_indices=True)(npnn.randn(2, 4, 8, 6, 3))
        >>> nn.MaxUnpool3d(2)(y, index).shape
        torch.Size([2, 4, 8, 6, 3])
    """

    axes = 3

    def forward(self, input: Tensor, indices: Tensor, output_size: Any = None) -> Tensor:
        """Returns the values in their places; `output_size` is that of what was pooled."""
        return F.max_unpool3d(input, indices, self.kernel_size, self.stride, self.padding, output_size)
