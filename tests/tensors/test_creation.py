"""Tensors that are made rather than computed."""

import numpy as np
import pytest

import npnn


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (npnn.zeros(2, 3), np.zeros((2, 3), np.float32)),
        (npnn.ones((2,), dtype=npnn.int8), np.ones(2, np.int8)),
        (npnn.ones([]), np.float32(1)),
        (npnn.full((2, 1), 1.5), np.full((2, 1), 1.5, np.float32)),
        (npnn.full((2,), 3), np.array([3, 3])),
        (npnn.full((), True), np.array(True)),
        (npnn.eye(2, 3), np.eye(2, 3, dtype=np.float32)),
        (npnn.arange(3), np.array([0, 1, 2])),
        (npnn.arange(1, 2, 0.25), np.array([1, 1.25, 1.5, 1.75], np.float32)),
        (npnn.arange(5, 0, -2), np.array([5, 3, 1])),
        (npnn.arange(0), np.array([], np.int64)),
        (npnn.linspace(0, 1, 5), np.array([0, 0.25, 0.5, 0.75, 1], np.float32)),
        (npnn.linspace(0, 1, 0), np.array([], np.float32)),
        (npnn.zeros_like(npnn.ones(2, dtype=npnn.float64)), np.zeros(2)),
        (npnn.ones_like(npnn.ones(2), dtype=npnn.int64), np.array([1, 1])),
        (npnn.full_like(npnn.arange(2), 7.9), np.array([7, 7])),
        (npnn.tensor([[1, 2], [3, 4]], dtype=npnn.float64), np.array([[1.0, 2], [3, 4]])),
    ],
)
def test_values_and_dtypes(made, expected):
    assert made.dtype == expected.dtype
    np.testing.assert_array_equal(made, expected, strict=True)


def test_memory():
    array = np.zeros(2)
    assert npnn.from_numpy(array).array is array
    assert npnn.as_tensor(array).array is array
    assert not np.shares_memory(npnn.tensor(array).array, array)
    x = npnn.ones(2)
    assert npnn.as_tensor(x) is x
    assert not np.shares_memory(npnn.tensor(x).array, x.array)


@pytest.mark.parametrize("make", [npnn.zeros, npnn.ones, npnn.empty, npnn.rand, npnn.randn])
def test_options(make):
    x = make(2, 3, dtype=npnn.float64, requires_grad=True, device="cpu")
    assert (x.shape, x.dtype, x.requires_grad, x.is_leaf) == ((2, 3), np.float64, True, True)
    with pytest.raises(RuntimeError, match="one device"):
        make(2, device="cuda")
    with pytest.raises(RuntimeError, match=r"negative dimension -2: \[1, -2\]"):
        make(1, -2)
    with pytest.raises(TypeError, match="expected ints"):
        make("a")


def test_random_numbers_come_from_their_generator():
    for draw in (
        lambda g: npnn.rand(3, generator=g),
        lambda g: npnn.randn(3, generator=g),
        lambda g: npnn.randint(10, (3,), generator=g),
        lambda g: npnn.randint(-5, 5, (3,), generator=g),
        lambda g: npnn.randperm(5, generator=g),
        lambda g: npnn.normal(2.0, 3.0, (3,), generator=g),
        lambda g: npnn.normal(npnn.zeros(3), npnn.ones(3), generator=g),
        lambda g: npnn.bernoulli(npnn.full((9,), 0.5), generator=g),
        lambda g: npnn.rand_like(npnn.ones(3), generator=g),
        lambda g: npnn.randn_like(npnn.ones(3), generator=g),
        lambda g: npnn.zeros(3).uniform_(2, 3, generator=g),
        lambda g: npnn.zeros(3).normal_(2, 3, generator=g),
        lambda g: npnn.zeros(9).bernoulli_(0.3, generator=g),
        lambda g: npnn.zeros(3).random_(10, generator=g),
        lambda g: npnn.zeros(3, dtype=npnn.int64).random_(generator=g),
        lambda g: npnn.zeros(3).exponential_(2.0, generator=g),
        lambda g: npnn.ones(4).multinomial(2, generator=g),
    ):
        before = npnn.get_rng_state()
        one, other = (draw(npnn.Generator().manual_seed(seed)) for seed in (3, 3))
        np.testing.assert_array_equal(one, other)
        np.testing.assert_array_equal(before, npnn.get_rng_state())
        npnn.manual_seed(3)
        np.testing.assert_array_equal(draw(None), one)


def test_sampling_writes_in_place():
    x = npnn.zeros(2, 3, dtype=npnn.float64)
    assert x.uniform_() is x
    assert (x.dtype, x._version) == (np.float64, 1)
    with pytest.raises(RuntimeError, match="a leaf Variable that requires grad"):
        npnn.zeros(2, requires_grad=True).normal_()


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda: npnn.arange(0, 1, 0), RuntimeError),
        (lambda: npnn.arange(0, 5, -1), RuntimeError),
        (lambda: npnn.linspace(0, 1, -1), RuntimeError),
        (lambda: npnn.eye(-1), RuntimeError),
        (lambda: npnn.eye(1, -1), RuntimeError),
        (lambda: npnn.from_numpy([1.0]), TypeError),
        (lambda: npnn.ones(2, dtype=npnn.int64, requires_grad=True), RuntimeError),
    ],
)
def test_refused(call, error):
    with pytest.raises(error):
        call()
