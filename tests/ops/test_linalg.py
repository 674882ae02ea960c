"""Systems of equations and the matrix exponential: closed forms, series, and differences."""

import numpy as np
import pytest

import npnn
from npnn.autograd import gradcheck, gradgradcheck
from npnn.ops.linalg import Determinant, Inverse, LogDeterminant, MatrixExp, PseudoInverse, Solve

RANDOM = np.random.default_rng(0)


@pytest.mark.parametrize(
    ("a", "b"), [((3, 3), (3, 2)), ((2, 3, 3), (2, 3, 1)), ((3, 3), (2, 3, 4)), ((2, 1, 3, 3), (4, 3, 2))]
)
def test_solve(check, a, b):
    a, x = RANDOM.standard_normal(a) + 3 * np.eye(3), RANDOM.standard_normal(b)
    check(Solve, a, a @ x if a.ndim >= x.ndim else np.matmul(a, x))
    np.testing.assert_allclose(Solve.apply(a, a @ x), np.broadcast_to(x, (a @ x).shape), rtol=1e-9)


@pytest.mark.parametrize("scale", [0.1, 1.0, 4.0])
@pytest.mark.parametrize("shape", [(1, 1), (3, 3), (2, 4, 4)])
def test_matrix_exp(check, shape, scale):
    a = RANDOM.standard_normal(shape) * scale / shape[-1]
    check(MatrixExp, a, expected=series(a))


def series(a):
    """Σ Aʲ / j!, far beyond where its terms matter."""
    total = term = np.broadcast_to(np.eye(a.shape[-1]), a.shape)
    for j in range(1, 60):
        term = term @ a / j
        total = total + term
    return total


@pytest.mark.parametrize("angle", [1e-9, 0.3, 2.0, 50.0, 1e4])
def test_the_exponential_of_a_skew_matrix_is_a_rotation(angle):
    y = MatrixExp.apply(np.array([[0.0, -angle], [angle, 0.0]]))
    c, s = np.cos(angle), np.sin(angle)
    np.testing.assert_allclose(y, [[c, -s], [s, c]], rtol=1e-10, atol=1e-11)


def test_matrices_of_a_stack_do_not_depend_on_each_other():
    small, large = RANDOM.standard_normal((3, 3)), RANDOM.standard_normal((3, 3)) * 100
    both = MatrixExp.apply(np.stack([small, large]))
    np.testing.assert_array_equal(both[0], MatrixExp.apply(small))
    np.testing.assert_array_equal(both[1], MatrixExp.apply(large))


def test_long_gradients_cost_no_accuracy():
    """The derivative in the direction of A itself is A exp(A), however long."""
    import npnn

    a = RANDOM.standard_normal((4, 4))
    for length in (1.0, 1e12):
        x = npnn.tensor(a, requires_grad=True)
        y = MatrixExp.apply(x)
        y.backward(npnn.tensor(a.T * length))
        np.testing.assert_allclose(x.grad.array.T / length, a @ y.detach().array, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("shape", [(0, 0), (0, 3, 3), (2, 0, 0)])
def test_no_matrices(shape):
    assert MatrixExp.apply(np.zeros(shape)).shape == shape


def test_float32_stays_float32():
    a = RANDOM.standard_normal((3, 3)).astype(np.float32)
    y = MatrixExp.apply(a)
    assert y.dtype == np.float32
    # Some ten products of 3 x 3 matrices, each rounded to 6e-8.
    np.testing.assert_allclose(y, series(a.astype(np.float64)), rtol=3e-6, atol=3e-6)
    assert Solve.apply(a, a).dtype == np.float32


@pytest.mark.parametrize("shape", [(3, 3), (2, 4, 4), (0, 0)])
def test_inverse(check, shape):
    a = RANDOM.standard_normal(shape) + 3 * np.eye(shape[-1])
    np.testing.assert_allclose(Inverse.apply(a) @ a, np.eye(shape[-1]) + 0 * a, atol=1e-14)
    check(Inverse, a)


def test_determinant(check):
    a = RANDOM.standard_normal((2, 3, 3))
    first, second, third = np.moveaxis(a, -2, 0)
    check(Determinant, a, expected=(np.cross(first, second) * third).sum(-1))


def test_determinant_of_a_singular_matrix():
    """Its derivative is the matrix of cofactors, as that of any other."""
    a = npnn.tensor([[1.0, 2, 3], [2, 4, 6], [1, 0, 1]], dtype=npnn.float64, requires_grad=True)
    Determinant.apply(a).backward()
    np.testing.assert_allclose(a.grad, [[4, 4, -4], [-2, -2, 2], [0, 0, 0]], atol=1e-13)


def test_logarithm_of_the_determinant():
    a = RANDOM.standard_normal((2, 3, 3))
    sign, logarithm = LogDeterminant.apply(a)
    np.testing.assert_allclose(sign * np.exp(logarithm), np.linalg.det(a), rtol=1e-12)
    x = npnn.tensor(a, requires_grad=True)
    assert gradcheck(lambda x: LogDeterminant.apply(x)[1], (x,))
    assert gradgradcheck(lambda x: LogDeterminant.apply(x)[1], (x,))


@pytest.mark.parametrize("shape", [(3, 3), (4, 2), (2, 2, 3)])
def test_pseudo_inverse(check, shape):
    """By its four properties (Penrose)."""
    a = RANDOM.standard_normal(shape)
    y = PseudoInverse.apply(a, atol=0.0, rtol=1e-14)
    for product, expected in (
        (a @ y @ a, a),
        (y @ a @ y, y),
        *((p, p.swapaxes(-1, -2)) for p in (a @ y, y @ a)),
    ):
        np.testing.assert_allclose(product, expected, rtol=1e-11, atol=1e-12)
    check(PseudoInverse, a, atol=0.0, rtol=1e-14)


def test_pseudo_inverse_of_what_counts_as_zero():
    a = np.diag([4.0, 1.0, 1e-3])
    np.testing.assert_allclose(PseudoInverse.apply(a, atol=0.0, rtol=0.1), np.diag([0.25, 1, 0]), atol=1e-15)
    np.testing.assert_allclose(
        PseudoInverse.apply(-a, atol=2.0, rtol=0.0, symmetric=True), np.diag([-0.25, 0, 0]), atol=1e-15
    )
