"""Upsampling layers."""

from __future__ import annotations

from typing import Any

from npnn import functional as F
from npnn.modules.module import Module
from npnn.tensors import Tensor


class Upsample(Module):
    """Resamples sequences, images or volumes to another size.

    Args:
        size: the spatial size of the result, an int for all axes or one for each.
        scale_factor: or how many times larger it is, rounded down; a number for all axes or one for each.
        mode: "nearest", "nearest-exact", "linear", "bilinear", "bicubic", "trilinear" or "area".
        align_corners: for the modes with "linear" or "cubic": the centres of the corner elements stay where
            they are, rather than the corners themselves.
        recompute_scale_factor: reckon positions from the rounded size, rather than from scale_factor.

    Shape:
        - Input: (N, L, C), (N, H, W, C) or (N, D, H, W, C). Output: (N, *size, C).

    Source: torch.nn.Upsample.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> nn.Upsample(scale_factor=2)(npnn.tensor([[1.0, 2.0], [3.0, 4.0]]).reshape(1, 2, 2, 1)).squeeze()
        tensor([[1., 1., 2., 2.],
                [1., 1., 2., 2.],
                [3., 3., 4., 4.],
                [3., 3., 4., 4.]])
    """

    name: str
    size: Any
    scale_factor: Any
    mode: str
    align_corners: bool | None
    recompute_scale_factor: bool | None

    def __init__(
        self,
        size: Any = None,
        scale_factor: Any = None,
        mode: str = "nearest",
        align_corners: bool | None = None,
        recompute_scale_factor: bool | None = None,
    ) -> None:
        super().__init__()
        self.name = type(self).__name__
        self.size = size
        if isinstance(scale_factor, (tuple, list)):
            self.scale_factor = tuple(map(float, scale_factor))
        else:
            self.scale_factor = float(scale_factor) if scale_factor else None
        self.mode = mode
        self.align_corners = align_corners
        self.recompute_scale_factor = recompute_scale_factor

    def forward(self, input: Tensor) -> Tensor:
        """Returns the input in its new size."""
        return F.interpolate(
            input,
            self.size,
            self.scale_factor,
            self.mode,
            self.align_corners,
            recompute_scale_factor=self.recompute_scale_factor,
        )

    def extra_repr(self) -> str:
        """The size or the factor, and the mode, for repr."""
        given = f"size={self.size!r}" if self.scale_factor is None else f"scale_factor={self.scale_factor!r}"
        return f"{given}, mode={self.mode!r}"


class UpsamplingNearest2d(Upsample):
    """Resamples images to another size, by taking the pixel at or before each position.

    Args:
        size: H' and W', an int for both or one for each.
        scale_factor: or how many times larger they are; a number for both or one for each.

    Shape:
        - Input: (N, H, W, C). Output: (N, H', W', C).

    Source: torch.nn.UpsamplingNearest2d.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> nn.UpsamplingNearest2d(scale_factor=2)(npnn.ones(1, 2, 3, 4)).shape
        torch.Size([1, 4, 6, 4])
    """

    def __init__(self, size: Any = None, scale_factor: Any = None) -> None:
        super().__init__(size, scale_factor, mode="nearest")


class UpsamplingBilinear2d(Upsample):
    """Resamples images to another size, linearly along both axes; corner pixels stay where they are.

    Args:
        size: H' and W', an int for both or one for each.
        scale_factor: or how many times larger they are; a number for both or one for each.

    Shape:
        - Input: (N, H, W, C). Output: (N, H', W', C).

    Source: torch.nn.UpsamplingBilinear2d.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> nn.UpsamplingBilinear2d(size=(4, 5))(npnn.ones(1, 2, 3, 4)).shape
        torch.Size([1, 4, 5, 4])
    """

    def __init__(self, size: Any = None, scale_factor: Any = None) -> None:
        super().__init__(size, scale_factor, mode="bilinear", align_corners=True)
