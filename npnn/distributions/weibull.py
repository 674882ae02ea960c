"""The Weibull distribution."""

from __future__ import annotations

from typing import Any, ClassVar

from npnn.distributions import constraints
from npnn.distributions.distribution import EULER, broadcast_all
from npnn.distributions.exponential import Exponential
from npnn.distributions.transformed_distribution import TransformedDistribution
from npnn.distributions.transforms import AffineTransform, PowerTransform
from npnn.tensors.creation import ones_like


class Weibull(TransformedDistribution):
    """Weibull distributed: scale e^(1 / k), with e exponential of rate 1 and the concentration k.

    Args:
        scale: a number or a tensor.
        concentration: k, a number or a tensor.
        validate_args: whether arguments are checked. Default: they are.

    Raises:
        ValueError: a parameter is not positive.

    Source: torch.distributions.Weibull.

    Examples:
        >>> from npnn.distributions import Weibull
        >>> Weibull(1.0, 2.0).mean
        tensor(0.8862)
    """

    arg_constraints: ClassVar[dict[str, constraints.Constraint]] = {
        "scale": constraints.positive,
        "concentration": constraints.positive,
    }

    def __init__(self, scale: Any, concentration: Any, validate_args: bool | None = None) -> None:
        self.scale, self.concentration = broadcast_all(scale, concentration)
        base = Exponential(ones_like(self.scale), validate_args=validate_args)
        transforms = [PowerTransform(self.concentration.reciprocal()), AffineTransform(0, self.scale)]
        super().__init__(base, transforms, validate_args=validate_args)

    @property
    def support(self) -> constraints.Constraint:
        """Positive numbers."""
        return constraints.positive

    @property
    def mean(self) -> Any:
        """scale Γ(1 + 1 / k)."""
        return self.scale * (1 + self.concentration.reciprocal()).lgamma().exp()

    @property
    def mode(self) -> Any:
        """scale ((k - 1) / k)^(1 / k)."""
        k = self.concentration
        return self.scale * ((k - 1) / k) ** k.reciprocal()

    @property
    def variance(self) -> Any:
        """scale² (Γ(1 + 2 / k) - Γ(1 + 1 / k)²)."""
        inverse = self.concentration.reciprocal()
        return self.scale**2 * ((1 + 2 * inverse).lgamma().exp() - (2 * (1 + inverse).lgamma()).exp())

    def entropy(self) -> Any:
        """γ (1 - 1 / k) + ln(scale / k) + 1, with Euler's constant γ."""
        inverse = self.concentration.reciprocal()
        return EULER * (1 - inverse) + (self.scale * inverse).log() + 1
