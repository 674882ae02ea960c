"""Fillings that draw nothing: one value, the identity, Dirac's delta."""

from __future__ import annotations

import numpy as np

from npnn.init.layout import in_torch_order, require_matrix, torch_axes
from npnn.tensors import Tensor


def constant_(tensor: Tensor, val: float) -> Tensor:
    """Fills a tensor with one value.

    Args:
        tensor: the tensor to fill.
        val: the value.

    Returns:
        The tensor.

    Source: torch.nn.init.constant_.

    Examples:
        >>> import npnn
        >>> npnn.init.constant_(npnn.empty(2), 0.25)
        tensor([0.2500, 0.2500])
    """
    in_torch_order(tensor)[...] = val
    return tensor


def ones_(tensor: Tensor) -> Tensor:
    """Fills a tensor with ones.

    Args:
        tensor: the tensor to fill.

    Returns:
        The tensor.

    Source: torch.nn.init.ones_.

    Examples:
        >>> import npnn
        >>> npnn.init.ones_(npnn.empty(2))
        tensor([1., 1.])
    """
    return constant_(tensor, 1.0)


def zeros_(tensor: Tensor) -> Tensor:
    """Fills a tensor with zeros.

    Args:
        tensor: the tensor to fill.

    Returns:
        The tensor.

    Source: torch.nn.init.zeros_.

    Examples:
        >>> import npnn
        >>> npnn.init.zeros_(npnn.empty(2))
        tensor([0., 0.])
    """
    return constant_(tensor, 0.0)


def eye_(tensor: Tensor) -> Tensor:
    """Fills a matrix with the identity, so that a Linear passes on as many of its inputs as it can.

    Args:
        tensor: the matrix to fill.

    Returns:
        The tensor.

    Raises:
        ValueError: the tensor is no matrix.

    Source: torch.nn.init.eye_.

    Examples:
        >>> import npnn
        >>> npnn.init.eye_(npnn.empty(2, 3))
        tensor([[1., 0., 0.],
                [0., 1., 0.]])
    """
    require_matrix(tensor)
    view = in_torch_order(tensor)
    view[...] = np.eye(*view.shape)
    return tensor


def dirac_(tensor: Tensor, groups: int = 1) -> Tensor:
    """Fills a kernel with Dirac's delta, so that a convolution passes on all the input channels that it can.

    Args:
        tensor: the kernel to fill, of one, two or three spatial axes: a layer's, or one in torch's order,
            (out, in/groups, *k).
        groups: the number of groups of the convolution; each passes on its own channels.

    Returns:
        The tensor.

    Raises:
        ValueError: the tensor has another number of axes, or the groups do not divide the output channels.

    Source: torch.nn.init.dirac_.

    Examples:
        >>> import npnn
        >>> npnn.init.dirac_(npnn.empty(2, 1, 3))[:, 0]
        tensor([[0., 1., 0.],
                [0., 0., 0.]])
    """
    if tensor.ndim not in (3, 4, 5):
        raise ValueError(
            "Only tensors with 3, 4, or 5 dimensions are supported, the kernels of convolutions, "
            f"but got one with {tensor.ndim}"
        )
    view = in_torch_order(tensor)
    out_channels, in_channels, *kernel = view.shape
    if out_channels % groups != 0:
        raise ValueError(
            f"dim {torch_axes(tensor)[0]}, the output channels, must be divisible by groups, "
            f"but {out_channels} is not divisible by {groups}"
        )
    view[...] = 0
    per_group = out_channels // groups
    kept = np.arange(min(per_group, in_channels))
    centre = tuple(size // 2 for size in kernel)
    for group in range(groups):
        view[(group * per_group + kept, kept, *centre)] = 1
    return tensor
