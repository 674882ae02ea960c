"""Questions about tensors, and what is computed of their bits: none of it has a derivative.

Sources: the torch function of the same name.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from npnn.autograd.function import wrap
from npnn.tensors.base import array_of
from npnn.tensors.promotion import check_broadcast, refuse_two_bools, tensors_only, unrecorded

# ---- comparisons by their long names


def greater(input: Any, other: Any) -> Any:
    """Where input is greater than other."""
    return wrap(input) > other


def greater_equal(input: Any, other: Any) -> Any:
    """Where input is at least other."""
    return wrap(input) >= other


def less(input: Any, other: Any) -> Any:
    """Where input is less than other."""
    return wrap(input) < other


def less_equal(input: Any, other: Any) -> Any:
    """Where input is at most other."""
    return wrap(input) <= other


def not_equal(input: Any, other: Any) -> Any:
    """Where the two differ."""
    return wrap(input) != other


def isclose(input: Any, other: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> Any:
    """Where the two agree to within atol + rtol |other|.

    Raises:
        RuntimeError: the dtypes differ, or a tolerance is negative.
    """
    tensors_only("isclose", other)
    x, y = np.asarray(array_of(input)), np.asarray(array_of(other))
    if x.dtype != y.dtype:
        raise RuntimeError(f"expected two tensors of one dtype, but isclose got {x.dtype} and {y.dtype}")
    if rtol < 0 or atol < 0:
        raise RuntimeError(f"rtol and atol must be greater than or equal to zero, got {rtol} and {atol}")
    check_broadcast(x, y)
    return wrap(np.asarray(np.isclose(x, y, rtol, atol, equal_nan)))


def heaviside(input: Any, values: Any) -> Any:
    """0 left of 0, 1 right of it, and at 0 what `values` says.

    Raises:
        RuntimeError: the dtypes differ.
    """
    tensors_only("heaviside", values)
    x, y = np.asarray(array_of(input)), np.asarray(array_of(values))
    if x.dtype != y.dtype:
        raise RuntimeError(
            f"heaviside is not yet implemented for tensors with different dtypes: got {x.dtype} and {y.dtype}"
        )
    check_broadcast(x, y)
    return wrap(np.where(x == 0, y, np.where(x > 0, 1, 0).astype(x.dtype)))


# ---- of each number


def isneginf(input: Any) -> Any:
    """Where the values are minus infinity."""
    return wrap(np.isneginf(array_of(input)))


def isposinf(input: Any) -> Any:
    """Where the values are infinity."""
    return wrap(np.isposinf(array_of(input)))


def isreal(input: Any) -> Any:
    """Where the values have no imaginary part."""
    return wrap(np.isreal(array_of(input)))


def signbit(input: Any) -> Any:
    """Where the sign is negative, also that of -0."""
    x = array_of(input)
    return wrap(np.signbit(x) if x.dtype.kind == "f" else np.asarray(x < 0))


# ---- logic, bits and divisors


def logical_xor(input: Any, other: Any) -> Any:
    """Where one of the two is non-zero and the other is not."""
    tensors_only("logical_xor", other)
    return _computed(np.logical_xor, input, other)


def bitwise_and(input: Any, other: Any) -> Any:
    """The bits that both have."""
    return _computed(np.bitwise_and, input, other)


def bitwise_or(input: Any, other: Any) -> Any:
    """The bits that either has."""
    return _computed(np.bitwise_or, input, other)


def bitwise_xor(input: Any, other: Any) -> Any:
    """The bits that one has and the other has not."""
    return _computed(np.bitwise_xor, input, other)


def bitwise_not(input: Any) -> Any:
    """The bits inverted; of bools, logical not."""
    x = array_of(input)
    if x.dtype.kind not in "biu":
        raise NotImplementedError(
            f"bitwise_not is not implemented for {x.dtype}: it is for integers and bools"
        )
    return wrap(np.invert(x))


def bitwise_left_shift(input: Any, other: Any) -> Any:
    """The bits shifted to the left, towards higher values."""
    refuse_two_bools("bitwise_left_shift", input, other)
    return _computed(np.left_shift, input, other)


def bitwise_right_shift(input: Any, other: Any) -> Any:
    """The bits shifted to the right; the sign stays."""
    refuse_two_bools("bitwise_right_shift", input, other)
    return _computed(np.right_shift, input, other)


def gcd(input: Any, other: Any) -> Any:
    """The greatest common divisor."""
    tensors_only("gcd", other)
    return _computed(np.gcd, input, other)


def lcm(input: Any, other: Any) -> Any:
    """The least common multiple."""
    tensors_only("lcm", other)
    return _computed(np.lcm, input, other)


def _computed(function: Callable[..., Any], x: Any, y: Any) -> Any:
    """What a function of NumPy's makes of two operands."""
    result = unrecorded(function, x, y)
    if result is NotImplemented:
        raise TypeError(
            f"{function.__name__} takes tensors and numbers, got {type(x).__name__} and {type(y).__name__}"
        )
    return result


# ---- of a tensor as a whole


def is_nonzero(input: Any) -> bool:
    """Whether the one element of a tensor is not zero.

    Raises:
        RuntimeError: it has another number of elements.
    """
    return bool(wrap(input))


def is_same_size(input: Any, other: Any) -> bool:
    """Whether two tensors have the same shape."""
    return bool(array_of(input).shape == array_of(other).shape)


def is_signed(input: Any) -> bool:
    """Whether the dtype has negative numbers."""
    return array_of(input).dtype.kind in "ifc"
