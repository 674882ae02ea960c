"""The chi-squared distribution."""

from __future__ import annotations

from typing import Any, ClassVar

from npnn.distributions import constraints
from npnn.distributions.distribution import broadcast_all
from npnn.distributions.gamma import Gamma


class Chi2(Gamma):
    """The sum of the squares of df standard normal values: Gamma(df / 2, 1 / 2).

    Args:
        df: the degrees of freedom, a number or a tensor.
        validate_args: whether arguments are checked. Default: they are.

    Raises:
        ValueError: df is not positive.

    Source: torch.distributions.Chi2.

    Examples:
        >>> from npnn.distributions import Chi2
        >>> Chi2(4.0).variance
        tensor(8.)
    """

    arg_constraints: ClassVar[dict[str, constraints.Constraint]] = {"df": constraints.positive}

    def __init__(self, df: Any, validate_args: bool | None = None) -> None:
        (df,) = broadcast_all(df)
        super().__init__(0.5 * df, 0.5, validate_args=validate_args)

    @property
    def df(self) -> Any:
        """The degrees of freedom."""
        return self.concentration * 2

    def expand(self, batch_shape: Any) -> Any:
        """The same distribution over a larger batch, of which this one's elements are repeated."""
        return Chi2(self.df.expand(batch_shape), validate_args=False)
