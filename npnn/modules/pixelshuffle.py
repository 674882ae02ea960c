"""PixelShuffle and PixelUnshuffle: channels become pixels, and pixels channels."""

from __future__ import annotations

from npnn import functional as F
from npnn.modules.module import Module
from npnn.tensors import Tensor


class PixelShuffle(Module):
    """Channels become pixels: r² channels make a block of r by r pixels of one channel.

    Args:
        upscale_factor: r.

    Shape:
        - Input: (*, H, W, C r²). Output: (*, H r, W r, C).

    Source: torch.nn.PixelShuffle; Shi et al., Real-time single image and video super-resolution using an
    efficient sub-pixel convolutional neural network, 2016.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> nn.PixelShuffle(3)(npnn.randn(1, 4, 4, 9)).shape
        torch.Size([1, 12, 12, 1])
    """

    upscale_factor: int

    def __init__(self, upscale_factor: int) -> None:
        super().__init__()
        self.upscale_factor = upscale_factor

    def forward(self, input: Tensor) -> Tensor:
        """Returns the larger image."""
        return F.pixel_shuffle(input, self.upscale_factor)

    def extra_repr(self) -> str:
        """The factor, for repr."""
        return f"upscale_factor={self.upscale_factor}"


class PixelUnshuffle(Module):
    """Pixels become channels: the inverse of `PixelShuffle`.

    Args:
        downscale_factor: r.

    Shape:
        - Input: (*, H r, W r, C). Output: (*, H, W, C r²).

    Source: torch.nn.PixelUnshuffle.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> nn.PixelUnshuffle(3)(npnn.randn(1, 12, 12, 1)).shape
        torch.Size([1, 4, 4, 9])
    """

    downscale_factor: int

    def __init__(self, downscale_factor: int) -> None:
        super().__init__()
        self.downscale_factor = downscale_factor

    def forward(self, input: Tensor) -> Tensor:
        """Returns the smaller image."""
        return F.pixel_unshuffle(input, self.downscale_factor)

    def extra_repr(self) -> str:
        """The factor, for repr."""
        return f"downscale_factor={self.downscale_factor}"
