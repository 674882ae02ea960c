"""The logarithm of the gamma function: lgamma, multigammaln.

    Γ(x) = ∫ t^(x-1) exp(-t) dt from 0 to ∞,   lgamma(x) = log |Γ(x)|

The same four formulas cover the real line for lgamma and, differentiated, for digamma and trigamma:
- ½ ≤ x ≤ 5: a rational function of y = x - 1, after the zeros are divided out so that it is accurate near
  them too;
- x > 5: Stirling's formula about z = x - ½, where its correction is a series in 1/z² alone;
- 0 ≤ x < ½: the recurrence Γ(x) = Γ(1 + x) / x;
- x < 0: the reflection Γ(x) = π / (sin(πx) Γ(1 - x)).
So Γ(1 + y) is what to compute, with y = x - 1 for x ≥ ½ and else y = |x|.
Source: DLMF chapter 5 (https://dlmf.nist.gov/5); coefficients of our own, see tools/derive_special.py.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from npnn._typing import Array
from npnn.ops.special._blocks import blockwise, polynomial, rational
from npnn.ops.special._fits import LGAMMA, LGAMMA_FAR, Precision

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

FAR = 4.0  # Stirling's formula takes over from this y on
INTEGERS = -(2.0**53)  # all numbers below are integers


def lgamma(x: ArrayLike) -> Array:
    """Compute the logarithm of the absolute value of the gamma function.

    Largest error seen: 4 ULP for x > 0. For x < 0, where log |Γ| crosses zero twice between poles, 4 ULP of
    the larger of the two terms of log(π / |sin πx|) - lgamma(1 - x).

    Args:
        x: Real numbers.

    Shape:
        - x: (*), any shape
        - output: (*), the same

    Returns:
        Any real number; inf at the poles 0, -1, -2, ... and at ±inf.

    Raises:
        NotImplementedError: x is complex.

    Source:
        torch.lgamma, torch.special.gammaln; DLMF 5.5.1 (recurrence), 5.5.3 (reflection) and 5.11.8
        (Stirling's formula about z = x - ½).

    Examples:
        >>> lgamma(np.array([-0.5, 0.0, 1.0, 11.0]))
        array([ 1.26551212,         inf,  0.        , 15.10441257])
        >>> round(math.exp(lgamma(11.0)))  # 10!
        3628800
    """
    return blockwise(_lgamma, x)


def _lgamma(x: Array, precision: Precision) -> Array:
    value = _log_gamma_one_plus(one_less(x), precision)
    small = np.flatnonzero((x >= 0) & (x < 0.5))
    if small.size:
        value[small] -= np.log(x[small])
    negative = np.flatnonzero(x < 0)
    if negative.size:
        sine = np.abs(np.sin(np.pi * fraction(np.maximum(x[negative], INTEGERS))))
        value[negative] = np.where(sine == 0, np.inf, -np.log(sine / np.pi) - value[negative])
    return value


def _log_gamma_one_plus(y: Array, precision: Precision) -> Array:
    """Compute log Γ(1 + y) for y ≥ -½."""
    value = rational(y, LGAMMA[precision])
    value += 1.75
    value *= y
    value *= y - 1
    value /= y + 3
    value += 0.0  # log Γ(1) is 0 rather than -0
    far = np.flatnonzero(y > FAR)
    if far.size:
        z = y[far] + 0.5
        correction = polynomial(1 / (z * z), LGAMMA_FAR[precision]) / z
        value[far] = z * (np.log(z) - 1) + (correction + 0.5 * math.log(2 * math.pi))
    return value


def one_less(x: Array) -> Array:
    """Compute the y of Γ(1 + y): x - 1 for x ≥ ½, else |x|; both are exact."""
    return np.where(x < 0.5, np.abs(x), x - 1)


def fraction(x: Array) -> Array:
    """Compute the signed distance of x from the nearest integer, exactly."""
    return x - np.rint(x)


def multigammaln(x: ArrayLike, p: int) -> Array:
    """Compute the logarithm of the multivariate gamma function of dimension p.

    log Γ_p(x) = p (p - 1) / 4 · log π + Σ lgamma(x - j/2) over j = 0, ..., p - 1.

    Args:
        x: Real numbers; the function is defined for x > (p - 1) / 2.
        p: The dimension.

    Shape:
        - x: (*), any shape
        - output: (*), the same

    Returns:
        Any real number.

    Raises:
        RuntimeError: p < 1.
        NotImplementedError: x is complex.

    Source:
        torch.special.multigammaln; DLMF 35.3.4.

    Examples:
        >>> multigammaln(np.array([1.5, 4.0]), 2)
        array([0.45158271, 3.56509801])
    """
    if p < 1:
        raise RuntimeError(f"p has to be greater than or equal to 1, but got {p}")
    return blockwise(_multigammaln, x, p)


def _multigammaln(x: Array, precision: Precision, p: int) -> Array:
    constant = np.full_like(x, p * (p - 1) / 4 * math.log(math.pi))
    return sum((_lgamma(x - j / 2, precision) for j in range(p)), start=constant)
