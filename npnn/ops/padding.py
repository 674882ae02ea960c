"""Padding with a constant: axes made longer at their ends, or, by negative amounts, shorter.

The modes that repeat what is there (reflect, replicate, circular) are nothing but `indexing.Take` along each
axis, with an index that runs over the edge in one way or another.
"""

from __future__ import annotations

import numpy as np

from npnn._typing import Array, Gradients
from npnn.autograd.function import Context, Operation


class Pad(Operation):
    """x with `before` and `after` elements of one value put at the ends of each axis; negative numbers crop.

    dx is dy without what was added, and with zeros for what was cropped: the padding by the opposite amounts.

    Source: torch.nn.functional.pad.
    """

    @staticmethod
    def forward(ctx: Context, x: Array, *, pairs: tuple[tuple[int, int], ...], value: float = 0.0) -> Array:
        ctx.pairs = pairs
        shape = tuple(size + sum(pair) for size, pair in zip(x.shape, pairs, strict=True))
        y = np.full(shape, value, x.dtype)
        inner = tuple(
            slice(max(before, 0), size - max(after, 0))
            for size, (before, after) in zip(shape, pairs, strict=True)
        )
        kept = tuple(
            slice(max(-before, 0), size - max(-after, 0))
            for size, (before, after) in zip(x.shape, pairs, strict=True)
        )
        y[inner] = x[kept]
        return y

    @staticmethod
    def backward(ctx: Context, dy: Array) -> Gradients:
        return (Pad.apply(dy, pairs=tuple((-before, -after) for before, after in ctx.pairs)),)


def edge_index(size: int, before: int, after: int, mode: str) -> Array:
    """Which element of an axis each element of the padded axis is, for a mode that repeats what is there."""
    if mode == "circular":
        # What is cropped at one end does not come round again at the other.
        kept = size + min(before, 0) + min(after, 0)
        return np.arange(-max(before, 0), kept + max(after, 0)) % kept + max(-before, 0)
    position = np.arange(-before, size + after)
    if mode == "replicate":
        return position.clip(0, size - 1)
    # Mirrored at the first and the last element, which are not repeated.
    return size - 1 - np.abs(size - 1 - np.abs(position))
