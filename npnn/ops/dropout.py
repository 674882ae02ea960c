"""Dropout: elements, or whole channels, are taken away at random, and the rest makes up for it.

What stays is decided as torch decides it: a float64 number of the default generator's, which is two words,
for each decision, and what it is for stays if it is below 1 - p. The decisions come in the order in which
torch writes them, which is that of the elements in memory. For an array in C order that is the order of its
elements; so an image (N, H, W, C) is treated as torch treats a tensor of the memory format channels_last.
Decisions about whole channels come sample by sample, and within each channel by channel.

Source: torch.nn.functional.dropout, ATen/native/Dropout.cpp.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from npnn._typing import Array, Gradients, Shape
from npnn.autograd.function import Context, Operation
from npnn.random import default_generator

SELU_FLOOR = -1.7580993408473766
"""-λα, which SELU tends to for x → -∞: what stands for nothing in a network of SELUs."""


class Dropout(Operation):
    """y = x m, with m = 0 with probability p, else 1 / (1 - p), so that the mean stays; dx = dy m.

    Along the axes that are `shared`, one decision is for all. With p = 1 there is nothing to decide.

    Sources: Srivastava et al., Dropout: a simple way to prevent neural networks from overfitting, 2014;
    Tompson et al., Efficient object localization using convolutional networks, 2015, for whole channels.
    """

    @staticmethod
    def forward(ctx: Context, x: Array, *, p: float, shared: Shape = ()) -> Array:
        mask = _kept(x, p, shared) * _scale(x, p)
        ctx.save_for_backward(mask)
        return x * mask

    @staticmethod
    def backward(ctx: Context, dy: Array) -> Gradients:
        (mask,) = ctx.saved_tensors
        return (dy * mask,)


class AlphaDropout(Operation):
    """y = a x + b, or, with probability p, a f + b, with f the floor of SELU; dx = a dy, or 0.

    a = 1 / √((1 - p) (1 + p f²)) and b = -a p f are such that what has mean 0 and variance 1 keeps them: the
    mixture of x and f has mean p f and variance (1 - p) (1 + p f²). `shared` as for Dropout; p < 1.

    Source: Klambauer et al., Self-normalizing neural networks, 2017.
    """

    @staticmethod
    def forward(ctx: Context, x: Array, *, p: float, shared: Shape = ()) -> Array:
        a = 1 / math.sqrt((1 - p) * (1 + p * SELU_FLOOR**2))
        scale, shift, floor = (x.real.dtype.type(v) for v in (a, -a * p * SELU_FLOOR, a * SELU_FLOOR))
        kept = _kept(x, p, shared)
        mask = kept * scale
        ctx.save_for_backward(mask)
        return x * mask + np.where(kept, shift, floor + shift)

    @staticmethod
    def backward(ctx: Context, dy: Array) -> Gradients:
        (mask,) = ctx.saved_tensors
        return (dy * mask,)


def _scale(x: Array, p: float) -> Any:
    """1 / (1 - p), or 0 for p = 1, in the precision of x; divided in float32 if that is float16."""
    precision = x.real.dtype.type
    wide = np.float32 if precision is np.float16 else precision
    return precision(wide(1) / (1 - p)) if p < 1 else precision(0)


def _kept(x: Array, p: float, shared: Shape) -> Array:
    """True with probability 1 - p: for each element of x, or for all along the shared axes together."""
    shape = tuple(1 if axis in shared else size for axis, size in enumerate(x.shape))
    if p == 1:
        return np.zeros(shape, bool)
    order = range(x.ndim) if shared else _memory_order(x)
    drawn = default_generator.bernoulli(1 - p, tuple(shape[axis] for axis in order), np.bool_)
    return drawn.transpose(np.argsort(order))


def _memory_order(x: Array) -> list[int]:
    """The axes by their steps in memory, the largest first; as they are for an array that repeats itself."""
    steps = [abs(step) if size > 1 else 0 for step, size in zip(x.strides, x.shape, strict=True)]
    if any(size > 1 and not step for step, size in zip(steps, x.shape, strict=True)):
        return list(range(x.ndim))
    return sorted(range(x.ndim), key=lambda axis: -steps[axis])
