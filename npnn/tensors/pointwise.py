"""torch's less common functions element by element; each is a function and, but for `real`, a method.

Arguments may be tensors or arrays, and numbers where torch takes them; results are tensors.
Sources: the torch function of the same name.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from npnn import dtypes
from npnn.autograd.function import wrap
from npnn.ops import arithmetic, pointwise, transcendental
from npnn.tensors.arithmetic import refuse_bool
from npnn.tensors.base import array_of
from npnn.tensors.promotion import (
    check_broadcast,
    elementwise,
    in_dtype,
    in_floating,
    promoted,
    refuse_two_bools,
    same_dtype,
    scaled,
    tensors_only,
)
from npnn.tensors.results import return_type

# ---- of one operand


def acosh(input: Any) -> Any:
    """The inverse of the hyperbolic cosine."""
    return transcendental.ArcCosh.apply(in_floating(wrap(input)))


def asinh(input: Any) -> Any:
    """The inverse of the hyperbolic sine."""
    return transcendental.ArcSinh.apply(in_floating(wrap(input)))


def atanh(input: Any) -> Any:
    """The inverse of the hyperbolic tangent."""
    return transcendental.ArcTanh.apply(in_floating(wrap(input)))


def exp2(input: Any) -> Any:
    """2 to the power of each value."""
    return transcendental.Exp2.apply(in_floating(wrap(input)))


def sinc(input: Any) -> Any:
    """sin(πx) / (πx), and 1 at 0."""
    return transcendental.Sinc.apply(in_floating(wrap(input)))


def deg2rad(input: Any) -> Any:
    """Degrees as radians."""
    _refuse_complex("deg2rad", input)
    return wrap(input) * (math.pi / 180)


def rad2deg(input: Any) -> Any:
    """Radians as degrees."""
    _refuse_complex("rad2deg", input)
    return wrap(input) * (180 / math.pi)


def frac(input: Any) -> Any:
    """The fraction of each value, with its sign: x - trunc x."""
    x = wrap(input)
    if x.array.dtype.kind != "f":
        raise NotImplementedError(f"frac is not implemented for {x.array.dtype}: it is for floating point")
    return x - x.trunc()


def fix(input: Any) -> Any:
    """The next integer towards zero: trunc by another name."""
    return wrap(input).trunc()


def frexp(input: Any) -> Any:
    """The mantissa, in [½, 1), and the exponent of each value: x = m 2ᵉ."""
    x = wrap(input)
    if x.array.dtype.kind != "f":
        raise RuntimeError(f"torch.frexp() only supports floating-point dtypes, got {x.array.dtype}")
    return return_type("frexp", "mantissa", "exponent")(*transcendental.Frexp.apply(x))


def positive(input: Any) -> Any:
    """The tensor itself; bools have no sign and are refused."""
    x = wrap(input)
    if x.array.dtype.kind == "b":
        raise NotImplementedError("The `+` operator, on a bool tensor is not supported.")
    return x


def sgn(input: Any) -> Any:
    """-1, 0 or 1 of a real number, z / |z| of a complex one."""
    x = wrap(input)
    return wrap(np.sign(x.array)) if x.array.dtype.kind == "c" else x.sign()


def angle(input: Any) -> Any:
    """The angle in the complex plane: 0 of positive numbers, π of negative ones, with a gradient of 0."""
    x = in_floating(wrap(input))
    return wrap(np.angle(x.array)) if x.array.dtype.kind == "c" else pointwise.Angle.apply(x)


def conj(input: Any) -> Any:
    """The complex conjugate; a real tensor itself."""
    x = wrap(input)
    return wrap(np.conj(x.array)) if x.array.dtype.kind == "c" else x


def conj_physical(input: Any) -> Any:
    """The complex conjugate, computed; a real tensor itself."""
    return conj(input)


def resolve_conj(input: Any) -> Any:
    """The tensor itself: `conj` leaves nothing to be resolved."""
    return wrap(input)


def resolve_neg(input: Any) -> Any:
    """The tensor itself: nothing is left to be negated."""
    return wrap(input)


def real(input: Any) -> Any:
    """The real part; a real tensor itself."""
    x = wrap(input)
    return wrap(x.array.real) if x.array.dtype.kind == "c" else x


def nan_to_num(input: Any, nan: float | None = None, posinf: Any = None, neginf: Any = None) -> Any:
    """The values with nan and infinities replaced, which have a gradient of 0.

    Args:
        input: a tensor.
        nan: what stands for nan. Default: 0.
        posinf: what stands for infinity. Default: the largest number of the dtype.
        neginf: what stands for minus infinity. Default: the least number of the dtype.
    """
    x = wrap(input)
    if x.array.dtype.kind in "bui":
        return x.clone()
    instead = np.nan_to_num(x.array, nan=0.0 if nan is None else nan, posinf=posinf, neginf=neginf)
    return arithmetic.Where.apply(np.isfinite(x.array), x, instead)


# ---- of two operands


def atan2(input: Any, other: Any) -> Any:
    """The angle of the point (other, input), over the whole circle."""
    tensors_only("atan2", other)
    return in_one_floating(transcendental.ArcTan2, input, other)


def hypot(input: Any, other: Any) -> Any:
    """√(input² + other²), without overflow on the way."""
    tensors_only("hypot", other)
    _refuse_integers("hypot", input, other)
    return elementwise(transcendental.Hypot, _operand(input), _operand(other))


def logaddexp(input: Any, other: Any) -> Any:
    """The logarithm of the sum of both exponentials, without overflow on the way."""
    tensors_only("logaddexp", other)
    _refuse_integers("logaddexp", input, other)
    return elementwise(transcendental.LogAddExp, _operand(input), _operand(other))


def logaddexp2(input: Any, other: Any) -> Any:
    """The logarithm to base 2 of the sum of both powers of 2, without overflow on the way."""
    tensors_only("logaddexp2", other)
    _refuse_integers("logaddexp2", input, other)
    return elementwise(transcendental.LogAddExp2, _operand(input), _operand(other))


def xlogy(input: Any, other: Any) -> Any:
    """Input · ln other, and 0 where input is 0."""
    return in_one_floating(transcendental.XLogY, input, other)


def copysign(input: Any, other: Any) -> Any:
    """The size of the one with the sign of the other."""
    return in_one_floating(transcendental.CopySign, input, other)


def fmax(input: Any, other: Any) -> Any:
    """The larger of the two, or the one that is a number if the other is nan."""
    tensors_only("fmax", other)
    return elementwise(transcendental.FMax, _operand(input), _operand(other))


def fmin(input: Any, other: Any) -> Any:
    """The smaller of the two, or the one that is a number if the other is nan."""
    tensors_only("fmin", other)
    return elementwise(transcendental.FMin, _operand(input), _operand(other))


def fmod(input: Any, other: Any) -> Any:
    """The remainder of the division rounded towards zero: it has the sign of input."""
    x, y = array_of(input), array_of(other)
    refuse_two_bools("fmod", x, y)
    if np.asarray(x).dtype.kind in "biu" and np.asarray(y).dtype.kind in "biu" and not np.all(y):
        raise RuntimeError("ZeroDivisionError: an integer tensor is divided by zero")
    return elementwise(transcendental.FMod, _operand(input), _operand(other))


def nextafter(input: Any, other: Any) -> Any:
    """The next floating-point number after input on the way to other; it has no derivative."""
    tensors_only("nextafter", other)
    _refuse_integers("nextafter", input, other)
    return elementwise(transcendental.NextAfter, _operand(input), _operand(other))


def ldexp(input: Any, other: Any) -> Any:
    """input · 2^other."""
    tensors_only("ldexp", other)
    x, exponent = promoted(wrap(input), _operand(other), floating=True)
    return x * exp2(exponent)


def float_power(input: Any, exponent: Any) -> Any:
    """input ** exponent, computed in float64."""
    x, y = (
        in_dtype(value, dtypes.float64) if hasattr(value, "dtype") else np.asarray(value, np.float64)
        for value in (input, exponent)
    )
    return elementwise(arithmetic.Pow, wrap(x), wrap(y))


def fill(input: Any, value: Any) -> Any:
    """A tensor of the same shape and dtype in which every value is a number, or a tensor without axes."""
    return wrap(input).clone().fill_(value)


def rsub(input: Any, other: Any, *, alpha: Any = 1) -> Any:
    """Other - alpha * input."""
    x = wrap(input)
    refuse_bool("Subtraction, the `-` operator,", x, other)
    return other - scaled(x, alpha, other)


def clamp_min(input: Any, min: Any) -> Any:
    """The values, raised to `min` where they are less."""
    return wrap(input).clamp(min=min)


def clamp_max(input: Any, max: Any) -> Any:
    """The values, lowered to `max` where they are greater."""
    return wrap(input).clamp(max=max)


# ---- of three operands


def lerp(input: Any, end: Any, weight: Any) -> Any:
    """Linear interpolation: input + weight (end - input).

    Args:
        input: where weight is 0.
        end: where weight is 1, of the same dtype.
        weight: a number or a tensor of the same dtype.

    Raises:
        RuntimeError: the dtypes differ.
    """
    tensors_only("lerp", end)
    start, stop = wrap(input), wrap(end)
    for name, value in (("end", stop), ("weight", weight)):
        dtype = getattr(value, "dtype", start.array.dtype)
        if dtype != start.array.dtype:
            raise RuntimeError(f"expected dtype {start.array.dtype} for `{name}` but got dtype {dtype}")
    _refuse_integers("lerp", start)
    return start + weight * (stop - start)


def addcmul(input: Any, tensor1: Any, tensor2: Any, *, value: Any = 1) -> Any:
    """Input + value · tensor1 · tensor2."""
    tensors_only("addcmul", tensor1, tensor2)
    x, factor, other = (wrap(one) for one in same_dtype((input, tensor1, tensor2)))
    if x.array.dtype.kind == "b":
        raise NotImplementedError("addcmul is not implemented for bool")
    product = factor * other
    return x + (product if value == 1 else product * value)


def addcdiv(input: Any, tensor1: Any, tensor2: Any, *, value: Any = 1) -> Any:
    """Input + value · tensor1 / tensor2.

    Raises:
        RuntimeError: both tensors are of integers.
    """
    tensors_only("addcdiv", tensor1, tensor2)
    if dtypes.result_type(array_of(tensor1), array_of(tensor2)).kind in "biu":
        raise RuntimeError(
            "Integer division with addcdiv is no longer supported: use addcmul with the quotient, rounded as"
            " you mean it"
        )
    quotient = wrap(tensor1) / tensor2
    return wrap(input) + (quotient if value == 1 else quotient * value)


# torch has two names for each of these.
arccosh, arcsinh, arctanh, arctan2 = acosh, asinh, atanh, atan2


def _operand(value: Any) -> Any:
    """An array as a tensor; a tensor or number as it is."""
    return wrap(value) if isinstance(value, np.ndarray) else value


def in_one_floating(operation: Any, x: Any, y: Any) -> Any:
    """An operation of two operands that needs both as arrays, in floating point."""
    check_broadcast(x, y)
    a, b = promoted(_operand(x), _operand(y), floating=True)
    dtype = next(value.dtype for value in (a, b) if hasattr(value, "dtype"))
    a, b = (value if hasattr(value, "dtype") else np.asarray(value, dtype) for value in (a, b))
    return operation.apply(a, b)


def _refuse_integers(name: str, *operands: Any) -> None:
    dtype = dtypes.result_type(*(array_of(operand) for operand in operands))
    if dtype.kind != "f":
        raise NotImplementedError(f"{name} is not implemented for {dtype}: it is for floating point")


def _refuse_complex(name: str, x: Any) -> None:
    if array_of(x).dtype.kind == "c":
        raise RuntimeError(f"{name} is not supported for complex tensors.")
