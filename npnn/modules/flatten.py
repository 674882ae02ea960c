"""Flatten: several axes run together into one."""

from __future__ import annotations

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
