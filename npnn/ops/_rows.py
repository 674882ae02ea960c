"""Large arrays row by row: a block of rows goes through all steps of an operation while it is in the cache.

The operations themselves, and their formulas, are in `normalization`, `loss` and `activation`. Written
operator by operator they would travel to memory and back for each; here only the first and the last step do,
and the blocks are dealt to several threads. Sums over rows are made of one partial sum for each block, so
that they do not depend on who has taken it.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from npnn._typing import Array
from npnn.ops.blockwise import BLOCK, DEALT, block_of
from npnn.threads import for_each, scratch, slices

FEW_ROWS, SHORT_ROW = 64, 32
"""Below so many rows, and up to such a length, NumPy's own reductions are the quicker and the slower way."""


def large_rows(groups: tuple[int, int, int, int], *arrays: Any) -> bool:
    """Whether each row is a group of its own, and the rows are worth being cut into blocks.

    Args:
        groups: the sizes (N, S, G, K) of `normalization`.
        *arrays: all that is to go into `normalize_rows` or its backward; None is fine, another dtype than the
            first one's, or a tensor, is not.
    """
    _, positions, in_sample, channels = groups
    first = arrays[0]
    return (
        positions == in_sample == 1
        and isinstance(first, np.ndarray)
        and first.size >= DEALT
        and first.size >= 8 * channels
        and first.dtype.char in "fd"
        and all(x is None or (isinstance(x, np.ndarray) and x.dtype == first.dtype) for x in arrays)
    )


def normalize_rows(
    x: Array, weight: Array | None, bias: Array | None, eps: float
) -> tuple[Array, Array, Array]:
    """The forward of `Normalize` where each row is a group.

    Args:
        x: (N, 1, 1, K).
        weight: K elements, or None.
        bias: K elements, or None.
        eps: ε.

    Returns:
        y, (N, 1, 1, K), and the mean and the variance of each row, (N, 1, 1, 1).
    """
    shape, x = x.shape, x.reshape(len(x), -1)
    blocks = _blocks_of_rows(x)
    weight, bias = (None if v is None else _repeated(v, blocks) for v in (weight, bias))
    count = x.shape[1]
    y, ones = np.empty_like(x), np.ones(count, x.dtype)
    mean, var = np.empty((len(x), 1), x.dtype), np.empty((len(x), 1), x.dtype)

    def work(rows: slice) -> None:
        part = y[rows]
        np.divide(x[rows] @ ones, count, out=mean[rows, 0])
        np.subtract(x[rows], mean[rows], out=part)
        np.divide(np.vecdot(part, part), count, out=var[rows, 0])
        part *= 1 / np.sqrt(var[rows] + eps)
        if weight is not None:
            part *= weight[: len(part)]
        if bias is not None:
            part += bias[: len(part)]

    for_each(work, blocks)
    return y.reshape(shape), mean.reshape(-1, 1, 1, 1), var.reshape(-1, 1, 1, 1)


def normalize_rows_backward(
    dy: Array, x: Array, weight: Array | None, mean: Array, var: Array, eps: float
) -> tuple[Array, Array, Array]:
    """The backward of `normalize_rows`.

    With c = x - μ and g = w dy, dx = r (g - Σ g / K - c r² Σ c g / K). The sums over a row are products of
    matrices with w: Σ g = dy w and Σ c g = (c dy) w. So are those over rows: dw = r (c dy) and db = 1 dy.

    Args:
        dy: of the shape of x.
        x: of any shape of N rows of K elements.
        weight: of K elements, or None.
        mean: (N, 1, 1, 1), as it came out.
        var: (N, 1, 1, 1), likewise.
        eps: ε.

    Returns:
        dx, of the shape of x, and the sums dw and db, (K,).
    """
    mean, var = mean.reshape(-1, 1), var.reshape(-1, 1)
    dx = np.empty(x.shape, x.dtype)  # which, unlike a view, can become a leaf's gradient without being copied
    x, dy, dx_rows = (array.reshape(len(mean), -1) for array in (x, dy, dx))
    count = x.shape[1]
    blocks = _blocks_of_rows(x)
    weight = np.ones(count, x.dtype) if weight is None else weight.reshape(-1)
    repeated = _repeated(weight, blocks)
    dweight, dbias = (np.empty((len(blocks), count), x.dtype) for _ in range(2))

    def work(numbered: tuple[int, slice]) -> None:
        number, rows = numbered
        grad, part = dy[rows], dx_rows[rows]
        centred = np.subtract(x[rows], mean[rows], out=scratch("centred", grad.shape, grad.dtype))
        r = 1 / np.sqrt(var[rows] + eps)
        products = np.multiply(grad, centred, out=part)
        np.matmul(r[:, 0], products, out=dweight[number])
        np.matmul(np.ones(len(grad), x.dtype), grad, out=dbias[number])
        centred *= (products @ weight)[:, None] * (r * r / count)
        centred += (grad @ weight)[:, None] / count
        np.multiply(grad, repeated[: len(grad)], out=part)
        part -= centred
        part *= r

    for_each(work, enumerate(blocks))
    return dx, dweight.sum(axis=0), dbias.sum(axis=0)


def softmax_losses(x: Array, classes: Array) -> tuple[Array, Array]:
    """The forward of `CrossEntropy`.

    Args:
        x: logits, (N, C).
        classes: (N,), integers in [0, C).

    Returns:
        The softmax of each row, (N, C), and minus the logarithm of its element at the class, (N,).
    """
    if x.size < DEALT:
        return _softmax_losses(x, classes)
    p, losses = np.empty_like(x), np.empty(len(x), x.dtype)
    for_each(
        lambda rows: _softmax_losses(x[rows], classes[rows], p[rows], losses[rows]),
        _blocks_of_rows(x),
    )
    return p, losses


def _softmax_losses(
    x: Array, classes: Array, p: Array | None = None, losses: Array | None = None
) -> tuple[Array, Array]:
    """One block of `softmax_losses`, into p and losses if they are given."""
    p = np.subtract(x, row_maxima(x), out=p)
    targets = p[np.arange(len(p)), classes]
    np.exp(p, out=p)
    total = _row_sums(p)
    losses = np.subtract(np.log(total), targets, out=losses)
    p /= total[:, None]
    return p, losses


def softmax_rows(x: Array) -> Array:
    """The forward of `Softmax` along the last axis, for x of any shape."""
    y = np.empty(x.shape, x.dtype)
    x_rows, y_rows = _as_rows(x), _as_rows(y)

    def work(rows: slice) -> None:
        part = y_rows[rows]
        np.subtract(x_rows[rows], row_maxima(x_rows[rows]), out=part)
        np.exp(part, out=part)
        part /= _row_sums(part)[:, None]

    for_each(work, _blocks_of_rows(x_rows))
    return y


def softmax_rows_backward(dy: Array, y: Array) -> Array:
    """The backward of `softmax_rows`: y (dy - Σ dy y)."""
    dx = np.empty(y.shape, y.dtype)
    dy, y, dx_rows = _as_rows(dy), _as_rows(y), _as_rows(dx)

    def work(rows: slice) -> None:
        part = dx_rows[rows]
        np.subtract(dy[rows], np.vecdot(dy[rows], y[rows])[:, None], out=part)
        part *= y[rows]

    for_each(work, _blocks_of_rows(y))
    return dx


def row_maxima(x: Array) -> Array:
    """The maximum of each row, (N, 1).

    Where rows are short, NumPy's maximum along them takes longer than the transpose and the maximum along
    its columns, of which the processor takes several at once.
    """
    if x.shape[1] <= SHORT_ROW and len(x) >= FEW_ROWS:
        return np.ascontiguousarray(x.T).max(axis=0, initial=-np.inf)[:, None]
    return np.maximum.reduce(x, axis=1, keepdims=True, initial=-np.inf)


def _as_rows(x: Array) -> Array:
    """All axes but the last run together."""
    return x.reshape(math.prod(x.shape[:-1]), x.shape[-1])


def _row_sums(x: Array) -> Array:
    """The sum of each row: of many, a product with ones is several times as fast as NumPy's sum."""
    return np.add.reduce(x, axis=1) if len(x) < FEW_ROWS else x @ np.ones(x.shape[1], x.dtype)


def _blocks_of_rows(x: Array) -> list[slice]:
    """Blocks of so many rows that they stay in the cache."""
    return slices(len(x), max(block_of(x.size, 2 * BLOCK) // x.shape[1], 1))


def _repeated(v: Array, blocks: list[slice]) -> Array:
    """A value for each column said for each element of a block: NumPy multiplies 3 times as fast by that."""
    return np.tile(v.reshape(-1), (blocks[0].stop, 1))
