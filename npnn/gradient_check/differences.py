"""The gradient by central differences, and how far another one is from it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from npnn._typing import Array, Shape
from npnn.autograd.function import wrap
from npnn.autograd.grad_mode import no_grad
from npnn.autograd.gradcheck import numeric_jacobian
from npnn.tensors import Tensor

EPS = float(np.finfo(np.float64).eps)


def numeric_gradient(f: Callable[[], Array], x: Array, dY: Array, h: float = 1e-6) -> Array:
    """Computes dL/dx of L = Σ dY f by central differences: (L(x + h) - L(x - h)) / 2h for each entry of x.

    From f the value that it has at x is subtracted first. That leaves the derivative as it is, and L so small
    that the difference of two of its values loses few digits.

    Args:
        f: computes the output from what x holds when it is called.
        x: the array, in float64, in whose memory the entries are moved and put back.
        dY: the gradient of L by the output.
        h: the step.

    Shape:
        f(): (*). dY: the same. Output: that of x.

    Returns:
        The gradient.

    Examples:
        >>> x = np.array([1.0, 2.0, 3.0])
        >>> numeric_gradient(lambda: x**2, x, np.array([1.0, 1.0, 10.0])).round(6)
        array([ 2.,  4., 60.])
    """
    Y = np.array(f())
    variable = wrap(x)

    def loss(_: Tensor) -> Tensor:
        with no_grad():
            return wrap(np.sum(dY * (f() - Y)))

    return numeric_jacobian(loss, (variable,), variable, number=0, eps=h).reshape(x.shape)


@dataclass(frozen=True)
class Difference:
    """A gradient by backward beside the same one by differences.

    Attributes:
        of: the name of what it is the gradient of.
        analytic: the gradient by backward.
        numeric: the gradient by central differences, of the same shape.
        rounding: how large a norm rounding alone can give to the numeric gradient.

    Examples:
        >>> difference = Difference("x", np.array([2.0, 4.0]), np.array([2.0, 1.0]))
        >>> round(difference.relative, 2), difference.agrees(1e-7)
        (0.47, False)
        >>> difference.wrong_entries(1e-7)
        [(1,)]
    """

    of: str
    analytic: Array
    numeric: Array
    rounding: float = 0.0

    @property
    def analytic_norm(self) -> float:
        """‖g‖, with g the gradient by backward."""
        return float(np.linalg.norm(self.analytic))

    @property
    def numeric_norm(self) -> float:
        """‖n‖, with n the gradient by differences."""
        return float(np.linalg.norm(self.numeric))

    @property
    def relative(self) -> float:
        """‖n - g‖ / ‖n + g‖; 0 where both are zero but for rounding."""
        if max(self.analytic_norm, self.numeric_norm) <= self.rounding:
            return 0.0
        with np.errstate(divide="ignore", invalid="ignore"):
            norm = np.linalg.norm(self.numeric + self.analytic)
            return float(np.linalg.norm(self.numeric - self.analytic) / norm)

    def agrees(self, tolerance: float) -> bool:
        """Whether the relative difference is within a tolerance; one that is nan is not."""
        return self.relative <= tolerance

    def wrong_entries(self, tolerance: float) -> list[Shape]:
        """Where the two differ, measured by the largest entry.

        Args:
            tolerance: how large a part of the largest entry they may differ by.

        Returns:
            The indices, the worst first; nan is worst of all.
        """
        distance = np.abs(self.numeric - self.analytic)
        bound = tolerance * max(np.abs(self.numeric).max(initial=0.0), self.rounding)
        wrong = [index for index in np.ndindex(distance.shape) if not distance[index] <= bound]
        return sorted(wrong, key=lambda index: np.nan_to_num(-distance[index], nan=-np.inf))

    def factor(self, tolerance: float) -> float | None:
        """The number c for which the analytic gradient is c times the numeric one, as closely as tolerated.

        Args:
            tolerance: of the relative difference between the one and c times the other.

        Returns:
            The factor; None if there is none, or if the numeric gradient is zero.
        """
        if not self.numeric_norm > self.rounding:
            return None
        factor = float(np.sum(self.numeric * self.analytic) / np.sum(self.numeric**2))
        scaled = Difference(self.of, self.analytic, factor * self.numeric, self.rounding)
        return factor if scaled.agrees(tolerance) else None
