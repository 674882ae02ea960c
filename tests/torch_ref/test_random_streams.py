"""The random streams against torch's, draw for draw: values, what of the stream they take, and the states."""

import random

import numpy as np
import pytest
import torch

import npnn.random
from npnn.random import Generator

SEEDS = [0, 42, -5, 2**32 + 7, 2**63 + 11]
SIZES = [*range(41), 1000, 4099]  # about the blocks of 8 and 16, past the 624 words of the state, and odd

FLOATS = [np.float16, np.float32, np.float64]
SIGNED = [np.int8, np.int16, np.int32, np.int64]
NUMBERS = [np.uint8, *SIGNED, *FLOATS]
EPSILON = {dtype: float(np.finfo(dtype).eps) for dtype in FLOATS}


def empty(size, dtype):
    return torch.empty(size, dtype=torch.from_numpy(np.empty(0, dtype)).dtype)


def strided(size, dtype):
    """A tensor whose memory is not contiguous, so that torch takes its other path to normal numbers."""
    return empty(2 * size, dtype)[::2]


def probabilities(shape, dtype):
    """Some, of all sizes; the same for the same shape."""
    return np.random.default_rng(shape).uniform(0.01, 1, shape).astype(dtype)


NEXT_NORMAL = slice(5024, 5032)  # where the state keeps the second of a pair of normals


def assert_states_agree(state, torch_state):
    """Byte for byte, but for rounding in the normal that waits."""
    np.testing.assert_array_equal(np.delete(state, NEXT_NORMAL), np.delete(torch_state, NEXT_NORMAL))
    waiting, torch_waiting = (each[NEXT_NORMAL].view(np.float64) for each in (state, torch_state))
    np.testing.assert_allclose(waiting, torch_waiting, rtol=1e-14, atol=0)


def name_of(case):
    return case[0]


# ---- equal to the bit: name, npnn's draw, torch's draw

EXACT = [
    *(
        (
            f"uniform {low} {high} {dtype.__name__}",
            lambda g, n, low=low, high=high, dtype=dtype: g.uniform((n,), low, high, dtype),
            lambda t, n, low=low, high=high, dtype=dtype: empty(n, dtype).uniform_(low, high, generator=t),
        )
        for dtype in FLOATS
        for low, high in [(0, 1), (-0.3, 0.3), (0.1, 0.9), (-3, 5.5), (1000, 1001.5), (2, 2)]
    ),
    *(
        (
            f"bernoulli {p} {dtype.__name__}",
            lambda g, n, p=p, dtype=dtype: g.bernoulli(p, (n,), dtype),
            lambda t, n, p=p, dtype=dtype: empty(n, dtype).bernoulli_(p, generator=t),
        )
        for dtype in [np.bool_, *NUMBERS]
        for p in [0.3, 1.0]
    ),
    *(
        (
            f"bernoulli of an array {dtype.__name__}",
            lambda g, n, dtype=dtype: g.bernoulli(probabilities((n,), dtype)),
            lambda t, n, dtype=dtype: torch.bernoulli(
                torch.from_numpy(probabilities((n,), dtype)), generator=t
            ),
        )
        for dtype in FLOATS
    ),
    (
        "bernoulli of an array that broadcasts",
        lambda g, n: g.bernoulli(probabilities((3, 1), np.float32), (2, 3, n), np.float64),
        lambda t, n: torch.empty(2, 3, n, dtype=torch.float64).bernoulli_(
            torch.from_numpy(probabilities((3, 1), np.float32)), generator=t
        ),
    ),
    (
        "bernoulli of an array without dimensions",
        lambda g, n: g.bernoulli(np.array(0.3, np.float32), (n,)),
        lambda t, n: torch.empty(n).bernoulli_(torch.tensor(0.3), generator=t),
    ),
    *(
        (
            f"randint {low} {high} {dtype.__name__}",
            lambda g, n, low=low, high=high, dtype=dtype: g.randint(low, high, (n,), dtype),
            lambda t, n, low=low, high=high, dtype=dtype: empty(n, dtype).random_(low, high, generator=t),
        )
        for dtypes, ranges in [
            ([np.bool_], [(0, 2), (0, None)]),
            ([np.uint8, np.uint16, np.uint32, np.uint64, *SIGNED, *FLOATS], [(0, 2), (3, 100)]),
            ([np.uint8, np.uint16, np.uint32, *SIGNED, *FLOATS], [(5, None)]),
            (
                [np.float64, np.int64],
                [(0, 2**28 - 1), (0, 2**28), (-7, 2**28 - 8), (-7, 2**28 - 7)],
            ),
            ([np.uint64, np.int64], [(0, 2**63 - 1), (1, 2**40)]),
            ([np.int64], [(-(2**63), 2**63 - 1), (-(2**63), None), (-(2**62), None)]),
            ([np.int32], [(-(2**31), None), (-(2**31), 2**31 - 1)]),
        ]
        for dtype in dtypes
        for low, high in ranges
    ),
    *(
        (
            f"random {dtype.__name__}",
            lambda g, n, dtype=dtype: g.random((n,), dtype),
            lambda t, n, dtype=dtype: empty(n, dtype).random_(generator=t),
        )
        for dtype in [np.bool_, *NUMBERS]
    ),
    *(
        (
            f"randperm {dtype.__name__}",
            lambda g, n, dtype=dtype: g.randperm(min(n, limit(dtype)), dtype),
            lambda t, n, dtype=dtype: torch.randperm(
                min(n, limit(dtype)), dtype=empty(0, dtype).dtype, generator=t
            ),
        )
        for dtype in NUMBERS
    ),
    *(
        (
            f"multinomial with replacement {dtype.__name__} {shape}",
            lambda g, n, shape=shape, dtype=dtype: g.multinomial(probabilities(shape, dtype), n + 1, True),
            lambda t, n, shape=shape, dtype=dtype: torch.multinomial(
                torch.from_numpy(probabilities(shape, dtype)), n + 1, True, generator=t
            ),
        )
        for dtype in FLOATS
        for shape in [(7,), (3, 50), (5000,)]
    ),
    *(
        (
            f"poisson up to {largest} {dtype.__name__}",
            lambda g, n, largest=largest, dtype=dtype: g.poisson(probabilities((n,), dtype) * dtype(largest)),
            lambda t, n, largest=largest, dtype=dtype: torch.poisson(
                torch.from_numpy(probabilities((n,), dtype) * dtype(largest)), generator=t
            ),
        )
        for dtype in FLOATS
        for largest in [3, 60]
    ),
    *(
        (
            f"binomial of up to {largest} {dtype.__name__}",
            lambda g, n, largest=largest, dtype=dtype: g.binomial(
                np.arange(n).astype(dtype) % largest, probabilities((n,), dtype)
            ),
            lambda t, n, largest=largest, dtype=dtype: torch.binomial(
                torch.from_numpy(np.arange(n).astype(dtype) % largest),
                torch.from_numpy(probabilities((n,), dtype)),
                generator=t,
            ),
        )
        for dtype in FLOATS[1:]
        for largest in [9, 200]
    ),
]


def limit(dtype):
    return {np.uint8: 255, np.int8: 127, np.float16: 2048}.get(dtype, 4099)


@pytest.mark.parametrize("case", EXACT, ids=name_of)
def test_equal_to_the_bit(case):
    _, draw, torch_draw = case
    for seed in SEEDS[:3]:
        g, t = Generator().manual_seed(seed), torch.Generator().manual_seed(seed)
        for size in SIZES:
            np.testing.assert_array_equal(draw(g, size), torch_draw(t, size).numpy(), strict=True)
        np.testing.assert_array_equal(g.get_state(), t.get_state().numpy())


# ---- equal to rounding: name, npnn's draw, torch's draw, ulps of the dtype, and what these are relative to
# beside the value: a mean, against which the value may have cancelled

# Up to three functions, of which NumPy's own, where it has them, are within an ulp or so of float64.
THROUGH_LIBM = {np.float16: 0, np.float32: 0, np.float64: 4}

CLOSE = [
    *(
        (
            f"normal {mean} {std} {dtype.__name__}",
            lambda g, n, mean=mean, std=std, dtype=dtype: g.normal((n,), mean, std, dtype),
            lambda t, n, mean=mean, std=std, dtype=dtype: empty(n, dtype).normal_(mean, std, generator=t),
            # float32 in blocks: NumPy's own tests allow its log 4 ulp, which the root halves, and its sin and
            # cos 2; torch's are about as near. Rounded to float16, that may show as one ulp.
            {np.float16: 1, np.float32: 8, np.float64: 4}[dtype],
            mean,
        )
        for dtype in FLOATS
        for mean, std in [(0, 1), (0.5, 1.7), (-2, 0.02), (1, 0)]
    ),
    *(
        (
            f"normal of a strided tensor {mean} {std} {dtype.__name__}",
            lambda g, n, mean=mean, std=std, dtype=dtype: g.normal((n,), mean, std, dtype, contiguous=False),
            lambda t, n, mean=mean, std=std, dtype=dtype: strided(n, dtype).normal_(mean, std, generator=t),
            THROUGH_LIBM[dtype],
            mean,
        )
        for dtype in FLOATS
        for mean, std in [(0, 1), (0.5, 1.7)]
    ),
    *(
        case
        for dtype in FLOATS
        for case in [
            (
                f"log_normal {dtype.__name__}",
                lambda g, n, dtype=dtype: g.log_normal((n,), 0.3, 1.2, dtype),
                lambda t, n, dtype=dtype: empty(n, dtype).log_normal_(0.3, 1.2, generator=t),
                8 * THROUGH_LIBM[dtype],  # exp multiplies the relative error of its argument by the argument
                0,
            ),
            (
                f"exponential {dtype.__name__}",
                lambda g, n, dtype=dtype: g.exponential((n,), 1.5, dtype),
                lambda t, n, dtype=dtype: empty(n, dtype).exponential_(1.5, generator=t),
                THROUGH_LIBM[dtype],
                0,
            ),
            (
                f"cauchy {dtype.__name__}",
                lambda g, n, dtype=dtype: g.cauchy((n,), 0.5, 1.7, dtype),
                lambda t, n, dtype=dtype: empty(n, dtype).cauchy_(0.5, 1.7, generator=t),
                THROUGH_LIBM[dtype],
                0.5,
            ),
        ]
    ),
    *(
        (
            f"geometric {dtype.__name__}",
            lambda g, n, dtype=dtype: g.geometric((n,), 0.2, dtype),
            lambda t, n, dtype=dtype: empty(n, dtype).geometric_(0.2, generator=t),
            0,
            0,
        )
        for dtype in NUMBERS
    ),
    *(
        case
        for dtype in FLOATS[1:]
        for case in [
            (
                f"standard_gamma {dtype.__name__}",
                lambda g, n, dtype=dtype: g.standard_gamma(probabilities((n,), dtype) * dtype(3)),
                lambda t, n, dtype=dtype: torch._standard_gamma(
                    torch.from_numpy(probabilities((n,), dtype) * dtype(3)), generator=t
                ),
                # A power of up to 1 / 0.03 multiplies the error of a logarithm.
                32 * THROUGH_LIBM[dtype],
                0,
            ),
            (
                f"dirichlet {dtype.__name__}",
                lambda g, n, dtype=dtype: g.dirichlet(probabilities((n, 3), dtype)),
                lambda t, n, dtype=dtype: torch._sample_dirichlet(
                    torch.from_numpy(probabilities((n, 3), dtype)), generator=t
                ),
                # Of each share, and of the sum.
                64 * THROUGH_LIBM[dtype] + 1,
                0,
            ),
        ]
    ),
]


@pytest.mark.parametrize("case", CLOSE, ids=name_of)
def test_equal_to_rounding(case):
    _, draw, torch_draw, ulps, beside = case
    for seed in SEEDS[:3]:
        g, t = Generator().manual_seed(seed), torch.Generator().manual_seed(seed)
        for size in SIZES:
            actual, expected = draw(g, size), torch_draw(t, size).numpy()
            tolerance = ulps * EPSILON.get(actual.dtype.type, 0)
            np.testing.assert_allclose(
                actual, expected, rtol=tolerance, atol=tolerance * abs(beside), strict=True
            )
        assert_states_agree(g.get_state().numpy(), t.get_state().numpy())


@pytest.mark.parametrize(
    ("dtype", "low", "high"),
    [
        *(
            (np.float16, low, high)
            for low, high in [(0, 65504), (-65504, 65504), (-4099, 4099), (2047, 2051)]
        ),
        *(
            (np.float32, low, high)
            for low, high in [(0, 2**28), (-(2**62), 2**62), (-(2**24) - 1, 2**24 + 5)]
        ),
        *((np.float64, low, high) for low, high in [(-(2**61) - 1, 2**61 + 3), (-(2**53) - 1, 5)]),
    ],
)
def test_randint_beyond_the_integers_that_a_float_type_holds(dtype, low, high):
    g, t = Generator(), torch.Generator()
    for size in SIZES:
        with pytest.warns(UserWarning, match="does not hold each integer"):
            drawn = g.randint(low, high, (size,), dtype)
        with pytest.warns(UserWarning, match="out of bounds"):
            expected = empty(size, dtype).random_(low, high, generator=t)
        np.testing.assert_array_equal(drawn, expected.numpy(), strict=True)
    np.testing.assert_array_equal(g.get_state(), t.get_state().numpy())


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize(("replacement", "count"), [(False, 1), (True, 1), (False, 4), (False, 9)])
@pytest.mark.parametrize("shape", [(9,), (30, 9), (3, 1500)])
def test_multinomial_as_a_race(shape, replacement, count, dtype):
    """Equal but for the order of what ties, as the few values of float16 may."""
    p = probabilities(shape, dtype)
    for seed in SEEDS:
        g, t = Generator().manual_seed(seed), torch.Generator().manual_seed(seed)
        race = p / g.clone_state().exponential(shape, dtype=dtype)
        drawn = g.multinomial(p, count, replacement)
        expected = torch.multinomial(torch.from_numpy(p), count, replacement, generator=t).numpy()
        assert drawn.shape == expected.shape
        assert drawn.dtype == expected.dtype
        np.testing.assert_array_equal(
            np.take_along_axis(race, drawn, -1), np.take_along_axis(race, expected, -1)
        )
        if dtype != np.float16:
            np.testing.assert_array_equal(drawn, expected)
        np.testing.assert_array_equal(g.get_state(), t.get_state().numpy())


# ---- many kinds of draws from one stream


@pytest.mark.parametrize("seed", range(20))
def test_an_arbitrary_sequence_of_draws(seed):
    """Exact kinds, interleaved with float64 normals, whose second halves wait over the draws in between."""
    choose = random.Random(seed)
    g, t = Generator().manual_seed(seed), torch.Generator().manual_seed(seed)
    for _ in range(100):
        size = choose.choice(SIZES)
        if choose.random() < 0.3:
            expected = torch.randn(size, dtype=torch.float64, generator=t).numpy()
            np.testing.assert_allclose(g.normal((size,), dtype=np.float64), expected, rtol=1e-14, atol=0)
        else:
            name, draw, torch_draw = choose.choice(EXACT)
            np.testing.assert_array_equal(draw(g, size), torch_draw(t, size).numpy(), err_msg=name)


# ---- states


def prepare_fresh(g, t):
    """Nothing drawn yet."""


def prepare_words(count):
    def prepare(g, t):
        g.uniform((count,))
        torch.rand(count, generator=t)

    return prepare


def prepare_pair(g, t):
    g.normal((3,))
    torch.randn(3, generator=t)


PREPARATIONS = {
    "fresh": prepare_fresh,
    **{f"{count} words": prepare_words(count) for count in (1, 623, 624, 625, 1248, 5000)},
    "half a pair of normals": prepare_pair,
}


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("prepare", PREPARATIONS.values(), ids=PREPARATIONS)
def test_states_are_interchangeable(prepare, seed):
    g, t = Generator().manual_seed(seed), torch.Generator().manual_seed(seed)
    prepare(g, t)
    assert_states_agree(g.get_state().numpy(), t.get_state().numpy())
    to_torch, from_torch = torch.Generator(), Generator()
    to_torch.set_state(torch.from_numpy(g.get_state().numpy()))
    from_torch.set_state(t.get_state().numpy())
    np.testing.assert_array_equal(to_torch.get_state().numpy(), g.get_state())
    np.testing.assert_array_equal(from_torch.get_state(), t.get_state().numpy())
    assert to_torch.initial_seed() == from_torch.initial_seed() == g.initial_seed() == t.initial_seed()
    for mine, theirs in [(from_torch, t), (g, to_torch)]:
        expected = torch.randn(1, dtype=torch.float64, generator=theirs).numpy()
        np.testing.assert_allclose(mine.normal((1,), dtype=np.float64), expected, rtol=1e-14)
        np.testing.assert_array_equal(mine.randperm(1000), torch.randperm(1000, generator=theirs).numpy())


def test_the_default_generators_follow_each_other():
    state = npnn.random.get_rng_state()
    torch_state = torch.get_rng_state()
    try:
        assert torch.manual_seed(-7).initial_seed() == npnn.random.manual_seed(-7).initial_seed()
        torch.rand(5)
        npnn.random.set_rng_state(torch.get_rng_state().numpy())
        with npnn.random.fork_rng(), torch.random.fork_rng(devices=[]):
            inside = npnn.random.default_generator.uniform((9,))
            np.testing.assert_array_equal(inside, torch.rand(9).numpy())
        np.testing.assert_array_equal(npnn.random.default_generator.uniform((9,)), torch.rand(9).numpy())
    finally:
        npnn.random.set_rng_state(state)
        torch.set_rng_state(torch_state)


def test_the_seed_of_a_generator_that_has_none():
    assert Generator().initial_seed() == torch.Generator().initial_seed()
    np.testing.assert_array_equal(Generator().get_state(), torch.Generator().get_state().numpy())


# ---- both refuse: npnn's call, torch's call

g, t = Generator(), torch.Generator()
NAN, INF = float("nan"), float("inf")
REFUSED = {
    "seed float": (lambda: g.manual_seed(1.5), lambda: t.manual_seed(1.5)),
    "seed str": (lambda: g.manual_seed("a"), lambda: t.manual_seed("a")),
    "seed None": (lambda: g.manual_seed(None), lambda: t.manual_seed(None)),
    "seed bool": (lambda: g.manual_seed(True), lambda: t.manual_seed(True)),
    "seed 2^64": (lambda: g.manual_seed(2**64), lambda: t.manual_seed(2**64)),
    "seed -2^63-1": (lambda: g.manual_seed(-(2**63) - 1), lambda: t.manual_seed(-(2**63) - 1)),
    "default seed str": (lambda: npnn.random.manual_seed("a"), lambda: torch.manual_seed("a")),
    "default seed None": (lambda: npnn.random.manual_seed(None), lambda: torch.manual_seed(None)),
    "state size": (lambda: g.set_state(g.get_state()[:-1]), lambda: t.set_state(t.get_state()[:-1])),
    "state dtype": (lambda: g.set_state(np.zeros(5056)), lambda: t.set_state(torch.zeros(5056))),
    "state None": (lambda: g.set_state(None), lambda: t.set_state(None)),
    "state zeros": (
        lambda: g.set_state(np.zeros(5056, np.uint8)),
        lambda: t.set_state(torch.zeros(5056, dtype=torch.uint8)),
    ),
    "uniform order": (lambda: g.uniform((3,), 2, 1), lambda: torch.empty(3).uniform_(2, 1)),
    "uniform nan": (lambda: g.uniform((3,), NAN, 1), lambda: torch.empty(3).uniform_(NAN, 1)),
    "uniform bounds": (
        lambda: g.uniform((3,), 0, 1e5, np.float16),
        lambda: empty(3, np.float16).uniform_(0, 1e5),
    ),
    "uniform width": (
        lambda: g.uniform((3,), -6e4, 6e4, np.float16),
        lambda: empty(3, np.float16).uniform_(-6e4, 6e4),
    ),
    "uniform dtype": (lambda: g.uniform((3,), dtype=np.int64), lambda: empty(3, np.int64).uniform_()),
    "normal std": (lambda: g.normal((3,), 0, -1), lambda: torch.empty(3).normal_(0, -1)),
    "normal nan": (lambda: g.normal((3,), 0, NAN), lambda: torch.empty(3).normal_(0, NAN)),
    "normal dtype": (lambda: g.normal((3,), dtype=np.int64), lambda: empty(3, np.int64).normal_()),
    "log_normal std": (lambda: g.log_normal((3,), 0, 0), lambda: torch.empty(3).log_normal_(0, 0)),
    "log_normal dtype": (
        lambda: g.log_normal((3,), dtype=np.int32),
        lambda: empty(3, np.int32).log_normal_(),
    ),
    "exponential rate": (lambda: g.exponential((3,), 0), lambda: torch.empty(3).exponential_(0)),
    "exponential nan": (lambda: g.exponential((3,), NAN), lambda: torch.empty(3).exponential_(NAN)),
    "cauchy sigma": (lambda: g.cauchy((3,), 0, 0), lambda: torch.empty(3).cauchy_(0, 0)),
    "geometric 0": (lambda: g.geometric((3,), 0.0), lambda: torch.empty(3).geometric_(0.0)),
    "geometric 1": (lambda: g.geometric((3,), 1.0), lambda: torch.empty(3).geometric_(1.0)),
    "geometric dtype": (lambda: g.geometric((3,), 0.5, np.bool_), lambda: empty(3, np.bool_).geometric_(0.5)),
    "bernoulli 1.5": (lambda: g.bernoulli(1.5, (3,)), lambda: torch.empty(3).bernoulli_(1.5)),
    "bernoulli nan": (lambda: g.bernoulli(NAN, (3,)), lambda: torch.empty(3).bernoulli_(NAN)),
    "bernoulli [1.5]": (lambda: g.bernoulli(np.array([1.5])), lambda: torch.bernoulli(torch.tensor([1.5]))),
    "bernoulli [nan]": (lambda: g.bernoulli(np.array([NAN])), lambda: torch.bernoulli(torch.tensor([NAN]))),
    "bernoulli int": (lambda: g.bernoulli(np.array([1])), lambda: torch.bernoulli(torch.tensor([1]))),
    "bernoulli shape": (
        lambda: g.bernoulli(np.full(4, 0.5), (3,)),
        lambda: torch.empty(3).bernoulli_(torch.full((4,), 0.5)),
    ),
    "randint empty": (lambda: g.randint(3, 3, (2,)), lambda: torch.randint(3, 3, (2,))),
    "randint uint8": (lambda: g.randint(0, 257, (2,), np.uint8), lambda: empty(2, np.uint8).random_(0, 257)),
    "randint -1": (lambda: g.randint(-1, 2, (2,), np.uint8), lambda: empty(2, np.uint8).random_(-1, 2)),
    "randint bool": (lambda: g.randint(0, 3, (2,), np.bool_), lambda: empty(2, np.bool_).random_(0, 3)),
    "randint half": (
        lambda: g.randint(0, 65521, (2,), np.float16),
        lambda: empty(2, np.float16).random_(0, 65521),
    ),
    "randint -2^63-1": (
        lambda: g.randint(-(2**63) - 1, 0, (2,)),
        lambda: torch.randint(-(2**63) - 1, 0, (2,)),
    ),
    "random uint16": (lambda: g.random((3,), np.uint16), lambda: empty(3, np.uint16).random_()),
    "random complex": (lambda: g.random((3,), np.complex64), lambda: empty(3, np.complex64).random_()),
    "randperm -1": (lambda: g.randperm(-1), lambda: torch.randperm(-1)),
    "randperm float": (lambda: g.randperm(2.5), lambda: torch.randperm(2.5)),
    "randperm uint8": (lambda: g.randperm(257, np.uint8), lambda: torch.randperm(257, dtype=torch.uint8)),
    "randperm half": (
        lambda: g.randperm(2050, np.float16),
        lambda: torch.randperm(2050, dtype=torch.float16),
    ),
    "randperm bool": (lambda: g.randperm(2, np.bool_), lambda: torch.randperm(2, dtype=torch.bool)),
    "multinomial 4 of 3": (lambda: g.multinomial(np.ones(3), 4), lambda: torch.multinomial(torch.ones(3), 4)),
    "multinomial 0": (lambda: g.multinomial(np.ones(3), 0), lambda: torch.multinomial(torch.ones(3), 0)),
    "multinomial int": (
        lambda: g.multinomial(np.ones(3, np.int64), 2),
        lambda: torch.multinomial(torch.ones(3, dtype=torch.int64), 2),
    ),
    "multinomial 3d": (
        lambda: g.multinomial(np.ones((2, 2, 2)), 1),
        lambda: torch.multinomial(torch.ones(2, 2, 2), 1),
    ),
    "multinomial 0d": (
        lambda: g.multinomial(np.array(1.0), 1),
        lambda: torch.multinomial(torch.tensor(1.0), 1),
    ),
    **{
        f"multinomial {p} {replacement}": (
            lambda p=p, replacement=replacement: g.multinomial(np.array(p), 2, replacement),
            lambda p=p, replacement=replacement: torch.multinomial(torch.tensor(p), 2, replacement),
        )
        for p in ([0.0, 0.0], [1.0, -1.0], [1.0, INF], [1.0, NAN], [[1.0, 2.0], [0.0, 0.0]])
        for replacement in (False, True)
    },
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_torch_refuses_is_refused_with_its_exception(name):
    call, torch_call = REFUSED[name]
    with pytest.raises(Exception) as refusal:  # noqa: PT011 - npnn's must be of the same type
        torch_call()
    with pytest.raises(refusal.type):
        call()
