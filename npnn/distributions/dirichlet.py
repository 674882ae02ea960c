"""The Dirichlet distribution."""

from __future__ import annotations

from typing import Any, ClassVar

from npnn.autograd.function import wrap
from npnn.distributions import constraints
from npnn.distributions.distribution import Distribution
from npnn.ops.random_samples import DirichletSample
from npnn.random import default_generator
from npnn.tensors.creation import zeros_like
from npnn.tensors.pointwise import xlogy


class Dirichlet(Distribution):
    """Shares of 1: density ∏ xᵢ^(αᵢ - 1) Γ(Σα) / ∏ Γ(αᵢ), for positive x with the sum 1.

    Samples are torch's from the same seed. Their gradients are exact to rounding, where torch's are
    approximations, right to three digits.

    Args:
        concentration: α (*, K), a tensor.
        validate_args: whether arguments are checked. Default: they are.

    Raises:
        ValueError: the concentration has no axis, or is not positive.

    Source: torch.distributions.Dirichlet.

    Examples:
        >>> import npnn
        >>> from npnn.distributions import Dirichlet
        >>> Dirichlet(npnn.tensor([1.0, 3.0])).mean
        tensor([0.2500, 0.7500])
    """

    has_rsample = True
    arg_constraints: ClassVar[dict[str, constraints.Constraint]] = {
        "concentration": constraints.independent(constraints.positive, 1)
    }

    def __init__(self, concentration: Any, validate_args: bool | None = None) -> None:
        if concentration.ndim < 1:
            raise ValueError("`concentration` parameter must be at least one-dimensional.")
        self.concentration = concentration
        super().__init__(concentration.shape[:-1], concentration.shape[-1:], validate_args=validate_args)

    @property
    def support(self) -> constraints.Constraint:
        """Vectors of positive numbers with the sum 1."""
        return constraints.simplex

    @property
    def mean(self) -> Any:
        """α / Σα."""
        return self.concentration / self.concentration.sum(-1, True)

    @property
    def mode(self) -> Any:
        """(α - 1)⁺ over its sum; where all α are below 1, every corner is one, and the first is told."""
        edge = (self.concentration < 1).all(-1, keepdim=True)
        above = (self.concentration - 1).clamp(min=0.0).masked_fill(edge, 1.0)
        corner = zeros_like(above)
        corner[..., 0] = 1.0
        return corner.where(edge, above / above.sum(-1, True))

    @property
    def variance(self) -> Any:
        """α (Σα - α) / (Σα² (Σα + 1))."""
        total = self.concentration.sum(-1, True)
        return self.concentration * (total - self.concentration) / (total**2 * (total + 1))

    def rsample(self, sample_shape: Any = ()) -> Any:
        """Gamma distributed numbers over their sum."""
        concentration = self.concentration.expand(self._extended_shape(sample_shape))
        drawn = wrap(default_generator.dirichlet(concentration.array))
        return DirichletSample.apply(concentration, drawn)

    def log_prob(self, value: Any) -> Any:
        """The logarithm of the density."""
        self._validate_sample(value)
        alpha = self.concentration
        return xlogy(alpha - 1.0, value).sum(-1) + alpha.sum(-1).lgamma() - alpha.lgamma().sum(-1)

    def entropy(self) -> Any:
        """Σ ln Γ(α) - ln Γ(Σα) - (K - Σα) ψ(Σα) - Σ (α - 1) ψ(α)."""
        alpha, total = self.concentration, self.concentration.sum(-1)
        return (
            alpha.lgamma().sum(-1)
            - total.lgamma()
            - (alpha.shape[-1] - total) * total.digamma()
            - ((alpha - 1.0) * alpha.digamma()).sum(-1)
        )
