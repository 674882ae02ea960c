"""Elements by their order: medians, quantiles, the most frequent; what is where in sorted sequences.

Each function takes the tensor first.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from npnn._typing import Array
from npnn.autograd.function import wrap
from npnn.ops import indexing
from npnn.ops.order import OneOfEquals
from npnn.tensors.base import TensorBase, array_of, axis_of
from npnn.tensors.results import extremes


def msort(input: Any) -> Any:
    """The values in order along the first axis.

    Source: torch.msort.
    """
    return input.sort(0).values


def kthvalue(input: Any, k: int, dim: int = -1, keepdim: bool = False) -> Any:
    """The k-th smallest value along an axis, counted from 1, and where it is.

    Raises:
        RuntimeError: the axis is not that long.

    Source: torch.kthvalue.

    Examples:
        >>> import npnn
        >>> npnn.tensor([5.0, 1.0, 3.0]).kthvalue(2)
        torch.return_types.kthvalue(
        values=tensor(3.),
        indices=tensor(2))
    """
    axis = axis_of(dim, input.array.ndim)
    length = input.array.shape[axis] if input.array.ndim else 1
    if not 1 <= k <= length:
        raise RuntimeError(
            f"kthvalue(): selected number k out of range for dimension {axis}: {k} of {length}"
        )
    return _found("kthvalue", input, axis, keepdim, lambda x: np.argpartition(x, k - 1, -1)[..., k - 1])


def median(input: Any, dim: int | None = None, keepdim: bool = False) -> Any:
    """The middle value, of all or along an axis, and then also where it is; of two in the middle the smaller.

    nan, if there is one among the values.

    Raises:
        IndexError: there are no values along the axis.

    Source: torch.median, which does not say which of equal values it finds.

    Examples:
        >>> import npnn
        >>> npnn.tensor([5.0, 1.0, 3.0, 4.0]).median()
        tensor(3.)
    """
    return _middle("median", _median_place, input, dim, keepdim)


def nanmedian(input: Any, dim: int | None = None, keepdim: bool = False) -> Any:
    """`median` of the values that are not nan.

    Raises:
        IndexError: there are no values along the axis.

    Source: torch.nanmedian.

    Examples:
        >>> import npnn
        >>> npnn.tensor([5.0, 1.0, float("nan"), 4.0]).nanmedian()
        tensor(4.)
    """
    return _middle("nanmedian", _nanmedian_place, input, dim, keepdim)


def _middle(name: str, place: Callable[[Array], Array], input: Any, dim: int | None, keepdim: bool) -> Any:
    if dim is None:
        if not input.array.size:
            return wrap(np.asarray(np.nan if input.array.dtype.kind == "f" else 0, input.array.dtype))
        return OneOfEquals.apply(input, place=int(place(input.array.reshape(-1))))
    axis = axis_of(dim, input.array.ndim)
    if input.array.ndim and not input.array.shape[axis]:
        raise IndexError(f"{name}(): Expected reduction dim {axis} to have non-zero size.")
    return _found(name, input, axis, keepdim, place)


def _median_place(x: Array) -> Array:
    place = (x.shape[-1] - 1) // 2
    middle = np.argpartition(x, place, -1)[..., place]
    unknown = np.isnan(x)
    return np.where(unknown.any(-1), unknown.argmax(-1), middle)


def _nanmedian_place(x: Array) -> Array:
    # A sort puts nan at the end.
    order = np.argsort(x, -1, "stable")
    known = x.shape[-1] - np.isnan(x).sum(-1)
    middle = np.maximum(known - 1, 0) // 2
    return np.take_along_axis(order, np.asarray(middle)[..., None], -1)[..., 0]


def mode(input: Any, dim: int = -1, keepdim: bool = False) -> Any:
    """The most frequent value along an axis, of several the smallest, and the last place where it is.

    Raises:
        IndexError: there are no values along the axis.

    Source: torch.mode.

    Examples:
        >>> import npnn
        >>> npnn.tensor([2, 1, 2, 1, 2]).mode()
        torch.return_types.mode(
        values=tensor(2),
        indices=tensor(4))
    """
    axis = axis_of(dim, input.array.ndim)
    if input.array.ndim and not input.array.shape[axis]:
        raise IndexError(f"mode(): Expected reduction dim {axis} to have non-zero size.")
    return _found("mode", input, axis, keepdim, _mode_place)


def _mode_place(x: Array) -> Array:
    order = np.argsort(x, -1, "stable")
    values = np.take_along_axis(x, order, -1)
    # How many equal ones stand before each, counted from the start of its run.
    position = np.arange(x.shape[-1])
    new = np.concatenate([np.ones_like(values[..., :1], bool), values[..., 1:] != values[..., :-1]], -1)
    run = position - np.maximum.accumulate(np.where(new, position, 0), -1)
    last = run.argmax(-1)
    return np.take_along_axis(order, last[..., None], -1)[..., 0]


def _found(name: str, input: Any, axis: int, keepdim: bool, place: Callable[[Array], Array]) -> Any:
    """The values at the places that a function of the last axis finds, recorded, and the places."""
    if input.array.ndim == 0:
        return extremes(name, input.clone(), wrap(np.zeros((), np.int64)))
    index = np.asarray(place(np.moveaxis(input.array, axis, -1)), np.int64)
    index = np.expand_dims(index, axis)
    values = indexing.Gather.apply(input, index, axis=axis)
    if keepdim:
        return extremes(name, values, wrap(index))
    return extremes(name, values.squeeze(axis), wrap(index.squeeze(axis)))


# ---- quantiles


def quantile(
    input: Any, q: Any, dim: int | None = None, keepdim: bool = False, *, interpolation: str = "linear"
) -> Any:
    """The value below which a fraction q of the values lies, of all or along an axis.

    Args:
        input: the tensor.
        q: the fraction, or a vector of several, which then make a new first axis.
        dim: the axis; without one all elements count.
        keepdim: keep the axis, at length 1.
        interpolation: what to take between two values: "linear", "lower", "higher", "midpoint" or "nearest".

    Raises:
        RuntimeError: the dtype is not float32 or float64, that of q is another, q is no fraction, or there
            are no values.
        ValueError: q has more than one axis.

    Source: torch.quantile.

    Examples:
        >>> import npnn
        >>> npnn.tensor([0.0, 1.0, 4.0]).quantile(0.75)
        tensor(2.5000)
    """
    return _quantile("quantile", input, q, dim, keepdim, interpolation)


def nanquantile(
    input: Any, q: Any, dim: int | None = None, keepdim: bool = False, *, interpolation: str = "linear"
) -> Any:
    """`quantile` of the values that are not nan.

    Source: torch.nanquantile.
    """
    return _quantile("nanquantile", input, q, dim, keepdim, interpolation)


_BETWEEN: dict[str, Callable[[Array], tuple[Array, Array]]] = {
    "linear": lambda rank: (np.floor(rank), np.ceil(rank)),
    "midpoint": lambda rank: (np.floor(rank), np.ceil(rank)),
    "lower": lambda rank: (np.floor(rank), np.floor(rank)),
    "higher": lambda rank: (np.ceil(rank), np.ceil(rank)),
    "nearest": lambda rank: (np.rint(rank), np.rint(rank)),
}
"""By name: the ranks of the two neighbours of a rank."""


def _quantile(name: str, input: Any, q: Any, dim: int | None, keepdim: bool, interpolation: str) -> Any:
    fractions = _fractions(name, input, q)
    if interpolation not in _BETWEEN:
        raise RuntimeError(
            f"{name}() interpolation must be one of {', '.join(_BETWEEN)}, but got {interpolation}"
        )
    axis = 0 if dim is None else axis_of(dim, input.array.ndim)
    x = input.reshape(-1) if dim is None or not input.array.ndim else input.movedim(axis, -1)
    length = x.array.shape[-1]
    if not length:
        raise RuntimeError(f"{name}() input tensor must be non-empty")
    # nan is last in order, and so the largest rank gives nan.
    unknown = np.isnan(x.array).sum(-1, keepdims=True)
    if name == "quantile":
        rank = np.where(unknown > 0, length - 1, fractions * (length - 1))
    else:
        rank = fractions * np.maximum(length - unknown - 1, 0).astype(x.array.dtype)
    ordered, last = x.sort(-1).values, x.array.ndim - 1
    below, above = _BETWEEN[interpolation](array_of(rank))
    first, second = (
        indexing.Gather.apply(ordered, places.astype(np.int64), axis=last) for places in (below, above)
    )
    if interpolation == "linear":
        result = _interpolated(first, second, rank - below)
    else:
        result = first if interpolation != "midpoint" else _interpolated(first, second, wrap(below * 0 + 0.5))
    result = result.movedim(-1, 0)
    if keepdim:
        kept = [1 if dim is None or other == axis else size for other, size in enumerate(input.array.shape)]
        result = result.reshape([fractions.array.size, *kept])
    return result if np.ndim(array_of(q)) else result.squeeze(0)


def _fractions(name: str, input: Any, q: Any) -> Any:
    """The fractions as a vector, checked."""
    dtype = input.array.dtype
    if dtype not in (np.float32, np.float64):
        raise RuntimeError(f"{name}() input tensor must be either float or double dtype")
    fractions = q if isinstance(q, TensorBase) else wrap(np.asarray(q, dtype))
    if fractions.array.dtype != dtype:
        raise RuntimeError(f"{name}() q tensor must be same dtype as the input tensor")
    if fractions.array.ndim > 1:
        raise ValueError(f"{name}() q must be a scalar or 1D tensor")
    if not ((fractions.array >= 0) & (fractions.array <= 1)).all():
        raise RuntimeError(f"{name}() q values must be in the range [0, 1]")
    return fractions.reshape(-1)


def _interpolated(first: Any, second: Any, weight: Any) -> Any:
    """Between two tensors; from the nearer one, so that the ends are met."""
    gap = second - first
    return np.where(weight.array < 0.5, first + gap * weight, second - gap * (1 - weight))


# ---- places in sorted sequences


def searchsorted(
    sorted_sequence: Any,
    input: Any,
    *,
    out_int32: bool = False,
    right: bool = False,
    side: str | None = None,
    sorter: Any = None,
) -> Any:
    """Where values would have to be put into sorted sequences for these to stay sorted.

    Args:
        sorted_sequence: the sequences, along the last axis: one for all values, or one for each row of them.
        input: the values, or a number.
        out_int32: give int32 in the place of int64.
        right: behind the values that are equal, in the place of before them.
        side: "left" or "right", which say the same.
        sorter: the order in which the sequences are sorted, if they are not.

    Raises:
        RuntimeError: the shapes do not fit, or `side` is something else.

    Source: torch.searchsorted.

    Examples:
        >>> import npnn
        >>> npnn.searchsorted(npnn.tensor([1, 3, 5]), npnn.tensor([3, 4]))
        tensor([1, 2])
    """
    if side not in (None, "left", "right"):
        raise RuntimeError(f"torch.searchsorted(): side can only be 'left' or 'right' but got {side}")
    if side == "left" and right:
        raise RuntimeError("torch.searchsorted(): side and right can't be set to opposites, got side of left")
    sequences: Array = array_of(sorted_sequence)
    values = np.asarray(array_of(input))
    if sequences.ndim != 1 and (not values.ndim or sequences.shape[:-1] != values.shape[:-1]):
        raise RuntimeError(
            "torch.searchsorted(): boundaries tensor should be 1 dimension or the first N-1 dimensions of"
            " boundaries tensor and input value tensor must match, but we got boundaries tensor"
            f" {list(sequences.shape)} and input value tensor {list(values.shape)}"
        )
    if sorter is not None:
        sequences = np.take_along_axis(sequences, array_of(sorter), -1)
    end: Any = "right" if right or side == "right" else "left"
    if sequences.ndim == 1:
        found = np.searchsorted(sequences, values, end)
    else:
        found = np.empty(values.shape, np.int64)
        for row in np.ndindex(values.shape[:-1]):
            found[row] = np.searchsorted(sequences[row], values[row], end)
    return wrap(np.asarray(found, np.int32 if out_int32 else np.int64))


def bucketize(input: Any, boundaries: Any, *, out_int32: bool = False, right: bool = False) -> Any:
    """For each value the bucket that it lies in, of those between sorted boundaries.

    Args:
        input: the values, or a number.
        boundaries: a vector.
        out_int32: give int32 in the place of int64.
        right: whether a value on a boundary belongs to the bucket behind it.

    Raises:
        RuntimeError: the boundaries are no vector.

    Source: torch.bucketize.

    Examples:
        >>> import npnn
        >>> npnn.bucketize(npnn.tensor([0, 3, 9]), npnn.tensor([1, 3, 5]))
        tensor([0, 1, 3])
    """
    if boundaries.array.ndim != 1:
        raise RuntimeError(f"boundaries tensor must be 1 dimension, but got dim({boundaries.array.ndim})")
    return searchsorted(boundaries, input, out_int32=out_int32, right=right)
