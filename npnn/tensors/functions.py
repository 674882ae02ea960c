"""torch's functions of tensors, by name: `npnn.exp(x)` is `x.exp()`.

Those that mirror a method are made from it. Their names shadow Python's own any, max, sum and the like: code
that needs those belongs in another file.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from npnn.tensors import arithmetic, joining
from npnn.tensors import out as _out
from npnn.tensors.core import Tensor
from npnn.tensors.creation import as_tensor


def _from_method(name: str) -> Callable[..., Any]:
    method = getattr(Tensor, name)

    def function(input: Any, *args: Any, **kwargs: Any) -> Any:
        return method(input if isinstance(input, Tensor) else as_tensor(input), *args, **kwargs)

    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"{method.__doc__}\n\nThe method `Tensor.{name}` of the first argument."
    return _out.with_out(function) if name in _out.NAMES else function


abs = _from_method("abs")
absolute = _from_method("absolute")
acos = _from_method("acos")
add = _from_method("add")
all = _from_method("all")
amax = _from_method("amax")
amin = _from_method("amin")
any = _from_method("any")
arccos = _from_method("arccos")
arcsin = _from_method("arcsin")
arctan = _from_method("arctan")
argmax = _from_method("argmax")
argmin = _from_method("argmin")
argsort = _from_method("argsort")
asin = _from_method("asin")
atan = _from_method("atan")
cat = _out.with_out(joining.cat)
ceil = _from_method("ceil")
chunk = _from_method("chunk")
clamp = _from_method("clamp")
clip = _from_method("clip")
clone = _from_method("clone")
cos = _from_method("cos")
cosh = _from_method("cosh")
cumsum = _from_method("cumsum")
detach = _from_method("detach")
div = _from_method("div")
divide = _from_method("divide")
dot = _from_method("dot")
eq = _from_method("eq")
exp = _from_method("exp")
expm1 = _from_method("expm1")
flatten = _from_method("flatten")
flip = _from_method("flip")
floor = _from_method("floor")
floor_divide = _from_method("floor_divide")
gather = _from_method("gather")
ge = _from_method("ge")
gt = _from_method("gt")
index_select = _from_method("index_select")
is_complex = _from_method("is_complex")
is_floating_point = _from_method("is_floating_point")
isfinite = _from_method("isfinite")
isinf = _from_method("isinf")
isnan = _from_method("isnan")
le = _from_method("le")
log = _from_method("log")
log10 = _from_method("log10")
log1p = _from_method("log1p")
log2 = _from_method("log2")
log_softmax = _from_method("log_softmax")
logical_and = _from_method("logical_and")
logical_not = _from_method("logical_not")
logical_or = _from_method("logical_or")
logsumexp = _from_method("logsumexp")
lt = _from_method("lt")
masked_fill = _from_method("masked_fill")
matmul = _out.with_out(arithmetic.matmul)
max = _from_method("max")
maximum = _from_method("maximum")
mean = _from_method("mean")
min = _from_method("min")
minimum = _from_method("minimum")
mm = _from_method("mm")
moveaxis = _from_method("moveaxis")
movedim = _from_method("movedim")
mul = _from_method("mul")
multinomial = _from_method("multinomial")
multiply = _from_method("multiply")
narrow = _from_method("narrow")
ne = _from_method("ne")
neg = _from_method("neg")
negative = _from_method("negative")
norm = _from_method("norm")
numel = _from_method("numel")
permute = _from_method("permute")
pow = _from_method("pow")
prod = _from_method("prod")
ravel = _from_method("ravel")
reciprocal = _from_method("reciprocal")
relu = _from_method("relu")
remainder = _from_method("remainder")
reshape = _from_method("reshape")
round = _from_method("round")
rsqrt = _from_method("rsqrt")
select = _from_method("select")
sigmoid = _from_method("sigmoid")
sign = _from_method("sign")
sin = _from_method("sin")
sinh = _from_method("sinh")
softmax = _from_method("softmax")
sort = _from_method("sort")
split = _from_method("split")
sqrt = _from_method("sqrt")
square = _from_method("square")
squeeze = _from_method("squeeze")
stack = _out.with_out(joining.stack)
std = _from_method("std")
sub = _from_method("sub")
subtract = _from_method("subtract")
sum = _from_method("sum")
swapaxes = _from_method("swapaxes")
swapdims = _from_method("swapdims")
t = _from_method("t")
tan = _from_method("tan")
tanh = _from_method("tanh")
topk = _from_method("topk")
transpose = _from_method("transpose")
true_divide = _from_method("true_divide")
trunc = _from_method("trunc")
unbind = _from_method("unbind")
unflatten = _from_method("unflatten")
unsqueeze = _from_method("unsqueeze")
var = _from_method("var")
where = _out.with_out(arithmetic.where)


def equal(input: Tensor, other: Tensor) -> bool:
    """Whether two tensors have the same shape and the same values."""
    return bool(np.array_equal(input.array, other.array))


def allclose(
    input: Tensor, other: Tensor, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False
) -> bool:
    """Whether all values agree to within atol + rtol |other|."""
    return bool(np.allclose(input.array, other.array, rtol, atol, equal_nan))


def is_tensor(obj: Any) -> bool:
    """Whether an object is a tensor."""
    return isinstance(obj, Tensor)


__all__ = [
    "abs",
    "absolute",
    "acos",
    "add",
    "all",
    "allclose",
    "amax",
    "amin",
    "any",
    "arccos",
    "arcsin",
    "arctan",
    "argmax",
    "argmin",
    "argsort",
    "asin",
    "atan",
    "cat",
    "ceil",
    "chunk",
    "clamp",
    "clip",
    "clone",
    "cos",
    "cosh",
    "cumsum",
    "detach",
    "div",
    "divide",
    "dot",
    "eq",
    "equal",
    "exp",
    "expm1",
    "flatten",
    "flip",
    "floor",
    "floor_divide",
    "gather",
    "ge",
    "gt",
    "index_select",
    "is_complex",
    "is_floating_point",
    "is_tensor",
    "isfinite",
    "isinf",
    "isnan",
    "le",
    "log",
    "log1p",
    "log2",
    "log10",
    "log_softmax",
    "logical_and",
    "logical_not",
    "logical_or",
    "logsumexp",
    "lt",
    "masked_fill",
    "matmul",
    "max",
    "maximum",
    "mean",
    "min",
    "minimum",
    "mm",
    "moveaxis",
    "movedim",
    "mul",
    "multinomial",
    "multiply",
    "narrow",
    "ne",
    "neg",
    "negative",
    "norm",
    "numel",
    "permute",
    "pow",
    "prod",
    "ravel",
    "reciprocal",
    "relu",
    "remainder",
    "reshape",
    "round",
    "rsqrt",
    "select",
    "sigmoid",
    "sign",
    "sin",
    "sinh",
    "softmax",
    "sort",
    "split",
    "sqrt",
    "square",
    "squeeze",
    "stack",
    "std",
    "sub",
    "subtract",
    "sum",
    "swapaxes",
    "swapdims",
    "t",
    "tan",
    "tanh",
    "topk",
    "transpose",
    "true_divide",
    "trunc",
    "unbind",
    "unflatten",
    "unsqueeze",
    "var",
    "where",
]
