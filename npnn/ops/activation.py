"""Smooth activations: what stands between the linear layers; and the softmax.

All but GLU and the softmax work element by element. Each saves its input or, where the derivative is cheaper
to write in it, its output. The formulas are handed to `blockwise`, which evaluates them block by block. They
are written so that they neither overflow nor cancel where the function itself does not.

The activations that are made of straight lines are in `piecewise`.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from npnn._typing import Array, Gradients
from npnn.autograd.function import Context, Operation
from npnn.ops import special
from npnn.ops.blockwise import blockwise
from npnn.ops.special.erf import erfcx_positive, gaussian

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
        y = blockwise(lambda x: 1 / (1 + np.exp(-x)), x)
        ctx.save_for_backward(y)
        return y

    @staticmethod
    def backward(ctx: Context, dy: Array) -> Gradients:
        (y,) = ctx.saved_tensors
        return (blockwise(lambda dy, y: dy * (y * (1 - y)), dy, y),)


class Tanh(Operation):
    """tanh x; dx = dy (1 - y²). Source: torch.tanh."""

    @staticmethod
    def forward(ctx: Context, x: Array) -> Array:
        y = np.tanh(x)
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
        ctx.save_for_backward(x)
        return blockwise(lambda x: x * Sigmoid.apply(x), x)

    @staticmethod
    def backward(ctx: Context, dy: Array) -> Gradients:
        def formula(dy: Array, x: Array) -> Array:
            s = Sigmoid.apply(x)
            return dy * (s * (1 + x * (1 - s)))

        (x,) = ctx.saved_tensors
        return (blockwise(formula, dy, x),)


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

    φ(x) = exp(-x²/2) / √(2π) is the density, Φ' = φ. Φ comes out as a second output, since backward needs it
    and it is dear. It is computed without the cancellation of (1 + erf(x/√2)) / 2, so that y is good for
    large negative x too.

    Source: torch.nn.functional.gelu; Hendrycks and Gimpel, Gaussian error linear units, 2016.
    """

    node_name = "GeluBackward0"

    @staticmethod
    def forward(ctx: Context, x: Array) -> tuple[Array, Array]:
        cdf = blockwise(_normal_cdf, x)
        ctx.save_for_backward(x, cdf)
        ctx.set_materialize_grads(False)
        return blockwise(lambda x, cdf: x * cdf, x, cdf), cdf

    @staticmethod
    def backward(ctx: Context, dy: Array | None, dcdf: Array | None) -> Gradients:
        x, cdf = ctx.saved_tensors
        dx: Any = 0
        if dy is not None:
            dx = blockwise(lambda dy, x, cdf: dy * (cdf + x * _normal_density(x)), dy, x, cdf)
        if dcdf is not None:
            dx = dx + blockwise(lambda dcdf, x: dcdf * _normal_density(x), dcdf, x)
        return (dx,)


def _normal_density(x: Any) -> Any:
    """φ(x) = exp(-x²/2) / √(2π)."""
    return np.exp(-0.5 * x * x) * (1 / math.sqrt(2 * math.pi))


def _normal_cdf(x: Array) -> Array:
    """Φ(x). In float32 Φ(-|x|) = exp(-x²/2) erfcx(|x|/√2) / 2 is evaluated in float32 itself, for speed."""
    if x.dtype == np.float64:
        return special.ndtr(x)
    t = np.minimum(np.abs(x), 20)  # from where on the tail is 0
    tail = 0.5 * gaussian(t, "single", half=True) * erfcx_positive(t * math.sqrt(0.5), "single")
    return np.abs((x > 0) - tail)


class GELUTanh(Operation):
    """x (1 + tanh u) / 2 with u = √(2/π) (x + 0.044715 x³), which approximates GELU.

    (1 + tanh u) / 2 is σ(2u), which does not cancel where x is negative. With s = σ(2u) and v = 2u,
    dx = dy (s + x s (1 - s) v') and v' = 2 √(2/π) (1 + 3 · 0.044715 x²).

    Source: torch.nn.functional.gelu with approximate="tanh"; Hendrycks and Gimpel, 2016.
    """

    node_name = "GeluBackward0"

    @staticmethod
    def forward(ctx: Context, x: Array) -> Array:
        ctx.save_for_backward(x)
        return blockwise(lambda x: x * Sigmoid.apply(_LINEAR * (x + _CUBIC * x * x * x)), x)

    @staticmethod
    def backward(ctx: Context, dy: Array) -> Gradients:
        def formula(dy: Array, x: Array) -> Array:
            s = Sigmoid.apply(_LINEAR * (x + _CUBIC * x * x * x))
            return dy * (s + x * s * (1 - s) * (_LINEAR * (1 + 3 * _CUBIC * x * x)))

        (x,) = ctx.saved_tensors
        return (blockwise(formula, dy, x),)


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
    return np.asarray(wide - wide.max(axis=axis, keepdims=True, initial=-np.inf))
