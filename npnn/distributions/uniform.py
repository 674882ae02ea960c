"""The uniform distribution."""

from __future__ import annotations

import math
from typing import Any, ClassVar

from npnn.distributions import constraints
from npnn.distributions.distribution import Distribution, broadcast_all
from npnn.tensors.creation import rand


class Uniform(Distribution):
    """Uniform on [low, high).

    Args:
        low: the least value, a number or a tensor.
        high: the bound above, a number or a tensor.
        validate_args: whether arguments are checked. Default: they are.

    Raises:
        ValueError: low is not less than high.

    Source: torch.distributions.Uniform.

    Examples:
        >>> import npnn
        >>> from npnn.distributions import Uniform
        >>> Uniform(0.0, npnn.tensor([1.0, 2.0])).entropy()
        tensor([0.0000, 0.6931])
    """

    has_rsample = True
    arg_constraints: ClassVar[dict[str, constraints.Constraint]] = {
        "low": constraints.real,
        "high": constraints.real,
    }

    def __init__(self, low: Any, high: Any, validate_args: bool | None = None) -> None:
        self.low, self.high = broadcast_all(low, high)
        super().__init__(self.low.shape, validate_args=validate_args)

    def _constraints(self) -> dict[str, constraints.Constraint]:
        return {**self.arg_constraints, "high": constraints.greater_than(self.low)}

    @property
    def support(self) -> constraints.Constraint:
        """What lies between low and high."""
        return constraints.interval(self.low, self.high)

    @property
    def mean(self) -> Any:
        """The middle."""
        return (self.high + self.low) / 2

    @property
    def mode(self) -> Any:
        """Nan: no value is more likely than another."""
        return self.high * math.nan

    @property
    def variance(self) -> Any:
        """(high - low)² / 12."""
        return (self.high - self.low) ** 2 / 12

    def rsample(self, sample_shape: Any = ()) -> Any:
        """Low + (high - low) u, with u uniform on [0, 1)."""
        u = rand(self._extended_shape(sample_shape), dtype=self.low.dtype)
        return self.low + u * (self.high - self.low)

    def log_prob(self, value: Any) -> Any:
        """-ln(high - low), or minus infinity from high on."""
        self._validate_sample(value)
        inside = ((self.low <= value) & (self.high > value)).type_as(self.low)
        return inside.log() - (self.high - self.low).log()

    def cdf(self, value: Any) -> Any:
        """The probability of a value up to this."""
        self._validate_sample(value)
        return ((value - self.low) / (self.high - self.low)).clamp(0, 1)

    def icdf(self, value: Any) -> Any:
        """The value up to which this probability lies."""
        return value * (self.high - self.low) + self.low

    def entropy(self) -> Any:
        """ln(high - low)."""
        return (self.high - self.low).log()
