"""Convolution over any number of spatial axes: one bilinear map, and its three sides.

Written for one sample, one tap k of the kernel and stride s, padding p, dilation d, a convolution is

    y[o] = Σ_k x[s o + d k - p] W[k]        (a row of channels times a matrix)

which is linear in x and in W. So there are three operations that each fix one of y, x and W as the unknown:

    Conv        y  from x, W         the convolution
    ConvInput   dx from dy, W        its transpose in x: the transposed convolution
    ConvWeight  dW from x, dy        its transpose in W

and the gradients of each are given by the other two, to any order of differentiation.

Layouts: x (N, *spatial, C), y (N, *out, O), W (*kernel, C / groups, O). Options are tuples with one number
for each spatial axis; `padding` has a pair (before, after) for each. out = ⌊(in + before + after - d (k - 1)
- 1) / s⌋ + 1.

How it is computed, see `npnn.ops._convolve`: in the main, windows are laid out as the rows of a matrix and
multiplied by the kernel as another.

Source: torch.nn.functional.conv2d; Chellapilla, Puri and Simard, High performance convolutional neural
networks for document processing, 2006, for im2col.
"""

from __future__ import annotations

import math

import numpy as np

from npnn._typing import Array, Gradients, Shape
from npnn.autograd.function import Context, Operation
from npnn.ops._convolve import convolve, correlate, spread
from npnn.ops._im2col import Windows
from npnn.ops._product import column_sums


class Conv(Operation):
    """The convolution y of x and W, plus a bias b (O,) or None; db is the sum of dy for each channel."""

    @staticmethod
    def forward(
        ctx: Context,
        x: Array,
        weight: Array,
        bias: Array | None = None,
        *,
        stride: Shape,
        padding: tuple[tuple[int, int], ...],
        dilation: Shape,
        groups: int = 1,
    ) -> Array:
        ctx.save_for_backward(x, weight)
        ctx.options = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
        return convolve(_windows(x, weight.shape[:-2], stride, padding, dilation), weight, bias, groups)

    @staticmethod
    def backward(ctx: Context, dy: Array) -> Gradients:
        x, weight = ctx.saved_tensors
        needs_x, needs_weight, needs_bias = (ctx.needs_input_grad[i] for i in range(3))
        dx = ConvInput.apply(dy, weight, spatial=x.shape[1:-1], **ctx.options) if needs_x else None
        dweight = ConvWeight.apply(x, dy, kernel=weight.shape[:-2], **ctx.options) if needs_weight else None
        dbias = column_sums(dy.reshape(math.prod(dy.shape[:-1]), dy.shape[-1])) if needs_bias else None
        return dx, dweight, dbias


class ConvInput(Operation):
    """The transposed convolution: dx, of the given spatial shape, from dy and W."""

    @staticmethod
    def forward(
        ctx: Context,
        dy: Array,
        weight: Array,
        *,
        spatial: Shape,
        stride: Shape,
        padding: tuple[tuple[int, int], ...],
        dilation: Shape,
        groups: int = 1,
    ) -> Array:
        ctx.save_for_backward(dy, weight)
        ctx.options = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
        before = tuple(pair[0] for pair in padding)
        return spread(np.ascontiguousarray(dy), weight, spatial, stride, dilation, before, groups)

    @staticmethod
    def backward(ctx: Context, dx: Array) -> Gradients:
        dy, weight = ctx.saved_tensors
        needs_dy, needs_weight = (ctx.needs_input_grad[i] for i in range(2))
        ddy = _cropped(Conv.apply(dx, weight, None, **ctx.options), dy) if needs_dy else None
        dweight = ConvWeight.apply(dx, dy, kernel=weight.shape[:-2], **ctx.options) if needs_weight else None
        return ddy, dweight


class ConvWeight(Operation):
    """The gradient of the kernel: dW, of the given kernel size, from x and dy."""

    @staticmethod
    def forward(
        ctx: Context,
        x: Array,
        dy: Array,
        *,
        kernel: Shape,
        stride: Shape,
        padding: tuple[tuple[int, int], ...],
        dilation: Shape,
        groups: int = 1,
    ) -> Array:
        ctx.save_for_backward(x, dy)
        ctx.options = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
        windows = _windows(x, kernel, stride, padding, dilation)._replace(out=dy.shape[1:-1])
        return correlate(windows, np.ascontiguousarray(dy), groups)

    @staticmethod
    def backward(ctx: Context, dweight: Array) -> Gradients:
        x, dy = ctx.saved_tensors
        needs_x, needs_dy = (ctx.needs_input_grad[i] for i in range(2))
        dx = ConvInput.apply(dy, dweight, spatial=x.shape[1:-1], **ctx.options) if needs_x else None
        return dx, _cropped(Conv.apply(x, dweight, None, **ctx.options), dy) if needs_dy else None


def _cropped(y: Array, like: Array) -> Array:
    """y without the windows that `like` lacks: an x longer than it need be has room for more of them."""
    return y if y.shape == like.shape else y[(slice(None), *(slice(size) for size in like.shape[1:-1]))]


def _windows(
    x: Array, kernel: Shape, stride: Shape, padding: tuple[tuple[int, int], ...], dilation: Shape
) -> Windows:
    """The windows of a padded x, as many as there is room for."""
    out = tuple(
        (size + sum(pair) - d * (k - 1) - 1) // s + 1
        for size, pair, k, s, d in zip(x.shape[1:-1], padding, kernel, stride, dilation, strict=True)
    )
    before = tuple(pair[0] for pair in padding)
    return Windows(np.ascontiguousarray(x), kernel, stride, dilation, before, out)
