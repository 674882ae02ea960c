"""Pool2D: one number for each window of each channel."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from npnn._typing import Array
from npnn.autograd.function import Context
from npnn.cs189._common import floating
from npnn.cs189.layers.conv2d import Pad as PadArgument
from npnn.cs189.layers.conv2d import refuse_small, zero_padding
from npnn.cs189.layers.layer import Layer
from npnn.ops._windows import Windows
from npnn.ops.padding import Pad
from npnn.ops.pool import AvgPool, MaxPool

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

MODES = {"max": MaxPool, "average": AvgPool}


class Pool2D(Layer):
    """The maximum, or the mean, of each window of each channel.

    The zeros of the padding take part: they count in the mean, and may be the maximum. Of equal elements the
    first one is the maximum, as the window is read row by row.

    Backward, a maximum hands its dY to the element that it was, and a mean dY / (kh kw) to each of its
    elements; an element gets the sum over the windows that it lies in, and what the padding gets is cropped.
    The homework's printed solution does neither in average mode: it leaves out the division and the cropping,
    so that its dX is kh kw times too large, and of the padded shape. This one is the gradient, which finite
    differences and torch confirm.

    The layer has no parameters. The cache has X and ctx, the records of the padding and of the pooling.

    Args:
        kernel_shape: height and width of the window; one number for a square.
        mode: "max" or "average".
        stride: the step from one window to the next.
        pad: the zeros on each side, or "same" or "valid": see `zero_padding`.

    Shape:
        X: (m, rows, columns, channels). Output: (m, rows', columns', channels), with rows' = ⌊(rows + 2p -
        kh) / s⌋ + 1 and columns' likewise.

    Raises:
        ValueError: the mode or `pad` is none of the above.

    Examples:
        >>> import numpy as np
        >>> X = np.arange(16.0).reshape(1, 4, 4, 1)
        >>> Pool2D(kernel_shape=2, mode="average", stride=2).forward(X)[0, :, :, 0]
        array([[ 2.5,  4.5],
               [10.5, 12.5]])
    """

    def __init__(
        self, kernel_shape: int | tuple[int, int], mode: str = "max", stride: int = 1, pad: PadArgument = 0
    ) -> None:
        super().__init__()
        if mode not in MODES:
            raise ValueError(f"mode must be one of {', '.join(MODES)}, but got {mode!r}")
        self.kernel_shape = (kernel_shape, kernel_shape) if isinstance(kernel_shape, int) else kernel_shape
        self.mode = mode
        self.stride = stride
        self.pad = zero_padding(pad, self.kernel_shape)

    def forward(self, X: ArrayLike) -> Array:
        """Pools.

        Args:
            X: the images, channels last.

        Returns:
            The output.

        Raises:
            ValueError: X are no images, or smaller than the window.
        """
        X = floating(X)
        if X.ndim != 4:
            raise ValueError(f"Pool2D expects images (m, rows, columns, channels), but got shape {X.shape}")
        refuse_small("Pool2D", X.shape, self.kernel_shape, self.pad)
        padding, pooling = Context(), Context()
        padded = Pad.forward(padding, X, pairs=((0, 0), *((zeros, zeros) for zeros in self.pad), (0, 0)))
        windows = tuple(
            Windows(size, (size - kernel) // self.stride + 1, kernel, self.stride)
            for size, kernel in zip(padded.shape[1:3], self.kernel_shape, strict=True)
        )
        divisor = {"divisor": math.prod(self.kernel_shape)} if self.mode == "average" else {}
        Y: Array = MODES[self.mode].forward(pooling, padded, windows=windows, **divisor)
        self.cache.update(X=X, ctx=(padding, pooling))
        return Y

    def backward(self, dLdY: ArrayLike) -> Array:
        """Goes back from dL/dY to dL/dX.

        Args:
            dLdY: the gradient of the loss by the output.

        Returns:
            The gradient of the loss by the input.

        Raises:
            RuntimeError: there was no forward.
        """
        padding, pooling = self._cached("ctx")
        (dpadded,) = MODES[self.mode].backward(pooling, floating(dLdY))
        (dX,) = Pad.backward(padding, dpadded)
        return dX
