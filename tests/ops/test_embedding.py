"""Embeddings and bags of them, against loops over the rows, and differences."""

import numpy as np
import pytest

import npnn
from npnn.autograd import gradcheck
from npnn.ops import embedding as ops

RANDOM = np.random.default_rng(0)
TABLE = RANDOM.standard_normal((6, 3))
INDEX = np.array([4, 1, 1, 5, 0, 4, 1])
BAG = np.array([0, 0, 1, 3, 3, 3, 3])
FACTOR = RANDOM.uniform(0.5, 2.0, 7)


def bags():
    return [[i for i, b in zip(INDEX, BAG, strict=True) if b == bag] for bag in range(5)]


@pytest.mark.parametrize("shape", [(7,), (7, 1), (1, 7)])
def test_embedding(check, shape):
    expected = np.array([TABLE[i] for i in INDEX]).reshape(*shape, 3)
    check(ops.Embedding, TABLE, index=INDEX.reshape(shape), expected=expected)


def test_no_index(check):
    check(ops.Embedding, TABLE, index=INDEX[:0].reshape(0, 2), expected=np.zeros((0, 2, 3)))


def test_embedding_gradient_is_multiplied_by_factor():
    table = npnn.tensor(TABLE, requires_grad=True)
    dy = RANDOM.standard_normal((7, 3))
    ops.Embedding.apply(table, index=INDEX, factor=FACTOR[:, None]).backward(npnn.tensor(dy))
    expected = np.zeros_like(TABLE)
    for i, factor, row in zip(INDEX, FACTOR, dy, strict=True):
        expected[i] += factor * row
    np.testing.assert_allclose(table.grad, expected, rtol=1e-12)


def test_bag_sum(check):
    scale = RANDOM.standard_normal(7)
    expected = np.zeros((5, 3))
    for i, bag, s in zip(INDEX, BAG, scale, strict=True):
        expected[bag] += s * TABLE[i]
    check(ops.BagSum, TABLE, scale, index=INDEX, bag=BAG, bags=5, expected=expected)


def test_bag_max(check):
    expected = [TABLE[rows].max(0) if rows else np.zeros(3) for rows in bags()]
    check(ops.BagMax, TABLE, index=INDEX, bag=BAG, bags=5, expected=np.array(expected))


def test_bags_without_anything(check):
    check(ops.BagMax, TABLE, index=INDEX[:0], bag=BAG[:0], bags=2, expected=np.zeros((2, 3)))
    check(ops.BagSum, TABLE, np.zeros(0), index=INDEX[:0], bag=BAG[:0], bags=2, expected=np.zeros((2, 3)))


def test_first_of_equals_gets_the_gradient():
    table = npnn.tensor([[1.0], [1.0], [0.0]], requires_grad=True)
    ops.BagMax.apply(table, index=np.array([2, 1, 0]), bag=np.zeros(3, int), bags=1).sum().backward()
    np.testing.assert_array_equal(table.grad, [[0.0], [1.0], [0.0]])


def test_nan_wins():
    rows = np.array([[1.0], [np.nan], [2.0]])
    assert np.isnan(ops.BagMax.apply(rows, index=np.arange(3), bag=np.zeros(3, int), bags=1)).all()


def test_factors_are_part_of_the_second_derivative():
    """The gradient with factors is a linear map of dy: its derivative knows the factors as well."""
    table = npnn.tensor(TABLE, requires_grad=True)
    dy = npnn.tensor(RANDOM.standard_normal((7, 3)), requires_grad=True)

    def gradient(dy):
        y = ops.Embedding.apply(table, index=INDEX, factor=FACTOR[:, None])
        return npnn.autograd.grad(y, table, dy, create_graph=True)[0]

    assert gradcheck(gradient, [dy])


@pytest.mark.parametrize("p", [1, 1.5, 2, np.inf])
def test_renormalized(p):
    rows, shorter = ops.renormalized(TABLE, np.array([[4, 1], [1, 5]]), 0.9, p)
    for row, values in zip(rows, shorter, strict=True):
        length = np.linalg.norm(TABLE[row], p)
        assert length > 0.9
        np.testing.assert_allclose(values, TABLE[row] * 0.9 / (length + 1e-7), rtol=1e-12)
    assert set(rows) == {row for row in (1, 4, 5) if np.linalg.norm(TABLE[row], p) > 0.9}
