"""The Gumbel distribution."""

from __future__ import annotations

import math
from typing import Any, ClassVar

import numpy as np

from npnn.distributions import constraints
from npnn.distributions.distribution import EULER, broadcast_all
from npnn.distributions.transformed_distribution import TransformedDistribution
from npnn.distributions.transforms import AffineTransform, ExpTransform
from npnn.distributions.uniform import Uniform
from npnn.tensors.creation import full_like, ones_like


class Gumbel(TransformedDistribution):
    """Gumbel distributed, as largest values are: loc - scale ln(-ln u), with u uniform between 0 and 1.

    Args:
        loc: the mode, a number or a tensor.
        scale: a number or a tensor.
        validate_args: whether arguments are checked. Default: they are.

    Raises:
        ValueError: scale is not positive.

    Source: torch.distributions.Gumbel.

    Examples:
        >>> from npnn.distributions import Gumbel
        >>> Gumbel(1.0, 2.0).mean
        tensor(2.1544)
    """

    arg_constraints: ClassVar[dict[str, constraints.Constraint]] = {
        "loc": constraints.real,
        "scale": constraints.positive,
    }

    def __init__(self, loc: Any, scale: Any, validate_args: bool | None = None) -> None:
        self.loc, self.scale = broadcast_all(loc, scale)
        limits = np.finfo(self.loc.dtype)
        base = Uniform(
            full_like(self.loc, float(limits.tiny)),
            full_like(self.loc, 1 - float(limits.eps)),
            validate_args=validate_args,
        )
        transforms = [
            ExpTransform().inv,
            AffineTransform(0, -ones_like(self.scale)),
            ExpTransform().inv,
            AffineTransform(self.loc, -self.scale),
        ]
        super().__init__(base, transforms, validate_args=validate_args)

    @property
    def support(self) -> constraints.Constraint:
        """Real numbers."""
        return constraints.real

    @property
    def mean(self) -> Any:
        """loc + scale γ, with Euler's constant γ."""
        return self.loc + self.scale * EULER

    @property
    def mode(self) -> Any:
        """The most likely value, loc."""
        return self.loc

    @property
    def stddev(self) -> Any:
        """π scale / √6."""
        return (math.pi / math.sqrt(6)) * self.scale

    @property
    def variance(self) -> Any:
        """π² scale² / 6."""
        return self.stddev**2

    def log_prob(self, value: Any) -> Any:
        """The logarithm of the density."""
        self._validate_sample(value)
        y = (self.loc - value) / self.scale
        return (y - y.exp()) - self.scale.log()

    def entropy(self) -> Any:
        """ln scale + 1 + γ."""
        return self.scale.log() + (1 + EULER)
