"""Methods and functions of tensors whose files are read when the first of them is called.

`import npnn` reads what networks use. The rest of torch's names stands in the tables below: each is one
function, which takes the tensor first, and so is both `npnn.name(x)` and `x.name()`.
"""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable
from typing import Any

from npnn.tensors import out
from npnn.tensors.base import TensorBase

BOTH: dict[str, tuple[str, ...]] = {
    "npnn.tensors.counting": ("bincount", "histc", "histogram", "unique", "unique_consecutive"),
    "npnn.tensors.cumulative": ("cummax", "cummin", "cumprod", "diff", "logcumsumexp"),
    "npnn.tensors.diagonals": (
        *("diag", "diag_embed", "diagflat", "diagonal", "diagonal_scatter", "trace", "tril"),
        *("triu",),
    ),
    "npnn.tensors.ordering": ("kthvalue", "median", "mode", "msort", "nanmedian", "nanquantile", "quantile"),
    "npnn.tensors.picking": ("argwhere", "masked_select", "nonzero", "take", "take_along_dim"),
    "npnn.tensors.rearranging": (
        *("adjoint", "as_strided", "broadcast_to", "fliplr", "flipud", "narrow_copy"),
        *("repeat_interleave", "roll", "rot90", "tile"),
    ),
    "npnn.tensors.scattering": ("scatter", "scatter_add", "scatter_reduce"),
    "npnn.tensors.splitting": (
        *("dsplit", "hsplit", "split_with_sizes", "tensor_split", "unsafe_chunk"),
        *("unsafe_split", "vsplit"),
    ),
    "npnn.tensors.decomposition": ("svd",),
    "npnn.tensors.linalg": (
        *("det", "inverse", "logdet", "matrix_exp", "matrix_power"),
        *("pinverse", "slogdet"),
    ),
    "npnn.tensors.pointwise": (
        *("acosh", "addcdiv", "addcmul", "angle", "arccosh", "arcsinh", "arctan2", "arctanh", "asinh"),
        *("atan2", "atanh", "clamp_max", "clamp_min", "conj", "conj_physical", "copysign", "deg2rad"),
        *("exp2", "fix", "float_power", "fmax", "fmin", "fmod", "frac", "frexp", "hypot", "ldexp", "lerp"),
        *(
            "logaddexp",
            "logaddexp2",
            "nan_to_num",
            "nextafter",
            "positive",
            "rad2deg",
            "resolve_conj",
            "resolve_neg",
        ),
        *("sgn", "sinc", "xlogy"),
    ),
    "npnn.tensors.products": (
        *("addbmm", "addmm", "addmv", "addr", "baddbmm", "bmm", "cross", "dist", "ger", "inner", "kron"),
        *("mv", "outer", "vdot"),
    ),
    "npnn.tensors.special": (
        "digamma",
        "erf",
        "erfc",
        "erfinv",
        "i0",
        "lgamma",
        "logit",
        "mvlgamma",
        "polygamma",
    ),
    "npnn.tensors.statistics": ("aminmax", "corrcoef", "count_nonzero", "cov", "nanmean", "nansum", "renorm"),
    "npnn.tensors.comparing": (
        *("bitwise_and", "bitwise_left_shift", "bitwise_not", "bitwise_or", "bitwise_right_shift"),
        *("bitwise_xor", "gcd", "greater", "greater_equal", "heaviside", "is_nonzero", "is_same_size"),
        *("is_signed", "isclose", "isneginf", "isposinf", "isreal", "lcm", "less", "less_equal"),
        *("logical_xor", "not_equal", "signbit"),
    ),
    "npnn.tensors.writing": (
        *("index_add", "index_copy", "index_fill", "index_put", "index_reduce"),
        *("masked_scatter", "put", "select_scatter", "slice_scatter"),
    ),
}
"""For each file the names that are methods and functions alike."""

FUNCTIONS: dict[str, tuple[str, ...]] = {
    "npnn.tensors.combining": (
        *("block_diag", "broadcast_shapes", "broadcast_tensors", "cartesian_prod"),
        *("column_stack", "combinations", "concat", "concatenate", "dstack", "hstack"),
        *("meshgrid", "row_stack", "vstack"),
    ),
    "npnn.tensors.counting": ("isin",),
    "npnn.tensors.counts": ("binomial", "poisson"),
    "npnn.tensors.cumulative": ("cumulative_trapezoid", "gradient", "trapezoid", "trapz"),
    "npnn.tensors.diagonals": ("tril_indices", "triu_indices"),
    "npnn.tensors.making": ("complex", "logspace", "polar", "randint_like", "scalar_tensor"),
    "npnn.tensors.ordering": ("bucketize", "searchsorted"),
    "npnn.tensors.rearranging": ("atleast_1d", "atleast_2d", "atleast_3d", "unravel_index"),
    "npnn.tensors.linalg": ("chain_matmul",),
    "npnn.tensors.einsum": ("einsum", "tensordot"),
    "npnn.tensors.pointwise": ("fill", "real", "rsub"),
    "npnn.tensors.products": ("cdist",),
    "npnn.tensors.statistics": ("std_mean", "var_mean"),
    "npnn.tensors.printing": ("set_printoptions",),
    "npnn.tensors.types": (
        *("asarray", "get_device", "is_inference"),
        *("can_cast", "finfo", "iinfo", "promote_types", "typename"),
    ),
    "npnn.tensors.legacy": (
        *("BoolTensor", "ByteTensor", "CharTensor", "DoubleTensor", "FloatTensor", "HalfTensor", "IntTensor"),
        *("LongTensor", "ShortTensor", "set_default_tensor_type"),
    ),
    "npnn.amp": ("GradScaler", "autocast"),
    "npnn.autograd.anomaly_mode": (
        "is_anomaly_check_nan_enabled",
        "is_anomaly_enabled",
        "set_anomaly_enabled",
    ),
    "npnn.settings": (
        *("are_deterministic_algorithms_enabled", "compile", "get_default_device"),
        *("get_float32_matmul_precision", "is_autocast_enabled"),
        *("is_deterministic_algorithms_warn_only_enabled", "is_storage", "set_default_device"),
        *("set_float32_matmul_precision", "set_flush_denormal", "use_deterministic_algorithms"),
    ),
}
"""For each file the names that torch has as functions only."""

IN_PLACE = (
    *("abs_", "acos_", "acosh_", "addmv_", "arccos_", "arccosh_", "arcsin_", "arcsinh_", "arctan_"),
    *("arctanh_", "asin_", "asinh_", "atan_", "atanh_", "ceil_", "clamp_", "clamp_max_", "clamp_min_"),
    *("clip_", "conj_physical_", "cos_", "cosh_", "deg2rad_", "detach_", "erf_", "erfc_", "exp2_", "exp_"),
    *("expm1_", "fill_", "fix_", "floor_", "frac_", "gcd_", "i0_", "index_put_", "lcm_", "ldexp_", "log10_"),
    *("log1p_", "log2_", "log_", "logit_", "nan_to_num_", "neg_", "negative_", "rad2deg_", "reciprocal_"),
    *("relu_", "round_", "rsqrt_", "sigmoid_", "sin_", "sinc_", "sinh_", "sqrt_", "square_", "tan_"),
    *("tanh_", "trunc_", "xlogy_", "zero_"),
)
"""The methods in place that torch has as functions too."""

METHODS: dict[str, tuple[str, ...]] = {
    "npnn.tensors.diagonals": ("fill_diagonal_",),
    "npnn.tensors.making": ("new_empty", "new_full", "new_ones", "new_tensor", "new_zeros"),
    "npnn.tensors.functions": ("allclose", "equal"),
    "npnn.tensors.legacy": ("new",),
    "npnn.tensors.rearranging": (
        *("repeat", "squeeze_", "sum_to_size", "swapaxes_", "swapdims_", "t_", "transpose_"),
        *("unfold", "unsqueeze_"),
    ),
}
"""For each file the names that torch has as methods only."""


class _LateMethod:
    """Stands for a method until it is asked for, and then puts the method in its own place."""

    def __init__(self, module: str, name: str) -> None:
        self.module, self.name = module, name

    def __get__(self, instance: Any, owner: type) -> Any:
        method = getattr(importlib.import_module(self.module), self.name)
        setattr(LateMethods, self.name, method)
        return method.__get__(instance, owner)


class LateMethods(TensorBase):
    """The methods of the files in `BOTH` and `METHODS`."""


for _module, _names in (*BOTH.items(), *METHODS.items()):
    for _name in _names:
        setattr(LateMethods, _name, _LateMethod(_module, _name))

HOMES = {name: module for table in (BOTH, FUNCTIONS) for module, names in table.items() for name in names}
HOMES |= dict.fromkeys(IN_PLACE, "npnn.tensors.core")
"""For each function the file that it is in, or that Tensor is in, whose method it is."""


@functools.cache
def function(name: str) -> Callable[..., Any]:
    """The function of a name in the tables, with the argument `out` if torch's has it.

    Raises:
        KeyError: there is none.

    Examples:
        >>> import npnn
        >>> function("erf") is npnn.erf
        True
    """
    home = importlib.import_module(HOMES[name])
    found: Callable[..., Any] = getattr(home.Tensor if name in IN_PLACE else home, name)
    return out.with_out(found) if name in out.NAMES else found
