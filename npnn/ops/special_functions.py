"""The special functions with their derivatives: the error function, gamma, Bessel and normal families.

The values come from `npnn.ops.special`. A backward is written in terms of these operations again wherever
the derivative is itself special, so that it can be differentiated further.
Sources: the torch.special function of the same name; the derivatives are those of Abramowitz & Stegun,
"Handbook of Mathematical Functions" (1964).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from npnn._typing import Array, Gradients
from npnn.autograd.function import Context, Operation
from npnn.ops import special
from npnn.ops.arithmetic import SILENT


class Erf(Operation):
    """2/√π ∫₀ˣ exp(-t²) dt; y' = 2/√π exp(-x²)."""

    @staticmethod
    def forward(ctx: Context, x: Array) -> Array:
        ctx.save_for_backward(x)
        return special.erf(x)

    @staticmethod
    @SILENT
    def backward(ctx: Context, dy: Array) -> Gradients:
        (x,) = ctx.saved_tensors
        return (dy * (2 / math.sqrt(math.pi) * np.exp(-(x * x))),)


class Erfc(Operation):
    """1 - erf x, exact for large x; y' = -2/√π exp(-x²)."""

    @staticmethod
    def forward(ctx: Context, x: Array) -> Array:
        ctx.save_for_backward(x)
        return special.erfc(x)

    @staticmethod
    @SILENT
    def backward(ctx: Context, dy: Array) -> Gradients:
        (x,) = ctx.saved_tensors
        return (dy * (-2 / math.sqrt(math.pi) * np.exp(-(x * x))),)


class Erfcx(Operation):
    """exp(x²) erfc x; y' = 2 x y - 2/√π."""

    node_name = "SpecialErfcxBackward0"

    @staticmethod
    def forward(ctx: Context, x: Array) -> Array:
        y = special.erfcx(x)
        ctx.save_for_backward(x, y)
        return y

    @staticmethod
    @SILENT
    def backward(ctx: Context, dy: Array) -> Gradients:
        x, y = ctx.saved_tensors
        return (dy * (2 * x * y - 2 / math.sqrt(math.pi)),)


class ErfInv(Operation):
    """The inverse of erf; y' = √π/2 exp(y²)."""

    node_name = "ErfinvBackward0"

    @staticmethod
    def forward(ctx: Context, x: Array) -> Array:
        y = special.erfinv(x)
        ctx.save_for_backward(y)
        return y

    @staticmethod
    @SILENT
    def backward(ctx: Context, dy: Array) -> Gradients:
        (y,) = ctx.saved_tensors
        return (dy * (math.sqrt(math.pi) / 2 * np.exp(y * y)),)


class LGamma(Operation):
    """ln |Γ(x)|; y' = ψ(x), the digamma function."""

    node_name = "LgammaBackward0"

    @staticmethod
    def forward(ctx: Context, x: Array) -> Array:
        ctx.save_for_backward(x)
        return special.lgamma(x)

    @staticmethod
    @SILENT
    def backward(ctx: Context, dy: Array) -> Gradients:
        (x,) = ctx.saved_tensors
        return (dy * Polygamma.apply(x, n=0),)


class MultiGammaLn(Operation):
    """ln Γ_p(x) = p(p-1)/4 ln π + Σ_{j<p} ln Γ(x - j/2); y' = Σ ψ(x - j/2)."""

    node_name = "MvlgammaBackward0"

    @staticmethod
    def forward(ctx: Context, x: Array, *, p: int) -> Array:
        ctx.save_for_backward(x)
        ctx.p = p
        return special.multigammaln(x, p)

    @staticmethod
    def backward(ctx: Context, dy: Array) -> Gradients:
        (x,) = ctx.saved_tensors
        slope: Any = 0
        for j in range(ctx.p):
            slope = slope + Polygamma.apply(x - j / 2, n=0)
        return (dy * slope,)


class Polygamma(Operation):
    """The n-th derivative of the digamma function ψ(x) = Γ'(x) / Γ(x); y' is the one after it."""

    @staticmethod
    def forward(ctx: Context, x: Array, *, n: int) -> Array:
        ctx.save_for_backward(x)
        ctx.n = n
        return special.digamma(x) if n == 0 else special.polygamma(n, x)

    @staticmethod
    @SILENT
    def backward(ctx: Context, dy: Array) -> Gradients:
        (x,) = ctx.saved_tensors
        return (dy * Polygamma.apply(x, n=ctx.n + 1),)


class BesselI0(Operation):
    """The modified Bessel function I₀; y' = I₁(x)."""

    node_name = "I0Backward0"

    @staticmethod
    def forward(ctx: Context, x: Array) -> Array:
        ctx.save_for_backward(x)
        return special.i0(x)

    @staticmethod
    @SILENT
    def backward(ctx: Context, dy: Array) -> Gradients:
        (x,) = ctx.saved_tensors
        return (dy * BesselI1.apply(x),)


class BesselI0E(Operation):
    """exp(-|x|) I₀(x); y' = exp(-|x|) I₁(x) - sign(x) y."""

    node_name = "SpecialI0EBackward0"

    @staticmethod
    def forward(ctx: Context, x: Array) -> Array:
        y = special.i0e(x)
        ctx.save_for_backward(x, y)
        return y

    @staticmethod
    def backward(ctx: Context, dy: Array) -> Gradients:
        x, y = ctx.saved_tensors
        return (dy * (BesselI1E.apply(x) - np.sign(x) * y),)


class BesselI1(Operation):
    """The modified Bessel function I₁; y' = I₀(x) - y / x, and ½ at 0."""

    node_name = "SpecialI1Backward0"

    @staticmethod
    def forward(ctx: Context, x: Array) -> Array:
        y = special.i1(x)
        ctx.save_for_backward(x, y)
        return y

    @staticmethod
    @SILENT
    def backward(ctx: Context, dy: Array) -> Gradients:
        x, y = ctx.saved_tensors
        zero = x == 0
        slope = BesselI0.apply(x) - y / np.where(zero, 1.0, x)
        return (dy * np.where(zero, 0.5, slope),)


class BesselI1E(Operation):
    """exp(-|x|) I₁(x); y' = exp(-|x|) I₀(x) - (sign(x) + 1 / x) y, and ½ at 0."""

    node_name = "SpecialI1EBackward0"

    @staticmethod
    def forward(ctx: Context, x: Array) -> Array:
        y = special.i1e(x)
        ctx.save_for_backward(x, y)
        return y

    @staticmethod
    def backward(ctx: Context, dy: Array) -> Gradients:
        x, y = ctx.saved_tensors
        zero = x == 0
        slope = BesselI0E.apply(x) - y * (np.sign(x) + 1 / np.where(zero, 1.0, x))
        return (dy * np.where(zero, 0.5, slope),)


class Ndtr(Operation):
    """Φ(x), the area under the normal density left of x; y' = exp(-x²/2) / √(2π)."""

    node_name = "SpecialNdtrBackward0"

    @staticmethod
    def forward(ctx: Context, x: Array) -> Array:
        ctx.save_for_backward(x)
        return special.ndtr(x)

    @staticmethod
    @SILENT
    def backward(ctx: Context, dy: Array) -> Gradients:
        (x,) = ctx.saved_tensors
        return (dy * (np.exp(-(x * x) / 2) / math.sqrt(2 * math.pi)),)


class LogNdtr(Operation):
    """ln Φ(x), exact far to the left; y' = √(2/π) / erfcx(-x/√2)."""

    node_name = "SpecialLogNdtrBackward0"

    @staticmethod
    def forward(ctx: Context, x: Array) -> Array:
        ctx.save_for_backward(x)
        return special.log_ndtr(x)

    @staticmethod
    @SILENT
    def backward(ctx: Context, dy: Array) -> Gradients:
        (x,) = ctx.saved_tensors
        return (dy / Erfcx.apply(x * -math.sqrt(0.5)) * math.sqrt(2 / math.pi),)


class Ndtri(Operation):
    """The inverse of Φ; y' = √(2π) exp(y²/2)."""

    node_name = "SpecialNdtriBackward0"

    @staticmethod
    def forward(ctx: Context, x: Array) -> Array:
        y = special.ndtri(x)
        ctx.save_for_backward(y)
        return y

    @staticmethod
    @SILENT
    def backward(ctx: Context, dy: Array) -> Gradients:
        (y,) = ctx.saved_tensors
        return (dy * (math.sqrt(2 * math.pi) * np.exp(y * y / 2)),)


class Entr(Operation):
    """-x ln x, 0 at 0 and -∞ left of it; y' = -ln x - 1, and nan left of 0."""

    node_name = "SpecialEntrBackward0"

    @staticmethod
    @SILENT
    def forward(ctx: Context, x: Array) -> Array:
        ctx.save_for_backward(x)
        inside = np.where(x > 0, -x * np.log(np.where(x > 0, x, 1)), np.where(x == 0, 0, -np.inf))
        return np.where(np.isnan(x), x, inside).astype(x.dtype)

    @staticmethod
    @SILENT
    def backward(ctx: Context, dy: Array) -> Gradients:
        (x,) = ctx.saved_tensors
        return (dy * (-np.log(x) - 1),)
