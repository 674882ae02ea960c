"""The log-normal distribution."""

from __future__ import annotations

from typing import Any, ClassVar

from npnn.distributions import constraints
from npnn.distributions.normal import Normal
from npnn.distributions.transformed_distribution import TransformedDistribution
from npnn.distributions.transforms import ExpTransform


class LogNormal(TransformedDistribution):
    """The exponential of a normal variable.

    Args:
        loc: the mean of that variable, a number or a tensor.
        scale: its standard deviation, a number or a tensor.
        validate_args: whether arguments are checked. Default: they are.

    Raises:
        ValueError: scale is not positive.

    Source: torch.distributions.LogNormal.

    Examples:
        >>> from npnn.distributions import LogNormal
        >>> LogNormal(0.0, 1.0).mean
        tensor(1.6487)
    """

    arg_constraints: ClassVar[dict[str, constraints.Constraint]] = {
        "loc": constraints.real,
        "scale": constraints.positive,
    }

    def __init__(self, loc: Any, scale: Any, validate_args: bool | None = None) -> None:
        base = Normal(loc, scale, validate_args=validate_args)
        super().__init__(base, ExpTransform(), validate_args=validate_args)

    @property
    def loc(self) -> Any:
        """The mean of the normal variable."""
        return self.base_dist.loc

    @property
    def scale(self) -> Any:
        """The standard deviation of the normal variable."""
        return self.base_dist.scale

    @property
    def mean(self) -> Any:
        """exp(loc + scale² / 2)."""
        return (self.loc + self.scale**2 / 2).exp()

    @property
    def mode(self) -> Any:
        """exp(loc - scale²)."""
        return (self.loc - self.scale**2).exp()

    @property
    def variance(self) -> Any:
        """(exp(scale²) - 1) exp(2 loc + scale²)."""
        square = self.scale**2
        return square.expm1() * (2 * self.loc + square).exp()

    def entropy(self) -> Any:
        """That of the normal variable, plus loc."""
        return self.base_dist.entropy() + self.loc
