"""Systems of equations and the matrix exponential: closed forms, series, and differences."""

import numpy as np
import pytest

from npnn.ops.linalg import MatrixExp, Solve

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
