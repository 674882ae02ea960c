"""First weights: fans, gains and distributions in closed form, and the seed."""

import math

import numpy as np
import pytest

import npnn
from npnn.cs189.weights import initialize_weights

KERNEL, MATRIX = (3, 5, 16, 48), (120, 360)
# fan_in and fan_out: what an output adds up, and what an input goes to.
FANS = {KERNEL: (3 * 5 * 16, 3 * 5 * 48), MATRIX: (120, 360)}
GAINS = {"tanh": 5 / 3, "relu": math.sqrt(2), "sigmoid": 1, "linear": 1, "softmax": 1, "arctan": 1, None: 1}
RANDOM = ["uniform", "normal", "sparse", "he_uniform", "he_normal", "xavier_uniform", "xavier_normal"]


def draw(name, shape, **options):
    return initialize_weights(name, **options)(shape, npnn.Generator().manual_seed(4))


def check_distribution(weights, kind, std):
    # 43,200 and 11,520 draws: their standard deviation is within 3% of the distribution's.
    np.testing.assert_allclose(weights.std(), std, rtol=0.03)
    np.testing.assert_allclose(weights.mean(), 0, atol=4 * std / math.sqrt(weights.size))
    largest = np.abs(weights).max()
    if kind == "uniform":
        assert 0.999 * math.sqrt(3) * std < largest < math.sqrt(3) * std
    else:
        assert largest > 3 * std


@pytest.mark.parametrize("shape", [KERNEL, MATRIX])
@pytest.mark.parametrize("activation", GAINS)
@pytest.mark.parametrize("kind", ["uniform", "normal"])
def test_xavier_and_he(shape, activation, kind):
    fan_in, fan_out = FANS[shape]
    gain = GAINS[activation]
    xavier = draw(f"xavier_{kind}", shape, activation=activation)
    check_distribution(xavier, kind, gain * math.sqrt(2 / (fan_in + fan_out)))
    for mode, fan in (("fan_in", fan_in), ("fan_out", fan_out)):
        he = draw(f"he_{kind}", shape, activation=activation, mode=mode)
        check_distribution(he, kind, gain / math.sqrt(fan))
    np.testing.assert_array_equal(
        draw(f"he_{kind}", shape, activation=activation),
        draw(f"he_{kind}", shape, activation=activation, mode="fan_in"),
    )


def test_plain_distributions():
    check_distribution(draw("uniform", MATRIX), "uniform", 1 / math.sqrt(3))
    check_distribution(draw("normal", MATRIX), "normal", 1)


def test_sparse():
    weights = draw("sparse", (40, 90))
    # A tenth of what each input goes to.
    np.testing.assert_array_equal((weights == 0).sum(axis=1), 9)
    np.testing.assert_allclose(weights[weights != 0].std(), 0.01, rtol=0.05)


def test_fillings_that_draw_nothing():
    np.testing.assert_array_equal(draw("zeros", (2, 3)), np.zeros((2, 3)))
    np.testing.assert_array_equal(draw("ones", (2, 3)), np.ones((2, 3)))
    np.testing.assert_array_equal(draw("constant", (2, 3)), np.full((2, 3), 0.5))
    np.testing.assert_array_equal(draw("identity", (2, 3)), np.eye(2, 3))


def test_identity_kernel_hands_on_the_image():
    kernel, image = draw("identity", (3, 5, 2, 2)), np.random.default_rng(0).random((1, 6, 7, 2))
    np.testing.assert_array_equal(
        npnn.functional.conv2d(npnn.tensor(image), npnn.tensor(kernel), padding=(1, 2)).numpy(), image
    )


@pytest.mark.parametrize("name", RANDOM)
def test_the_generator_decides_and_the_default_one_stands_in(name):
    shape, fill = (7, 5), initialize_weights(name)
    npnn.manual_seed(11)
    state = npnn.get_rng_state()
    first, second = (fill(shape, npnn.Generator().manual_seed(seed)) for seed in (1, 2))
    assert (first != second).any()
    np.testing.assert_array_equal(first, fill(shape, npnn.Generator().manual_seed(1)))
    np.testing.assert_array_equal(state, npnn.get_rng_state())
    npnn.manual_seed(1)
    np.testing.assert_array_equal(fill(shape), first)
    assert (fill(shape) != first).any()


@pytest.mark.parametrize("name", RANDOM)
def test_a_generator_goes_on(name):
    generator = npnn.Generator().manual_seed(1)
    first, second = (initialize_weights(name)((7, 5), generator) for _ in range(2))
    assert (first != second).any()


def test_unknown_names():
    with pytest.raises(NotImplementedError, match="no initialization 'glorot', only: zeros, ones, identity"):
        initialize_weights("glorot")
    with pytest.raises(ValueError, match='mode must be "fan_in" or "fan_out", but got \'fan_avg\''):
        initialize_weights("he_normal", mode="fan_avg")
