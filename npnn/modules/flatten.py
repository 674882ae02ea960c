"""Flatten and Unflatten: several axes run together into one, and one spread over several."""

from __future__ import annotations

from typing import Any

from npnn.modules.module import Module
from npnn.tensors import Tensor


class Flatten(Module):
    """Axes start_dim to end_dim, both included, run together into one.

    Images are (N, H, W, C) here, so after a convolution the features come in H, W, C order, where torch has
    C, H, W.

    Args:
        start_dim: the first axis. Default: 1, which leaves the batch axis alone.
        end_dim: the last axis.

    Shape:
        - Input: (N, *). Output: (N, the product of *), with the defaults.

    Source: torch.nn.Flatten.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> nn.Flatten()(npnn.ones(32, 5, 5, 3)).shape
        torch.Size([32, 75])
    """

    def __init__(self, start_dim: int = 1, end_dim: int = -1) -> None:
        super().__init__()
        self.start_dim = start_dim
        self.end_dim = end_dim

    def forward(self, input: Tensor) -> Tensor:
        """Returns the flattened input."""
        result: Tensor = input.flatten(self.start_dim, self.end_dim)
        return result

    def extra_repr(self) -> str:
        """The axes, for repr."""
        return f"start_dim={self.start_dim}, end_dim={self.end_dim}"


class Unflatten(Module):
    """One axis spread over several.

    Features that become images must be in the order H, W, C for an unflattened_size of (H, W, C).

    Args:
        dim: the axis.
        unflattened_size: the sizes it is spread over, whose product is its length; one of them may be -1.

    Shape:
        - Input: (*, the product of the sizes, *), with that axis at dim. Output: (*, *sizes, *).

    Raises:
        TypeError: unflattened_size is not a tuple or list of ints.

    Source: torch.nn.Unflatten.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> nn.Unflatten(1, (5, 5, 2))(npnn.ones(32, 50)).shape
        torch.Size([32, 5, 5, 2])
    """

    def __init__(self, dim: int, unflattened_size: Any) -> None:
        super().__init__()
        if not isinstance(unflattened_size, (tuple, list)):
            raise TypeError(
                f"unflattened_size must be a tuple of ints, but found type {type(unflattened_size).__name__}"
            )
        for place, size in enumerate(unflattened_size):
            if not isinstance(size, int):
                raise TypeError(
                    "unflattened_size must be tuple of ints, but found element of type"
                    f" {type(size).__name__} at pos {place}"
                )
        self.dim = dim
        self.unflattened_size = unflattened_size

    def forward(self, input: Tensor) -> Tensor:
        """Returns the input with that axis spread out."""
        result: Tensor = input.unflatten(self.dim, self.unflattened_size)
        return result

    def extra_repr(self) -> str:
        """The axis and the sizes, for repr."""
        return f"dim={self.dim}, unflattened_size={self.unflattened_size}"
