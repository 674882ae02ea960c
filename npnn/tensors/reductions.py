"""Reductions of tensors: sums, means, extremes, norms, sorting and the like.

Axes may be named as torch names them (`dim`, `keepdim`) or as NumPy does (`axis`, `keepdims`).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from npnn import dtypes
from npnn._typing import Array
from npnn.autograd.function import wrap
from npnn.ops import indexing, reduction
from npnn.tensors.arithmetic import floating, in_dtype


class Extremes(NamedTuple):
    """What `max(dim)`, `min(dim)`, `sort` and `topk` give: the values, and where along the axis they were."""

    values: Any
    indices: Any


class ReductionMethods:
    """What makes one number of many."""

    array: Array

    def sum(
        self, dim: Any = None, keepdim: bool = False, *, dtype: Any = None, axis: Any = None, keepdims: bool = False
    ) -> Any:
        """The sum along axes, or of everything; integers and bools add up in int64."""
        if dtype is None and self.array.dtype.kind in "bui":
            dtype = dtypes.int64
        return reduction.Sum.apply(in_dtype(self, dtype), axis=_axes(self, dim, axis), keepdims=keepdim or keepdims)

    def mean(
        self, dim: Any = None, keepdim: bool = False, *, dtype: Any = None, axis: Any = None, keepdims: bool = False
    ) -> Any:
        """The mean along axes, or of everything.

        Raises:
            RuntimeError: the dtype is an integer or bool, and no other is given.
        """
        x = in_dtype(self, dtype)
        if x.array.dtype.kind in "bui":
            raise RuntimeError(
                f"mean(): could not infer output dtype. Input dtype must be either a floating point or complex dtype. "
                f"Got: {x.array.dtype}"
            )
        return reduction.Mean.apply(x, axis=_axes(self, dim, axis), keepdims=keepdim or keepdims)

    def prod(self, dim: Any = None, keepdim: bool = False, *, dtype: Any = None, axis: Any = None) -> Any:
        """The product along an axis, or of everything."""
        if dtype is None and self.array.dtype.kind in "bui":
            dtype = dtypes.int64
        return reduction.Prod.apply(in_dtype(self, dtype), axis=_axes(self, dim, axis), keepdims=keepdim)

    def amax(self, dim: Any = (), keepdim: bool = False) -> Any:
        """The largest value along axes; ties share the gradient."""
        return reduction.Max.apply(self, axis=_axes(self, dim, None), keepdims=keepdim)

    def amin(self, dim: Any = (), keepdim: bool = False) -> Any:
        """The smallest value along axes; ties share the gradient."""
        return reduction.Min.apply(self, axis=_axes(self, dim, None), keepdims=keepdim)

    def max(self, dim: Any = None, keepdim: bool = False) -> Any:
        """The largest value; with an axis also its index; with a tensor the larger of the two, element by element."""
        if dim is None:
            return reduction.Max.apply(self, axis=None)
        if not isinstance(dim, (int, np.integer)):
            return self.maximum(dim)  # type: ignore[attr-defined]
        return _picked(self, np.argmax(self.array, axis=dim), dim, keepdim)

    def min(self, dim: Any = None, keepdim: bool = False) -> Any:
        """The smallest value; with an axis also its index; with a tensor the smaller of the two, element by element."""
        if dim is None:
            return reduction.Min.apply(self, axis=None)
        if not isinstance(dim, (int, np.integer)):
            return self.minimum(dim)  # type: ignore[attr-defined]
        return _picked(self, np.argmin(self.array, axis=dim), dim, keepdim)

    def argmax(self, dim: int | None = None, keepdim: bool = False) -> Any:
        """Where the largest value is: the first, if several are."""
        return wrap(np.argmax(self.array, axis=dim, keepdims=keepdim))

    def argmin(self, dim: int | None = None, keepdim: bool = False) -> Any:
        """Where the smallest value is: the first, if several are."""
        return wrap(np.argmin(self.array, axis=dim, keepdims=keepdim))

    def all(self, dim: Any = None, keepdim: bool = False) -> Any:
        """Whether every value is non-zero."""
        return wrap(self.array.all(axis=dim, keepdims=keepdim))

    def any(self, dim: Any = None, keepdim: bool = False) -> Any:
        """Whether some value is non-zero."""
        return wrap(self.array.any(axis=dim, keepdims=keepdim))

    def var(
        self, dim: Any = None, unbiased: bool = True, keepdim: bool = False, *, correction: float | None = None
    ) -> Any:
        """The variance along axes: the squared distances from the mean, over n - correction (1 unless said)."""
        x: Any = self
        axes = _axes(self, dim, None)
        count = reduction.reduced_size(self.array.shape, axes)
        correction = float(unbiased) if correction is None else correction
        centred = x - x.mean(dim=axes, keepdim=True)
        return (centred * centred).sum(dim=axes, keepdim=keepdim) / max(count - correction, 0.0)

    def std(
        self, dim: Any = None, unbiased: bool = True, keepdim: bool = False, *, correction: float | None = None
    ) -> Any:
        """The standard deviation: the square root of `var`."""
        return self.var(dim, unbiased, keepdim, correction=correction).sqrt()

    def logsumexp(self, dim: Any, keepdim: bool = False) -> Any:
        """Ln of the sum of exp, without overflow."""
        x = in_dtype(self, dtypes.get_default_dtype()) if self.array.dtype.kind in "bui" else self
        return reduction.LogSumExp.apply(x, axis=_axes(self, dim, None), keepdims=keepdim)

    def norm(self, p: Any = 2, dim: Any = None, keepdim: bool = False) -> Any:
        """The p-norm of the entries along axes, or of all: (Σ |x|^p)^(1/p); the largest |x| for inf."""
        x: Any = self
        if p in (2, "fro"):
            return floating(reduction.Norm, x) if dim is None and not keepdim else reduction.Norm.apply(
                x, axis=_axes(self, dim, None), keepdims=keepdim
            )
        if p == np.inf:
            return abs(x).amax(_axes(self, dim, None) or (), keepdim)
        if p == -np.inf:
            return abs(x).amin(_axes(self, dim, None) or (), keepdim)
        if p == 0:
            return (x != 0).sum(dim, keepdim).to(x.dtype)
        return (abs(x) ** p).sum(dim, keepdim) ** (1 / p)

    def cumsum(self, dim: int, *, dtype: Any = None) -> Any:
        """The running sum along an axis."""
        if dtype is None and self.array.dtype.kind in "bui":
            dtype = dtypes.int64
        return reduction.CumSum.apply(in_dtype(self, dtype), axis=dim)

    def sort(self, dim: int = -1, descending: bool = False, *, stable: bool = False) -> Any:
        """The values in order along an axis, and where they were."""
        order = _order(self.array, dim, descending)
        return Extremes(indexing.Gather.apply(self, order, axis=dim), wrap(order))

    def argsort(self, dim: int = -1, descending: bool = False, *, stable: bool = False) -> Any:
        """Where the values are, in order along an axis."""
        return wrap(_order(self.array, dim, descending))

    def topk(self, k: int, dim: int = -1, largest: bool = True, sorted: bool = True) -> Any:
        """The k largest (or smallest) values along an axis, and where they were."""
        if not 0 <= k <= (self.array.shape[dim] if self.array.ndim else 1):
            raise RuntimeError(f"selected index k out of range: {k} of {self.array.shape[dim]}")
        order = np.take(_order(self.array, dim, largest), np.arange(k), axis=dim)
        return Extremes(indexing.Gather.apply(self, order, axis=dim), wrap(order))


def _axes(x: Any, dim: Any, axis: Any) -> Any:
    """The axes to reduce, as NumPy takes them: None for all, which torch also writes as ()."""
    dim = axis if dim is None else dim
    if dim is None or isinstance(dim, (tuple, list)) and len(dim) == 0:
        return None
    axes = tuple(int(a) for a in dim) if isinstance(dim, (tuple, list)) else (int(dim),)
    ndim = max(x.array.ndim, 1)
    for a in axes:
        if not -ndim <= a < ndim:
            raise IndexError(f"Dimension out of range (expected to be in range of [{-ndim}, {ndim - 1}], but got {a})")
    if x.array.ndim == 0:
        return None
    return axes if len(axes) > 1 else axes[0]


def _picked(x: Any, index: Any, dim: Any, keepdim: bool) -> Extremes:
    """The elements at one index along an axis, recorded."""
    axis = int(dim)
    if x.array.ndim == 0:
        return Extremes(x.clone(), wrap(np.asarray(index)))
    index = np.expand_dims(np.asarray(index), axis)
    values = indexing.Gather.apply(x, index, axis=axis)
    if keepdim:
        return Extremes(values, wrap(index))
    return Extremes(values.squeeze(axis), wrap(np.squeeze(index, axis)))


def _order(array: Array, dim: int, descending: bool) -> Array:
    """The indices that sort along an axis; equal values keep their order."""
    if not descending:
        return np.argsort(array, axis=dim, kind="stable")
    # Reversing before and after keeps equal values in order, and nan first, as torch has it.
    backwards = np.argsort(np.flip(array, dim), axis=dim, kind="stable")
    return np.flip(array.shape[dim] - 1 - backwards, dim)
