"""The normal distribution."""

from __future__ import annotations

import math
from typing import Any, ClassVar

from npnn.distributions import constraints
from npnn.distributions.distribution import LOG_SQRT_TWO_PI, Distribution, broadcast_all
from npnn.tensors.creation import randn
from npnn.tensors.special import erf, erfinv


class Normal(Distribution):
    """Normally distributed: density exp(-(x - loc)² / (2 scale²)) / (scale √(2π)).

    Args:
        loc: the mean, a number or a tensor.
        scale: the standard deviation, a number or a tensor.
        validate_args: whether arguments are checked. Default: they are.

    Raises:
        ValueError: scale is not positive.

    Source: torch.distributions.Normal.

    Examples:
        >>> import npnn
        >>> from npnn.distributions import Normal
        >>> Normal(0.0, 1.0).log_prob(npnn.tensor([0.0, 1.0]))
        tensor([-0.9189, -1.4189])
    """

    has_rsample = True
    arg_constraints: ClassVar[dict[str, constraints.Constraint]] = {
        "loc": constraints.real,
        "scale": constraints.positive,
    }

    def __init__(self, loc: Any, scale: Any, validate_args: bool | None = None) -> None:
        self.loc, self.scale = broadcast_all(loc, scale)
        super().__init__(self.loc.shape, validate_args=validate_args)

    @property
    def support(self) -> constraints.Constraint:
        """Real numbers."""
        return constraints.real

    @property
    def mean(self) -> Any:
        """The mean, loc."""
        return self.loc

    @property
    def mode(self) -> Any:
        """The most likely value, loc."""
        return self.loc

    @property
    def stddev(self) -> Any:
        """The standard deviation, scale."""
        return self.scale

    @property
    def variance(self) -> Any:
        """The variance."""
        return self.scale**2

    def rsample(self, sample_shape: Any = ()) -> Any:
        """loc + scale ε, with ε of the standard normal distribution."""
        noise = randn(self._extended_shape(sample_shape), dtype=self.loc.dtype)
        return self.loc + noise * self.scale

    def log_prob(self, value: Any) -> Any:
        """The logarithm of the density."""
        self._validate_sample(value)
        return -((value - self.loc) ** 2) / (2 * self.variance) - self.scale.log() - LOG_SQRT_TWO_PI

    def cdf(self, value: Any) -> Any:
        """The probability of a value up to this."""
        self._validate_sample(value)
        return 0.5 * (1 + erf((value - self.loc) / (self.scale * math.sqrt(2))))

    def icdf(self, value: Any) -> Any:
        """The value up to which this probability lies."""
        return self.loc + self.scale * math.sqrt(2) * erfinv(2 * value - 1)

    def entropy(self) -> Any:
        """½ + ln(scale √(2π))."""
        return 0.5 + LOG_SQRT_TWO_PI + self.scale.log()
