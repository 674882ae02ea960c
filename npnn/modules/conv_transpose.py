"""Transposed convolutions over one, two and three spatial axes, channels last."""

from __future__ import annotations

from typing import Any

from npnn import functional as F
from npnn._typing import Shape
from npnn.modules.conv import _ConvNd
from npnn.tensors import Tensor


class _ConvTransposeNd(_ConvNd):
    """What the transposed convolutions share: the choice of output_padding."""

    transposed = True

    def _output_padding(self, input: Any, output_size: Any) -> Shape:
        """output_padding as given, or what is needed for a wanted output size.

        Raises:
            ValueError: no output_padding gives that size.
        """
        if output_size is None:
            return self.output_padding
        wanted = tuple(output_size)
        if len(wanted) == len(input.shape) > self.axes:
            wanted = wanted[-self.axes - 1 : -1]
        if len(wanted) != self.axes:
            raise ValueError(
                f"ConvTranspose{self.axes}D: for {len(input.shape)}D input, output_size must have {self.axes}"
                f" or {len(input.shape)} elements (got {len(wanted)})"
            )
        spatial = input.shape[-self.axes - 1 : -1]
        least = tuple(
            (size - 1) * s - 2 * p + d * (k - 1) + 1
            for size, s, p, d, k in zip(
                spatial, self.stride, self.padding, self.dilation, self.kernel_size, strict=True
            )
        )
        extra = tuple(w - m for w, m in zip(wanted, least, strict=True))
        if any(not 0 <= e < s for e, s in zip(extra, self.stride, strict=True)):
            most = tuple(m + s - 1 for m, s in zip(least, self.stride, strict=True))
            raise ValueError(
                f"requested an output size of {list(wanted)}, but valid sizes range from {list(least)} to"
                f" {list(most)} (for an input of {list(spatial)})"
            )
        return extra


class ConvTranspose1d(_ConvTransposeNd):
    """The transpose of the convolution of sequences: does to values what Conv1d does to gradients.

    Args:
        in_channels: C_in.
        out_channels: C_out.
        kernel_size: the size of the window, an int or one for each spatial axis.
        stride: the step of the convolution that this is the transpose of.
        padding: of that convolution.
        output_padding: added to one side of the result, whose size several inputs of that convolution share.
        groups: the number of groups that channels are dealt into.
        bias: whether there is a b.
        dilation: of that convolution.
        padding_mode: "zeros".
        device: "cpu".
        dtype: the dtype of the parameters.

    Shape:
        - Input: (N, L, C_in) or (L, C_in).
        - Output: (N, L', C_out) or (L', C_out), each size
          (size - 1) stride - 2 padding + dilation (k - 1) + output_padding + 1.

    Attributes:
        weight: W, (k, C_in, C_out/groups). Starts uniform on ±1/√(C_out/groups · the taps of the kernel).
        bias: b, (C_out,), or None. Starts likewise.

    Raises:
        ValueError: an option is out of range, or channels cannot be dealt into the groups.

    Source: torch.nn.ConvTranspose1d.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> nn.ConvTranspose1d(16, 33, 3, stride=2)(npnn.randn(20, 50, 16)).shape
        torch.Size([20, 101, 33])
    """

    axes = 1

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Any,
        stride: Any = 1,
        padding: Any = 0,
        output_padding: Any = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: Any = 1,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(
            in_channels,
            out_channels,
            kernel_size,
            stride,
            padding,
            output_padding,
            dilation,
            groups,
            bias,
            padding_mode,
            device,
            dtype,
        )

    def forward(self, input: Tensor, output_size: Any = None) -> Tensor:
        """Returns the transposed convolution of x and W, plus b; `output_size` chooses output_padding."""
        return F.conv_transpose1d(
            input,
            self.weight,
            self.bias,
            self.stride,
            self.padding,
            self._output_padding(input, output_size),
            self.groups,
            self.dilation,
        )


class ConvTranspose2d(_ConvTransposeNd):
    """The transpose of the convolution of images: does to values what Conv2d does to gradients.

    Args:
        in_channels: C_in.
        out_channels: C_out.
        kernel_size: the size of the window, an int or one for each spatial axis.
        stride: the step of the convolution that this is the transpose of.
        padding: of that convolution.
        output_padding: added to one side of the result, whose size several inputs of that convolution share.
        groups: the number of groups that channels are dealt into.
        bias: whether there is a b.
        dilation: of that convolution.
        padding_mode: "zeros".
        device: "cpu".
        dtype: the dtype of the parameters.

    Shape:
        - Input: (N, H, W, C_in) or (H, W, C_in).
        - Output: (N, H', W', C_out) or (H', W', C_out), each size
          (size - 1) stride - 2 padding + dilation (k - 1) + output_padding + 1.

    Attributes:
        weight: W, (kh, kw, C_in, C_out/groups). Starts uniform on ±1/√(C_out/groups · the taps of the
            kernel).
        bias: b, (C_out,), or None. Starts likewise.

    Raises:
        ValueError: an option is out of range, or channels cannot be dealt into the groups.

    Source: torch.nn.ConvTranspose2d.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> up = nn.ConvTranspose2d(16, 33, (3, 5), stride=(2, 1), padding=(4, 2))
        >>> up(npnn.randn(2, 50, 100, 16)).shape
        torch.Size([2, 93, 100, 33])
    """

    axes = 2

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Any,
        stride: Any = 1,
        padding: Any = 0,
        output_padding: Any = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: Any = 1,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(
            in_channels,
            out_channels,
            kernel_size,
            stride,
            padding,
            output_padding,
            dilation,
            groups,
            bias,
            padding_mode,
            device,
            dtype,
        )

    def forward(self, input: Tensor, output_size: Any = None) -> Tensor:
        """Returns the transposed convolution of x and W, plus b; `output_size` chooses output_padding."""
        return F.conv_transpose2d(
            input,
            self.weight,
            self.bias,
            self.stride,
            self.padding,
            self._output_padding(input, output_size),
            self.groups,
            self.dilation,
        )


class ConvTranspose3d(_ConvTransposeNd):
    """The transpose of the convolution of volumes: does to values what Conv3d does to gradients.

    Args:
        in_channels: C_in.
        out_channels: C_out.
        kernel_size: the size of the window, an int or one for each spatial axis.
        stride: the step of the convolution that this is the transpose of.
        padding: of that convolution.
        output_padding: added to one side of the result, whose size several inputs of that convolution share.
        groups: the number of groups that channels are dealt into.
        bias: whether there is a b.
        dilation: of that convolution.
        padding_mode: "zeros".
        device: "cpu".
        dtype: the dtype of the parameters.

    Shape:
        - Input: (N, D, H, W, C_in) or (D, H, W, C_in).
        - Output: (N, D', H', W', C_out) or (D', H', W', C_out), each size
          (size - 1) stride - 2 padding + dilation (k - 1) + output_padding + 1.

    Attributes:
        weight: W, (kd, kh, kw, C_in, C_out/groups). Starts uniform on ±1/√(C_out/groups · the taps of the
            kernel).
        bias: b, (C_out,), or None. Starts likewise.

    Raises:
        ValueError: an option is out of range, or channels cannot be dealt into the groups.

    Source: torch.nn.ConvTranspose3d.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> nn.ConvTranspose3d(16, 33, 3, stride=2)(npnn.randn(2, 4, 5, 6, 16)).shape
        torch.Size([2, 9, 11, 13, 33])
    """

    axes = 3

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Any,
        stride: Any = 1,
        padding: Any = 0,
        output_padding: Any = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: Any = 1,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(
            in_channels,
            out_channels,
            kernel_size,
            stride,
            padding,
            output_padding,
            dilation,
            groups,
            bias,
            padding_mode,
            device,
            dtype,
        )

    def forward(self, input: Tensor, output_size: Any = None) -> Tensor:
        """Returns the transposed convolution of x and W, plus b; `output_size` chooses output_padding."""
        return F.conv_transpose3d(
            input,
            self.weight,
            self.bias,
            self.stride,
            self.padding,
            self._output_padding(input, output_size),
            self.groups,
            self.dilation,
        )
