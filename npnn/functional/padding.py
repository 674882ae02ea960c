"""Padding."""

from __future__ import annotations

import math
from typing import Any

from npnn.functional._check import as_input
from npnn.ops.indexing import Take
from npnn.ops.padding import Pad, edge_index
from npnn.tensors import Tensor


def pad(input: Any, pad: Any, mode: str = "constant", value: float | None = None) -> Tensor:
    """Makes axes longer at their ends, or shorter by negative amounts.

    In constant mode `pad` names the last axes of the input, whatever they mean: of an image (N, H, W, C) the
    first pair pads the channels, so give (0, 0, left, right, top, bottom) to pad its sides. In the other
    modes it names spatial axes, which end before the channels: (left, right, top, bottom). Pairs start from
    the last axis in both.

    Args:
        input: a tensor or array; in other modes than constant (N, *spatial, C) or (*spatial, C), with as many
            spatial axes as there are pairs.
        pad: the amounts, (before, after) for the last axis, then for the one before it, and so on.
        mode: "constant"; "reflect", mirrored at the edge element; "replicate", the edge element repeated; or
            "circular", from the other end again.
        value: what to fill in, in constant mode. Default: 0.

    Returns:
        A tensor, each padded axis longer by its two amounts.

    Raises:
        RuntimeError: an odd number of amounts, more than there are axes, or more than the mode can take from
            an axis.
        NotImplementedError: an unknown mode, or a number of axes that does not go with the amounts.
        ValueError: a value with another mode than constant.

    Source: torch.nn.functional.pad.

    Examples:
        >>> import npnn
        >>> import npnn.functional as F
        >>> F.pad(npnn.tensor([1.0, 2.0]), (1, 2))
        tensor([0., 1., 2., 0., 0.])
        >>> F.pad(npnn.tensor([[1.0], [2.0], [3.0]]), (2, 1), mode="reflect").flatten()
        tensor([3., 2., 1., 2., 3., 2.])
    """
    x = as_input(input, "pad")
    amounts = tuple(int(amount) for amount in pad)
    if len(amounts) % 2:
        raise RuntimeError(f"Padding length must be divisible by 2, got {len(amounts)} amounts")
    if mode != "constant":
        if value is not None and value != 0:
            raise ValueError(f"Padding mode {mode!r} doesn't take in value argument, got {value}")
        return pad_spatial(x, amounts, mode)
    if len(amounts) // 2 > x.array.ndim:
        raise RuntimeError(
            "Padding length should be less than or equal to two times the input dimension but got padding"
            f" length {len(amounts)} and input of dimension {x.array.ndim}"
        )
    pairs = _pairs(amounts)
    return _pad_constant(x, (((0, 0),) * (x.array.ndim - len(pairs)) + pairs), value)


def pad_spatial(x: Tensor, amounts: tuple[int, ...], mode: str, value: float = 0.0) -> Tensor:
    """Pads the spatial axes of (N, *spatial, C) or (*spatial, C), in any mode.

    Raises:
        NotImplementedError: an unknown mode, or a number of axes that does not go with the amounts.
        RuntimeError: more than the mode can take from an axis.
    """
    pairs = _pairs(amounts)
    axes = len(pairs)
    if x.array.ndim not in (axes + 1, axes + 2) or not 1 <= axes <= 3:
        raise NotImplementedError(
            f"Only {axes + 1}D (unbatched) and {axes + 2}D inputs, channels last, can be padded on {axes}"
            f" spatial axes, got shape {list(x.array.shape)}"
        )
    if mode == "constant":
        lead = x.array.ndim - axes - 1
        return _pad_constant(x, ((0, 0),) * lead + pairs + ((0, 0),), value)
    if mode not in ("reflect", "replicate", "circular"):
        raise NotImplementedError(
            f"Unrecognised padding mode {mode}: expected constant, reflect, replicate or circular"
        )
    first = x.array.ndim - axes - 1
    for axis, (before, after) in enumerate(pairs, start=first):
        size = x.array.shape[axis]
        if size == 0:
            raise RuntimeError(
                f"Expected an input with non-zero spatial axes to pad in mode {mode}, got shape"
                f" {list(x.array.shape)}"
            )
        most, rule = _most(mode, size)
        if max(before, after) > most:
            raise RuntimeError(
                f"{rule}, but got: padding ({before}, {after}) at axis {axis} of input {list(x.array.shape)}"
            )
        if size + before + after < 1:
            raise RuntimeError(
                f"padding ({before}, {after}) leaves nothing of axis {axis} of input {list(x.array.shape)}"
            )
    for axis, (before, after) in enumerate(pairs, start=first):
        if before or after:
            x = Take.apply(x, index=edge_index(x.array.shape[axis], before, after, mode), axis=axis)
    return x


def _most(mode: str, size: int) -> tuple[float, str]:
    """The most that a mode can take from an axis, and how torch's message about it begins."""
    if mode == "reflect":
        return size - 1, "Padding size should be less than the corresponding input dimension"
    if mode == "circular":
        return size, "Padding value causes wrapping around more than once"
    return math.inf, ""


def _pairs(amounts: tuple[int, ...]) -> tuple[tuple[int, int], ...]:
    """torch's flat amounts, last axis first, as (before, after) for each axis in order."""
    return tuple(zip(amounts[0::2], amounts[1::2], strict=True))[::-1]


def _pad_constant(x: Tensor, pairs: tuple[tuple[int, int], ...], value: float | None) -> Tensor:
    for size, (before, after) in zip(x.array.shape, pairs, strict=True):
        if size + min(before, 0) + min(after, 0) < 0:
            raise RuntimeError(
                f"The input size {size}, plus negative padding {before} and {after}, resulted in a negative"
                " output size, which is invalid"
            )
    return Pad.apply(x, pairs=pairs, value=0.0 if value is None else value)
