"""Dropout, of elements and of whole channels."""

from __future__ import annotations

from npnn import functional as F
from npnn.modules.module import Module
from npnn.tensors import Tensor


class _DropoutNd(Module):
    """What all dropouts share: the probability, checked."""

    def __init__(self, p: float = 0.5, inplace: bool = False) -> None:
        super().__init__()
        if p < 0 or p > 1:
            raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")
        self.p = p
        self.inplace = inplace

    def extra_repr(self) -> str:
        """The options, for repr."""
        return f"p={self.p}, inplace={self.inplace}"


class Dropout(_DropoutNd):
    """In training, sets each element to 0 with probability p, and multiplies the others by 1 / (1 - p).

    In evaluation it does nothing. From one seed the mask is torch's; for an image (N, H, W, C), that of a
    torch tensor of the memory format channels_last.

    Args:
        p: the probability that an element is set to 0.
        inplace: write the result into the input.

    Shape:
        - Input: (*). Output: the same.

    Raises:
        ValueError: p is not within [0, 1].

    Source: torch.nn.Dropout.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> nn.Dropout(p=0.2)(npnn.randn(20, 16)).shape
        torch.Size([20, 16])
    """

    def forward(self, input: Tensor) -> Tensor:
        """Returns the input, or in training what is left of it."""
        return F.dropout(input, self.p, self.training, self.inplace)


class Dropout1d(_DropoutNd):
    """In training, sets channels of sequences to 0 with probability p; others it multiplies by 1 / (1 - p).

    Neighbouring positions of a channel are alike, so to drop single elements would take little away.

    Args:
        p: the probability that a channel is set to 0.
        inplace: write the result into the input.

    Shape:
        - Input: (N, L, C) or (L, C). Output: the same.

    Raises:
        ValueError: p is not within [0, 1].

    Source: torch.nn.Dropout1d.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> nn.Dropout1d(p=0.2)(npnn.randn(20, 32, 16)).shape
        torch.Size([20, 32, 16])
    """

    def forward(self, input: Tensor) -> Tensor:
        """Returns the input, or in training what is left of it."""
        return F.dropout1d(input, self.p, self.training, self.inplace)


class Dropout2d(_DropoutNd):
    """In training, sets channels of images to 0 with probability p; others it multiplies by 1 / (1 - p).

    Neighbouring pixels of a channel are alike, so to drop single elements would take little away.

    Args:
        p: the probability that a channel is set to 0.
        inplace: write the result into the input.

    Shape:
        - Input: (N, H, W, C); or (N, L, C), with a warning. Output: the same.

    Raises:
        ValueError: p is not within [0, 1].

    Source: torch.nn.Dropout2d.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> nn.Dropout2d(p=0.2)(npnn.randn(20, 32, 30, 16)).shape
        torch.Size([20, 32, 30, 16])
    """

    def forward(self, input: Tensor) -> Tensor:
        """Returns the input, or in training what is left of it."""
        return F.dropout2d(input, self.p, self.training, self.inplace)


class Dropout3d(_DropoutNd):
    """In training, sets channels of volumes to 0 with probability p; others it multiplies by 1 / (1 - p).

    Neighbouring points of a channel are alike, so to drop single elements would take little away.

    Args:
        p: the probability that a channel is set to 0.
        inplace: write the result into the input.

    Shape:
        - Input: (N, D, H, W, C) or (D, H, W, C). Output: the same.

    Raises:
        ValueError: p is not within [0, 1].

    Source: torch.nn.Dropout3d.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> nn.Dropout3d(p=0.2)(npnn.randn(20, 4, 32, 30, 16)).shape
        torch.Size([20, 4, 32, 30, 16])
    """

    def forward(self, input: Tensor) -> Tensor:
        """Returns the input, or in training what is left of it."""
        return F.dropout3d(input, self.p, self.training, self.inplace)


class AlphaDropout(_DropoutNd):
    """In training, sets each element to the floor of SELU with probability p, then scales and shifts all.

    What has mean 0 and variance 1, as the outputs of a network of SELUs, keeps them. In evaluation it does
    nothing.

    Args:
        p: the probability that an element is set to the floor.
        inplace: makes no difference, as on torch.

    Shape:
        - Input: (*). Output: the same.

    Raises:
        ValueError: p is not within [0, 1].

    Source: torch.nn.AlphaDropout.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> nn.AlphaDropout(p=0.2)(npnn.randn(20, 16)).shape
        torch.Size([20, 16])
    """

    def forward(self, input: Tensor) -> Tensor:
        """Returns the input, or in training what is left of it."""
        return F.alpha_dropout(input, self.p, self.training)


class FeatureAlphaDropout(_DropoutNd):
    """In training, sets channels to the floor of SELU with probability p, then scales and shifts all.

    AlphaDropout of whole channels.

    Args:
        p: the probability that a channel is set to the floor.
        inplace: makes no difference, as on torch.

    Shape:
        - Input: (N, *spatial, C); always with a batch, as on torch. Output: the same.

    Raises:
        ValueError: p is not within [0, 1].

    Source: torch.nn.FeatureAlphaDropout.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> nn.FeatureAlphaDropout(p=0.2)(npnn.randn(20, 4, 32, 30, 16)).shape
        torch.Size([20, 4, 32, 30, 16])
    """

    def forward(self, input: Tensor) -> Tensor:
        """Returns the input, or in training what is left of it."""
        return F.feature_alpha_dropout(input, self.p, self.training)
