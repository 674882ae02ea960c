"""The inverse gamma distribution."""

from __future__ import annotations

import math
from typing import Any, ClassVar

from npnn.distributions import constraints
from npnn.distributions.gamma import Gamma
from npnn.distributions.transformed_distribution import TransformedDistribution
from npnn.distributions.transforms import PowerTransform


class InverseGamma(TransformedDistribution):
    """One over a gamma distributed value.

    Args:
        concentration: α, a number or a tensor.
        rate: a number or a tensor.
        validate_args: whether arguments are checked. Default: they are.

    Raises:
        ValueError: a parameter is not positive.

    Source: torch.distributions.InverseGamma.

    Examples:
        >>> from npnn.distributions import InverseGamma
        >>> InverseGamma(3.0, 2.0).mean
        tensor(1.)
    """

    arg_constraints: ClassVar[dict[str, constraints.Constraint]] = {
        "concentration": constraints.positive,
        "rate": constraints.positive,
    }

    def __init__(self, concentration: Any, rate: Any, validate_args: bool | None = None) -> None:
        base = Gamma(concentration, rate, validate_args=validate_args)
        super().__init__(base, PowerTransform(-base.rate.new_ones(())), validate_args=validate_args)

    @property
    def concentration(self) -> Any:
        """The parameter α."""
        return self.base_dist.concentration

    @property
    def rate(self) -> Any:
        """The rate of the gamma distribution."""
        return self.base_dist.rate

    @property
    def mean(self) -> Any:
        """rate / (α - 1), infinite for α of at most 1."""
        alpha = self.concentration
        return (self.rate / (alpha - 1)).where(alpha > 1, math.inf)

    @property
    def mode(self) -> Any:
        """rate / (α + 1)."""
        return self.rate / (self.concentration + 1)

    @property
    def variance(self) -> Any:
        """rate² / ((α - 1)² (α - 2)), infinite for α of at most 2."""
        alpha = self.concentration
        return (self.rate**2 / ((alpha - 1) ** 2 * (alpha - 2))).where(alpha > 2, math.inf)

    def entropy(self) -> Any:
        """α + ln rate + ln Γ(α) - (1 + α) ψ(α)."""
        alpha = self.concentration
        return alpha + self.rate.log() + alpha.lgamma() - (1 + alpha) * alpha.digamma()
