"""Products of vectors and matrices by torch's names, and distances between vectors.

Sources: the torch function of the same name.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from npnn.autograd.function import wrap
from npnn.ops.arithmetic import Where
from npnn.tensors.base import axis_of
from npnn.tensors.promotion import check_broadcast, check_shapes, tensors_only

# ---- of vectors


def vdot(input: Any, other: Any) -> Any:
    """The inner product of two vectors, the first conjugated."""
    x = wrap(input)
    return wrap(np.conj(x.array)).dot(other) if x.array.dtype.kind == "c" else x.dot(other)


def inner(input: Any, other: Any) -> Any:
    """The sum of products over the last axis of each; a number multiplies."""
    tensors_only("inner", other)
    x, y = wrap(input), wrap(other)
    if not x.array.ndim or not y.array.ndim:
        return x * y
    if x.array.shape[-1] != y.array.shape[-1]:
        raise RuntimeError(
            "inner() the last dimension must match on both input tensors but got shapes"
            f" {list(x.array.shape)} and {list(y.array.shape)}"
        )
    rows = x.reshape(-1, x.array.shape[-1]) if x.array.size else x.reshape(math.prod(x.array.shape[:-1]), -1)
    columns = y.reshape(math.prod(y.array.shape[:-1]), y.array.shape[-1])
    return (rows @ columns.t()).reshape(*x.array.shape[:-1], *y.array.shape[:-1])


def outer(input: Any, vec2: Any) -> Any:
    """The matrix of all products of the elements of two vectors."""
    tensors_only("outer", vec2)
    x, y = wrap(input), wrap(vec2)
    for name, value in (("self", x), ("vec2", y)):
        if value.array.ndim != 1:
            raise RuntimeError(f"outer: Expected 1-D argument {name}, but got {value.array.ndim}-D")
    return x.reshape(-1, 1) * y


def kron(input: Any, other: Any) -> Any:
    """Kronecker's product: `other`, once for each element of `input` and multiplied by it."""
    x, y = wrap(input), wrap(other)
    ndim = max(x.array.ndim, y.array.ndim)
    a, b = ((1,) * (ndim - value.array.ndim) + value.array.shape for value in (x, y))
    blocks = x.reshape([size for n in a for size in (n, 1)]) * y.reshape([size for n in b for size in (1, n)])
    return blocks.reshape([m * n for m, n in zip(a, b, strict=True)])


def cross(input: Any, other: Any, dim: int | None = None) -> Any:
    """The cross product of vectors of three numbers along an axis, by default the first of length 3.

    Raises:
        RuntimeError: the axis is not of length 3, or there is none.
    """
    x, y = wrap(input), wrap(other)
    check_broadcast(x, y)
    shape = np.broadcast_shapes(x.array.shape, y.array.shape)
    if dim is None:
        if 3 not in shape:
            raise RuntimeError(f"no dimension of size 3 in input: got the shape {list(shape)}")
        dim = shape.index(3) - len(shape)
    axis = axis_of(dim, len(shape))
    if shape[axis] != 3:
        raise RuntimeError(
            f"inputs dimension {dim} must have length 3. Got {x.array.shape} and {y.array.shape}"
        )
    return _crossed(x.expand(shape), y.expand(shape), axis)


def linalg_cross(input: Any, other: Any, *, dim: int = -1) -> Any:
    """The cross product of vectors of three numbers along an axis, by default the last.

    Raises:
        RuntimeError: the tensors have different numbers of axes, or the axis is not of length 3.

    Source: torch.linalg.cross.
    """
    x, y = wrap(input), wrap(other)
    if x.array.ndim != y.array.ndim:
        raise RuntimeError(
            "linalg.cross: inputs must have the same number of dimensions, got"
            f" {x.array.ndim} and {y.array.ndim}"
        )
    axis = axis_of(dim, x.array.ndim)
    if x.array.shape[axis] != 3 or y.array.shape[axis] != 3:
        raise RuntimeError(
            f"linalg.cross: inputs dimension {dim} must have length 3. Got {x.array.shape[axis]} and"
            f" {y.array.shape[axis]}"
        )
    return cross(x, y, dim)


def _crossed(x: Any, y: Any, axis: int) -> Any:
    first, second = ((slice(None),) * axis + (places,) for places in ([1, 2, 0], [2, 0, 1]))
    return x[first] * y[second] - x[second] * y[first]


# ---- of matrices


def mv(input: Any, vec: Any) -> Any:
    """The product of a matrix and a vector."""
    x, y = wrap(input), wrap(vec)
    if x.array.ndim != 2 or y.array.ndim != 1:
        raise RuntimeError(
            f"vector + matrix @ vector expected, got {x.array.ndim}D and {y.array.ndim}D tensors"
        )
    return x @ y


def bmm(input: Any, mat2: Any) -> Any:
    """The products of two stacks of matrices, one by one."""
    x, y = wrap(input), wrap(mat2)
    for name, value in (("batch1", x), ("batch2", y)):
        if value.array.ndim != 3:
            raise RuntimeError(f"{name} must be a 3D tensor, got {value.array.ndim}D")
    if x.array.shape[0] != y.array.shape[0] or x.array.shape[2] != y.array.shape[1]:
        raise RuntimeError(
            "Expected size for first two dimensions of batch2 tensor to be:"
            f" [{x.array.shape[0]}, {x.array.shape[2]}] but got:"
            f" [{y.array.shape[0]}, {y.array.shape[1]}]."
        )
    return x @ y


def ger(input: Any, vec2: Any) -> Any:
    """The matrix of all products of the elements of two vectors."""
    return outer(input, vec2)


# ---- of matrices, added to something


def addmm(input: Any, mat1: Any, mat2: Any, *, beta: Any = 1, alpha: Any = 1) -> Any:
    """Beta · input + alpha · mat1 @ mat2; with beta = 0 input is not looked at."""
    return _added(input, wrap(mat1).mm(mat2), beta, alpha)


def addmv(input: Any, mat: Any, vec: Any, *, beta: Any = 1, alpha: Any = 1) -> Any:
    """Beta · input + alpha · mat @ vec; with beta = 0 input is not looked at."""
    return _added(input, mv(mat, vec), beta, alpha)


def addr(input: Any, vec1: Any, vec2: Any, *, beta: Any = 1, alpha: Any = 1) -> Any:
    """Beta · input + alpha · vec1 vec2ᵀ; with beta = 0 input is not looked at."""
    return _added(input, outer(vec1, vec2), beta, alpha)


def baddbmm(input: Any, batch1: Any, batch2: Any, *, beta: Any = 1, alpha: Any = 1) -> Any:
    """Beta · input + alpha · batch1 @ batch2, matrix by matrix; with beta = 0 input is not looked at."""
    return _added(input, bmm(batch1, batch2), beta, alpha)


def addbmm(input: Any, batch1: Any, batch2: Any, *, beta: Any = 1, alpha: Any = 1) -> Any:
    """Beta · input + alpha · the sum of the products of two stacks of matrices; see `baddbmm`."""
    return _added(input, bmm(batch1, batch2).sum(0), beta, alpha)


def _added(input: Any, product: Any, beta: Any, alpha: Any) -> Any:
    x = wrap(input)
    shape = x.array.shape
    check_shapes(shape, product.array.shape)
    if np.broadcast_shapes(shape, product.array.shape) != product.array.shape:
        raise RuntimeError(
            f"The expanded size of the tensor must match the product: shapes {list(shape)} and"
            f" {list(product.array.shape)}"
        )
    if x.array.dtype != product.array.dtype:
        raise RuntimeError(
            f"self and the product must have the same dtype, but got {x.array.dtype} and"
            f" {product.array.dtype}"
        )
    if x.array.dtype.kind in "iu":
        # As on torch, integers are weighted by integers.
        beta, alpha = int(beta), int(alpha)
    scaled = product if alpha == 1 else product * alpha
    if beta == 0:
        # What is not looked at hands on no nan, and has a gradient of 0.
        return Where.apply(np.asarray(False), x, scaled)
    return (x if beta == 1 else x * beta) + scaled


# ---- distances


def dist(input: Any, other: Any, p: float = 2) -> Any:
    """The p-norm of the difference of two tensors."""
    return (wrap(input) - other).norm(p)


def cdist(x1: Any, x2: Any, p: float = 2.0, compute_mode: str = "use_mm_for_euclid_dist_if_necessary") -> Any:
    """The p-norm distance of every row of x1 (*, P, M) and every row of x2 (*, R, M): (*, P, R).

    Args:
        x1: a tensor; leading axes broadcast.
        x2: a tensor.
        p: the order of the norm, 0 or more.
        compute_mode: accepted for torch's sake: here differences are always taken, which is the exact way.

    Raises:
        RuntimeError: a tensor has fewer than two axes, the last ones differ in length, or p is negative.

    Source: torch.cdist.

    Examples:
        >>> import npnn
        >>> npnn.cdist(npnn.tensor([[0.0, 0.0]]), npnn.tensor([[3.0, 4.0], [0.0, 1.0]]))
        tensor([[5., 1.]])
    """
    x, y = wrap(x1), wrap(x2)
    for name, value in (("X1", x), ("X2", y)):
        if value.array.dtype.kind != "f":
            raise RuntimeError(f"cdist only supports floating-point dtypes, {name} got: {value.array.dtype}")
        if value.array.ndim < 2:
            raise RuntimeError(f"cdist only supports at least 2D tensors, {name} got: {value.array.ndim}D")
    if x.array.shape[-1] != y.array.shape[-1]:
        raise RuntimeError(
            f"X1 and X2 must have the same number of columns. X1: {x.array.shape[-1]} X2: {y.array.shape[-1]}"
        )
    if p < 0:
        raise RuntimeError(f"cdist only supports non-negative p values, got {p}")
    check_shapes(x.array.shape[:-2], y.array.shape[:-2])
    difference = x.unsqueeze(-2) - y.unsqueeze(-3)
    if not difference.array.shape[-1]:
        # Of rows without numbers no norm is taken.
        return difference.sum(-1)
    return difference.norm(p, -1)
