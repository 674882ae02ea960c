"""The special functions that torch has as methods too: error function, gamma, Bessel, logit.

Integers and bools become the default floating-point dtype first.
Sources: the torch function of the same name.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from npnn.autograd.function import wrap
from npnn.ops import special_functions, transcendental
from npnn.tensors.pointwise import in_one_floating
from npnn.tensors.promotion import in_floating


def erf(input: Any) -> Any:
    """The error function: 2/√π ∫₀ˣ exp(-t²) dt."""
    return special_functions.Erf.apply(in_floating(wrap(input)))


def erfc(input: Any) -> Any:
    """1 - erf x, exact for large x."""
    return special_functions.Erfc.apply(in_floating(wrap(input)))


def erfinv(input: Any) -> Any:
    """The inverse of the error function."""
    return special_functions.ErfInv.apply(in_floating(wrap(input)))


def lgamma(input: Any) -> Any:
    """The logarithm of |Γ(x)|."""
    return special_functions.LGamma.apply(in_floating(wrap(input)))


def digamma(input: Any) -> Any:
    """The derivative of the logarithm of Γ(x)."""
    return special_functions.Polygamma.apply(in_floating(wrap(input)), n=0)


def polygamma(input: Any, other: Any) -> Any:
    """The n-th derivative of the digamma function: `polygamma(n, x)`, as a method `x.polygamma(n)`.

    Args:
        input: the number n, or x if called as a method.
        other: x, or the number n if called as a method.

    Raises:
        RuntimeError: n is negative.

    Source: torch.special.polygamma.

    Examples:
        >>> import npnn
        >>> npnn.polygamma(1, npnn.tensor([1.0]))
        tensor([1.6449])
    """
    n, x = (other, input) if isinstance(other, (int, np.integer)) else (input, other)
    if n < 0:
        raise RuntimeError(f"polygamma(n, x) does not support negative n, got {n}")
    return special_functions.Polygamma.apply(in_floating(wrap(x)), n=int(n))


def mvlgamma(input: Any, p: int) -> Any:
    """The logarithm of the multivariate gamma function of dimension p.

    Raises:
        RuntimeError: p is less than 1.
    """
    if p < 1:
        raise RuntimeError(f"p has to be greater than or equal to 1, got {p}")
    return special_functions.MultiGammaLn.apply(in_floating(wrap(input)), p=p)


def i0(input: Any) -> Any:
    """The modified Bessel function of the first kind and order 0."""
    return special_functions.BesselI0.apply(in_floating(wrap(input)))


def logit(input: Any, eps: float | None = None) -> Any:
    """ln(x / (1 - x)), the inverse of the sigmoid; with eps, x is first limited to [eps, 1 - eps]."""
    return transcendental.Logit.apply(in_floating(wrap(input)), eps=eps)


# ---- those that torch has in torch.special only


def i0e(input: Any) -> Any:
    """exp(-|x|) I₀(x)."""
    return special_functions.BesselI0E.apply(in_floating(wrap(input)))


def i1(input: Any) -> Any:
    """The modified Bessel function of the first kind and order 1."""
    return special_functions.BesselI1.apply(in_floating(wrap(input)))


def i1e(input: Any) -> Any:
    """exp(-|x|) I₁(x)."""
    return special_functions.BesselI1E.apply(in_floating(wrap(input)))


def erfcx(input: Any) -> Any:
    """exp(x²) erfc x."""
    return special_functions.Erfcx.apply(in_floating(wrap(input)))


def ndtr(input: Any) -> Any:
    """The area under the density of the normal distribution left of x."""
    return special_functions.Ndtr.apply(in_floating(wrap(input)))


def log_ndtr(input: Any) -> Any:
    """The logarithm of `ndtr`, exact far to the left."""
    return special_functions.LogNdtr.apply(in_floating(wrap(input)))


def ndtri(input: Any) -> Any:
    """The inverse of `ndtr`."""
    return special_functions.Ndtri.apply(in_floating(wrap(input)))


def entr(input: Any) -> Any:
    """-x ln x, 0 at 0 and minus infinity left of it."""
    return special_functions.Entr.apply(in_floating(wrap(input)))


def xlog1py(input: Any, other: Any) -> Any:
    """Input · ln(1 + other), and 0 where input is 0."""
    return in_one_floating(transcendental.XLog1PY, input, other)
