"""Unfolding an input into columns, one for each window, and folding columns back into an input."""

from __future__ import annotations

import math

import numpy as np

from npnn._typing import Array, Gradients
from npnn.autograd.function import Context, Operation
from npnn.ops._windows import Windows, joint_taps


class Unfold(Operation):
    """Every window as a row: y[n, o, (c, t)] = x[n, o stride - padding + t dilation, c], and 0 beside x.

    x (N, *spatial, C), y (N, prod(out), C prod(kernel)), with one `Windows` for each spatial axis. In a row
    the taps of the first channel come first, as on torch. dx adds up what became of each element: `Fold`.

    Source: torch.nn.functional.unfold, its last two axes exchanged.
    """

    @staticmethod
    def forward(ctx: Context, x: Array, *, windows: tuple[Windows, ...]) -> Array:
        ctx.windows = windows
        out, kernel = tuple(each.out for each in windows), tuple(each.kernel for each in windows)
        y = np.zeros((x.shape[0], *out, x.shape[-1], *kernel), x.dtype)
        for tap, outputs, inputs in joint_taps(windows):
            y[(slice(None), *outputs, slice(None), *tap)] = x[(slice(None), *inputs)]
        return y.reshape(x.shape[0], math.prod(out), x.shape[-1] * math.prod(kernel))

    @staticmethod
    def backward(ctx: Context, dy: Array) -> Gradients:
        return (Fold.apply(dy, windows=ctx.windows),)


class Fold(Operation):
    """The sum of all rows, each in its window: x[n, i, c] = Σ y[n, o, (c, t)] over all o and t that lie at i.

    y (N, prod(out), C prod(kernel)), x (N, *spatial, C). The transpose of `Unfold`, which is its backward.

    Source: torch.nn.functional.fold, the last two axes of its input exchanged.
    """

    @staticmethod
    def forward(ctx: Context, y: Array, *, windows: tuple[Windows, ...]) -> Array:
        ctx.windows = windows
        out, kernel = tuple(each.out for each in windows), tuple(each.kernel for each in windows)
        channels = y.shape[-1] // math.prod(kernel)
        rows = y.reshape(y.shape[0], *out, channels, *kernel)
        x = np.zeros((y.shape[0], *(each.size for each in windows), channels), y.dtype)
        for tap, outputs, inputs in joint_taps(windows):
            x[(slice(None), *inputs)] += rows[(slice(None), *outputs, slice(None), *tap)]
        return x

    @staticmethod
    def backward(ctx: Context, dx: Array) -> Gradients:
        return (Unfold.apply(dx, windows=ctx.windows),)
