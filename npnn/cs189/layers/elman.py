"""Elman: a recurrent layer, backpropagated through time by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

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


class Elman(Layer):
    """The last state s_T of s_t = f(z_t) with z_t = x_t W + s_(t-1) U + b and s_0 = 0.

    A step is one linear layer, of the row [x_t, s_(t-1)] and the matrix of W on top of U. Back through time,
    from ds_T = dL/dY, with dz_t = ds_t f'(z_t):

        dx_t = dz_t Wᵀ    ds_(t-1) = dz_t Uᵀ    dW = Σ_t x_tᵀ dz_t    dU = Σ_t s_(t-1)ᵀ dz_t    db = Σ_t dz_t

    The first forward makes the parameters W (n_in, n_out), U (n_out, n_out) and b (1, n_out). The cache has X
    and, each a list with one entry for each step, Z and ctx.

    Args:
        n_out: the length of the state.
        activation: the name of f.
        weight_init: the name of what draws the first W and U; b begins as zeros.

    Shape:
        X: (m, n_in, T), with T steps of time. Output: (m, n_out).

    Source:
        J. L. Elman, "Finding structure in time", Cognitive Science 14 (1990) 179-211.

    Examples:
        >>> layer = Elman(n_out=4)
        >>> Y = layer.forward(np.ones((2, 3, 7)))
        >>> Y.shape, layer.backward(np.ones(Y.shape)).shape, layer.gradients["U"].shape
        ((2, 4), (2, 3, 7), (4, 4))
    """

    def __init__(self, n_out: int, activation: str = "tanh", weight_init: str = "xavier_uniform") -> None:
        super().__init__()
        self.n_out: int = n_out
        self.activation: Activation = initialize_activation(activation)
        self.init_weights = initialize_weights(weight_init, activation)

    def _init_parameters(self, X_shape: Shape) -> None:
        """Makes the parameters for inputs of that shape."""
        self.n_in = X_shape[1]
        self._set_parameters(
            W=self.init_weights((self.n_in, self.n_out), self.generator),
            U=self.init_weights((self.n_out, self.n_out), self.generator),
            b=np.zeros((1, self.n_out)),
        )

    def forward(self, X: ArrayLike) -> Array:
        """Reads the sequences from their first step to their last.

        Args:
            X: the sequences, with time on the last axis.

        Returns:
            The last state.

        Raises:
            ValueError: X are no sequences, have no steps, or other features than the first ones had.
        """
        X = floating(X)
        if X.ndim != 3 or X.shape[2] == 0 or self.n_in not in (None, X.shape[1]):
            features = "n_in" if self.n_in is None else self.n_in
            raise ValueError(
                f"Elman expects sequences (m, {features}, T) with T > 0 steps, but got shape {X.shape}"
            )
        if self.n_in is None:
            self._init_parameters(X.shape)
        WU = np.concatenate([self.parameters["W"], self.parameters["U"]])
        s = np.zeros((len(X), self.n_out), X.dtype)
        Zs, contexts = [], []
        for t in range(X.shape[2]):
            ctx = Context()
            Z = Linear.forward(ctx, np.concatenate([X[:, :, t], s], axis=1), WU, self.parameters["b"])
            s = self.activation(Z)
            Zs.append(Z)
            contexts.append(ctx)
        self.cache.update(Z=Zs, X=X, ctx=contexts)
        return s

    def backward(self, dLdY: ArrayLike) -> Array:
        """Goes back through time to dL/dX, and leaves dL/dW, dL/dU and dL/db in `gradients`.

        Args:
            dLdY: the gradient of the loss by the last state.

        Returns:
            The gradient of the loss by the input.

        Raises:
            RuntimeError: there was no forward.
        """
        Zs, contexts = self._cached("Z"), self._cached("ctx")
        n_in = len(self.parameters["W"])
        dX = np.empty_like(self._cached("X"))
        ds: ArrayLike = dLdY
        dWU: Any = 0.0
        db: Any = 0.0
        for t in reversed(range(len(Zs))):
            dZ = self.activation.backward(Zs[t], ds)
            drow, dWU_t, db_t = Linear.backward(contexts[t], dZ)
            dX[:, :, t], ds = drow[:, :n_in], drow[:, n_in:]
            dWU, db = dWU + dWU_t, db + db_t
        self.gradients.update(W=dWU[:n_in], U=dWU[n_in:], b=db.reshape(1, -1))
        return dX
