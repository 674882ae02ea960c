"""Max pooling with windows at random fractional steps, over two and three spatial axes, channels last."""

from __future__ import annotations

from typing import Any

from npnn import functional as F
from npnn.modules._options import for_each_axis
from npnn.modules.module import Module
from npnn.tensors import Tensor


class _FractionalMaxPoolNd(Module):
    """What fractional max pooling shares: the options and their checks."""

    axes: int
    _random_samples: Tensor | None

    def __init__(
        self,
        kernel_size: Any,
        output_size: Any = None,
        output_ratio: Any = None,
        return_indices: bool = False,
        _random_samples: Any = None,
    ) -> None:
        super().__init__()
        self.kernel_size = for_each_axis(kernel_size, self.axes)
        if min(self.kernel_size) < 1:
            raise ValueError(f"kernel_size must be greater than 0, but got {kernel_size}")
        self.return_indices = return_indices
        self.register_buffer("_random_samples", _random_samples)
        self.output_size = None if output_size is None else for_each_axis(output_size, self.axes)
        self.output_ratio = None if output_ratio is None else for_each_axis(output_ratio, self.axes)
        if output_size is None and output_ratio is None:
            raise ValueError(
                f"{type(self).__name__} requires specifying either an output size, or a pooling ratio"
            )
        if output_size is not None and output_ratio is not None:
            raise ValueError(
                "only one of output_size and output_ratio may be specified, but got"
                f" {output_size} and {output_ratio}"
            )
        if self.output_ratio is not None and not all(0 < ratio < 1 for ratio in self.output_ratio):
            raise ValueError(f"output_ratio must be between 0 and 1 (got {output_ratio})")

    def _options(self) -> tuple[Any, ...]:
        """All of them, in the order in which functionals take them."""
        return (
            self.kernel_size,
            self.output_size,
            self.output_ratio,
            self.return_indices,
            self._random_samples,
        )


class FractionalMaxPool2d(_FractionalMaxPoolNd):
    """The maximum of each of so many windows of images, whose steps are drawn for each sample and channel.

    The same seed gives the same windows as on torch.

    Args:
        kernel_size: the size of the window, an int, or one for each spatial axis.
        output_size: the number of windows, likewise.
        output_ratio: the number of windows as a part of the size of the axis, likewise, if output_size is not
            given.
        return_indices: return also where each maximum was found, counted through the flattened spatial axes.
        _random_samples: (N, C, 2), what to use instead of new random numbers from [0, 1).

    Shape:
        - Input: (N, H, W, C) or (H, W, C).
        - Output: (N, H', W', C) or (H', W', C), as output_size or output_ratio says.

    Raises:
        ValueError: output_size and output_ratio are both given, or neither, or an option is out of range.

    Source: torch.nn.FractionalMaxPool2d.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> nn.FractionalMaxPool2d(2, output_ratio=(0.6, 0.7))(npnn.randn(2, 8, 7, 3)).shape
        torch.Size([2, 4, 4, 3])
    """

    axes = 2

    def forward(self, input: Tensor) -> Any:
        """Returns the maxima, and with `return_indices` where they were found."""
        return F.fractional_max_pool2d(input, *self._options())


class FractionalMaxPool3d(_FractionalMaxPoolNd):
    """The maximum of each of so many windows of volumes, whose steps are drawn for each sample and channel.

    The same seed gives the same windows as on torch.

    Args:
        kernel_size: the size of the window, an int, or one for each spatial axis.
        output_size: the number of windows, likewise.
        output_ratio: the number of windows as a part of the size of the axis, likewise, if output_size is not
            given.
        return_indices: return also where each maximum was found, counted through the flattened spatial axes.
        _random_samples: (N, C, 3), what to use instead of new random numbers from [0, 1).

    Shape:
        - Input: (N, D, H, W, C) or (D, H, W, C).
        - Output: (N, D', H', W', C) or (D', H', W', C), as output_size or output_ratio says.

    Raises:
        ValueError: output_size and output_ratio are both given, or neither, or an option is out of range.

    Source: torch.nn.FractionalMaxPool3d.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> nn.FractionalMaxPool3d(2, output_size=(3, 5, 4))(npnn.randn(2, 5, 8, 7, 3)).shape
        torch.Size([2, 3, 5, 4, 3])
    """

    axes = 3

    def forward(self, input: Tensor) -> Any:
        """Returns the maxima, and with `return_indices` where they were found."""
        return F.fractional_max_pool3d(input, *self._options())
