"""The argument `out` of torch's functions: a tensor that receives the result.

Source: torch's page on `out=` arguments, and torch.add.
"""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable
from typing import Any, TypeVar

from npnn.autograd.grad_mode import is_grad_enabled
from npnn.tensors.base import TensorBase

NAMES = frozenset(
    {
        *("abs", "absolute", "acos", "acosh", "add", "addbmm", "addcdiv", "addcmul", "addmm", "addmv"),
        *("addr", "all", "amax", "amin", "angle", "any", "arccos", "arccosh", "arcsin", "arcsinh"),
        *("arctan", "arctan2", "arctanh", "argmax", "argmin", "asin", "asinh", "atan", "atan2", "atanh"),
        *("baddbmm", "bitwise_and", "bitwise_left_shift", "bitwise_not", "bitwise_or"),
        *("bitwise_right_shift", "bitwise_xor", "bmm", "cat", "ceil", "chain_matmul", "clamp"),
        *("clamp_max", "clamp_min", "clip", "column_stack", "complex", "concat", "concatenate"),
        "conj_physical",
        *("copysign", "cos", "cosh", "cross", "cummax", "cummin", "cumprod", "cumsum", "deg2rad", "diag"),
        *("diff", "digamma", "div", "divide", "dot", "dstack", "eq", "erf", "erfc", "erfinv", "exp"),
        *("exp2", "expm1", "fix", "float_power", "floor", "floor_divide", "fmax", "fmin", "fmod", "frac"),
        *("gather", "gcd", "ge", "ger", "greater", "greater_equal", "gt", "heaviside", "histc", "hstack"),
        *("hypot", "i0", "index_select", "inner", "inverse", "isneginf", "isposinf", "kron", "kthvalue"),
        *("lcm", "ldexp", "le", "lerp", "less", "less_equal", "lgamma", "log", "log10", "log1p", "log2"),
        *("log_softmax", "logaddexp", "logaddexp2", "logcumsumexp", "logical_and", "logical_not"),
        *("logical_or", "logical_xor", "logit", "logsumexp", "lt", "masked_select", "matmul"),
        *("matrix_power", "max", "maximum", "mean", "median", "min", "minimum", "mm", "mode", "msort"),
        *("mul", "multinomial", "multiply", "mv", "mvlgamma", "nan_to_num", "nanmean", "nanmedian"),
        *("nanquantile", "nansum", "ne", "neg", "negative", "nextafter", "norm", "not_equal", "outer"),
        *("polar", "polygamma", "pow", "prod", "quantile", "rad2deg", "reciprocal", "remainder", "round"),
        *("row_stack", "rsqrt", "searchsorted", "sgn", "sigmoid", "sign", "signbit", "sin", "sinc"),
        *("sinh", "slogdet", "softmax", "sort", "sqrt", "square", "stack", "std", "sub", "subtract"),
        *("sum", "svd", "take", "take_along_dim", "tan", "tanh", "tensordot", "topk", "tril", "triu"),
        *("true_divide", "trunc", "var", "vdot", "vstack", "where", "xlogy"),
    }
)
"""The functions that take `out`: those of torch's that make new values, not views of old ones."""

IN_LINALG = frozenset(
    {
        *("cholesky", "cond", "cross", "det", "eigh", "eigvalsh", "inv", "lstsq", "matmul"),
        *("matrix_norm", "matrix_power", "matrix_rank", "multi_dot", "norm", "pinv", "qr", "slogdet"),
        *("solve", "solve_triangular", "svd", "svdvals", "tensorinv", "tensorsolve", "vecdot"),
        "vector_norm",
    }
)
"""Those of torch.linalg that take it."""

IN_SPECIAL = frozenset(
    {
        *("digamma", "entr", "erf", "erfc", "erfcx", "erfinv", "exp2", "gammaln", "i0", "i0e", "i1"),
        *("i1e", "log_ndtr", "logit", "multigammaln", "ndtr", "ndtri", "polygamma", "psi", "sinc"),
        *("xlog1py", "xlogy"),
    }
)
"""Those of torch.special that take it, beside the ones that are torch's own functions too."""

Made = TypeVar("Made")


def with_out(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function with an argument `out`, a tensor or one for each result, which receives what it computes.

    Raises:
        RuntimeError: autograd would have to record this, or the dtype of `out` cannot hold the result.
        TypeError: `out` is no tensor, or not one for each result.

    Examples:
        >>> import npnn
        >>> total = npnn.zeros(2)
        >>> npnn.add(npnn.ones(2), 2, out=total) is total, total
        (True, tensor([3., 3.]))
    """

    @functools.wraps(function)
    def writing(*args: Any, out: Any = None, **kwargs: Any) -> Any:
        result = function(*args, **kwargs)
        return result if out is None else _given(function.__name__, result, out)

    return writing


def making_out(function: Callable[..., Made]) -> Callable[..., Made]:
    """A function that makes a tensor, with an argument `out` that receives it and whose dtype it gets.

    Raises:
        RuntimeError: `out` requires grad, or a dtype is given that it does not have.
        TypeError: `out` is no tensor.

    Examples:
        >>> import npnn
        >>> npnn.arange(3, out=npnn.empty(0))
        tensor([0., 1., 2.])
    """

    @functools.wraps(function)
    def making(*args: Any, out: Any = None, **kwargs: Any) -> Made:
        if out is None:
            return function(*args, **kwargs)
        target = _unrecorded(function.__name__, out)
        dtype, requires_grad = kwargs.pop("dtype", None), kwargs.pop("requires_grad", False)
        if dtype is not None and dtype != target.dtype:
            raise RuntimeError(f"dtype {dtype} does not match dtype of out parameter ({target.dtype})")
        made: Made = _filled(target, function(*args, dtype=target.dtype, **kwargs))
        if requires_grad:
            target.requires_grad = True
        return made

    return making


def _given(name: str, result: Any, out: Any) -> Any:
    """The result of the function of this name, written into what it was given."""
    if not isinstance(result, tuple):
        return _written(name, result, out)
    if not isinstance(out, (tuple, list)) or len(out) != len(result):
        raise TypeError(
            f"{name}(): expected {len(result)} tensors as 'out', one for each result, got {out!r}"
        )
    return type(result)(*map(functools.partial(_written, name), result, out))


def _written(name: str, result: Any, out: Any) -> Any:
    from npnn.tensors.types import can_cast  # one of the files that are read late

    target = _unrecorded(name, out, result)
    if not can_cast(result.dtype, target.dtype):
        raise RuntimeError(
            f"{name}(): result type {result.dtype} can't be cast to the desired output type {target.dtype}"
        )
    if target.shape != result.shape and target.numel():
        warnings.warn(
            f"{name}(): 'out' has the shape {list(target.shape)} and is given that of the result,"
            f" {list(result.shape)}; if that is meant, give an empty tensor",
            stacklevel=4,
        )
    return _filled(target, result)


def _unrecorded(name: str, out: Any, *operands: Any) -> Any:
    """What is to be written into, if it is a tensor and autograd has nothing to record of it."""
    if not isinstance(out, TensorBase):
        raise TypeError(f"{name}(): argument 'out' must be Tensor, not {type(out).__name__}")
    target: Any = out  # Tensor itself is made of this file's functions
    if is_grad_enabled() and any(each.requires_grad for each in (target, *operands)):
        raise RuntimeError(
            f"{name}(): functions with out=... arguments don't support automatic differentiation,"
            " but one of the arguments requires grad."
        )
    return target


def _filled(target: Any, values: Any) -> Any:
    if target.shape == values.shape:
        return target.copy_(values)
    target.data = values.detach().to(target.dtype)
    return target
