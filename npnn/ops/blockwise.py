"""Elementwise formulas, block by block: what a formula writes down and reads again stays in the cache.

NumPy evaluates a formula such as x / (1 + exp(-x)) operator by operator, each over the whole array. For large
arrays every step then travels to memory and back. Over a block at a time, only the first and the last do, and
the blocks are dealt to several threads. An element's value does not depend on the block that it is in.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from npnn._typing import Array
from npnn.threads import for_each, slices

BLOCK = 2**18
"""Elements in a block: few enough to stay in the last cache, and so many that a step through them takes
much longer than one thread needs to hand Python's lock to another, which is 40 microseconds where the
other sleeps. Both ways through GELU, two threads were as fast as one with 2**15, and 1.7 and 1.9 times as
fast with 2**17 and 2**18."""

DEALT = BLOCK
"""Elements from which blocks are dealt to threads: with fewer, to call the threads would cost more."""


def block_of(size: int, most: int = BLOCK) -> int:
    """How many elements a block of so many has: there are four blocks or more, unless they are too small.

    Args:
        size: of the array.
        most: the most elements of a block.
    """
    return min(most, max(-(-size // 4), BLOCK // 2))


def blockwise(
    formula: Callable[..., Any], *arrays: Any, outputs: int = 1, in_place: bool = False, **constants: Any
) -> Any:
    """The value of an elementwise formula.

    float16 is computed in float32 and rounded once, as torch does. Overflow and invalid operations give
    infinity and nan without a warning. Tensors, which a backward meets while it is being recorded, go
    through the formula as they are.

    Args:
        formula: takes the arrays and the constants, and gives an array of the same shape, or a tuple of them.
        *arrays: of one shape and dtype.
        outputs: how many arrays the formula gives.
        in_place: whether the formula takes these too, after the arrays, and writes into them: that saves the
            copy from its own memory. Such a formula is for plain arrays only.
        **constants: handed on to the formula.

    Returns:
        An array of that shape and dtype, or a tuple of them where there are several.

    Examples:
        >>> blockwise(lambda x, *, slope: slope * x, np.array([1.0, 2.0], np.float16), slope=3)
        array([3., 6.], dtype=float16)
        >>> blockwise(lambda x, y: np.sqrt(x, out=y), np.array([4.0, 9.0]), in_place=True)
        array([2., 3.])
    """
    with np.errstate(all="ignore"):
        if not all(isinstance(array, np.ndarray) for array in arrays):
            return formula(*arrays, **constants)
        dtype, size = arrays[0].dtype, arrays[0].size
        if dtype == np.float16:
            wide = (array.astype(np.float32) for array in arrays)
            values = blockwise(formula, *wide, outputs=outputs, in_place=in_place, **constants)
            if outputs == 1:
                return np.asarray(values).astype(dtype)
            return tuple(np.asarray(value).astype(dtype) for value in values)
        whole = size < DEALT or not all(array.flags.c_contiguous for array in arrays)
        if whole and not in_place:
            return formula(*arrays, **constants)
        results = [np.empty_like(arrays[0]) for _ in range(outputs)]  # in the order of its memory
        if whole:
            formula(*arrays, *results, **constants)
        else:
            _evaluate(formula, arrays, results, in_place, constants)
        return results[0] if outputs == 1 else tuple(results)


def _evaluate(
    formula: Callable[..., Any],
    arrays: tuple[Array, ...],
    results: list[Array],
    in_place: bool,
    constants: dict[str, Any],
) -> None:
    """Goes through the blocks of arrays that are contiguous."""
    size = arrays[0].size
    flat = [array.reshape(-1) for array in arrays]
    flat_results = [result.reshape(-1) for result in results]

    def evaluate(block: slice) -> None:
        parts, into = [x[block] for x in flat], [y[block] for y in flat_results]
        if in_place:
            formula(*parts, *into, **constants)
        elif isinstance(formula, np.ufunc):
            formula(*parts, out=tuple(into), **constants)
        else:
            values = formula(*parts, **constants)
            for y, value in zip(into, values if len(into) > 1 else (values,), strict=True):
                y[...] = value

    for_each(evaluate, slices(size, block_of(size)))
