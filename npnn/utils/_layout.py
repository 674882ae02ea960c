"""Weights with their axes in torch's order, in which it counts `dim`, draws random numbers and flattens."""

from __future__ import annotations

from typing import Any

import numpy as np

from npnn._typing import Shape
from npnn.init.layout import torch_axes
from npnn.tensors import Tensor

__all__ = ["carry_axes", "from_torch_order", "in_torch_order", "torch_axes"]


def in_torch_order(weight: Tensor, axes: Shape) -> Tensor:
    """A weight with its axes as torch has them, on the tape.

    Args:
        weight: the weight.
        axes: its `torch_axes`.

    Returns:
        The permuted weight.

    Examples:
        >>> import npnn
        >>> weight = npnn.nn.Conv2d(3, 2, (5, 7)).weight
        >>> in_torch_order(weight, torch_axes(weight)).shape
        torch.Size([2, 3, 5, 7])
    """
    permuted: Tensor = weight.permute(axes)
    return permuted


def from_torch_order(values: Tensor, axes: Shape) -> Tensor:
    """The inverse of `in_torch_order`.

    Args:
        values: what stands in torch's order.
        axes: the `torch_axes` of the weight.

    Returns:
        The permuted values.

    Examples:
        >>> import npnn
        >>> from_torch_order(npnn.zeros(2, 3, 5, 7), (3, 2, 0, 1)).shape
        torch.Size([5, 7, 3, 2])
    """
    permuted: Tensor = values.permute(np.argsort(axes).tolist())
    return permuted


def carry_axes(values: Tensor, weight: Any) -> Tensor:
    """Marks what was computed from a weight, and has its axes, with the `torch_axes` that it declares.

    Args:
        values: what was computed.
        weight: the weight, or anything else that has its `torch_axes`.

    Returns:
        `values` itself.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> weight = nn.Linear(5, 3).weight
        >>> torch_axes(weight * 2), torch_axes(carry_axes(weight * 2, weight))
        ((0, 1), (1, 0))
    """
    declared = getattr(weight, "torch_axes", None)
    if declared is not None and len(declared) == values.ndim:
        values.torch_axes = declared
    return values
