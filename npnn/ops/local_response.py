"""Local response normalisation: each channel is divided by a power of what the channels around it amount to.

Sources: Krizhevsky, Sutskever and Hinton, ImageNet classification with deep convolutional neural networks,
2012, section 3.3; torch.nn.functional.local_response_norm; torch.nn.CrossMapLRN2d.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from npnn._typing import Array, Gradients
from npnn.autograd.function import Context, Operation, once_differentiable
from npnn.ops.normalization import in_float32


class LocalResponseNorm(Operation):
    """y_c = x_c d_c^-β with d_c = k + α/size Σ x_c'², over the `size` channels c' around c; channels last.

    There are size // 2 channels before c in that window and (size - 1) // 2 after it. What of it lies outside
    counts as zeros, and the sum is divided by size all the same. Two outputs: y and d, of the shape of x.

    The gradient of d_c, through the power, goes to every channel that is in the window of c. So a channel
    gathers over the channels whose windows it is in, which is the window turned round:

        dd_c = -β dy_c x_c d_c^(-β-1),  dx_c = dy_c d_c^-β + 2 α/size x_c Σ dd_c'

    d is an output, rather than a private value, so that a second derivative finds its way back to x; what
    comes that way is added to dd.

    Source: torch.nn.functional.local_response_norm.
    """

    @staticmethod
    def forward(
        ctx: Context, x: Array, *, size: int, alpha: float, beta: float, k: float
    ) -> tuple[Array, Array]:
        ctx.first, ctx.last, ctx.alpha, ctx.beta = -(size // 2), (size - 1) // 2, alpha / size, beta
        ctx.set_materialize_grads(False)
        wide = in_float32(x)
        d = _window_sums(wide * wide, ctx.first, ctx.last)
        d *= ctx.alpha
        d += k
        ctx.save_for_backward(x, d)
        return (wide * d**-beta).astype(x.dtype, copy=False), d

    @staticmethod
    def backward(ctx: Context, dy: Array | None, dd: Array | None) -> Gradients:
        x, d = ctx.saved_tensors
        wide = in_float32(x)
        direct: Any = None
        if dy is not None:
            direct = dy * d**-ctx.beta
            through_power = direct * wide / d * -ctx.beta
            dd = through_power if dd is None else dd + through_power
        dx = WindowSum.apply(dd, first=-ctx.last, last=-ctx.first) * wide * (2 * ctx.alpha)
        return (dx if direct is None else dx + direct,)


class CrossMapLRN2d(Operation):
    """Lua Torch's local response normalisation of images (N, H, W, C), as torch computes it to this day.

    y_c = x_c d_c^-β with d_c = k + α/size Σ x_c'², over the channels c' up to h = (size - 1) // 2 away.
    torch slides that window along, and lets one channel in and one out at each step, but the first channel
    never out: where c > h, x_0² is still in the sum. On the way back,

        dx_c = dy_c d_c^-β - 2 α β/size x_c Σ dy_c' y_c' / d_c'

    torch lets c' run from c - h - 1 to c + size - h - 2, one channel off from where it is c that lies in the
    window of c'. So this is not quite the derivative. It is what torch gives; LocalResponseNorm is correct.

    Source: torch.nn.CrossMapLRN2d.
    """

    @staticmethod
    def forward(ctx: Context, x: Array, *, size: int, alpha: float, beta: float, k: float) -> Array:
        half = (size - 1) // 2
        wide = in_float32(x)
        squares = wide * wide
        sums = _window_sums(squares, -half, half)
        sums[..., half + 1 :] += squares[..., :1]
        d = k + alpha / size * sums
        y = wide * d**-beta
        ctx.save_for_backward(x, y, d)
        ctx.size, ctx.beta, ctx.slope = size, beta, 2 * alpha * beta / size
        return y.astype(x.dtype, copy=False)

    @staticmethod
    @once_differentiable
    def backward(ctx: Context, dy: Array) -> Gradients:
        x, y, d = ctx.saved_tensors
        half = (ctx.size - 1) // 2
        if ctx.size == 1:
            raise RuntimeError("CrossMapLRN2d has no gradient for size=1, as torch's window for it is empty")
        sums = _window_sums(dy * y / d, -half - 1, ctx.size - half - 2)
        return (dy * d**-ctx.beta - ctx.slope * (in_float32(x) * sums),)


class WindowSum(Operation):
    """y_c = Σ x_(c + o) over offsets o from `first` to `last`, on the last axis, with zeros outside.

    dx_c = Σ dy_(c - o), the same with the offsets turned round.
    """

    @staticmethod
    def forward(ctx: Context, x: Array, *, first: int, last: int) -> Array:
        ctx.first, ctx.last = first, last
        return _window_sums(x, first, last)

    @staticmethod
    def backward(ctx: Context, dy: Array) -> Gradients:
        return (WindowSum.apply(dy, first=-ctx.last, last=-ctx.first),)


def _window_sums(x: Array, first: int, last: int) -> Array:
    channels = x.shape[-1]
    y = np.zeros_like(x)
    for offset in range(max(first, 1 - channels), min(last, channels - 1) + 1):
        before, after = max(-offset, 0), max(offset, 0)
        y[..., before : channels - after] += x[..., after : channels - before]
    return y
