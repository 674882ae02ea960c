"""Element types: torch's names for NumPy's dtypes, the default one, and torch's rules for mixing them.

A dtype of npnn is a NumPy dtype: `npnn.float32 == np.float32`, and NumPy takes either.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

import numpy as np

dtype = np.dtype

float16 = half = np.dtype(np.float16)
float32 = float_ = np.dtype(np.float32)
float64 = double = np.dtype(np.float64)
int8 = np.dtype(np.int8)
int16 = short = np.dtype(np.int16)
int32 = int_ = np.dtype(np.int32)
int64 = long = np.dtype(np.int64)
uint8 = np.dtype(np.uint8)
uint16 = np.dtype(np.uint16)
uint32 = np.dtype(np.uint32)
uint64 = np.dtype(np.uint64)
bool_ = np.dtype(np.bool_)
complex64 = cfloat = np.dtype(np.complex64)
complex128 = cdouble = np.dtype(np.complex128)


class _Bfloat16:
    """A name that scripts may hold and compare; NumPy has no such dtype, and so no array has it."""

    @property
    def dtype(self) -> NoReturn:
        """Where np.dtype looks, and so every function that takes a dtype."""
        raise NotImplementedError("NumPy has no bfloat16: use float16 for 16 bits, or float32")

    def __repr__(self) -> str:
        return "bfloat16"


bfloat16 = _Bfloat16()


def is_dtype(value: Any) -> bool:
    """Whether an argument that may be of several kinds is a dtype, or what NumPy takes for one."""
    return isinstance(value, (np.dtype, type, _Bfloat16))


_default = float32

# NumPy's kinds in the order in which torch ranks them: bool, integers, floating point, complex.
_RANK = {"b": 0, "u": 1, "i": 1, "f": 2, "c": 3}


def get_default_dtype() -> np.dtype[Any]:
    """The dtype that tensors made from Python floats get: float32 unless changed.

    Examples:
        >>> import npnn
        >>> npnn.get_default_dtype()
        dtype('float32')
    """
    return _default


def set_default_dtype(d: Any) -> None:
    """Sets the dtype that tensors made from Python floats get.

    Args:
        d: a floating-point dtype.

    Raises:
        TypeError: `d` is not floating point.

    Examples:
        >>> import npnn
        >>> npnn.set_default_dtype(npnn.float64)
        >>> npnn.tensor(1.5).dtype
        dtype('float64')
        >>> npnn.set_default_dtype(npnn.float32)
    """
    global _default
    wanted = np.dtype(d)
    if wanted.kind != "f":
        raise TypeError(f"only floating-point types are supported as the default type, got {wanted}")
    _default = wanted


def default_complex() -> np.dtype[Any]:
    """The complex dtype whose parts have the default dtype."""
    return complex128 if _default == float64 else complex64


def result_type(*operands: Any) -> np.dtype[Any]:
    """The dtype in which torch computes with these operands: arrays, tensors, or Python numbers.

    Only operands of the highest kind (bool < integer < floating point < complex) count, and among those
    arrays with axes outweigh arrays without, which outweigh Python numbers. NumPy's own rule differs in two
    ways: it widens int64 with float32 to float64, and lets an array without axes widen one that has some.

    Source: torch's page on type promotion.

    Examples:
        >>> import numpy as np
        >>> from npnn.dtypes import result_type
        >>> result_type(np.zeros(3, np.float32), np.array(1.0)), result_type(np.arange(3), 0.5)
        (dtype('float32'), dtype('float32'))
    """
    best: dict[int, np.dtype[Any] | None] = {0: None, 1: None, 2: None}
    for operand in operands:
        dtype = getattr(operand, "dtype", None)
        if dtype is None or isinstance(operand, np.generic):
            level, candidate = 2, _scalar_dtype(operand)
        else:
            level, candidate = (0 if operand.ndim else 1), np.dtype(dtype)
        known = best[level]
        best[level] = candidate if known is None else _promote(known, candidate)
    result: np.dtype[Any] | None = None
    for candidate_or_none in best.values():
        if candidate_or_none is None:
            continue
        if result is None or _RANK[candidate_or_none.kind] > _RANK[result.kind]:
            result = candidate_or_none if result is None else _raise_kind(result, candidate_or_none)
    if result is None:
        raise ValueError("result_type needs at least one operand")
    return result


def _scalar_dtype(value: Any) -> np.dtype[Any]:
    """The dtype of a Python number, and of one of NumPy's that stands for the same."""
    for types, dtype in _NUMBERS:
        if isinstance(value, types):
            return dtype()
    raise TypeError(f"expected a Tensor, an ndarray or a number, got {type(value).__name__}")


_NUMBERS: tuple[tuple[tuple[type, ...], Callable[[], np.dtype[Any]]], ...] = (
    ((bool, np.bool_), lambda: bool_),
    ((int, np.integer), lambda: int64),
    ((float, np.floating), get_default_dtype),
    ((complex, np.complexfloating), default_complex),
)


def _promote(a: np.dtype[Any], b: np.dtype[Any]) -> np.dtype[Any]:
    """Two dtypes of equal weight; an integer beside a floating-point type does not widen it."""
    if a == b:
        return a
    if _RANK[a.kind] != _RANK[b.kind] and max(_RANK[a.kind], _RANK[b.kind]) >= 2:
        higher, lower = (a, b) if _RANK[a.kind] > _RANK[b.kind] else (b, a)
        return np.promote_types(higher, lower) if lower.kind == "f" else higher
    return np.promote_types(a, b)


def _raise_kind(outer: np.dtype[Any], inner: np.dtype[Any]) -> np.dtype[Any]:
    """The dtype when a lighter operand is of a higher kind; complex keeps the precision of a float."""
    return np.promote_types(outer, complex64) if inner.kind == "c" and outer.kind == "f" else inner
