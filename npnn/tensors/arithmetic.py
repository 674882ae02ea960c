"""Operators and elementwise methods of tensors, in place and not."""

from __future__ import annotations

from typing import Any

import numpy as np

from npnn import dtypes
from npnn._typing import Array
from npnn.autograd.function import Operation, wrap
from npnn.autograd.grad_mode import mode
from npnn.ops import activation, arithmetic, linear, pointwise


class ArithmeticMethods:
    """What a tensor can do element by element, and the matrix product."""

    array: Array

    # ---- operators ----------------------------------------------------------------------------------------------

    def __add__(self, other: Any) -> Any:
        return arithmetic.Add.apply(*promoted(self, other))

    def __radd__(self, other: Any) -> Any:
        return arithmetic.Add.apply(*promoted(other, self))

    def __sub__(self, other: Any) -> Any:
        return arithmetic.Sub.apply(*promoted(self, other))

    def __rsub__(self, other: Any) -> Any:
        return arithmetic.Sub.apply(*promoted(other, self))

    def __mul__(self, other: Any) -> Any:
        return arithmetic.Mul.apply(*promoted(self, other))

    def __rmul__(self, other: Any) -> Any:
        return arithmetic.Mul.apply(*promoted(other, self))

    def __truediv__(self, other: Any) -> Any:
        return arithmetic.Div.apply(*promoted(self, other, floating=True))

    def __rtruediv__(self, other: Any) -> Any:
        return arithmetic.Div.apply(*promoted(other, self, floating=True))

    def __floordiv__(self, other: Any) -> Any:
        return unrecorded(np.floor_divide, self, other)

    def __rfloordiv__(self, other: Any) -> Any:
        return unrecorded(np.floor_divide, other, self)

    def __mod__(self, other: Any) -> Any:
        return arithmetic.Remainder.apply(*promoted(self, other))

    def __rmod__(self, other: Any) -> Any:
        return arithmetic.Remainder.apply(*promoted(other, self))

    def __pow__(self, other: Any) -> Any:
        return arithmetic.Pow.apply(*promoted(self, other))

    def __rpow__(self, other: Any) -> Any:
        return arithmetic.Pow.apply(*promoted(other, self))

    def __matmul__(self, other: Any) -> Any:
        return matmul(self, other)

    def __rmatmul__(self, other: Any) -> Any:
        return matmul(other, self)

    def __neg__(self) -> Any:
        if self.array.dtype.kind == "b":
            raise RuntimeError("Negation, the `-` operator, on a bool tensor is not supported: use `~`")
        return arithmetic.Neg.apply(self)

    def __pos__(self) -> Any:
        return self

    def __abs__(self) -> Any:
        return arithmetic.Abs.apply(self)

    def __invert__(self) -> Any:
        return unrecorded(np.invert, self)

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

    __hash__ = None  # type: ignore[assignment]

    def __iadd__(self, other: Any) -> Any:
        return self.add_(other)

    def __isub__(self, other: Any) -> Any:
        return self.sub_(other)

    def __imul__(self, other: Any) -> Any:
        return self.mul_(other)

    def __itruediv__(self, other: Any) -> Any:
        return self.div_(other)

    def __ipow__(self, other: Any) -> Any:
        return self.pow_(other)

    # ---- methods of two operands --------------------------------------------------------------------------------

    def add(self, other: Any, *, alpha: Any = 1) -> Any:
        """Self + alpha * other."""
        return self + (other if alpha == 1 else other * alpha)

    def sub(self, other: Any, *, alpha: Any = 1) -> Any:
        """Self - alpha * other."""
        return self - (other if alpha == 1 else other * alpha)

    def mul(self, other: Any) -> Any:
        """Self * other."""
        return self * other

    def div(self, other: Any, *, rounding_mode: str | None = None) -> Any:
        """Self / other, optionally rounded: "trunc" towards zero, "floor" down."""
        if rounding_mode is None:
            return self / other
        if rounding_mode not in ("trunc", "floor"):
            raise RuntimeError(
                f"div expected rounding_mode to be one of None, 'trunc', or 'floor' but found {rounding_mode!r}"
            )
        if rounding_mode == "floor":
            return self // other
        return unrecorded(lambda x, y: np.trunc(x / y).astype(np.result_type(x, y)), self, other)

    def pow(self, exponent: Any) -> Any:
        """Self ** exponent."""
        return self**exponent

    def matmul(self, other: Any) -> Any:
        """Self @ other."""
        return matmul(self, other)

    def mm(self, other: Any) -> Any:
        """The product of two matrices."""
        other = array_of(other)
        if self.array.ndim != 2 or np.ndim(other) != 2:
            raise RuntimeError(f"mm expects two matrices, got shapes {list(self.array.shape)} and {list(np.shape(other))}")
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
        return arithmetic.Maximum.apply(*promoted(self, other))

    def minimum(self, other: Any) -> Any:
        """The smaller of the two, element by element."""
        return arithmetic.Minimum.apply(*promoted(self, other))

    def clamp(self, min: Any = None, max: Any = None) -> Any:
        """The values limited to [min, max]."""
        if min is None and max is None:
            raise RuntimeError("clamp: at least one of 'min' or 'max' must not be None")
        return arithmetic.Clamp.apply(self, low=array_of(min), high=array_of(max))

    def where(self, condition: Any, other: Any) -> Any:
        """Self where the condition holds, else other."""
        return where(condition, self, other)

    def masked_fill(self, mask: Any, value: Any) -> Any:
        """A copy with `value` where the mask is True."""
        return arithmetic.Where.apply(array_of(mask), *promoted(_full_like(self, value), self))

    # ---- methods of one operand ---------------------------------------------------------------------------------

    def neg(self) -> Any:
        """-self."""
        return -self

    def abs(self) -> Any:
        """The absolute values."""
        return abs(self)

    def square(self) -> Any:
        """Self squared."""
        return pointwise.Square.apply(self)

    def reciprocal(self) -> Any:
        """1 / self."""
        return 1 / self

    def rsqrt(self) -> Any:
        """1 / the square root."""
        return 1 / self.sqrt()

    def sqrt(self) -> Any:
        """The square root."""
        return floating(pointwise.Sqrt, self)

    def exp(self) -> Any:
        """E to the power of self."""
        return floating(pointwise.Exp, self)

    def expm1(self) -> Any:
        """exp(self) - 1, exact near 0."""
        return floating(pointwise.Expm1, self)

    def log(self) -> Any:
        """The natural logarithm."""
        return floating(pointwise.Log, self)

    def log1p(self) -> Any:
        """ln(1 + self), exact near 0."""
        return floating(pointwise.Log1p, self)

    def log2(self) -> Any:
        """The logarithm to base 2."""
        return floating(pointwise.Log2, self)

    def log10(self) -> Any:
        """The logarithm to base 10."""
        return floating(pointwise.Log10, self)

    def sin(self) -> Any:
        """The sine."""
        return floating(pointwise.Sin, self)

    def cos(self) -> Any:
        """The cosine."""
        return floating(pointwise.Cos, self)

    def tan(self) -> Any:
        """The tangent."""
        return floating(pointwise.Tan, self)

    def arcsin(self) -> Any:
        """The inverse of the sine."""
        return floating(pointwise.ArcSin, self)

    def arccos(self) -> Any:
        """The inverse of the cosine."""
        return floating(pointwise.ArcCos, self)

    def arctan(self) -> Any:
        """The inverse of the tangent."""
        return floating(pointwise.ArcTan, self)

    def sinh(self) -> Any:
        """The hyperbolic sine."""
        return floating(pointwise.Sinh, self)

    def cosh(self) -> Any:
        """The hyperbolic cosine."""
        return floating(pointwise.Cosh, self)

    def tanh(self) -> Any:
        """The hyperbolic tangent."""
        return floating(activation.Tanh, self)

    def sigmoid(self) -> Any:
        """1 / (1 + exp(-self))."""
        return floating(activation.Sigmoid, self)

    def relu(self) -> Any:
        """max(self, 0)."""
        return activation.ReLU.apply(self)

    def softmax(self, dim: int, dtype: Any = None) -> Any:
        """The softmax along an axis."""
        return activation.Softmax.apply(in_dtype(self, dtype), axis=dim)

    def log_softmax(self, dim: int, dtype: Any = None) -> Any:
        """The logarithm of the softmax along an axis."""
        return activation.LogSoftmax.apply(in_dtype(self, dtype), axis=dim)

    def sign(self) -> Any:
        """-1, 0 or 1; its gradient is 0."""
        return piecewise_constant(np.sign, self)

    def floor(self) -> Any:
        """The next integer below; its gradient is 0."""
        return piecewise_constant(np.floor, self)

    def ceil(self) -> Any:
        """The next integer above; its gradient is 0."""
        return piecewise_constant(np.ceil, self)

    def round(self, *, decimals: int = 0) -> Any:
        """The nearest integer, halves to the even one; its gradient is 0."""
        return piecewise_constant(lambda x: np.round(x, decimals), self)

    def trunc(self) -> Any:
        """The next integer towards zero; its gradient is 0."""
        return piecewise_constant(np.trunc, self)

    def isnan(self) -> Any:
        """Where the values are nan."""
        return unrecorded(np.isnan, self)

    def isinf(self) -> Any:
        """Where the values are infinite."""
        return unrecorded(np.isinf, self)

    def isfinite(self) -> Any:
        """Where the values are neither infinite nor nan."""
        return unrecorded(np.isfinite, self)

    def logical_not(self) -> Any:
        """Where the values are zero or False."""
        return unrecorded(np.logical_not, self)

    def logical_and(self, other: Any) -> Any:
        """Where both are non-zero."""
        return unrecorded(np.logical_and, self, other)

    def logical_or(self, other: Any) -> Any:
        """Where either is non-zero."""
        return unrecorded(np.logical_or, self, other)

    # torch has two names for each of these.
    subtract, multiply, divide, negative, absolute = sub, mul, div, neg, abs
    true_divide, clip, asin, acos, atan = div, clamp, arcsin, arccos, arctan
    eq, ne, lt, le, gt, ge = __eq__, __ne__, __lt__, __le__, __gt__, __ge__
    remainder, floor_divide = __mod__, __floordiv__

    # ---- in place -----------------------------------------------------------------------------------------------

    def _assign(self, value: Any) -> Any:
        raise NotImplementedError

    def add_(self, other: Any, *, alpha: Any = 1) -> Any:
        """Adds alpha * other in place."""
        return self._assign(self.add(other, alpha=alpha))

    def sub_(self, other: Any, *, alpha: Any = 1) -> Any:
        """Subtracts alpha * other in place."""
        return self._assign(self.sub(other, alpha=alpha))

    def mul_(self, other: Any) -> Any:
        """Multiplies in place."""
        return self._assign(self * other)

    def div_(self, other: Any, *, rounding_mode: str | None = None) -> Any:
        """Divides in place."""
        return self._assign(self.div(other, rounding_mode=rounding_mode))

    def pow_(self, exponent: Any) -> Any:
        """Raises to a power in place."""
        return self._assign(self**exponent)

    def clamp_(self, min: Any = None, max: Any = None) -> Any:
        """Limits to [min, max] in place."""
        return self._assign(self.clamp(min, max))

    def neg_(self) -> Any:
        """Negates in place."""
        return self._assign(-self)

    def abs_(self) -> Any:
        """Takes absolute values in place."""
        return self._assign(abs(self))

    def sqrt_(self) -> Any:
        """Takes square roots in place."""
        return self._assign(self.sqrt())

    def exp_(self) -> Any:
        """Exponentiates in place."""
        return self._assign(self.exp())

    def log_(self) -> Any:
        """Takes logarithms in place."""
        return self._assign(self.log())

    def relu_(self) -> Any:
        """Sets negative values to 0 in place."""
        return self._assign(self.relu())

    def sigmoid_(self) -> Any:
        """Applies the sigmoid in place."""
        return self._assign(self.sigmoid())

    def tanh_(self) -> Any:
        """Applies tanh in place."""
        return self._assign(self.tanh())

    def masked_fill_(self, mask: Any, value: Any) -> Any:
        """Writes `value` where the mask is True."""
        return self._assign(self.masked_fill(mask, value))


def promoted(x: Any, y: Any, *, floating: bool = False) -> tuple[Any, Any]:
    """Two operands, at least one a tensor, brought to the dtype in which torch computes with them.

    Args:
        x: a tensor, an ndarray or a Python number.
        y: the same.
        floating: integers become the default floating-point dtype, as for a quotient.
    """
    a, b = array_of(x), array_of(y)
    same = getattr(a, "dtype", None)
    if same is not None and same == getattr(b, "dtype", None):
        dtype = same
    elif same is not None and same.kind == "f" and type(b) in _REAL:
        return x, b
    else:
        for operand in (a, b):
            if not isinstance(operand, (np.ndarray, np.generic, int, float, complex)):
                raise TypeError(f"unsupported operand type for a tensor: {type(operand).__name__}")
        dtype = dtypes.result_type(a, b)
    if floating and dtype.kind in "biu":
        dtype = dtypes.get_default_dtype()
    return in_dtype(x, dtype), in_dtype(y, dtype)


_REAL = frozenset({int, float, bool})


def in_dtype(x: Any, dtype: Any) -> Any:
    """An operand in a dtype; Python numbers adapt by themselves."""
    own = getattr(array_of(x), "dtype", None)
    if own is None or dtype is None or own == dtype:
        return x if isinstance(x, ArithmeticMethods) or own is None else np.asarray(x)
    return arithmetic.Cast.apply(x if isinstance(x, ArithmeticMethods) else np.asarray(x), dtype=np.dtype(dtype))


def floating(operation: type[Operation], x: Any) -> Any:
    """Applies an operation of real numbers; integers become the default floating-point dtype first."""
    return operation.apply(in_dtype(x, dtypes.get_default_dtype()) if x.array.dtype.kind in "biu" else x)


def array_of(x: Any) -> Any:
    """The ndarray of a tensor; anything else as it is."""
    return x.array if isinstance(x, ArithmeticMethods) else x


def _full_like(x: Any, value: Any) -> Any:
    """A fill value in the dtype of what it fills."""
    return in_dtype(value, x.array.dtype) if hasattr(value, "dtype") else np.asarray(value, x.array.dtype)


def matmul(x: Any, y: Any) -> Any:
    """The matrix product, its shapes checked.

    Raises:
        RuntimeError: the inner lengths differ, an operand has no axes, or the dtypes differ.
    """
    a, b = array_of(x), array_of(y)
    if np.ndim(a) == 0 or np.ndim(b) == 0:
        raise RuntimeError(
            f"both arguments to matmul need to be at least 1D, but they are {np.ndim(a)}D and {np.ndim(b)}D"
        )
    inner = a.shape[-1], b.shape[-2 if b.ndim > 1 else 0]
    if inner[0] != inner[1]:
        raise RuntimeError(
            f"mat1 and mat2 shapes cannot be multiplied: {list(a.shape)} and {list(b.shape)}, {inner[0]} != {inner[1]}"
        )
    if a.dtype != b.dtype:
        raise RuntimeError(f"expected m1 and m2 to have the same dtype, but got: {a.dtype} != {b.dtype}")
    return linear.Matmul.apply(x, y)


def where(condition: Any, x: Any, y: Any) -> Any:
    """X where the condition holds, else y."""
    mask = array_of(condition)
    if not isinstance(x, ArithmeticMethods) and not isinstance(y, ArithmeticMethods):
        x = wrap(np.asarray(x, None if hasattr(x, "dtype") else dtypes.result_type(x)))
    return arithmetic.Where.apply(np.asarray(mask, bool), *promoted(x, y))


def unrecorded(function: Any, *operands: Any) -> Any:
    """A tensor computed off the tape: comparisons, integer arithmetic, predicates."""
    arrays = [array_of(x) for x in operands]
    if len(arrays) == 2:
        if not all(isinstance(a, (np.ndarray, np.generic, int, float, complex)) for a in arrays):
            return NotImplemented
        arrays = [array_of(x) for x in promoted(*operands)]
    return wrap(function(*arrays))


def piecewise_constant(function: Any, x: Any) -> Any:
    """A step function: recorded, so that its result requires grad as torch's does, with a gradient of zero."""
    return arithmetic.Step.apply(x, function=function) if mode.enabled and x.requires_grad else wrap(function(x.array))
