"""Convolutions over one, two and three spatial axes, channels last: all one function of n axes."""

from __future__ import annotations

from typing import Any

import numpy as np

from npnn._typing import Shape
from npnn.functional._check import as_input
from npnn.ops.conv import Conv, ConvInput
from npnn.tensors import Tensor


def conv1d(
    input: Any,
    weight: Any,
    bias: Any = None,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> Tensor:
    """The convolution of sequences with channels.

    Args:
        input: x, (N, L, C) or (L, C).
        weight: W, (k, C/groups, out): torch's weight with its last axis first and its first two exchanged.
        bias: b, (out,), or None.
        stride: the step between windows.
        padding: zeros before and after the axis, or "valid" for none, or "same" for as many as keep its
            length.
        dilation: the step between the taps of the kernel.
        groups: the number of groups that channels are dealt into, each convolved by itself.

    Returns:
        y, (N, L', out) or (L', out), with L' = ⌊(L + 2 padding - dilation (k - 1) - 1) / stride⌋ + 1.

    Raises:
        RuntimeError: shapes or dtypes do not go together, or an option is out of range.

    Source: torch.nn.functional.conv1d.

    Examples:
        >>> import npnn
        >>> import npnn.functional as F
        >>> F.conv1d(npnn.ones(2, 10, 3), npnn.ones(4, 3, 5)).shape
        torch.Size([2, 7, 5])
    """
    return _conv(1, input, weight, bias, stride, padding, dilation, groups)


def conv2d(
    input: Any,
    weight: Any,
    bias: Any = None,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> Tensor:
    """The convolution of images.

    Args:
        input: x, (N, H, W, C) or (H, W, C).
        weight: W, (kh, kw, C/groups, out): torch's weight with its last two axes first and its first two
            exchanged.
        bias: b, (out,), or None.
        stride: the step between windows, an int or one for each spatial axis.
        padding: zeros on both sides of each axis, or "valid" for none, or "same" for as many as keep the
            size.
        dilation: the step between the taps of the kernel.
        groups: the number of groups that channels are dealt into, each convolved by itself.

    Returns:
        y, (N, H', W', out) or (H', W', out), each size ⌊(size + 2 padding - dilation (k - 1) - 1) / stride⌋ +
        1.

    Raises:
        RuntimeError: shapes or dtypes do not go together, or an option is out of range.

    Source: torch.nn.functional.conv2d.

    Examples:
        >>> import npnn
        >>> import npnn.functional as F
        >>> F.conv2d(npnn.ones(2, 10, 8, 3), npnn.ones(3, 3, 3, 5), padding=1, stride=2).shape
        torch.Size([2, 5, 4, 5])
    """
    return _conv(2, input, weight, bias, stride, padding, dilation, groups)


def conv3d(
    input: Any,
    weight: Any,
    bias: Any = None,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> Tensor:
    """The convolution of volumes.

    Args:
        input: x, (N, D, H, W, C) or (D, H, W, C).
        weight: W, (kd, kh, kw, C/groups, out): torch's with its last three axes first and its first two
            exchanged.
        bias: b, (out,), or None.
        stride: the step between windows, an int or one for each spatial axis.
        padding: zeros on both sides of each axis, or "valid" for none, or "same" for as many as keep the
            size.
        dilation: the step between the taps of the kernel.
        groups: the number of groups that channels are dealt into, each convolved by itself.

    Returns:
        y, (N, D', H', W', out) or without N, each size ⌊(size + 2 padding - dilation (k - 1) - 1) / stride⌋ +
        1.

    Raises:
        RuntimeError: shapes or dtypes do not go together, or an option is out of range.

    Source: torch.nn.functional.conv3d.

    Examples:
        >>> import npnn
        >>> import npnn.functional as F
        >>> F.conv3d(npnn.ones(2, 4, 10, 8, 3), npnn.ones(2, 3, 3, 3, 5)).shape
        torch.Size([2, 3, 8, 6, 5])
    """
    return _conv(3, input, weight, bias, stride, padding, dilation, groups)


def conv_tbc(input: Any, weight: Any, bias: Any, pad: int = 0) -> Tensor:
    """The convolution of sequences whose axes are time, batch, channels.

    Args:
        input: x, (T, N, C).
        weight: W, (k, C, out), as torch has it here too.
        bias: b, (out,).
        pad: zeros before and after the time axis.

    Returns:
        y, (T + 2 pad - k + 1, N, out).

    Raises:
        RuntimeError: shapes or dtypes do not go together.

    Source: torch.nn.functional.conv_tbc.

    Examples:
        >>> import npnn
        >>> import npnn.functional as F
        >>> F.conv_tbc(npnn.ones(10, 2, 3), npnn.ones(4, 3, 5), npnn.zeros(5), pad=1).shape
        torch.Size([9, 2, 5])
    """
    x = as_input(input, "conv_tbc")
    if x.ndim != 3:
        raise RuntimeError(f"conv_tbc expected an input (T, N, C), got shape {list(x.array.shape)}")
    return conv1d(x.transpose(0, 1), weight, bias, padding=pad).transpose(0, 1)


def conv_transpose1d(
    input: Any,
    weight: Any,
    bias: Any = None,
    stride: Any = 1,
    padding: Any = 0,
    output_padding: Any = 0,
    groups: int = 1,
    dilation: Any = 1,
) -> Tensor:
    """The transpose of `conv1d`: what it does to gradients.

    Args:
        input: x, (N, L, C) or (L, C).
        weight: W, (k, C, out/groups): torch's weight with its last axis first.
        bias: b, (out,), or None.
        stride: the step of the convolution that this is the transpose of.
        padding: of that convolution.
        output_padding: added to one side of the result, whose length several inputs of that convolution
            share.
        groups: the number of groups that channels are dealt into.
        dilation: of that convolution.

    Returns:
        y, (N, L', out) or (L', out), with L' = (L - 1) stride - 2 padding + dilation (k - 1) + output_padding
        + 1.

    Raises:
        RuntimeError: shapes or dtypes do not go together, or an option is out of range.

    Source: torch.nn.functional.conv_transpose1d.

    Examples:
        >>> import npnn
        >>> import npnn.functional as F
        >>> F.conv_transpose1d(npnn.ones(2, 7, 3), npnn.ones(4, 3, 5), stride=2).shape
        torch.Size([2, 16, 5])
    """
    return _conv_transpose(1, input, weight, bias, stride, padding, output_padding, groups, dilation)


def conv_transpose2d(
    input: Any,
    weight: Any,
    bias: Any = None,
    stride: Any = 1,
    padding: Any = 0,
    output_padding: Any = 0,
    groups: int = 1,
    dilation: Any = 1,
) -> Tensor:
    """The transpose of `conv2d`: what it does to gradients.

    Args:
        input: x, (N, H, W, C) or (H, W, C).
        weight: W, (kh, kw, C, out/groups): torch's weight with its last two axes first.
        bias: b, (out,), or None.
        stride: the step of the convolution that this is the transpose of.
        padding: of that convolution.
        output_padding: added to one side of each axis of the result.
        groups: the number of groups that channels are dealt into.
        dilation: of that convolution.

    Returns:
        y, (N, H', W', out) or (H', W', out), each size
        (size - 1) stride - 2 padding + dilation (k - 1) + output_padding + 1.

    Raises:
        RuntimeError: shapes or dtypes do not go together, or an option is out of range.

    Source: torch.nn.functional.conv_transpose2d.

    Examples:
        >>> import npnn
        >>> import npnn.functional as F
        >>> F.conv_transpose2d(npnn.ones(2, 5, 4, 3), npnn.ones(3, 3, 3, 5), stride=2, padding=1).shape
        torch.Size([2, 9, 7, 5])
    """
    return _conv_transpose(2, input, weight, bias, stride, padding, output_padding, groups, dilation)


def conv_transpose3d(
    input: Any,
    weight: Any,
    bias: Any = None,
    stride: Any = 1,
    padding: Any = 0,
    output_padding: Any = 0,
    groups: int = 1,
    dilation: Any = 1,
) -> Tensor:
    """The transpose of `conv3d`: what it does to gradients.

    Args:
        input: x, (N, D, H, W, C) or (D, H, W, C).
        weight: W, (kd, kh, kw, C, out/groups): torch's weight with its last three axes first.
        bias: b, (out,), or None.
        stride: the step of the convolution that this is the transpose of.
        padding: of that convolution.
        output_padding: added to one side of each axis of the result.
        groups: the number of groups that channels are dealt into.
        dilation: of that convolution.

    Returns:
        y, (N, D', H', W', out) or without N, each size
        (size - 1) stride - 2 padding + dilation (k - 1) + output_padding + 1.

    Raises:
        RuntimeError: shapes or dtypes do not go together, or an option is out of range.

    Source: torch.nn.functional.conv_transpose3d.

    Examples:
        >>> import npnn
        >>> import npnn.functional as F
        >>> F.conv_transpose3d(npnn.ones(2, 3, 5, 4, 3), npnn.ones(2, 3, 3, 3, 5)).shape
        torch.Size([2, 4, 7, 6, 5])
    """
    return _conv_transpose(3, input, weight, bias, stride, padding, output_padding, groups, dilation)


def _conv(
    axes: int, input: Any, weight: Any, bias: Any, stride: Any, padding: Any, dilation: Any, groups: int
) -> Tensor:
    """Convolution over n spatial axes: the arguments checked and made uniform, one operation called."""
    name = f"conv{axes}d"
    x, w, unbatched = _checked(name, axes, input, weight, groups)
    strides, dilations = _steps(name, "stride", stride, axes), _steps(name, "dilation", dilation, axes)
    kernel = w.array.shape[:-2]
    depth, channels_out = w.array.shape[-2:]
    if depth * groups != x.array.shape[-1]:
        raise RuntimeError(
            f"Given groups={groups}, weight of size {list(w.array.shape)}, expected input"
            f" {list(x.array.shape)} to have {depth * groups} channels (its last axis), but got"
            f" {x.array.shape[-1]} channels instead"
        )
    if channels_out % groups:
        raise RuntimeError(
            f"{name}: the number of output channels, {channels_out}, the weight's last axis, must be"
            f" divisible by groups={groups}"
        )
    b = _bias(name, bias, channels_out, x)
    pairs = _padding(name, padding, kernel, strides, dilations)
    for size, k, d, pair in zip(x.array.shape[1:-1], kernel, dilations, pairs, strict=True):
        if size + sum(pair) < d * (k - 1) + 1:
            raise RuntimeError(
                f"Calculated padded input size per channel: {size + sum(pair)}. Kernel size:"
                f" {d * (k - 1) + 1}. Kernel size can't be greater than actual input size"
            )
    y: Tensor = Conv.apply(x, w, b, stride=strides, padding=pairs, dilation=dilations, groups=groups)
    return y.squeeze(0) if unbatched else y


def _conv_transpose(
    axes: int,
    input: Any,
    weight: Any,
    bias: Any,
    stride: Any,
    padding: Any,
    output_padding: Any,
    groups: int,
    dilation: Any,
) -> Tensor:
    """Transposed convolution over n spatial axes."""
    name = f"conv_transpose{axes}d"
    x, w, unbatched = _checked(name, axes, input, weight, groups)
    strides, dilations = _steps(name, "stride", stride, axes), _steps(name, "dilation", dilation, axes)
    paddings = _numbers(name, "padding", padding, axes, 0)
    extras = _numbers(name, "output_padding", output_padding, axes, 0)
    kernel = w.array.shape[:-2]
    channels_in, each = w.array.shape[-2:]
    if channels_in != x.array.shape[-1]:
        raise RuntimeError(
            f"Given transposed=1, weight of size {list(w.array.shape)}, expected input {list(x.array.shape)}"
            f" to have {channels_in} channels (its last axis), but got {x.array.shape[-1]} channels instead"
        )
    if channels_in % groups:
        raise RuntimeError(
            f"{name}: the number of input channels, {channels_in}, must be divisible by groups={groups}"
        )
    b = _bias(name, bias, each * groups, x)
    spatial = []
    for size, k, s, p, d, extra in zip(
        x.array.shape[1:-1], kernel, strides, paddings, dilations, extras, strict=True
    ):
        if extra >= max(s, d):
            raise RuntimeError(
                "output padding must be smaller than either stride or dilation, but got output_padding:"
                f" {extra}, stride: {s}, dilation: {d}"
            )
        spatial.append((size - 1) * s - 2 * p + d * (k - 1) + extra + 1)
    if min(spatial) < 1:
        raise RuntimeError(
            f"Given input size per channel: {list(x.array.shape[1:-1])}. Calculated output size per channel:"
            f" {spatial}. Output size is too small"
        )
    y: Tensor = ConvInput.apply(
        x,
        w.transpose(-1, -2),
        spatial=tuple(spatial),
        stride=strides,
        padding=tuple((p, p) for p in paddings),
        dilation=dilations,
        groups=groups,
    )
    if b is not None:
        y = y + b
    return y.squeeze(0) if unbatched else y


def _checked(name: str, axes: int, input: Any, weight: Any, groups: int) -> tuple[Tensor, Tensor, bool]:
    """Input and weight as tensors, the input with a batch axis; and whether that had to be added."""
    x, w = as_input(input, name), as_input(weight, name)
    if w.array.ndim != axes + 2:
        raise RuntimeError(
            f"{name}: expected a weight with {axes + 2} axes, the last two for channels, got shape"
            f" {list(w.array.shape)}"
        )
    if x.array.ndim not in (axes + 1, axes + 2):
        raise RuntimeError(
            f"Expected {axes + 1}D (unbatched) or {axes + 2}D (batched) input to {name}, but got input of"
            f" size: {list(x.array.shape)}"
        )
    if groups < 1:
        raise RuntimeError(f"{name}: non-positive groups is not supported, got {groups}")
    if x.array.dtype != w.array.dtype:
        raise RuntimeError(
            f"Input type ({x.array.dtype}) and weight type ({w.array.dtype}) should be the same"
        )
    unbatched = x.array.ndim == axes + 1
    return x.unsqueeze(0) if unbatched else x, w, unbatched


def _bias(name: str, bias: Any, channels: int, x: Tensor) -> Tensor | None:
    if bias is None:
        return None
    b = as_input(bias, name)
    if b.array.shape != (channels,):
        raise RuntimeError(
            f"{name}: expected bias to be 1-dimensional with {channels} elements, but got bias of size"
            f" {list(b.array.shape)}"
        )
    if b.array.dtype != x.array.dtype:
        raise RuntimeError(f"Input type ({x.array.dtype}) and bias type ({b.array.dtype}) should be the same")
    return b


def _numbers(name: str, option: str, value: Any, axes: int, least: int) -> Shape:
    """An option as one int for each spatial axis."""
    numbers = (value,) * axes if isinstance(value, (int, np.integer)) else tuple(value)
    if len(numbers) == 1:
        numbers *= axes
    if len(numbers) != axes:
        raise RuntimeError(
            f"expected {option} to be a single integer value or a list of {axes} values to match the"
            f" convolution dimensions, but got {option}={list(numbers)}"
        )
    if min(numbers) < least:
        kind = "negative" if least == 0 else "non-positive"
        raise RuntimeError(f"{name}: {kind} {option} is not supported, got {list(numbers)}")
    return tuple(int(number) for number in numbers)


def _steps(name: str, option: str, value: Any, axes: int) -> Shape:
    return _numbers(name, option, value, axes, 1)


def _padding(
    name: str, padding: Any, kernel: Shape, stride: Shape, dilation: Shape
) -> tuple[tuple[int, int], ...]:
    """Padding as a pair (before, after) for each spatial axis; "same" puts an odd zero after."""
    if isinstance(padding, str):
        if padding == "valid":
            return ((0, 0),) * len(kernel)
        if padding != "same":
            raise RuntimeError(f"{name}: Invalid padding string: {padding!r}, expected 'valid' or 'same'")
        if any(s != 1 for s in stride):
            raise RuntimeError("padding='same' is not supported for strided convolutions")
        totals = [d * (k - 1) for d, k in zip(dilation, kernel, strict=True)]
        return tuple((total // 2, total - total // 2) for total in totals)
    return tuple((p, p) for p in _numbers(name, "padding", padding, len(kernel), 0))
