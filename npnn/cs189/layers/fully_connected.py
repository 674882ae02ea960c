"""FullyConnected: every output sees every input."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from npnn._typing import Array, Shape
from npnn.autograd.function import Context
from npnn.cs189._common import floating
from npnn.cs189.activations import Activation, initialize_activation
from npnn.cs189.layers.layer import Layer
from npnn.cs189.weights import initialize_weights
from npnn.ops.linear import Linear

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


class FullyConnected(Layer):
    """Y = f(Z) with Z = X W + b.

    With dZ = dY f'(Z): dX = dZ Wᵀ, dW = Xᵀ dZ, db = the column sums of dZ.

    The first forward makes the parameters W (n_in, n_out) and b (1, n_out), when it sees how wide the input
    is. The cache has Z, X and ctx.

    Args:
        n_out: the number of outputs.
        activation: the name of f.
        weight_init: the name of what draws the first W; b begins as zeros.

    Shape:
        X: (m, n_in). Output: (m, n_out).

    Examples:
        >>> layer = FullyConnected(n_out=2, activation="relu")
        >>> Y = layer.forward(np.ones((5, 3)))
        >>> dLdX = layer.backward(np.ones((5, 2)))
        >>> Y.shape, dLdX.shape, layer.gradients["W"].shape, layer.gradients["b"].shape
        ((5, 2), (5, 3), (3, 2), (1, 2))
    """

    def __init__(self, n_out: int, activation: str, weight_init: str = "xavier_uniform") -> None:
        super().__init__()
        self.n_out: int = n_out
        self.activation: Activation = initialize_activation(activation)
        self.init_weights = initialize_weights(weight_init, activation)

    def _init_parameters(self, X_shape: Shape) -> None:
        """Makes the parameters for inputs of that shape."""
        self.n_in = X_shape[1]
        self._set_parameters(
            W=self.init_weights((self.n_in, self.n_out), self.generator), b=np.zeros((1, self.n_out))
        )

    def forward(self, X: ArrayLike) -> Array:
        """Computes f(X W + b).

        Args:
            X: the input, one example in each row.

        Returns:
            The output.

        Raises:
            ValueError: X is no matrix, or of another width than the first one was.
        """
        X = floating(X)
        if X.ndim != 2 or self.n_in not in (None, X.shape[1]):
            width = "n_in" if self.n_in is None else self.n_in
            raise ValueError(f"FullyConnected expects an input (m, {width}), but got one of shape {X.shape}")
        if self.n_in is None:
            self._init_parameters(X.shape)
        ctx = Context()
        Z = Linear.forward(ctx, X, self.parameters["W"], self.parameters["b"])
        self.cache.update(Z=Z, X=X, ctx=ctx)
        return self.activation(Z)

    def backward(self, dLdY: ArrayLike) -> Array:
        """Goes back from dL/dY to dL/dX, and leaves dL/dW and dL/db in `gradients`.

        Args:
            dLdY: the gradient of the loss by the output.

        Returns:
            The gradient of the loss by the input.

        Raises:
            RuntimeError: there was no forward.
        """
        dZ = self.activation.backward(self._cached("Z"), dLdY)
        dX, dW, db = Linear.backward(self._context(), dZ)
        self.gradients.update(W=dW, b=db.reshape(1, -1))
        return dX
