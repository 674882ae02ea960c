"""The Cauchy distribution."""

from __future__ import annotations

import math
from typing import Any, ClassVar

from npnn.distributions import constraints
from npnn.distributions.distribution import Distribution, broadcast_all
from npnn.tensors.creation import empty, full


class Cauchy(Distribution):
    """Cauchy distributed: density 1 / (π scale (1 + ((x - loc) / scale)²)). It has no mean.

    Args:
        loc: the median, a number or a tensor.
        scale: half the width at half the height, a number or a tensor.
        validate_args: whether arguments are checked. Default: they are.

    Raises:
        ValueError: scale is not positive.

    Source: torch.distributions.Cauchy.

    Examples:
        >>> import npnn
        >>> from npnn.distributions import Cauchy
        >>> Cauchy(0.0, 1.0).cdf(npnn.tensor([-1.0, 0.0, 1.0]))
        tensor([0.2500, 0.5000, 0.7500])
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
        """Nan: the integral does not converge."""
        return full(self._batch_shape, math.nan, dtype=self.loc.dtype)

    @property
    def mode(self) -> Any:
        """The most likely value, loc."""
        return self.loc

    @property
    def variance(self) -> Any:
        """Infinite."""
        return full(self._batch_shape, math.inf, dtype=self.loc.dtype)

    def rsample(self, sample_shape: Any = ()) -> Any:
        """loc + scale t, with t of the standard distribution."""
        return (
            self.loc + empty(self._extended_shape(sample_shape), dtype=self.loc.dtype).cauchy_() * self.scale
        )

    def log_prob(self, value: Any) -> Any:
        """The logarithm of the density."""
        self._validate_sample(value)
        return -math.log(math.pi) - self.scale.log() - (((value - self.loc) / self.scale) ** 2).log1p()

    def cdf(self, value: Any) -> Any:
        """The probability of a value up to this."""
        self._validate_sample(value)
        return ((value - self.loc) / self.scale).atan() / math.pi + 0.5

    def icdf(self, value: Any) -> Any:
        """The value up to which this probability lies."""
        return (math.pi * (value - 0.5)).tan() * self.scale + self.loc

    def entropy(self) -> Any:
        """ln(4π scale)."""
        return math.log(4 * math.pi) + self.scale.log()
