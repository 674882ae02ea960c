"""The logistic-normal distribution."""

from __future__ import annotations

from typing import Any, ClassVar

from npnn.distributions import constraints
from npnn.distributions.normal import Normal
from npnn.distributions.transformed_distribution import TransformedDistribution
from npnn.distributions.transforms import StickBreakingTransform


class LogisticNormal(TransformedDistribution):
    """Shares of 1, broken off by sigmoids of normal variables: see `transforms.StickBreakingTransform`.

    Args:
        loc: the means of these variables, a number or a tensor (*, K - 1).
        scale: their standard deviations.
        validate_args: whether arguments are checked. Default: they are.

    Raises:
        ValueError: scale is not positive.

    Source: torch.distributions.LogisticNormal.

    Examples:
        >>> import npnn
        >>> from npnn.distributions import LogisticNormal
        >>> LogisticNormal(npnn.zeros(2), 1.0).event_shape
        torch.Size([3])
    """

    arg_constraints: ClassVar[dict[str, constraints.Constraint]] = {
        "loc": constraints.real,
        "scale": constraints.positive,
    }

    def __init__(self, loc: Any, scale: Any, validate_args: bool | None = None) -> None:
        base = Normal(loc, scale, validate_args=validate_args)
        if not base.batch_shape:
            base = base.expand((1,))
        super().__init__(base, StickBreakingTransform(), validate_args=validate_args)

    @property
    def loc(self) -> Any:
        """The means of the normal variables."""
        return self.base_dist.base_dist.loc

    @property
    def scale(self) -> Any:
        """The standard deviations of the normal variables."""
        return self.base_dist.base_dist.scale
