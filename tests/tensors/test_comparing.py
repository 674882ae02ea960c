"""Questions about tensors, bits and divisors; test_tensor_database.py holds them against torch."""

import numpy as np
import pytest

import npnn

X, Y = npnn.tensor([12, -18, 7]), npnn.tensor([8, 12, 0])


def test_integers():
    assert npnn.gcd(X, Y).tolist() == [4, 6, 7]
    assert npnn.lcm(X, Y).tolist() == [24, 36, 0]
    assert npnn.bitwise_and(X, Y).tolist() == [12 & 8, -18 & 12, 0]
    assert npnn.bitwise_or(X, 3).tolist() == [12 | 3, -18 | 3, 7]
    assert npnn.bitwise_xor(X, Y).tolist() == [12 ^ 8, -18 ^ 12, 7]
    assert npnn.bitwise_not(X).tolist() == [-13, 17, -8]
    assert npnn.bitwise_left_shift(X, 2).tolist() == [48, -72, 28]
    assert (2 << npnn.tensor([1, 2])).tolist() == [4, 8]
    assert npnn.bitwise_right_shift(X, 2).tolist() == [3, -5, 1]


def test_comparisons():
    assert npnn.greater(X, Y).tolist() == [True, False, True]
    assert npnn.less_equal(X, Y).tolist() == [False, True, False]
    assert npnn.not_equal(X, 7).tolist() == [True, True, False]
    assert npnn.logical_xor(X, Y).tolist() == [False, False, True]
    x = npnn.tensor([1.0, np.nan])
    assert npnn.isclose(x, x + 1e-7).tolist() == [True, False]
    assert npnn.isclose(x, x, equal_nan=True).tolist() == [True, True]


def test_of_each_number():
    x = npnn.tensor([-np.inf, -0.0, 2.0])
    assert npnn.isneginf(x).tolist() == [True, False, False]
    assert npnn.isposinf(-x).tolist() == [True, False, False]
    assert npnn.signbit(x).tolist() == [True, True, False]
    assert npnn.heaviside(x, npnn.tensor([0.5])).tolist() == [0, 0.5, 1]
    assert npnn.isreal(npnn.tensor([1 + 0j, 1j])).tolist() == [True, False]


def test_of_the_whole():
    assert npnn.is_nonzero(npnn.tensor(3))
    assert npnn.is_same_size(X, Y)
    assert npnn.ones(1).is_signed()
    assert not npnn.is_signed(npnn.tensor([True]))


def test_refused():
    x, b = npnn.ones(3), npnn.tensor([True, False, True])
    for call, error in (
        (lambda: npnn.isclose(x, x.double()), RuntimeError),
        (lambda: npnn.isclose(x, x, rtol=-1), RuntimeError),
        (lambda: npnn.heaviside(x, x.double()), RuntimeError),
        (lambda: npnn.heaviside(x, 1.0), TypeError),
        (lambda: npnn.gcd(x, x), NotImplementedError),
        (lambda: npnn.bitwise_not(x), NotImplementedError),
        (lambda: npnn.bitwise_and(x, x), NotImplementedError),
        (lambda: npnn.bitwise_left_shift(b, b), NotImplementedError),
        (lambda: npnn.bitwise_or(X, "a"), TypeError),
        (lambda: npnn.is_nonzero(x), RuntimeError),
    ):
        with pytest.raises(error):
            call()
