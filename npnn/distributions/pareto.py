"""The Pareto distribution."""

from __future__ import annotations

from typing import Any, ClassVar

from npnn.distributions import constraints
from npnn.distributions.distribution import broadcast_all
from npnn.distributions.exponential import Exponential
from npnn.distributions.transformed_distribution import TransformedDistribution
from npnn.distributions.transforms import AffineTransform, ExpTransform


class Pareto(TransformedDistribution):
    """Pareto distributed: density α scaleᵅ / x^(α + 1), for x from scale on.

    Args:
        scale: the least value, a number or a tensor.
        alpha: how fast the density falls, a number or a tensor.
        validate_args: whether arguments are checked. Default: they are.

    Raises:
        ValueError: a parameter is not positive.

    Source: torch.distributions.Pareto.

    Examples:
        >>> from npnn.distributions import Pareto
        >>> Pareto(1.0, 3.0).mean
        tensor(1.5000)
    """

    arg_constraints: ClassVar[dict[str, constraints.Constraint]] = {
        "alpha": constraints.positive,
        "scale": constraints.positive,
    }

    def __init__(self, scale: Any, alpha: Any, validate_args: bool | None = None) -> None:
        self.scale, self.alpha = broadcast_all(scale, alpha)
        base = Exponential(self.alpha, validate_args=validate_args)
        transforms = [ExpTransform(), AffineTransform(0, self.scale)]
        super().__init__(base, transforms, validate_args=validate_args)

    @property
    def support(self) -> constraints.Constraint:
        """Numbers from scale on."""
        return constraints.greater_than_eq(self.scale)

    @property
    def mean(self) -> Any:
        """α scale / (α - 1), infinite for α of at most 1."""
        alpha = self.alpha.clamp(min=1)
        return alpha * self.scale / (alpha - 1)

    @property
    def mode(self) -> Any:
        """The most likely value, scale."""
        return self.scale

    @property
    def variance(self) -> Any:
        """scale² α / ((α - 1)² (α - 2)), infinite for α of at most 2."""
        alpha = self.alpha.clamp(min=2)
        return self.scale**2 * alpha / ((alpha - 1) ** 2 * (alpha - 2))

    def entropy(self) -> Any:
        """ln(scale / α) + 1 + 1 / α."""
        return (self.scale / self.alpha).log() + (1 + self.alpha.reciprocal())
