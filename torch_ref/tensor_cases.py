"""The table of functions and methods of tensors, by family: what of torch's op_db npnn is held against.

A name is compared in every form that torch has of it: as a function, as a method, and as the method in place,
whose name ends in _. Arrays are laid out as torch's, so nothing is converted. The samples are op_db's own;
`torch_ref.covering` chooses among them.
"""

from __future__ import annotations

import types
import warnings
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import Any

import numpy as np
import torch

from torch_ref.convert import translate
from torch_ref.covering import few
from torch_ref.layouts import PLAIN
from torch_ref.samples import Sample
from torch_ref.values import NPNN, TORCH, Library, is_tensor, map_nested, seeded

FAMILIES: dict[str, tuple[str, ...]] = {
    "axes": (
        *("H", "T", "adjoint", "as_strided", "atleast_1d", "atleast_2d", "atleast_3d"),
        *("broadcast_shapes", "broadcast_to", "contiguous", "expand", "expand_as", "flatten"),
        *("mH", "mT", "moveaxis", "movedim", "permute", "ravel", "reshape", "reshape_as"),
        *("squeeze", "sum_to_size", "swapaxes", "swapdims", "t", "transpose", "unflatten"),
        *("unfold", "unsqueeze", "view", "view_as"),
    ),
    "moving and repeating": (
        *("flip", "fliplr", "flipud", "repeat", "repeat_interleave", "roll", "rot90", "tile"),
    ),
    "joining and splitting": (
        *("block_diag", "broadcast_tensors", "cartesian_prod", "cat", "chunk", "column_stack"),
        *("combinations", "concat", "concatenate", "dsplit", "dstack", "hsplit", "hstack"),
        *("meshgrid", "narrow", "narrow_copy", "row_stack", "select", "split"),
        *("split_with_sizes", "stack", "tensor_split", "unbind", "unsafe_chunk"),
        *("unsafe_split", "vsplit", "vstack"),
    ),
    "diagonals": (
        *("diag", "diag_embed", "diagflat", "diagonal", "diagonal_scatter", "trace", "tril"),
        *("tril_indices", "triu", "triu_indices"),
    ),
    "indexing": (
        *("__getitem__", "argwhere", "gather", "index_add", "index_copy", "index_fill"),
        *("index_put", "index_reduce", "index_select", "masked_fill", "masked_scatter"),
        *("masked_select", "nonzero", "put", "scatter", "scatter_add", "scatter_reduce"),
        *("select_scatter", "slice_scatter", "take", "take_along_dim", "unravel_index"),
        *("where",),
    ),
    "order": (
        *("argmax", "argmin", "argsort", "bucketize", "kthvalue", "median", "mode", "msort"),
        *("nanmedian", "nanquantile", "quantile", "searchsorted", "sort", "topk"),
    ),
    "counting": (*("bincount", "histc", "histogram", "isin", "unique", "unique_consecutive"),),
    "cumulative": (
        *("cummax", "cummin", "cumprod", "cumsum", "cumulative_trapezoid", "diff"),
        *("gradient", "logcumsumexp", "trapezoid", "trapz"),
    ),
    "creation": (
        *("arange", "empty_like", "eye", "full", "full_like", "linspace", "ones", "ones_like"),
        *("zeros", "zeros_like", "rand_like", "randint", "randn", "randn_like", "logspace"),
        *("new_empty", "new_full", "new_ones", "new_zeros", "randint_like", "scalar_tensor"),
    ),
    "pointwise": (
        *("abs", "acos", "arccos", "asin", "arcsin", "atan", "arctan", "ceil", "clamp", "clip", "clone"),
        *("cos", "cosh", "exp", "expm1", "floor", "isfinite", "isinf", "isnan", "log", "log10", "log1p"),
        *("log2", "logical_not", "neg", "negative", "reciprocal", "round", "rsqrt", "sigmoid", "sign", "sin"),
        *("sinh", "sqrt", "square", "tan", "tanh", "trunc", "absolute"),
    ),
    "arithmetic": (
        *("add", "div", "divide", "true_divide", "floor_divide", "mul", "multiply", "pow", "remainder"),
        *("sub", "subtract", "maximum", "minimum", "eq", "ge", "gt", "le", "lt", "ne", "logical_and"),
        *(
            "logical_or",
            "__radd__",
            "__rand__",
            "__rdiv__",
            "__rmatmul__",
            "__rmod__",
            "__rmul__",
            "__ror__",
            "__rpow__",
        ),
        *("__rsub__", "__rxor__"),
    ),
    "products": ("dot", "matmul", "mm"),
    "reductions": (
        *("all", "amax", "amin", "any", "logsumexp", "max", "mean", "min", "prod", "std", "sum"),
        *("var", "softmax", "log_softmax"),
    ),
    "dtypes": (*("bool", "byte", "char", "double", "float", "half", "int", "item", "long", "short", "to"),),
    "more pointwise": (
        *("acosh", "addcdiv", "addcmul", "angle", "arccosh", "arcsinh", "arctan2", "arctanh", "asinh"),
        *("atan2", "atanh", "clamp_max", "clamp_min", "conj", "conj_physical", "copysign", "deg2rad"),
        *(
            "exp2",
            "fill",
            "fix",
            "float_power",
            "fmax",
            "fmin",
            "fmod",
            "frac",
            "frexp",
            "hypot",
            "ldexp",
            "lerp",
        ),
        *("logaddexp", "logaddexp2", "nan_to_num", "positive", "rad2deg", "real", "resolve_conj"),
        *("resolve_neg", "rsub", "sgn", "sinc", "xlogy"),
    ),
    "special": (
        *("digamma", "erf", "erfc", "erfinv", "i0", "lgamma", "logit", "mvlgamma", "polygamma"),
        *("special.entr", "special.erfcx", "special.i0e", "special.i1", "special.i1e"),
        *("special.log_ndtr", "special.ndtr", "special.ndtri", "special.xlog1py"),
    ),
    "comparisons and bits": (
        *("bitwise_and", "bitwise_left_shift", "bitwise_not", "bitwise_or", "bitwise_right_shift"),
        *("bitwise_xor", "gcd", "greater", "greater_equal", "heaviside", "isclose", "isneginf"),
        *("isposinf", "isreal", "lcm", "less", "less_equal", "logical_xor", "not_equal", "signbit"),
    ),
    "more products": (
        *("addbmm", "addmm", "addmv", "addr", "baddbmm", "bmm", "cdist", "cross", "dist", "einsum", "ger"),
        *("inner", "kron", "mv", "outer", "tensordot", "vdot"),
    ),
    "statistics": (
        *("aminmax", "corrcoef", "count_nonzero", "cov", "nanmean", "nansum", "norm", "renorm"),
        *("std_mean", "var_mean"),
    ),
    "linear algebra": (
        *("det", "inverse", "linalg.cholesky", "linalg.cond", "linalg.cross", "linalg.det", "linalg.eigh"),
        *("linalg.eigvalsh", "linalg.inv", "linalg.lstsq", "linalg.matrix_norm", "linalg.matrix_power"),
        *("linalg.matrix_rank", "linalg.multi_dot", "linalg.norm", "linalg.pinv", "linalg.qr"),
        *("linalg.slogdet", "linalg.solve", "linalg.solve_triangular", "linalg.svd", "linalg.svdvals"),
        *("linalg.tensorinv", "linalg.tensorsolve", "linalg.vander", "linalg.vecdot"),
        *("linalg.vector_norm", "logdet", "matrix_exp", "matrix_power", "pinverse", "svd"),
    ),
}
"""By family: op_db's names, or other names that torch has for the same."""

NAMES: tuple[str, ...] = tuple(name for family in FAMILIES.values() for name in family)


def _magnitudes(u: Any, s: Any, v: Any) -> tuple[Any, Any, Any]:
    """Singular vectors in columns without their signs, which are LAPACK's choice, and no more than values."""
    count = s.shape[-1]
    return abs(u[..., :count]), s, abs(v[..., :count])


FORMS = ("function", "method", "in place")
"""The ways to call one name."""

FORMS_OF: dict[str, tuple[str, ...]] = {
    "T": ("function",),
    "H": ("function",),
    "mH": ("function",),
    "mT": ("function",),
    # The method takes another sequence of arguments: it is called as the function in SPELLED.
    "where": ("function",),
    "item": ("method",),
    # In place torch would look at memory beyond the result's.
    "as_strided": ("function", "method"),
    "new_empty": ("function",),
    # On torch, in place, these have no derivative, and addbmm_ makes a tensor of one number grow.
    **dict.fromkeys(("acosh", "arccosh", "arcsinh", "arctanh", "asinh", "atanh"), ("function", "method")),
    "addbmm": ("function", "method"),
    # Singular vectors come without their signs only in SPELLED.
    "svd": ("function",),
}
"""Names of which not all forms are compared on op_db's samples, and those which are."""

SPELLED: dict[str, Callable[..., Any]] = {
    "T": lambda root, x: x.T,
    "mT": lambda root, x: x.mT,
    "__getitem__": lambda root, x, *index: x[index[0] if len(index) == 1 else index],
    "H": lambda root, x: x.H,
    "mH": lambda root, x: x.mH,
    "new_empty": lambda root, x, *args, **options: x.new_empty(*args, **options).zero_(),
    # op_db calls it as a method.
    "where": lambda root, x, condition, other: root.where(condition, x, other),
    "empty_like": lambda root, *args, **options: root.empty_like(*args, **options).zero_(),
    "einsum": lambda root, operands, equation: root.einsum(equation, *operands),
    "linalg.eigh": lambda root, *args, **options: (lambda w, q: (w, abs(q)))(
        *root.linalg.eigh(*args, **options)
    ),
    "linalg.lstsq": lambda root, *args, **options: (
        # On torch the residuals require grad, but have none.
        (lambda x, residuals, *rest: (x, residuals.detach(), *rest))(*root.linalg.lstsq(*args, **options))
    ),
    "linalg.svd": lambda root, *args, **options: (lambda u, s, vh: _magnitudes(u, s, vh.mT))(
        *root.linalg.svd(*args, **options)
    ),
    "polygamma": lambda root, x, n: root.polygamma(n, x),
    "svd": lambda root, *args, **options: _magnitudes(*root.svd(*args, **options)),
}
"""Names that op_db calls in a way of their own: what is called, with the library first."""

SELDOM: dict[str, str] = {
    "as_strided, partial_views": "shows memory beyond that of the tensor, of which it is a part",
    "linalg.pinv, singular": "op_db calls it on two factors, whose product has gradients that only they have",
    "linalg.norm, subgradients_at_zero": "torch's second derivatives are nan there, npnn's are numbers",
}
"""Variants of op_db's entries, as "name, variant", that are left out, and why."""

ROUGH: dict[str, str] = {
    **dict.fromkeys(("digamma", "polygamma"), "torch's trigamma function is right to 1e-5 in float32"),
    "linalg.pinv": "op_db's symmetric matrices are near to singular",
}
"""Names that are compared in float64 alone, and why."""

FEWER = 3
"""How many samples of a name are taken at most in its other forms, where not all are."""


def tensor_samples(
    name: str, dtype: torch.dtype = torch.float64, many: int | None = None
) -> Iterator[Sample]:
    """The samples of a name, in all variants of op_db and all forms that torch has.

    Args:
        name: the name.
        dtype: of the numbers in them; where op_db has none in this dtype there are no samples.
        many: how many of each variant, `FEWER` of them in the forms after the first; all, unless given. Of
            methods that are functions too, only those of float64.
    """
    for info in entries(name) if name not in ROUGH or dtype == torch.float64 else ():
        calls = [((given.input, *given.args), given.kwargs) for given in _drawn(info, dtype)]
        for place, form in enumerate(forms(name)):
            if place and form == "method" and dtype != torch.float64:
                continue  # which is the function
            mine, theirs = (call(library, name, form) for library in (NPNN, TORCH))
            limit = len(calls) if many is None else min(many, FEWER) if place else many
            for number in few(calls, limit) if limit < len(calls) else range(len(calls)):
                args, options = calls[number]
                if form == "in place" and not _taken(theirs, args, options):
                    continue
                inputs, kwargs = translate((args, options), NPNN)
                label = f"{name}[{number}] {form} {info.variant_test_name}".rstrip()
                twice = info.supports_gradgrad and form == "function"
                yield Sample(label, mine, theirs, inputs, kwargs, PLAIN, twice)


def entries(name: str) -> list[Any]:
    """The entries of op_db for a name, of which there are several if it has variants.

    Args:
        name: op_db's, or another that torch has for the same.
    """
    return [info for info in _infos().get(name, ()) if f"{name}, {info.variant_test_name}" not in SELDOM]


def forms(name: str) -> tuple[str, ...]:
    """The forms that torch has of a name.

    Args:
        name: the name.

    Examples:
        >>> forms("abs"), forms("ones"), forms("view")
        (('function', 'method', 'in place'), ('function',), ('method',))
    """
    if name in FORMS_OF:
        return FORMS_OF[name]
    places = {
        "function": (torch, name),
        "method": (torch.Tensor, name),
        "in place": (torch.Tensor, f"{name}_"),
    }
    return tuple(form for form in FORMS if find(*places[form]) is not None)


def find(root: Any, name: str) -> Any:
    """What has a name, which may have dots in it, in some place.

    Args:
        root: the place: a library, or its class Tensor.
        name: the name.

    Returns:
        What can be called by that name; None if there is nothing.
    """
    for step in name.split("."):
        root = getattr(root, step, None)
    return root if callable(root) else None


def call(library: Library, name: str, form: str) -> Callable[..., Any]:
    """A name in a form, as a function of its own name, of which numbers come out as tensors too.

    Args:
        library: whose it is.
        name: the name.
        form: one of `FORMS`.
    """
    method = f"{name}_" if form == "in place" else name

    def called(input: Any, *args: Any, **kwargs: Any) -> Any:
        if name in SPELLED and form == "function":
            result = SPELLED[name](library.root, input, *args, **kwargs)
        elif form == "function":
            result = find(library.root, name)(input, *args, **kwargs)
        else:
            result = getattr(input, method)(*args, **kwargs)
        return map_nested(
            lambda one: library.tensor(np.asarray(one)) if isinstance(one, (bool, int, float)) else one,
            tuple(result) if isinstance(result, library.root.Size) else result,
        )

    called.__name__ = method
    return called


@cache
def _infos() -> dict[str, list[Any]]:
    """The entries of op_db that are not of nn.functional, by name and by every other name."""
    from torch.testing._internal.common_methods_invocations import op_db

    infos: dict[str, list[Any]] = {}
    for info in op_db:
        if not info.name.startswith("nn.functional."):
            for name in {info.name, *(alias.name for alias in info.aliases)}:
                infos.setdefault(name, []).append(info)
    return infos


def _drawn(info: Any, dtype: torch.dtype) -> Iterator[Any]:
    """The samples of an entry, which draw from torch's generator, from the same seed each time."""
    if dtype not in info.supported_dtypes("cpu"):
        return
    graded = info.supports_autograd and dtype.is_floating_point
    with seeded(0), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        samples = list(info.sample_inputs_func(info, "cpu", dtype, graded))
    for given in samples:
        if given.kwargs.get("memory_format") == torch.channels_last:
            continue  # another order in memory, of which npnn has one
        if isinstance(given.input, types.GeneratorType):
            given.input = list(given.input)
        given.args = tuple(tuple(arg) if isinstance(arg, torch.Size) else arg for arg in given.args)
        yield given


def _taken(theirs: Callable[..., Any], args: Iterable[Any], kwargs: Any) -> bool:
    """Whether torch takes a sample in place: not where the result has another shape or dtype."""
    args = map_nested(lambda one: one.detach().clone() if is_tensor(one) else one, tuple(args))
    try:
        with seeded(0), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            theirs(*args, **kwargs)
    except RuntimeError:
        return False
    return True
