"""Lazy convolutions: they take the number of their input channels from the first input."""

from __future__ import annotations

from typing import Any

from npnn.modules.conv import Conv1d, Conv2d, Conv3d, _ConvNd
from npnn.modules.conv_transpose import ConvTranspose1d, ConvTranspose2d, ConvTranspose3d
from npnn.modules.lazy import LazyModuleMixin
from npnn.parameter import UninitializedParameter


class _LazyConvNd(LazyModuleMixin, _ConvNd):
    """What all lazy convolutions share: parameters that wait, and how they get their shapes."""

    def _wait(self, out_channels: int, bias: bool, device: Any, dtype: Any) -> None:
        """Puts uninitialized parameters where the constructor has made empty ones."""
        torch_axes = self.weight.torch_axes
        self.weight = UninitializedParameter(device=device, dtype=dtype, torch_axes=torch_axes)
        self.out_channels = out_channels
        if bias:
            self.bias = UninitializedParameter(device=device, dtype=dtype)

    def reset_parameters(self) -> None:
        """Draws weight and bias anew, once there is something to draw."""
        if not self.has_uninitialized_params() and self.in_channels != 0:
            super().reset_parameters()

    def initialize_parameters(self, input: Any, *args: Any, **kwargs: Any) -> None:
        """Makes weight and bias for as many channels as the last axis of the input has.

        Args:
            input: what the module is called on.
            *args: what else it is called with.
            **kwargs: likewise.

        Raises:
            RuntimeError: the input has another number of axes than a batch or a sample.
            ValueError: its channels cannot be dealt into the groups.
        """
        if len(input.shape) not in (self.axes + 1, self.axes + 2):
            raise RuntimeError(
                f"Expected {self.axes + 1}D (unbatched) or {self.axes + 2}D (batched) input to"
                f" {self._get_name()}, but got input of size: {list(input.shape)}"
            )
        self.in_channels = input.shape[-1]
        if self.in_channels % self.groups != 0:
            raise ValueError(
                f"in_channels must be divisible by groups, got {self.in_channels} and {self.groups}"
            )
        channels = (
            (self.in_channels, self.out_channels // self.groups)
            if self.transposed
            else (self.in_channels // self.groups, self.out_channels)
        )
        if self.has_uninitialized_params():
            self._materialize(weight=(*self.kernel_size, *channels), bias=(self.out_channels,))
            self.reset_parameters()


class _LazyConv(_LazyConvNd):
    """The constructor of lazy convolutions."""

    def __init__(
        self,
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
            0, 0, kernel_size, stride, padding, dilation, groups, False, padding_mode, device, dtype
        )
        self._wait(out_channels, bias, device, dtype)


class _LazyConvTranspose(_LazyConvNd):
    """The constructor of lazy transposed convolutions."""

    def __init__(
        self,
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
            0,
            0,
            kernel_size,
            stride,
            padding,
            output_padding,
            groups,
            False,
            dilation,
            padding_mode,
            device,
            dtype,
        )
        self._wait(out_channels, bias, device, dtype)


class LazyConv1d(_LazyConv, Conv1d):
    """A Conv1d that takes in_channels from the last axis of the first input.

    Args:
        out_channels: C_out.
        kernel_size: the size of the window, an int or one for each spatial axis.
        stride: the step between windows.
        padding: zeros on both sides of each axis, or "valid" for none, or "same" for as many as keep the
            size.
        dilation: the step between the taps of the kernel.
        groups: the number of groups that channels are dealt into, each convolved by itself.
        bias: whether there is a bias.
        padding_mode: "zeros", "reflect", "replicate" or "circular": what is outside.
        device: "cpu".
        dtype: the dtype of the parameters.

    Shape:
        - Input: (N, L, C_in) or (L, C_in).
        - Output: (N, L', C_out) or (L', C_out), of the sizes that Conv1d gives.

    Source: torch.nn.LazyConv1d.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> layer = nn.LazyConv1d(33, 3)
        >>> _ = layer(npnn.randn(20, 50, 16))
        >>> layer
        Conv1d(16, 33, kernel_size=(3,), stride=(1,))
    """

    cls_to_become = Conv1d


class LazyConv2d(_LazyConv, Conv2d):
    """A Conv2d that takes in_channels from the last axis of the first input.

    Args:
        out_channels: C_out.
        kernel_size: the size of the window, an int or one for each spatial axis.
        stride: the step between windows.
        padding: zeros on both sides of each axis, or "valid" for none, or "same" for as many as keep the
            size.
        dilation: the step between the taps of the kernel.
        groups: the number of groups that channels are dealt into, each convolved by itself.
        bias: whether there is a bias.
        padding_mode: "zeros", "reflect", "replicate" or "circular": what is outside.
        device: "cpu".
        dtype: the dtype of the parameters.

    Shape:
        - Input: (N, H, W, C_in) or (H, W, C_in).
        - Output: (N, H', W', C_out) or (H', W', C_out), of the sizes that Conv2d gives.

    Source: torch.nn.LazyConv2d.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> layer = nn.LazyConv2d(33, 3)
        >>> _ = layer(npnn.randn(2, 20, 18, 16))
        >>> layer
        Conv2d(16, 33, kernel_size=(3, 3), stride=(1, 1))
    """

    cls_to_become = Conv2d


class LazyConv3d(_LazyConv, Conv3d):
    """A Conv3d that takes in_channels from the last axis of the first input.

    Args:
        out_channels: C_out.
        kernel_size: the size of the window, an int or one for each spatial axis.
        stride: the step between windows.
        padding: zeros on both sides of each axis, or "valid" for none, or "same" for as many as keep the
            size.
        dilation: the step between the taps of the kernel.
        groups: the number of groups that channels are dealt into, each convolved by itself.
        bias: whether there is a bias.
        padding_mode: "zeros", "reflect", "replicate" or "circular": what is outside.
        device: "cpu".
        dtype: the dtype of the parameters.

    Shape:
        - Input: (N, D, H, W, C_in) or (D, H, W, C_in).
        - Output: (N, D', H', W', C_out) or (D', H', W', C_out), of the sizes that Conv3d gives.

    Source: torch.nn.LazyConv3d.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> layer = nn.LazyConv3d(33, 3)
        >>> _ = layer(npnn.randn(2, 10, 9, 8, 16))
        >>> layer
        Conv3d(16, 33, kernel_size=(3, 3, 3), stride=(1, 1, 1))
    """

    cls_to_become = Conv3d


class LazyConvTranspose1d(_LazyConvTranspose, ConvTranspose1d):
    """A ConvTranspose1d that takes in_channels from the last axis of the first input.

    Args:
        out_channels: C_out.
        kernel_size: the size of the window, an int or one for each spatial axis.
        stride: the step of the convolution that this is the transpose of.
        padding: of that convolution.
        output_padding: added to one side of each axis of the result.
        groups: the number of groups that channels are dealt into.
        bias: whether there is a bias.
        dilation: of that convolution.
        padding_mode: "zeros".
        device: "cpu".
        dtype: the dtype of the parameters.

    Shape:
        - Input: (N, L, C_in) or (L, C_in).
        - Output: (N, L', C_out) or (L', C_out), of the sizes that ConvTranspose1d gives.

    Source: torch.nn.LazyConvTranspose1d.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> layer = nn.LazyConvTranspose1d(33, 3)
        >>> _ = layer(npnn.randn(20, 50, 16))
        >>> layer
        ConvTranspose1d(16, 33, kernel_size=(3,), stride=(1,))
    """

    cls_to_become = ConvTranspose1d


class LazyConvTranspose2d(_LazyConvTranspose, ConvTranspose2d):
    """A ConvTranspose2d that takes in_channels from the last axis of the first input.

    Args:
        out_channels: C_out.
        kernel_size: the size of the window, an int or one for each spatial axis.
        stride: the step of the convolution that this is the transpose of.
        padding: of that convolution.
        output_padding: added to one side of each axis of the result.
        groups: the number of groups that channels are dealt into.
        bias: whether there is a bias.
        dilation: of that convolution.
        padding_mode: "zeros".
        device: "cpu".
        dtype: the dtype of the parameters.

    Shape:
        - Input: (N, H, W, C_in) or (H, W, C_in).
        - Output: (N, H', W', C_out) or (H', W', C_out), of the sizes that ConvTranspose2d gives.

    Source: torch.nn.LazyConvTranspose2d.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> layer = nn.LazyConvTranspose2d(33, 3)
        >>> _ = layer(npnn.randn(2, 20, 18, 16))
        >>> layer
        ConvTranspose2d(16, 33, kernel_size=(3, 3), stride=(1, 1))
    """

    cls_to_become = ConvTranspose2d


class LazyConvTranspose3d(_LazyConvTranspose, ConvTranspose3d):
    """A ConvTranspose3d that takes in_channels from the last axis of the first input.

    Args:
        out_channels: C_out.
        kernel_size: the size of the window, an int or one for each spatial axis.
        stride: the step of the convolution that this is the transpose of.
        padding: of that convolution.
        output_padding: added to one side of each axis of the result.
        groups: the number of groups that channels are dealt into.
        bias: whether there is a bias.
        dilation: of that convolution.
        padding_mode: "zeros".
        device: "cpu".
        dtype: the dtype of the parameters.

    Shape:
        - Input: (N, D, H, W, C_in) or (D, H, W, C_in).
        - Output: (N, D', H', W', C_out) or (D', H', W', C_out), of the sizes that ConvTranspose3d gives.

    Source: torch.nn.LazyConvTranspose3d.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> layer = nn.LazyConvTranspose3d(33, 3)
        >>> _ = layer(npnn.randn(2, 10, 9, 8, 16))
        >>> layer
        ConvTranspose3d(16, 33, kernel_size=(3, 3, 3), stride=(1, 1, 1))
    """

    cls_to_become = ConvTranspose3d
