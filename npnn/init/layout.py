"""The order of axes: how a weight is seen as torch stores it, and the fans that follow from that."""

from __future__ import annotations

import math

from npnn._typing import Array, Shape
from npnn.tensors import Tensor


def torch_axes(tensor: Tensor) -> Shape:
    """Where the axes of a weight, in the order in which torch stores them, are among its axes here.

    The weight of a layer says so in its attribute `torch_axes`: a Linear's (1, 0), an embedding's (0, 1), a
    1-d convolution's (2, 1, 0). A tensor that no layer made has none, and the order of torch.

    Args:
        tensor: the weight.

    Returns:
        For each of torch's axes, the number of that axis here.

    Examples:
        >>> import npnn
        >>> torch_axes(npnn.nn.Linear(3, 2).weight), torch_axes(npnn.zeros(3, 2))
        ((1, 0), (0, 1))
    """
    return tuple(range(tensor.ndim)) if tensor.torch_axes is None else tensor.torch_axes


def layer_axes(ndim: int) -> Shape:
    """The `torch_axes` of what a Linear or a convolution multiplies by: (in, out) or (*k, in/groups, out).

    Args:
        ndim: the number of axes; of fewer than two there is only one order.

    Examples:
        >>> layer_axes(2), layer_axes(4)
        ((1, 0), (3, 2, 0, 1))
    """
    axes = tuple(range(ndim))
    return (*axes[-2:][::-1], *axes[:-2])


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
