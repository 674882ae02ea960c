"""The derivatives of lgamma: digamma, trigamma, polygamma.

    ψ(x) = d/dx log Γ(x),   ψ⁽ⁿ⁾(x) = (-1)ⁿ⁺¹ n! Σ (x + k)⁻⁽ⁿ⁺¹⁾ over k = 0, 1, 2, ...   for n ≥ 1

The first two are computed like lgamma, by the derivatives of the same four formulas (see gamma.py); the
others by summing the series, whose tail the Euler-Maclaurin formula gives.
Source: DLMF chapter 5 (https://dlmf.nist.gov/5); coefficients of our own, see tools/derive_special.py.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from npnn._typing import Array
from npnn.ops.special._blocks import blockwise, polynomial, rational
from npnn.ops.special._fits import (
    DIGAMMA,
    DIGAMMA_FAR,
    DIGAMMA_ROOT,
    TRIGAMMA,
    TRIGAMMA_FAR,
    Polynomial,
    Precision,
)
from npnn.ops.special.gamma import FAR, fraction, one_less

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

# B₂, B₄, ..., B₁₈: DLMF, Table 24.2.1
_BERNOULLI = (1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6, -3617 / 510, 43867 / 798)
_TERMS = 10  # of the series, where the Euler-Maclaurin formula needs them


def digamma(x: ArrayLike) -> Array:
    """Compute the digamma function, the derivative of lgamma.

    ψ(x) = ψ(1 + x) - 1/x for 0 ≤ x < ½ and ψ(1 - x) - π cot(πx) for x < 0. Largest error seen: 3 ULP for
    positive x, also near the zero 1.4616...; for negative x, 4 ULP of the larger of the two terms.

    Args:
        x: Real numbers.

    Shape:
        - x: (*), any shape
        - output: (*), the same

    Returns:
        Any real number; ∓inf at ±0, NaN at the poles -1, -2, ... where the two sides differ, and at -inf.

    Raises:
        NotImplementedError: x is complex.

    Source:
        torch.digamma, torch.special.digamma; DLMF 5.5.2 (recurrence) and 5.5.4 (reflection).

    Examples:
        >>> digamma(np.array([-1.5, -1.0, 0.0, 1.0]))
        array([ 0.70315664,         nan,        -inf, -0.57721566])
    """
    return blockwise(_digamma, x)


def _digamma(x: Array, precision: Precision) -> Array:
    y = one_less(x)
    high, low = DIGAMMA_ROOT
    value = rational(y, DIGAMMA[precision])
    value += 1.5
    value *= (y - high) - low
    value /= y + 1
    far = np.flatnonzero(y > FAR)
    if far.size:
        z = y[far] + 0.5
        v = 1 / (z * z)
        value[far] = np.log(z) + v * polynomial(v, DIGAMMA_FAR[precision])
    small = np.flatnonzero((x < 0.5) & (x >= 0))
    if small.size:
        value[small] -= 1 / x[small]
    negative = np.flatnonzero(x < 0)
    if negative.size:
        value[negative] -= np.pi * _cotangent(fraction(x[negative]))
    return value


def _cotangent(x: Array) -> Array:
    """Compute cot(πx) for |x| ≤ ½, as the tangent of the distance from ½ when that is nearer; NaN at 0."""
    t = np.abs(x)
    near = t < 0.25
    tangent = np.tan(np.pi * np.where(near, t, 0.5 - t))
    return np.copysign(np.where(near, np.where(t == 0, np.nan, 1 / tangent), tangent), x)


def trigamma(x: ArrayLike) -> Array:
    """Compute the trigamma function, the second derivative of lgamma.

    ψ′(x) = ψ′(1 + x) + 1/x² for 0 ≤ x < ½ and (π / sin πx)² - ψ′(1 - x) for x < 0. Largest error seen: 3 ULP
    for positive x, 5 ULP for negative x.

    Args:
        x: Real numbers.

    Shape:
        - x: (*), any shape
        - output: (*), the same

    Returns:
        Positive numbers; inf at the poles 0, -1, -2, ... (torch gives large finite numbers at some of them),
        NaN at -inf.

    Raises:
        NotImplementedError: x is complex.

    Source:
        torch.polygamma with n = 1; DLMF 5.15.6 (reflection).

    Examples:
        >>> trigamma(np.array([-1.5, 0.0, 1.0, np.inf]))
        array([9.37924664,        inf, 1.64493407, 0.        ])
    """
    return blockwise(_trigamma, x)


def _trigamma(x: Array, precision: Precision) -> Array:
    y = one_less(x)
    value = rational(y, TRIGAMMA[precision])
    value += 1
    value /= y + 0.6875
    far = np.flatnonzero(y > FAR)
    if far.size:
        u = 1 / (y[far] + 0.5)
        v = u * u
        value[far] = u + u * v * polynomial(v, TRIGAMMA_FAR[precision])
    small = np.flatnonzero((x < 0.5) & (x >= 0))
    if small.size:
        value[small] += np.square(1 / x[small])
    negative = np.flatnonzero(x < 0)
    if negative.size:
        value[negative] = np.square(np.pi / np.sin(np.pi * fraction(x[negative]))) - value[negative]
    return value


def polygamma(n: int, x: ArrayLike) -> Array:
    """Compute the n-th derivative of the digamma function.

    For x < 0 the terms of the series left of 0 are summed apart: with d the distance to the integer above x,
    Σ (x + k)⁻ˢ = ζ(s, 1 - d) + (-1)ˢ (ζ(s, d) - ζ(s, 1 - x)), where ζ(s, q) = Σ (q + k)⁻ˢ for q > 0.
    Largest error seen for positive x: 6 ULP for n ≤ 8, 11 ULP for n = 30; for negative x, the same of the
    sum of the terms' absolute values.

    Args:
        n: The order, from 0.
        x: Real numbers.

    Shape:
        - x: (*), any shape
        - output: (*), the same

    Returns:
        As `digamma` and `trigamma` for n = 0 and 1. Otherwise (-1)ⁿ⁺¹ inf at the poles 0, -1, -2, ... and at
        -inf, and zero at inf, where torch gives NaN.

    Raises:
        RuntimeError: n is negative.
        NotImplementedError: x is complex.

    Source:
        torch.polygamma; DLMF 5.15.1, 25.11.1 and 2.10.1 (Euler-Maclaurin).

    Examples:
        >>> polygamma(2, np.array([-1.5, 0.0, 1.0]))
        array([-0.23620405,        -inf, -2.40411381])
    """
    if n < 0:
        raise RuntimeError(f"polygamma(n, x) does not support negative n, but got n = {n}")
    if n == 0:
        return digamma(x)
    if n == 1:
        return trigamma(x)
    return blockwise(_polygamma, x, n)


def _polygamma(x: Array, precision: Precision, n: int) -> Array:
    s = n + 1
    # n! and the powers of x may both leave float64's range where their quotient does not: measure x in units
    # of a power of two, which is exact, such that the factor left over is near 1.
    exponent = round(math.log2(math.factorial(n)) / s)
    factor = (-1) ** s * (math.factorial(n) / 2 ** (exponent * s))
    unit = 2.0**exponent
    value = _zeta(s, np.abs(x), unit)
    left = np.flatnonzero(x < 0)
    if left.size:
        above = np.ceil(x[left]) - x[left]
        mirrored = _zeta(s, above, unit) - _zeta(s, 1 - x[left], unit)
        split = _zeta(s, x[left] - np.floor(x[left]), unit) + (-1) ** s * mirrored
        value[left] = np.where(x[left] == np.floor(x[left]), np.inf, split)
    value *= factor
    return value


def _zeta(s: int, q: Array, unit: float) -> Array:
    """Compute unitˢ ζ(s, q), that is Σ ((q + k) / unit)⁻ˢ over k = 0, 1, 2, ..., for q ≥ 0.

    The terms from a = q + k on are their integral, half the first and corrections by its derivatives:
    a¹⁻ˢ/(s - 1) + a⁻ˢ/2 + Σ B₂ⱼ/(2j)! · s (s + 1) ... (s + 2j - 2) a⁻ˢ⁻²ʲ⁺¹. That is from q itself on where
    q ≥ s + _TERMS, and else from q + _TERMS on, which cannot always be rounded well enough for a high power.
    """
    near = np.flatnonzero(q < s + _TERMS)
    a = q.copy()
    a[near] += _TERMS
    u = 1 / a
    total = 1 / (s - 1) + u * (0.5 + u * polynomial(u * u, _euler_maclaurin(s)))
    total *= unit * np.power(a / unit, 1 - s)
    for k in reversed(range(_TERMS)):  # the largest last
        total[near] += np.power((q[near] + k) / unit, -s)
    return total


def _euler_maclaurin(s: int) -> Polynomial:
    """The coefficients of the corrections, in powers of a⁻²."""
    coefficients = []
    rising = s / 2  # s (s + 1) ... (s + 2j - 2) / (2j)! for j = 1
    for j, bernoulli in enumerate(_BERNOULLI, start=1):
        coefficients.append(bernoulli * rising)
        rising *= (s + 2 * j - 1) * (s + 2 * j) / ((2 * j + 1) * (2 * j + 2))
    return tuple(coefficients)
