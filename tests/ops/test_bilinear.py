"""The bilinear form, against its sum written out, and differences."""

import numpy as np
import pytest

import npnn
from npnn.ops.bilinear import Bilinear

RANDOM = np.random.default_rng(0)


def normal(*shape):
    return RANDOM.standard_normal(shape)


@pytest.mark.parametrize("lead", [(), (5,), (2, 3), (0,)])
@pytest.mark.parametrize("biased", [True, False])
def test_bilinear(check, lead, biased):
    x, z, weight, bias = normal(*lead, 4), normal(*lead, 3), normal(4, 3, 2), normal(2) if biased else None
    expected = np.zeros((*lead, 2))
    for place in np.ndindex(*lead, 2):
        *row, o = place
        total = sum(x[(*row, i)] * weight[i, j, o] * z[(*row, j)] for i in range(4) for j in range(3))
        expected[place] = total + (bias[o] if biased else 0)
    check(Bilinear, x, z, weight, bias, expected=expected)


def test_only_what_is_needed_is_computed():
    x, z, weight, bias = (npnn.tensor(normal(*shape)) for shape in ((5, 4), (5, 3), (4, 3, 2), (2,)))
    for number, wanted in enumerate((x, z, weight, bias)):
        wanted.requires_grad_()
        y = Bilinear.apply(x, z, weight, bias)
        gradients = Bilinear.backward(y.grad_fn, np.ones((5, 2)))
        assert [g is not None for g in gradients] == [n == number for n in range(4)]
        wanted.requires_grad_(False)
