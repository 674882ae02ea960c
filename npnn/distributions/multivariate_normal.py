"""The normal distribution of vectors."""

from __future__ import annotations

import math
from typing import Any, ClassVar

import numpy as np

from npnn.distributions import constraints
from npnn.distributions.distribution import Distribution, kept
from npnn.tensors.creation import eye, randn
from npnn.tensors.decomposition import cholesky
from npnn.tensors.linalg import solve_triangular


class MultivariateNormal(Distribution):
    """Normally distributed vectors of length n, with the covariance matrix Σ = L Lᵀ.

    Args:
        loc: the mean (*, n).
        covariance_matrix: Σ (*, n, n), or instead of it one of the others.
        precision_matrix: its inverse.
        scale_tril: its Cholesky factor, the lower triangular L.
        validate_args: whether arguments are checked. Default: they are.

    Attributes:
        covariance_matrix: Σ.
        precision_matrix: its inverse.
        scale_tril: L.

    Raises:
        ValueError: not exactly one of the matrices is given, a parameter has too few axes, or a matrix is not
            what it must be.

    Source: torch.distributions.MultivariateNormal.

    Examples:
        >>> import npnn
        >>> from npnn.distributions import MultivariateNormal
        >>> normal = MultivariateNormal(npnn.zeros(2), npnn.tensor([[4.0, 2.0], [2.0, 5.0]]))
        >>> normal.scale_tril
        tensor([[2., 0.],
                [1., 2.]])
        >>> normal.log_prob(npnn.zeros(2))
        tensor(-3.2242)
    """

    has_rsample = True
    arg_constraints: ClassVar[dict[str, constraints.Constraint]] = {
        "loc": constraints.real_vector,
        "covariance_matrix": constraints.positive_definite,
        "precision_matrix": constraints.positive_definite,
        "scale_tril": constraints.lower_cholesky,
    }

    def __init__(
        self,
        loc: Any,
        covariance_matrix: Any = None,
        precision_matrix: Any = None,
        scale_tril: Any = None,
        validate_args: bool | None = None,
    ) -> None:
        if loc.ndim < 1:
            raise ValueError("loc must be at least one-dimensional.")
        matrices = {
            "covariance_matrix": covariance_matrix,
            "precision_matrix": precision_matrix,
            "scale_tril": scale_tril,
        }
        given = [(name, matrix) for name, matrix in matrices.items() if matrix is not None]
        if len(given) != 1:
            raise ValueError(
                "Exactly one of covariance_matrix or precision_matrix or scale_tril may be specified."
            )
        ((name, matrix),) = given
        if matrix.ndim < 2:
            raise ValueError(
                f"{name} must be at least two-dimensional, with optional leading batch dimensions"
            )
        batch = np.broadcast_shapes(matrix.shape[:-2], loc.shape[:-1])
        setattr(self, name, matrix.expand(*batch, -1, -1))
        self.loc = loc.expand(*batch, -1)
        super().__init__(batch, self.loc.shape[-1:], validate_args=validate_args)

    @kept
    def factor(self) -> Any:
        """The same as scale_tril, but not told as a parameter once it is known."""
        if "scale_tril" in vars(self):
            return self.scale_tril
        if "covariance_matrix" in vars(self):
            return cholesky(self.covariance_matrix)
        # Turned round in both axes, the factor of Σ⁻¹ is upper triangular: Σ⁻¹ = U Uᵀ, and L = U⁻ᵀ.
        upper = cholesky(self.precision_matrix.flip(-2, -1)).flip(-2, -1)
        return solve_triangular(upper.mT, self._identity(), upper=False)

    @kept
    def scale_tril(self) -> Any:
        """The Cholesky factor of the covariance matrix."""
        return self.factor

    @kept
    def covariance_matrix(self) -> Any:
        """L Lᵀ."""
        return self.factor @ self.factor.mT

    @kept
    def precision_matrix(self) -> Any:
        """L⁻ᵀ L⁻¹."""
        inverse = solve_triangular(self.factor, self._identity(), upper=False)
        return inverse.mT @ inverse

    def _identity(self) -> Any:
        return eye(self._event_shape[0], dtype=self.loc.dtype)

    @property
    def support(self) -> constraints.Constraint:
        """Vectors of real numbers."""
        return constraints.real_vector

    @property
    def mean(self) -> Any:
        """The mean, loc."""
        return self.loc

    @property
    def mode(self) -> Any:
        """The most likely value, loc."""
        return self.loc

    @property
    def variance(self) -> Any:
        """The diagonal of Σ."""
        return (self.factor**2).sum(-1)

    def rsample(self, sample_shape: Any = ()) -> Any:
        """loc + L ε, with ε of the standard normal distribution."""
        noise = randn(self._extended_shape(sample_shape), dtype=self.loc.dtype)
        return self.loc + (self.factor @ noise.unsqueeze(-1)).squeeze(-1)

    def log_prob(self, value: Any) -> Any:
        """The logarithm of the density: -½ |L⁻¹ (x - loc)|² - Σ ln Lᵢᵢ - n ln √(2π)."""
        self._validate_sample(value)
        squares = (apart(self.factor, value - self.loc) ** 2).sum(-1)
        return -0.5 * (self._event_shape[0] * math.log(2 * math.pi) + squares) - self.half_log_det()

    def entropy(self) -> Any:
        """n (½ + ln √(2π)) + Σ ln Lᵢᵢ."""
        return 0.5 * self._event_shape[0] * (1.0 + math.log(2 * math.pi)) + self.half_log_det()

    def half_log_det(self) -> Any:
        """½ ln det Σ, the sum of the logarithms of L's diagonal."""
        return self.factor.diagonal(dim1=-2, dim2=-1).log().sum(-1)


def apart(lower: Any, vector: Any) -> Any:
    """L⁻¹ v, for stacks of both that broadcast."""
    return solve_triangular(lower, vector.unsqueeze(-1), upper=False).squeeze(-1)
