"""The random streams without torch: numbers that torch 2.14.1 printed, closed forms, the generator's state.

Each golden number stands beside the call of torch that it came from; `g` there is a new
`torch.Generator().manual_seed(7)`.
"""

import math
import zlib
from fractions import Fraction

import numpy as np
import pytest

from npnn import random
from npnn.random import Generator


def seven():
    return Generator().manual_seed(7)


@pytest.fixture(autouse=True)
def _keep_the_default_generator():
    state = random.get_rng_state()
    yield
    random.set_rng_state(state)


# ---- golden numbers

EXACT = {
    # torch.empty(5).uniform_(-0.3, 0.3, generator=g)
    "uniform": (
        lambda: seven().uniform((5,), -0.3, 0.3),
        np.float32,
        [
            0.020953524857759476,
            -0.1807180941104889,
            0.09552702307701111,
            0.09413416683673859,
            -0.16034306585788727,
        ],
    ),
    # torch.empty(3, dtype=torch.float64).uniform_(-0.3, 0.3, generator=g)
    "uniform float64": (
        lambda: seven().uniform((3,), -0.3, 0.3, np.float64),
        np.float64,
        [-0.1323717420561576, -0.1357837718089406, 0.2172557768505753],
    ),
    # torch.empty(5, dtype=torch.float16).uniform_(-0.3, 0.3, generator=g)
    "uniform float16": (
        lambda: seven().uniform((5,), -0.3, 0.3, np.float16),
        np.float16,
        [0.0209503173828125, -0.1806640625, 0.09552001953125, 0.0941162109375, -0.160400390625],
    ),
    # torch.empty(12).bernoulli_(0.3, generator=g)
    "bernoulli": (lambda: seven().bernoulli(0.3, (12,)), np.float32, [1, 1, 0, 0, 0, 0, 1, 0, 0, 0, 1, 1]),
    # torch.bernoulli(torch.tensor([0.3] * 12), generator=g)
    "bernoulli of an array": (
        lambda: seven().bernoulli(np.full(12, 0.3, np.float32)),
        np.float32,
        [0, 1, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0],
    ),
    # torch.bernoulli(torch.tensor([0.3] * 12, dtype=torch.float64), generator=g)
    "bernoulli of a float64 array": (
        lambda: seven().bernoulli(np.full(12, 0.3)),
        np.float64,
        [1, 1, 0, 0, 0, 0, 1, 0, 0, 0, 1, 1],
    ),
    # torch.randint(-5, 5, (10,), generator=g)
    "randint": (lambda: seven().randint(-5, 5, (10,)), np.int64, [0, -3, -4, 1, -2, 2, 2, 4, 3, -4]),
    # torch.randint(-2**40, 2**40, (3,), generator=g)
    "randint of a wide range": (
        lambda: seven().randint(-(2**40), 2**40, (3,)),
        np.int64,
        [-346915937084, -990767470090, -807547383597],
    ),
    # torch.empty(2, dtype=torch.int64).random_(generator=g)
    "random int64": (
        lambda: seven().random((2,), np.int64),
        np.int64,
        [1407639518939636932, 5163590386780219894],
    ),
    # torch.empty(3).random_(generator=g)
    "random float32": (lambda: seven().random((3,)), np.float32, [8974492, 3335306, 11059538]),
    # torch.randperm(12, generator=g)
    "randperm": (lambda: seven().randperm(12), np.int64, [3, 4, 0, 5, 7, 9, 11, 6, 8, 1, 10, 2]),
    # torch.empty(8).geometric_(0.2, generator=g)
    "geometric": (lambda: seven().geometric((8,), 0.2), np.float32, [6, 6, 1, 2, 1, 1, 6, 3]),
    # torch.multinomial(torch.tensor([0.1, 0.4, 0.0, 0.2, 0.3]), 8, True, generator=g)
    "multinomial with replacement": (
        lambda: seven().multinomial(np.array([0.1, 0.4, 0.0, 0.2, 0.3], np.float32), 8, True),
        np.int64,
        [1, 1, 4, 3, 4, 4, 1, 3],
    ),
    # torch.multinomial(torch.tensor([0.1, 0.4, 0.0, 0.2, 0.3]), 4, generator=g)
    "multinomial": (
        lambda: seven().multinomial(np.array([0.1, 0.4, 0.0, 0.2, 0.3], np.float32), 4),
        np.int64,
        [1, 0, 3, 4],
    ),
    # torch.poisson(torch.tensor([0.0, 0.5, 3.0, 9.0, 10.0, 40.0, 1000.0]), generator=g)
    "poisson": (
        lambda: seven().poisson(np.array([0.0, 0.5, 3.0, 9.0, 10.0, 40.0, 1000.0], np.float32)),
        np.float32,
        [0, 0, 5, 6, 6, 51, 1015],
    ),
    # torch.binomial(torch.tensor([0.0, 5.0, 8.0, 60.0, 90.0, 1000.0]),
    #                torch.tensor([0.5, 0.0, 0.9, 0.1, 0.5, 0.75]), generator=g)
    "binomial": (
        lambda: seven().binomial(
            np.array([0, 5, 8, 60, 90, 1000], np.float32), np.array([0.5, 0, 0.9, 0.1, 0.5, 0.75], np.float32)
        ),
        np.float32,
        [0, 0, 8, 9, 35, 786],
    ),
}


@pytest.mark.parametrize("name", EXACT)
def test_the_numbers_are_those_that_torch_printed(name):
    draw, dtype, golden = EXACT[name]
    np.testing.assert_array_equal(draw(), np.array(golden, dtype), strict=True)


CLOSE = {
    # torch.empty(5).normal_(0.5, 2, generator=g)
    "normal of five": (
        lambda: seven().normal((5,), 0.5, 2.0),
        np.float32,
        [0.20640981197357178, 2.072282552719116, 2.3936431407928467, -1.7286880016326904, 3.881580352783203],
    ),
    # torch.empty(17).normal_(generator=g)
    "normal of seventeen": (
        lambda: seven().normal((17,)),
        np.float32,
        [
            *(-0.8201345205307007, -0.32456663250923157, 1.9263681173324585, -0.3300117254257202),
            *(0.19844505190849304, 0.7820726633071899, 1.0391076803207397, -0.7245107293128967),
            *(-0.8489086031913757, -0.21534152328968048, -1.8157286643981934, -0.3452419638633728),
            *(-2.0614778995513916, 0.6741006970405579, -1.3233457803726196, -1.3597689867019653),
            -0.866701602935791,
        ],
    ),
    # torch.empty(17, dtype=torch.float64).normal_(generator=g)
    "normal of seventeen float64": (
        lambda: seven().normal((17,), dtype=np.float64),
        np.float64,
        [
            *(0.06626753966449943, -0.29104147095938915, 0.45801695358702993, 1.6932749764073567),
            *(1.457454937932726, 1.932214860010293, -1.4418139927522924, 0.7277603478716976),
            *(-1.3131496578292892, -2.42925190670235, -0.15213162349367035, -2.6909171061771864),
            *(1.7421050311620636, -0.523961020712386, -0.28387899021947915, 0.45257550210102954),
            -1.6677291342328766,
        ],
    ),
    # torch.empty(17, dtype=torch.float16).normal_(generator=g)
    "normal of seventeen float16": (
        lambda: seven().normal((17,), dtype=np.float16),
        np.float16,
        [
            *(-0.8203125, -1.5830078125, -0.324462890625, 1.9267578125, -0.330078125, 0.198486328125),
            *(0.7822265625, 1.0390625, -0.724609375, -0.2093505859375, -0.21533203125, -1.8154296875),
            *(-0.34521484375, -2.060546875, 0.67431640625, -1.3232421875, -1.359375),
        ],
    ),
    # torch.empty(4).exponential_(1.5, generator=g)
    "exponential": (
        lambda: seven().exponential((4,), 1.5),
        np.float32,
        [0.21842928230762482, 0.21318897604942322, 1.3207836151123047, 0.7127445936203003],
    ),
    # torch.empty(4, dtype=torch.float64).exponential_(1.5, generator=g)
    "exponential float64": (
        lambda: seven().exponential((4,), 1.5, np.float64),
        np.float64,
        [0.2184292819887193, 0.2131889807347856, 1.320783636185968, 0.7127445856656817],
    ),
    # torch.empty(4).cauchy_(0.5, 2, generator=g)
    "cauchy": (
        lambda: seven().cauchy((4,), 0.5, 2.0),
        np.float32,
        [-1.16111159324646, -1.2224061489105225, 4.823784351348877, 1.5725666284561157],
    ),
    # torch.empty(4).log_normal_(0, 0.5, generator=g)
    "log_normal": (
        lambda: seven().log_normal((4,), 0.0, 0.5),
        np.float32,
        [0.9292313456535339, 1.481523036956787, 1.6054607629776, 0.5728267431259155],
    ),
    # torch._standard_gamma(torch.tensor([0.1, 0.5, 1.0, 2.0, 30.0]), generator=g)
    "standard gamma": (
        lambda: seven().standard_gamma(np.array([0.1, 0.5, 1.0, 2.0, 30.0], np.float32)),
        np.float32,
        [
            *(0.020245175808668137, 0.029085708782076836, 0.4164162576198578, 3.8176252841949463),
            31.43082618713379,
        ],
    ),
    # torch._sample_dirichlet(
    #     torch.tensor([[0.1, 0.5, 1.0], [2.0, 3.0, 30.0]], dtype=torch.float64), generator=g)
    "dirichlet": (
        lambda: seven().dirichlet(np.array([[0.1, 0.5, 1.0], [2.0, 3.0, 30.0]])),
        np.float64,
        [
            [0.04346816626842049, 0.06244956633624039, 0.894082267395339],
            [0.10198460473062407, 0.08601421671251698, 0.812001178556859],
        ],
    ),
}
# A few ulp: of NumPy's and torch's logarithm, sine and cosine, which differ from processor to processor.
RTOL = {np.float16: 2.0**-10, np.float32: 8 * 2.0**-23, np.float64: 1e-14}


@pytest.mark.parametrize("name", CLOSE)
def test_the_numbers_are_those_that_torch_printed_to_rounding(name):
    draw, dtype, golden = CLOSE[name]
    np.testing.assert_allclose(draw(), np.array(golden, dtype), rtol=RTOL[dtype], atol=0, strict=True)


# zlib.crc32(x.numpy().tobytes()) of torch's result x, on a little-endian machine
CHECKSUMS = {
    # torch.rand(4099, generator=g)
    "uniform": (lambda: seven().uniform((4099,)), 2209716141),
    # torch.rand(4099, dtype=torch.float64, generator=g)
    "uniform float64": (lambda: seven().uniform((4099,), dtype=np.float64), 972748956),
    # torch.empty(4099).bernoulli_(0.5, generator=g)
    "bernoulli": (lambda: seven().bernoulli(0.5, (4099,)), 2327057786),
    # torch.randint(0, 1000, (4099,), generator=g)
    "randint": (lambda: seven().randint(0, 1000, (4099,)), 3227047717),
    # torch.randperm(4099, generator=g)
    "randperm": (lambda: seven().randperm(4099), 440831320),
}


def checksum(array):
    return zlib.crc32(array.astype(array.dtype.newbyteorder("<")).tobytes())


@pytest.mark.parametrize("name", CHECKSUMS)
def test_long_draws_have_the_checksum_of_torchs(name):
    draw, golden = CHECKSUMS[name]
    assert checksum(draw()) == golden


def test_draws_of_all_kinds_share_one_stream():
    g = Generator().manual_seed(-3)  # g = torch.Generator().manual_seed(-3)
    assert g.uniform((1,)).tolist() == [0.6248647570610046]  # torch.rand(1, generator=g)
    assert g.bernoulli(0.5, (3,)).tolist() == [1, 0, 1]  # torch.empty(3).bernoulli_(0.5, generator=g)
    # torch.empty(1, dtype=torch.float64).normal_(generator=g)
    assert g.normal((1,), dtype=np.float64).tolist() == pytest.approx([0.9862226409136867], rel=1e-14)
    assert g.randperm(6).tolist() == [3, 5, 1, 4, 2, 0]  # torch.randperm(6, generator=g)
    assert g.randint(0, 100, (2,)).tolist() == [99, 14]  # torch.randint(100, (2,), generator=g)
    # torch.empty(1, dtype=torch.float64).normal_(generator=g): the other half of the pair
    assert g.normal((1,), dtype=np.float64).tolist() == pytest.approx([-0.48012664996800614], rel=1e-14)
    # torch.rand(2, dtype=torch.float64, generator=g)
    assert g.uniform((2,), dtype=np.float64).tolist() == [0.3056066789181946, 0.604997539611108]


# ---- closed forms


def test_the_engine_is_the_mersenne_twister_of_the_c_plus_plus_standard():
    """[rand.predef]: the 10000th word of a default-constructed mt19937, whose seed is 5489, is 4123659995."""
    draws = (
        Generator().manual_seed(5489).randint(0, 2**32, (5000,), np.uint32)
    )  # two words each, the second one low
    assert draws[-1] == 4123659995


@pytest.mark.parametrize(
    ("low", "high"), [(-0.3, 0.3), (0.1, 0.9), (-3.0, 5.5), (1e3, 1e3 + 0.7), (-1e308, 1e307)]
)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_uniform_rounds_once(low, high, dtype):
    if dtype == np.float32 and high > 1e38:
        low, high = low / 1e270, high / 1e270
    low, high = dtype(low), dtype(high)
    units = Generator().manual_seed(5).uniform((500,), dtype=dtype)
    exact = [Fraction(float(u)) * Fraction(float(high - low)) + Fraction(float(low)) for u in units]
    rounded = np.array([value.numerator / value.denominator for value in exact]).astype(dtype)
    drawn = Generator().manual_seed(5).uniform((500,), float(low), float(high), dtype)
    np.testing.assert_array_equal(drawn, rounded)


def test_uniform_does_not_reach_its_upper_bound():
    """A quarter of a million float16 values below 1, of which one in 8192 would round up to it."""
    draws = Generator().manual_seed(0).uniform((2**18,), dtype=np.float16)
    assert draws.max() < 1
    assert (draws == 0).sum() > 2**18 // 16384  # where those of them are instead
    assert Generator().uniform((3,), 2.0, 2.0).tolist() == [2.0, 2.0, 2.0]


def test_normal_of_few_is_box_muller_in_float64():
    units = Generator().manual_seed(5).uniform((6,), dtype=np.float64)
    expected = []
    for v, u in units.reshape(-1, 2).tolist():
        radius = math.sqrt(-2 * math.log1p(-u))
        expected += [radius * math.cos(2 * math.pi * v), radius * math.sin(2 * math.pi * v)]
    drawn = Generator().manual_seed(5).normal((5,), 3.0, 0.25, np.float64)
    np.testing.assert_allclose(drawn, 0.25 * np.array(expected[:5]) + 3, rtol=1e-14)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_normal_of_many_is_box_muller_on_blocks(dtype):
    g = Generator().manual_seed(5)
    units = [
        *g.uniform((37,), dtype=dtype).reshape(-1).tolist()[:32],
        *g.uniform((16,), dtype=dtype).tolist(),
    ]
    expected = []
    for block in np.array(units).reshape(-1, 2, 8):
        radius = np.sqrt(-2 * np.log1p(-block[0]))
        expected += [radius * np.cos(2 * np.pi * block[1]), radius * np.sin(2 * np.pi * block[1])]
    expected = np.concatenate(expected)
    expected = np.concatenate((expected[:21], expected[32:]))
    drawn = Generator().manual_seed(5).normal((37,), dtype=dtype)
    # In float32, 2π and 2π v are rounded before sine and cosine: by 2^-21 at most, at a radius below 6.
    np.testing.assert_allclose(drawn, expected, rtol=1e-13, atol=0 if dtype == np.float64 else 6 * 2.0**-21)


def test_the_second_of_a_pair_of_normals_waits_for_the_next_call_that_draws_pairs():
    g, h = Generator().manual_seed(5), Generator().manual_seed(5)
    expected = h.normal((4,))
    assert g.normal((1,)) == expected[0]
    waiting = g.clone_state()
    g.normal((16,))  # draws a block, not a pair
    g.normal((0,))
    assert g.normal((1,)) == expected[1]
    np.testing.assert_array_equal(waiting.normal((3,)), expected[1:])
    waiting.normal((1,))
    assert waiting.manual_seed(5).normal((1,)) == expected[0]  # and is forgotten with the seed


def test_normal_that_is_not_contiguous_draws_pairs_whatever_the_number():
    few = Generator().manual_seed(5)
    pairs = np.concatenate([few.normal((10,)), few.normal((10,))])
    np.testing.assert_array_equal(
        Generator().manual_seed(5).normal((4, 5), contiguous=False), pairs.reshape(4, 5)
    )


def test_a_shape_is_filled_in_c_order():
    np.testing.assert_array_equal(seven().uniform((3, 5)), seven().uniform((15,)).reshape(3, 5))
    assert seven().uniform(()).shape == ()
    assert seven().normal((0, 4)).shape == (0, 4)


# ---- bernoulli, randint, randperm, multinomial


def test_bernoulli_has_the_dtype_of_its_probabilities_unless_told_otherwise():
    assert Generator().bernoulli(0.5).dtype == np.float32
    assert Generator().bernoulli(np.float16([0.5])).dtype == np.float16
    assert Generator().bernoulli(np.array([0.5]), dtype=np.bool_).dtype == np.bool_
    assert Generator().bernoulli(0.5, (2, 3), np.int64).dtype == np.int64


@pytest.mark.parametrize("count", [0, 1, 2**14 + 3])
def test_bernoulli_is_a_uniform_number_below_p(count):
    """Also where p is one of these numbers itself, which is not below it."""
    uniform = seven().uniform((count,), dtype=np.float64)
    for p in [0.0, 1.0, 0.3, np.float32(0.3), *uniform[:4].tolist()]:
        generator = seven()
        np.testing.assert_array_equal(generator.bernoulli(p, (count,), np.bool_), uniform < p)
        assert generator.get_state().numpy().tobytes() == _drawn(count).get_state().numpy().tobytes()


def _drawn(count):
    generator = seven()
    generator.uniform((count,), dtype=np.float64)
    return generator


def test_bernoulli_broadcasts_its_probabilities():
    p = np.array([[0.0], [1.0]], np.float32)
    np.testing.assert_array_equal(Generator().bernoulli(p, (3, 2, 4)), np.broadcast_to(p, (3, 2, 4)))
    assert Generator().bernoulli(0.0, (1000,)).sum() == 0
    assert Generator().bernoulli(1.0, (1000,)).sum() == 1000


@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.int16, np.int32, np.int64, np.uint16, np.uint32])
def test_randint_reaches_both_ends_of_an_integer_type(dtype):
    least, largest = int(np.iinfo(dtype).min), int(np.iinfo(dtype).max)
    assert set(Generator().randint(largest - 1, None, (100,), dtype).tolist()) == {largest - 1, largest}
    assert set(Generator().randint(least, least + 2, (100,), dtype).tolist()) == {least, least + 1}


@pytest.mark.parametrize(("dtype", "digits"), [(np.float16, 11), (np.float32, 24), (np.float64, 53)])
def test_randint_does_not_round_up_to_its_bound(dtype, digits):
    """From 2^digits on, a float type holds every other integer: 3 more rounds to 4 more."""
    top = 2**digits
    assert set(Generator().randint(top - 1, None, (100,), dtype).tolist()) == {top - 1, top}
    with pytest.warns(UserWarning, match="does not hold each integer"):
        assert set(Generator().randint(top, top + 4, (100,), dtype).tolist()) == {top}


def test_randperm_is_a_permutation():
    for n in (0, 1, 2, 300):
        np.testing.assert_array_equal(np.sort(Generator().randperm(n)), np.arange(n))
    assert Generator().randperm(5, np.float32).dtype == np.float32


def test_multinomial_never_draws_what_has_no_probability():
    p = np.array([[0.0, 2.0, 0.0, 1.0, 5.0], [1.0, 0.0, 0.0, 3.0, 1.0]])
    for replacement, count in ((True, 200), (False, 3), (False, 1), (True, 1)):
        indices = Generator().multinomial(p, count, replacement)
        assert indices.shape == (2, count)
        assert np.take_along_axis(p, indices, axis=1).min() > 0
        if not replacement:
            assert all(len(set(row)) == count for row in indices.tolist())
    assert Generator().multinomial(np.ones((0, 3)), 2).shape == (0, 2)
    assert Generator().multinomial(np.ones((0, 3)), 2, True).shape == (0, 2)


# ---- seed and state


@pytest.mark.parametrize("rate", [0.7, 8.0, 12.0, 300.0])
def test_poisson_has_its_mean_and_variance(rate):
    """To within five of their standard errors."""
    drawn = seven().poisson(np.full(4000, rate))
    assert abs(drawn.mean() - rate) < 5 * math.sqrt(rate / 4000)
    assert abs(drawn.var() - rate) < 5 * math.sqrt((2 * rate**2 + rate) / 4000)


@pytest.mark.parametrize(("count", "p"), [(6, 0.3), (40, 0.6), (500, 0.9)])
def test_binomial_has_its_mean_and_variance(count, p):
    drawn = seven().binomial(np.full(4000, float(count)), np.full(4000, p))
    variance = count * p * (1 - p)
    assert abs(drawn.mean() - count * p) < 5 * math.sqrt(variance / 4000)
    assert abs(drawn.var() / variance - 1) < 5 * math.sqrt(2.5 / 4000)


@pytest.mark.parametrize("concentration", [0.3, 1.0, 7.0])
def test_gamma_has_its_mean_and_variance(concentration):
    drawn = seven().standard_gamma(np.full(4000, concentration))
    assert abs(drawn.mean() - concentration) < 5 * math.sqrt(concentration / 4000)
    # The fourth central moment is 3 α² + 6 α.
    assert abs(drawn.var() - concentration) < 5 * math.sqrt((2 * concentration**2 + 6 * concentration) / 4000)


def test_what_needs_many_draws_goes_on_where_it_ended():
    """More than are drawn ahead at a time, and a normal number that waits for the next call."""
    g, other = seven(), seven()
    whole = g.standard_gamma(np.full(2001, 1.5))
    parts = [other.standard_gamma(np.full(n, 1.5)) for n in (1, 0, 2, 1998)]
    np.testing.assert_array_equal(np.concatenate(parts), whole)
    np.testing.assert_array_equal(g.get_state(), other.get_state())


def test_a_negative_seed_counts_from_two_to_the_64():
    assert Generator().manual_seed(-1).initial_seed() == 2**64 - 1
    assert Generator().manual_seed(-(2**63)).initial_seed() == 2**63
    assert Generator().manual_seed(np.int64(5)).initial_seed() == 5


def test_seeds_that_agree_in_their_low_32_bits_start_one_stream():
    np.testing.assert_array_equal(
        Generator().manual_seed(7 + 2**40).uniform((5,)), Generator().manual_seed(7).uniform((5,))
    )


def test_seed_is_another_each_time():
    g = Generator()
    assert g.seed() == g.initial_seed()
    assert len({g.seed() for _ in range(4)}) == 4


def test_the_state_has_the_bytes_of_torchs():
    g = seven()
    assert checksum(g.get_state().numpy()) == 2460441901  # zlib.crc32(g.get_state().numpy().tobytes())
    g.normal((3,))
    assert checksum(g.get_state().numpy()) == 247687208  # after torch.empty(3).normal_(generator=g)
    g.uniform((1000,))
    assert checksum(g.get_state().numpy()) == 13545015  # after torch.rand(1000, generator=g)


@pytest.mark.parametrize("drawn", [0, 1, 623, 624, 625, 1248, 2000])
def test_a_state_leads_back_to_where_it_was_taken(drawn):
    g = seven()
    g.uniform((drawn,))
    state = g.get_state()
    expected = g.uniform((700,))
    g.set_state(state)
    np.testing.assert_array_equal(g.get_state(), state)
    np.testing.assert_array_equal(g.clone_state().uniform((700,)), expected)
    np.testing.assert_array_equal(g.uniform((700,)), expected)


def test_the_default_generator_and_its_functions():
    assert random.manual_seed(7.9) is random.default_generator
    assert random.initial_seed() == 7
    state = random.get_rng_state()
    first = random.default_generator.uniform((3,))
    random.set_rng_state(state)
    np.testing.assert_array_equal(random.default_generator.uniform((3,)), first)
    assert random.seed() == random.initial_seed()


@pytest.mark.parametrize("devices", [None, [], ()])
def test_fork_rng_gives_the_stream_back(devices):
    random.manual_seed(7)
    with random.fork_rng(devices):
        inside = random.default_generator.uniform((3,))
        random.manual_seed(8)
    np.testing.assert_array_equal(random.default_generator.uniform((3,)), inside)


def test_fork_rng_gives_the_stream_back_after_an_error():
    def fail():
        with random.fork_rng():
            random.manual_seed(8)
            raise KeyError

    state = random.get_rng_state()
    with pytest.raises(KeyError):
        fail()
    np.testing.assert_array_equal(random.get_rng_state(), state)


def test_fork_rng_that_is_not_enabled_does_nothing():
    with random.fork_rng(enabled=False):
        random.manual_seed(9)
    assert random.initial_seed() == 9


# ---- what is refused

HALF_A_STATE = np.zeros(2528, np.uint8)
REFUSED = {
    "a float seed": (lambda: Generator().manual_seed(1.5), RuntimeError, "expected a long.* got float"),
    "a bool seed": (lambda: Generator().manual_seed(True), RuntimeError, "expected a long.* got bool"),
    "a seed too large": (
        lambda: Generator().manual_seed(2**64),
        ValueError,
        "Overflow.* 18446744073709551616",
    ),
    "a seed too small": (lambda: Generator().manual_seed(-(2**63) - 1), ValueError, "Overflow"),
    "a device": (lambda: Generator("cuda"), RuntimeError, "'cuda'"),
    "devices to fork": (lambda: random.fork_rng([0]).__enter__(), RuntimeError, r"\[0\]"),
    "a state of floats": (lambda: Generator().set_state(np.zeros(5056)), TypeError, "ByteTensor.* float64"),
    "half a state": (lambda: Generator().set_state(HALF_A_STATE), RuntimeError, "size 5056 .* 2528"),
    "a state of zeros": (
        lambda: Generator().set_state(np.zeros(5056, np.uint8)),
        RuntimeError,
        "Invalid mt19937",
    ),
    "uniform upside down": (lambda: Generator().uniform((2,), 2, 1), RuntimeError, "from=2 > to=1"),
    "uniform of nan": (lambda: Generator().uniform((2,), math.nan), RuntimeError, "from is out of bounds"),
    "uniform out of bounds": (
        lambda: Generator().uniform((2,), 0, 1e5, np.float16),
        RuntimeError,
        "to is out of",
    ),
    "uniform too wide": (
        lambda: Generator().uniform((2,), -6e4, 6e4, np.float16),
        RuntimeError,
        "to-from <=",
    ),
    "uniform integers": (lambda: Generator().uniform((2,), dtype=np.int64), NotImplementedError, "int64"),
    "normal std": (lambda: Generator().normal((2,), 0, -1), RuntimeError, "std >= 0.0, but found std -1"),
    "normal std nan": (lambda: Generator().normal((2,), 0, math.nan), RuntimeError, "std >= 0.0"),
    "normal integers": (lambda: Generator().normal((2,), dtype=np.int64), NotImplementedError, "int64"),
    "log_normal std": (
        lambda: Generator().log_normal((2,), 0, 0),
        RuntimeError,
        "std > 0.0, but found std=0",
    ),
    "exponential rate": (lambda: Generator().exponential((2,), 0), RuntimeError, "lambda > 0.0.* lambda=0"),
    "exponential bools": (lambda: Generator().exponential((2,), dtype=bool), RuntimeError, "bool"),
    "cauchy sigma": (lambda: Generator().cauchy((2,), 0, -1), RuntimeError, "sigma > 0.0.* sigma=-1"),
    "bernoulli 1.5": (
        lambda: Generator().bernoulli(1.5),
        RuntimeError,
        r"p to be in \[0, 1\], but got p=1.5",
    ),
    "bernoulli [nan]": (lambda: Generator().bernoulli(np.array([math.nan])), RuntimeError, "p_in >= 0"),
    "bernoulli integers": (lambda: Generator().bernoulli(np.array([1])), NotImplementedError, "int64"),
    "bernoulli shape": (lambda: Generator().bernoulli(np.ones(4), (3,)), RuntimeError, "does not broadcast"),
    "geometric 0": (lambda: Generator().geometric((2,), 0), RuntimeError, r"in \(0, 1\), but got p=0"),
    "poisson -1": (lambda: Generator().poisson(np.array([-1.0])), RuntimeError, "non-negative"),
    "poisson integers": (lambda: Generator().poisson(np.array([1])), NotImplementedError, "int64"),
    "binomial dtypes": (
        lambda: Generator().binomial(np.ones(2), np.ones(2, np.float32)),
        RuntimeError,
        "float32 of prob but expected float64",
    ),
    "gamma half": (
        lambda: Generator().standard_gamma(np.ones(2, np.float16)),
        NotImplementedError,
        "float16",
    ),
    "geometric bool": (lambda: Generator().geometric((2,), 0.5, bool), NotImplementedError, "bool"),
    "randint empty": (lambda: Generator().randint(3, 3, (2,)), RuntimeError, "from=3 >= to=3"),
    "randint 257": (
        lambda: Generator().randint(0, 257, (2,), np.uint8),
        RuntimeError,
        "to - 1 is out of bounds",
    ),
    "randint -1": (lambda: Generator().randint(-1, 2, (2,), np.uint8), RuntimeError, "from is out of bounds"),
    "randint bool": (lambda: Generator().randint(0, 3, (2,), bool), RuntimeError, "to - 1 is out of bounds"),
    "randint 2^63": (lambda: Generator().randint(0, 2**63 + 1, (2,)), ValueError, "Overflow"),
    "randint half": (
        lambda: Generator().randint(0, 65521, (2,), np.float16),
        RuntimeError,
        "to - 1 is out of",
    ),
    "randint no half": (
        lambda: Generator().randint(4097, 4098, (2,), np.float16),
        RuntimeError,
        "'from' casted to float16",
    ),
    "randint complex": (
        lambda: Generator().randint(0, 2, (2,), np.complex64),
        NotImplementedError,
        "complex64",
    ),
    "random uint16": (lambda: Generator().random((2,), np.uint16), NotImplementedError, "uint16"),
    "randperm -1": (lambda: Generator().randperm(-1), RuntimeError, "negative dimension -1"),
    "randperm 257": (lambda: Generator().randperm(257, np.uint8), RuntimeError, "cannot be greater than 256"),
    "randperm bool": (lambda: Generator().randperm(2, bool), NotImplementedError, "bool"),
    "randperm too long": (lambda: Generator().randperm(2**28), NotImplementedError, "n < 214748364"),
    "multinomial 4 of 3": (lambda: Generator().multinomial(np.ones(3), 4), RuntimeError, "4 > 3"),
    "multinomial 0": (lambda: Generator().multinomial(np.ones(3), 0), RuntimeError, "n_sample <= 0"),
    "multinomial ints": (lambda: Generator().multinomial(np.ones(3, int), 1), RuntimeError, "floating-point"),
    "multinomial zeros": (
        lambda: Generator().multinomial(np.zeros(3), 1),
        RuntimeError,
        "probabilities <= 0",
    ),
    "multinomial < 0": (lambda: Generator().multinomial(-np.ones(3), 1), RuntimeError, "element < 0"),
    "multinomial inf": (lambda: Generator().multinomial(np.array([1, np.inf]), 1), RuntimeError, "`inf`"),
    "multinomial 3d": (lambda: Generator().multinomial(np.ones((2, 2, 2)), 1), RuntimeError, "1 or 2 dim"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refusals_name_what_was_given(name):
    call, error, message = REFUSED[name]
    with pytest.raises(error, match=message):
        call()
