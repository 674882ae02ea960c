"""What all special functions share: dtypes, shapes, layouts, and rounding to the result's dtype."""

from functools import partial

import numpy as np
import pytest

from npnn.ops import special
from npnn.ops.special._blocks import BLOCK, blockwise, polynomial, rational
from npnn.ops.special._fits import Rational

FUNCTIONS = {
    **{name: getattr(special, name) for name in special.__all__ if name not in ("multigammaln", "polygamma")},
    "multigammaln": partial(special.multigammaln, p=3),
    "polygamma": partial(special.polygamma, 2),
}
every_function = pytest.mark.parametrize("function", FUNCTIONS.values(), ids=FUNCTIONS.keys())


def samples(count=50):
    return np.random.default_rng(0).uniform(0.05, 0.95, count)  # inside the domain of all


@every_function
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_floating_dtypes_are_kept(function, dtype):
    x = samples().astype(dtype)
    assert function(x).dtype == dtype


@every_function
@pytest.mark.parametrize("dtype", [np.bool_, np.uint8, np.int8, np.int32, np.int64])
def test_integers_become_float32(function, dtype):
    x = np.array([1, 0, 1, 1]).astype(dtype)
    got = function(x)
    assert got.dtype == np.float32
    np.testing.assert_array_equal(got, function(x.astype(np.float32)))


@every_function
@pytest.mark.parametrize("dtype", [np.complex64, np.complex128, np.longdouble, np.str_])
def test_other_dtypes_are_refused(function, dtype):
    with pytest.raises(NotImplementedError, match="not implemented for"):
        function(np.zeros(3, dtype))


def test_refusal_names_the_function():
    with pytest.raises(NotImplementedError, match=r'"erfcx" not implemented for complex64'):
        special.erfcx(np.zeros(3, np.complex64))


@every_function
def test_shapes_and_layouts(function):
    x = samples(60).reshape(3, 4, 5)
    want = function(x.ravel()).reshape(3, 4, 5)
    layouts = {
        "C": x,
        "Fortran": np.asfortranarray(x),
        "transposed": np.ascontiguousarray(x.transpose(1, 2, 0)).transpose(2, 0, 1),
        "reversed": np.ascontiguousarray(x[:, ::-1])[:, ::-1],
        "strided": np.repeat(x, 2, axis=2)[..., ::2],
    }
    for name, array in layouts.items():
        np.testing.assert_array_equal(function(array), want, err_msg=name)
    row = np.broadcast_to(x[0, 0], (3, 4, 5))
    np.testing.assert_array_equal(function(row), np.broadcast_to(function(x[0, 0]), (3, 4, 5)))


@every_function
def test_scalars_lists_and_empty_arrays(function):
    one = function(0.25)
    assert isinstance(one, np.ndarray)
    assert one.shape == ()
    assert one.dtype == np.float64
    assert function(np.float32(0.25)).dtype == np.float32
    assert one == function([0.5, 0.25])[1]
    assert function(np.empty((0, 3), np.float32)).shape == (0, 3)


@every_function
def test_many_blocks_are_as_one(function):
    x = samples(100)
    size = 2 * BLOCK + 37
    np.testing.assert_array_equal(function(np.resize(x, size)), np.resize(function(x), size))


@every_function
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_input_is_left_alone(function, dtype):
    x = np.concatenate([samples(), [-0.0, 0.0, -2.5, -30, 30, np.inf, -np.inf, np.nan]]).astype(dtype)
    x.flags.writeable = False
    before = x.copy()
    got = function(x)
    np.testing.assert_array_equal(x, before)
    assert not np.shares_memory(got, x)
    assert np.isnan(got[-1])


def every_float16():
    x = np.arange(2**16, dtype=np.uint16).view(np.float16)
    return x[~np.isnan(x)]


@every_function
def test_float16_is_float64_rounded(function):
    # All there are. The error of single precision (2e-9) shows only where it happens to cross a tie.
    x = every_float16()
    with np.errstate(over="ignore"):
        want = function(x.astype(np.float64)).astype(np.float16)
    np.testing.assert_array_equal(function(x), want)


@every_function
def test_float32_is_float64_rounded(function):
    random = np.random.default_rng(1)
    x = np.concatenate([
        random.normal(scale=3, size=4000),
        random.uniform(0, 1, 4000),
        random.choice([-1, 1], 4000) * 10 ** random.uniform(-44, 38, 4000),
        random.uniform(0, 40, 4000),
    ]).astype(np.float32)  # fmt: skip
    if function in (special.lgamma, FUNCTIONS["multigammaln"]):
        x = x[x > 1]  # left of the last pole they cross zero, where errors are only small absolutely
    exact = function(x.astype(np.float64))
    finite = np.isfinite(exact) & (np.abs(exact) < np.finfo(np.float32).max)
    got = function(x)
    np.testing.assert_array_equal(np.isnan(got), np.isnan(exact))
    error = np.abs(got[finite] - exact[finite]) / np.spacing(np.abs(exact[finite]).astype(np.float32))
    assert error.max() < 0.55  # half a unit is the rounding, the rest the fits' 3e-9 of 6e-8


def test_a_kernel_takes_further_arguments():
    def _scaled(x, precision, by, plus=0.0):
        assert precision == "single"
        return x * by + plus

    np.testing.assert_array_equal(blockwise(_scaled, np.float32([1, 2]), 3, plus=0.5), np.float32([3.5, 6.5]))


def test_polynomial_and_rational_against_polyval():
    x = samples()
    p, q = (0.3, -1.0, 2.0, 0.7), (1.0, 0.25, 3.0)
    np.testing.assert_allclose(polynomial(x, p), np.polyval(p[::-1], x), rtol=1e-14)
    want = np.polyval(p[::-1], x) / np.polyval(q[::-1], x)
    np.testing.assert_allclose(rational(x, Rational(p, q)), want, rtol=1e-14)
    t = (x - 2) / (x + 5)
    want = np.polyval(p[::-1], t) / np.polyval(q[::-1], t)
    np.testing.assert_allclose(rational(x, Rational(p, q, a=2.0, c=5.0)), want, rtol=1e-13)
