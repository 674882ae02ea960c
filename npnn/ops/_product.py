"""The product of matrices, dealt to threads."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy import ndarray

from npnn._typing import Array
from npnn.threads import for_each, one_thread_for_products, slices

ALONE, VECTOR_ALONE = 2**18, 9 * 2**10
"""Multiplications up to which OpenBLAS keeps a product to one thread by itself, and one with a vector."""

EACH = 2**23
"""Multiplications in a block of a product: a fifth of a millisecond."""

PARTS = 16
"""The most blocks of a product: OpenBLAS copies the whole other matrix into its own order for each."""

TILE = 32
"""Rows or columns of a block are a multiple of these, so that OpenBLAS works in whole tiles."""

SUMMED = 2**19
"""Elements in a block of a column sum."""

PAGES = 2**16
"""Elements in the result of a stack of products from which these are dealt to threads."""


def product(x: Any, y: Any) -> Any:
    """x @ y, for what @ takes.

    OpenBLAS would deal a large product to threads of its own. These go on spinning for 110 ms after it, in
    case another one follows, and until then whatever else is dealt to threads has half of a core: a training
    step of a small convolutional network takes 130 ms instead of 85 for a last layer that is a thousandth of
    its work. So large products are dealt as everything else is, in blocks of the longer axis of the result,
    and a stack of products page by page.
    """
    if type(x) is not ndarray or type(y) is not ndarray or x.size * y.size <= ALONE:
        return x @ y  # small networks wait for Python, so this comes first
    if x.ndim == y.ndim == 2:
        return _matrix_product(x, y)
    if x.ndim > y.ndim == 2:
        return _matrix_product(x.reshape(-1, x.shape[-1]), y).reshape(*x.shape[:-1], y.shape[1])
    if x.ndim == y.ndim > 2 and x.shape[:-2] == y.shape[:-2] and len(x) > 1:
        z: Array = np.empty((*x.shape[:-1], y.shape[-1]), np.result_type(x, y))
        if z.size >= PAGES:
            each = max(len(x) * PAGES // z.size, 1)
            for_each(lambda part: np.matmul(x[part], y[part], out=z[part]), slices(len(x), each))
            return z
    with one_thread_for_products():
        return x @ y


def _matrix_product(x: Array, y: Array) -> Array:
    rows, columns = len(x), y.shape[1]
    work = x.size * columns
    if work <= (VECTOR_ALONE if rows == 1 or columns == 1 else ALONE):
        return x @ y
    z: Array = np.empty((rows, columns), np.result_type(x, y))
    longer = max(rows, columns)
    parts = min(2 ** max((work // EACH).bit_length() - 1, 0), PARTS)
    each = TILE * math.ceil(longer / parts / TILE)
    if rows >= columns:
        for_each(lambda part: np.matmul(x[part], y, out=z[part]), slices(rows, each))
    else:
        for_each(lambda part: np.matmul(x, y[:, part], out=z[:, part]), slices(columns, each))
    return z


def column_sums(rows: Any) -> Any:
    """Σ_r of rows (R, C).

    A product with ones is several times as fast as NumPy's sum over leading axes. Blocks of rows are dealt
    to threads, which also keeps the sums short, and so precise.
    """
    if type(rows) is not ndarray:
        return rows.sum(0)
    if rows.size < VECTOR_ALONE or rows.dtype.kind != "f":
        return np.add.reduce(rows)
    blocks = slices(len(rows), max(SUMMED // rows.shape[1], 1))
    sums: Array = np.empty((len(blocks), rows.shape[1]), rows.dtype)

    def add(number: int) -> None:
        part = rows[blocks[number]]
        np.matmul(np.ones(len(part), rows.dtype), part, out=sums[number])

    for_each(add, range(len(blocks)))
    return sums[0] if len(blocks) == 1 else sums.sum(0)
