"""Every method that works in place does what its namesake does, on the tape and off it."""

import operator

import numpy as np
import pytest

import npnn
from npnn.autograd import gradcheck

X = np.random.default_rng(0).uniform(0.2, 1.5, (2, 3))
MASK = X > 0.8
CALLS = {
    "add_": (2.0,),
    "sub_": (X[0],),
    "mul_": (X + 1,),
    "div_": (X[:, :1] + 1,),
    "pow_": (3,),
    "clamp_": (0.4, 1.1),
    "masked_fill_": (MASK, 7.0),
    "neg_": (),
    "abs_": (),
    "sqrt_": (),
    "exp_": (),
    "log_": (),
    "relu_": (),
    "sigmoid_": (),
    "tanh_": (),
    "copy_": (X[1],),
    "fill_": (4.0,),
    "zero_": (),
}
OPERATORS = [
    operator.iadd,
    operator.isub,
    operator.imul,
    operator.itruediv,
    operator.ipow,
    operator.imod,
    operator.ifloordiv,
]
BITS = [operator.iand, operator.ior, operator.ixor, operator.ilshift, operator.irshift]


def leaf(values=X):
    return npnn.tensor(np.array(values), requires_grad=True)


def expected(name, x, arguments):
    if name in ("copy_", "fill_", "zero_"):
        return x * 0 + (npnn.tensor(np.asarray(arguments[0], np.float64)) if arguments else 0.0)
    return getattr(x, name[:-1])(*arguments)


@pytest.mark.parametrize("name", CALLS)
class TestMethods:
    def test_off_the_tape(self, name):
        x = npnn.tensor(X)
        array = x.array
        assert getattr(x, name)(*CALLS[name]) is x
        assert x.array is array
        assert x._version == 1
        np.testing.assert_array_equal(x, expected(name, npnn.tensor(X), CALLS[name]))

    def test_on_the_tape(self, name):
        assert gradcheck(lambda x: getattr(x * 1, name)(*CALLS[name]), leaf())

    def test_on_a_view(self, name):
        arguments = [a[..., :2] if isinstance(a, np.ndarray) and a.shape[-1] > 1 else a for a in CALLS[name]]

        def function(x):
            y = x * 2
            getattr(y[:, :2], name)(*arguments)
            return y

        assert gradcheck(function, leaf())
        y = function(leaf()).detach()
        np.testing.assert_array_equal(y[:, :2], expected(name, npnn.tensor(X[:, :2] * 2), arguments))
        np.testing.assert_array_equal(y[:, 2], X[:, 2] * 2)


@pytest.mark.parametrize("operate", OPERATORS)
def test_augmented_assignments(operate):
    plain = getattr(operator, operate.__name__[1:])
    x = npnn.tensor(X)
    array = x.array
    assert operate(x, 2) is x
    assert x.array is array
    np.testing.assert_array_equal(x, plain(X, 2))
    if operate is not operator.ifloordiv:
        assert gradcheck(lambda x: operate(x * 1, 0.7), leaf())


@pytest.mark.parametrize("operate", BITS)
def test_augmented_assignments_of_integers(operate):
    plain = getattr(operator, {"iand": "and_", "ior": "or_"}.get(operate.__name__, operate.__name__[1:]))
    n = npnn.tensor([5, 6])
    assert operate(n, 3) is n
    assert n.tolist() == [plain(5, 3), plain(6, 3)]


def test_with_tensors_that_require_grad():
    for name in ("add_", "sub_", "mul_", "div_", "copy_", "clamp_"):
        assert gradcheck(lambda x, y, name=name: getattr(x * 1, name)(y), (leaf(), leaf(X[0] + 0.05)))
        assert gradcheck(lambda y, name=name: getattr(npnn.tensor(X), name)(y), leaf(X[0] + 0.05))
    assert gradcheck(lambda x, y: (x * 1).masked_fill_(npnn.tensor(MASK), y), (leaf(), leaf(0.5)))
    assert gradcheck(lambda x, y: (x * 1).fill_(y), (leaf(), leaf(0.5)))


def test_with_itself():
    x = leaf([2.0, 3.0])
    y = x * 1
    y *= y
    y += y
    y[1:] = y[:-1].clone() * y[1:].clone()
    y.sum().backward()
    a, b = x.array
    assert y.tolist() == [2 * a**2, 4 * a**2 * b**2]
    np.testing.assert_allclose(x.grad, [4 * a + 8 * a * b**2, 8 * a**2 * b])


def test_what_was_saved_of_itself_is_missed():
    y = leaf([2.0, 3.0]) * 1
    y[1:] = y[:-1] * y[1:]
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        y.sum().backward()


def test_second_derivatives_through_writes():
    def function(x):
        y = x * x
        y[0].mul_(x[1])
        y.exp_()
        y[:, 1] = y[:, 0].clone() * x[:, 2]
        return y

    assert npnn.autograd.gradgradcheck(function, leaf(X * 0.5))


def test_the_dtype_stays():
    x = npnn.zeros(2, dtype=npnn.float16)
    x += np.ones(2)
    assert x.dtype == np.float16
    for dtype, value in ((npnn.int64, 1.5), (npnn.bool, 1), (npnn.float32, 1j)):
        with pytest.raises(RuntimeError, match=r"result type \w+ can't be cast to the desired output type"):
            npnn.zeros(2, dtype=dtype).add_(value)


def test_the_shape_stays():
    x = npnn.zeros(2)
    with pytest.raises(
        RuntimeError, match=r"output with shape \[2\] doesn't match the broadcast shape \[3, 2\]"
    ):
        x += npnn.ones(3, 2)
    assert x.tolist() == [0, 0]


def test_memory_that_cannot_be_written():
    with pytest.raises(
        RuntimeError,
        match="more than one element of the written-to tensor refers to a single memory location",
    ):
        npnn.zeros(1, 3).expand(2, 3).add_(1)
    array = np.zeros(2)
    array.flags.writeable = False
    with pytest.raises(RuntimeError, match="read-only ndarray"):
        npnn.from_numpy(array).add_(1)


def test_a_leaf_is_not_overwritten():
    x = leaf()
    for write in (lambda: x.add_(1), lambda: x[0].add_(1), lambda: x.view(6).zero_(), lambda: x.T.exp_()):
        with pytest.raises(
            RuntimeError, match="leaf Variable that requires grad is being used in an in-place operation"
        ):
            write()
    np.testing.assert_array_equal(x, X)


def test_a_failed_write_changes_nothing():
    x = leaf() * 1
    node = x.grad_fn
    for write in (
        lambda: x.add_(npnn.ones(4)),
        lambda: x.copy_(npnn.ones(4)),
        lambda: x.__setitem__(0, np.ones(5)),
    ):
        with pytest.raises(RuntimeError):
            write()
    assert x.grad_fn is node
    assert x._version == 0
    np.testing.assert_array_equal(x.detach(), X)


def test_a_function_of_ones_own():
    x = npnn.tensor([[1.0, 2.0], [3.0, 4.0]])
    view = x.T
    assert view.map_(npnn.tensor([10.0, 20.0]), lambda one, other: one * other) is view
    assert x.tolist() == [[10, 20], [60, 80]]
    assert x.apply_(lambda value: -value)._version == 2
    assert npnn.tensor([1, 2]).apply_(lambda value: value + 0.5).tolist() == [1, 2]
    with pytest.raises(TypeError, match="apply_: the function must give a real number, not str"):
        x.apply_(str)
