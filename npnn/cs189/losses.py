"""Losses, called with the targets first: (Y, Y_hat)."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

import numpy as np

from npnn._typing import Array
from npnn.autograd.function import Context
from npnn.cs189._common import floating, look_up
from npnn.ops.loss import MSELoss

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

EPS = float(np.finfo(np.float64).eps)


class Loss(ABC):
    """What all losses have in common; calling one is its forward.

    Args:
        name: what the loss is called.

    Attributes:
        name: what the loss is called.
    """

    def __init__(self, name: str) -> None:
        self.name = name

    def __call__(self, Y: ArrayLike, Y_hat: ArrayLike) -> float:
        """The same as forward."""
        return self.forward(Y, Y_hat)

    @abstractmethod
    def forward(self, Y: ArrayLike, Y_hat: ArrayLike) -> float:
        """Computes the loss.

        Args:
            Y: the targets.
            Y_hat: the predictions.

        Shape:
            Y and Y_hat: (m, n).

        Returns:
            The loss.

        Raises:
            ValueError: the shapes differ.
        """

    @abstractmethod
    def backward(self, Y: ArrayLike, Y_hat: ArrayLike) -> Array:
        """Computes dL/dY_hat.

        Args:
            Y: the targets.
            Y_hat: the predictions.

        Shape:
            Y and Y_hat: (m, n). Output: the same.

        Returns:
            The gradient of the loss by the predictions.

        Raises:
            ValueError: the shapes differ.
        """


class CrossEntropy(Loss):
    """L = -Σ Y ln(Y_hat + ε) / m, with m rows and ε = 2.2e-16, float64's; dL/dY_hat = -Y / (m Y_hat).

    Y are probabilities, mostly one-hot, and Y_hat the output of a softmax. In the derivative, a Y_hat below ε
    counts as ε: where the softmax has underflowed to 0 the homework divides 0 by 0, and from then on all
    weights are nan.

    Args:
        name: what the loss is called.

    Examples:
        >>> loss = CrossEntropy("cross_entropy")
        >>> Y, Y_hat = np.array([[0.0, 1.0], [1.0, 0.0]]), np.array([[0.5, 0.5], [0.8, 0.2]])
        >>> round(loss(Y, Y_hat), 4)
        0.4581
        >>> loss.backward(Y, Y_hat)
        array([[-0.   , -1.   ],
               [-0.625, -0.   ]])
    """

    def forward(self, Y: ArrayLike, Y_hat: ArrayLike) -> float:
        """Computes the loss, as said above."""
        Y, Y_hat = _same_shape(Y, Y_hat)
        return float(-np.sum(Y * np.log(Y_hat + EPS)) / len(Y))

    def backward(self, Y: ArrayLike, Y_hat: ArrayLike) -> Array:
        """Computes dL/dY_hat, as said above."""
        Y, Y_hat = _same_shape(Y, Y_hat)
        return np.asarray(-Y / (len(Y) * np.maximum(Y_hat, EPS)))


class L2(Loss):
    """L = Σ (Y - Y_hat)² / 2m, half the mean over all m elements; dL/dY_hat = (Y_hat - Y) / m.

    The mean is over the elements of all rows, so m counts elements in both formulas: with the number of rows
    in its place, as in CrossEntropy, the second would be the derivative of the first only if a row has a
    single element.

    Args:
        name: what the loss is called.

    Examples:
        >>> loss = L2("l2")
        >>> Y, Y_hat = np.array([[1.0], [2.0]]), np.array([[1.0], [4.0]])
        >>> loss(Y, Y_hat)
        1.0
        >>> loss.backward(Y, Y_hat)
        array([[0.],
               [1.]])
    """

    def forward(self, Y: ArrayLike, Y_hat: ArrayLike) -> float:
        """Computes the loss, as said above."""
        Y, Y_hat = _same_shape(Y, Y_hat)
        return float(MSELoss.forward(Context(), Y_hat, Y)) / 2

    def backward(self, Y: ArrayLike, Y_hat: ArrayLike) -> Array:
        """Computes dL/dY_hat, as said above."""
        Y, Y_hat = _same_shape(Y, Y_hat)
        ctx = Context()
        MSELoss.forward(ctx, Y_hat, Y)
        dY_hat: Array = MSELoss.backward(ctx, np.asarray(0.5))[0]
        return dY_hat


def _same_shape(Y: ArrayLike, Y_hat: ArrayLike) -> tuple[Array, Array]:
    """Both as numbers; broadcasting a column against a row would make a loss that means nothing."""
    targets, predictions = floating(Y), floating(Y_hat)
    if targets.shape != predictions.shape:
        raise ValueError(
            f"Y and Y_hat must have the same shape, but got {targets.shape} and {predictions.shape}"
        )
    return targets, predictions


LOSSES: dict[str, type[Loss]] = {"cross_entropy": CrossEntropy, "l2": L2}


def initialize_loss(name: str) -> Loss:
    """Makes the loss of a name.

    Args:
        name: "cross_entropy" or "l2".

    Returns:
        The loss.

    Raises:
        NotImplementedError: there is none of that name.

    Examples:
        >>> initialize_loss("l2").name
        'l2'
    """
    return look_up(LOSSES, "loss", name)(name)
