"""Operands: what may stand beside a tensor, the dtype in which the two meet, and whether their shapes do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from npnn import dtypes
from npnn._typing import Shape
from npnn.autograd.function import Operation, wrap
from npnn.ops.arithmetic import Cast
from npnn.tensors.base import TensorBase, array_of

_REAL = frozenset({int, float, bool})


_OPERANDS = (TensorBase, np.ndarray, np.generic, int, float, complex)


def elementwise(operation: type[Operation], x: Any, y: Any, *, floating: bool = False) -> Any:
    """Applies an operation of two broadcast operands, at least one a tensor.

    Args:
        operation: takes the two operands.
        x: a tensor, an ndarray or a number.
        y: the same.
        floating: integers become the default floating-point dtype first, as for a quotient.

    Raises:
        TypeError: an operand is none of these.
        RuntimeError: the shapes do not broadcast.
        NotImplementedError: there is no such operation of this dtype.
    """
    operands = promoted(x, y, floating=floating)
    try:
        return operation.apply(*operands)
    except (ValueError, TypeError, OverflowError) as error:
        return _explained(error, operation.apply, operation.__name__, *operands)


def operator(operation: type[Operation], x: Any, y: Any, *, floating: bool = False) -> Any:
    """`elementwise` for a Python operator, which leaves an operand it does not know to the other side."""
    if not (isinstance(x, _OPERANDS) and isinstance(y, _OPERANDS)):
        return NotImplemented
    return elementwise(operation, x, y, floating=floating)


def unrecorded(function: Callable[..., Any], x: Any, y: Any) -> Any:
    """A tensor computed off the tape: comparisons, logic, bits.

    Raises:
        RuntimeError: the shapes do not broadcast.
        NotImplementedError: there is no such function of this dtype.
    """
    if not (isinstance(x, _OPERANDS) and isinstance(y, _OPERANDS)):
        return NotImplemented
    a, b = (array_of(operand) for operand in promoted(x, y))
    if function in _ORDERINGS and "c" in (np.asarray(a).dtype.kind, np.asarray(b).dtype.kind):
        raise NotImplementedError(f"{function.__name__} is not implemented for complex numbers")
    try:
        return wrap(function(a, b))
    except (ValueError, TypeError, OverflowError) as error:
        return wrap(_explained(error, function, function.__name__, a, b))


_ORDERINGS = frozenset({np.less, np.less_equal, np.greater, np.greater_equal})


def _explained(error: Exception, function: Callable[..., Any], name: str, x: Any, y: Any) -> Any:
    """Raises NumPy's error about two promoted operands as torch puts it, or mends what torch takes."""
    dtype = dtypes.result_type(array_of(x), array_of(y))
    if isinstance(error, OverflowError):
        # An integer that does not fit the tensor's dtype: NumPy refuses it, on torch it wraps around.
        return function(_wrapped_around(x, dtype), _wrapped_around(y, dtype))
    if isinstance(error, ValueError):
        check_broadcast(x, y)
        raise RuntimeError(str(error)) from None
    if "ufunc" in str(error):
        raise NotImplementedError(f"{name} is not implemented for {dtype}") from None
    raise error


def promoted(x: Any, y: Any, *, floating: bool = False) -> tuple[Any, Any]:
    """Two operands, brought to the dtype in which torch computes with them; numbers adapt by themselves.

    Raises:
        TypeError: an operand is neither a tensor, nor an array, nor a number.
    """
    a = x.array if isinstance(x, TensorBase) else x
    b = y.array if isinstance(y, TensorBase) else y
    # The common cases first: two arrays of one dtype, and a real number beside a floating-point array.
    if type(a) is np.ndarray and type(b) is np.ndarray:
        if a.dtype == b.dtype and not (floating and a.dtype.kind in "biu"):
            return x, y
    elif (type(b) in _REAL and type(a) is np.ndarray and a.dtype.kind == "f") or (
        type(a) in _REAL and type(b) is np.ndarray and b.dtype.kind == "f"
    ):
        return x, y
    dtype = dtypes.result_type(a, b)
    if floating and dtype.kind in "biu":
        dtype = dtypes.get_default_dtype()
    return in_dtype(x, dtype), in_dtype(y, dtype)


def scaled(x: Any, alpha: Any, beside: Any) -> Any:
    """Alpha · x, in the dtype in which x meets another operand.

    Args:
        x: a tensor, an array or a number.
        alpha: a number, or a tensor that holds one.
        beside: the other operand.

    Raises:
        RuntimeError: alpha is of a higher kind than that dtype, or does not fit into it.
    """
    if type(alpha) is int and alpha == 1:
        return x
    dtype = dtypes.result_type(array_of(x), array_of(beside))
    number = alpha.item() if hasattr(alpha, "item") else alpha
    for kind, others, what in _ALPHAS:
        if isinstance(number, kind) and dtype.kind in others:
            raise RuntimeError(f"{what}: got {number} for {dtype}")
    factor = fill_value(number, dtype).item()
    if hasattr(x, "dtype"):
        return in_dtype(x, dtype) * factor
    return x and factor if dtype.kind == "b" else x * factor


_ALPHAS = (
    (bool, "iufc", "Boolean alpha only supported for Boolean results"),
    (float, "biu", "For integral input tensors, argument alpha must not be a floating point number"),
    (complex, "biuf", "For non-complex input tensors, argument alpha must not be a complex number"),
)
"""For each type of number the kinds of dtype that it cannot scale, and what is said then."""


def refuse_two_bools(name: str, x: Any, y: Any) -> None:
    """Raises NotImplementedError if both operands are bools."""
    if all(np.asarray(array_of(operand)).dtype.kind == "b" for operand in (x, y)):
        raise NotImplementedError(f"{name} is not implemented for two bool tensors")


def tensors_only(name: str, *operands: Any) -> None:
    """Raises TypeError if one of the operands, which torch takes as tensors alone, is a number."""
    for operand in operands:
        if not hasattr(operand, "dtype"):
            raise TypeError(f"{name}(): expected a Tensor or an array, not {type(operand).__name__}")


def in_dtype(x: Any, dtype: Any) -> Any:
    """An operand in a dtype; Python numbers adapt by themselves."""
    own = getattr(array_of(x), "dtype", None)
    if own is None:
        return x
    operand = x if isinstance(x, TensorBase) else np.asarray(x)
    return operand if dtype is None or own == dtype else Cast.apply(operand, dtype=np.dtype(dtype))


def in_floating(x: Any) -> Any:
    """A tensor, of the default floating-point dtype if it was one of integers or bools."""
    return in_dtype(x, dtypes.get_default_dtype() if x.array.dtype.kind in "biu" else None)


def same_dtype(arrays: Any) -> list[Any]:
    """Several operands in the one dtype that torch joins them in."""
    arrays = list(arrays)
    dtype = dtypes.result_type(*(array_of(a) for a in arrays))
    return [in_dtype(a, dtype) for a in arrays]


def fill_value(value: Any, dtype: np.dtype[Any]) -> Any:
    """What is to be written into a tensor of some dtype: Python numbers, and sequences of them, as arrays.

    Raises:
        RuntimeError: an integer does not fit the dtype, or a complex number is for a real one.
    """
    if hasattr(value, "dtype"):
        return value
    array = np.asarray(value)
    if array.dtype.kind == "c" and dtype.kind != "c" and array.imag.any():
        raise RuntimeError(f"value cannot be converted to type {dtype} without overflow: {value}")
    if array.dtype.kind == "i" and dtype.kind in "iu":
        limits = np.iinfo(dtype)
        # As on torch, -1 may be written into unsigned integers.
        if ((array > limits.max) | (array < min(limits.min, -limits.max))).any():
            raise RuntimeError(f"value cannot be converted to type {dtype} without overflow: {value}")
    return array.astype(dtype)


def check_broadcast(x: Any, y: Any) -> None:
    """Raises RuntimeError if two operands do not broadcast."""
    check_shapes(np.shape(array_of(x)), np.shape(array_of(y)))


def check_shapes(a: Shape, b: Shape) -> None:
    """Raises RuntimeError if two shapes do not broadcast."""
    ndim = max(len(a), len(b))
    for axis in reversed(range(ndim)):
        size_a, size_b = _size_at(a, axis - ndim), _size_at(b, axis - ndim)
        if size_a != size_b and 1 not in (size_a, size_b):
            raise RuntimeError(
                f"The size of tensor a ({size_a}) must match the size of tensor b ({size_b}) at non-singleton"
                f" dimension {axis}: shapes {list(a)} and {list(b)} do not broadcast"
            )


def _size_at(shape: Shape, axis: int) -> int:
    return shape[axis] if -axis <= len(shape) else 1


def _wrapped_around(operand: Any, dtype: np.dtype[Any]) -> Any:
    return operand if hasattr(operand, "dtype") else np.asarray(operand).astype(dtype)
