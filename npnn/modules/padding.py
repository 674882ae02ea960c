"""Padding of the spatial axes, channels last."""

from __future__ import annotations

from typing import Any

from npnn.functional._check import as_input
from npnn.functional.padding import pad_spatial
from npnn.modules.module import Module
from npnn.tensors import Tensor


class _PadNd(Module):
    """What all paddings share: amounts made uniform, one mode."""

    axes: int
    mode: str

    def __init__(self, padding: Any) -> None:
        super().__init__()
        self.padding = (padding,) * (2 * self.axes) if isinstance(padding, int) else tuple(padding)

    def forward(self, input: Tensor) -> Tensor:
        """Returns the padded input."""
        return pad_spatial(as_input(input, type(self).__name__), self.padding, self.mode)

    def extra_repr(self) -> str:
        """The amounts, for repr."""
        return f"{self.padding}"


class _CircularPadNd(_PadNd):
    mode = "circular"

    def forward(self, input: Tensor) -> Tensor:
        """Returns the padded input."""
        x = as_input(input, type(self).__name__)
        if x.ndim not in (self.axes + 1, self.axes + 2):
            raise ValueError(f"expected {self.axes + 1}D or {self.axes + 2}D input (got {x.ndim}D input)")
        return super().forward(x)


class _ConstantPadNd(_PadNd):
    mode = "constant"

    def __init__(self, padding: Any, value: float) -> None:
        super().__init__(padding)
        self.value = value

    def forward(self, input: Tensor) -> Tensor:
        """Returns the padded input."""
        return pad_spatial(as_input(input, type(self).__name__), self.padding, self.mode, self.value)

    def extra_repr(self) -> str:
        """The amounts and the value, for repr."""
        return f"padding={self.padding}, value={self.value}"


class ConstantPad1d(_ConstantPadNd):
    """Pads the spatial axis with one value.

    Args:
        padding: the amounts (before, after), or one for all; negative ones crop.
        value: what to fill in.

    Shape:
        - Input: (N, L, C) or (L, C). Output: (N, L', C) or (L', C), each size longer by its two amounts.

    Source: torch.nn.ConstantPad1d.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> nn.ConstantPad1d((1, 2), 0.5)(npnn.ones(1, 3, 2)).shape
        torch.Size([1, 6, 2])
    """

    axes = 1


class ConstantPad2d(_ConstantPadNd):
    """Pads the 2 spatial axes with one value.

    Args:
        padding: the amounts (left, right, top, bottom), or one for all; negative ones crop.
        value: what to fill in.

    Shape:
        - Input: (N, H, W, C) or (H, W, C). Output: (N, H', W', C) or (H', W', C), each size longer by its two
          amounts.

    Source: torch.nn.ConstantPad2d.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> nn.ConstantPad2d((1, 2, 0, 1), 0.5)(npnn.ones(1, 3, 4, 2)).shape
        torch.Size([1, 4, 7, 2])
    """

    axes = 2


class ConstantPad3d(_ConstantPadNd):
    """Pads the 3 spatial axes with one value.

    Args:
        padding: the amounts (left, right, top, bottom, front, back), or one for all; negative ones crop.
        value: what to fill in.

    Shape:
        - Input: (N, D, H, W, C) or (D, H, W, C). Output: (N, D', H', W', C) or without N, each size longer by
          its two amounts.

    Source: torch.nn.ConstantPad3d.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> nn.ConstantPad3d((1, 2, 0, 1, 0, 0), 0.5)(npnn.ones(1, 3, 4, 5, 2)).shape
        torch.Size([1, 3, 5, 8, 2])
    """

    axes = 3


class ZeroPad1d(_ConstantPadNd):
    """Pads the spatial axis with zeros.

    Args:
        padding: the amounts (before, after), or one for all; negative ones crop.

    Shape:
        - Input: (N, L, C) or (L, C). Output: (N, L', C) or (L', C), each size longer by its two amounts.

    Source: torch.nn.ZeroPad1d.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> nn.ZeroPad1d((1, 2))(npnn.ones(1, 3, 2)).shape
        torch.Size([1, 6, 2])
    """

    axes = 1

    def __init__(self, padding: Any) -> None:
        super().__init__(padding, 0.0)

    def extra_repr(self) -> str:
        """The amounts, for repr."""
        return f"{self.padding}"


class ZeroPad2d(_ConstantPadNd):
    """Pads the 2 spatial axes with zeros.

    Args:
        padding: the amounts (left, right, top, bottom), or one for all; negative ones crop.

    Shape:
        - Input: (N, H, W, C) or (H, W, C). Output: (N, H', W', C) or (H', W', C), each size longer by its two
          amounts.

    Source: torch.nn.ZeroPad2d.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> nn.ZeroPad2d((1, 2, 0, 1))(npnn.ones(1, 3, 4, 2)).shape
        torch.Size([1, 4, 7, 2])
    """

    axes = 2

    def __init__(self, padding: Any) -> None:
        super().__init__(padding, 0.0)

    def extra_repr(self) -> str:
        """The amounts, for repr."""
        return f"{self.padding}"


class ZeroPad3d(_ConstantPadNd):
    """Pads the 3 spatial axes with zeros.

    Args:
        padding: the amounts (left, right, top, bottom, front, back), or one for all; negative ones crop.

    Shape:
        - Input: (N, D, H, W, C) or (D, H, W, C). Output: (N, D', H', W', C) or without N, each size longer by
          its two amounts.

    Source: torch.nn.ZeroPad3d.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> nn.ZeroPad3d((1, 2, 0, 1, 0, 0))(npnn.ones(1, 3, 4, 5, 2)).shape
        torch.Size([1, 3, 5, 8, 2])
    """

    axes = 3

    def __init__(self, padding: Any) -> None:
        super().__init__(padding, 0.0)

    def extra_repr(self) -> str:
        """The amounts, for repr."""
        return f"{self.padding}"


class ReflectionPad1d(_PadNd):
    """Pads the spatial axis with the input mirrored at its edge elements.

    Args:
        padding: the amounts (before, after), or one for all; negative ones crop.

    Shape:
        - Input: (N, L, C) or (L, C). Output: (N, L', C) or (L', C), each size longer by its two amounts.

    Source: torch.nn.ReflectionPad1d.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> nn.ReflectionPad1d((1, 2))(npnn.ones(1, 3, 2)).shape
        torch.Size([1, 6, 2])
    """

    axes = 1
    mode = "reflect"


class ReflectionPad2d(_PadNd):
    """Pads the 2 spatial axes with the input mirrored at its edge elements.

    Args:
        padding: the amounts (left, right, top, bottom), or one for all; negative ones crop.

    Shape:
        - Input: (N, H, W, C) or (H, W, C). Output: (N, H', W', C) or (H', W', C), each size longer by its two
          amounts.

    Source: torch.nn.ReflectionPad2d.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> nn.ReflectionPad2d((1, 2, 0, 1))(npnn.ones(1, 3, 4, 2)).shape
        torch.Size([1, 4, 7, 2])
    """

    axes = 2
    mode = "reflect"


class ReflectionPad3d(_PadNd):
    """Pads the 3 spatial axes with the input mirrored at its edge elements.

    Args:
        padding: the amounts (left, right, top, bottom, front, back), or one for all; negative ones crop.

    Shape:
        - Input: (N, D, H, W, C) or (D, H, W, C). Output: (N, D', H', W', C) or without N, each size longer by
          its two amounts.

    Source: torch.nn.ReflectionPad3d.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> nn.ReflectionPad3d((1, 2, 0, 1, 0, 0))(npnn.ones(1, 3, 4, 5, 2)).shape
        torch.Size([1, 3, 5, 8, 2])
    """

    axes = 3
    mode = "reflect"


class ReplicationPad1d(_PadNd):
    """Pads the spatial axis with the edge elements repeated.

    Args:
        padding: the amounts (before, after), or one for all; negative ones crop.

    Shape:
        - Input: (N, L, C) or (L, C). Output: (N, L', C) or (L', C), each size longer by its two amounts.

    Source: torch.nn.ReplicationPad1d.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> nn.ReplicationPad1d((1, 2))(npnn.ones(1, 3, 2)).shape
        torch.Size([1, 6, 2])
    """

    axes = 1
    mode = "replicate"


class ReplicationPad2d(_PadNd):
    """Pads the 2 spatial axes with the edge elements repeated.

    Args:
        padding: the amounts (left, right, top, bottom), or one for all; negative ones crop.

    Shape:
        - Input: (N, H, W, C) or (H, W, C). Output: (N, H', W', C) or (H', W', C), each size longer by its two
          amounts.

    Source: torch.nn.ReplicationPad2d.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> nn.ReplicationPad2d((1, 2, 0, 1))(npnn.ones(1, 3, 4, 2)).shape
        torch.Size([1, 4, 7, 2])
    """

    axes = 2
    mode = "replicate"


class ReplicationPad3d(_PadNd):
    """Pads the 3 spatial axes with the edge elements repeated.

    Args:
        padding: the amounts (left, right, top, bottom, front, back), or one for all; negative ones crop.

    Shape:
        - Input: (N, D, H, W, C) or (D, H, W, C). Output: (N, D', H', W', C) or without N, each size longer by
          its two amounts.

    Source: torch.nn.ReplicationPad3d.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> nn.ReplicationPad3d((1, 2, 0, 1, 0, 0))(npnn.ones(1, 3, 4, 5, 2)).shape
        torch.Size([1, 3, 5, 8, 2])
    """

    axes = 3
    mode = "replicate"


class CircularPad1d(_CircularPadNd):
    """Pads the spatial axis with the input from its other end again.

    Args:
        padding: the amounts (before, after), or one for all; negative ones crop.

    Shape:
        - Input: (N, L, C) or (L, C). Output: (N, L', C) or (L', C), each size longer by its two amounts.

    Source: torch.nn.CircularPad1d.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> nn.CircularPad1d((1, 2))(npnn.ones(1, 3, 2)).shape
        torch.Size([1, 6, 2])
    """

    axes = 1


class CircularPad2d(_CircularPadNd):
    """Pads the 2 spatial axes with the input from its other end again.

    Args:
        padding: the amounts (left, right, top, bottom), or one for all; negative ones crop.

    Shape:
        - Input: (N, H, W, C) or (H, W, C). Output: (N, H', W', C) or (H', W', C), each size longer by its two
          amounts.

    Source: torch.nn.CircularPad2d.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> nn.CircularPad2d((1, 2, 0, 1))(npnn.ones(1, 3, 4, 2)).shape
        torch.Size([1, 4, 7, 2])
    """

    axes = 2


class CircularPad3d(_CircularPadNd):
    """Pads the 3 spatial axes with the input from its other end again.

    Args:
        padding: the amounts (left, right, top, bottom, front, back), or one for all; negative ones crop.

    Shape:
        - Input: (N, D, H, W, C) or (D, H, W, C). Output: (N, D', H', W', C) or without N, each size longer by
          its two amounts.

    Source: torch.nn.CircularPad3d.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> nn.CircularPad3d((1, 2, 0, 1, 0, 0))(npnn.ones(1, 3, 4, 5, 2)).shape
        torch.Size([1, 3, 5, 8, 2])
    """

    axes = 3
