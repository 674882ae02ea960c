"""Piecewise activations: those that are made of straight lines (and one parabola), with kinks between them.

At a kink each has the one-sided derivative that torch gives it, said in its docstring. A derivative that is
0 or 1 is a mask, and dy times a mask is how backward has it: selecting by np.where would cost ten times as
much, since the processor guesses every element's branch anew. Masks are written so that nan is kept.
"""

from __future__ import annotations

import numpy as np

from npnn._typing import Array, Gradients
from npnn.autograd.function import Context, Operation
from npnn.ops.blockwise import DEALT, blockwise
from npnn.random import Generator, default_generator
from npnn.threads import scratch


class ReLU(Operation):
    """max(x, 0); dx = dy where y > 0, else 0 (so 0 at x = 0).

    Large arrays go block by block. There x is limited to [0, ∞], which NumPy does in half the time that it
    takes for the maximum of an array and a number, with nan kept as well.

    Source: torch.nn.functional.relu.
    """

    node_name = "ReluBackward0"

    @staticmethod
    def forward(ctx: Context, x: Array) -> Array:
        large = x.size >= DEALT and x.dtype.kind == "f"
        y = blockwise(_limit_into, x, in_place=True) if large else np.maximum(x, 0)
        ctx.save_for_backward(y)
        return y

    @staticmethod
    def backward(ctx: Context, dy: Array) -> Gradients:
        (y,) = ctx.saved_tensors
        if isinstance(dy, np.ndarray) and dy.size >= DEALT:
            return (blockwise(_where_not_zero_into, dy, y, in_place=True),)
        return (dy * ~(y <= 0),)


def _limit_into(x: Array, y: Array) -> None:
    np.clip(x, 0, np.inf, out=y)


def _where_not_zero_into(dy: Array, y: Array, dx: Array) -> None:
    mask = np.not_equal(y, 0, out=scratch("mask", y.shape, np.dtype(bool)))
    np.multiply(dy, mask, out=dx)


class Threshold(Operation):
    """x where x > threshold, else a value; dx = dy there, else 0.

    Source: torch.nn.functional.threshold.
    """

    @staticmethod
    def forward(ctx: Context, x: Array, *, threshold: float, value: float) -> Array:
        ctx.save_for_backward(x)
        ctx.threshold = threshold
        return np.where(x <= threshold, value, x)

    @staticmethod
    def backward(ctx: Context, dy: Array) -> Gradients:
        (x,) = ctx.saved_tensors
        return (dy * ~(x <= ctx.threshold),)


class Hardtanh(Operation):
    """x limited to [low, high]; dx = dy strictly inside, else 0. Source: torch.nn.functional.hardtanh."""

    @staticmethod
    def forward(ctx: Context, x: Array, *, low: float, high: float) -> Array:
        ctx.save_for_backward(x)
        ctx.low, ctx.high = low, high
        return np.asarray(np.clip(x, low, high))

    @staticmethod
    def backward(ctx: Context, dy: Array) -> Gradients:
        (x,) = ctx.saved_tensors
        return (dy * ~((x <= ctx.low) | (x >= ctx.high)),)


class Hardsigmoid(Operation):
    """(x + 3) / 6 limited to [0, 1]; dx = dy / 6 strictly inside, else 0.

    The sixth in dx is that of float32 in every dtype, as in torch: in float64 it is off by 3e-8 of itself.

    Source: torch.nn.functional.hardsigmoid; Howard et al., Searching for MobileNetV3, 2019.
    """

    @staticmethod
    def forward(ctx: Context, x: Array) -> Array:
        ctx.save_for_backward(x)
        return blockwise(lambda x: np.clip(x + 3, 0, 6) / 6, x)

    @staticmethod
    def backward(ctx: Context, dy: Array) -> Gradients:
        (x,) = ctx.saved_tensors
        return (dy * ((x > -3) & (x < 3)) * _SIXTH,)


_SIXTH = float(np.float32(1 / 6))


class Hardswish(Operation):
    """x times the hard sigmoid of x; dx = dy (x/3 + 1/2) strictly between -3 and 3, 0 below, dy above.

    Source: torch.nn.functional.hardswish; Howard et al., Searching for MobileNetV3, 2019.
    """

    @staticmethod
    def forward(ctx: Context, x: Array) -> Array:
        ctx.save_for_backward(x)
        return blockwise(lambda x: x * np.clip(x + 3, 0, 6) / 6, x)

    @staticmethod
    def backward(ctx: Context, dy: Array) -> Gradients:
        def formula(dy: Array, x: Array) -> Array:
            return dy * np.where(x <= -3, 0.0, np.where(x < 3, x / 3 + 0.5, 1.0))

        (x,) = ctx.saved_tensors
        return (blockwise(formula, dy, x),)


class Hardshrink(Operation):
    """0 where |x| <= λ, else x; dx = dy where y is x, else 0. Source: torch.nn.functional.hardshrink."""

    @staticmethod
    def forward(ctx: Context, x: Array, *, lambd: float) -> Array:
        ctx.save_for_backward(x)
        ctx.lambd = lambd
        return np.asarray(x * ~(np.abs(x) <= lambd))

    @staticmethod
    def backward(ctx: Context, dy: Array) -> Gradients:
        (x,) = ctx.saved_tensors
        return (dy * ~(np.abs(x) <= ctx.lambd),)


class Softshrink(Operation):
    """0 where |x| <= λ, else x moved towards 0 by λ: x minus what lies within [-λ, λ]; dx as of Hardshrink.

    Source: torch.nn.functional.softshrink.
    """

    @staticmethod
    def forward(ctx: Context, x: Array, *, lambd: float) -> Array:
        ctx.save_for_backward(x)
        ctx.lambd = lambd
        return blockwise(lambda x: x - np.clip(x, -lambd, lambd), x)

    @staticmethod
    def backward(ctx: Context, dy: Array) -> Gradients:
        (x,) = ctx.saved_tensors
        return (dy * ~(np.abs(x) <= ctx.lambd),)


class LeakyReLU(Operation):
    """x where x > 0, else slope x; dx = dy, else slope dy (so slope dy at x = 0).

    Both are the sum of two terms, of which one is 0 wherever the other is not.

    Source: torch.nn.functional.leaky_relu.
    """

    node_name = "LeakyReluBackward0"

    @staticmethod
    def forward(ctx: Context, x: Array, *, slope: float) -> Array:
        ctx.save_for_backward(x)
        ctx.slope = slope
        return blockwise(lambda x: np.maximum(x, 0) + slope * np.minimum(x, 0), x)

    @staticmethod
    def backward(ctx: Context, dy: Array) -> Gradients:
        (x,) = ctx.saved_tensors
        kept = dy * (x > 0)
        return (kept + ctx.slope * (dy - kept),)


class PReLU(Operation):
    """x where x > 0, else w x, with a weight w for each element of the last axis, or one for all.

    x (*, C), weight (C,) or (). dx = dy where x > 0, else w dy; dw = 0 there, else dy x, summed over *.

    Source: torch.nn.functional.prelu, channels last; He et al., Delving deep into rectifiers, 2015.
    """

    node_name = "PreluKernelBackward0"

    @staticmethod
    def forward(ctx: Context, x: Array, weight: Array) -> Array:
        ctx.save_for_backward(x, weight)
        return np.asarray(np.maximum(x, 0) + weight * np.minimum(x, 0))

    @staticmethod
    def backward(ctx: Context, dy: Array) -> Gradients:
        x, weight = ctx.saved_tensors
        kept = dy * (x > 0)
        rest = dy - kept
        dx = kept + weight * rest if ctx.needs_input_grad[0] else None
        return dx, rest * x if ctx.needs_input_grad[1] else None


class RReLU(Operation):
    """x where x > 0, else r x, with r drawn for each such element, uniform on [lower, upper]; dx = r dy.

    Only elements that are not positive draw, in the order of the array's axes, each in float64, as on torch.

    Source: torch.nn.functional.rrelu with training=True.
    """

    node_name = "RreluWithNoiseBackward0"

    @staticmethod
    def forward(
        ctx: Context, x: Array, *, lower: float, upper: float, generator: Generator | None = None
    ) -> Array:
        source = default_generator if generator is None else generator
        drawing = x <= 0
        count = int(np.count_nonzero(drawing))
        r = np.ones(x.shape, np.float32 if x.dtype == np.float16 else x.dtype)
        low, high = (float(r.dtype.type(bound)) for bound in (lower, upper))
        # Product and sum are each rounded, unlike in Generator.uniform: torch has a loop of its own here.
        r[drawing] = source.uniform((count,), dtype=np.float64) * (high - low) + low
        ctx.save_for_backward(r.astype(x.dtype, copy=False))
        return np.asarray(x * r).astype(x.dtype, copy=False)

    @staticmethod
    def backward(ctx: Context, dy: Array) -> Gradients:
        (r,) = ctx.saved_tensors
        return (dy * r,)
