"""Flatten: the same numbers in a matrix."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal

from npnn._typing import Array
from npnn.autograd.function import Context
from npnn.cs189._common import floating
from npnn.cs189.layers.layer import Layer
from npnn.ops.shape import Reshape

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


class Flatten(Layer):
    """The same numbers, in the same order, in a matrix; dX is dY in the shape of X.

    The layer has no parameters. The cache has X and ctx.

    Args:
        keep_dim: the axis that stays: "first" makes (m, -1) of (m, *, c), "last" makes (-1, c), and -1 keeps
            none and makes one row, (1, -1).

    Raises:
        ValueError: `keep_dim` is none of these.

    Examples:
        >>> import numpy as np
        >>> X = np.ones((6, 5, 4, 3))
        >>> [Flatten(keep).forward(X).shape for keep in ("first", "last", -1)]
        [(6, 60), (120, 3), (1, 360)]
    """

    def __init__(self, keep_dim: Literal["first", "last", -1] = "first") -> None:
        super().__init__()
        self.keep_dim = keep_dim

    def forward(self, X: ArrayLike) -> Array:
        """Flattens.

        Args:
            X: an array of any shape.

        Returns:
            A matrix, in memory of its own.
        """
        X = floating(X)
        if self.keep_dim == -1:
            shape = (1, X.size)
        elif self.keep_dim == "first":
            shape = (X.shape[0], math.prod(X.shape[1:]))
        else:
            shape = (X.size // X.shape[-1], X.shape[-1])
        ctx = Context()
        Y = Reshape.forward(ctx, X, shape=shape)
        self.cache.update(X=X, ctx=ctx)
        # Reshape gives views, which suits a tape that knows of them; nothing here does.
        return Y.copy()

    def backward(self, dLdY: ArrayLike) -> Array:
        """Goes back from dL/dY to dL/dX.

        Args:
            dLdY: the gradient of the loss by the output.

        Returns:
            The gradient of the loss by the input.

        Raises:
            RuntimeError: there was no forward.
        """
        (dX,) = Reshape.backward(self._context(), floating(dLdY))
        return dX.copy()
