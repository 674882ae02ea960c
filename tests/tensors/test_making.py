"""Tensors like others, on a logarithmic scale, of one number, of two parts."""

import numpy as np
import pytest

import npnn

X = npnn.zeros(2, 3, dtype=npnn.float16)


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        (X.new_zeros(2, 1), np.zeros((2, 1), np.float16)),
        (X.new_ones((3,)), np.ones(3, np.float16)),
        (X.new_ones(size=(3,), dtype=npnn.int8), np.ones(3, np.int8)),
        (X.new_full((1, 2), 7), np.full((1, 2), 7, np.float16)),
        (X.new_tensor([1, 2]), np.array([1, 2], np.float16)),
        (npnn.logspace(-2, 2, 5, dtype=npnn.float64), 10.0 ** np.arange(-2, 3)),
        (npnn.logspace(0, 4, 3, base=2, dtype=npnn.int64), np.array([1, 4, 16])),
    ],
)
def test_values(result, expected):
    np.testing.assert_allclose(result, expected, rtol=1e-14, strict=True)


def test_like_others():
    assert (X.new_empty(4).shape, X.new_empty(4).dtype) == ((4,), np.float16)
    drawn = npnn.randint_like(X, 3, 5)
    assert (drawn.shape, drawn.dtype) == ((2, 3), np.float16)
    assert set(drawn.flatten().tolist()) <= {3, 4}
    assert set(npnn.randint_like(npnn.zeros(40), 2, dtype=npnn.int64).tolist()) == {0, 1}


def test_options():
    assert X.new_zeros(1, requires_grad=True).requires_grad
    assert npnn.scalar_tensor(2, dtype=npnn.int64).dtype == np.int64
    assert npnn.scalar_tensor(2, requires_grad=True).ndim == 0
    assert npnn.randint_like(X, 2, requires_grad=True).requires_grad
    with pytest.raises(TypeError, match="unexpected keyword argument 'colour'"):
        X.new_zeros(1, colour=3)
    with pytest.raises(RuntimeError):
        X.new_zeros(1, device="cuda")


def test_complex_numbers():
    x, y = npnn.tensor([[1.5], [-2.0]]), npnn.tensor([0.0, npnn.inf])
    assert npnn.complex(x, y).tolist() == [[complex(a, b) for b in (0, np.inf)] for a in (1.5, -2)]
    np.testing.assert_allclose(npnn.polar(x, x), x.array * np.exp(1j * x.array), rtol=1e-6)
    with pytest.raises(NotImplementedError, match="does not differentiate complex numbers"):
        npnn.complex(x, x.clone().requires_grad_())
    with npnn.no_grad():
        assert npnn.complex(x.requires_grad_(), x).dtype == np.complex64
