"""Average pooling and power-average pooling over one, two and three spatial axes, channels last."""

from __future__ import annotations

import math
from typing import Any

from npnn.functional.pooling._check import as_batch, checked_options, windows_over
from npnn.ops.pool import AvgPool, LPPool, MaxPool, divisors
from npnn.tensors import Tensor


def avg_pool1d(
    input: Any,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> Tensor:
    """The mean of each window of sequences.

    Args:
        input: (N, L, C) or (L, C).
        kernel_size: the size of the window, an int or a tuple of one.
        stride: the step between windows. Default: kernel_size.
        padding: zeros before and after the input, at most half the kernel size.
        ceil_mode: round the number of windows up, if the last begins on the input or on the padding before
            it.
        count_include_pad: whether these zeros count in the mean.

    Returns:
        A tensor, (N, L', C) or (L', C), with L' =
        ⌊(size + 2 padding - kernel_size) / stride⌋ + 1.

    Raises:
        RuntimeError: an option is out of range, or the input has another number of axes, or no windows.
        NotImplementedError: the input is neither of floating-point numbers nor of int64.

    Source: torch.nn.functional.avg_pool1d.

    Examples:
        >>> import npnn
        >>> import npnn.functional as F
        >>> F.avg_pool1d(npnn.tensor([[1.0], [5.0], [2.0], [4.0]]), 2).flatten()
        tensor([3., 3.])
    """
    return _avg_pool(1, input, kernel_size, stride, padding, ceil_mode, count_include_pad, None)


def avg_pool2d(
    input: Any,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Tensor:
    """The mean of each window of images.

    Args:
        input: (N, H, W, C) or (H, W, C).
        kernel_size: the size of the window, an int, or one for each spatial axis.
        stride: the step between windows. Default: kernel_size.
        padding: zeros before and after the input, at most half the kernel size.
        ceil_mode: round the number of windows up, if the last begins on the input or on the padding before
            it.
        count_include_pad: whether these zeros count in the mean.
        divisor_override: what to divide each sum by, instead of the number of elements.

    Returns:
        A tensor, (N, H', W', C) or (H', W', C), with each size
        ⌊(size + 2 padding - kernel_size) / stride⌋ + 1.

    Raises:
        RuntimeError: an option is out of range, or the input has another number of axes, or no windows.
        NotImplementedError: the input is neither of floating-point numbers nor of int64.

    Source: torch.nn.functional.avg_pool2d.

    Examples:
        >>> import npnn
        >>> import npnn.functional as F
        >>> F.avg_pool2d(npnn.ones(2, 8, 7, 3), 3, stride=2, padding=1).shape
        torch.Size([2, 4, 4, 3])
    """
    return _avg_pool(2, input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override)


def avg_pool3d(
    input: Any,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Tensor:
    """The mean of each window of volumes.

    Args:
        input: (N, D, H, W, C) or (D, H, W, C).
        kernel_size: the size of the window, an int, or one for each spatial axis.
        stride: the step between windows. Default: kernel_size.
        padding: zeros before and after the input, at most half the kernel size.
        ceil_mode: round the number of windows up, if the last begins on the input or on the padding before
            it.
        count_include_pad: whether these zeros count in the mean.
        divisor_override: what to divide each sum by, instead of the number of elements.

    Returns:
        A tensor, (N, D', H', W', C) or without N, with each size
        ⌊(size + 2 padding - kernel_size) / stride⌋ + 1.

    Raises:
        RuntimeError: an option is out of range, or the input has another number of axes, or no windows.
        NotImplementedError: the input is neither of floating-point numbers nor of int64.

    Source: torch.nn.functional.avg_pool3d.

    Examples:
        >>> import npnn
        >>> import npnn.functional as F
        >>> F.avg_pool3d(npnn.ones(2, 5, 8, 7, 3), (1, 2, 2), ceil_mode=True).shape
        torch.Size([2, 5, 4, 4, 3])
    """
    return _avg_pool(3, input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override)


def lp_pool1d(
    input: Any,
    norm_type: float,
    kernel_size: Any,
    stride: Any = None,
    ceil_mode: bool = False,
) -> Tensor:
    """The p-norm of each window of sequences: (Σ x^p)^(1/p), which for p = 1 is the sum, for p = ∞ max |x|.

    Args:
        input: (N, L, C) or (L, C). Powers are taken of its elements themselves, not of their sizes.
        norm_type: p, not zero.
        kernel_size: the size of the window, an int or a tuple of one.
        stride: the step between windows. Default: kernel_size.
        ceil_mode: round the number of windows up, if the last begins on the input; its sum is then scaled to
            a full window.

    Returns:
        A tensor, (N, L', C) or (L', C), with L' =
        ⌊(size - kernel_size) / stride⌋ + 1.

    Raises:
        ValueError: norm_type is zero.
        RuntimeError: an option is out of range, or the input has another number of axes, or no windows.
        NotImplementedError: the input is not of floating-point numbers.

    Source: torch.nn.functional.lp_pool1d.

    Examples:
        >>> import npnn
        >>> import npnn.functional as F
        >>> F.lp_pool1d(npnn.tensor([[3.0], [4.0], [0.0], [2.0]]), 2, 2).flatten()
        tensor([5., 2.])
    """
    return _lp_pool(1, input, norm_type, kernel_size, stride, ceil_mode)


def lp_pool2d(
    input: Any,
    norm_type: float,
    kernel_size: Any,
    stride: Any = None,
    ceil_mode: bool = False,
) -> Tensor:
    """The p-norm of each window of images: (Σ x^p)^(1/p), which for p = 1 is the sum, for p = ∞ max |x|.

    Args:
        input: (N, H, W, C) or (H, W, C). Powers are taken of its elements themselves, not of their sizes.
        norm_type: p, not zero.
        kernel_size: the size of the window, an int, or one for each spatial axis.
        stride: the step between windows. Default: kernel_size.
        ceil_mode: round the number of windows up, if the last begins on the input; its sum is then scaled to
            a full window.

    Returns:
        A tensor, (N, H', W', C) or (H', W', C), with each size
        ⌊(size - kernel_size) / stride⌋ + 1.

    Raises:
        ValueError: norm_type is zero.
        RuntimeError: an option is out of range, or the input has another number of axes, or no windows.
        NotImplementedError: the input is not of floating-point numbers.

    Source: torch.nn.functional.lp_pool2d.

    Examples:
        >>> import npnn
        >>> import npnn.functional as F
        >>> F.lp_pool2d(npnn.ones(2, 8, 7, 3), 2, 3, stride=2).shape
        torch.Size([2, 3, 3, 3])
    """
    return _lp_pool(2, input, norm_type, kernel_size, stride, ceil_mode)


def lp_pool3d(
    input: Any,
    norm_type: float,
    kernel_size: Any,
    stride: Any = None,
    ceil_mode: bool = False,
) -> Tensor:
    """The p-norm of each window of volumes: (Σ x^p)^(1/p), which for p = 1 is the sum, for p = ∞ max |x|.

    Args:
        input: (N, D, H, W, C) or (D, H, W, C). Powers are taken of its elements themselves, not of their
            sizes.
        norm_type: p, not zero.
        kernel_size: the size of the window, an int, or one for each spatial axis.
        stride: the step between windows. Default: kernel_size.
        ceil_mode: round the number of windows up, if the last begins on the input; its sum is then scaled to
            a full window.

    Returns:
        A tensor, (N, D', H', W', C) or without N, with each size
        ⌊(size - kernel_size) / stride⌋ + 1.

    Raises:
        ValueError: norm_type is zero.
        RuntimeError: an option is out of range, or the input has another number of axes, or no windows.
        NotImplementedError: the input is not of floating-point numbers.

    Source: torch.nn.functional.lp_pool3d.

    Examples:
        >>> import npnn
        >>> import npnn.functional as F
        >>> F.lp_pool3d(npnn.ones(2, 5, 8, 7, 3), 2, (1, 2, 2), ceil_mode=True).shape
        torch.Size([2, 5, 4, 4, 3])
    """
    return _lp_pool(3, input, norm_type, kernel_size, stride, ceil_mode)


def _avg_pool(
    axes: int,
    input: Any,
    kernel_size: Any,
    stride: Any,
    padding: Any,
    ceil_mode: bool,
    count_include_pad: bool,
    divisor_override: int | None,
) -> Tensor:
    """Average pooling over n spatial axes: the arguments checked and made uniform, one operation called."""
    name = f"avg_pool{axes}d"
    options = checked_options(name, axes, kernel_size, stride, padding, 1)
    if divisor_override == 0:
        raise RuntimeError(f"{name}: divisor must be not zero, but got divisor_override=0")
    x, unbatched = as_batch(name, input, axes, ("f", "int64"))
    windows = windows_over(name, x.array.shape[1:-1], options, ceil_mode)
    divisor = divisors(windows, count_include_pad) if divisor_override is None else divisor_override
    y: Tensor = AvgPool.apply(x, windows=windows, divisor=divisor)
    return y.squeeze(0) if unbatched else y


def _lp_pool(
    axes: int, input: Any, norm_type: float, kernel_size: Any, stride: Any, ceil_mode: bool
) -> Tensor:
    """Power-average pooling over n spatial axes."""
    name = f"lp_pool{axes}d"
    if norm_type == 0:
        raise ValueError(f"norm_type must be a non-zero value, but got {norm_type}")
    options = checked_options(name, axes, kernel_size, stride, 0, 1)
    x, unbatched = as_batch(name, input, axes, "f")
    windows = windows_over(name, x.array.shape[1:-1], options, ceil_mode)
    if math.isinf(norm_type):
        sign = math.copysign(1.0, norm_type)
        y: Tensor = sign * MaxPool.apply(sign * x.abs(), windows=windows)
    else:
        divisor = divisors(windows, True) / math.prod(options[0])
        y = LPPool.apply(x, p=float(norm_type), windows=windows, divisor=divisor)
    return y.squeeze(0) if unbatched else y
