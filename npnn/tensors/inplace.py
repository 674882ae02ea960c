"""In place: the methods whose names end in _, and the augmented assignments."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from npnn._typing import Array
from npnn.tensors.base import TensorBase
from npnn.tensors.promotion import tensors_only


def _in_place(name: str) -> Callable[..., Any]:
    """The form of a method that writes its result over the tensor."""

    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        return self._assign(getattr(self, name)(*args, **kwargs))

    method.__name__, method.__qualname__ = f"{name}_", f"Tensor.{name}_"
    method.__doc__ = f"`{name}` in place: the result becomes the values of the tensor, whose dtype stays."
    return method


class InPlaceMethods(TensorBase):
    """Methods that compute a result and write it over the tensor itself, whose memory and dtype stay."""

    # ---- augmented assignments

    def __iadd__(self, other: Any) -> Any:
        return self._assign(operator.add(self, other))

    def __isub__(self, other: Any) -> Any:
        return self._assign(operator.sub(self, other))

    def __imul__(self, other: Any) -> Any:
        return self._assign(operator.mul(self, other))

    def __itruediv__(self, other: Any) -> Any:
        return self._assign(operator.truediv(self, other))

    def __ifloordiv__(self, other: Any) -> Any:
        return self._assign(operator.floordiv(self, other))

    def __imod__(self, other: Any) -> Any:
        return self._assign(operator.mod(self, other))

    def __ipow__(self, other: Any) -> Any:
        return self._assign(operator.pow(self, other))

    def __iand__(self, other: Any) -> Any:
        return self._assign(operator.and_(self, other))

    def __ior__(self, other: Any) -> Any:
        return self._assign(operator.or_(self, other))

    def __ixor__(self, other: Any) -> Any:
        return self._assign(operator.xor(self, other))

    def __ilshift__(self, other: Any) -> Any:
        return self._assign(operator.lshift(self, other))

    def __irshift__(self, other: Any) -> Any:
        return self._assign(operator.rshift(self, other))

    # ---- by a function of one's own, with a call for each element

    def apply_(self, callable: Callable[[Any], Any]) -> Any:
        """What a function gives for each value; a slow way, for want of another.

        Raises:
            RuntimeError: the tensor requires grad.
            TypeError: the function gives no number.
        """
        return self._assign(_mapped("apply_", callable, self))

    def map_(self, other: Any, callable: Callable[[Any, Any], Any]) -> Any:
        """What a function gives for each value and that of another tensor, which broadcasts to this one.

        Raises:
            RuntimeError: a tensor requires grad, or the other one does not broadcast.
            TypeError: the other one is of another dtype, or the function gives no number.
        """
        return self._assign(_mapped("map_", callable, self, other))

    # ---- methods

    abs_ = _in_place("abs")
    absolute_ = _in_place("absolute")
    acos_ = _in_place("acos")
    acosh_ = _in_place("acosh")
    add_ = _in_place("add")
    addbmm_ = _in_place("addbmm")
    addcdiv_ = _in_place("addcdiv")
    addcmul_ = _in_place("addcmul")
    addmm_ = _in_place("addmm")
    addmv_ = _in_place("addmv")
    addr_ = _in_place("addr")
    arccos_ = _in_place("arccos")
    arccosh_ = _in_place("arccosh")
    arcsin_ = _in_place("arcsin")
    arcsinh_ = _in_place("arcsinh")
    arctan_ = _in_place("arctan")
    arctan2_ = _in_place("arctan2")
    arctanh_ = _in_place("arctanh")
    asin_ = _in_place("asin")
    asinh_ = _in_place("asinh")
    atan_ = _in_place("atan")
    atan2_ = _in_place("atan2")
    atanh_ = _in_place("atanh")
    baddbmm_ = _in_place("baddbmm")
    bitwise_and_ = _in_place("bitwise_and")
    bitwise_left_shift_ = _in_place("bitwise_left_shift")
    bitwise_not_ = _in_place("bitwise_not")
    bitwise_or_ = _in_place("bitwise_or")
    bitwise_right_shift_ = _in_place("bitwise_right_shift")
    bitwise_xor_ = _in_place("bitwise_xor")
    ceil_ = _in_place("ceil")
    clamp_ = _in_place("clamp")
    clamp_max_ = _in_place("clamp_max")
    clamp_min_ = _in_place("clamp_min")
    clip_ = _in_place("clip")
    conj_physical_ = _in_place("conj_physical")
    copysign_ = _in_place("copysign")
    cos_ = _in_place("cos")
    cosh_ = _in_place("cosh")
    cumprod_ = _in_place("cumprod")
    cumsum_ = _in_place("cumsum")
    deg2rad_ = _in_place("deg2rad")
    digamma_ = _in_place("digamma")
    div_ = _in_place("div")
    divide_ = _in_place("divide")
    eq_ = _in_place("eq")
    erf_ = _in_place("erf")
    erfc_ = _in_place("erfc")
    erfinv_ = _in_place("erfinv")
    exp_ = _in_place("exp")
    exp2_ = _in_place("exp2")
    expm1_ = _in_place("expm1")
    fix_ = _in_place("fix")
    float_power_ = _in_place("float_power")
    floor_ = _in_place("floor")
    floor_divide_ = _in_place("floor_divide")
    fmod_ = _in_place("fmod")
    frac_ = _in_place("frac")
    gcd_ = _in_place("gcd")
    ge_ = _in_place("ge")
    greater_ = _in_place("greater")
    greater_equal_ = _in_place("greater_equal")
    gt_ = _in_place("gt")
    heaviside_ = _in_place("heaviside")
    hypot_ = _in_place("hypot")
    i0_ = _in_place("i0")
    index_add_ = _in_place("index_add")
    index_copy_ = _in_place("index_copy")
    index_fill_ = _in_place("index_fill")
    index_put_ = _in_place("index_put")
    index_reduce_ = _in_place("index_reduce")
    lcm_ = _in_place("lcm")
    ldexp_ = _in_place("ldexp")
    le_ = _in_place("le")
    lerp_ = _in_place("lerp")
    less_ = _in_place("less")
    less_equal_ = _in_place("less_equal")
    lgamma_ = _in_place("lgamma")
    log_ = _in_place("log")
    log10_ = _in_place("log10")
    log1p_ = _in_place("log1p")
    log2_ = _in_place("log2")
    logical_and_ = _in_place("logical_and")
    logical_not_ = _in_place("logical_not")
    logical_or_ = _in_place("logical_or")
    logical_xor_ = _in_place("logical_xor")
    logit_ = _in_place("logit")
    lt_ = _in_place("lt")
    masked_fill_ = _in_place("masked_fill")
    masked_scatter_ = _in_place("masked_scatter")
    mul_ = _in_place("mul")
    multiply_ = _in_place("multiply")
    mvlgamma_ = _in_place("mvlgamma")
    nan_to_num_ = _in_place("nan_to_num")
    ne_ = _in_place("ne")
    neg_ = _in_place("neg")
    negative_ = _in_place("negative")
    nextafter_ = _in_place("nextafter")
    not_equal_ = _in_place("not_equal")
    polygamma_ = _in_place("polygamma")
    pow_ = _in_place("pow")
    put_ = _in_place("put")
    rad2deg_ = _in_place("rad2deg")
    reciprocal_ = _in_place("reciprocal")
    relu_ = _in_place("relu")
    remainder_ = _in_place("remainder")
    renorm_ = _in_place("renorm")
    round_ = _in_place("round")
    rsqrt_ = _in_place("rsqrt")
    scatter_ = _in_place("scatter")
    scatter_add_ = _in_place("scatter_add")
    scatter_reduce_ = _in_place("scatter_reduce")
    sgn_ = _in_place("sgn")
    sigmoid_ = _in_place("sigmoid")
    sign_ = _in_place("sign")
    sin_ = _in_place("sin")
    sinc_ = _in_place("sinc")
    sinh_ = _in_place("sinh")
    sqrt_ = _in_place("sqrt")
    square_ = _in_place("square")
    sub_ = _in_place("sub")
    subtract_ = _in_place("subtract")
    tan_ = _in_place("tan")
    tanh_ = _in_place("tanh")
    tril_ = _in_place("tril")
    triu_ = _in_place("triu")
    true_divide_ = _in_place("true_divide")
    trunc_ = _in_place("trunc")
    xlogy_ = _in_place("xlogy")


def _mapped(name: str, function: Callable[..., Any], *tensors: Any) -> Array:
    """What a function gives for the elements of tensors, in the shape and the dtype of the first."""
    tensors_only(name, *tensors)
    dtype, shape = tensors[0].array.dtype, tensors[0].array.shape
    for tensor in tensors:
        if tensor.requires_grad:
            raise RuntimeError(f"Can't call {name}() on a tensor that requires grad: detach() it first")
        if tensor.array.dtype != dtype:
            raise TypeError(
                f"{name}: expected a tensor of {dtype} for 'other' (got one of {tensor.array.dtype})"
            )
    columns = (tensor.expand(shape).array.ravel().tolist() for tensor in tensors)
    results = [function(*elements) for elements in zip(*columns, strict=True)]
    for result in results:
        if not hasattr(result, "__float__"):
            raise TypeError(f"{name}: the function must give a real number, not {type(result).__name__}")
    return np.fromiter(results, dtype, len(results)).reshape(shape)
