"""Arithmetic of arrays, element by element: add, subtract, multiply, divide, powers, extremes, selection.

Operands broadcast as NumPy's do. A backward here gives the gradient in the broadcast shape; the engine sums it over the
axes along which an operand was repeated.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from npnn._typing import Array, Gradients
from npnn.autograd.function import Context, Operation


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
    """X y; the gradients are dy y and dy x. Source: torch.mul."""

    @staticmethod
    def forward(ctx: Context, x: Array, y: Array) -> Array:
        # Each factor is needed only for the gradient of the other.
        ctx.save_for_backward(
            x if ctx.needs_input_grad[1] else None, y if ctx.needs_input_grad[0] else None
        )
        return x * y

    @staticmethod
    def backward(ctx: Context, dy: Array) -> Gradients:
        x, y = ctx.saved_tensors
        return None if y is None else dy * y, None if x is None else dy * x


class Div(Operation):
    """X / y; the gradients are dy / y and -dy x / y². Source: torch.div."""

    @staticmethod
    def forward(ctx: Context, x: Array, y: Array) -> Array:
        ctx.save_for_backward(x if ctx.needs_input_grad[1] else None, y)
        return x / y

    @staticmethod
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
    limit from the right. Source: torch.pow.
    """

    @staticmethod
    def forward(ctx: Context, x: Array, p: Array) -> Array:
        ctx.save_for_backward(x, p)
        return x**p

    @staticmethod
    def backward(ctx: Context, dy: Array) -> Gradients:
        x, p = ctx.saved_tensors
        dx = dp = None
        if ctx.needs_input_grad[0]:
            if np.ndim(p) == 0 and p == 2:
                dx = 2 * dy * x
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
        ctx.save_for_backward(_share(x > y, x, y))
        return np.maximum(x, y)

    @staticmethod
    def backward(ctx: Context, dy: Array) -> Gradients:
        (share,) = ctx.saved_tensors
        return dy * share, dy * (1 - share)


class Minimum(Operation):
    """min(x, y); dy goes to the smaller, half to each where they are equal. Source: torch.minimum."""

    @staticmethod
    def forward(ctx: Context, x: Array, y: Array) -> Array:
        ctx.save_for_backward(_share(x < y, x, y))
        return np.minimum(x, y)

    @staticmethod
    def backward(ctx: Context, dy: Array) -> Gradients:
        (share,) = ctx.saved_tensors
        return dy * share, dy * (1 - share)


def _share(wins: Array, x: Array, y: Array) -> Array:
    """The part of the gradient that goes to x: 1 where it wins, 1/2 where both are equal."""
    return np.asarray(np.where(x == y, 0.5, wins), np.result_type(x, y))


class Clamp(Operation):
    """X limited to [low, high]; dy passes where x lies inside, the limits included. Source: torch.clamp."""

    @staticmethod
    def forward(ctx: Context, x: Array, *, low: Any = None, high: Any = None) -> Array:
        inside: Any = True
        if low is not None:
            inside = x >= low
        if high is not None:
            inside = inside & (x <= high)
        ctx.save_for_backward(inside)
        return x.clip(low, high)

    @staticmethod
    def backward(ctx: Context, dy: Array) -> Gradients:
        (inside,) = ctx.saved_tensors
        return (dy * inside,)


class Where(Operation):
    """X where the condition holds, else y; each gets dy there, and 0 elsewhere. Source: torch.where."""

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
    """X in another dtype; the gradient goes back in x's own, which the engine sees to. Source: torch.Tensor.to."""

    @staticmethod
    def forward(ctx: Context, x: Array, *, dtype: Any) -> Array:
        return x.astype(dtype)

    @staticmethod
    def backward(ctx: Context, dy: Array) -> Gradients:
        return (dy,)


class Clone(Operation):
    """A copy of x in memory of its own. Source: torch.clone."""

    @staticmethod
    def forward(ctx: Context, x: Array) -> Array:
        return x.copy()

    @staticmethod
    def backward(ctx: Context, dy: Array) -> Gradients:
        return (dy,)


class Remainder(Operation):
    """x - y ⌊x / y⌋, with the sign of y; dx = dy', and the gradient of y is -dy' ⌊x / y⌋. Source: torch.remainder."""

    @staticmethod
    def forward(ctx: Context, x: Array, y: Array) -> Array:
        ctx.save_for_backward(np.floor_divide(x, y) if ctx.needs_input_grad[1] else None)
        return np.mod(x, y)

    @staticmethod
    def backward(ctx: Context, dz: Array) -> Gradients:
        (quotient,) = ctx.saved_tensors
        return dz, None if quotient is None else -dz * quotient


class Step(Operation):
    """A function that is constant between jumps (sign, floor, round): its gradient is 0 everywhere."""

    @staticmethod
    def forward(ctx: Context, x: Array, *, function: Any) -> Array:
        return np.asarray(function(x))

    @staticmethod
    def backward(ctx: Context, dy: Array) -> Gradients:
        return (np.zeros_like(dy),)
