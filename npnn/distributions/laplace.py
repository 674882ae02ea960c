"""The Laplace distribution."""

from __future__ import annotations

import math
from typing import Any, ClassVar

import numpy as np

from npnn.distributions import constraints
from npnn.distributions.distribution import Distribution, broadcast_all
from npnn.tensors.creation import empty


class Laplace(Distribution):
    """Exponential on both sides: density exp(-|x - loc| / scale) / (2 scale).

    Args:
        loc: the mean, a number or a tensor.
        scale: the mean distance from it, a number or a tensor.
        validate_args: whether arguments are checked. Default: they are.

    Raises:
        ValueError: scale is not positive.

    Source: torch.distributions.Laplace.

    Examples:
        >>> import npnn
        >>> from npnn.distributions import Laplace
        >>> Laplace(0.0, 1.0).log_prob(npnn.tensor([0.0, 2.0]))
        tensor([-0.6931, -2.6931])
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
        """√2 scale."""
        return math.sqrt(2) * self.scale

    @property
    def variance(self) -> Any:
        """2 scale²."""
        return 2 * self.scale**2

    def rsample(self, sample_shape: Any = ()) -> Any:
        """loc - scale sign(u) ln(1 - |u|), with u uniform between -1 and 1."""
        dtype = self.loc.dtype
        u = empty(self._extended_shape(sample_shape), dtype=dtype).uniform_(float(np.finfo(dtype).eps) - 1, 1)
        return self.loc - self.scale * u.sign() * (-u.abs()).log1p()

    def log_prob(self, value: Any) -> Any:
        """The logarithm of the density."""
        self._validate_sample(value)
        return -(2 * self.scale).log() - (value - self.loc).abs() / self.scale

    def cdf(self, value: Any) -> Any:
        """The probability of a value up to this."""
        self._validate_sample(value)
        away = value - self.loc
        return 0.5 - 0.5 * away.sign() * (-away.abs() / self.scale).expm1()

    def icdf(self, value: Any) -> Any:
        """The value up to which this probability lies."""
        away = value - 0.5
        return self.loc - self.scale * away.sign() * (-2 * away.abs()).log1p()

    def entropy(self) -> Any:
        """1 + ln(2 scale)."""
        return 1 + (2 * self.scale).log()
