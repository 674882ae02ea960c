"""The gamma distribution."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from npnn.autograd.function import wrap
from npnn.distributions import constraints
from npnn.distributions.distribution import Distribution, broadcast_all
from npnn.ops.random_samples import GammaSample
from npnn.random import default_generator
from npnn.tensors.pointwise import xlogy


class Gamma(Distribution):
    """Gamma distributed: density rateᵅ xᵅ⁻¹ exp(-rate x) / Γ(α), for x > 0.

    Samples are torch's from the same seed. Their gradients by the concentration are exact to rounding, where
    torch's are approximations, right to three digits.

    Args:
        concentration: α, a number or a tensor.
        rate: a number or a tensor.
        validate_args: whether arguments are checked. Default: they are.

    Raises:
        ValueError: a parameter is not positive.

    Source: torch.distributions.Gamma.

    Examples:
        >>> from npnn.distributions import Gamma
        >>> Gamma(3.0, 2.0).mean
        tensor(1.5000)
    """

    has_rsample = True
    arg_constraints: ClassVar[dict[str, constraints.Constraint]] = {
        "concentration": constraints.positive,
        "rate": constraints.positive,
    }

    def __init__(self, concentration: Any, rate: Any, validate_args: bool | None = None) -> None:
        self.concentration, self.rate = broadcast_all(concentration, rate)
        super().__init__(self.concentration.shape, validate_args=validate_args)

    @property
    def support(self) -> constraints.Constraint:
        """Numbers from 0 on."""
        return constraints.nonnegative

    @property
    def mean(self) -> Any:
        """α / rate."""
        return self.concentration / self.rate

    @property
    def mode(self) -> Any:
        """(α - 1) / rate, or 0."""
        return ((self.concentration - 1) / self.rate).clamp(min=0)

    @property
    def variance(self) -> Any:
        """α / rate²."""
        return self.concentration / self.rate**2

    def rsample(self, sample_shape: Any = ()) -> Any:
        """Samples of rate 1, over the rate."""
        shape = self._extended_shape(sample_shape)
        concentration = self.concentration.expand(shape)
        drawn = wrap(default_generator.standard_gamma(concentration.array))
        sample = GammaSample.apply(concentration, drawn) / self.rate.expand(shape)
        sample.detach().clamp_(min=float(np.finfo(sample.dtype).tiny))
        return sample

    def log_prob(self, value: Any) -> Any:
        """The logarithm of the density."""
        self._validate_sample(value)
        return (
            xlogy(self.concentration, self.rate)
            + xlogy(self.concentration - 1, value)
            - self.rate * value
            - self.concentration.lgamma()
        )

    def entropy(self) -> Any:
        """α - ln rate + ln Γ(α) + (1 - α) ψ(α)."""
        alpha = self.concentration
        return alpha - self.rate.log() + alpha.lgamma() + (1 - alpha) * alpha.digamma()
