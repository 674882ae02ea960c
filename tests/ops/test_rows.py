"""Rows in blocks, beside the definition, written out row by row, and beside finite differences."""

import numpy as np
import pytest

import npnn
from npnn.autograd import gradcheck, gradgradcheck
from npnn.ops import _rows, activation, loss
from npnn.ops.activation import Softmax
from npnn.ops.loss import CrossEntropy
from npnn.ops.normalization import Normalize

GROUPS = (9, 1, 1, 5)


def drawn(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


def leaf(*shape, seed=0):
    return npnn.tensor(drawn(*shape, seed=seed), requires_grad=True)


@pytest.fixture
def small_blocks(monkeypatch):
    """Blocks of two or three rows, of which the last is not full."""
    for module in (_rows, activation):
        monkeypatch.setattr(module, "DEALT", 1)
    monkeypatch.setattr(_rows, "block_of", lambda size, most: 15)


@pytest.fixture(params=[1, 2])
def threads(request):
    before = npnn.get_num_threads()
    npnn.set_num_threads(request.param)
    yield
    npnn.set_num_threads(before)


@pytest.mark.usefixtures("small_blocks", "threads")
@pytest.mark.parametrize("weighted", [True, False])
@pytest.mark.parametrize("biased", [True, False])
def test_layer_norm(weighted, biased):
    x, w, b = leaf(*GROUPS), leaf(5, seed=1) if weighted else None, leaf(5, seed=2) if biased else None
    assert _rows.large_rows(GROUPS, x.array)
    y, mean, var = Normalize.apply(x, w, b, groups=GROUPS, eps=0.1)
    for n, row in enumerate(x.array.reshape(9, 5)):
        wanted = (row - row.mean()) / np.sqrt(row.var() + 0.1)
        wanted = wanted * (1 if w is None else w.array) + (0 if b is None else b.array)
        np.testing.assert_allclose(y.array[n, 0, 0], wanted, rtol=1e-12, atol=1e-14)
        np.testing.assert_allclose(mean.array[n].item(), row.mean(), rtol=1e-12, atol=1e-15)
        np.testing.assert_allclose(var.array[n].item(), row.var(), rtol=1e-12)

    def first_output(*inputs):
        return Normalize.apply(*inputs, groups=GROUPS, eps=0.1)[0]

    assert gradcheck(first_output, (x, w, b), atol=1e-7, rtol=1e-6)


@pytest.mark.usefixtures("small_blocks")
def test_second_derivatives_do_not_go_by_blocks():
    def first_output(*inputs):
        return Normalize.apply(*inputs, groups=(8, 1, 1, 2), eps=0.1)[0]

    assert gradgradcheck(first_output, (leaf(8, 2), leaf(2, seed=1), leaf(2, seed=2)), atol=1e-6, rtol=1e-5)
    assert gradgradcheck(lambda x: Softmax.apply(x, axis=-1), leaf(2, 2, 3), atol=1e-7, rtol=1e-6)


def test_what_does_not_go_by_blocks():
    x, weight = np.zeros(GROUPS), np.zeros(5)
    large = np.zeros((_rows.DEALT, 1, 1, 2), np.float32)
    assert _rows.large_rows(large.shape, large, large, None)
    assert not _rows.large_rows(GROUPS, x, weight)
    assert not _rows.large_rows(large.shape, large, weight)  # float64 beside float32
    assert not _rows.large_rows(large.shape, npnn.tensor(large))
    assert not _rows.large_rows((1, _rows.DEALT, 1, 2), large)
    assert not _rows.large_rows((1, 1, 1, large.size), large)  # one row only


@pytest.mark.usefixtures("small_blocks", "threads")
@pytest.mark.parametrize("shape", [(5,), (3, 7, 5), (70, 3)])  # the last has short rows, and many
def test_softmax(shape):
    x = leaf(*shape)
    y = Softmax.apply(x, axis=len(shape) - 1)
    rows = x.array.reshape(-1, shape[-1])
    wanted = np.array([[np.exp(v) / np.exp(row).sum() for v in row] for row in rows])
    np.testing.assert_allclose(y.array, wanted.reshape(shape), rtol=1e-13)
    dy = drawn(*shape, seed=1)
    y.backward(npnn.tensor(dy))
    jacobians = [np.diag(p) - np.outer(p, p) for p in wanted]
    dx = np.array([jacobian @ d for jacobian, d in zip(jacobians, dy.reshape(rows.shape), strict=True)])
    np.testing.assert_allclose(x.grad.array, dx.reshape(shape), rtol=1e-12, atol=1e-15)


@pytest.mark.usefixtures("small_blocks", "threads")
@pytest.mark.parametrize(("rows", "classes"), [(7, 5), (70, 3)])
def test_cross_entropy(rows, classes):
    x, target = leaf(rows, classes), np.arange(rows) % classes
    p = np.exp(x.array) / np.exp(x.array).sum(axis=1, keepdims=True)
    value, softmax = CrossEntropy.apply(x, target, None, reduction="sum")
    np.testing.assert_allclose(value.item(), -np.log(p[np.arange(rows), target]).sum(), rtol=1e-13)
    np.testing.assert_allclose(softmax.array, p, rtol=1e-13)
    value.backward()
    np.testing.assert_allclose(x.grad.array, p - np.eye(classes)[target], rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("rows", [3, 63, 64, 200])
@pytest.mark.parametrize("width", [1, 32, 33])
def test_row_maxima(rows, width):
    x = drawn(rows, width)
    x[1], x[2, 0] = -np.inf, np.nan
    with np.errstate(invalid="ignore"):
        np.testing.assert_array_equal(_rows.row_maxima(x)[:, 0], [np.max(row) for row in x])


def test_the_number_of_threads_changes_no_bit():
    """In float32, where sums in another order would show at once."""
    x, dy, w = (drawn(*shape).astype(np.float32) for shape in ((5, 81, 700), (5, 81, 700), (700,)))

    def results():
        leaves = [npnn.tensor(array, requires_grad=True) for array in (x, w, w)]
        y = npnn.nn.functional.softmax(npnn.nn.functional.layer_norm(leaves[0], (700,), *leaves[1:]), -1)
        y.backward(npnn.tensor(dy), retain_graph=True)
        value = npnn.nn.functional.cross_entropy(y, npnn.zeros(5, 81, dtype=npnn.int64))
        value.backward()
        return [y.array, value.array, *(tensor.grad.array for tensor in leaves)]

    before = npnn.get_num_threads()
    found = []
    for threads in (1, 2, 3):
        npnn.set_num_threads(threads)
        found.append(results())
    npnn.set_num_threads(before)
    for others in found[1:]:
        for one, other in zip(found[0], others, strict=True):
            np.testing.assert_array_equal(one, other)


def test_losses_of_float16_are_computed_in_float32():
    x = np.full((2, 3000), 5, np.float16)
    value, p = loss.CrossEntropy.apply(x, np.array([0, 1]))
    assert value.dtype == p.dtype == np.float16
    np.testing.assert_allclose(value, np.log(3000), rtol=5e-4)
