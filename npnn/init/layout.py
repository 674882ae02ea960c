"""The order of axes: how a weight is seen as torch stores it, and the fans that follow from that."""

from __future__ import annotations

import math

from npnn._typing import Array, Shape
from npnn.tensors import Tensor


def torch_axes(tensor: Tensor) -> Shape:
    """Where the axes of a weight, in the order in which torch stores them, are among its axes here.

    A tensor whose layout is not that of a Linear or a convolution declares its own in an attribute
    `torch_axes`: an embedding (0, 1), a kernel of a 1-d transposed convolution (1, 2, 0). For all others the
    last axis is torch's first, the one before it torch's second, and the axes of the kernel follow. What has
    fewer than two axes has only one order.

    Args:
        tensor: the weight.

    Returns:
        For each of torch's axes, the number of that axis here.

    Examples:
        >>> import npnn
        >>> torch_axes(npnn.zeros(3, 2)), torch_axes(npnn.zeros(5, 7, 3, 2))
        ((1, 0), (3, 2, 0, 1))
    """
    declared: Shape | None = getattr(tensor, "torch_axes", None)
    if declared is not None:
        return declared
    last = tensor.ndim - 1
    return tuple(range(tensor.ndim)) if last < 1 else (last, last - 1, *range(last - 1))


def in_torch_order(tensor: Tensor) -> Array:
    """A view of a weight with its axes in torch's order, to be written into."""
    tensor._bump_version()
    return tensor.array.transpose(torch_axes(tensor))


def fans(tensor: Tensor) -> tuple[int, int]:
    """fan_in, how many inputs each output sums up, and fan_out, how many outputs each input goes to."""
    if tensor.ndim < 2:
        raise ValueError(
            "Fan in and fan out can not be computed for tensor with fewer than 2 dimensions, "
            f"but got one with {tensor.ndim}"
        )
    outs, ins, *kernel = (tensor.array.shape[axis] for axis in torch_axes(tensor))
    return ins * math.prod(kernel), outs * math.prod(kernel)


def require_matrix(tensor: Tensor) -> None:
    """Raises a ValueError for anything but a tensor with two axes."""
    if tensor.ndim != 2:
        raise ValueError(f"Only tensors with 2 dimensions are supported, but got one with {tensor.ndim}")
