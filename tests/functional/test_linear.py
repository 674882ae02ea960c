"""F.linear: what it takes and refuses; tests/ops/test_linear.py has the sums."""

import numpy as np
import pytest

import npnn
import npnn.functional as F

RANDOM = np.random.default_rng(0)
X, W, B = RANDOM.standard_normal((2, 3)), RANDOM.standard_normal((3, 4)), RANDOM.standard_normal(4)


def test_tensors_and_arrays():
    expected = X @ W + B
    for arguments in ((X, W, B), (npnn.tensor(X), W, B), (X, npnn.tensor(W), npnn.tensor(B))):
        y = F.linear(*arguments)
        assert isinstance(y, npnn.Tensor)
        np.testing.assert_allclose(y, expected, rtol=1e-14)
    np.testing.assert_allclose(F.linear(X, W), X @ W, rtol=1e-14)


@pytest.mark.parametrize("shape", [(3,), (2, 3), (2, 1, 3), (0, 3)])
def test_leading_axes(shape):
    assert F.linear(np.ones(shape), W, B).shape == (*shape[:-1], 4)


def test_a_weight_of_one_output():
    assert F.linear(X, W[:, 0].copy(), np.array(2.0)).shape == (2,)
    np.testing.assert_allclose(F.linear(X, W[:, 0].copy()), X @ W[:, 0], rtol=1e-14)


@pytest.mark.parametrize("bias", [(1,), (), (1, 4)])
def test_a_bias_that_is_broadcast(bias):
    b = npnn.tensor(np.full(bias, 2.0), requires_grad=True)
    F.linear(X, W, b).sum().backward()
    assert b.grad.shape == bias
    assert b.grad.array.sum() == 8


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ((X, W.T.copy()), RuntimeError, r"mat1 and mat2 shapes cannot be multiplied.*\[2, 3\].*\[4, 3\]"),
        ((np.array(1.0), W), RuntimeError, "mat1 and mat2 shapes cannot be multiplied"),
        ((X, W[None]), RuntimeError, "mat1 and mat2 shapes cannot be multiplied"),
        ((X.astype(np.float32), W), RuntimeError, "mat1 and mat2 must have the same dtype.*float32.*float64"),
        ((X, W, B[:3]), RuntimeError, r"bias of shape \[4\] for a weight of shape \[3, 4\], got \[3\]"),
        ((X, W, B.astype(np.float32)), RuntimeError, "bias in the weight's dtype float64, got float32"),
        (([1.0], W), TypeError, "must be a Tensor or an ndarray, not list"),
    ],
)
def test_refused(arguments, error, words):
    with pytest.raises(error, match=words):
        F.linear(*arguments)
