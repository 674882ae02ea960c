"""The memory formats of kernels, of which NumPy needs only one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from npnn.modules.module import Module

__all__ = ["convert_conv2d_weight_memory_format", "convert_conv3d_weight_memory_format"]

T = TypeVar("T", bound="Module")


def convert_conv2d_weight_memory_format(module: T, memory_format: Any) -> T:
    """Does nothing: npnn keeps channels last in every array, and kernels (*k, in, out) to suit it.

    On torch it lays out the kernels of 2-d convolutions in another order in memory, which changes no result.

    Args:
        module: the module.
        memory_format: the order, which makes no difference.

    Returns:
        The module.

    Source: torch.nn.utils.convert_conv2d_weight_memory_format.
    """
    return module


def convert_conv3d_weight_memory_format(module: T, memory_format: Any) -> T:
    """Does nothing, as `convert_conv2d_weight_memory_format` does, for 3-d convolutions.

    Args:
        module: the module.
        memory_format: the order, which makes no difference.

    Returns:
        The module.

    Source: torch.nn.utils.convert_conv3d_weight_memory_format.
    """
    return module
