"""Products of matrices, against sums written out, and differences."""

import itertools

import numpy as np
import pytest

import npnn
from npnn.ops import linear as ops

RANDOM = np.random.default_rng(0)


def normal(*shape):
    return RANDOM.standard_normal(shape)


@pytest.mark.parametrize("lead", [(), (5,), (2, 3), (2, 1, 3), (0,), (2, 0)])
@pytest.mark.parametrize("biased", [True, False])
def test_linear(check, lead, biased):
    x, w, b = normal(*lead, 4), normal(4, 3), normal(3) if biased else None
    expected = np.zeros((*lead, 3))
    for place in np.ndindex(*lead):
        for j in range(3):
            expected[(*place, j)] = sum(x[(*place, i)] * w[i, j] for i in range(4)) + (b[j] if biased else 0)
    check(ops.Linear, x, w, b, expected=expected)


@pytest.mark.parametrize("sizes", [(0, 3), (4, 0)])
def test_linear_of_no_features(check, sizes):
    check(ops.Linear, normal(2, sizes[0]), normal(*sizes), normal(sizes[1]))


SHAPES = [
    ((2, 3), (3, 4)),
    ((3,), (3,)),
    ((3,), (3, 4)),
    ((2, 3), (3,)),
    ((5, 2, 3), (3, 2)),
    ((2, 2, 3), (2, 3, 4)),
    ((2, 3), (2, 3, 4)),
    ((2, 1, 1, 3), (2, 3, 2)),
    ((3,), (2, 3, 4)),
    ((5, 2, 3), (3,)),
    ((1, 3), (3, 1)),
    ((2, 0), (0, 4)),
    ((0, 3), (3, 2)),
    ((0, 2, 3), (3, 1)),
]


@pytest.mark.parametrize(("one", "other"), SHAPES)
def test_matmul(check, one, other):
    x, y = normal(*one), normal(*other)
    a, b = np.atleast_2d(x), y if y.ndim > 1 else y[:, None]
    lead = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    a, b = np.broadcast_to(a, (*lead, *a.shape[-2:])), np.broadcast_to(b, (*lead, *b.shape[-2:]))
    expected = np.zeros((*lead, a.shape[-2], b.shape[-1]))
    for *place, i, j, k in itertools.product(*map(range, (*lead, a.shape[-2], b.shape[-1], a.shape[-1]))):
        expected[(*place, i, j)] += a[(*place, i, k)] * b[(*place, k, j)]
    if y.ndim == 1:
        expected = expected[..., 0]
    if x.ndim == 1:
        expected = expected[0] if y.ndim == 1 else expected[..., 0, :]
    check(ops.Matmul, x, y, expected=expected)


def test_only_what_is_needed_is_computed():
    x, w = npnn.tensor(normal(2, 4)), npnn.tensor(normal(4, 3), requires_grad=True)
    y = ops.Linear.apply(x, w, None)
    assert ops.Linear.backward(y.grad_fn, np.ones((2, 3)))[::2] == (None, None)
