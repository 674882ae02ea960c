"""Products that are dealt to threads, against NumPy's einsum."""

import numpy as np
import pytest

import npnn
from npnn.ops import _product
from npnn.ops._product import column_sums, product
from npnn.ops.linear import Matmul

RANDOM = np.random.default_rng(0)


def normal(*shape):
    return RANDOM.standard_normal(shape)


@pytest.fixture
def dealt(monkeypatch):
    """Even small products are cut into blocks."""
    for name in ("ALONE", "VECTOR_ALONE"):
        monkeypatch.setattr(_product, name, 0)
    for name in ("EACH", "PAGES", "TILE"):
        monkeypatch.setattr(_product, name, 1)
    monkeypatch.setattr(_product, "SUMMED", 7)


@pytest.mark.parametrize("shape", [(9, 4, 3), (3, 4, 9), (1, 5, 8), (8, 5, 1), (1, 300, 1), (6, 1, 6)])
@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.int64, np.float16])
def test_either_axis_is_dealt(dealt, shape, dtype):
    rows, inner, columns = shape
    x, y = normal(rows, inner), normal(inner, columns)
    if dtype == np.int64:
        x, y = np.round(9 * x), np.round(9 * y)
    x, y = x.astype(dtype), y.astype(dtype)
    z = product(x, y)
    assert z.dtype == dtype
    rtol = {"e": 2e-2, "f": 1e-5, "d": 1e-12, "l": 0}[np.dtype(dtype).char]
    np.testing.assert_allclose(z, np.einsum("ik,kj->ij", x, y, dtype=np.float64), rtol=rtol, atol=rtol)


def test_operands_may_lie_in_any_order(dealt):
    x, y = normal(6, 9).T, normal(11, 6).T[:, ::2]
    np.testing.assert_allclose(product(x, y), np.einsum("ik,kj->ij", x, y), rtol=1e-12)


@pytest.mark.parametrize(("rows", "columns"), [(300, 1), (300, 4), (5, 2000), (1, 10000), (40, 300)])
def test_threads_and_blocks_do_not_change_a_large_product(monkeypatch, rows, columns):
    """The blocks follow from the sizes alone, so one thread gives the same bits as three."""
    x, y = normal(rows, 500).astype(np.float32), normal(500, columns).astype(np.float32)
    threads, results = npnn.get_num_threads(), []
    try:
        for count in (1, 3):
            npnn.set_num_threads(count)
            results.append(product(x, y))
    finally:
        npnn.set_num_threads(threads)
    assert results[0].tobytes() == results[1].tobytes()
    expected = np.einsum("ik,kj->ij", x, y, dtype=np.float64)
    np.testing.assert_allclose(results[0], expected, rtol=0, atol=2e-6 * 500)


SHAPES = [
    ((100, 100), (100, 100)),
    ((700,), (700, 3)),
    ((3, 700), (700,)),
    ((3, 50, 90), (90, 70)),
    ((3, 50, 90), (3, 90, 70)),
    ((2, 1, 50, 90), (3, 90, 70)),
    ((30, 50, 90), (30, 90, 70)),
]


@pytest.mark.parametrize(("one", "other"), SHAPES)
def test_openblas_keeps_to_one_thread(monkeypatch, one, other):
    """Its own threads would spin for a tenth of a second after a product, on a core that others need."""
    begun = []
    monkeypatch.setattr(npnn.threads._blas, "begin", lambda: begun.append("begin"))
    monkeypatch.setattr(npnn.threads._blas, "end", lambda: begun.append("end"))
    x, y = normal(*one), normal(*other)
    np.testing.assert_allclose(product(x, y), x @ y, rtol=1e-11, atol=1e-11)
    assert begun == ["begin", "end"]


@pytest.mark.parametrize("lead", [(5,), (2, 3), (7, 1)])
def test_stacks_of_products_are_dealt(dealt, check, lead):
    """And give the same: operands in any order in memory, their gradients, and second derivatives."""
    x, y = normal(*lead, 2, 4), normal(*lead, 4, 3)
    check(Matmul, x, y, expected=np.einsum("...ij,...jk->...ik", x, y))


@pytest.mark.parametrize("shape", [(1, 5), (23, 3), (4, 20), (0, 3), (200, 100)])
def test_column_sums(shape):
    x = normal(*shape)
    np.testing.assert_allclose(column_sums(x), np.einsum("rc->c", x), rtol=1e-11, atol=1e-11)


def test_column_sums_of_many_blocks(dealt):
    x = normal(23, 3)
    np.testing.assert_allclose(column_sums(x), np.einsum("rc->c", x), rtol=1e-12)
