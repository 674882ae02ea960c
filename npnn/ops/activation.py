"""Smooth activations: what stands between the linear layers; and the softmax.

All but GLU and the softmax work element by element. Each saves its input or, where the derivative is cheaper
to write in it, its output. The formulas are handed to `blockwise`, which evaluates them block by block. They
are written so that they neither overflow nor cancel where the function itself does not.

Where function and derivative share an exponential, which costs as much as ten products, one formula gives
both (SiLU, GELU): forward saves the slope too, and backward is dy times it. A backward that is recorded takes
the slope from the formula anew, as a function of x. A formula whose name ends in `_into` is the same thing
again, for plain arrays and speed: it writes into memory that is given, and makes as few steps as it can.

The activations that are made of straight lines are in `piecewise`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from npnn._typing import Array, Gradients
from npnn.autograd.function import Context, Operation
from npnn.ops import special
from npnn.ops._rows import softmax_rows, softmax_rows_backward
from npnn.ops.blockwise import DEALT, blockwise
from npnn.ops.special._blocks import rational
from npnn.ops.special._fits import NORMAL_TAIL, NORMAL_TAIL_END
from npnn.threads import scratch

# Where all of an axis is -inf there is no softmax but nan, and the sum along one of length 0 is a 0 whose
# logarithm is in no element: as on torch, neither is a reason for a warning.
_SILENT = np.errstate(all="ignore")


class Sigmoid(Operation):
    """σ(x) = 1 / (1 + exp(-x)); dx = dy y (1 - y).

    For large negative x the exponential is infinite, and y the 0 that it should be.

    Source: torch.sigmoid.
    """

    @staticmethod
    def forward(ctx: Context, x: Array) -> Array:
        # Within a formula x may be the number that NumPy makes of an array without axes.
        y: Array = blockwise(sigmoid_into, np.asarray(x), in_place=True)
        ctx.save_for_backward(y)
        return y

    @staticmethod
    def backward(ctx: Context, dy: Array) -> Gradients:
        (y,) = ctx.saved_tensors
        return (blockwise(lambda dy, y: dy * (y * (1 - y)), dy, y),)


def sigmoid_into(x: Array, y: Array) -> None:
    """The sigmoid of x, written into y, which may be x."""
    np.negative(x, out=y)
    np.exp(y, out=y)
    y += 1
    np.divide(1, y, out=y)


class Tanh(Operation):
    """tanh x; dx = dy (1 - y²). Source: torch.tanh."""

    @staticmethod
    def forward(ctx: Context, x: Array) -> Array:
        y = np.tanh(x) if x.size < DEALT else blockwise(np.tanh, x)
        ctx.save_for_backward(y)
        return y

    @staticmethod
    def backward(ctx: Context, dy: Array) -> Gradients:
        (y,) = ctx.saved_tensors
        return (blockwise(lambda dy, y: dy * (1 - y * y), dy, y),)


class LogSigmoid(Operation):
    """ln σ(x); dx = dy σ(-x).

    ln(1 / (1 + exp(-x))) = min(x, 0) - ln(1 + exp(-|x|)), in which nothing overflows.

    Source: torch.nn.functional.logsigmoid.
    """

    @staticmethod
    def forward(ctx: Context, x: Array) -> Array:
        ctx.save_for_backward(x)
        return blockwise(lambda x: np.minimum(x, 0) - np.log1p(np.exp(-np.abs(x))), x)

    @staticmethod
    def backward(ctx: Context, dy: Array) -> Gradients:
        (x,) = ctx.saved_tensors
        return (blockwise(lambda dy, x: dy * Sigmoid.apply(-x), dy, x),)


class Softplus(Operation):
    """ln(1 + exp(β x)) / β, and x itself where β x exceeds a threshold; dx = dy σ(β x), there dy.

    With z = βx, ln(1 + exp z) = max(z, 0) + ln(1 + exp(-|z|)), in which nothing overflows. So the threshold
    is not needed for stability, as it is in torch, but only to give what torch gives.

    Source: torch.nn.functional.softplus.
    """

    @staticmethod
    def forward(ctx: Context, x: Array, *, beta: float = 1.0, threshold: float = 20.0) -> Array:
        def formula(x: Array) -> Array:
            z = beta * x
            smooth = (np.maximum(z, 0) + np.log1p(np.exp(-np.abs(z)))) / beta
            return np.where(z > threshold, x, smooth)

        ctx.save_for_backward(x)
        ctx.beta, ctx.threshold = beta, threshold
        return blockwise(formula, x)

    @staticmethod
    def backward(ctx: Context, dy: Array) -> Gradients:
        def formula(dy: Array, x: Array) -> Array:
            z = ctx.beta * x
            return dy * np.where(z > ctx.threshold, 1.0, Sigmoid.apply(z))

        (x,) = ctx.saved_tensors
        return (blockwise(formula, dy, x),)


class SiLU(Operation):
    """x σ(x); dx = dy (s + x s (1 - s)) with s = σ(x), since σ' = σ (1 - σ).

    Source: torch.nn.functional.silu; Elfwing, Uchibe and Doya, Sigmoid-weighted linear units, 2017.
    """

    node_name = "SiluBackward0"

    @staticmethod
    def forward(ctx: Context, x: Array) -> Array:
        y, slope = blockwise(_silu_into, x, outputs=2, in_place=True)
        ctx.save_for_backward(x, slope)
        return y

    @staticmethod
    def backward(ctx: Context, dy: Array) -> Gradients:
        return (_times_slope(ctx, _silu, dy),)


def _silu(x: Any) -> tuple[Any, Any]:
    """SiLU and its derivative."""
    s = Sigmoid.apply(x)
    y = x * s
    return y, s + y * (1 - s)


def _silu_into(x: Array, y: Array, slope: Array) -> None:
    s = scratch("sigmoid", x.shape, x.dtype)
    sigmoid_into(x, s)
    np.multiply(x, s, out=y)
    np.subtract(1, s, out=slope)
    slope *= y
    slope += s


def _times_slope(ctx: Context, formula: Callable[[Any], tuple[Any, Any]], dy: Any) -> Any:
    """The backward of an operation that has saved x and its slope there; the formula gives (y, slope)."""
    x, slope = ctx.saved_tensors
    if not isinstance(dy, np.ndarray):
        _, slope = formula(x)
    return blockwise(np.multiply, dy, slope)


class Mish(Operation):
    """x tanh(ln(1 + exp x)); dx = dy (t + x σ(x) (1 - t²)) with t the tanh, since softplus' = σ.

    With e = exp x and n = e (e + 2), t is n / (n + 2), which needs neither a logarithm nor a tanh. It is 1
    long before e overflows, so x is cut off there.

    Source: torch.nn.functional.mish; Misra, Mish: a self regularized non-monotonic activation function, 2019.
    """

    @staticmethod
    def forward(ctx: Context, x: Array) -> Array:
        def formula(x: Array) -> Array:
            e = np.exp(np.minimum(x, 40.0))
            n = e * (e + 2)
            return x * (n / (n + 2))

        ctx.save_for_backward(x)
        return blockwise(formula, x)

    @staticmethod
    def backward(ctx: Context, dy: Array) -> Gradients:
        def formula(dy: Array, x: Array) -> Array:
            e = np.exp(np.minimum(x, 40.0))
            n = e * (e + 2)
            t = n / (n + 2)
            return dy * (t + x * (e / (e + 1)) * (1 - t * t))

        (x,) = ctx.saved_tensors
        return (blockwise(formula, dy, x),)


class ELU(Operation):
    """scale x for x > 0, else scale α (exp(c x) - 1): ELU (c = 1), CELU (c = 1/α) and SELU (two constants).

    dx = dy scale for x > 0, else dy scale α c exp(c x). At 0 this is the derivative from the left; the second
    derivative there is that from the right, 0, as in torch. `slope_c` is the c of dx, where it is not that of
    y: torch has CELU's in float32.

    Source: torch.nn.functional.elu, celu, selu; Clevert, Unterthiner and Hochreiter, ELUs, 2015.
    """

    node_name = "EluBackward0"

    @staticmethod
    def forward(
        ctx: Context,
        x: Array,
        *,
        alpha: float,
        scale: float = 1.0,
        c: float = 1.0,
        slope_c: float | None = None,
    ) -> Array:
        ctx.save_for_backward(x)
        ctx.alpha, ctx.scale, ctx.c = alpha, scale, c if slope_c is None else slope_c
        # One of the two terms is 0 on each side of the kink.
        return blockwise(
            lambda x: scale * np.maximum(x, 0) + scale * alpha * np.expm1(c * np.minimum(x, 0)), x
        )

    @staticmethod
    def backward(ctx: Context, dy: Array) -> Gradients:
        def formula(dy: Array, x: Array) -> Array:
            slope = ctx.scale * ctx.alpha * ctx.c * np.exp(ctx.c * np.where(x < 0, x, 0.0))
            return dy * np.where(x > 0, ctx.scale, slope)

        (x,) = ctx.saved_tensors
        return (blockwise(formula, dy, x),)


class GELU(Operation):
    """x Φ(x), with Φ the standard normal distribution function; dx = dy (Φ(x) + x φ(x)).

    φ(x) = exp(-x²/2) / √(2π) is the density, Φ' = φ. Φ is computed without the cancellation of
    (1 + erf(x/√2)) / 2, so that y is good for large negative x too.

    Source: torch.nn.functional.gelu; Hendrycks and Gimpel, Gaussian error linear units, 2016.
    """

    node_name = "GeluBackward0"

    @staticmethod
    def forward(ctx: Context, x: Array) -> Array:
        y, slope = blockwise(_gelu_into, x, outputs=2, in_place=True)
        ctx.save_for_backward(x, slope)
        return y

    @staticmethod
    def backward(ctx: Context, dy: Array) -> Gradients:
        return (_times_slope(ctx, _gelu, dy),)


def _gelu(x: Any) -> tuple[Any, Any]:
    """GELU and its derivative."""
    from npnn.ops.special_functions import Ndtr  # which nothing but second derivatives needs

    cdf = Ndtr.apply(x)
    return x * cdf, cdf + x * np.exp(-0.5 * x * x) * _PEAK


def _gelu_into(x: Array, y: Array, slope: Array) -> None:
    """In float32 Φ is evaluated in float32 itself, and shares its exponential with φ.

    Φ(-t) = exp(-t²/2) R(t) for t ≥ 0. R has positive coefficients only, so that no more than the last few
    bits are lost.
    """
    np.multiply(x, x, out=slope)
    slope *= -0.5
    gaussian = np.exp(slope, out=slope)
    if x.dtype == np.float64:
        cdf = special.ndtr(x)
    else:
        t = np.abs(x, out=y)
        if not t.max(initial=0) <= NORMAL_TAIL_END:
            np.minimum(t, NORMAL_TAIL_END, out=t)  # from where on the gaussian is 0
        cdf = rational(t, NORMAL_TAIL, scratch("cdf", x.shape, x.dtype))
        cdf *= gaussian
        np.subtract(x > 0, cdf, out=cdf)
        np.abs(cdf, out=cdf)
    np.multiply(x, cdf, out=y)
    slope *= _PEAK
    slope *= x
    slope += cdf


_PEAK = 1 / math.sqrt(2 * math.pi)  # φ(0)


class GELUTanh(Operation):
    """x (1 + tanh u) / 2 with u = √(2/π) (x + 0.044715 x³), which approximates GELU.

    (1 + tanh u) / 2 is σ(2u), which does not cancel where x is negative. With s = σ(2u) and v = 2u,
    dx = dy (s + x s (1 - s) v') and v' = 2 √(2/π) (1 + 3 · 0.044715 x²).

    Source: torch.nn.functional.gelu with approximate="tanh"; Hendrycks and Gimpel, 2016.
    """

    node_name = "GeluBackward0"

    @staticmethod
    def forward(ctx: Context, x: Array) -> Array:
        y, slope = blockwise(_gelu_tanh, x, outputs=2)
        ctx.save_for_backward(x, slope)
        return np.asarray(y)

    @staticmethod
    def backward(ctx: Context, dy: Array) -> Gradients:
        return (_times_slope(ctx, _gelu_tanh, dy),)


def _gelu_tanh(x: Any) -> tuple[Any, Any]:
    """GELUTanh and its derivative."""
    square = x * x
    s = Sigmoid.apply(x * (_LINEAR + _LINEAR * _CUBIC * square))
    y = x * s
    return y, s + y * (1 - s) * (_LINEAR + 3 * _LINEAR * _CUBIC * square)


_LINEAR, _CUBIC = 2 * math.sqrt(2 / math.pi), 0.044715


class GLU(Operation):
    """a σ(b), where a and b are the halves of x along an axis; da = dy s, db = dy a s (1 - s) with s = σ(b).

    x (*, 2 n, *), y (*, n, *).
    Source: torch.nn.functional.glu; Dauphin, Fan, Auli and Grangier, Gated convolutional networks, 2016.
    """

    node_name = "GluBackward0"

    @staticmethod
    def forward(ctx: Context, x: Array, *, axis: int = -1) -> Array:
        ctx.save_for_backward(x)
        ctx.axis = axis
        return blockwise(lambda a, b: a * Sigmoid.apply(b), *_halves(x, axis))

    @staticmethod
    def backward(ctx: Context, dy: Array) -> Gradients:
        def formula(dy: Array, a: Array, b: Array) -> Array:
            s = Sigmoid.apply(b)
            return dy * (a * s * (1 - s))

        (x,) = ctx.saved_tensors
        a, b = _halves(x, ctx.axis)
        da = blockwise(lambda dy, b: dy * Sigmoid.apply(b), dy, b)
        return (np.concatenate((da, blockwise(formula, dy, a, b)), axis=ctx.axis),)


def _halves(x: Any, axis: int) -> tuple[Any, Any]:
    """The first and the second half of x along an axis."""
    half, before = x.shape[axis] // 2, (slice(None),) * (axis % x.ndim)
    return x[(*before, slice(half))], x[(*before, slice(half, None))]


class Softsign(Operation):
    """x / (1 + |x|); dx = dy / (1 + |x|)². Source: torch.nn.functional.softsign."""

    node_name = "DivBackward0"

    @staticmethod
    def forward(ctx: Context, x: Array) -> Array:
        ctx.save_for_backward(x)
        return blockwise(lambda x: x / (1 + np.abs(x)), x)

    @staticmethod
    def backward(ctx: Context, dy: Array) -> Gradients:
        (x,) = ctx.saved_tensors
        return (blockwise(lambda dy, x: dy / np.square(1 + np.abs(x)), dy, x),)


class Tanhshrink(Operation):
    """x - tanh x; dx = dy tanh² x. Source: torch.nn.functional.tanhshrink."""

    node_name = "SubBackward0"

    @staticmethod
    def forward(ctx: Context, x: Array) -> Array:
        ctx.save_for_backward(x)
        return blockwise(lambda x: x - np.tanh(x), x)

    @staticmethod
    def backward(ctx: Context, dy: Array) -> Gradients:
        (x,) = ctx.saved_tensors
        return (blockwise(lambda dy, x: dy * np.square(np.tanh(x)), dy, x),)


class Softmax(Operation):
    """y_i = exp(x_i) / Σ_j exp(x_j) along one axis.

    The maximum is subtracted first, which changes nothing but keeps exp from overflowing. The Jacobian of one
    row is diag(y) - y yᵀ, so dx = y (dy - Σ_j dy_j y_j): it is never formed.

    Source: torch.nn.functional.softmax.
    """

    @staticmethod
    @_SILENT
    def forward(ctx: Context, x: Array, *, axis: int = -1) -> Array:
        ctx.by_rows = x.size >= DEALT and axis in (-1, x.ndim - 1) and x.dtype.char in "fd"
        if ctx.by_rows:
            y = softmax_rows(x)
        else:
            shifted = _below_maximum(x, axis)
            y = np.exp(shifted, out=shifted)
            y /= y.sum(axis=axis, keepdims=True)
            y = y.astype(x.dtype, copy=False)
        ctx.save_for_backward(y)
        ctx.axis = axis
        return y

    @staticmethod
    def backward(ctx: Context, dy: Array) -> Gradients:
        (y,) = ctx.saved_tensors
        if ctx.by_rows and isinstance(dy, np.ndarray):
            return (softmax_rows_backward(dy, y),)
        return (y * (dy - (dy * y).sum(axis=ctx.axis, keepdims=True)),)


class LogSoftmax(Operation):
    """y_i = x_i - ln Σ_j exp(x_j) along one axis, with the maximum subtracted first.

    dx = dy - exp(y) Σ_j dy_j, since exp(y) is the softmax.

    Source: torch.nn.functional.log_softmax.
    """

    @staticmethod
    @_SILENT
    def forward(ctx: Context, x: Array, *, axis: int = -1) -> Array:
        y = log_softmax(x, axis)
        ctx.save_for_backward(y)
        ctx.axis = axis
        return y

    @staticmethod
    def backward(ctx: Context, dy: Array) -> Gradients:
        (y,) = ctx.saved_tensors
        return (dy - np.exp(y) * dy.sum(axis=ctx.axis, keepdims=True),)


def log_softmax(x: Array, axis: int) -> Array:
    """LogSoftmax's forward by itself, for operations that begin with it."""
    shifted = _below_maximum(x, axis)
    shifted -= np.log(np.exp(shifted).sum(axis=axis, keepdims=True))
    return shifted.astype(x.dtype, copy=False)


def _below_maximum(x: Array, axis: int) -> Array:
    """A new array, x minus its maximum along an axis; float32 for float16, in which torch too adds up."""
    wide = x.astype(np.float32) if x.dtype.char == "e" else x
    return np.asarray(np.subtract(wide, wide.max(axis=axis, keepdims=True, initial=-np.inf), order="C"))
