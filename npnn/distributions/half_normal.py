"""The half-normal distribution."""

from __future__ import annotations

import math
from typing import Any, ClassVar

from npnn.distributions import constraints
from npnn.distributions.normal import Normal
from npnn.distributions.transformed_distribution import TransformedDistribution
from npnn.distributions.transforms import AbsTransform
from npnn.tensors.creation import zeros_like


class HalfNormal(TransformedDistribution):
    """The absolute value of a normal variable with mean 0.

    Args:
        scale: the standard deviation of that variable, a number or a tensor.
        validate_args: whether arguments are checked. Default: they are.

    Raises:
        ValueError: scale is not positive.

    Source: torch.distributions.HalfNormal.

    Examples:
        >>> from npnn.distributions import HalfNormal
        >>> HalfNormal(1.0).mean
        tensor(0.7979)
    """

    arg_constraints: ClassVar[dict[str, constraints.Constraint]] = {"scale": constraints.positive}

    def __init__(self, scale: Any, validate_args: bool | None = None) -> None:
        base = Normal(0, scale, validate_args=validate_args)
        super().__init__(base, AbsTransform(), validate_args=validate_args)

    @property
    def support(self) -> constraints.Constraint:
        """Numbers from 0 on."""
        return constraints.nonnegative

    @property
    def scale(self) -> Any:
        """The standard deviation of the normal variable."""
        return self.base_dist.scale

    @property
    def mean(self) -> Any:
        """scale √(2/π)."""
        return self.scale * math.sqrt(2 / math.pi)

    @property
    def mode(self) -> Any:
        """0."""
        return zeros_like(self.scale)

    @property
    def variance(self) -> Any:
        """scale² (1 - 2/π)."""
        return self.scale**2 * (1 - 2 / math.pi)

    def log_prob(self, value: Any) -> Any:
        """The logarithm of the density, minus infinity below 0."""
        self._validate_sample(value)
        return (self.base_dist.log_prob(value) + math.log(2)).where(value >= 0, -math.inf)

    def cdf(self, value: Any) -> Any:
        """The probability of a value up to this."""
        self._validate_sample(value)
        return 2 * self.base_dist.cdf(value) - 1

    def icdf(self, value: Any) -> Any:
        """The value up to which this probability lies."""
        return self.base_dist.icdf((value + 1) / 2)

    def entropy(self) -> Any:
        """That of the normal variable, less ln 2."""
        return self.base_dist.entropy() - math.log(2)
