"""Arithmetic of arrays, element by element: add, subtract, multiply, divide, powers, extremes, selection.

Operands broadcast as NumPy's do. A backward here gives the gradient in the broadcast shape; the engine sums
it over the axes along which an operand was repeated.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from npnn._typing import Array, Gradients
from npnn.autograd.function import Context, Operation

SILENT = np.errstate(all="ignore")
"""Around what gives inf or nan without a warning, as on torch."""


class Add(Operation):
    """x + y; both gradients are dy. Source: torch.add."""

    @staticmethod
    def forward(ctx: Context, x: Array, y: Array) -> Array:
        return x + y

    @staticmethod
    def backward(ctx: Context, dy: Array) -> Gradients:
        return dy, dy


class Sub(Operation):
    """x - y; the gradients are dy and -dy. Source: torch.sub."""

    @staticmethod
    def forward(ctx: Context, x: Array, y: Array) -> Array:
        return x - y

    @staticmethod
    def backward(ctx: Context, dy: Array) -> Gradients:
        return dy, -dy if ctx.needs_input_grad[1] else None


class Mul(Operation):
    """x y; the gradients are dy y and dy x. Source: torch.mul."""

    @staticmethod
    def forward(ctx: Context, x: Array, y: Array) -> Array:
        # Each factor is needed only for the gradient of the other.
        ctx.save_for_backward(x if ctx.needs_input_grad[1] else None, y if ctx.needs_input_grad[0] else None)
        return x * y

    @staticmethod
    def backward(ctx: Context, dy: Array) -> Gradients:
        x, y = ctx.saved_tensors
        return None if y is None else dy * y, None if x is None else dy * x


class Div(Operation):
    """x / y; the gradients are dy / y and -dy x / y². Source: torch.div."""

    @staticmethod
    @SILENT
    def forward(ctx: Context, x: Array, y: Array) -> Array:
        ctx.save_for_backward(x if ctx.needs_input_grad[1] else None, y)
        return x / y

    @staticmethod
    @SILENT
    def backward(ctx: Context, dy: Array) -> Gradients:
        x, y = ctx.saved_tensors
        dx = dy / y
        return dx, None if x is None else -dx * x / y


class Neg(Operation):
    """-x; the gradient is -dy. Source: torch.neg."""

    @staticmethod
    def forward(ctx: Context, x: Array) -> Array:
        return -x

    @staticmethod
    def backward(ctx: Context, dy: Array) -> Gradients:
        return (-dy,)


class Abs(Operation):
    """|x|; the gradient is dy sign(x), and 0 at 0. Source: torch.abs."""

    @staticmethod
    def forward(ctx: Context, x: Array) -> Array:
        ctx.save_for_backward(x)
        return np.abs(x)

    @staticmethod
    def backward(ctx: Context, dy: Array) -> Gradients:
        (x,) = ctx.saved_tensors
        return (dy * np.sign(x),)


class Pow(Operation):
    """x ** p.

    dx = dy p x^(p-1), and 0 where p = 0, whatever x is. dp = dy y ln x, and 0 where x = 0 and p >= 0, the
    limit from the right. A negative power of an integer is rounded towards 0, unless it is one of 1 or -1.

    Source: torch.pow.
    """

    @staticmethod
    @SILENT
    def forward(ctx: Context, x: Array, p: Array) -> Array:
        ctx.save_for_backward(x, p)
        if np.result_type(x, p).kind == "i" and np.less(p, 0).any():
            odd = np.where(np.mod(p, 2) == 1, x, 1)
            return np.where(np.less(p, 0), np.where(np.abs(x) == 1, odd, 0), x ** np.maximum(p, 0))
        return x**p

    @staticmethod
    @SILENT
    def backward(ctx: Context, dy: Array) -> Gradients:
        x, p = ctx.saved_tensors
        dx = dp = None
        if ctx.needs_input_grad[0]:
            if isinstance(p, (int, float)):
                dx = dy * (p * x ** (p - 1)) if p else np.zeros_like(dy)
            else:
                dx = dy * np.where(p == 0, 0.0, p * x ** np.where(p == 0, 1, p - 1))
        if ctx.needs_input_grad[1]:
            flat = (x == 0) & (p >= 0)
            dp = dy * np.where(flat, 0.0, x**p * np.log(np.where(flat, 1, x)))
        return dx, dp


class Maximum(Operation):
    """max(x, y); dy goes to the larger, half to each where they are equal. Source: torch.maximum."""

    @staticmethod
    def forward(ctx: Context, x: Array, y: Array) -> Array:
        ctx.save_for_backward(x, y)
        return np.maximum(x, y)

    @staticmethod
    def backward(ctx: Context, dz: Array) -> Gradients:
        x, y = ctx.saved_tensors
        tie = np.where(x == y, 0.5, 1.0).astype(dz.dtype)
        return dz * (tie * ~(x < y)), dz * (tie * ~(x > y))


class Minimum(Operation):
    """min(x, y); dy goes to the smaller, half to each where they are equal. Source: torch.minimum."""

    @staticmethod
    def forward(ctx: Context, x: Array, y: Array) -> Array:
        ctx.save_for_backward(x, y)
        return np.minimum(x, y)

    @staticmethod
    def backward(ctx: Context, dz: Array) -> Gradients:
        x, y = ctx.saved_tensors
        tie = np.where(x == y, 0.5, 1.0).astype(dz.dtype)
        return dz * (tie * ~(x > y)), dz * (tie * ~(x < y))


class Clamp(Operation):
    """x limited to [low, high], numbers or arrays, of which one may be None.

    dx = dy where x lies inside, the limits included; elsewhere dy goes to the limit that x became.

    Source: torch.clamp.
    """

    node_name = "ClampBackward1"

    @staticmethod
    def forward(ctx: Context, x: Array, low: Any = None, high: Any = None) -> Array:
        ctx.save_for_backward(x, low, high)
        return np.asarray(np.clip(x, low, high))

    @staticmethod
    def backward(ctx: Context, dy: Array) -> Gradients:
        x, low, high = ctx.saved_tensors
        below = False if low is None else x < low
        above = False if high is None else x > high
        # Where the limits cross, the upper one wins.
        crossed = False if low is None or high is None else low > high
        dx = dlow = dhigh = None
        if ctx.needs_input_grad[0]:
            # Nothing comes through from outside, not even the nan of an infinite dy.
            dx = np.where(np.logical_or(below, above), np.zeros((), dy.dtype), dy)
        if ctx.needs_input_grad[1]:
            dlow = dy * np.where(below, np.where(crossed, 0, 1), 0).astype(dy.dtype)
        if ctx.needs_input_grad[2]:
            dhigh = dy * np.where(above, 1, np.where(crossed, 1, 0)).astype(dy.dtype)
        return dx, dlow, dhigh


class Where(Operation):
    """x where the condition holds, else y; each gets dy there, and 0 elsewhere. Source: torch.where."""

    @staticmethod
    def forward(ctx: Context, condition: Array, x: Array, y: Array) -> Array:
        ctx.save_for_backward(condition)
        return np.where(condition, x, y)

    @staticmethod
    def backward(ctx: Context, dy: Array) -> Gradients:
        (condition,) = ctx.saved_tensors
        zero = np.zeros((), dy.dtype)
        return None, np.where(condition, dy, zero), np.where(condition, zero, dy)


class Cast(Operation):
    """x in another dtype; the engine brings the gradient back to x's own. Source: torch.Tensor.to."""

    node_name = "ToCopyBackward0"

    @staticmethod
    @SILENT
    def forward(ctx: Context, x: Array, *, dtype: Any) -> Array:
        if np.dtype(dtype).kind == "c" and ctx.needs_input_grad[0]:
            raise NotImplementedError(
                "npnn does not differentiate complex numbers: detach() the tensor first"
            )
        return x.astype(dtype)

    @staticmethod
    def backward(ctx: Context, dy: Array) -> Gradients:
        return (dy,)


class Clone(Operation):
    """A copy of x in memory of its own. Source: torch.clone."""

    @staticmethod
    def forward(ctx: Context, x: Array) -> Array:
        return x.copy("K")

    @staticmethod
    def backward(ctx: Context, dy: Array) -> Gradients:
        return (dy,)


class Remainder(Operation):
    """z = x - y ⌊x / y⌋, with the sign of y; dx = dz, dy = -dz ⌊x / y⌋. Source: torch.remainder."""

    node_name = "RemainderBackward1"

    @staticmethod
    @SILENT
    def forward(ctx: Context, x: Array, y: Array) -> Array:
        ctx.save_for_backward(np.floor_divide(x, y) if ctx.needs_input_grad[1] else None)
        return np.mod(x, y)

    @staticmethod
    def backward(ctx: Context, dz: Array) -> Gradients:
        (quotient,) = ctx.saved_tensors
        return dz, None if quotient is None else -dz * quotient


class DivFloor(Operation):
    """⌊x / y⌋: constant between jumps, so its gradients are 0. Source: torch.div, rounding_mode="floor"."""

    node_name = "DivBackward1"

    @staticmethod
    @SILENT
    def forward(ctx: Context, x: Array, y: Array) -> Array:
        return np.floor_divide(x, y)

    @staticmethod
    def backward(ctx: Context, dz: Array) -> Gradients:
        return np.zeros_like(dz), np.zeros_like(dz)


class DivTrunc(DivFloor):
    """x / y rounded towards zero: its gradients are 0. Source: torch.div, rounding_mode="trunc"."""

    @staticmethod
    @SILENT
    def forward(ctx: Context, x: Array, y: Array) -> Array:
        if np.result_type(x, y).kind == "f":
            return np.trunc(x / y)
        # A quotient of integers is not taken through floating point, which would round the large ones.
        below_zero = (np.less(x, 0) != np.less(y, 0)) & (np.mod(x, y) != 0)
        return np.floor_divide(x, y) + below_zero


class FloorDivide(DivFloor):
    """x // y, to which torch gives no derivative at all. Source: torch.floor_divide."""

    node_name = "FloorDivideBackward0"

    @staticmethod
    def backward(ctx: Context, dz: Array) -> Gradients:
        raise RuntimeError(
            "derivative for floor_divide is not implemented: it would be 0, as that of div(...,"
            " rounding_mode='floor') is"
        )
