"""Normalisation: elements are put together in groups, and each group is brought to a common scale.

Batch, instance, group and layer normalisation are one operation. They differ only in which elements make up a
group, and that is said by looking at x as an array (N, S, G, K): N samples of S positions with G groups of K
channels each. The mean and the variance of a group are taken over S and K; the weight and the bias, (G, K),
are shared by all samples and positions.

              N              S                    G          K
    batch     1              samples, positions   channels   1
    instance  samples        positions            channels   1
    group     samples        positions            groups     channels of a group
    layer     leading axes   1                    1          normalised axes

As on torch, float16 is computed in float32, and where there is neither a variance nor an ε the result is nan,
without a warning.

Sources: Ioffe and Szegedy, Batch normalization, 2015; Ulyanov, Vedaldi and Lempitsky, Instance normalization,
2016; Wu and He, Group normalization, 2018; Ba, Kiros and Hinton, Layer normalization, 2016; Zhang and
Sennrich, Root mean square layer normalization, 2019.
"""

from __future__ import annotations

import math
from typing import Any, TypeAlias

import numpy as np

from npnn._typing import Array, Gradients
from npnn.autograd.function import Context, Operation
from npnn.ops._channels import (
    large_channels,
    normalize_channels,
    normalize_channels_backward,
    scale_channels,
)
from npnn.ops._rows import large_rows, normalize_rows, normalize_rows_backward

Groups: TypeAlias = tuple[int, int, int, int]
"""The sizes (N, S, G, K)."""

SILENT = np.errstate(all="ignore")

_FAST_BACKWARD = (
    (large_rows, normalize_rows_backward),
    (large_channels, normalize_channels_backward),
)
"""When the backward of `Normalize` goes block by block, and how."""

BLOCK_ROWS = 1024
"""How many rows are added up one after the other before the sums of such blocks are. Rounding errors grow
with the length of both chains: they are least where each is about the square root of a large batch."""


class Normalize(Operation):
    """y = w (x - μ) / √(σ² + ε) + b, with μ and σ² the mean and the (biased) variance of an element's group.

    x of any shape, `groups` the shape (N, S, G, K) in which it falls into groups (above); weight and bias of
    G K elements each, or None. Three outputs: y, of the shape of x, and μ and σ², (N, 1, G, 1).

    The variance is the mean square of x - μ, and not the mean of x² less μ²: where μ is large, that would be
    the small difference of large numbers. With r = 1 / √(σ² + ε), x̂ = r (x - μ), n = S K the elements of a
    group, and g = w dy,

        db = Σ dy,  dw = Σ x̂ dy                   (over samples and positions)
        dx = r (g - Σ g / n - x̂ Σ x̂ g / n)        (over the group)

    The last two terms are what μ and σ² have to do with it: they take out of g its mean and its part along x̂,
    since moving or stretching a whole group leaves y as it was. Both lines begin with the sums of dy and of x̂
    dy over positions, which are computed once.

    Where rows are groups (layer normalisation) or channels are (batch normalisation), and they are many,
    they go through these steps block by block, in `_rows` and `_channels`; all else goes through each step as
    a whole.

    μ and σ² are outputs, rather than private values, so that a second derivative finds its way from them back
    to x: dμ / n + 2 dσ² (x - μ) / n is what they add to dx.
    """

    @staticmethod
    @SILENT
    def forward(
        ctx: Context, x: Array, weight: Array | None, bias: Array | None, *, groups: Groups, eps: float
    ) -> tuple[Array, Array, Array]:
        _, positions, _, channels = groups
        ctx.groups, ctx.eps = groups, eps
        ctx.count = max(positions * channels, 1)
        ctx.bias_shape = None if bias is None else bias.shape
        ctx.set_materialize_grads(False)
        wide = in_float32(x).reshape(groups)
        if large_rows(groups, wide, weight, bias):
            y, mean, var = normalize_rows(wide, weight, bias, eps)
        elif large_channels(groups, wide, weight, bias):
            y, mean, var = normalize_channels(wide, weight, bias, eps)
        else:
            mean = _group_sums(_column_sums(wide)) / ctx.count
            y = wide - _for_channels(mean, groups)
            var = _square_sums(y) / ctx.count
            y *= _scale(1 / np.sqrt(var + eps), weight, groups)
            if bias is not None:
                y += bias.reshape(groups[2:])
        ctx.save_for_backward(x, weight, mean, var)
        return np.asarray(y.reshape(x.shape), x.dtype, order="C"), mean, var

    @staticmethod
    @SILENT
    def backward(ctx: Context, dy: Array | None, dmean: Array | None, dvar: Array | None) -> Gradients:
        x, weight, mean, var = ctx.saved_tensors
        groups, count = ctx.groups, ctx.count
        dx: Any = None
        dweight = dbias = None
        if dy is not None and dmean is None and dvar is None:
            for large, fast in _FAST_BACKWARD:
                if large(groups, dy, x, weight):
                    dx, dweight, dbias = fast(dy, x, weight, mean, var, ctx.eps)
                    dweight = None if weight is None else dweight.reshape(weight.shape)
                    return dx, dweight, None if ctx.bias_shape is None else dbias.reshape(ctx.bias_shape)
        centred = in_float32(x).reshape(groups) - _for_channels(mean, groups)
        if dy is not None:
            dy = in_float32(dy).reshape(groups)
            r = 1 / np.sqrt(var + ctx.eps)
            sums = _column_sums(dy)
            products = ColumnDots.apply(dy, centred)
            products *= r.reshape(groups[0], groups[2], 1)
            if weight is not None and ctx.needs_input_grad[1]:
                dweight = _sample_sums(products).reshape(weight.shape)
            if ctx.bias_shape is not None and ctx.needs_input_grad[2]:
                dbias = _sample_sums(sums).reshape(ctx.bias_shape)
            if ctx.needs_input_grad[0]:
                dx = dy * _scale(r, weight, groups)
                dx -= _for_channels(_group_sums(sums, weight) * (r / count), groups)
                dx -= centred * _for_channels(_group_sums(products, weight) * (r * r / count), groups)
        if dmean is not None:
            share = np.broadcast_to(dmean / count, groups)
            dx = share if dx is None else dx + share
        if dvar is not None:
            share = centred * (dvar * (2 / count))
            dx = share if dx is None else dx + share
        return None if dx is None else dx.reshape(x.shape), dweight, dbias


class NormalizeBy(Operation):
    """y = w (x - μ) / √(σ² + ε) + b for every channel, with a μ and a σ² that are given, and constants.

    x (*, C); the others (C,), weight and bias or None. This is batch normalisation in evaluation mode. With
    r = 1 / √(σ² + ε), db = Σ dy, dw = Σ r (x - μ) dy, and dx = r w dy.

    Source: torch.nn.functional.batch_norm with training=False.
    """

    @staticmethod
    @SILENT
    def forward(
        ctx: Context,
        x: Array,
        weight: Array | None,
        bias: Array | None,
        mean: Array,
        var: Array,
        *,
        eps: float,
    ) -> Array:
        r = 1 / np.sqrt(in_float32(var) + eps)
        ctx.save_for_backward(x, weight, mean, r)
        ctx.bias_shape = None if bias is None else bias.shape
        wide = in_float32(x)
        scale = r if weight is None else r * weight.reshape(-1)
        if large_channels((1, math.prod(x.shape[:-1]), len(r), 1), wide, mean, r, weight, bias):
            return scale_channels(wide, mean, scale, bias).astype(x.dtype, copy=False)
        y = wide - mean
        y *= scale
        if bias is not None:
            y += bias.reshape(-1)
        return y.astype(x.dtype, copy=False)

    @staticmethod
    @SILENT
    def backward(ctx: Context, dy: Array) -> Gradients:
        x, weight, mean, r = ctx.saved_tensors
        dy = in_float32(dy)
        groups = (1, math.prod(dy.shape[:-1]), dy.shape[-1], 1)
        dx = dweight = dbias = None
        if ctx.needs_input_grad[0]:
            dx = dy * (r if weight is None else r * weight.reshape(-1))
        if weight is not None and ctx.needs_input_grad[1]:
            centred = in_float32(x) - mean
            products = ColumnDots.apply(dy.reshape(groups), centred.reshape(groups))
            dweight = (products.reshape(-1) * r).reshape(weight.shape)
        if ctx.bias_shape is not None and ctx.needs_input_grad[2]:
            dbias = _column_sums(dy.reshape(groups)).reshape(ctx.bias_shape)
        return dx, dweight, dbias, None, None


class RMSNorm(Operation):
    """y = w x / √(m + ε), with m the mean square of x over the last `axes` axes.

    x of any shape, weight of the shape of these axes, or None. Two outputs: y, of the shape of x, and m, a
    column with a row for each group. It is layer normalisation that leaves the mean where it is: with
    r = 1 / √(m + ε), n the elements of a group and g = w dy,

        dw = Σ r x dy,  dx = r (g - r² x Σ x g / n)

    m is an output for the sake of second derivatives, as in Normalize, and adds 2 dm x / n to dx.

    Source: torch.nn.functional.rms_norm.
    """

    @staticmethod
    @SILENT
    def forward(
        ctx: Context, x: Array, weight: Array | None, *, axes: int, eps: float
    ) -> tuple[Array, Array]:
        rows = (math.prod(x.shape[: x.ndim - axes]), math.prod(x.shape[x.ndim - axes :]))
        wide = in_float32(x).reshape(rows)
        square = np.einsum("nk,nk->n", wide, wide).reshape(-1, 1) / max(rows[1], 1)
        ctx.save_for_backward(x, weight, square)
        ctx.rows, ctx.eps = rows, eps
        ctx.set_materialize_grads(False)
        y = wide * (1 / np.sqrt(square + eps))
        if weight is not None:
            y = y * weight.reshape(-1)
        return np.asarray(y.reshape(x.shape), x.dtype, order="C"), square

    @staticmethod
    @SILENT
    def backward(ctx: Context, dy: Array | None, dsquare: Array | None) -> Gradients:
        x, weight, square = ctx.saved_tensors
        count = max(ctx.rows[1], 1)
        wide = in_float32(x).reshape(ctx.rows)
        dx: Any = None
        dweight = None
        if dy is not None:
            dy = in_float32(dy).reshape(ctx.rows)
            r = 1 / np.sqrt(square + ctx.eps)
            products = dy * wide
            flat = np.ones(ctx.rows[1], products.dtype) if weight is None else weight.reshape(-1)
            if weight is not None and ctx.needs_input_grad[1]:
                dweight = (r.reshape(-1) @ products).reshape(weight.shape)
            if ctx.needs_input_grad[0]:
                dx = dy * (r if weight is None else r * flat)
                dx -= wide * ((products @ flat).reshape(-1, 1) * (r * r * r / count))
        if dsquare is not None:
            share = wide * (dsquare * (2 / count))
            dx = share if dx is None else dx + share
        return None if dx is None else dx.reshape(x.shape), dweight


class ColumnDots(Operation):
    """z = Σ x y over positions, (N, G, K), of two arrays (N, S, G, K); dx = y dz, dy = x dz."""

    @staticmethod
    def forward(ctx: Context, x: Array, y: Array) -> Array:
        ctx.save_for_backward(x, y)
        return _column_dots(x, y)

    @staticmethod
    def backward(ctx: Context, dz: Array) -> Gradients:
        x, y = ctx.saved_tensors
        dz = dz.reshape(x.shape[0], 1, *x.shape[2:])
        return (y * dz if ctx.needs_input_grad[0] else None), (x * dz if ctx.needs_input_grad[1] else None)


def in_float32(x: Array) -> Array:
    """float16 as float32, anything else as it is."""
    return x.astype(np.float32) if x.dtype == np.float16 else x


def _for_channels(v: Array, groups: Groups) -> Array:
    """A value for each group, (N, 1, G, 1), said for each of its channels.

    NumPy's inner loop would else run over the channels of one group. With one position that would be as much
    to write as to read, and a group's channels are many.
    """
    _, positions, _, channels = groups
    return v if positions == 1 or channels == 1 else v * np.ones(channels, v.dtype)


def _scale(r: Array, weight: Array | None, groups: Groups) -> Array:
    """What x - μ is multiplied by: r w, or r without a weight."""
    return _for_channels(r, groups) if weight is None else r * weight.reshape(groups[2:])


def _column_sums(x: Array) -> Array:
    """Σ_s x_nsgk, (N, G, K): a product with ones, several times as fast as NumPy's sum over leading axes."""
    samples, positions, in_group, channels = x.shape
    if positions == 1:
        return x.reshape(samples, in_group, channels)
    rows = x.reshape(samples, positions, in_group * channels)
    whole = positions - positions % BLOCK_ROWS
    sums = np.ones(positions - whole, x.dtype) @ rows[:, whole:]
    if whole:
        blocks = rows[:, :whole].reshape(samples, whole // BLOCK_ROWS, BLOCK_ROWS, in_group * channels)
        sums = sums + (np.ones(BLOCK_ROWS, x.dtype) @ blocks).sum(axis=1)
    return sums.reshape(samples, in_group, channels)


def _column_dots(x: Array, y: Array) -> Array:
    """Σ_s x_nsgk y_nsgk, (N, G, K), in blocks of rows, as in `_column_sums`."""
    samples, positions, in_group, channels = x.shape
    if positions == 1:
        return (x * y).reshape(samples, in_group, channels)
    flat = (samples, positions, in_group * channels)
    x, y = x.reshape(flat), y.reshape(flat)
    whole = positions - positions % BLOCK_ROWS
    dots = np.einsum("nsc,nsc->nc", x[:, whole:], y[:, whole:])
    if whole:
        blocks = (samples, whole // BLOCK_ROWS, BLOCK_ROWS, in_group * channels)
        x, y = x[:, :whole].reshape(blocks), y[:, :whole].reshape(blocks)
        dots += np.einsum("nbsc,nbsc->nbc", x, y).sum(axis=1)
    return dots.reshape(samples, in_group, channels)


def _sample_sums(values: Array) -> Array:
    """Σ_n of (N, G, K)."""
    return _column_sums(values.reshape(1, *values.shape))


def _group_sums(values: Array, weight: Array | None = None) -> Array:
    """Σ_k v_ngk w_gk, (N, 1, G, 1); without a weight Σ_k v_ngk."""
    samples, in_group, channels = values.shape
    if weight is None:
        weight = np.ones((in_group, channels), values.dtype)
    if in_group == 1:
        sums = values.reshape(samples, channels) @ weight.reshape(channels)
    else:
        sums = (values * weight.reshape(in_group, channels)).sum(axis=2)
    return sums.reshape(samples, 1, in_group, 1)


def _square_sums(x: Array) -> Array:
    """Σ_sk x_nsgk², (N, 1, G, 1)."""
    samples, positions, in_group, _ = x.shape
    if positions == 1:
        return np.einsum("nsgk,nsgk->ng", x, x).reshape(samples, 1, in_group, 1)
    return _group_sums(_column_dots(x, x))
