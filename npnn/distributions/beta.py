"""The beta distribution."""

from __future__ import annotations

from typing import Any, ClassVar

from npnn.distributions import constraints
from npnn.distributions.dirichlet import Dirichlet
from npnn.distributions.distribution import Distribution, broadcast_all
from npnn.tensors.joining import stack


class Beta(Distribution):
    """Beta distributed: density in proportion to x^(α - 1) (1 - x)^(β - 1), for x between 0 and 1.

    Samples are torch's from the same seed; of their gradients `Dirichlet` tells.

    Args:
        concentration1: α, a number or a tensor.
        concentration0: β, a number or a tensor.
        validate_args: whether arguments are checked. Default: they are.

    Raises:
        ValueError: a parameter is not positive.

    Source: torch.distributions.Beta.

    Examples:
        >>> from npnn.distributions import Beta
        >>> Beta(1.0, 3.0).mean
        tensor(0.2500)
    """

    has_rsample = True
    arg_constraints: ClassVar[dict[str, constraints.Constraint]] = {
        "concentration1": constraints.positive,
        "concentration0": constraints.positive,
    }

    def __init__(self, concentration1: Any, concentration0: Any, validate_args: bool | None = None) -> None:
        both = stack(broadcast_all(concentration1, concentration0), -1)
        self._dirichlet = Dirichlet(both, validate_args=validate_args)
        super().__init__(both.shape[:-1], validate_args=validate_args)

    @property
    def concentration1(self) -> Any:
        """The parameter α."""
        return self._dirichlet.concentration[..., 0]

    @property
    def concentration0(self) -> Any:
        """The parameter β."""
        return self._dirichlet.concentration[..., 1]

    @property
    def support(self) -> constraints.Constraint:
        """Numbers between 0 and 1."""
        return constraints.unit_interval

    @property
    def mean(self) -> Any:
        """α / (α + β)."""
        return self.concentration1 / (self.concentration1 + self.concentration0)

    @property
    def mode(self) -> Any:
        """(α - 1)⁺ / ((α - 1)⁺ + (β - 1)⁺), or 1 if both are below 1."""
        return self._dirichlet.mode[..., 0]

    @property
    def variance(self) -> Any:
        """α β / ((α + β)² (α + β + 1))."""
        total = self.concentration1 + self.concentration0
        return self.concentration1 * self.concentration0 / (total**2 * (total + 1))

    def rsample(self, sample_shape: Any = ()) -> Any:
        """The first of two shares."""
        return self._dirichlet.rsample(sample_shape)[..., 0]

    def log_prob(self, value: Any) -> Any:
        """The logarithm of the density."""
        self._validate_sample(value)
        return self._dirichlet.log_prob(stack([value, 1.0 - value], -1))

    def entropy(self) -> Any:
        """The entropy of the two shares."""
        return self._dirichlet.entropy()

    def expand(self, batch_shape: Any) -> Any:
        """The same distribution over a larger batch, of which this one's elements are repeated."""
        new = super().expand(batch_shape)
        new._dirichlet = self._dirichlet.expand(batch_shape)
        return new
