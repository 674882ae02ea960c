"""How every function of this package is evaluated: block by block, in float64, from polynomials."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Concatenate, ParamSpec

import numpy as np

from npnn._typing import Array
from npnn.ops.special._fits import Polynomial, Precision, Rational
from npnn.threads import scratch

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

P = ParamSpec("P")

BLOCK = 16384  # elements: fewer cost more calls, more no longer stay in the second-level cache

# The precision that each dtype's result asks of the arithmetic. torch promotes integers and bools to float32.
_PRECISION: dict[type[np.generic], Precision] = {
    np.float64: "double",
    np.float32: "single",
    np.float16: "single",
}


def blockwise(
    kernel: Callable[Concatenate[Array, Precision, P], Array], x: ArrayLike, *args: P.args, **kwargs: P.kwargs
) -> Array:
    """Apply an elementwise kernel to an array of any shape and real dtype.

    The kernel sees one-dimensional float64 blocks and returns float64. For a float64 result it must be right
    to a few units in the last place ("double"); for a float32 or float16 result an error of 2e-9 is enough
    ("single"), because the block is then rounded once, so that the result is correctly rounded but for rare
    near-ties.

    Args:
        kernel: Maps a block, its precision and ``args`` to a block of the same size; its name is the
            function's name with an underscore before it. It must not write to its input.
        x: Real numbers.
        *args: Passed on to the kernel.
        **kwargs: Passed on to the kernel.

    Shape:
        - x: (*), any shape
        - output: (*), the same

    Returns:
        An array of the same dtype, or float32 for integers and bools. A scalar gives a 0-d array.

    Raises:
        NotImplementedError: The dtype is complex, or not a number that torch has.

    Examples:
        >>> def _double(x, precision):
        ...     return x + x
        >>> blockwise(_double, [1, 2])
        array([2., 4.], dtype=float32)
    """
    x = np.asarray(x)
    dtype = np.dtype(np.float32) if x.dtype.kind in "biu" else x.dtype
    if dtype.type not in _PRECISION:
        name = kernel.__name__.removeprefix("_")
        raise NotImplementedError(
            f'"{name}" not implemented for {dtype}: give float16, float32, float64 or integers'
        )
    precision = _PRECISION[dtype.type]
    if not (x.flags.c_contiguous or x.flags.f_contiguous):
        x = np.ascontiguousarray(x)
    out = np.empty_like(x, dtype=dtype)
    flat, flat_out = x.ravel("K"), out.ravel("K")  # views, as both are contiguous in the same order
    with np.errstate(all="ignore"):  # poles, overflow and values that a later patch replaces are all expected
        for start in range(0, x.size, BLOCK):
            block = slice(start, start + BLOCK)
            flat_out[block] = kernel(flat[block].astype(np.float64, copy=False), precision, *args, **kwargs)
    return out


def polynomial(x: Array, coefficients: Polynomial, out: Array | None = None) -> Array:
    """Evaluate a polynomial by Horner's rule, in place: two passes over the block for each power.

    Args:
        x: Where to evaluate it.
        coefficients: At least two, lowest power first.
        out: Where to write, if there is memory for it; not x.

    Returns:
        An array of x's shape.

    Examples:
        >>> polynomial(np.array([2.0, 3.0]), (1.0, 0.0, 5.0))
        array([21., 46.])
    """
    *lower, second, first = coefficients
    if first == 1:
        y = np.add(x, second, out=out)
    else:
        y = np.multiply(x, first, out=out)
        y += second
    for coefficient in reversed(lower):
        y *= x
        y += coefficient
    return y


def rational(x: Array, fit: Rational, out: Array | None = None) -> Array:
    """Evaluate the quotient of two polynomials.

    Args:
        x: Where to evaluate it.
        fit: The coefficients of numerator and denominator, and what they multiply: powers of x or of
            t = (x - a) / (x + c).
        out: Where to write, if there is memory for it; not x.

    Returns:
        An array of x's shape.

    Examples:
        >>> from npnn.ops.special._fits import Rational
        >>> rational(np.array([2.0, 3.0]), Rational(p=(1.0, 1.0), q=(0.0, 2.0)))
        array([0.75      , 0.66666667])
        >>> rational(np.array([2.0, 3.0]), Rational(p=(1.0, 1.0), q=(0.0, 2.0), a=1.0, c=2.0))
        array([2.5 , 1.75])
    """
    if fit.c:
        t = x - fit.a
        t /= x + fit.c
        x = t
    y = polynomial(x, fit.p, out)
    y /= polynomial(x, fit.q, scratch("denominator", x.shape, x.dtype))
    return y
