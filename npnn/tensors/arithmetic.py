"""Operators and elementwise methods of tensors, and the matrix product."""

from __future__ import annotations

from typing import Any

import numpy as np

from npnn import dtypes
from npnn.autograd.function import wrap
from npnn.ops import activation, arithmetic, linear, piecewise, pointwise
from npnn.tensors.base import TensorBase, array_of
from npnn.tensors.promotion import (
    check_broadcast,
    check_shapes,
    elementwise,
    fill_value,
    in_dtype,
    in_floating,
    operator,
    refuse_two_bools,
    scaled,
    tensors_only,
    unrecorded,
)


class ArithmeticMethods(TensorBase):
    """What a tensor can do element by element, and the matrix product."""

    # ---- operators

    def __add__(self, other: Any) -> Any:
        return operator(arithmetic.Add, self, other)

    def __radd__(self, other: Any) -> Any:
        return operator(arithmetic.Add, other, self)

    def __sub__(self, other: Any) -> Any:
        refuse_bool("Subtraction, the `-` operator,", self, other)
        return operator(arithmetic.Sub, self, other)

    def __rsub__(self, other: Any) -> Any:
        refuse_bool("Subtraction, the `-` operator,", self, other)
        return operator(arithmetic.Sub, other, self)

    def __mul__(self, other: Any) -> Any:
        return operator(arithmetic.Mul, self, other)

    def __rmul__(self, other: Any) -> Any:
        return operator(arithmetic.Mul, other, self)

    def __truediv__(self, other: Any) -> Any:
        return operator(arithmetic.Div, self, other, floating=True)

    def __rtruediv__(self, other: Any) -> Any:
        return operator(arithmetic.Div, other, self, floating=True)

    # By its name of Python 2, as torch still has it.
    __rdiv__ = __rtruediv__

    def __floordiv__(self, other: Any) -> Any:
        _refuse_integer_zero(self, other)
        return operator(arithmetic.FloorDivide, self, other)

    def __rfloordiv__(self, other: Any) -> Any:
        _refuse_integer_zero(other, self)
        return operator(arithmetic.FloorDivide, other, self)

    def __mod__(self, other: Any) -> Any:
        _refuse_integer_zero(self, other)
        return operator(arithmetic.Remainder, self, other)

    def __rmod__(self, other: Any) -> Any:
        _refuse_integer_zero(other, self)
        return operator(arithmetic.Remainder, other, self)

    def __pow__(self, other: Any) -> Any:
        if isinstance(other, bool) and self.array.dtype.kind == "b":
            return unrecorded(np.logical_or, self, not other)
        refuse_two_bools("pow", self, other)
        if isinstance(other, int) and other < 0 and self.array.dtype.kind in "biu":
            raise RuntimeError("Integers to negative integer powers are not allowed.")
        return operator(arithmetic.Pow, self, other)

    def __rpow__(self, other: Any) -> Any:
        refuse_two_bools("pow", other, self)
        return operator(arithmetic.Pow, other, self)

    def __matmul__(self, other: Any) -> Any:
        return matmul(self, other) if isinstance(other, (TensorBase, np.ndarray)) else NotImplemented

    def __rmatmul__(self, other: Any) -> Any:
        return matmul(other, self) if isinstance(other, (TensorBase, np.ndarray)) else NotImplemented

    def __neg__(self) -> Any:
        refuse_bool("Negation, the `-` operator,", self)
        return arithmetic.Neg.apply(self)

    def __pos__(self) -> Any:
        refuse_bool("The `+` operator", self)
        return self

    def __abs__(self) -> Any:
        refuse_bool("abs", self)
        return arithmetic.Abs.apply(self)

    def __invert__(self) -> Any:
        if self.array.dtype.kind not in "biu":
            raise TypeError(
                "~ (operator.invert) is only implemented on integer and Boolean-type tensors, got"
                f" {self.array.dtype}"
            )
        return wrap(np.invert(self.array))

    def __and__(self, other: Any) -> Any:
        return unrecorded(np.bitwise_and, self, other)

    def __rand__(self, other: Any) -> Any:
        return unrecorded(np.bitwise_and, other, self)

    def __or__(self, other: Any) -> Any:
        return unrecorded(np.bitwise_or, self, other)

    def __ror__(self, other: Any) -> Any:
        return unrecorded(np.bitwise_or, other, self)

    def __xor__(self, other: Any) -> Any:
        return unrecorded(np.bitwise_xor, self, other)

    def __rxor__(self, other: Any) -> Any:
        return unrecorded(np.bitwise_xor, other, self)

    def __lshift__(self, other: Any) -> Any:
        return unrecorded(np.left_shift, self, other)

    def __rlshift__(self, other: Any) -> Any:
        return unrecorded(np.left_shift, other, self)

    def __rshift__(self, other: Any) -> Any:
        return unrecorded(np.right_shift, self, other)

    def __rrshift__(self, other: Any) -> Any:
        return unrecorded(np.right_shift, other, self)

    def __eq__(self, other: object) -> Any:
        return unrecorded(np.equal, self, other)

    def __ne__(self, other: object) -> Any:
        return unrecorded(np.not_equal, self, other)

    def __lt__(self, other: Any) -> Any:
        return unrecorded(np.less, self, other)

    def __le__(self, other: Any) -> Any:
        return unrecorded(np.less_equal, self, other)

    def __gt__(self, other: Any) -> Any:
        return unrecorded(np.greater, self, other)

    def __ge__(self, other: Any) -> Any:
        return unrecorded(np.greater_equal, self, other)

    def __hash__(self) -> int:
        return id(self)

    # ---- methods of two operands

    def add(self, other: Any, *, alpha: Any = 1) -> Any:
        """Self + alpha * other."""
        return self + scaled(other, alpha, self)

    def sub(self, other: Any, *, alpha: Any = 1) -> Any:
        """Self - alpha * other."""
        refuse_bool("Subtraction, the `-` operator,", self, other)
        return self - scaled(other, alpha, self)

    def mul(self, other: Any) -> Any:
        """Self * other."""
        return self * other

    def div(self, other: Any, *, rounding_mode: str | None = None) -> Any:
        """Self / other, optionally rounded: "trunc" towards zero, "floor" down.

        A rounded quotient is constant between jumps, and has a gradient of zero.

        Raises:
            RuntimeError: the rounding mode is none of these, or an integer is divided by zero with one.
        """
        if rounding_mode is None:
            return self / other
        if rounding_mode not in ("trunc", "floor"):
            raise RuntimeError(
                "div expected rounding_mode to be one of None, 'trunc', or 'floor' but found"
                f" {rounding_mode!r}"
            )
        _refuse_integer_zero(self, other)
        operation = arithmetic.DivTrunc if rounding_mode == "trunc" else arithmetic.DivFloor
        return elementwise(operation, self, other)

    def pow(self, exponent: Any) -> Any:
        """Self ** exponent."""
        return self**exponent

    def matmul(self, other: Any) -> Any:
        """Self @ other."""
        return self @ other

    def mm(self, other: Any) -> Any:
        """The product of two matrices."""
        if self.array.ndim != 2 or np.ndim(array_of(other)) != 2:
            which = "self" if self.array.ndim != 2 else "mat2"
            raise RuntimeError(
                f"{which} must be a matrix: mm got shapes {list(self.array.shape)} and"
                f" {list(np.shape(array_of(other)))}"
            )
        return matmul(self, other)

    def dot(self, other: Any) -> Any:
        """The inner product of two vectors."""
        if self.array.ndim != 1 or np.ndim(array_of(other)) != 1:
            raise RuntimeError(
                f"1D tensors expected, but got {self.array.ndim}D and {np.ndim(array_of(other))}D tensors"
            )
        return matmul(self, other)

    def maximum(self, other: Any) -> Any:
        """The larger of the two, element by element."""
        tensors_only("maximum", other)
        return elementwise(arithmetic.Maximum, self, other)

    def minimum(self, other: Any) -> Any:
        """The smaller of the two, element by element."""
        tensors_only("minimum", other)
        return elementwise(arithmetic.Minimum, self, other)

    def clamp(self, min: Any = None, max: Any = None) -> Any:
        """The values limited to [min, max], numbers or tensors that broadcast; one may be left out."""
        if min is None and max is None:
            raise RuntimeError("clamp: At least one of 'min' or 'max' must not be None")
        given = [array_of(bound) for bound in (min, max) if bound is not None]
        dtype = dtypes.result_type(self.array, *given)
        bounds: list[Any] = [min, max]
        for place, bound in enumerate(bounds):
            if hasattr(bound, "dtype"):
                check_broadcast(self, bound)
                bounds[place] = in_dtype(bound, dtype)
            elif bound is not None:
                if dtype.kind == "b":
                    refuse_bool("clamp", self)
                # A number that the dtype does not hold wraps around, as on torch.
                bounds[place] = np.asarray(bound).astype(dtype)
        x = in_dtype(self, dtype)
        return arithmetic.Clamp.apply(x, *bounds)

    def where(self, condition: Any, other: Any) -> Any:
        """Self where the condition holds, else other."""
        return where(condition, self, other)

    def masked_fill(self, mask: Any, value: Any) -> Any:
        """A copy with `value`, a number or a tensor without axes, where the mask is True."""
        if array_of(mask).dtype != np.bool_:
            raise RuntimeError(
                f"masked_fill_ only supports boolean masks, but got mask with dtype {array_of(mask).dtype}"
            )
        if np.ndim(array_of(value)):
            raise RuntimeError(
                "masked_fill_ only supports a 0-dimensional value tensor, but got tensor with"
                f" {np.ndim(array_of(value))} dimension(s)."
            )
        check_broadcast(self, mask)
        dtype = self.array.dtype
        if np.iscomplexobj(array_of(value)) and dtype.kind != "c":
            raise RuntimeError(f"value cannot be converted to type {dtype} without overflow: {value}")
        filled = arithmetic.Where.apply(mask, in_dtype(fill_value(value, dtype), dtype), self)
        return filled.contiguous()

    def floor_divide(self, other: Any) -> Any:
        """Self // other, rounded down; it has no derivative."""
        return self // other

    def remainder(self, other: Any) -> Any:
        """Self % other, with the sign of other."""
        return self % other

    def eq(self, other: Any) -> Any:
        """Where the two are equal."""
        return self == other

    def ne(self, other: Any) -> Any:
        """Where the two differ."""
        return self != other

    def lt(self, other: Any) -> Any:
        """Where self is less than other."""
        return self < other

    def le(self, other: Any) -> Any:
        """Where self is at most other."""
        return self <= other

    def gt(self, other: Any) -> Any:
        """Where self is greater than other."""
        return self > other

    def ge(self, other: Any) -> Any:
        """Where self is at least other."""
        return self >= other

    def logical_and(self, other: Any) -> Any:
        """Where both are non-zero."""
        tensors_only("logical_and", other)
        return unrecorded(np.logical_and, self, other)

    def logical_or(self, other: Any) -> Any:
        """Where either is non-zero."""
        tensors_only("logical_or", other)
        return unrecorded(np.logical_or, self, other)

    # ---- methods of one operand

    def neg(self) -> Any:
        """-self."""
        return -self

    def abs(self) -> Any:
        """The absolute values."""
        return abs(self)

    def square(self) -> Any:
        """The values squared."""
        return pointwise.Square.apply(self if self.array.dtype.kind != "b" else in_dtype(self, dtypes.int64))

    def reciprocal(self) -> Any:
        """1 / self."""
        return 1 / self

    def rsqrt(self) -> Any:
        """1 / the square root."""
        return 1 / self.sqrt()

    def sqrt(self) -> Any:
        """The square root."""
        return pointwise.Sqrt.apply(in_floating(self))

    def exp(self) -> Any:
        """The exponential."""
        return pointwise.Exp.apply(in_floating(self))

    def expm1(self) -> Any:
        """exp(self) - 1, exact near 0."""
        return pointwise.Expm1.apply(in_floating(self))

    def log(self) -> Any:
        """The natural logarithm."""
        return pointwise.Log.apply(in_floating(self))

    def log1p(self) -> Any:
        """ln(1 + self), exact near 0."""
        return pointwise.Log1p.apply(in_floating(self))

    def log2(self) -> Any:
        """The logarithm to base 2."""
        return pointwise.Log2.apply(in_floating(self))

    def log10(self) -> Any:
        """The logarithm to base 10."""
        return pointwise.Log10.apply(in_floating(self))

    def sin(self) -> Any:
        """The sine."""
        return pointwise.Sin.apply(in_floating(self))

    def cos(self) -> Any:
        """The cosine."""
        return pointwise.Cos.apply(in_floating(self))

    def tan(self) -> Any:
        """The tangent."""
        return pointwise.Tan.apply(in_floating(self))

    def arcsin(self) -> Any:
        """The inverse of the sine."""
        return pointwise.ArcSin.apply(in_floating(self))

    def arccos(self) -> Any:
        """The inverse of the cosine."""
        return pointwise.ArcCos.apply(in_floating(self))

    def arctan(self) -> Any:
        """The inverse of the tangent."""
        return pointwise.ArcTan.apply(in_floating(self))

    def sinh(self) -> Any:
        """The hyperbolic sine."""
        return pointwise.Sinh.apply(in_floating(self))

    def cosh(self) -> Any:
        """The hyperbolic cosine."""
        return pointwise.Cosh.apply(in_floating(self))

    def tanh(self) -> Any:
        """The hyperbolic tangent."""
        return activation.Tanh.apply(in_floating(self))

    def sigmoid(self) -> Any:
        """1 / (1 + exp(-self))."""
        return activation.Sigmoid.apply(in_floating(self))

    def relu(self) -> Any:
        """max(self, 0)."""
        refuse_bool("relu", self)
        return piecewise.ReLU.apply(self)

    def sign(self) -> Any:
        """-1, 0 or 1; its gradient is 0."""
        return self if self.array.dtype.kind == "b" else pointwise.Sign.apply(self)

    def floor(self) -> Any:
        """The next integer below; its gradient is 0."""
        refuse_bool("floor", self)
        return pointwise.Floor.apply(self)

    def ceil(self) -> Any:
        """The next integer above; its gradient is 0."""
        refuse_bool("ceil", self)
        return pointwise.Ceil.apply(self)

    def round(self, *, decimals: int = 0) -> Any:
        """The nearest number of so many decimals, halves to the even one; its gradient is 0."""
        refuse_bool("round", self)
        return pointwise.Round.apply(self, decimals=decimals)

    def trunc(self) -> Any:
        """The next integer towards zero; its gradient is 0."""
        refuse_bool("trunc", self)
        return pointwise.Trunc.apply(self)

    def isnan(self) -> Any:
        """Where the values are nan."""
        return wrap(np.isnan(self.array))

    def isinf(self) -> Any:
        """Where the values are infinite."""
        return wrap(np.isinf(self.array))

    def isfinite(self) -> Any:
        """Where the values are neither infinite nor nan."""
        return wrap(np.isfinite(self.array))

    def logical_not(self) -> Any:
        """Where the values are zero or False."""
        return wrap(np.logical_not(self.array))

    # torch has two names for each of these.
    subtract, multiply, divide, negative = sub, mul, div, neg
    absolute = abs  # noqa: A003 - the method above is meant
    true_divide, clip, asin, acos, atan = div, clamp, arcsin, arccos, arctan


def matmul(x: Any, y: Any) -> Any:
    """The matrix product, its shapes checked.

    Raises:
        RuntimeError: the inner lengths differ, an operand has no axes, or the dtypes differ.
    """
    a, b = array_of(x), array_of(y)
    if a.ndim == 0 or b.ndim == 0:
        raise RuntimeError(
            f"both arguments to matmul need to be at least 1D, but they are {a.ndim}D and {b.ndim}D"
        )
    inner = a.shape[-1], b.shape[-2 if b.ndim > 1 else 0]
    if inner[0] != inner[1]:
        raise RuntimeError(
            f"mat1 and mat2 shapes cannot be multiplied ({'x'.join(map(str, a.shape))} and"
            f" {'x'.join(map(str, b.shape))}): the inner lengths {inner[0]} and {inner[1]} differ"
        )
    if a.dtype != b.dtype:
        raise RuntimeError(f"expected m1 and m2 to have the same dtype, but got: {a.dtype} != {b.dtype}")
    if a.dtype.kind == "b":
        raise NotImplementedError("the matrix product is not implemented for bool")
    if a.ndim > 2 and b.ndim > 2:
        check_shapes(a.shape[:-2], b.shape[:-2])
    return linear.Matmul.apply(x, y)


def where(condition: Any, x: Any = None, y: Any = None) -> Any:
    """The elements of x where the condition holds, else those of y; with neither, where it holds.

    Args:
        condition: a bool tensor or array.
        x: a tensor, an array or a number.
        y: the same; the three broadcast.

    Returns:
        A tensor; with neither x nor y a tuple of index tensors, one for each axis.

    Raises:
        RuntimeError: the condition is not bool, or the shapes do not broadcast.
    """
    mask = np.asarray(array_of(condition))
    if x is None and y is None:
        return tuple(wrap(indices) for indices in np.nonzero(np.atleast_1d(mask)))
    if mask.dtype != np.bool_:
        raise RuntimeError(
            f"where expected condition to be a boolean tensor, but got a tensor with dtype {mask.dtype}"
        )
    dtype = dtypes.result_type(array_of(x), array_of(y))
    x, y = (
        wrap(in_dtype(value, dtype) if hasattr(value, "dtype") else np.asarray(value, dtype))
        for value in (x, y)
    )
    check_broadcast(x, y)
    check_broadcast(mask, x)
    check_broadcast(mask, y)
    return arithmetic.Where.apply(condition if isinstance(condition, TensorBase) else mask, x, y)


def refuse_bool(what: str, *operands: Any) -> None:
    """Raises NotImplementedError if an operand is a bool, or a tensor of them."""
    for operand in operands:
        if isinstance(operand, bool) or getattr(getattr(operand, "dtype", None), "kind", None) == "b":
            raise NotImplementedError(
                f"{what} with a bool tensor is not supported. To invert a mask, use the `~` operator or"
                " logical_not()."
            )


def _refuse_integer_zero(x: Any, y: Any) -> None:
    """NumPy answers an integer division by zero with 0 and a warning; torch refuses it."""
    refuse_two_bools("division with rounding", x, y)
    if _kind(x) in "biu" and _kind(y) in "biu" and not np.all(array_of(y)):
        raise RuntimeError("ZeroDivisionError: an integer tensor is divided by zero")


def _kind(x: Any) -> str:
    return np.asarray(array_of(x)).dtype.kind
