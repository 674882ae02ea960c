"""The error function and its relatives: erf, erfc, erfcx, erfinv.

    erf(x) = 2/√π ∫₀ˣ exp(-t²) dt,   erfc(x) = 1 - erf(x),   erfcx(x) = exp(x²) erfc(x),   erf(erfinv(x)) = x

Everything that decays rests on erfcx, which falls only like 1/(x√π) and which one rational function follows
from 0 to infinity: erfc(x) = exp(-x²) erfcx(x) is then as accurate as exp(-x²), and `gaussian` makes that
accurate.
Source: DLMF chapter 7 (https://dlmf.nist.gov/7); coefficients of our own, see tools/derive_special.py.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from npnn._typing import Array
from npnn.ops.special._blocks import blockwise, rational
from npnn.ops.special._fits import ERF, ERFCX, ERFINV, ERFINV_FAR, Precision

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

_ERF_END = {"double": 1.0, "single": math.sqrt(15.6)}  # the fit of erf reaches to this x
_UNDERFLOW = 28.0  # erfc(x) is 0 and exp(x²) infinite in float64 from here on
_FAR = 1e30  # (2x + 1) erfcx(x) has reached its limit long before
_CENTRE = 6.0  # where -log(1 - x²) exceeds this, x is near one of the ends of (-1, 1)
_FARTHEST = 27.3  # √-log(1 - |x|) where 1 - |x| is the least subnormal number


def erf(x: ArrayLike) -> Array:
    """Compute the error function, 2/√π times the integral of exp(-t²) from 0 to x.

    erf(x)/x is even: a rational function of x² gives it, in float64 up to |x| = 1, from where on 1 - erfc(x)
    is as good; in float32 up to |x| = 3.95, from where on erf(x) rounds to ±1. Largest error seen: 1 ULP.

    Args:
        x: Real numbers.

    Shape:
        - x: (*), any shape
        - output: (*), the same

    Returns:
        Values in [-1, 1]; erf(±0) = ±0.

    Raises:
        NotImplementedError: x is complex.

    Source:
        torch.special.erf; DLMF 7.2.1.

    Examples:
        >>> erf(np.array([-1.0, 0.0, 0.5, 6.0]))
        array([-0.84270079,  0.        ,  0.52049988,  1.        ])
    """
    return blockwise(_erf, x)


def _erf(x: Array, precision: Precision) -> Array:
    bound = _ERF_END[precision]
    near = np.minimum(np.maximum(x, -bound), bound)
    y = rational(near * near, ERF[precision])
    y *= near
    y += near
    if precision == "double":
        far = np.flatnonzero(np.abs(x) > bound)
        if far.size:
            ends = x[far]
            y[far] = np.copysign(1 - _erfc(np.abs(ends), precision), ends)
    return y


def erfc(x: ArrayLike) -> Array:
    """Compute the complementary error function, 1 - erf(x), without its cancellation for large x.

    erfc(|x|) = exp(-x²) erfcx(|x|) and erfc(-x) = 2 - erfc(x). Largest error seen: 4 ULP, subnormal results
    included.

    Args:
        x: Real numbers.

    Shape:
        - x: (*), any shape
        - output: (*), the same

    Returns:
        Values in [0, 2].

    Raises:
        NotImplementedError: x is complex.

    Source:
        torch.special.erfc; DLMF 7.2.2 and 7.4.2.

    Examples:
        >>> erfc(np.array([-1.0, 0.0, 2.0, 20.0]))
        array([1.84270079e+000, 1.00000000e+000, 4.67773498e-003, 5.39586561e-176])
    """
    return blockwise(_erfc, x)


def _erfc(x: Array, precision: Precision) -> Array:
    t = np.abs(x)
    np.minimum(t, _UNDERFLOW, out=t)
    y = gaussian(t, precision)
    y *= erfcx_positive(t, precision)
    return np.where(x < 0, 2 - y, y)


def erfcx(x: ArrayLike) -> Array:
    """Compute the scaled complementary error function, exp(x²) erfc(x).

    A rational function for x ≥ 0; erfcx(-x) = 2 exp(x²) - erfcx(x). Largest error seen: 3 ULP.

    Args:
        x: Real numbers.

    Shape:
        - x: (*), any shape
        - output: (*), the same

    Returns:
        Values in [0, inf]; infinite below -26.64.

    Raises:
        NotImplementedError: x is complex.

    Source:
        torch.special.erfcx; DLMF 7.2.3 (at z = ix) and 7.12.1.

    Examples:
        >>> erfcx(np.array([-1.0, 0.0, 1e3, 1e200]))
        array([5.00898008e+000, 1.00000000e+000, 5.64189301e-004, 5.64189584e-201])
    """
    return blockwise(_erfcx, x)


def _erfcx(x: Array, precision: Precision) -> Array:
    t = np.abs(x)
    y = erfcx_positive(t, precision)
    negative = x < 0
    if negative.any():
        z, error = exact_square(np.minimum(t, _UNDERFLOW))
        np.copyto(y, 2 * np.exp(z) * (1 + error) - y, where=negative)
    return y


def erfinv(x: ArrayLike) -> Array:
    """Compute the inverse error function: the y with erf(y) = x.

    erfinv(x)/x is a smooth function of w = -log(1 - x²). Where w > 6, that is |x| > 0.9988, the smooth thing
    is y / √t with t = -log(1 - |x|). Largest error seen: 3 ULP.

    Args:
        x: Real numbers in [-1, 1].

    Shape:
        - x: (*), any shape
        - output: (*), the same

    Returns:
        Any real number; ±inf at ±1, NaN outside.

    Raises:
        NotImplementedError: x is complex.

    Source:
        torch.special.erfinv; the variable w is of M. Giles, "Approximating the erfinv function", GPU
        Computing Gems (2012).

    Examples:
        >>> erfinv(np.array([-1.0, 0.0, 0.5, 2.0]))
        array([       -inf, 0.        , 0.47693628,        nan])
    """
    return blockwise(_erfinv, x)


def _erfinv(x: Array, precision: Precision) -> Array:
    return erfinv_near(x, 1 - np.abs(x), precision)


def exact_square(x: Array) -> tuple[Array, Array]:
    """Split x² into its rounded value and the rounding error, so that their sum is x² to 100 bits.

    Dekker's product: float32 keeps 24 of the 53 bits of x, so that the products of the parts are exact.

    Args:
        x: Of float64, of a size that float32 can hold.

    Returns:
        The rounded square and what it lacks.
    """
    square = x * x
    high = x.astype(np.float32).astype(np.float64)
    low = x - high
    error = high * high
    error -= square
    error += 2 * high * low
    error += low * low
    return square, error


def gaussian(x: Array, precision: Precision, half: bool = False) -> Array:
    """Compute exp(-x²), or exp(-x²/2), to 1 ULP.

    exp turns the absolute error of x² into a relative error, which by x = 26 is 2⁸ ULP: put it back to first
    order.

    Args:
        x: Of float64, of a size that float32 can hold.
        precision: In single precision there is nothing to put back.
        half: Whether to halve the exponent.

    Returns:
        A new array.
    """
    scale = -0.5 if half else -1.0
    if precision == "single":
        return np.exp(scale * x * x)
    square, error = exact_square(x)
    square *= scale
    error *= scale
    y = np.exp(square, out=square)
    error *= y
    y += error
    return y


def erfcx_positive(x: Array, precision: Precision) -> Array:
    """Compute erfcx(x) for x ≥ 0.

    (2x + 1) erfcx(x) is 1 at 0 and 2/√π at infinity, and never more than 1.24: of its rounding errors, only
    those in what exceeds 1 come from the rational function.
    """
    y = rational(np.minimum(x, _FAR), ERFCX[precision])
    y += 1
    y *= 0.5
    y /= x + 0.5  # rather than 2x + 1, which may overflow
    return y


def erfinv_near(x: Array, distance: Array, precision: Precision) -> Array:
    """Compute erfinv(x) given also the distance 1 - |x|, which the caller may know better than x tells.

    Args:
        x: In [-1, 1].
        distance: 1 - |x|, negative outside.
        precision: Of the result.

    Returns:
        A new array.
    """
    w = np.abs(x)
    w += 1
    w *= distance
    np.log(w, out=w)
    np.negative(w, out=w)
    y = rational(w, ERFINV[precision])
    y += 1
    y *= x
    tail = np.flatnonzero(w > _CENTRE)
    if tail.size:
        s = np.sqrt(-np.log(distance[tail]))
        s *= 1 + rational(np.minimum(s, _FARTHEST), ERFINV_FAR[precision])
        y[tail] = np.copysign(s, x[tail])
    return y
