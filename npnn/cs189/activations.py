"""Activations: functions without a state, each with its derivative.

The formulas are those of `npnn.ops`. An activation runs such an operation by hand: forward on a Context that
is thrown away, backward on a fresh one. It computes forward once more for that, which is the price of
having nothing to remember between the two.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np

from npnn._typing import Array
from npnn.autograd.function import Context, Operation
from npnn.cs189._common import floating, look_up
from npnn.ops import activation, arithmetic, piecewise, pointwise

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


class Activation:
    """What all activations have in common; calling one is its forward.

    Attributes:
        operation: where the formulas are.

    Examples:
        >>> relu = ReLU()
        >>> relu(np.array([[-1.0, 2.0]]))
        array([[0., 2.]])
        >>> relu.backward(np.array([[-1.0, 2.0]]), np.array([[5.0, 7.0]]))
        array([[0., 7.]])
    """

    operation: ClassVar[type[Operation]]

    def __call__(self, Z: ArrayLike) -> Array:
        """The same as forward."""
        return self.forward(Z)

    def forward(self, Z: ArrayLike) -> Array:
        """Computes f(Z).

        Args:
            Z: the pre-activations.

        Shape:
            Z: (*). Output: the same.

        Returns:
            f(Z), in memory of its own.
        """
        return np.asarray(self.operation.forward(Context(), floating(Z)))

    def backward(self, Z: ArrayLike, dY: ArrayLike) -> Array:
        """Computes dL/dZ from dL/dY.

        Args:
            Z: what forward was given.
            dY: the gradient of the loss by f(Z).

        Shape:
            Z and dY: (*). Output: the same.

        Returns:
            The gradient of the loss by Z.
        """
        ctx = Context()
        self.operation.forward(ctx, floating(Z))
        (dZ,) = self.operation.backward(ctx, floating(dY))
        return dZ


class Linear(Activation):
    """f(Z) = Z, for a layer that is not to have an activation; dZ = dY."""

    operation = arithmetic.Clone

    def backward(self, Z: ArrayLike, dY: ArrayLike) -> Array:
        """Hands on dL/dY, as a copy: a layer may go on to write into what it is given."""
        return super().backward(Z, dY).copy()


class Sigmoid(Activation):
    """σ(Z) = 1 / (1 + exp(-Z)); dZ = dY σ(Z) (1 - σ(Z))."""

    operation = activation.Sigmoid


class TanH(Activation):
    """tanh Z; dZ = dY (1 - tanh² Z)."""

    operation = activation.Tanh


class ReLU(Activation):
    """max(Z, 0); dZ = dY where Z > 0, else 0."""

    operation = piecewise.ReLU


class SoftMax(Activation):
    """Y_i = exp(Z_i) / Σ_j exp(Z_j) over the last axis, with the maximum of each row subtracted first.

    The Jacobian of a row is diag(Y) - Y Yᵀ, so dZ = Y (dY - Σ_j dY_j Y_j): all rows at once, and the Jacobian
    is never formed.
    """

    operation = activation.Softmax


class ArcTan(Activation):
    """arctan Z; dZ = dY / (1 + Z²)."""

    operation = pointwise.ArcTan


ACTIVATIONS: dict[str, type[Activation]] = {
    "linear": Linear,
    "sigmoid": Sigmoid,
    "tanh": TanH,
    "arctan": ArcTan,
    "relu": ReLU,
    "softmax": SoftMax,
}


def initialize_activation(name: str) -> Activation:
    """Makes the activation of a name.

    Args:
        name: "linear", "sigmoid", "tanh", "arctan", "relu" or "softmax".

    Returns:
        The activation.

    Raises:
        NotImplementedError: there is none of that name.

    Examples:
        >>> initialize_activation("tanh")(0.0)
        array(0.)
    """
    return look_up(ACTIVATIONS, "activation", name)()
