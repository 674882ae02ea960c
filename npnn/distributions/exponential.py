"""The exponential distribution."""

from __future__ import annotations

from typing import Any, ClassVar

from npnn.distributions import constraints
from npnn.distributions.distribution import Distribution, broadcast_all
from npnn.tensors.creation import empty, zeros_like


class Exponential(Distribution):
    """Exponentially distributed: density rate · exp(-rate x), for x >= 0.

    Args:
        rate: a number or a tensor.
        validate_args: whether arguments are checked. Default: they are.

    Raises:
        ValueError: the rate is not positive.

    Source: torch.distributions.Exponential.

    Examples:
        >>> from npnn.distributions import Exponential
        >>> Exponential(4.0).mean
        tensor(0.2500)
    """

    has_rsample = True
    arg_constraints: ClassVar[dict[str, constraints.Constraint]] = {"rate": constraints.positive}

    def __init__(self, rate: Any, validate_args: bool | None = None) -> None:
        (self.rate,) = broadcast_all(rate)
        super().__init__(self.rate.shape, validate_args=validate_args)

    @property
    def support(self) -> constraints.Constraint:
        """Numbers from 0 on."""
        return constraints.nonnegative

    @property
    def mean(self) -> Any:
        """1 / rate."""
        return self.rate.reciprocal()

    @property
    def mode(self) -> Any:
        """0."""
        return zeros_like(self.rate)

    @property
    def variance(self) -> Any:
        """1 / rate²."""
        return self.rate**-2

    def rsample(self, sample_shape: Any = ()) -> Any:
        """Samples of rate 1, over the rate."""
        return empty(self._extended_shape(sample_shape), dtype=self.rate.dtype).exponential_() / self.rate

    def log_prob(self, value: Any) -> Any:
        """The logarithm of the density."""
        self._validate_sample(value)
        return self.rate.log() - self.rate * value

    def cdf(self, value: Any) -> Any:
        """The probability of a value up to this."""
        self._validate_sample(value)
        return 1 - (-self.rate * value).exp()

    def icdf(self, value: Any) -> Any:
        """The value up to which this probability lies."""
        return -(-value).log1p() / self.rate

    def entropy(self) -> Any:
        """1 - ln rate."""
        return 1 - self.rate.log()
