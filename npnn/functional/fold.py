"""Unfolding images into columns, one for each window, and folding columns back, channels last."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from npnn._typing import Shape
from npnn.functional._check import as_input
from npnn.ops._windows import Windows
from npnn.ops.fold import Fold, Unfold
from npnn.tensors import Tensor


def unfold(input: Any, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1) -> Tensor:
    """Every window of images as a row.

    A convolution is a matrix product of these rows. Within a row the elements of one channel's window stand
    together, channel after channel, as torch has them, while npnn's kernels have channels after windows:
    see the example.

    Args:
        input: (N, H, W, C) or (H, W, C).
        kernel_size: the size of the window, an int or one for each spatial axis.
        dilation: the step between the elements of a window.
        padding: zeros on both sides of each axis.
        stride: the step between windows.

    Returns:
        A tensor, (N, L, C kh kw) or (L, C kh kw): a row for each of the L windows. It is torch's with the
        last two axes exchanged.

    Raises:
        RuntimeError: an option is out of range, or the input has another number of axes, or no windows.
        TypeError: an option is no int.
        NotImplementedError: the input is of integers.

    Source: torch.nn.functional.unfold.

    Examples:
        >>> import npnn
        >>> import npnn.functional as F
        >>> x, weight = npnn.randn(2, 5, 4, 3), npnn.randn(3, 2, 3, 7)
        >>> rows = F.unfold(x, (3, 2))
        >>> rows.shape
        torch.Size([2, 9, 18])
        >>> y = rows @ weight.permute(2, 0, 1, 3).reshape(18, 7)
        >>> npnn.allclose(y.reshape(2, 3, 3, 7), F.conv2d(x, weight), atol=1e-5)
        True
    """
    options = _checked_options("unfold", kernel_size, dilation, padding, stride)
    x = as_input(input, "unfold")
    shape = x.array.shape
    unbatched = len(shape) == 3
    if len(shape) not in (3, 4) or 0 in (shape if unbatched else shape[1:]):
        raise RuntimeError(
            "Expected 3D or 4D (batch mode) tensor with possibly 0 batch size and other non-zero dimensions"
            f" for input, channels last, but got: {list(shape)}"
        )
    _check_dtype("unfold", x)
    windows = _windows(shape[-3:-1], *options)
    if min(each.out for each in windows) < 1:
        raise RuntimeError(
            f"Given input with spatial size {shape[-3:-1]}, {_described(*options)}, calculated shape of the"
            f" array of sliding blocks as {tuple(each.out for each in windows)}, but its components must be"
            " at least one."
        )
    y: Tensor = Unfold.apply(x.unsqueeze(0) if unbatched else x, windows=windows)
    return y.squeeze(0) if unbatched else y


def fold(
    input: Any,
    output_size: Any,
    kernel_size: Any,
    dilation: Any = 1,
    padding: Any = 0,
    stride: Any = 1,
) -> Tensor:
    """Images from rows: each row is added to the window that it stands for.

    It is the transpose of `unfold`, not its inverse: elements that several windows share are summed.

    Args:
        input: (N, L, C kh kw) or (L, C kh kw), as `unfold` returns it.
        output_size: H and W, an int for both or one for each.
        kernel_size: the size of the window, an int or one for each spatial axis.
        dilation: the step between the elements of a window.
        padding: how far windows reach beyond the image on each side; what is there is left out.
        stride: the step between windows.

    Returns:
        A tensor, (N, H, W, C) or (H, W, C).

    Raises:
        RuntimeError: an option is out of range, or there are not as many rows as windows, or the length of a
            row is no multiple of the window's size.
        TypeError: an option is no int.
        NotImplementedError: the input is of integers.

    Source: torch.nn.functional.fold.

    Examples:
        >>> import npnn
        >>> import npnn.functional as F
        >>> rows = F.unfold(npnn.ones(2, 5, 4, 3), 2)
        >>> F.fold(rows, (5, 4), 2)[0, :, :, 0]
        tensor([[1., 2., 2., 1.],
                [2., 4., 4., 2.],
                [2., 4., 4., 2.],
                [2., 4., 4., 2.],
                [1., 2., 2., 1.]])
    """
    size = _pair("output_size", output_size)
    options = _checked_options("fold", kernel_size, dilation, padding, stride)
    x = as_input(input, "fold")
    shape = x.array.shape
    unbatched = len(shape) == 2
    if len(shape) not in (2, 3) or 0 in (shape if unbatched else shape[1:]):
        raise RuntimeError(
            "Expected 2D or 3D (batch mode) tensor for input with possibly 0 batch size and non-zero"
            f" dimensions for input, rows last, but got: {list(shape)}"
        )
    if shape[-1] % math.prod(options[0]):
        raise RuntimeError(
            "Expected size of input's last dimension to be divisible by the product of kernel_size, but got"
            f" {shape[-1]} and kernel_size={options[0]}."
        )
    windows = _windows(size, *options)
    blocks = tuple(each.out for each in windows)
    if min(blocks) < 1 or math.prod(blocks) != shape[-2]:
        raise RuntimeError(
            f"Given output_size={size}, {_described(*options)}, expected size of input's last dimension but"
            f" one to match the calculated number of sliding blocks {blocks[0]} * {blocks[1]} ="
            f" {math.prod(blocks)}, but got {shape[-2]}."
        )
    _check_dtype("fold", x)
    y: Tensor = Fold.apply(x.unsqueeze(0) if unbatched else x, windows=windows)
    return y.squeeze(0) if unbatched else y


def _pair(option: str, value: Any) -> Shape:
    numbers = tuple(value) if isinstance(value, (tuple, list)) else (value, value)
    for number in numbers:
        if not isinstance(number, (int, np.integer)):
            raise TypeError(
                f"argument {option!r} must be an int or a tuple of two ints, but got"
                f" {type(number).__name__}: {value!r}"
            )
    if len(numbers) != 2:
        raise RuntimeError(f"It is expected {option} equals to 2, but got size {len(numbers)}: {value!r}")
    return tuple(map(int, numbers))


def _checked_options(
    name: str, kernel_size: Any, dilation: Any, padding: Any, stride: Any
) -> tuple[Shape, Shape, Shape, Shape]:
    """Kernel size, dilation, padding and stride, for each axis."""
    kernel, dilations = _pair("kernel_size", kernel_size), _pair("dilation", dilation)
    paddings, strides = _pair("padding", padding), _pair("stride", stride)
    for option, numbers in (("kernel size", kernel), ("stride", strides), ("dilation", dilations)):
        if min(numbers) < 1:
            raise RuntimeError(f"{name}: {option} should be greater than zero, but got {numbers}")
    if min(paddings) < 0:
        raise RuntimeError(f"{name}: padding should be non-negative, but got {paddings}")
    return kernel, dilations, paddings, strides


def _check_dtype(name: str, x: Tensor) -> None:
    if x.array.dtype.kind in "iu":
        raise NotImplementedError(f'"{name}" not implemented for {x.array.dtype.name!r}')


def _windows(
    spatial: Shape, kernel: Shape, dilation: Shape, padding: Shape, stride: Shape
) -> tuple[Windows, ...]:
    return tuple(
        Windows(size, (size + 2 * p - d * (k - 1) - 1) // s + 1, k, s, p, d)
        for size, k, d, p, s in zip(spatial, kernel, dilation, padding, stride, strict=True)
    )


def _described(kernel: Shape, dilation: Shape, padding: Shape, stride: Shape) -> str:
    return f"kernel_size={kernel}, dilation={dilation}, padding={padding}, stride={stride}"
