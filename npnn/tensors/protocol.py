"""NumPy's protocols: NumPy's own functions, applied to tensors, run the tensors' operations and are recorded.

`np.exp(t)` reaches `__array_ufunc__`, `np.sum(t, axis=0)` reaches `__array_function__`; both look the
function up in a table. That is also what lets a backward written in plain NumPy be differentiated itself. A
function that is in no table raises a TypeError that names it, rather than lose the gradient.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from npnn.autograd.function import wrap
from npnn.autograd.grad_mode import mode
from npnn.ops import arithmetic, shape
from npnn.tensors.arithmetic import matmul, where
from npnn.tensors.base import TensorBase
from npnn.tensors.promotion import elementwise, same_dtype, unrecorded


class NumPyProtocols(TensorBase):
    """Answers NumPy when one of its functions is given a tensor."""

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        targets = kwargs.pop("out", ())
        operands = [np.asarray(x) if isinstance(x, (list, tuple)) else x for x in inputs]
        if method == "reduce" and ufunc in _REDUCTIONS:
            results = _call(ufunc, _REDUCTIONS[ufunc], operands, {"axis": 0, **kwargs})
        elif method == "__call__" and ufunc in _UFUNCS and not kwargs:
            results = _UFUNCS[ufunc](*operands)
        elif method == "__call__":
            if mode.enabled and any(getattr(x, "requires_grad", False) for x in operands):
                options = f" with {', '.join(sorted(kwargs))}" if kwargs else ""
                raise TypeError(
                    f"numpy.{ufunc.__name__}{options} of a tensor that requires grad is not recorded by npnn:"
                    " detach() it, or use an operation that is"
                )
            results = ufunc(*(_plain(x) for x in operands), **kwargs)
        else:
            return NotImplemented
        if results is NotImplemented:
            return NotImplemented
        single = not isinstance(results, tuple)
        written = [
            _written(ufunc, wrap(result), targets[number] if targets else None)
            for number, result in enumerate((results,) if single else results)
        ]
        return written[0] if single else tuple(written)

    def __array_function__(
        self, function: Callable[..., Any], types: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        if function in _FUNCTIONS:
            return _call(function, _FUNCTIONS[function], args, kwargs)
        if function in _ON_VALUES:
            return function(*_plain(args), **_plain(kwargs))
        return NotImplemented


def _call(function: Any, implementation: Callable[..., Any], args: Any, kwargs: dict[str, Any]) -> Any:
    """Calls what stands for one of NumPy's functions, or says which of its options is missing."""
    code = implementation.__code__
    known = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    missing = [name for name, value in kwargs.items() if name not in known and value is not None]
    if missing:
        raise TypeError(f"numpy.{function.__name__} of a tensor does not take {', '.join(missing)}")
    return implementation(*args, **{name: value for name, value in kwargs.items() if name in known})


def _written(ufunc: np.ufunc, result: Any, target: Any) -> Any:
    """A result, written into what the caller gave as `out`, if anything."""
    if target is None:
        return result
    if isinstance(target, TensorBase):
        return target._assign(result)
    if result.requires_grad:
        raise RuntimeError(
            f"numpy.{ufunc.__name__} cannot write a tensor that requires grad into an ndarray, where it would"
            " leave the tape: detach() it first"
        )
    np.copyto(target, result.array)
    return target


def _plain(value: Any) -> Any:
    """Arguments with their tensors replaced by arrays."""
    if isinstance(value, TensorBase):
        return value.array
    if isinstance(value, (list, tuple)):
        return type(value)(_plain(item) for item in value)
    return {key: _plain(item) for key, item in value.items()} if isinstance(value, dict) else value


def _method(name: str) -> Callable[..., Any]:
    """A ufunc of one operand as the tensor method of the same meaning."""
    return lambda x: getattr(x, name)()


def _binary(symbol: str) -> Callable[..., Any]:
    """A ufunc of two operands as the tensor operator, from whichever side the tensor is on."""

    def apply(x: Any, y: Any) -> Any:
        if isinstance(x, TensorBase):
            return getattr(x, f"__{symbol}__")(y)
        return getattr(y, f"__r{symbol}__")(x)

    return apply


def _compared(ufunc: np.ufunc) -> Callable[..., Any]:
    """A ufunc of two operands that has no derivative."""
    return lambda x, y: unrecorded(ufunc, x, y)


_UFUNCS: dict[np.ufunc, Callable[..., Any]] = {
    np.add: _binary("add"),
    np.subtract: _binary("sub"),
    np.multiply: _binary("mul"),
    np.divide: _binary("truediv"),
    np.floor_divide: _binary("floordiv"),
    np.power: _binary("pow"),
    np.float_power: lambda x, y: elementwise(arithmetic.Pow, x, y, floating=True),
    np.remainder: _binary("mod"),
    np.matmul: _binary("matmul"),
    np.maximum: lambda x, y: elementwise(arithmetic.Maximum, x, y),
    np.minimum: lambda x, y: elementwise(arithmetic.Minimum, x, y),
    np.equal: _compared(np.equal),
    np.not_equal: _compared(np.not_equal),
    np.less: _compared(np.less),
    np.less_equal: _compared(np.less_equal),
    np.greater: _compared(np.greater),
    np.greater_equal: _compared(np.greater_equal),
    np.logical_and: _compared(np.logical_and),
    np.logical_or: _compared(np.logical_or),
    np.logical_xor: _compared(np.logical_xor),
    np.logical_not: _method("logical_not"),
    np.invert: operator.invert,
    np.isnan: _method("isnan"),
    np.isinf: _method("isinf"),
    np.isfinite: _method("isfinite"),
    np.negative: _method("neg"),
    np.positive: operator.pos,
    np.absolute: _method("abs"),
    np.fabs: _method("abs"),
    np.square: _method("square"),
    np.sqrt: _method("sqrt"),
    np.reciprocal: _method("reciprocal"),
    np.exp: _method("exp"),
    np.expm1: _method("expm1"),
    np.log: _method("log"),
    np.log1p: _method("log1p"),
    np.log2: _method("log2"),
    np.log10: _method("log10"),
    np.sin: _method("sin"),
    np.cos: _method("cos"),
    np.tan: _method("tan"),
    np.arcsin: _method("arcsin"),
    np.arccos: _method("arccos"),
    np.arctan: _method("arctan"),
    np.sinh: _method("sinh"),
    np.cosh: _method("cosh"),
    np.tanh: _method("tanh"),
    np.sign: _method("sign"),
    np.floor: _method("floor"),
    np.ceil: _method("ceil"),
    np.rint: _method("round"),
    np.trunc: _method("trunc"),
}


def _sum(a: Any, axis: Any = None, dtype: Any = None, *, keepdims: bool = False) -> Any:
    return a.sum(axis=axis, dtype=dtype, keepdims=keepdims)


def _mean(a: Any, axis: Any = None, dtype: Any = None, *, keepdims: bool = False) -> Any:
    return a.mean(axis=axis, dtype=dtype, keepdims=keepdims)


def _prod(a: Any, axis: Any = None, dtype: Any = None, *, keepdims: bool = False) -> Any:
    return a.prod(axis, keepdims, dtype=dtype)


def _max(a: Any, axis: Any = None, *, keepdims: bool = False) -> Any:
    return a.amax(axis, keepdims)


def _min(a: Any, axis: Any = None, *, keepdims: bool = False) -> Any:
    return a.amin(axis, keepdims)


def _all(a: Any, axis: Any = None, *, keepdims: bool = False) -> Any:
    return a.all(axis, keepdims)


def _any(a: Any, axis: Any = None, *, keepdims: bool = False) -> Any:
    return a.any(axis, keepdims)


def _var(a: Any, axis: Any = None, *, ddof: int = 0, keepdims: bool = False) -> Any:
    return a.var(axis, keepdim=keepdims, correction=ddof)


def _std(a: Any, axis: Any = None, *, ddof: int = 0, keepdims: bool = False) -> Any:
    return a.std(axis, keepdim=keepdims, correction=ddof)


def _argmax(a: Any, axis: int | None = None, *, keepdims: bool = False) -> Any:
    return a.argmax(axis, keepdims)


def _argmin(a: Any, axis: int | None = None, *, keepdims: bool = False) -> Any:
    return a.argmin(axis, keepdims)


def _sort(a: Any, axis: int = -1) -> Any:
    return a.sort(axis).values


def _argsort(a: Any, axis: int = -1) -> Any:
    return a.argsort(axis)


def _round(a: Any, decimals: int = 0) -> Any:
    return a.round(decimals=decimals)


def _cumsum(a: Any, axis: int | None = None, dtype: Any = None) -> Any:
    return a.reshape(-1).cumsum(0, dtype=dtype) if axis is None else a.cumsum(axis, dtype=dtype)


def _dot(a: Any, b: Any) -> Any:
    if np.ndim(a) == 0 or np.ndim(b) == 0:
        return wrap(a) * wrap(b)
    if np.ndim(b) > 2:
        raise TypeError("numpy.dot of a tensor takes at most two axes on the right: use numpy.matmul")
    return matmul(wrap(a), wrap(b))


def _reshape(a: Any, /, shape: Any) -> Any:
    return a.reshape(shape)


def _transpose(a: Any, axes: Any = None) -> Any:
    return a.T if axes is None else a.permute(*axes)


def _swapaxes(a: Any, axis1: int, axis2: int) -> Any:
    return a.transpose(axis1, axis2)


def _moveaxis(a: Any, source: Any, destination: Any) -> Any:
    return a.movedim(source, destination)


def _expand_dims(a: Any, axis: Any) -> Any:
    axes = axis if isinstance(axis, (tuple, list)) else (axis,)
    for each in sorted(each % (a.ndim + len(axes)) for each in axes):
        a = a.unsqueeze(each)
    return a


def _squeeze(a: Any, axis: Any = None) -> Any:
    return a.squeeze(axis)


def _broadcast_to(array: Any, shape: Any) -> Any:
    return array.expand(shape)


def _concatenate(arrays: Any, axis: int | None = 0) -> Any:
    joined = [wrap(a) for a in same_dtype(arrays)]
    if axis is None:
        joined, axis = [a.reshape(-1) for a in joined], 0
    return shape.Concatenate.apply(*joined, axis=axis)


def _stack(arrays: Any, axis: int = 0) -> Any:
    return shape.Concatenate.apply(*[wrap(a).unsqueeze(axis) for a in same_dtype(arrays)], axis=axis)


def _flip(m: Any, axis: Any = None) -> Any:
    return m.flip(tuple(range(m.ndim)) if axis is None else axis)


def _clip(a: Any, a_min: Any = None, a_max: Any = None, *, min: Any = None, max: Any = None) -> Any:
    return wrap(a).clamp(a_min if min is None else min, a_max if max is None else max)


def _copy(a: Any) -> Any:
    return a.clone()


def _like(create: Callable[..., Any]) -> Callable[..., Any]:
    """One of NumPy's zeros_like and its kin, whose result is a tensor too."""

    def apply(a: Any, dtype: Any = None, shape: Any = None) -> Any:
        return wrap(create(_plain(a), dtype=dtype, shape=shape))

    return apply


def _full_like(a: Any, fill_value: Any, dtype: Any = None, shape: Any = None) -> Any:
    return wrap(np.full_like(_plain(a), _plain(fill_value), dtype=dtype, shape=shape))


_REDUCTIONS: dict[np.ufunc, Callable[..., Any]] = {
    np.add: _sum,
    np.multiply: _prod,
    np.maximum: _max,
    np.minimum: _min,
    np.logical_and: _all,
    np.logical_or: _any,
}

_FUNCTIONS: dict[Any, Callable[..., Any]] = {
    np.sum: _sum,
    np.mean: _mean,
    np.prod: _prod,
    np.max: _max,
    np.min: _min,
    np.amax: _max,
    np.amin: _min,
    np.all: _all,
    np.any: _any,
    np.var: _var,
    np.std: _std,
    np.argmax: _argmax,
    np.argmin: _argmin,
    np.sort: _sort,
    np.argsort: _argsort,
    np.round: _round,
    np.around: _round,
    np.cumsum: _cumsum,
    np.dot: _dot,
    np.reshape: _reshape,
    np.ravel: lambda a: a.reshape(-1),
    np.transpose: _transpose,
    np.swapaxes: _swapaxes,
    np.moveaxis: _moveaxis,
    np.expand_dims: _expand_dims,
    np.squeeze: _squeeze,
    np.broadcast_to: _broadcast_to,
    np.concatenate: _concatenate,
    np.stack: _stack,
    np.flip: _flip,
    np.clip: _clip,
    np.where: lambda condition, x=None, y=None: where(condition, x, y),
    np.copy: _copy,
    np.zeros_like: _like(np.zeros_like),
    np.ones_like: _like(np.ones_like),
    np.empty_like: _like(np.empty_like),
    np.full_like: _full_like,
}

# Questions whose answers are plain arrays, numbers or bools: nothing to differentiate.
_ON_VALUES = frozenset(
    {
        np.shape,
        np.ndim,
        np.size,
        np.allclose,
        np.isclose,
        np.array_equal,
        np.count_nonzero,
        np.may_share_memory,
        np.shares_memory,
        np.result_type,
        np.can_cast,
        np.array2string,
        np.array_repr,
        np.array_str,
        np.save,
        np.savez,
        np.savetxt,
    }
)
