"""Functions of one array, element by element: exponentials, logarithms, roots, trigonometry.

Each backward is dy f'(x), written in x or, where that is cheaper, in the output y, which is then saved
instead of x.
Sources: the torch function of the same name; the derivatives are the textbook ones.
"""

from __future__ import annotations

import numpy as np

from npnn._typing import Array, Gradients
from npnn.autograd.function import Context, Operation
from npnn.ops.arithmetic import SILENT


class Exp(Operation):
    """exp x; y' = y."""

    @staticmethod
    @SILENT
    def forward(ctx: Context, x: Array) -> Array:
        y = np.exp(x)
        ctx.save_for_backward(y)
        return y

    @staticmethod
    def backward(ctx: Context, dy: Array) -> Gradients:
        (y,) = ctx.saved_tensors
        return (dy * y,)


class Expm1(Operation):
    """Exp x - 1, exact near 0; y' = y + 1."""

    @staticmethod
    @SILENT
    def forward(ctx: Context, x: Array) -> Array:
        y = np.expm1(x)
        ctx.save_for_backward(y)
        return y

    @staticmethod
    def backward(ctx: Context, dy: Array) -> Gradients:
        (y,) = ctx.saved_tensors
        return (dy * (y + 1),)


class Log(Operation):
    """ln x; y' = 1 / x."""

    @staticmethod
    @SILENT
    def forward(ctx: Context, x: Array) -> Array:
        ctx.save_for_backward(x)
        return np.log(x)

    @staticmethod
    @SILENT
    def backward(ctx: Context, dy: Array) -> Gradients:
        (x,) = ctx.saved_tensors
        return (dy / x,)


class Log1p(Operation):
    """ln(1 + x), exact near 0; y' = 1 / (1 + x)."""

    @staticmethod
    @SILENT
    def forward(ctx: Context, x: Array) -> Array:
        ctx.save_for_backward(x)
        return np.log1p(x)

    @staticmethod
    @SILENT
    def backward(ctx: Context, dy: Array) -> Gradients:
        (x,) = ctx.saved_tensors
        return (dy / (1 + x),)


class Log2(Operation):
    """log₂ x; y' = 1 / (x ln 2)."""

    @staticmethod
    @SILENT
    def forward(ctx: Context, x: Array) -> Array:
        ctx.save_for_backward(x)
        return np.log2(x)

    @staticmethod
    @SILENT
    def backward(ctx: Context, dy: Array) -> Gradients:
        (x,) = ctx.saved_tensors
        return (dy / (x * float(np.log(2))),)


class Log10(Operation):
    """log₁₀ x; y' = 1 / (x ln 10)."""

    @staticmethod
    @SILENT
    def forward(ctx: Context, x: Array) -> Array:
        ctx.save_for_backward(x)
        return np.log10(x)

    @staticmethod
    @SILENT
    def backward(ctx: Context, dy: Array) -> Gradients:
        (x,) = ctx.saved_tensors
        return (dy / (x * float(np.log(10))),)


class Sqrt(Operation):
    """√x; y' = 1 / (2 y)."""

    @staticmethod
    @SILENT
    def forward(ctx: Context, x: Array) -> Array:
        y = np.sqrt(x)
        ctx.save_for_backward(y)
        return y

    @staticmethod
    @SILENT
    def backward(ctx: Context, dy: Array) -> Gradients:
        (y,) = ctx.saved_tensors
        return (dy / (2 * y),)


class Square(Operation):
    """x²; y' = 2 x."""

    node_name = "PowBackward0"

    @staticmethod
    def forward(ctx: Context, x: Array) -> Array:
        ctx.save_for_backward(x)
        return x * x

    @staticmethod
    def backward(ctx: Context, dy: Array) -> Gradients:
        (x,) = ctx.saved_tensors
        return (dy * (2 * x),)


class Sin(Operation):
    """sin x; y' = cos x."""

    @staticmethod
    def forward(ctx: Context, x: Array) -> Array:
        ctx.save_for_backward(x)
        return np.sin(x)

    @staticmethod
    def backward(ctx: Context, dy: Array) -> Gradients:
        (x,) = ctx.saved_tensors
        return (dy * np.cos(x),)


class Cos(Operation):
    """cos x; y' = -sin x."""

    @staticmethod
    def forward(ctx: Context, x: Array) -> Array:
        ctx.save_for_backward(x)
        return np.cos(x)

    @staticmethod
    def backward(ctx: Context, dy: Array) -> Gradients:
        (x,) = ctx.saved_tensors
        return (-dy * np.sin(x),)


class Tan(Operation):
    """tan x; y' = 1 + y²."""

    @staticmethod
    def forward(ctx: Context, x: Array) -> Array:
        y = np.tan(x)
        ctx.save_for_backward(y)
        return y

    @staticmethod
    def backward(ctx: Context, dy: Array) -> Gradients:
        (y,) = ctx.saved_tensors
        return (dy * (1 + y * y),)


class ArcSin(Operation):
    """arcsin x; y' = 1 / √(1 - x²)."""

    node_name = "AsinBackward0"

    @staticmethod
    @SILENT
    def forward(ctx: Context, x: Array) -> Array:
        ctx.save_for_backward(x)
        return np.arcsin(x)

    @staticmethod
    @SILENT
    def backward(ctx: Context, dy: Array) -> Gradients:
        (x,) = ctx.saved_tensors
        return (dy / np.sqrt(1 - x * x),)


class ArcCos(Operation):
    """arccos x; y' = -1 / √(1 - x²)."""

    node_name = "AcosBackward0"

    @staticmethod
    @SILENT
    def forward(ctx: Context, x: Array) -> Array:
        ctx.save_for_backward(x)
        return np.arccos(x)

    @staticmethod
    @SILENT
    def backward(ctx: Context, dy: Array) -> Gradients:
        (x,) = ctx.saved_tensors
        return (-dy / np.sqrt(1 - x * x),)


class ArcTan(Operation):
    """arctan x; y' = 1 / (1 + x²)."""

    node_name = "AtanBackward0"

    @staticmethod
    def forward(ctx: Context, x: Array) -> Array:
        ctx.save_for_backward(x)
        return np.arctan(x)

    @staticmethod
    def backward(ctx: Context, dy: Array) -> Gradients:
        (x,) = ctx.saved_tensors
        return (dy / (1 + x * x),)


class Sinh(Operation):
    """sinh x; y' = cosh x."""

    @staticmethod
    @SILENT
    def forward(ctx: Context, x: Array) -> Array:
        ctx.save_for_backward(x)
        return np.sinh(x)

    @staticmethod
    def backward(ctx: Context, dy: Array) -> Gradients:
        (x,) = ctx.saved_tensors
        return (dy * np.cosh(x),)


class Cosh(Operation):
    """cosh x; y' = sinh x."""

    @staticmethod
    @SILENT
    def forward(ctx: Context, x: Array) -> Array:
        ctx.save_for_backward(x)
        return np.cosh(x)

    @staticmethod
    def backward(ctx: Context, dy: Array) -> Gradients:
        (x,) = ctx.saved_tensors
        return (dy * np.sinh(x),)


class Step(Operation):
    """What functions have in common that are constant between jumps: a gradient of 0 everywhere."""

    @staticmethod
    def backward(ctx: Context, dy: Array) -> Gradients:
        return (np.zeros_like(dy),)


class Sign(Step):
    """-1, 0 or 1, as x is negative, zero or positive."""

    @staticmethod
    def forward(ctx: Context, x: Array) -> Array:
        return np.sign(x)


class Angle(Step):
    """The angle of a real number in the complex plane: 0, π where x is negative, nan where it is nan."""

    @staticmethod
    def forward(ctx: Context, x: Array) -> Array:
        return np.where(np.isnan(x), x, np.where(x < 0, np.pi, 0)).astype(x.dtype)


class Floor(Step):
    """⌊x⌋."""

    @staticmethod
    def forward(ctx: Context, x: Array) -> Array:
        return np.floor(x)


class Ceil(Step):
    """⌈x⌉."""

    @staticmethod
    def forward(ctx: Context, x: Array) -> Array:
        return np.ceil(x)


class Trunc(Step):
    """x without its fraction."""

    @staticmethod
    def forward(ctx: Context, x: Array) -> Array:
        return np.trunc(x)


class Round(Step):
    """The nearest number of so many decimals, halves to the even one."""

    @staticmethod
    def forward(ctx: Context, x: Array, *, decimals: int = 0) -> Array:
        return np.round(x, decimals)


class IsNonZero(Operation):
    """1 where x is not zero, else 0, in x's own dtype: the summands of its 0-norm. No gradient goes on."""

    node_name = "LinalgVectorNormBackward0"

    @staticmethod
    def forward(ctx: Context, x: Array) -> Array:
        return np.not_equal(x, 0).astype(x.dtype)

    @staticmethod
    def backward(ctx: Context, dy: Array) -> Gradients:
        return (None,)
