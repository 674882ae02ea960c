"""Einstein's sums against sums written out, and against differences."""

import numpy as np
import pytest

from npnn.ops.einsum import Einsum

RANDOM = np.random.default_rng(0)
CASES = [
    ("ij,jk->ik", [(2, 3), (3, 4)]),
    ("bij,bjk,bk->bi", [(2, 3, 4), (2, 4, 2), (2, 2)]),
    ("ij->ji", [(2, 3)]),
    ("ij->j", [(2, 3)]),
    ("aik,j->ij", [(1, 2, 3), (4,)]),
    ("ijk,j->k", [(2, 3, 4), (3,)]),
    ("ii->i", [(3, 3)]),
    ("iij,j->", [(3, 3, 2), (2,)]),
    ("i,j->ij", [(2,), (3,)]),
    ("ij,ij->", [(2, 3), (2, 1)]),
    ("ij,jk->ik", [(2, 1), (3, 4)]),
    (",i->i", [(), (3,)]),
    ("->", [()]),
    ("ij,j->i", [(0, 3), (3,)]),
]


def summed(equation, operands):
    """Over every value of every letter, one product at a time."""
    left, right = equation.split("->")
    inputs = left.split(",")
    sizes = {}
    for letters, x in zip(inputs, operands, strict=True):
        for letter, size in zip(letters, x.shape, strict=True):
            sizes[letter] = max(size, sizes.get(letter, 0))
    y = np.zeros([sizes[letter] for letter in right])
    for places in np.ndindex(*sizes.values()):
        at = dict(zip(sizes, places, strict=True))
        term = 1.0
        for letters, x in zip(inputs, operands, strict=True):
            term *= x[tuple(min(at[letter], size - 1) for letter, size in zip(letters, x.shape, strict=True))]
        y[tuple(at[letter] for letter in right)] += term
    return y


@pytest.mark.parametrize(("equation", "shapes"), CASES)
def test_values_and_derivatives(check, equation, shapes):
    operands = [RANDOM.standard_normal(shape) for shape in shapes]
    left, output = equation.split("->")
    check(
        Einsum,
        *operands,
        expected=summed(equation, operands),
        inputs=tuple(left.split(",")),
        output=output,
    )
