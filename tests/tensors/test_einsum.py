"""Equations of einsum, read against NumPy's own reading; tests/ops/test_einsum.py has the derivatives."""

import numpy as np
import pytest

import npnn

RANDOM = np.random.default_rng(0)
A, B, C = (RANDOM.standard_normal(shape) for shape in ((2, 3), (3, 4), (5, 2, 3)))


@pytest.mark.parametrize(
    ("equation", "operands"),
    [
        ("ij,jk", (A, B)),
        ("ij, jk -> ki", (A, B)),
        ("...ij,jk->...ik", (C, B)),
        ("...j,...j", (C, A)),
        ("i...->...", (C,)),
        ("zba", (C,)),
        ("ij,ij,ij->j", (A, A, A)),
    ],
)
def test_equations(equation, operands):
    ours = npnn.einsum(equation, *map(npnn.tensor, operands))
    np.testing.assert_allclose(ours, np.einsum(equation, *operands), rtol=1e-12)
    np.testing.assert_array_equal(npnn.einsum(equation, list(map(npnn.tensor, operands))), ours)


def test_further_axes_that_the_result_does_not_name_are_summed_over():
    ours = npnn.einsum("b...,...->b", npnn.tensor(C), npnn.tensor(A))
    np.testing.assert_allclose(ours, (C * A).sum((1, 2)), rtol=1e-12)


def test_numbers_in_place_of_letters():
    a, b = npnn.tensor(A), npnn.tensor(B)
    np.testing.assert_allclose(npnn.einsum(a, [0, 1], b, [1, 2], [2, 0]), (A @ B).T, rtol=1e-12)
    np.testing.assert_allclose(npnn.einsum(a, [..., 1], b, [1, 2]), A @ B, rtol=1e-12)


def test_tensordot():
    c, a, b = (npnn.tensor(x) for x in (C, A, B))
    np.testing.assert_allclose(npnn.tensordot(c, a), np.tensordot(C, A), rtol=1e-12)
    np.testing.assert_allclose(npnn.tensordot(c, b, 1), np.tensordot(C, B, 1), rtol=1e-12)
    np.testing.assert_allclose(npnn.tensordot(c, a, ([1], [0])), np.tensordot(C, A, ([1], [0])), rtol=1e-12)


def test_refused():
    a, b = npnn.tensor(A), npnn.tensor(B)
    for call, error, message in (
        (lambda: npnn.einsum("ij"), ValueError, "at least one operand"),
        (lambda: npnn.einsum("ij", a, b), RuntimeError, "more operands"),
        (lambda: npnn.einsum("ij,jk,kl", a, b), RuntimeError, "fewer operands"),
        (lambda: npnn.einsum("ijk", a), RuntimeError, "number of subscripts"),
        (lambda: npnn.einsum("i1", a), RuntimeError, "invalid subscript"),
        (lambda: npnn.einsum("ij->ik", a), RuntimeError, "output subscript k"),
        (lambda: npnn.einsum("ij->ii", a), RuntimeError, "output subscript i"),
        (lambda: npnn.einsum("ij,ij", a, b), RuntimeError, "does not broadcast"),
        (lambda: npnn.einsum(a, [0, 60]), ValueError, "0 to 51"),
        (lambda: npnn.tensordot(a, b, 3), RuntimeError, "dims < ndim_a"),
        (lambda: npnn.tensordot(a, b, -1), RuntimeError, "dims >= 0"),
        (lambda: npnn.tensordot(a, b, ([0], [0])), RuntimeError, "contracted dimensions need to match"),
        (lambda: npnn.tensordot(a, b, ([0], [0, 1])), RuntimeError, "same length"),
    ):
        with pytest.raises(error, match=message):
            call()
