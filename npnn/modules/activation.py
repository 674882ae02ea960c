"""Activations as modules."""

from __future__ import annotations

import numpy as np

from npnn import functional as F
from npnn.modules.module import Module
from npnn.tensors import Tensor


class ReLU(Module):
    """max(x, 0), element by element.

    Args:
        inplace: write the result into the input.

    Shape:
        - Input: (*). Output: (*).

    Source: torch.nn.ReLU.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> nn.ReLU()(npnn.tensor([-1.0, 2.0]))
        tensor([0., 2.])
    """

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        """Returns max(x, 0)."""
        return F.relu(input, self.inplace)

    def extra_repr(self) -> str:
        """Whether it works in place, for repr."""
        return "inplace=True" if self.inplace else ""


class Sigmoid(Module):
    """1 / (1 + exp(-x)), element by element.

    Shape:
        - Input: (*). Output: (*).

    Source: torch.nn.Sigmoid.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> nn.Sigmoid()(npnn.tensor([0.0]))
        tensor([0.5000])
    """

    def forward(self, input: Tensor) -> Tensor:
        """Returns 1 / (1 + exp(-x))."""
        return F.sigmoid(input)


class Tanh(Module):
    """The hyperbolic tangent, element by element.

    Shape:
        - Input: (*). Output: (*).

    Source: torch.nn.Tanh.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> nn.Tanh()(npnn.tensor([1.0]))
        tensor([0.7616])
    """

    def forward(self, input: Tensor) -> Tensor:
        """Returns tanh x."""
        return F.tanh(input)


class Softmax(Module):
    """exp(x) divided by its sum along an axis.

    Args:
        dim: the axis. As on torch it may be left out, with a warning.

    Shape:
        - Input: (*). Output: (*), numbers between 0 and 1 that add up to 1 along the axis.

    Source: torch.nn.Softmax.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> nn.Softmax(dim=1)(npnn.tensor([[1.0, 1.0]]))
        tensor([[0.5000, 0.5000]])
    """

    def __init__(self, dim: int | None = None) -> None:
        super().__init__()
        self.dim = _checked_dim(dim)

    def forward(self, input: Tensor) -> Tensor:
        """Returns the softmax of x."""
        return F.softmax(input, self.dim, _stacklevel=5)

    def extra_repr(self) -> str:
        """The axis, for repr."""
        return f"dim={self.dim}"


class LogSoftmax(Module):
    """The logarithm of the softmax along an axis.

    Args:
        dim: the axis. As on torch it may be left out, with a warning.

    Shape:
        - Input: (*). Output: (*), numbers of at most 0.

    Source: torch.nn.LogSoftmax.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> nn.LogSoftmax(dim=1)(npnn.tensor([[1.0, 1.0]]))
        tensor([[-0.6931, -0.6931]])
    """

    def __init__(self, dim: int | None = None) -> None:
        super().__init__()
        self.dim = _checked_dim(dim)

    def forward(self, input: Tensor) -> Tensor:
        """Returns the logarithm of the softmax of x."""
        return F.log_softmax(input, self.dim, _stacklevel=5)

    def extra_repr(self) -> str:
        """The axis, for repr."""
        return f"dim={self.dim}"


def _checked_dim(dim: int | None) -> int | None:
    if dim is not None and (isinstance(dim, bool) or not isinstance(dim, (int, np.integer))):
        raise TypeError(f"dim must be an int or None, got {type(dim)}")
    return dim
