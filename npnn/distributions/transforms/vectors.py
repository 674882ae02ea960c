"""Transforms of vectors and matrices: to shares of 1, and to positive definite matrices."""

from __future__ import annotations

from typing import Any

import numpy as np

from npnn.distributions import constraints
from npnn.distributions.transforms.elementwise import SigmoidTransform
from npnn.distributions.transforms.transform import Parameterless
from npnn.functional.activation import logsigmoid
from npnn.tensors import Size
from npnn.tensors.creation import arange, ones_like
from npnn.tensors.decomposition import cholesky
from npnn.tensors.diagonals import diag_embed
from npnn.tensors.joining import cat


class SoftmaxTransform(Parameterless):
    """Any vector to one of positive numbers with the sum 1; the inverse takes logarithms.

    Source: torch.distributions.transforms.SoftmaxTransform.
    """

    domain = constraints.real_vector
    codomain = constraints.simplex

    def _call(self, x: Any) -> Any:
        return x.softmax(-1)

    def _inverse(self, y: Any) -> Any:
        return y.log()

    def forward_shape(self, shape: Any) -> Any:
        """The same shape."""
        return _vector(shape)

    inverse_shape = forward_shape


class StickBreakingTransform(Parameterless):
    """K - 1 numbers to K shares of 1: each breaks off a part, a sigmoid, of what the ones before have left.

    Zeros become equal shares.

    Source: torch.distributions.transforms.StickBreakingTransform.

    Examples:
        >>> import npnn
        >>> from npnn.distributions.transforms import StickBreakingTransform
        >>> StickBreakingTransform()(npnn.zeros(3))
        tensor([0.2500, 0.2500, 0.2500, 0.2500])
    """

    domain = constraints.real_vector
    codomain = constraints.simplex
    bijective = True

    def _call(self, x: Any) -> Any:
        part = SigmoidTransform()(x - _log_remaining(x))
        left = (1 - part).cumprod(-1)
        one = ones_like(part[..., :1])
        return cat((part, one), -1) * cat((one, left), -1)

    def _inverse(self, y: Any) -> Any:
        broken = y[..., :-1]
        left = (1 - broken.cumsum(-1)).clamp(min=float(np.finfo(y.dtype).tiny))
        return broken.log() - left.log() + _log_remaining(broken)

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        """The product of the derivatives of the parts, as no share depends on later numbers."""
        x = x - _log_remaining(x)
        return (-x + logsigmoid(x) + y[..., :-1].log()).sum(-1)

    def forward_shape(self, shape: Any) -> Any:
        """One more along the last axis."""
        return Size((*_vector(shape)[:-1], shape[-1] + 1))

    def inverse_shape(self, shape: Any) -> Any:
        """One less along the last axis."""
        return Size((*_vector(shape)[:-1], shape[-1] - 1))


def _log_remaining(x: Any) -> Any:
    """ln K, ln(K - 1), ..., ln 1, for a last axis of length K."""
    return arange(x.shape[-1], 0, -1, dtype=x.dtype).log()


def _vector(shape: Any) -> Any:
    if len(shape) < 1:
        raise ValueError("Too few dimensions on input: expected at least 1, got 0")
    return shape


class LowerCholeskyTransform(Parameterless):
    """Any square matrix to a lower triangular one with a positive diagonal, through exp.

    Source: torch.distributions.transforms.LowerCholeskyTransform.
    """

    domain = constraints.independent(constraints.real, 2)
    codomain = constraints.lower_cholesky

    def _call(self, x: Any) -> Any:
        return x.tril(-1) + diag_embed(x.diagonal(dim1=-2, dim2=-1).exp())

    def _inverse(self, y: Any) -> Any:
        return y.tril(-1) + diag_embed(y.diagonal(dim1=-2, dim2=-1).log())


class PositiveDefiniteTransform(Parameterless):
    """Any square matrix to a positive definite one: L Lᵀ, with the L of `LowerCholeskyTransform`.

    Source: torch.distributions.transforms.PositiveDefiniteTransform.
    """

    domain = constraints.independent(constraints.real, 2)
    codomain = constraints.positive_definite

    def _call(self, x: Any) -> Any:
        lower = LowerCholeskyTransform()(x)
        return lower @ lower.mT

    def _inverse(self, y: Any) -> Any:
        return LowerCholeskyTransform().inv(cholesky(y))
