"""The von Mises distribution."""

from __future__ import annotations

import math
from typing import Any, ClassVar

from npnn import dtypes
from npnn.autograd.grad_mode import no_grad
from npnn.distributions import constraints
from npnn.distributions.distribution import Distribution, broadcast_all
from npnn.tensors.creation import rand, zeros
from npnn.tensors.special import i0e, i1e


class VonMises(Distribution):
    """Angles: density in proportion to exp(κ cos(x - loc)), with samples between -π and π.

    Densities are exact to rounding, where torch's have an error of up to 2e-7.

    Args:
        loc: the mean angle, a number or a tensor.
        concentration: κ, a number or a tensor.
        validate_args: whether arguments are checked. Default: they are.

    Raises:
        ValueError: the concentration is not positive.

    Source: torch.distributions.VonMises; Best and Fisher, "Efficient simulation of the von Mises
    distribution", Applied Statistics 28(2), 1979.

    Examples:
        >>> import npnn
        >>> from npnn.distributions import VonMises
        >>> VonMises(0.0, 1.0).log_prob(npnn.tensor([0.0, 3.0]))
        tensor([-1.0738, -3.0638])
    """

    arg_constraints: ClassVar[dict[str, constraints.Constraint]] = {
        "loc": constraints.real,
        "concentration": constraints.positive,
    }

    def __init__(self, loc: Any, concentration: Any, validate_args: bool | None = None) -> None:
        self.loc, self.concentration = broadcast_all(loc, concentration)
        super().__init__(self.loc.shape, validate_args=validate_args)

    @property
    def support(self) -> constraints.Constraint:
        """Real numbers."""
        return constraints.real

    @property
    def mean(self) -> Any:
        """The mean angle, loc."""
        return self.loc

    @property
    def mode(self) -> Any:
        """The most likely angle, loc."""
        return self.loc

    @property
    def variance(self) -> Any:
        """1 - I₁(κ) / I₀(κ), the circular variance."""
        return 1 - i1e(self.concentration) / i0e(self.concentration)

    def sample(self, sample_shape: Any = ()) -> Any:
        """Angles of a wrapped Cauchy distribution, drawn again until they are accepted; without gradients."""
        with no_grad():
            kappa, loc = self.concentration.to(dtypes.float64), self.loc.to(dtypes.float64)
            tau = 1 + (1 + 4 * kappa**2).sqrt()
            rho = (tau - (2 * tau).sqrt()) / (2 * kappa)
            # For small κ, where rho is rounded away, two terms of the series.
            r = ((1 + rho**2) / (2 * rho)).where(kappa >= 1e-5, 1 / kappa + kappa)
            shape = self._extended_shape(sample_shape)
            angle, accepted = zeros(shape, dtype=dtypes.float64), zeros(shape, dtype=dtypes.bool_)
            while not accepted.all():
                u, v, w = rand(3, *shape, dtype=dtypes.float64).unbind()
                z = (math.pi * u).cos()
                f = (1 + r * z) / (r + z)
                c = kappa * (r - f)
                good = (c * (2 - c) - v > 0) | ((c / v).log() + 1 - c >= 0)
                angle = ((w - 0.5).sign() * f.acos()).where(good, angle)
                accepted = accepted | good
            return ((angle + math.pi + loc) % (2 * math.pi) - math.pi).to(self.loc.dtype)

    def log_prob(self, value: Any) -> Any:
        """κ cos(x - loc) - ln(2π I₀(κ))."""
        self._validate_sample(value)
        kappa = self.concentration
        log_i0 = i0e(kappa).log() + kappa
        return kappa * (value - self.loc).cos() - math.log(2 * math.pi) - log_i0
