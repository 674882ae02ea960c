"""dtypes: what two operands make, over all pairs of dtypes, with and without axes, and Python's numbers."""

import itertools
import operator
import warnings

import numpy as np
import pytest
import torch

import npnn
from torch_ref.scripts import assert_same, plain

DTYPES = [
    "bool",
    "uint8",
    "int8",
    "int16",
    "int32",
    "int64",
    "float16",
    "float32",
    "float64",
    "complex64",
    "complex128",
]
SHAPES = ((2,), ())
NUMBERS = (True, 3, -2, 2.5, 1 + 2j)
OPERATORS = [
    getattr(operator, name)
    for name in [
        "add",
        "sub",
        "mul",
        "truediv",
        "floordiv",
        "mod",
        "pow",
        "eq",
        "ne",
        "lt",
        "ge",
        "and_",
        "or_",
        "xor",
    ]
]
VALUES = {"b": [True, False], "u": [3, 2], "i": [3, 2], "f": [1.5, 2.5], "c": [1 + 2j, 2 - 1j]}
UNARY = [
    "abs",
    "neg",
    "sign",
    "square",
    "sqrt",
    "exp",
    "log",
    "sin",
    "arctan",
    "tanh",
    "sigmoid",
    "relu",
    "reciprocal",
    "rsqrt",
    "floor",
    "round",
    "trunc",
    "isnan",
    "isfinite",
    "logical_not",
    "sum",
    "mean",
    "prod",
    "std",
    "amax",
    "max",
    "min",
    "argmax",
    "all",
    "any",
    "norm",
    "softmax",
    "cumsum",
    "sort",
]
AXIS = {"softmax", "cumsum"}


def tensor(lib, dtype, shape):
    values = VALUES[np.dtype(dtype).kind]
    return lib.tensor(values if shape else values[0], dtype=getattr(lib, dtype))


def outcome(action):
    """What an action returns, or the kind of its error."""
    try:
        return plain(action())
    except Exception as error:
        return type(error).__name__


def assert_alike(action, what):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ours, theirs = (outcome(lambda lib=lib: action(lib)) for lib in (npnn, torch))
    if isinstance(theirs, np.ndarray) and theirs.dtype.kind in "fc" and isinstance(ours, np.ndarray):
        tolerance = 4 * np.finfo(theirs.dtype).eps
        np.testing.assert_allclose(ours, theirs, rtol=tolerance, atol=tolerance, strict=True, err_msg=what)
    else:
        assert_same(ours, theirs, what)


def is_half_complex(*operands):
    """NumPy has no complex numbers of two float16."""
    return "float16" in operands and any("complex" in str(x) or isinstance(x, complex) for x in operands)


PAIRS = [pair for pair in itertools.product(DTYPES, DTYPES) if not is_half_complex(*pair)]


@pytest.mark.parametrize("one", DTYPES)
def test_result_type(one):
    for other, s, t in itertools.product(DTYPES, SHAPES, SHAPES):
        if (one, other) in PAIRS:
            assert_alike(
                lambda lib, s=s, t=t, other=other: lib.result_type(
                    tensor(lib, one, s), tensor(lib, other, t)
                ),
                f"result_type({one}{s}, {other}{t})",
            )
    for number, s in itertools.product(NUMBERS, SHAPES):
        if not is_half_complex(one, number):
            assert_alike(
                lambda lib, s=s, number=number: lib.result_type(tensor(lib, one, s), number),
                f"result_type({one}{s}, {number})",
            )


@pytest.mark.parametrize("operate", OPERATORS, ids=lambda operate: operate.__name__)
def test_operators_on_tensors(operate):
    for (one, other), s, t in itertools.product(PAIRS, SHAPES, SHAPES):
        if operate in (operator.floordiv, operator.mod) and other == "bool":
            continue  # zero among the integers: test_tensor_errors.py
        assert_alike(
            lambda lib, one=one, other=other, s=s, t=t: operate(tensor(lib, one, s), tensor(lib, other, t)),
            f"{operate.__name__} of {one}{s} and {other}{t}",
        )


@pytest.mark.parametrize("operate", OPERATORS, ids=lambda operate: operate.__name__)
def test_operators_on_numbers(operate):
    for dtype, number, s in itertools.product(DTYPES, NUMBERS, SHAPES):
        # On torch a negative number wraps around before it is compared with unsigned ones.
        compared = operate in (operator.lt, operator.ge) and dtype == "uint8" and number == -2
        if is_half_complex(dtype, number) or compared:
            continue
        what = f"{operate.__name__} of {dtype}{s} and {number}"
        assert_alike(
            lambda lib, dtype=dtype, s=s, number=number: operate(tensor(lib, dtype, s), number),
            what,
        )
        if not (operate in (operator.floordiv, operator.mod) and dtype == "bool"):
            assert_alike(
                lambda lib, dtype=dtype, s=s, number=number: operate(number, tensor(lib, dtype, s)),
                what,
            )


@pytest.mark.parametrize("name", ["add", "sub", "rsub"])
def test_alpha(name):
    """What a number that scales the second operand does to the dtype, and where it is refused."""
    for one, other, alpha in itertools.product(REAL, [*REAL, 3, True, 2.5], [2, -1, True, 2.5, 0]):
        assert_alike(
            lambda lib, one=one, other=other, alpha=alpha: getattr(lib, name)(
                tensor(lib, one, (2,)),
                tensor(lib, other, (2,)) if isinstance(other, str) else other,
                alpha=alpha,
            ),
            f"{name} of {one} and {other}, alpha={alpha}",
        )


@pytest.mark.parametrize("name", UNARY)
def test_methods(name):
    for dtype, s in itertools.product(DTYPES, SHAPES):
        if "complex" in dtype:
            continue
        assert_alike(
            lambda lib, dtype=dtype, s=s: getattr(tensor(lib, dtype, s), name)(
                *([0] if name in AXIS else [])
            ),
            f"{name} of {dtype}{s}",
        )


REAL = ["bool", "uint8", "int32", "int64", "float16", "float32", "float64"]
OF_ONE = [
    *("acosh", "asinh", "atanh", "exp2", "sinc", "deg2rad", "rad2deg", "frac", "fix", "positive", "sgn"),
    *("angle", "conj", "nan_to_num", "erf", "erfc", "erfinv", "lgamma", "digamma", "i0", "logit"),
    *("isneginf", "isposinf", "isreal", "signbit", "bitwise_not", "nansum", "nanmean", "count_nonzero"),
    *("aminmax", "std_mean", "var_mean", "cov", "corrcoef", "frexp", "is_nonzero"),
]
BY_NAME = [
    *("atan2", "hypot", "logaddexp", "logaddexp2", "xlogy", "copysign", "fmax", "fmin", "fmod", "ldexp"),
    *("float_power", "heaviside", "gcd", "lcm", "bitwise_and", "bitwise_or", "bitwise_xor"),
    *("bitwise_left_shift", "bitwise_right_shift", "logical_xor", "logical_and", "isclose", "nextafter"),
    *("maximum", "minimum", "remainder", "floor_divide", "true_divide", "outer", "inner", "clamp_min"),
    *("clamp_max", "rsub", "not_equal"),
]
OF_TWO = {
    **{name: lambda lib, x, y, name=name: getattr(lib, name)(x, y) for name in BY_NAME},
    "div, floor": lambda lib, x, y: lib.div(x, y, rounding_mode="floor"),
    "div, trunc": lambda lib, x, y: lib.div(x, y, rounding_mode="trunc"),
    "lerp": lambda lib, x, y: lib.lerp(x, y, 0.25),
    "addcmul": lambda lib, x, y: lib.addcmul(x, y, y, value=2),
    "addcdiv": lambda lib, x, y: lib.addcdiv(x, y, y, value=2),
    "dot": lambda lib, x, y: lib.dot(x.reshape(-1), y.reshape(-1)),
    "mv": lambda lib, x, y: lib.mv(x.reshape(1, -1), y.reshape(-1)),
}


@pytest.mark.parametrize("name", OF_ONE)
def test_functions_of_one(name):
    for dtype, s in itertools.product(REAL, SHAPES):
        assert_alike(
            lambda lib, dtype=dtype, s=s: getattr(lib, name)(tensor(lib, dtype, s)), f"{name} of {dtype}{s}"
        )


@pytest.mark.parametrize("name", OF_TWO)
def test_functions_of_two(name):
    function = OF_TWO[name]
    for one, other, s, t in itertools.product(REAL, REAL, SHAPES, SHAPES):
        # torch's ldexp has no bools beside floating point, and rounds 2^y to one dtype or another on the way.
        if not (
            name == "ldexp" and one != other and ("float" in other or (other == "bool" and "float" in one))
        ):
            assert_alike(
                lambda lib, one=one, other=other, s=s, t=t: function(
                    lib, tensor(lib, one, s), tensor(lib, other, t)
                ),
                f"{name} of {one}{s} and {other}{t}",
            )
    for dtype, number in itertools.product(REAL, (True, 3, -2, 2.5)):
        assert_alike(
            lambda lib, dtype=dtype, number=number: function(lib, tensor(lib, dtype, (2,)), number),
            f"{name} of {dtype} and {number}",
        )


def test_promote_types_and_can_cast():
    for one, other in PAIRS:
        for name in ("promote_types", "can_cast"):
            assert_alike(
                lambda lib, name=name, one=one, other=other: getattr(lib, name)(
                    getattr(lib, one), getattr(lib, other)
                ),
                f"{name}({one}, {other})",
            )


def test_dtypes_by_their_other_names():
    for name in ["half", "float", "double", "short", "int", "long", "cfloat", "cdouble", "bool"]:
        assert getattr(npnn, name).name == str(getattr(torch, name)).removeprefix("torch."), name


MADE_OF = [
    1, 2.5, True, 1j, [], [[]], [1, 2.5], [True, 2], [1, 2j], [[1, 2], [3, 4]], np.float64(1),
    [np.float64(1)],
    np.float32(1), [np.float32(1)], [np.int32(1)], np.ones(2, np.float16), np.arange(3, dtype=np.int16),
    (2, 3), np.zeros((0, 3)),
]  # fmt: skip


@pytest.mark.parametrize("data", MADE_OF, ids=repr)
@pytest.mark.parametrize("make", ["tensor", "as_tensor"])
def test_tensors_from_data(data, make):
    assert_alike(lambda lib: getattr(lib, make)(data), f"{make}({data!r})")
