"""The Poisson distribution."""

from __future__ import annotations

from typing import Any, ClassVar

from npnn.distributions import constraints
from npnn.distributions.distribution import Distribution, broadcast_all
from npnn.tensors.counts import poisson
from npnn.tensors.pointwise import xlogy


class Poisson(Distribution):
    """Numbers of events: k with probability rateᵏ exp(-rate) / k!.

    Args:
        rate: the mean number, a number or a tensor.
        validate_args: whether arguments are checked. Default: they are.

    Raises:
        ValueError: the rate is negative.

    Source: torch.distributions.Poisson.

    Examples:
        >>> import npnn
        >>> from npnn.distributions import Poisson
        >>> Poisson(2.0).log_prob(npnn.tensor([0.0, 2.0]))
        tensor([-2.0000, -1.3069])
    """

    arg_constraints: ClassVar[dict[str, constraints.Constraint]] = {"rate": constraints.nonnegative}

    def __init__(self, rate: Any, validate_args: bool | None = None) -> None:
        (self.rate,) = broadcast_all(rate)
        super().__init__(self.rate.shape, validate_args=validate_args)

    @property
    def support(self) -> constraints.Constraint:
        """Whole numbers from 0 on."""
        return constraints.nonnegative_integer

    @property
    def mean(self) -> Any:
        """The rate."""
        return self.rate

    @property
    def mode(self) -> Any:
        """The rate, rounded down."""
        return self.rate.floor()

    @property
    def variance(self) -> Any:
        """The rate."""
        return self.rate

    def sample(self, sample_shape: Any = ()) -> Any:
        """Numbers drawn, without gradients."""
        return poisson(self.rate.detach().expand(self._extended_shape(sample_shape)))

    def log_prob(self, value: Any) -> Any:
        """The logarithm of the probability."""
        self._validate_sample(value)
        rate, value = broadcast_all(self.rate, value)
        return xlogy(value, rate) - rate - (value + 1).lgamma()
