"""The modified Bessel functions of the first kind, of orders 0 and 1: i0, i0e, i1, i1e.

    I₀(x) = Σ (x²/4)ᵏ / k!²,   I₁(x) = x/2 Σ (x²/4)ᵏ / (k! (k + 1)!),   i0e(x) = exp(-|x|) I₀(x), and so i1e

Up to |x| = 9 a polynomial in x² follows the series, all of whose terms are positive; from there on exp(-x) √x
I(x) is a polynomial in 1/x.
Source: DLMF 10.25.2 and 10.40.1 (https://dlmf.nist.gov/10); coefficients of our own, see
tools/derive_special.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from npnn._typing import Array
from npnn.ops.special._blocks import blockwise, polynomial
from npnn.ops.special._fits import I0, I0_FAR, I1, I1_FAR, Precision

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

_FITS = ((I0, I0_FAR), (I1, I1_FAR))  # by order: the polynomial in x² and the one in 1/x
_FAR = 9.0  # from here on, the latter
_OVERFLOW = 720.0  # I₀ and I₁ are infinite in float64 from here on


def i0(x: ArrayLike) -> Array:
    """Compute the modified Bessel function of the first kind of order 0.

    Largest error seen: 5 ULP.

    Args:
        x: Real numbers.

    Shape:
        - x: (*), any shape
        - output: (*), the same

    Returns:
        Numbers from 1; infinite from |x| = 714 on, and at ±inf, where torch gives NaN.

    Raises:
        NotImplementedError: x is complex.

    Source:
        torch.i0, torch.special.i0.

    Examples:
        >>> i0(np.array([0.0, 1.0, -10.0]))
        array([1.00000000e+00, 1.26606588e+00, 2.81571663e+03])
    """
    return blockwise(_i0, x)


def _i0(x: Array, precision: Precision) -> Array:
    return _bessel(x, precision, order=0, scaled=False)


def i0e(x: ArrayLike) -> Array:
    """Compute exp(-|x|) times the modified Bessel function of order 0.

    Largest error seen: 4 ULP.

    Args:
        x: Real numbers.

    Shape:
        - x: (*), any shape
        - output: (*), the same

    Returns:
        Values in [0, 1].

    Raises:
        NotImplementedError: x is complex.

    Source:
        torch.special.i0e.

    Examples:
        >>> i0e(np.array([0.0, 1.0, -1e10]))
        array([1.00000000e+00, 4.65759608e-01, 3.98942280e-06])
    """
    return blockwise(_i0e, x)


def _i0e(x: Array, precision: Precision) -> Array:
    return _bessel(x, precision, order=0, scaled=True)


def i1(x: ArrayLike) -> Array:
    """Compute the modified Bessel function of the first kind of order 1, the derivative of i0.

    Largest error seen: 5 ULP.

    Args:
        x: Real numbers.

    Shape:
        - x: (*), any shape
        - output: (*), the same

    Returns:
        Any real number of the sign of x; infinite from |x| = 714 on, and at ±inf, where torch gives NaN.

    Raises:
        NotImplementedError: x is complex.

    Source:
        torch.special.i1.

    Examples:
        >>> i1(np.array([0.0, 1.0, -10.0]))
        array([ 0.00000000e+00,  5.65159104e-01, -2.67098830e+03])
    """
    return blockwise(_i1, x)


def _i1(x: Array, precision: Precision) -> Array:
    return _bessel(x, precision, order=1, scaled=False)


def i1e(x: ArrayLike) -> Array:
    """Compute exp(-|x|) times the modified Bessel function of order 1.

    Largest error seen: 4 ULP.

    Args:
        x: Real numbers.

    Shape:
        - x: (*), any shape
        - output: (*), the same

    Returns:
        Values in (-0.22, 0.22).

    Raises:
        NotImplementedError: x is complex.

    Source:
        torch.special.i1e.

    Examples:
        >>> i1e(np.array([0.0, 1.0, -1e10]))
        array([ 0.00000000e+00,  2.07910415e-01, -3.98942280e-06])
    """
    return blockwise(_i1e, x)


def _i1e(x: Array, precision: Precision) -> Array:
    return _bessel(x, precision, order=1, scaled=True)


def _bessel(x: Array, precision: Precision, order: Literal[0, 1], scaled: bool) -> Array:
    near_zero, beyond = _FITS[order]
    t = np.abs(x)
    value = polynomial(x * x, near_zero[precision])
    if order == 1:
        value *= x
    if scaled:
        value *= np.exp(-t)
    far = np.flatnonzero(t > _FAR)
    if far.size:
        t = t[far] if scaled else np.minimum(t[far], _OVERFLOW)
        tail = polynomial(1 / t, beyond[precision]) / np.sqrt(t)
        if not scaled:
            root = np.exp(0.5 * t)  # exp(t) itself would overflow before I(x) does
            tail = root * tail * root
        value[far] = np.copysign(tail, x[far]) if order == 1 else tail
    return value
