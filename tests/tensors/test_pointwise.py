"""Functions of tensors element by element; test_tensor_database.py holds them against torch."""

import numpy as np
import pytest

import npnn

X = np.random.default_rng(0).uniform(0.2, 0.9, (2, 3))
OTHER = np.random.default_rng(1).uniform(0.2, 0.9, (3,))


def test_by_numpys_functions_of_the_same_name():
    x, y = npnn.tensor(X), npnn.tensor(OTHER)
    for ours, theirs in (
        (npnn.asinh(x), np.arcsinh(X)),
        (npnn.acosh(x + 1), np.arccosh(X + 1)),
        (npnn.atanh(x), np.arctanh(X)),
        (npnn.exp2(x), np.exp2(X)),
        (npnn.sinc(x), np.sinc(X)),
        (npnn.deg2rad(x), np.deg2rad(X)),
        (npnn.rad2deg(x), np.rad2deg(X)),
        (npnn.atan2(x, y), np.arctan2(X, OTHER)),
        (npnn.hypot(x, y), np.hypot(X, OTHER)),
        (npnn.logaddexp(x, y), np.logaddexp(X, OTHER)),
        (npnn.fmod(x, y), np.fmod(X, OTHER)),
        (npnn.fmod(x, 0.5), np.fmod(X, 0.5)),
        (npnn.copysign(x, -1), -X),
        (npnn.float_power(x, 2), X**2),
        (npnn.rsub(x, y, alpha=2), OTHER - 2 * X),
        (npnn.lerp(x, y.expand(2, 3), 0.25), X + 0.25 * (OTHER - X)),
        (npnn.addcmul(x, x, y, value=2), X + 2 * X * OTHER),
        (npnn.addcdiv(x, x, y, value=2), X + 2 * X / OTHER),
        (npnn.frac(x * 7), X * 7 % 1),
    ):
        np.testing.assert_allclose(ours, theirs, rtol=1e-13)


def test_what_is_no_number_is_replaced_and_has_no_gradient():
    x = npnn.tensor([np.nan, np.inf, -np.inf, 2.0], requires_grad=True)
    y = npnn.nan_to_num(x, nan=5.0, posinf=9.0)
    assert y.tolist() == [5, 9, np.finfo(np.float32).min, 2]
    y.sum().backward()
    assert x.grad.tolist() == [0, 0, 0, 1]


def test_complex_numbers_forward():
    z = npnn.tensor([3 + 4j, -1j])
    assert npnn.conj(z).tolist() == [3 - 4j, 1j]
    assert npnn.real(z).tolist() == [3, 0]
    assert z.imag.tolist() == [4, -1]
    np.testing.assert_allclose(npnn.angle(z), np.angle(z.array), rtol=1e-6)
    np.testing.assert_allclose(npnn.sgn(z), [0.6 + 0.8j, -1j], rtol=1e-6)


def test_refused():
    x, i, b = npnn.ones(2), npnn.arange(2), npnn.tensor([True, False])
    for call, error in (
        (lambda: npnn.frac(i), NotImplementedError),
        (lambda: npnn.frexp(i), RuntimeError),
        (lambda: npnn.positive(b), RuntimeError),
        (lambda: npnn.hypot(i, i), NotImplementedError),
        (lambda: npnn.hypot(x, 2.0), TypeError),
        (lambda: npnn.fmod(i, 0), RuntimeError),
        (lambda: npnn.lerp(x, x.double(), 0.5), RuntimeError),
        (lambda: npnn.addcdiv(x, i, i), RuntimeError),
        (lambda: npnn.atan2(x, npnn.ones(3)), RuntimeError),
        (lambda: npnn.deg2rad(npnn.tensor(1j)), RuntimeError),
    ):
        with pytest.raises(error):
            call()
