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

How it is computed: the windows of a block of samples are laid out as rows (im2col) and multiplied by the
kernel as a matrix. Blocks are small enough for the rows to stay in cache between being written and being
read, which saves a round trip to memory of prod(kernel) times the input. The transpose adds the products'
columns back tap by tap (col2im). With one input channel in each group (depthwise) a matrix product would do
nothing but waste, so the taps are multiplied and summed.

Source: torch.nn.functional.conv2d; Chellapilla, Puri and Simard, High performance convolutional neural
networks for document processing, 2006, for im2col.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import product
from typing import Any

import numpy as np

from npnn._typing import Array, Gradients, Shape
from npnn.autograd.function import Context, Operation

BLOCK_BYTES = 2**20
"""How much im2col writes before the product reads it again: about the size of a second-level cache."""


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
        y = _convolve(_pad(x, padding), weight, stride, dilation, groups)
        if bias is not None:
            y += bias
        return y

    @staticmethod
    def backward(ctx: Context, dy: Array) -> Gradients:
        x, weight = ctx.saved_tensors
        needs_x, needs_weight, needs_bias = (ctx.needs_input_grad[i] for i in range(3))
        dx = ConvInput.apply(dy, weight, spatial=x.shape[1:-1], **ctx.options) if needs_x else None
        dweight = ConvWeight.apply(x, dy, kernel=weight.shape[:-2], **ctx.options) if needs_weight else None
        return dx, dweight, dy.sum(axis=tuple(range(dy.ndim - 1))) if needs_bias else None


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
        padded = tuple(size + sum(pair) for size, pair in zip(spatial, padding, strict=True))
        dx = _spread(dy, weight, padded, stride, dilation, groups)
        inner = tuple(
            slice(before, before + size) for size, (before, _) in zip(spatial, padding, strict=True)
        )
        return dx[(slice(None), *inner)]

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
        return _correlate(_pad(x, padding), dy, kernel, stride, dilation, groups)

    @staticmethod
    def backward(ctx: Context, dweight: Array) -> Gradients:
        x, dy = ctx.saved_tensors
        needs_x, needs_dy = (ctx.needs_input_grad[i] for i in range(2))
        dx = ConvInput.apply(dy, dweight, spatial=x.shape[1:-1], **ctx.options) if needs_x else None
        return dx, _cropped(Conv.apply(x, dweight, None, **ctx.options), dy) if needs_dy else None


def _cropped(y: Array, like: Array) -> Array:
    """y without the windows that `like` lacks: an x longer than it need be has room for more of them."""
    return y if y.shape == like.shape else y[(slice(None), *(slice(size) for size in like.shape[1:-1]))]


def _pad(x: Array, padding: tuple[tuple[int, int], ...]) -> Array:
    """x with zeros around its spatial axes."""
    if not any(before or after for before, after in padding):
        return x
    spatial = x.shape[1:-1]
    padded = np.zeros(
        (x.shape[0], *(size + sum(pair) for size, pair in zip(spatial, padding, strict=True)), x.shape[-1]),
        x.dtype,
    )
    inner = tuple(slice(before, before + size) for size, (before, _) in zip(spatial, padding, strict=True))
    padded[(slice(None), *inner)] = x
    return padded


def windows(x: Array, kernel: Shape, stride: Shape, dilation: Shape) -> Array:
    """A view of x that shows the window of every output: (N, *out, *kernel, C), nothing copied."""
    spatial = x.shape[1:-1]
    out = tuple(
        (size - d * (k - 1) - 1) // s + 1
        for size, k, s, d in zip(spatial, kernel, stride, dilation, strict=True)
    )
    steps = x.strides[1:-1]
    return np.lib.stride_tricks.as_strided(
        x,
        (x.shape[0], *out, *kernel, x.shape[-1]),
        (
            x.strides[0],
            *(step * s for step, s in zip(steps, stride, strict=True)),
            *(step * d for step, d in zip(steps, dilation, strict=True)),
            x.strides[-1],
        ),
        writeable=False,
    )


def _blocks(samples: int, bytes_of_one: int) -> Iterator[slice]:
    """Samples dealt into blocks whose rows fill the cache and no more."""
    size = max(1, BLOCK_BYTES // max(bytes_of_one, 1))
    return (slice(start, min(start + size, samples)) for start in range(0, samples, size))


def _taps(
    shape: Shape, kernel: Shape, stride: Shape, dilation: Shape
) -> Iterator[tuple[Shape, tuple[Any, ...]]]:
    """For every tap of the kernel, its index and the slices of the input that it meets in all outputs."""
    for tap in product(*(range(k) for k in kernel)):
        yield (
            tap,
            tuple(
                slice(t * d, t * d + (size - 1) * s + 1, s)
                for t, d, s, size in zip(tap, dilation, stride, shape, strict=True)
            ),
        )


def _convolve(x: Array, weight: Array, stride: Shape, dilation: Shape, groups: int) -> Array:
    """The convolution of an x that is already padded."""
    kernel, (depth, channels_out) = weight.shape[:-2], weight.shape[-2:]
    view = windows(x, kernel, stride, dilation)
    samples, out = x.shape[0], view.shape[1 : 1 + len(kernel)]
    y = np.empty((samples, *out, channels_out), x.dtype)
    if depth == 1 and groups > 1:
        each = channels_out // groups
        y[...] = 0
        parts = y.reshape(samples, *out, groups, each)
        for tap, place in _taps(out, kernel, stride, dilation):
            parts += x[(slice(None), *place)][..., None] * weight[tap].reshape(groups, each)
        return y
    positions, taps = math.prod(out), math.prod(kernel)
    each = channels_out // groups
    for block in _blocks(samples, positions * taps * x.shape[-1] * x.itemsize):
        rows = y[block].reshape(-1, channels_out)
        for group in range(groups):
            chosen = view[block][..., group * depth : (group + 1) * depth].reshape(len(rows), taps * depth)
            columns = slice(group * each, (group + 1) * each)
            np.matmul(chosen, weight[..., columns].reshape(taps * depth, each), out=rows[:, columns])
    return y


def _spread(dy: Array, weight: Array, spatial: Shape, stride: Shape, dilation: Shape, groups: int) -> Array:
    """The transpose of `_convolve` in x, for a padded x of the given spatial shape."""
    kernel, (depth, channels_out) = weight.shape[:-2], weight.shape[-2:]
    samples, out, each = dy.shape[0], dy.shape[1:-1], channels_out // groups
    dx = np.zeros((samples, *spatial, groups * depth), dy.dtype)
    if depth == 1 and groups > 1:
        parts = dy.reshape(samples, *out, groups, each)
        for tap, place in _taps(out, kernel, stride, dilation):
            dx[(slice(None), *place)] += (parts * weight[tap].reshape(groups, each)).sum(-1)
        return dx
    positions, taps = math.prod(out), math.prod(kernel)
    for block in _blocks(samples, positions * taps * groups * depth * dy.itemsize):
        drows = dy[block].reshape(-1, channels_out)
        for group in range(groups):
            mine = slice(group * depth, (group + 1) * depth)
            columns = slice(group * each, (group + 1) * each)
            dcolumns = drows[:, columns] @ weight[..., columns].reshape(taps * depth, each).T
            dwindows = dcolumns.reshape(-1, *out, *kernel, depth)
            for tap, place in _taps(out, kernel, stride, dilation):
                dx[(block, *place, mine)] += dwindows[(slice(None),) * (1 + len(out)) + tap]
    return dx


def _correlate(x: Array, dy: Array, kernel: Shape, stride: Shape, dilation: Shape, groups: int) -> Array:
    """The transpose of `_convolve` in W, of a padded x and dy."""
    view = windows(x, kernel, stride, dilation)
    samples, out, channels_out = dy.shape[0], dy.shape[1:-1], dy.shape[-1]
    view = view[(slice(None), *(slice(size) for size in out))]
    depth, each = x.shape[-1] // groups, channels_out // groups
    dweight = np.zeros((*kernel, depth, channels_out), x.dtype)
    if depth == 1 and groups > 1:
        parts = dy.reshape(samples, *out, groups, each)
        over = tuple(range(1 + len(out)))
        for tap, place in _taps(out, kernel, stride, dilation):
            dweight[tap] = (x[(slice(None), *place)][..., None] * parts).sum(over).reshape(1, channels_out)
        return dweight
    positions, taps = math.prod(out), math.prod(kernel)
    for block in _blocks(samples, positions * taps * x.shape[-1] * x.itemsize):
        drows = dy[block].reshape(-1, channels_out)
        for group in range(groups):
            columns = slice(group * each, (group + 1) * each)
            chosen = view[block][..., group * depth : (group + 1) * depth].reshape(len(drows), taps * depth)
            dweight[..., columns] += (chosen.T @ drows[:, columns]).reshape(*kernel, depth, each)
    return dweight
