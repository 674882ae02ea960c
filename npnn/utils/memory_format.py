"""The memory formats of kernels, of which NumPy needs only one."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from npnn import memory_formats as formats

if TYPE_CHECKING:
    from npnn.modules.module import Module

__all__ = ["convert_conv2d_weight_memory_format", "convert_conv3d_weight_memory_format"]

T = TypeVar("T", bound="Module")


def convert_conv2d_weight_memory_format(module: T, memory_format: formats.memory_format) -> T:
    """Does nothing: npnn keeps channels last in every array, and kernels (*k, in, out) to suit it.

    On torch it lays out the kernels of 2-d convolutions in another order in memory, which changes no result.

    Args:
        module: the module.
        memory_format: the order, which makes no difference.

    Returns:
        The module.

    Raises:
        TypeError: `memory_format` is none.

    Source: torch.nn.utils.convert_conv2d_weight_memory_format.

    Examples:
        >>> import npnn
        >>> npnn.nn.utils.convert_conv2d_weight_memory_format(npnn.Conv2d(2, 3, 5), npnn.channels_last)
        Conv2d(2, 3, kernel_size=(5, 5), stride=(1, 1))
    """
    return _checked(module, memory_format)


def convert_conv3d_weight_memory_format(module: T, memory_format: formats.memory_format) -> T:
    """Does nothing, as `convert_conv2d_weight_memory_format` does, for 3-d convolutions.

    Args:
        module: the module.
        memory_format: the order, which makes no difference.

    Returns:
        The module.

    Raises:
        TypeError: `memory_format` is none.

    Source: torch.nn.utils.convert_conv3d_weight_memory_format.
    """
    return _checked(module, memory_format)


def _checked(module: T, memory_format: formats.memory_format) -> T:
    if not isinstance(memory_format, formats.memory_format):
        raise TypeError(
            f"expected a memory format, such as npnn.channels_last, got {type(memory_format).__name__}"
        )
    return module
