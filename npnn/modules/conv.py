"""Convolutions over one, two and three spatial axes, channels last, and their transposes."""

from __future__ import annotations

import math
from typing import Any

from npnn import functional as F
from npnn import init
from npnn._typing import Shape
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
        self.kernel_size = _for_each_axis(kernel_size, self.axes)
        self.stride = _for_each_axis(stride, self.axes)
        self.padding = padding if isinstance(padding, str) else _for_each_axis(padding, self.axes)
        self.dilation = _for_each_axis(dilation, self.axes)
        self.output_padding = _for_each_axis(output_padding, self.axes)
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
        batched = len(input.shape) == self.axes + 2
        if batched and len(wanted) == self.axes + 2:
            wanted = wanted[1:-1]
        if len(wanted) != self.axes:
            raise ValueError(
                f"ConvTranspose{self.axes}D: for {len(input.shape)}D input, output_size must have {self.axes}"
                f" or {self.axes + 2} elements (got {len(wanted)})"
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


def _for_each_axis(value: Any, axes: int) -> Shape:
    """An option as one int for each spatial axis."""
    return tuple(value) if isinstance(value, (tuple, list)) else (value,) * axes
