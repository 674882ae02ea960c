"""Norms of vectors and matrices, as tensors and functions of them.

`npnn.linalg` gives these functions torch.linalg's names.
Sources: the torch.linalg function of the same name.
"""

from __future__ import annotations

import math
from typing import Any

from npnn.autograd.function import wrap
from npnn.tensors.base import axis_of
from npnn.tensors.decomposition import svdvals
from npnn.tensors.linalg import inv
from npnn.tensors.promotion import in_dtype


def vector_norm(x: Any, ord: Any = 2, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Any:
    """(Σ |x|^ord)^(1/ord) along axes, or of all numbers; the largest |x| for inf, the least for -inf.

    Raises:
        RuntimeError: the dtype is an integer or bool, or there is nothing to take the extreme of.
    """
    return wrap(x).norm(float(ord), dim, keepdim, dtype=dtype)


def matrix_norm(
    A: Any,  # noqa: N803 - torch's name
    ord: Any = "fro",
    dim: Any = (-2, -1),
    keepdim: bool = False,
    *,
    dtype: Any = None,
) -> Any:
    """A norm of matrices.

    Args:
        A: matrices.
        ord: "fro" for √Σ x²; "nuc" for the sum of the singular values; 2 or -2 for the largest or the least;
            1 or -1 for the largest or the least sum of a column of |x|; inf or -inf for that of a row.
        dim: the axes of rows and columns.
        keepdim: whether they stay, at length 1.
        dtype: in which to compute.

    Raises:
        RuntimeError: there is no such norm, or `dim` is not two different axes.
    """
    x = in_dtype(wrap(A), dtype)
    if x.array.ndim < 2:
        raise RuntimeError(
            f"linalg.matrix_norm: The input tensor A must have at least 2 dimensions, got {x.array.ndim}."
        )
    if isinstance(dim, int) or len(dim) != 2:
        raise RuntimeError(f"linalg.matrix_norm: dim must be a 2-tuple. Got {dim}")
    rows, columns = (axis_of(axis, x.array.ndim) for axis in dim)
    if rows == columns:
        raise RuntimeError(f"linalg.matrix_norm: dims must be different. Got {dim}")
    if ord == "fro":
        return x.norm(2, (rows, columns), keepdim)
    if ord in ("nuc", 2, -2):
        values = svdvals(x.movedim((rows, columns), (-2, -1)))
        norm = values.sum(-1) if ord == "nuc" else values.amax(-1) if ord == 2 else values.amin(-1)
        return norm.unsqueeze(min(rows, columns)).unsqueeze(max(rows, columns)) if keepdim else norm
    if ord not in (1, -1, math.inf, -math.inf):
        raise RuntimeError(f"linalg.matrix_norm: Order {ord} not supported.")
    summed, other = (rows, columns) if abs(ord) == 1 else (columns, rows)
    sums = abs(x).sum(summed, keepdim=True)
    extreme = sums.amax(other, keepdim=True) if ord > 0 else sums.amin(other, keepdim=True)
    return extreme if keepdim else extreme.squeeze((rows, columns))


def norm(A: Any, ord: Any = None, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Any:  # noqa: N803
    """A norm of vectors, or of matrices if `dim` names two axes or there are no others; see both functions.

    Without `ord` it is the 2-norm of all numbers, whatever the axes.
    """
    x = wrap(A)
    if ord is None:
        return vector_norm(x, 2, dim, keepdim, dtype=dtype)
    if dim is None and x.array.ndim not in (1, 2):
        raise RuntimeError(
            "linalg.norm: If dim is not specified but ord is, the input must be 1D or 2D. Got"
            f" {x.array.ndim}D."
        )
    axes = tuple(range(x.array.ndim)) if dim is None else (dim,) if isinstance(dim, int) else tuple(dim)
    if isinstance(ord, str) or len(axes) == 2:
        return matrix_norm(x, ord, axes, keepdim, dtype=dtype)
    return vector_norm(x, ord, axes, keepdim, dtype=dtype)


def cond(A: Any, p: Any = None) -> Any:  # noqa: N803
    """The condition number of matrices: the norm of each times that of its inverse, by default the 2-norm."""
    x = wrap(A)
    if p in (None, 2, -2):
        values = svdvals(x)
        ratio = values[..., 0] / values[..., -1]
        return ratio if p != -2 else 1 / ratio
    return matrix_norm(x, p) * matrix_norm(inv(x), p)
