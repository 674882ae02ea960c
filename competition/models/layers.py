"""Two layers that torch.nn does not have."""

from __future__ import annotations

from torch import Tensor, nn


class Scale(nn.Module):
    """y = factor x.

    Args:
        factor: a constant.
    """

    def __init__(self, factor: float) -> None:
        super().__init__()
        self.factor = factor

    def forward(self, x: Tensor) -> Tensor:
        """See the class."""
        return self.factor * x

    def extra_repr(self) -> str:
        """What nn.Module's repr shows."""
        return f"factor={self.factor:g}"


class Residual(nn.Module):
    """y = x + layers(x).

    Args:
        layers: what gives as many channels as it takes.
    """

    def __init__(self, layers: nn.Module) -> None:
        super().__init__()
        self.layers = layers

    def forward(self, x: Tensor) -> Tensor:
        """See the class."""
        return x + self.layers(x)
