"""More functions element by element: inverse hyperbolic ones, angles, powers of 2 and logarithms of sums.

What `npnn.ops.pointwise` and `npnn.ops.arithmetic` hold is what networks use at every step; this file is read
when one of its functions is first called. Out of a function's domain lies nan, as on torch, without NumPy's
warning.
Sources: the torch function of the same name.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from npnn._typing import Array, Gradients
from npnn.autograd.function import Context, Operation
from npnn.ops.arithmetic import SILENT


class ArcSinh(Operation):
    """Arsinh x = ln(x + √(x² + 1)); y' = 1 / √(x² + 1)."""

    node_name = "AsinhBackward0"

    @staticmethod
    def forward(ctx: Context, x: Array) -> Array:
        ctx.save_for_backward(x)
        return np.arcsinh(x)

    @staticmethod
    def backward(ctx: Context, dy: Array) -> Gradients:
        (x,) = ctx.saved_tensors
        return (dy / np.sqrt(x * x + 1),)


class ArcCosh(Operation):
    """Arcosh x = ln(x + √(x² - 1)); y' = 1 / √(x² - 1)."""

    node_name = "AcoshBackward0"

    @staticmethod
    @SILENT
    def forward(ctx: Context, x: Array) -> Array:
        ctx.save_for_backward(x)
        return np.arccosh(x)

    @staticmethod
    @SILENT
    def backward(ctx: Context, dy: Array) -> Gradients:
        (x,) = ctx.saved_tensors
        return (dy / np.sqrt(x * x - 1),)


class ArcTanh(Operation):
    """Artanh x = ½ ln((1 + x) / (1 - x)); y' = 1 / (1 - x²)."""

    node_name = "AtanhBackward0"

    @staticmethod
    @SILENT
    def forward(ctx: Context, x: Array) -> Array:
        ctx.save_for_backward(x)
        return np.arctanh(x)

    @staticmethod
    @SILENT
    def backward(ctx: Context, dy: Array) -> Gradients:
        (x,) = ctx.saved_tensors
        return (dy / (1 - x * x),)


class Exp2(Operation):
    """2ˣ; y' = y ln 2."""

    @staticmethod
    @SILENT
    def forward(ctx: Context, x: Array) -> Array:
        y = np.exp2(x)
        ctx.save_for_backward(y)
        return y

    @staticmethod
    def backward(ctx: Context, dy: Array) -> Gradients:
        (y,) = ctx.saved_tensors
        return (dy * (y * math.log(2)),)


class Logit(Operation):
    """ln(x / (1 - x)), x first limited to [eps, 1 - eps] if there is an eps; y' = 1 / (x (1 - x)).

    Where x was limited the gradient is 0; without a limit it is nan outside [0, 1].
    """

    @staticmethod
    @SILENT
    def forward(ctx: Context, x: Array, *, eps: float | None = None) -> Array:
        ctx.save_for_backward(x)
        ctx.eps = eps
        if eps is not None:
            low, high = x.dtype.type(eps), x.dtype.type(1 - eps)
            x = np.where(x < low, low, np.where(x > high, high, x))
        return np.log(x / (1 - x))

    @staticmethod
    @SILENT
    def backward(ctx: Context, dy: Array) -> Gradients:
        (x,) = ctx.saved_tensors
        low, outside = (0.0, np.nan) if ctx.eps is None else (ctx.eps, 0.0)
        inside = (x >= low) & (x <= 1 - low)
        x = np.where(inside, x, 0.5)
        return (np.where(inside, dy / (x * (1 - x)), np.asarray(outside, dy.dtype)),)


class Sinc(Operation):
    """sin(πx) / (πx), and 1 at 0; y' = (πx cos(πx) - sin(πx)) / (πx²), and 0 at 0."""

    @staticmethod
    def forward(ctx: Context, x: Array) -> Array:
        ctx.save_for_backward(x)
        return np.sinc(x)

    @staticmethod
    def backward(ctx: Context, dy: Array) -> Gradients:
        (x,) = ctx.saved_tensors
        zero = x == 0
        angle = math.pi * np.where(zero, 1.0, x)
        slope = math.pi * (angle * np.cos(angle) - np.sin(angle)) / (angle * angle)
        return (dy * np.where(zero, 0.0, slope),)


class ArcTan2(Operation):
    """The angle of the point (x, y), over the whole circle; dy = da x / (x² + y²), dx = -da y / (x² + y²).

    At the origin, which lies in every direction, the gradient is 0.
    """

    node_name = "Atan2Backward0"

    @staticmethod
    def forward(ctx: Context, y: Array, x: Array) -> Array:
        ctx.save_for_backward(y, x)
        return np.arctan2(y, x)

    @staticmethod
    def backward(ctx: Context, da: Array) -> Gradients:
        y, x = ctx.saved_tensors
        squares = x * x + y * y
        scaled = da / np.where(squares == 0, np.inf, squares)
        return scaled * x, -scaled * y


class Hypot(Operation):
    """√(x² + y²) without overflow; dx = dz x / z, dy = dz y / z."""

    @staticmethod
    def forward(ctx: Context, x: Array, y: Array) -> Array:
        z = np.hypot(x, y)
        ctx.save_for_backward(x, y, z)
        return z

    @staticmethod
    @SILENT
    def backward(ctx: Context, dz: Array) -> Gradients:
        x, y, z = ctx.saved_tensors
        return dz * (x / z), dz * (y / z)


class LogAddExp(Operation):
    """z = ln(eˣ + eʸ) without overflow; dx = dz exp(x - z), dy = dz exp(y - z)."""

    node_name = "LogaddexpBackward0"

    @staticmethod
    def forward(ctx: Context, x: Array, y: Array) -> Array:
        z = np.logaddexp(x, y)
        ctx.save_for_backward(x, y, z)
        return z

    @staticmethod
    @SILENT
    def backward(ctx: Context, dz: Array) -> Gradients:
        x, y, z = ctx.saved_tensors
        return dz * np.exp(x - z), dz * np.exp(y - z)


class LogAddExp2(Operation):
    """z = log₂(2ˣ + 2ʸ) without overflow; dx = dz 2^(x - z), dy = dz 2^(y - z)."""

    node_name = "Logaddexp2Backward0"

    @staticmethod
    def forward(ctx: Context, x: Array, y: Array) -> Array:
        z = np.logaddexp2(x, y)
        ctx.save_for_backward(x, y, z)
        return z

    @staticmethod
    @SILENT
    def backward(ctx: Context, dz: Array) -> Gradients:
        x, y, z = ctx.saved_tensors
        return dz * Exp2.apply(x - z), dz * Exp2.apply(y - z)


class XLogY(Operation):
    """x ln y, and 0 where x = 0, unless y is nan; dx = dz ln y, dy = dz x / y.

    dx is 0 where x = 0 and y <= 0.
    """

    node_name = "XlogyBackward0"

    @staticmethod
    @SILENT
    def forward(ctx: Context, x: Array, y: Array) -> Array:
        ctx.save_for_backward(x, y)
        return np.where((x == 0) & ~np.isnan(y), np.zeros_like(x), x * np.log(y))

    @staticmethod
    @SILENT
    def backward(ctx: Context, dz: Array) -> Gradients:
        x, y = ctx.saved_tensors
        flat = (x == 0) & (y <= 0)
        return dz * np.where(flat, 0.0, np.log(np.where(flat, 1.0, y))), dz * (x / y)


class XLog1PY(Operation):
    """x ln(1 + y), and 0 where x = 0, unless y is nan; dx = dz ln(1 + y), dy = dz x / (1 + y).

    dx is 0 where x = 0 and y <= -1.
    """

    node_name = "SpecialXlog1PyBackward0"

    @staticmethod
    @SILENT
    def forward(ctx: Context, x: Array, y: Array) -> Array:
        ctx.save_for_backward(x, y)
        return np.where((x == 0) & ~np.isnan(y), np.zeros_like(x), x * np.log1p(y))

    @staticmethod
    @SILENT
    def backward(ctx: Context, dz: Array) -> Gradients:
        x, y = ctx.saved_tensors
        flat = (x == 0) & (y <= -1)
        return dz * np.where(flat, 0.0, np.log1p(np.where(flat, 0.0, y))), dz * (x / (1 + y))


class CopySign(Operation):
    """|x| with the sign of y; dx = dz where the sign stayed, -dz where it changed, 0 where x = 0. dy = 0."""

    node_name = "CopysignBackward0"

    @staticmethod
    def forward(ctx: Context, x: Array, y: Array) -> Array:
        z = np.copysign(x, y)
        ctx.save_for_backward(x, z)
        return z

    @staticmethod
    def backward(ctx: Context, dz: Array) -> Gradients:
        x, z = ctx.saved_tensors
        return dz * (z / np.where(x == 0, np.inf, x)), np.zeros_like(dz)


class FMax(Operation):
    """max(x, y) that passes over nan; dz goes to x where it is not less or y is nan, else to y."""

    node_name = "FmaxBackward0"

    @staticmethod
    def forward(ctx: Context, x: Array, y: Array) -> Array:
        ctx.save_for_backward(np.asarray((x >= y) | np.isnan(y)))
        return np.fmax(x, y)

    @staticmethod
    def backward(ctx: Context, dz: Array) -> Gradients:
        (first,) = ctx.saved_tensors
        return dz * first.astype(dz.dtype), dz * (~first).astype(dz.dtype)


class FMin(FMax):
    """min(x, y) that passes over nan; dz goes to x where it is not greater or y is nan, else to y."""

    node_name = "FminBackward0"

    @staticmethod
    def forward(ctx: Context, x: Array, y: Array) -> Array:
        ctx.save_for_backward(np.asarray((x <= y) | np.isnan(y)))
        return np.fmin(x, y)


class FMod(Operation):
    """z = x - y trunc(x / y), with the sign of x; dx = dz, dy = -dz trunc(x / y)."""

    node_name = "FmodBackward1"

    @staticmethod
    @SILENT
    def forward(ctx: Context, x: Array, y: Array) -> Array:
        ctx.save_for_backward(np.asarray(np.trunc(x / y)) if ctx.needs_input_grad[1] else None)
        return np.fmod(x, y)

    @staticmethod
    def backward(ctx: Context, dz: Array) -> Gradients:
        (quotient,) = ctx.saved_tensors
        return dz, None if quotient is None else -dz * quotient


class Frexp(Operation):
    """The mantissa, in [½, 1), and the integer exponent of x = m 2ᵉ; dx = dm / 2ᵉ."""

    @staticmethod
    def forward(ctx: Context, x: Array) -> tuple[Any, Any]:
        mantissa, exponent = np.frexp(x)
        ctx.save_for_backward(np.asarray(exponent))
        return mantissa, exponent

    @staticmethod
    def backward(ctx: Context, dm: Array, _: Any = None) -> Gradients:
        (exponent,) = ctx.saved_tensors
        return (dm * np.ldexp(np.ones((), dm.dtype), -exponent),)


class NextAfter(Operation):
    """The next number after x towards y, to which torch gives no derivative."""

    node_name = "NotImplemented"

    @staticmethod
    def forward(ctx: Context, x: Array, y: Array) -> Array:
        return np.nextafter(x, y)

    @staticmethod
    def backward(ctx: Context, dz: Array) -> Gradients:
        raise RuntimeError("derivative for nextafter is not implemented")
