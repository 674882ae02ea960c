"""Convolutions over one, two and three spatial axes, channels last."""

from __future__ import annotations

import math
from typing import Any

from npnn import functional as F
from npnn import init
from npnn.modules._options import for_each_axis
from npnn.modules.module import Module
from npnn.parameter import Parameter
from npnn.tensors import Tensor
from npnn.tensors.creation import empty


class _ConvNd(Module):
    """What all convolutions share: options made uniform, parameters and how they start, repr."""

    axes: int
    transposed = False
    padding: Any  # a string, or one int for each spatial axis
    weight: Parameter
    bias: Parameter | None

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Any,
        stride: Any,
        padding: Any,
        output_padding: Any,
        dilation: Any,
        groups: int,
        bias: bool,
        padding_mode: str,
        device: Any,
        dtype: Any,
    ) -> None:
        super().__init__()
        if groups <= 0:
            raise ValueError(f"groups must be a positive integer, got {groups}")
        if in_channels % groups != 0:
            raise ValueError(f"in_channels must be divisible by groups, got {in_channels} and {groups}")
        if out_channels % groups != 0:
            raise ValueError(f"out_channels must be divisible by groups, got {out_channels} and {groups}")
        modes = ("zeros", "reflect", "replicate", "circular")
        if padding_mode not in modes:
            raise ValueError(f"padding_mode must be one of {modes}, but got padding_mode={padding_mode!r}")
        if self.transposed and padding_mode != "zeros":
            raise ValueError(f'Only "zeros" padding mode is supported for {type(self).__name__}')
        self.in_channels = in_channels
        self.out_channels = out_channels
        self.kernel_size = for_each_axis(kernel_size, self.axes)
        self.stride = for_each_axis(stride, self.axes)
        self.padding = padding if isinstance(padding, str) else for_each_axis(padding, self.axes)
        self.dilation = for_each_axis(dilation, self.axes)
        self.output_padding = for_each_axis(output_padding, self.axes)
        self.groups = groups
        self.padding_mode = padding_mode
        if isinstance(self.padding, str):
            if self.padding not in ("same", "valid"):
                raise ValueError(f"Invalid padding string {padding!r}, should be one of 'valid', 'same'")
            if self.padding == "same" and any(s != 1 for s in self.stride):
                raise ValueError("padding='same' is not supported for strided convolutions")
        channels = (
            (in_channels, out_channels // groups)
            if self.transposed
            else (in_channels // groups, out_channels)
        )
        # torch has both pairs of channels first, but a transposed kernel's inputs before its outputs.
        order = (self.axes, self.axes + 1) if self.transposed else (self.axes + 1, self.axes)
        self.weight = Parameter(
            empty(*self.kernel_size, *channels, device=device, dtype=dtype),
            torch_axes=(*order, *range(self.axes)),
        )
        if bias:
            self.bias = Parameter(empty(out_channels, device=device, dtype=dtype))
        else:
            self.register_parameter("bias", None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draws weight and bias anew, uniform on ±1/√(the number of inputs of one output)."""
        init.kaiming_uniform_(self.weight, a=math.sqrt(5))
        if self.bias is not None:
            # torch counts the second of its axes as inputs, which for a transposed kernel is out_channels /
            # groups.
            inputs = self.weight.shape[-1 if self.transposed else -2] * math.prod(self.kernel_size)
            if inputs:
                bound = 1 / math.sqrt(inputs)
                init.uniform_(self.bias, -bound, bound)

    def extra_repr(self) -> str:
        """The options that differ from their defaults, for repr."""
        shown = [
            f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}, stride={self.stride}"
        ]
        if self.padding != (0,) * self.axes:
            shown.append(
                f"padding={self.padding!r}"
                if self.transposed or not isinstance(self.padding, str)
                else f"padding={self.padding}"
            )
        if self.dilation != (1,) * self.axes:
            shown.append(f"dilation={self.dilation}")
        if self.output_padding != (0,) * self.axes:
            shown.append(f"output_padding={self.output_padding}")
        if self.groups != 1:
            shown.append(f"groups={self.groups}")
        if self.bias is None:
            shown.append("bias=False")
        if self.padding_mode != "zeros":
            shown.append(f"padding_mode={self.padding_mode}")
        return ", ".join(shown)

    def _padded(self, input: Tensor) -> tuple[Tensor, Any]:
        """The input, padded beforehand unless with zeros, and the padding left to the convolution."""
        if self.padding_mode == "zeros":
            return input, self.padding
        before_and_after: list[int] = []
        for axis in reversed(range(self.axes)):
            if isinstance(self.padding, str):
                total = self.dilation[axis] * (self.kernel_size[axis] - 1) if self.padding == "same" else 0
                before_and_after += [total // 2, total - total // 2]
            else:
                before_and_after += [self.padding[axis], self.padding[axis]]
        return F.pad(input, before_and_after, mode=self.padding_mode), 0


class Conv1d(_ConvNd):
    """The convolution of sequences, channels last; as in all such libraries a cross-correlation.

    Args:
        in_channels: C_in.
        out_channels: C_out.
        kernel_size: the size of the window, an int or one for each spatial axis.
        stride: the step between windows.
        padding: zeros on both sides of each axis, or "valid" for none, or "same" for as many as keep the
            size.
        dilation: the step between the taps of the kernel.
        groups: the number of groups that channels are dealt into, each convolved by itself.
        bias: whether there is a b.
        padding_mode: "zeros", "reflect", "replicate" or "circular": what is outside.
        device: "cpu".
        dtype: the dtype of the parameters.

    Shape:
        - Input: (N, L, C_in) or (L, C_in).
        - Output: (N, L', C_out) or (L', C_out), each size
          ⌊(size + 2 padding - dilation (k - 1) - 1) / stride⌋ + 1.

    Attributes:
        weight: W, (k, C_in/groups, C_out). Starts uniform on ±1/√(C_in/groups · the taps of the kernel).
        bias: b, (C_out,), or None. Starts likewise.

    Raises:
        ValueError: an option is out of range, or channels cannot be dealt into the groups.

    Source: torch.nn.Conv1d.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> nn.Conv1d(16, 33, 3, stride=2)(npnn.randn(20, 50, 16)).shape
        torch.Size([20, 24, 33])
    """

    axes = 1

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Any,
        stride: Any = 1,
        padding: Any = 0,
        dilation: Any = 1,
        groups: int = 1,
        bias: bool = True,
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
            0,
            dilation,
            groups,
            bias,
            padding_mode,
            device,
            dtype,
        )

    def forward(self, input: Tensor) -> Tensor:
        """Returns the convolution of x and W, plus b."""
        x, padding = self._padded(input)
        return F.conv1d(x, self.weight, self.bias, self.stride, padding, self.dilation, self.groups)


class Conv2d(_ConvNd):
    """The convolution of images, channels last; as in all such libraries a cross-correlation.

    Args:
        in_channels: C_in.
        out_channels: C_out.
        kernel_size: the size of the window, an int or one for each spatial axis.
        stride: the step between windows.
        padding: zeros on both sides of each axis, or "valid" for none, or "same" for as many as keep the
            size.
        dilation: the step between the taps of the kernel.
        groups: the number of groups that channels are dealt into, each convolved by itself.
        bias: whether there is a b.
        padding_mode: "zeros", "reflect", "replicate" or "circular": what is outside.
        device: "cpu".
        dtype: the dtype of the parameters.

    Shape:
        - Input: (N, H, W, C_in) or (H, W, C_in).
        - Output: (N, H', W', C_out) or (H', W', C_out), each size
          ⌊(size + 2 padding - dilation (k - 1) - 1) / stride⌋ + 1.

    Attributes:
        weight: W, (kh, kw, C_in/groups, C_out). Starts uniform on ±1/√(C_in/groups · the taps of the kernel).
        bias: b, (C_out,), or None. Starts likewise.

    Raises:
        ValueError: an option is out of range, or channels cannot be dealt into the groups.

    Source: torch.nn.Conv2d.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> nn.Conv2d(16, 33, (3, 5), stride=(2, 1), padding=(4, 2))(npnn.randn(2, 50, 100, 16)).shape
        torch.Size([2, 28, 100, 33])
    """

    axes = 2

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Any,
        stride: Any = 1,
        padding: Any = 0,
        dilation: Any = 1,
        groups: int = 1,
        bias: bool = True,
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
            0,
            dilation,
            groups,
            bias,
            padding_mode,
            device,
            dtype,
        )

    def forward(self, input: Tensor) -> Tensor:
        """Returns the convolution of x and W, plus b."""
        x, padding = self._padded(input)
        return F.conv2d(x, self.weight, self.bias, self.stride, padding, self.dilation, self.groups)


class Conv3d(_ConvNd):
    """The convolution of volumes, channels last; as in all such libraries a cross-correlation.

    Args:
        in_channels: C_in.
        out_channels: C_out.
        kernel_size: the size of the window, an int or one for each spatial axis.
        stride: the step between windows.
        padding: zeros on both sides of each axis, or "valid" for none, or "same" for as many as keep the
            size.
        dilation: the step between the taps of the kernel.
        groups: the number of groups that channels are dealt into, each convolved by itself.
        bias: whether there is a b.
        padding_mode: "zeros", "reflect", "replicate" or "circular": what is outside.
        device: "cpu".
        dtype: the dtype of the parameters.

    Shape:
        - Input: (N, D, H, W, C_in) or (D, H, W, C_in).
        - Output: (N, D', H', W', C_out) or (D', H', W', C_out), each size
          ⌊(size + 2 padding - dilation (k - 1) - 1) / stride⌋ + 1.

    Attributes:
        weight: W, (kd, kh, kw, C_in/groups, C_out). Starts uniform on ±1/√(C_in/groups · the taps of the
            kernel).
        bias: b, (C_out,), or None. Starts likewise.

    Raises:
        ValueError: an option is out of range, or channels cannot be dealt into the groups.

    Source: torch.nn.Conv3d.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> nn.Conv3d(16, 33, 3, stride=2)(npnn.randn(2, 10, 12, 14, 16)).shape
        torch.Size([2, 4, 5, 6, 33])
    """

    axes = 3

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Any,
        stride: Any = 1,
        padding: Any = 0,
        dilation: Any = 1,
        groups: int = 1,
        bias: bool = True,
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
            0,
            dilation,
            groups,
            bias,
            padding_mode,
            device,
            dtype,
        )

    def forward(self, input: Tensor) -> Tensor:
        """Returns the convolution of x and W, plus b."""
        x, padding = self._padded(input)
        return F.conv3d(x, self.weight, self.bias, self.stride, padding, self.dilation, self.groups)
