"""Reductions of tensors: sums, means, extremes, norms, sorting and the like.

Axes may be named as torch names them (`dim`, `keepdim`) or as NumPy does (`axis`, `keepdims`).
"""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np

from npnn import dtypes
from npnn._typing import Array
from npnn.autograd.function import wrap
from npnn.ops import activation, indexing, pointwise, reduction
from npnn.tensors.base import TensorBase, axis_of
from npnn.tensors.promotion import in_dtype, in_floating
from npnn.tensors.results import extremes


class ReductionMethods(TensorBase):
    """What makes one number of many."""

    # ---- sums and products

    def sum(
        self,
        dim: Any = None,
        keepdim: bool = False,
        *,
        dtype: Any = None,
        axis: Any = None,
        keepdims: bool = False,
    ) -> Any:
        """The sum along axes, or of everything; integers and bools add up in int64."""
        axes = _axes(self, dim, axis)
        total = reduction.Sum.apply(_widened(self, dtype), axis=axes, keepdims=keepdim or keepdims)
        return in_dtype(total, dtype)

    def mean(
        self,
        dim: Any = None,
        keepdim: bool = False,
        *,
        dtype: Any = None,
        axis: Any = None,
        keepdims: bool = False,
    ) -> Any:
        """The mean along axes, or of everything.

        Raises:
            RuntimeError: the dtype is an integer or bool, and no other is given.
        """
        x = in_dtype(self, dtype)
        if x.array.dtype.kind in "bui":
            raise RuntimeError(
                "mean(): could not infer output dtype. Input dtype must be either a floating point or complex"
                f" dtype. Got: {x.array.dtype}"
            )
        return reduction.Mean.apply(x, axis=_axes(self, dim, axis), keepdims=keepdim or keepdims)

    def prod(
        self,
        dim: Any = None,
        keepdim: bool = False,
        *,
        dtype: Any = None,
        axis: Any = None,
        keepdims: bool = False,
    ) -> Any:
        """The product along an axis, or of everything; integers and bools multiply in int64."""
        axes = _axes(self, dim, axis)
        if isinstance(axes, tuple):
            raise TypeError(f"prod() takes one axis or none, got {axes}")
        product = reduction.Prod.apply(_widened(self, dtype), axis=axes, keepdims=keepdim or keepdims)
        return in_dtype(product, dtype)

    def cumsum(self, dim: int, *, dtype: Any = None) -> Any:
        """The running sum along an axis."""
        axis = axis_of(dim, self.array.ndim)
        x = _widened(self, dtype)
        return in_dtype(reduction.CumSum.apply(x, axis=axis), dtype) if self.array.ndim else x.clone()

    def logsumexp(self, dim: Any, keepdim: bool = False) -> Any:
        """The logarithm of the sum of exponentials, without overflow."""
        return reduction.LogSumExp.apply(in_floating(self), axis=_axes(self, dim, None), keepdims=keepdim)

    def softmax(self, dim: int, dtype: Any = None) -> Any:
        """The softmax along an axis."""
        return activation.Softmax.apply(_real(self, dtype), axis=axis_of(dim, self.array.ndim))

    def log_softmax(self, dim: int, dtype: Any = None) -> Any:
        """The logarithm of the softmax along an axis."""
        return activation.LogSoftmax.apply(_real(self, dtype), axis=axis_of(dim, self.array.ndim))

    # ---- spread and size

    def var(
        self,
        dim: Any = None,
        unbiased: bool = True,
        keepdim: bool = False,
        *,
        correction: float | None = None,
    ) -> Any:
        """The squared distances from the mean, summed along axes, over n - correction (1 unless said)."""
        centred, axes, freedom = self._centred(dim, unbiased, correction)
        squares = reduction.Sum.apply(centred * centred, axis=axes, keepdims=keepdim)
        return _over(squares, freedom, "var")

    def std(
        self,
        dim: Any = None,
        unbiased: bool = True,
        keepdim: bool = False,
        *,
        correction: float | None = None,
    ) -> Any:
        """The standard deviation: the square root of `var`, with a gradient of 0 where it is 0."""
        centred, axes, freedom = self._centred(dim, unbiased, correction)
        return _over(reduction.Norm.apply(centred, axis=axes, keepdims=keepdim), math.sqrt(freedom), "std")

    def _centred(self, dim: Any, unbiased: bool, correction: float | None) -> tuple[Any, Any, float]:
        """The distances from the mean, the axes, and the degrees of freedom."""
        if self.array.dtype.kind not in "fc":
            raise RuntimeError(
                f"std and var only support floating point and complex dtypes, got {self.array.dtype}"
            )
        if isinstance(dim, bool):
            # torch has var(unbiased) beside var(dim, unbiased).
            dim, unbiased = None, dim
        axes = _axes(self, dim, None)
        count = reduction.reduced_size(self.array.shape, axes)
        x: Any = self
        centred = x - reduction.Mean.apply(self, axis=axes, keepdims=True)
        return centred, axes, max(count - (float(unbiased) if correction is None else correction), 0.0)

    def norm(self, p: Any = 2, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Any:
        """The p-norm of the entries along axes, or of all: (Σ |x|^p)^(1/p); the largest |x| for inf.

        Of matrices there is p = "nuc" too, the sum of the singular values.

        Raises:
            RuntimeError: p is another name than "fro", or the dtype is an integer or bool.
        """
        x = in_dtype(self, dtype)
        axes = _axes(self, dim, None)
        if x.array.dtype.kind not in "fc":
            raise RuntimeError(
                "linalg.vector_norm: Expected a floating point or complex tensor as input. Got"
                f" {x.array.dtype}"
            )
        if p is None or p in (2, "fro"):
            return reduction.Norm.apply(x, axis=axes, keepdims=keepdim)
        if p == "nuc":
            # Singular values are read of when they are asked for.
            from npnn.tensors.norms import matrix_norm

            return matrix_norm(x, "nuc", (-2, -1) if dim is None else dim, keepdim)
        if isinstance(p, str):
            raise RuntimeError(f"linalg.matrix_norm: Order {p} not supported.")
        if p < 0 or p == math.inf:
            _refuse_empty_norm(p, x.array, axes)
        if p == 0:
            return reduction.Sum.apply(pointwise.IsNonZero.apply(x), axis=axes, keepdims=keepdim)
        if math.isinf(p):
            extreme = reduction.Max if p > 0 else reduction.Min
            return extreme.apply(abs(x), axis=axes, keepdims=keepdim)
        return reduction.PNorm.apply(x, p=float(p), axis=axes, keepdims=keepdim)

    # ---- extremes

    def amax(self, dim: Any = (), keepdim: bool = False) -> Any:
        """The largest value along axes; ties share the gradient."""
        axes = _axes(self, dim, None)
        _refuse_empty("amax()", self.array, axes)
        return reduction.Max.apply(self, axis=axes, keepdims=keepdim)

    def amin(self, dim: Any = (), keepdim: bool = False) -> Any:
        """The smallest value along axes; ties share the gradient."""
        axes = _axes(self, dim, None)
        _refuse_empty("amin()", self.array, axes)
        return reduction.Min.apply(self, axis=axes, keepdims=keepdim)

    def max(self, dim: Any = None, keepdim: bool = False) -> Any:
        """The largest value; with an axis also its index; with a tensor the larger of each two elements."""
        if dim is None:
            _refuse_empty("max()", self.array, None)
            return reduction.Max.apply(self, axis=None)
        if not isinstance(dim, (int, np.integer)):
            return self.maximum(dim)  # type: ignore[attr-defined]
        return _picked(self, "max", np.argmax, dim, keepdim)

    def min(self, dim: Any = None, keepdim: bool = False) -> Any:
        """The smallest value; with an axis also its index; with a tensor the smaller of each two elements."""
        if dim is None:
            _refuse_empty("min()", self.array, None)
            return reduction.Min.apply(self, axis=None)
        if not isinstance(dim, (int, np.integer)):
            return self.minimum(dim)  # type: ignore[attr-defined]
        return _picked(self, "min", np.argmin, dim, keepdim)

    def argmax(self, dim: int | None = None, keepdim: bool = False) -> Any:
        """Where the largest value is: the first, if several are."""
        return _place(self, "argmax()", np.argmax, dim, keepdim)

    def argmin(self, dim: int | None = None, keepdim: bool = False) -> Any:
        """Where the smallest value is: the first, if several are."""
        return _place(self, "argmin()", np.argmin, dim, keepdim)

    def all(self, dim: Any = None, keepdim: bool = False) -> Any:
        """Whether every value is non-zero."""
        return _truth(self, np.all, dim, keepdim)

    def any(self, dim: Any = None, keepdim: bool = False) -> Any:
        """Whether some value is non-zero."""
        return _truth(self, np.any, dim, keepdim)

    # ---- order

    def sort(self, dim: int = -1, descending: bool = False, *, stable: bool = False) -> Any:
        """The values in order along an axis, and where they were; equal ones keep their order."""
        return _taken("sort", self, _order(self.array, dim, descending), dim)

    def argsort(self, dim: int = -1, descending: bool = False, *, stable: bool = False) -> Any:
        """Where the values are, in order along an axis; equal ones keep their order."""
        return wrap(_order(self.array, dim, descending))

    def topk(self, k: int, dim: int = -1, largest: bool = True, sorted: bool = True) -> Any:
        """The k largest (or smallest) values along an axis, in order, and where they were."""
        axis = axis_of(dim, self.array.ndim)
        length = self.array.shape[axis] if self.array.ndim else 1
        if not 0 <= k <= length:
            raise RuntimeError(f"selected index k out of range: k = {k}, the axis is {length} long")
        return _taken("topk", self, _foremost(self.array, k, axis, largest), axis)


def _axes(x: Any, dim: Any, axis: Any) -> Any:
    """The axes to reduce, as NumPy takes them: None for all, which torch also writes as ()."""
    dim = axis if dim is None else dim
    if dim is None:
        return None
    if not isinstance(dim, (tuple, list)):
        only = axis_of(dim, x.array.ndim)
        return only if x.array.ndim else None
    axes = tuple(axis_of(a, x.array.ndim) for a in dim)
    for a in axes:
        if axes.count(a) > 1:
            raise RuntimeError(f"dim {a} appears multiple times in the list of dims")
    if not axes or x.array.ndim == 0:
        return None
    return axes if len(axes) > 1 else axes[0]


def _widened(x: Any, dtype: Any) -> Any:
    """A tensor in the dtype in which it adds up: int64 for integers and bools, unless another is given."""
    return in_dtype(x, dtypes.int64 if dtype is None and x.array.dtype.kind in "bui" else dtype)


def _real(x: Any, dtype: Any) -> Any:
    """A tensor in a floating-point dtype, or refused."""
    x = in_dtype(x, dtype)
    if x.array.dtype.kind not in "fc":
        raise NotImplementedError(
            f"softmax is not implemented for {x.array.dtype}: pass a floating-point dtype"
        )
    return x


def _over(total: Any, freedom: float, name: str) -> Any:
    """A sum over the degrees of freedom, of which there may be none."""
    if freedom > 0:
        return total / freedom
    warnings.warn(
        f"{name}(): degrees of freedom is <= 0. Correction should be less than the number of values.",
        stacklevel=4,
    )
    # Over no degrees of freedom 0 is nan, and so is its gradient; 0 times infinity would say so twice.
    return total * np.where(total.array == 0, np.nan, np.inf).astype(total.array.dtype)


def _refuse_empty(name: str, array: Array, axes: Any) -> None:
    """Nothing is the largest of no values."""
    if array.size:
        return
    if axes is None:
        raise RuntimeError(
            f"{name}: Expected reduction dim to be specified for input.numel() == 0. Specify the reduction"
            " dim with the 'dim' argument."
        )
    for axis in axes if isinstance(axes, tuple) else (axes,):
        if array.shape[axis] == 0:
            raise IndexError(f"{name}: Expected reduction dim {axis} to have non-zero size.")


def _truth(x: Any, find: Any, dim: Any, keepdim: bool) -> Any:
    """What np.all or np.any finds; of uint8, in which torch once kept its masks, in uint8."""
    found = find(x.array, axis=_axes(x, dim, None), keepdims=keepdim)
    return wrap(np.asarray(found, np.uint8 if x.array.dtype == np.uint8 else None, order="C"))


def _refuse_empty_norm(p: float, array: Array, axes: Any) -> None:
    if reduction.reduced_size(array.shape, axes) == 0:
        raise RuntimeError(
            f"linalg.vector_norm cannot compute the {p} norm on an empty tensor: the largest or smallest of"
            " no values is not defined"
        )


def _place(x: Any, name: str, find: Any, dim: int | None, keepdim: bool) -> Any:
    """The index that np.argmax or np.argmin finds."""
    axis = _axes(x, dim, None)
    if name.startswith("arg") and x.array.dtype.kind == "b":
        raise RuntimeError(f"{name}: does not support bool input")
    if x.array.size == 0 and dim is None:
        raise IndexError(f"{name}: Expected reduction dim to be specified for input.numel() == 0.")
    _refuse_empty(name, x.array, axis)
    return wrap(find(x.array, axis=axis, keepdims=keepdim))


def _picked(x: Any, name: str, find: Any, dim: Any, keepdim: bool) -> Any:
    """The elements that np.argmax or np.argmin finds along an axis, recorded, and where they are."""
    axis = axis_of(dim, x.array.ndim)
    if x.array.ndim == 0:
        return extremes(name, x.clone(), wrap(np.zeros((), np.int64)))
    index = _place(x, f"{name}()", find, axis, True).array
    values = indexing.Gather.apply(x, index, axis=axis)
    if keepdim:
        return extremes(name, values, wrap(index))
    return extremes(name, values.squeeze(axis), wrap(index.squeeze(axis)))


def _taken(name: str, x: Any, order: Array, dim: int) -> Any:
    """The elements at the places in `order` along an axis, recorded, and the places."""
    if x.array.ndim == 0:
        return extremes(name, x.clone(), wrap(order))
    values = indexing.Gather.apply(x, order, axis=axis_of(dim, x.array.ndim))
    return extremes(name, values, wrap(order))


def _foremost(array: Array, k: int, axis: int, largest: bool) -> Array:
    """The first k of the indices that sort along an axis, which need not all be sorted for that."""
    if not array.ndim:
        return np.zeros((), np.int64)
    length = array.shape[axis]
    if 4 * k > length:
        return _order(array, axis, largest).take(np.arange(k), axis)
    split, kept = (length - k, slice(length - k, None)) if largest else (max(k - 1, 0), slice(k))
    some = np.argpartition(array, min(split, length - 1), axis)[(slice(None),) * axis + (kept,)]
    order = _order(np.take_along_axis(array, some, axis), axis, largest)
    return np.take_along_axis(some, order, axis)


def _order(array: Array, dim: int, descending: bool) -> Array:
    """The indices that sort along an axis; equal values keep their order."""
    axis = axis_of(dim, array.ndim)
    if array.ndim == 0:
        return np.zeros((), np.int64)
    if not descending:
        return np.argsort(array, axis=axis, kind="stable")
    # Reversing before and after keeps equal values in order, and nan first, as torch has it.
    backwards = np.argsort(np.flip(array, axis), axis=axis, kind="stable")
    return np.flip(array.shape[axis] - 1 - backwards, axis)
