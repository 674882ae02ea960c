"""The half-Cauchy distribution."""

from __future__ import annotations

import math
from typing import Any, ClassVar

from npnn.distributions import constraints
from npnn.distributions.cauchy import Cauchy
from npnn.distributions.transformed_distribution import TransformedDistribution
from npnn.distributions.transforms import AbsTransform
from npnn.tensors.creation import full, zeros_like


class HalfCauchy(TransformedDistribution):
    """The absolute value of a Cauchy variable with median 0.

    Args:
        scale: the scale of that variable, a number or a tensor.
        validate_args: whether arguments are checked. Default: they are.

    Raises:
        ValueError: scale is not positive.

    Source: torch.distributions.HalfCauchy.

    Examples:
        >>> import npnn
        >>> from npnn.distributions import HalfCauchy
        >>> HalfCauchy(1.0).cdf(npnn.tensor([0.0, 1.0]))
        tensor([0.0000, 0.5000])
    """

    arg_constraints: ClassVar[dict[str, constraints.Constraint]] = {"scale": constraints.positive}

    def __init__(self, scale: Any, validate_args: bool | None = None) -> None:
        base = Cauchy(0, scale, validate_args=validate_args)
        super().__init__(base, AbsTransform(), validate_args=validate_args)

    @property
    def support(self) -> constraints.Constraint:
        """Numbers from 0 on."""
        return constraints.nonnegative

    @property
    def scale(self) -> Any:
        """The scale of the Cauchy variable."""
        return self.base_dist.scale

    @property
    def mean(self) -> Any:
        """Infinite."""
        return full(self._batch_shape, math.inf, dtype=self.scale.dtype)

    @property
    def mode(self) -> Any:
        """0."""
        return zeros_like(self.scale)

    @property
    def variance(self) -> Any:
        """Infinite."""
        return self.base_dist.variance

    def log_prob(self, value: Any) -> Any:
        """The logarithm of the density, minus infinity below 0."""
        self._validate_sample(value)
        inside = math.log(2 / math.pi) - self.scale.log() - ((value / self.scale) ** 2).log1p()
        return inside.where(value >= 0, -math.inf)

    def cdf(self, value: Any) -> Any:
        """The probability of a value up to this."""
        self._validate_sample(value)
        return 2 * self.base_dist.cdf(value) - 1

    def icdf(self, value: Any) -> Any:
        """The value up to which this probability lies."""
        return self.base_dist.icdf((value + 1) / 2)

    def entropy(self) -> Any:
        """That of the Cauchy variable, less ln 2."""
        return self.base_dist.entropy() - math.log(2)
