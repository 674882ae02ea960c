"""Elementwise formulas, block by block: what a formula writes down and reads again stays in the cache.

NumPy evaluates a formula such as x / (1 + exp(-x)) operator by operator, each over the whole array. For large
arrays every step then travels to memory and back. Over a block at a time, only the first and the last do.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from npnn._typing import Array

BLOCK = 2**15
"""Elements in a block: the few blocks that a formula has at hand together fit in a second-level cache."""


def blockwise(formula: Callable[..., Any], *arrays: Any, **constants: Any) -> Any:
    """The value of an elementwise formula.

    float16 is computed in float32 and rounded once, as torch does. Overflow and invalid operations give
    infinity and nan without a warning. Tensors, which a backward meets while it is being recorded, go
    through the formula as they are.

    Args:
        formula: takes the arrays and the constants, and gives an array of the same shape.
        *arrays: of one shape and dtype.
        **constants: handed on to the formula.

    Returns:
        An array of that shape and dtype.

    Examples:
        >>> blockwise(lambda x, *, slope: slope * x, np.array([1.0, 2.0], np.float16), slope=3)
        array([3., 6.], dtype=float16)
    """
    with np.errstate(all="ignore"):
        if not all(isinstance(array, np.ndarray) for array in arrays):
            return formula(*arrays, **constants)
        dtype, size = arrays[0].dtype, arrays[0].size
        if dtype == np.float16:
            wide = (array.astype(np.float32) for array in arrays)
            return np.asarray(blockwise(formula, *wide, **constants)).astype(dtype)
        if size <= BLOCK or not all(array.flags.c_contiguous for array in arrays):
            return formula(*arrays, **constants)
        result: Array = np.empty(arrays[0].shape, dtype)
        flat_result, flats = result.reshape(-1), [array.reshape(-1) for array in arrays]
        for start in range(0, size, BLOCK):
            block = slice(start, start + BLOCK)
            flat_result[block] = formula(*(flat[block] for flat in flats), **constants)
        return result
