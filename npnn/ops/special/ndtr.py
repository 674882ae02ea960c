"""The normal distribution function and its relatives: ndtr, log_ndtr, ndtri.

    ndtr(x) = 1/√(2π) ∫ exp(-t²/2) dt from -∞ to x = erfc(-x/√2) / 2,   ndtr(ndtri(p)) = p

The identities with erf hold for real numbers; in floating point x/√2 is rounded, which erfc would magnify by
x². So the exponential is taken of -x²/2 itself, and only the slowly varying erfcx sees x/√2.
Source: DLMF 7.20.1 (https://dlmf.nist.gov/7.20).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from npnn._typing import Array
from npnn.ops.special._blocks import blockwise
from npnn.ops.special._fits import Precision
from npnn.ops.special.erf import erfcx_positive, erfinv_near, gaussian

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

_UNDERFLOW = 40.0  # ndtr(-x) is 0 in float64 from here on


def ndtr(x: ArrayLike) -> Array:
    """Compute the standard normal distribution function, the area under the bell curve left of x.

    ndtr(-|x|) = exp(-x²/2) erfcx(|x|/√2) / 2 and ndtr(x) = 1 - ndtr(-x). Largest error seen: 4 ULP.

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
        torch.special.ndtr.

    Examples:
        >>> ndtr(np.array([-38.0, -1.0, 0.0, 1.0]))
        array([2.88542835e-316, 1.58655254e-001, 5.00000000e-001, 8.41344746e-001])
    """
    return blockwise(_ndtr, x)


def _ndtr(x: Array, precision: Precision) -> Array:
    t = np.abs(x)
    y = _lower_tail(t, erfcx_positive(t * math.sqrt(0.5), precision), precision)
    return np.where(x > 0, 1 - y, y)


def log_ndtr(x: ArrayLike) -> Array:
    """Compute the logarithm of the standard normal distribution function, where that underflows too.

    For x < 0 it is log(erfcx(-x/√2) / 2) - x²/2, whose terms are both negative; for x ≥ 0, log(1 - ndtr(-x)).
    Largest error seen: 4 ULP.

    Args:
        x: Real numbers.

    Shape:
        - x: (*), any shape
        - output: (*), the same

    Returns:
        Values in [-inf, 0].

    Raises:
        NotImplementedError: x is complex.

    Source:
        torch.special.log_ndtr.

    Examples:
        >>> log_ndtr(np.array([-1e3, -1.0, 0.0, 10.0]))
        array([-5.00007827e+05, -1.84102165e+00, -6.93147181e-01, -7.61985302e-24])
    """
    return blockwise(_log_ndtr, x)


def _log_ndtr(x: Array, precision: Precision) -> Array:
    t = np.abs(x)
    scaled = erfcx_positive(t * math.sqrt(0.5), precision)
    left = np.log(0.5 * scaled) - 0.5 * t * t
    return np.where(x < 0, left, np.log1p(-_lower_tail(t, scaled, precision)))


def ndtri(x: ArrayLike) -> Array:
    """Compute the quantile of the standard normal distribution: the y with ndtr(y) = x.

    ndtri(p) = √2 erfinv(2p - 1), where erfinv is told the distance of 2p - 1 from ±1: it is 2p or 2(1 - p).
    Largest error seen: 3 ULP.

    Args:
        x: Probabilities in [0, 1].

    Shape:
        - x: (*), any shape
        - output: (*), the same

    Returns:
        Any real number; -inf at 0, inf at 1, NaN outside.

    Raises:
        NotImplementedError: x is complex.

    Source:
        torch.special.ndtri.

    Examples:
        >>> ndtri(np.array([0.0, 1e-300, 0.25, 0.5]))
        array([        -inf, -37.0470963 ,  -0.67448975,   0.        ])
    """
    return blockwise(_ndtri, x)


def _ndtri(x: Array, precision: Precision) -> Array:
    y = erfinv_near(2 * x - 1, 2 * np.minimum(x, 1 - x), precision)
    y *= math.sqrt(2)
    return y


def _lower_tail(t: Array, scaled: Array, precision: Precision) -> Array:
    """Compute ndtr(-t) for t ≥ 0, given erfcx(t/√2)."""
    y = gaussian(np.minimum(t, _UNDERFLOW), precision, half=True)
    y *= scaled
    y *= 0.5
    return y
