"""Student's t-distribution."""

# ruff: noqa: N999 - torch's name of the file

from __future__ import annotations

import math
from typing import Any, ClassVar

from npnn.distributions import constraints
from npnn.distributions.chi2 import Chi2
from npnn.distributions.distribution import Distribution, broadcast_all
from npnn.tensors.creation import randn


class StudentT(Distribution):
    """loc + scale · z / √(c / df), for a standard normal z and a chi-squared c with df degrees of freedom.

    Args:
        df: the degrees of freedom, a number or a tensor.
        loc: a number or a tensor.
        scale: a number or a tensor.
        validate_args: whether arguments are checked. Default: they are.

    Raises:
        ValueError: df or scale is not positive.

    Source: torch.distributions.StudentT.

    Examples:
        >>> import npnn
        >>> from npnn.distributions import StudentT
        >>> StudentT(npnn.tensor([1.0, 3.0])).variance
        tensor([nan, 3.])
    """

    has_rsample = True
    arg_constraints: ClassVar[dict[str, constraints.Constraint]] = {
        "df": constraints.positive,
        "loc": constraints.real,
        "scale": constraints.positive,
    }

    def __init__(self, df: Any, loc: Any = 0.0, scale: Any = 1.0, validate_args: bool | None = None) -> None:
        self.df, self.loc, self.scale = broadcast_all(df, loc, scale)
        super().__init__(self.df.shape, validate_args=validate_args)

    @property
    def support(self) -> constraints.Constraint:
        """Real numbers."""
        return constraints.real

    @property
    def mean(self) -> Any:
        """loc, or nan for df of at most 1."""
        return self.loc.masked_fill(self.df <= 1, math.nan)

    @property
    def mode(self) -> Any:
        """The most likely value, loc."""
        return self.loc

    @property
    def variance(self) -> Any:
        """scale² df / (df - 2); infinite for df of at most 2, nan for df of at most 1."""
        variance = self.scale**2 * self.df / (self.df - 2)
        return variance.masked_fill(self.df <= 2, math.inf).masked_fill(self.df <= 1, math.nan)

    def rsample(self, sample_shape: Any = ()) -> Any:
        """The normal value is drawn first, then the chi-squared one."""
        normal = randn(self._extended_shape(sample_shape), dtype=self.df.dtype)
        squares = Chi2(self.df, validate_args=False).rsample(sample_shape)
        return self.loc + self.scale * (normal * (squares / self.df).rsqrt())

    def log_prob(self, value: Any) -> Any:
        """The logarithm of the density."""
        self._validate_sample(value)
        y = (value - self.loc) / self.scale
        normalizer = (
            self.scale.log()
            + 0.5 * self.df.log()
            + 0.5 * math.log(math.pi)
            + (0.5 * self.df).lgamma()
            - (0.5 * (self.df + 1.0)).lgamma()
        )
        return -0.5 * (self.df + 1.0) * (y**2.0 / self.df).log1p() - normalizer

    def entropy(self) -> Any:
        """In terms of ln B(df / 2, 1 / 2) and the digamma function."""
        half, more = 0.5 * self.df, 0.5 * (self.df + 1)
        log_beta = half.lgamma() + 0.5 * math.log(math.pi) - more.lgamma()
        surprise = more * (more.digamma() - half.digamma())
        return self.scale.log() + surprise + 0.5 * self.df.log() + log_beta
