"""The normal distribution of long vectors that vary along a few directions."""

from __future__ import annotations

import math
from typing import Any, ClassVar

from npnn.distributions import constraints
from npnn.distributions.distribution import Distribution, kept
from npnn.distributions.multivariate_normal import apart
from npnn.tensors.combining import broadcast_tensors
from npnn.tensors.creation import eye, randn
from npnn.tensors.decomposition import cholesky
from npnn.tensors.diagonals import diag_embed
from npnn.tensors.linalg import solve_triangular


class LowRankMultivariateNormal(Distribution):
    """Normally distributed vectors of length n, with the covariance matrix Σ = W Wᵀ + D, D diagonal.

    Only matrices of the size of WᵀW are factorized, through the capacitance matrix C = 1 + Wᵀ D⁻¹ W:
    det Σ = det C det D, and Σ⁻¹ = D⁻¹ - D⁻¹ W C⁻¹ Wᵀ D⁻¹ (Woodbury).

    Args:
        loc: the mean (*, n).
        cov_factor: W (*, n, m).
        cov_diag: the diagonal of D (*, n).
        validate_args: whether arguments are checked. Default: they are.

    Raises:
        ValueError: the shapes do not fit, or cov_diag is not positive.

    Source: torch.distributions.LowRankMultivariateNormal.

    Examples:
        >>> import npnn
        >>> from npnn.distributions import LowRankMultivariateNormal
        >>> normal = LowRankMultivariateNormal(npnn.zeros(2), npnn.tensor([[1.0], [2.0]]), npnn.ones(2))
        >>> normal.covariance_matrix
        tensor([[2., 2.],
                [2., 5.]])
    """

    has_rsample = True
    arg_constraints: ClassVar[dict[str, constraints.Constraint]] = {
        "loc": constraints.real_vector,
        "cov_factor": constraints.independent(constraints.real, 2),
        "cov_diag": constraints.independent(constraints.positive, 1),
    }

    def __init__(self, loc: Any, cov_factor: Any, cov_diag: Any, validate_args: bool | None = None) -> None:
        if loc.ndim < 1:
            raise ValueError("loc must be at least one-dimensional.")
        n = loc.shape[-1]
        if cov_factor.ndim < 2 or cov_factor.shape[-2] != n:
            raise ValueError(
                f"cov_factor must be a batch of matrices with shape {n} x m, got {cov_factor.shape}"
            )
        if cov_diag.shape[-1:] != (n,):
            raise ValueError(f"cov_diag must be a batch of vectors with shape ({n},), got {cov_diag.shape}")
        try:
            loc, self.cov_factor, cov_diag = broadcast_tensors(
                loc.unsqueeze(-1), cov_factor, cov_diag.unsqueeze(-1)
            )
        except RuntimeError as error:
            raise ValueError(
                f"Incompatible batch shapes: loc {loc.shape}, cov_factor {cov_factor.shape}, cov_diag"
                f" {cov_diag.shape}"
            ) from error
        self.loc, self.cov_diag = loc[..., 0], cov_diag[..., 0]
        super().__init__(self.loc.shape[:-1], (n,), validate_args=validate_args)

    @kept
    def capacitance_tril(self) -> Any:
        """The Cholesky factor of C."""
        scaled = self.cov_factor.mT / self.cov_diag.unsqueeze(-2)
        return cholesky(scaled @ self.cov_factor + eye(scaled.shape[-2], dtype=scaled.dtype))

    @kept
    def covariance_matrix(self) -> Any:
        """W Wᵀ + D."""
        return self.cov_factor @ self.cov_factor.mT + diag_embed(self.cov_diag)

    @kept
    def precision_matrix(self) -> Any:
        """The inverse of Σ."""
        scaled = self.cov_factor.mT / self.cov_diag.unsqueeze(-2)
        half = solve_triangular(self.capacitance_tril, scaled, upper=False)
        return diag_embed(self.cov_diag.reciprocal()) - half.mT @ half

    @kept
    def scale_tril(self) -> Any:
        """The Cholesky factor of Σ, by way of D^-½ Σ D^-½, whose eigenvalues are 1 or more."""
        root = self.cov_diag.sqrt().unsqueeze(-1)
        factor = self.cov_factor / root
        return root * cholesky(factor @ factor.mT + eye(factor.shape[-2], dtype=factor.dtype))

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
        return (self.cov_factor**2).sum(-1) + self.cov_diag

    def rsample(self, sample_shape: Any = ()) -> Any:
        """loc + W ε + √D η, with ε and η of the standard normal distribution, in this order."""
        shape, dtype = self._extended_shape(sample_shape), self.loc.dtype
        few = randn(*shape[:-1], self.cov_factor.shape[-1], dtype=dtype)
        many = randn(shape, dtype=dtype)
        return self.loc + (self.cov_factor @ few.unsqueeze(-1)).squeeze(-1) + self.cov_diag.sqrt() * many

    def log_prob(self, value: Any) -> Any:
        """The logarithm of the density."""
        self._validate_sample(value)
        away = value - self.loc
        scaled = away / self.cov_diag
        along = apart(self.capacitance_tril, (self.cov_factor.mT @ scaled.unsqueeze(-1)).squeeze(-1))
        squares = (away * scaled).sum(-1) - (along**2).sum(-1)
        return -0.5 * (self._event_shape[0] * math.log(2 * math.pi) + self._log_det() + squares)

    def entropy(self) -> Any:
        """n (½ + ln √(2π)) + ½ ln det Σ."""
        return 0.5 * (self._event_shape[0] * (1.0 + math.log(2 * math.pi)) + self._log_det())

    def _log_det(self) -> Any:
        diagonal = self.capacitance_tril.diagonal(dim1=-2, dim2=-1)
        return 2 * diagonal.log().sum(-1) + self.cov_diag.log().sum(-1)
