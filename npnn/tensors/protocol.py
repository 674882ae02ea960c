"""NumPy's protocols: NumPy's own functions, applied to tensors, run the tensors' operations and are recorded.

`np.exp(t)` reaches `__array_ufunc__`, `np.sum(t, axis=0)` reaches `__array_function__`; both look the function up in a table.
That is also what lets a backward written in plain NumPy be differentiated itself.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from npnn._typing import Array
from npnn.autograd.function import wrap
from npnn.autograd.grad_mode import mode
from npnn.dtypes import result_type
from npnn.ops import arithmetic, reduction, shape
from npnn.tensors.arithmetic import in_dtype, matmul, piecewise_constant, promoted, where


class NumPyProtocols:
    """Answers NumPy when one of its functions is given a tensor."""

    array: Array

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        target = kwargs.pop("out", (None,))[0]
        if method == "reduce" and ufunc in _REDUCTIONS and target is None:
            return _REDUCTIONS[ufunc](inputs[0], **{"axis": 0, **kwargs})
        if method != "__call__":
            return NotImplemented
        recorded = _UFUNCS.get(ufunc)
        if recorded is not None and not kwargs:
            result = recorded(*(wrap(x) if isinstance(x, (np.ndarray, np.generic)) else x for x in inputs))
        else:
            if mode.enabled and any(getattr(x, "requires_grad", False) for x in inputs):
                raise TypeError(
                    f"numpy.{ufunc.__name__}{f' with {sorted(kwargs)}' if kwargs else ''} of a tensor that requires grad is not "
                    "recorded by npnn: detach() it, or use an operation that is"
                )
            results = ufunc(*(_plain(x) for x in inputs), **kwargs)
            result = tuple(wrap(r) for r in results) if isinstance(results, tuple) else wrap(results)
        if target is None:
            return result
        if isinstance(target, NumPyProtocols):
            return target._assign(result)  # type: ignore[attr-defined]
        if result.requires_grad:
            raise RuntimeError(
                f"numpy.{ufunc.__name__} cannot write a tensor that requires grad into an ndarray, where it would leave the tape: "
                "detach() it first"
            )
        target[...] = result.array
        return target

    def __array_function__(
        self, function: Callable[..., Any], types: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        if function in _FUNCTIONS:
            return _FUNCTIONS[function](*args, **kwargs)
        if function in _ON_VALUES:
            return function(*_plain(args), **_plain(kwargs))
        return NotImplemented


def _plain(value: Any) -> Any:
    """Arguments with their tensors replaced by arrays."""
    if isinstance(value, NumPyProtocols):
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
        return getattr(x if isinstance(x, NumPyProtocols) else wrap(np.asarray(x)), f"__{symbol}__")(y)

    return apply


_UFUNCS: dict[np.ufunc, Callable[..., Any]] = {
    np.add: _binary("add"),
    np.subtract: _binary("sub"),
    np.multiply: _binary("mul"),
    np.divide: _binary("truediv"),
    np.power: _binary("pow"),
    np.float_power: _binary("pow"),
    np.remainder: _binary("mod"),
    np.equal: _binary("eq"),
    np.not_equal: _binary("ne"),
    np.less: _binary("lt"),
    np.less_equal: _binary("le"),
    np.greater: _binary("gt"),
    np.greater_equal: _binary("ge"),
    np.maximum: lambda x, y: arithmetic.Maximum.apply(*promoted(x, y)),
    np.minimum: lambda x, y: arithmetic.Minimum.apply(*promoted(x, y)),
    np.matmul: matmul,
    np.negative: _method("neg"),
    np.positive: lambda x: x,
    np.absolute: _method("abs"),
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
    np.sign: lambda x: piecewise_constant(np.sign, x),
    np.floor: lambda x: piecewise_constant(np.floor, x),
    np.ceil: lambda x: piecewise_constant(np.ceil, x),
    np.rint: lambda x: piecewise_constant(np.rint, x),
    np.trunc: lambda x: piecewise_constant(np.trunc, x),
}


def _sum(a: Any, axis: Any = None, dtype: Any = None, *, keepdims: bool = False) -> Any:
    return a.sum(axis=axis, dtype=dtype, keepdims=keepdims)


def _mean(a: Any, axis: Any = None, dtype: Any = None, *, keepdims: bool = False) -> Any:
    return a.mean(axis=axis, dtype=dtype, keepdims=keepdims)


def _prod(a: Any, axis: Any = None, dtype: Any = None, *, keepdims: bool = False) -> Any:
    return a.prod(axis, keepdims, dtype=dtype)


def _max(a: Any, axis: Any = None, *, keepdims: bool = False) -> Any:
    return reduction.Max.apply(a, axis=axis, keepdims=keepdims)


def _min(a: Any, axis: Any = None, *, keepdims: bool = False) -> Any:
    return reduction.Min.apply(a, axis=axis, keepdims=keepdims)


def _var(a: Any, axis: Any = None, *, ddof: int = 0, keepdims: bool = False) -> Any:
    return a.var(axis, keepdim=keepdims, correction=ddof)


def _std(a: Any, axis: Any = None, *, ddof: int = 0, keepdims: bool = False) -> Any:
    return a.std(axis, keepdim=keepdims, correction=ddof)


def _cumsum(a: Any, axis: int | None = None, dtype: Any = None) -> Any:
    return a.reshape(-1).cumsum(0, dtype=dtype) if axis is None else a.cumsum(axis, dtype=dtype)


def _reshape(a: Any, /, shape: Any) -> Any:
    return a.reshape(shape)


def _transpose(a: Any, axes: Any = None) -> Any:
    return a.T if axes is None else a.permute(*axes)


def _expand_dims(a: Any, axis: Any) -> Any:
    axes = sorted(axis if isinstance(axis, (tuple, list)) else (axis,))
    for each in axes:
        a = a.unsqueeze(each)
    return a


def _concatenate(arrays: Any, axis: int | None = 0) -> Any:
    if axis is None:
        arrays, axis = [a.reshape(-1) for a in arrays], 0
    return shape.Concatenate.apply(*same_dtype(arrays), axis=axis)


def _stack(arrays: Any, axis: int = 0) -> Any:
    return shape.Concatenate.apply(*[wrap(a).unsqueeze(axis) for a in same_dtype(arrays)], axis=axis)


def same_dtype(arrays: Any) -> list[Any]:
    """Several operands in the one dtype that torch joins them in."""
    arrays = list(arrays)
    dtype = result_type(*(_plain(a) for a in arrays))
    return [in_dtype(a, dtype) for a in arrays]


def _flip(m: Any, axis: Any = None) -> Any:
    axes = range(m.ndim) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    return m.flip(*axes)


def _clip(a: Any, a_min: Any = None, a_max: Any = None, *, min: Any = None, max: Any = None) -> Any:
    return a.clamp(a_min if min is None else min, a_max if max is None else max)


def _like(create: Callable[..., Any]) -> Callable[..., Any]:
    def apply(a: Any, *args: Any, **kwargs: Any) -> Any:
        return wrap(create(_plain(a), *_plain(args), **kwargs))

    return apply


_REDUCTIONS: dict[np.ufunc, Callable[..., Any]] = {
    np.add: _sum,
    np.multiply: _prod,
    np.maximum: _max,
    np.minimum: _min,
}

_FUNCTIONS: dict[Any, Callable[..., Any]] = {
    np.sum: _sum,
    np.mean: _mean,
    np.prod: _prod,
    np.max: _max,
    np.min: _min,
    np.amax: _max,
    np.amin: _min,
    np.var: _var,
    np.std: _std,
    np.cumsum: _cumsum,
    np.reshape: _reshape,
    np.ravel: lambda a: a.reshape(-1),
    np.transpose: _transpose,
    np.swapaxes: lambda a, axis1, axis2: a.transpose(axis1, axis2),
    np.moveaxis: lambda a, source, destination: a.movedim(source, destination),
    np.expand_dims: _expand_dims,
    np.squeeze: lambda a, axis=None: a.squeeze(axis),
    np.broadcast_to: lambda array, shape: array.expand(shape),
    np.concatenate: _concatenate,
    np.stack: _stack,
    np.flip: _flip,
    np.clip: _clip,
    np.where: lambda condition, x, y: where(condition, x, y),
    np.dot: matmul,
    np.copy: lambda a: a.clone(),
    np.zeros_like: _like(np.zeros_like),
    np.ones_like: _like(np.ones_like),
    np.empty_like: _like(np.empty_like),
    np.full_like: _like(np.full_like),
    np.argmax: lambda a, axis=None, *, keepdims=False: a.argmax(axis, keepdims),
    np.argmin: lambda a, axis=None, *, keepdims=False: a.argmin(axis, keepdims),
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
        np.testing.assert_allclose,
        np.testing.assert_array_equal,
    }
)
