"""NumPy's own functions on tensors: the same values as on arrays, on the tape, or refused by name."""

import operator

import numpy as np
import pytest

import npnn
from npnn.autograd import gradcheck

RANDOM = np.random.default_rng(0)
X = RANDOM.uniform(0.2, 0.9, (2, 3))
Y = RANDOM.uniform(1.1, 2.0, (2, 3))

UNARY = [
    "negative",
    "positive",
    "absolute",
    "fabs",
    "square",
    "sqrt",
    "reciprocal",
    "exp",
    "expm1",
    "log",
    "log1p",
    "log2",
    "log10",
    "sin",
    "cos",
    "tan",
    "arcsin",
    "arccos",
    "arctan",
    "sinh",
    "cosh",
    "tanh",
    "sign",
    "floor",
    "ceil",
    "rint",
    "trunc",
]
BINARY = ["add", "subtract", "multiply", "divide", "power", "float_power", "remainder", "maximum", "minimum"]
UNRECORDED = [
    "equal",
    "not_equal",
    "less",
    "less_equal",
    "greater",
    "greater_equal",
    "logical_and",
    "logical_or",
    "logical_xor",
]
PREDICATES = ["isnan", "isinf", "isfinite", "logical_not", "signbit"]


def leaf(values):
    return npnn.tensor(np.array(values), requires_grad=True)


@pytest.mark.parametrize("name", UNARY)
def test_ufuncs_of_one(name):
    ufunc = getattr(np, name)
    y = ufunc(leaf(X))
    assert isinstance(y, npnn.Tensor)
    assert y.requires_grad
    np.testing.assert_allclose(y.detach(), ufunc(X), rtol=1e-15)
    assert gradcheck(ufunc, leaf(X))


@pytest.mark.parametrize("name", BINARY)
def test_ufuncs_of_two(name):
    ufunc = getattr(np, name)
    for x, y in (
        (leaf(X), leaf(Y)),
        (leaf(X), Y),
        (X, leaf(Y)),
        (leaf(X), 1.5),
        (1.5, leaf(Y)),
        (leaf(X), Y[0]),
        (X[0], leaf(Y)),
    ):
        z = ufunc(x, y)
        assert isinstance(z, npnn.Tensor)
        assert z.requires_grad
        np.testing.assert_allclose(z.detach(), ufunc(np.asarray(x), np.asarray(y)), rtol=1e-15)
        assert gradcheck(ufunc, (x, y))


@pytest.mark.parametrize("name", UNRECORDED + PREDICATES)
def test_ufuncs_that_answer_questions(name):
    ufunc = getattr(np, name)
    x = npnn.tensor([0.0, 1.0, np.nan, -2.0])
    arguments = (x,) if name in PREDICATES else (x, npnn.tensor([0.0, 2.0, 0.0, -3.0]))
    answer = ufunc(*arguments)
    assert isinstance(answer, npnn.Tensor)
    np.testing.assert_array_equal(answer, ufunc(*(a.array for a in arguments)))


@pytest.mark.parametrize(
    "operate", [operator.add, operator.sub, operator.mul, operator.truediv, operator.pow, operator.mod]
)
def test_operators_with_arrays_on_either_side(operate):
    for x, y in (
        (leaf(X), Y),
        (X, leaf(Y)),
        (np.float64(0.5), leaf(Y)),
        (leaf(X), np.float64(0.5)),
        (X[0, 0], leaf(Y)),
    ):
        z = operate(x, y)
        assert isinstance(z, npnn.Tensor)
        np.testing.assert_allclose(z.detach(), operate(np.asarray(x), np.asarray(y)), rtol=1e-15)
        assert gradcheck(operate, (x, y))


def test_matrix_products_with_arrays_on_either_side():
    for product in (operator.matmul, np.matmul, np.dot):
        for x, y in ((leaf(X), Y.T), (X, leaf(Y.T)), (X[0], leaf(Y.T)), (leaf(X), Y[0])):
            z = product(x, y)
            assert isinstance(z, npnn.Tensor)
            np.testing.assert_allclose(z.detach(), np.asarray(x) @ np.asarray(y), rtol=1e-14)
            assert gradcheck(product, (x, y))


def test_comparisons_with_arrays():
    for answer in (leaf(X) < Y, leaf(Y) > X, leaf(X) == X, leaf(X) == X):
        assert isinstance(answer, npnn.Tensor)
        assert answer.dtype == bool
        assert answer.all()


FUNCTIONS = {
    "sum": [{}, {"axis": 0}, {"axis": (0, 1)}, {"axis": 1, "keepdims": True}],
    "mean": [{}, {"axis": 0}, {"axis": 1, "keepdims": True}],
    "prod": [{}, {"axis": 0}],
    "max": [{}, {"axis": 0}, {"axis": 1, "keepdims": True}],
    "min": [{}, {"axis": 0}],
    "amax": [{"axis": (0, 1)}],
    "amin": [{"axis": 1}],
    "var": [{}, {"axis": 0}, {"axis": 1, "ddof": 1}],
    "std": [{}, {"axis": 0, "keepdims": True}, {"ddof": 1}],
    "cumsum": [{}, {"axis": 0}, {"axis": 1}],
    "reshape": [{"shape": (3, 2)}, {"shape": -1}],
    "ravel": [{}],
    "transpose": [{}, {"axes": (1, 0)}],
    "swapaxes": [{"axis1": 0, "axis2": 1}],
    "moveaxis": [{"source": 0, "destination": -1}],
    "expand_dims": [{"axis": 0}, {"axis": (0, -1)}, {"axis": -2}],
    "broadcast_to": [{"shape": (4, 2, 3)}],
    "flip": [{}, {"axis": 0}, {"axis": (0, 1)}],
    "clip": [{"a_min": 0.3, "a_max": 0.7}, {"min": 0.4}, {"a_min": None, "a_max": 0.5}],
    "copy": [{}],
    "sort": [{}, {"axis": 0}],
    "round": [{}, {"decimals": 1}],
    "squeeze": [{}],
}


@pytest.mark.parametrize(
    ("name", "options"), [(name, options) for name, cases in FUNCTIONS.items() for options in cases]
)
def test_functions(name, options):
    function = getattr(np, name)
    x = leaf(X)
    y = function(x, **options)
    assert isinstance(y, npnn.Tensor)
    assert y.requires_grad
    np.testing.assert_allclose(y.detach(), function(X, **options), rtol=1e-14)
    assert gradcheck(lambda x: function(x, **options), x)


def test_functions_of_several():
    x = leaf(X)
    for function in (np.concatenate, np.stack):
        for axis in (0, 1, -1):
            y = function([x, Y, x * 2], axis=axis)
            np.testing.assert_allclose(y.detach(), function([X, Y, X * 2], axis=axis))
            assert gradcheck(lambda x, f=function, a=axis: f([x, Y, x * 2], axis=a), x)
    np.testing.assert_allclose(np.concatenate([x, Y], axis=None).detach(), np.concatenate([X, Y], axis=None))
    mask = X > 0.5
    for condition in (mask, npnn.tensor(mask)):
        np.testing.assert_allclose(np.where(condition, x, Y).detach(), np.where(mask, X, Y))
        np.testing.assert_allclose(np.where(condition, Y, x).detach(), np.where(mask, Y, X))
    assert isinstance(np.where(npnn.tensor(mask), Y, 0.0), npnn.Tensor)
    np.testing.assert_array_equal(np.where(npnn.tensor(mask)), np.where(mask))
    np.testing.assert_array_equal(np.clip(X, x.detach() + 0.1, 5).array, X + 0.1)
    assert gradcheck(lambda x: np.dot(x[0, 0], Y), x)


def test_functions_that_ask():
    x = leaf(X)
    assert np.shape(x) == (2, 3)
    assert (np.ndim(x), np.size(x), np.size(x, 1)) == (2, 6, 3)
    assert np.allclose(x, X)
    assert np.array_equal(x, X)
    assert np.argmax(x, axis=1).tolist() == np.argmax(X, axis=1).tolist()
    assert np.argmin(x).item() == np.argmin(X)
    assert np.argsort(x).tolist() == np.argsort(X).tolist()
    assert np.any(x > 0.5).item() is True
    assert np.all(x > 0.5, axis=0).tolist() == np.all(X > 0.5, axis=0).tolist()
    assert np.count_nonzero(x > 0.5) == np.count_nonzero(X > 0.5)
    assert np.may_share_memory(x, x.detach())
    for like in (np.zeros_like, np.ones_like, np.empty_like):
        assert like(x).shape == (2, 3)
        assert like(x, dtype=np.int32).dtype == np.int32
    assert np.full_like(x, 7).tolist() == [[7] * 3] * 2


def test_reductions_of_ufuncs():
    x = leaf(X)
    for ufunc in (np.add, np.multiply, np.maximum, np.minimum):
        for options in ({}, {"axis": 1}, {"axis": None}, {"axis": 0, "keepdims": True}):
            np.testing.assert_allclose(ufunc.reduce(x, **options).detach(), ufunc.reduce(X, **options))
    assert gradcheck(np.add.reduce, x)


class TestOut:
    def test_into_an_array(self):
        target = np.zeros((2, 3))
        assert np.add(X, npnn.tensor(Y), out=target) is target
        np.testing.assert_array_equal(target, X + Y)
        target += npnn.tensor(X)
        np.testing.assert_array_equal(target, X + Y + X)

    def test_into_an_array_what_requires_grad_is_refused(self):
        target = np.zeros((2, 3))
        with pytest.raises(
            RuntimeError, match=r"numpy.add cannot write a tensor that requires grad into an ndarray"
        ):
            np.add(X, leaf(Y), out=target)
        with pytest.raises(RuntimeError, match="into an ndarray"):
            target *= leaf(Y)
        assert not target.any()

    def test_into_an_array_of_a_lower_kind_is_refused(self):
        with pytest.raises(TypeError, match="Cannot cast"):
            np.add(X, npnn.tensor(Y), out=np.zeros((2, 3), np.int64))

    def test_into_a_tensor(self):
        x, target = leaf(X), npnn.zeros(2, 3, dtype=npnn.float64)
        assert np.multiply(x, Y, out=target) is target
        target.sum().backward()
        np.testing.assert_array_equal(x.grad, Y)
        assert target._version == 1

    def test_several(self):
        whole, fraction = np.zeros(2), np.zeros(2)
        np.modf(npnn.tensor([1.5, -2.25]), out=(fraction, whole))
        assert (fraction.tolist(), whole.tolist()) == ([0.5, -0.25], [1, -2])


class TestRefused:
    @pytest.mark.parametrize(
        "name", ["hypot", "arctan2", "logaddexp", "cbrt", "copysign", "heaviside", "sinc"]
    )
    def test_what_would_leave_the_tape(self, name):
        function = getattr(np, name)
        arguments = (leaf(X),) if name in ("cbrt", "sinc") else (leaf(X), Y)
        with pytest.raises(TypeError, match=name):
            function(*arguments)

    @pytest.mark.parametrize(
        "name",
        ["median", "linalg.svd", "einsum", "tile", "pad", "histogram", "convolve", "quantile", "fft.fft"],
    )
    def test_unknown_functions_are_named(self, name):
        function = operator.attrgetter(name)(np)
        before = ("ij->i",) if name == "einsum" else ()
        after = {"tile": (2,), "pad": (1,), "convolve": (X[0],), "quantile": (0.5,)}.get(name, ())
        with pytest.raises(TypeError, match=rf"numpy.*{name.split('.')[-1]}"):
            function(*before, leaf(X[0]), *after)

    def test_options_are_named(self):
        for call, name in (
            (lambda: np.sum(leaf(X), where=X > 0.5), "numpy.sum of a tensor does not take where"),
            (lambda: np.mean(leaf(X), out=np.zeros(())), "numpy.mean of a tensor does not take out"),
            (
                lambda: np.exp(leaf(X), where=X > 0.5),
                "numpy.exp with where of a tensor that requires grad is not recorded",
            ),
            (lambda: np.add(leaf(X), 1, dtype=np.float32), "numpy.add with dtype"),
        ):
            with pytest.raises(TypeError, match=name):
                call()

    def test_other_methods_of_ufuncs(self):
        for method in ("accumulate", "outer", "reduceat"):
            with pytest.raises(TypeError, match=rf"add.*{method}"):
                getattr(np.add, method)(leaf(X[0]), [0])
        with pytest.raises(TypeError, match=r"add.*at"):
            np.add.at(leaf(X[0]), [0], 1.0)

    def test_dot_of_more_axes(self):
        with pytest.raises(TypeError, match=r"numpy\.dot"):
            np.dot(X, leaf(RANDOM.standard_normal((2, 3, 2))))


def test_off_the_tape_unknown_ufuncs_compute():
    x = npnn.tensor(X)
    np.testing.assert_array_equal(np.hypot(x, Y), np.hypot(X, Y))
    with npnn.no_grad():
        assert isinstance(np.hypot(leaf(X), Y), npnn.Tensor)
    fraction, whole = np.modf(npnn.tensor([1.5]))
    assert (fraction.item(), whole.item()) == (0.5, 1)
    assert np.bitwise_and(npnn.tensor([6]), 3).tolist() == [2]


def test_lists_beside_a_tensor():
    """As NumPy takes them; Python's operators, like torch's, do not."""
    assert np.add(leaf([1.0, 2.0]), [3.0, 4.0]).tolist() == [4, 6]
    with pytest.raises(TypeError, match="unsupported operand"):
        operator.add(leaf([1.0, 2.0]), [3.0, 4.0])


def test_as_an_array():
    x = leaf(X)
    assert np.asarray(x) is x.array
    assert np.array(x).base is None
    assert np.asarray(x, np.float32).dtype == np.float32
    with pytest.raises(ValueError, match="without a copy"):
        np.array(x, dtype=np.float32, copy=False)


def test_numbers_of_numpys_do_not_widen():
    x = npnn.ones(2)
    for number in (np.float64(2), np.float32(2), np.int64(2), np.array([2.0])[0]):
        assert (x * number).dtype == (number * x).dtype == np.float32
    assert (npnn.tensor(1.0) * np.float64(2)).dtype == np.float32
    assert (npnn.tensor([1, 2]) * np.float64(2)).dtype == np.float32
    assert (x * np.ones(2)).dtype == np.float64


def test_a_backward_in_numpy_has_a_second_derivative():
    x = leaf(X)
    (g,) = npnn.autograd.grad(np.sum(np.exp(x) * np.tanh(x)), x, create_graph=True)
    (h,) = npnn.autograd.grad(np.sum(g), x)
    expected = np.exp(X) * (np.tanh(X) + 2 / np.cosh(X) ** 2 - 2 * np.tanh(X) / np.cosh(X) ** 2)
    np.testing.assert_allclose(h, expected, rtol=1e-12)
