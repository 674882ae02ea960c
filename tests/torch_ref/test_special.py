"""The special functions against torch's, over random and edge arguments."""

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pytest
import torch

from npnn.ops import special

INF, NAN = math.inf, math.nan
EDGES = [
    0.0,
    -0.0,
    1,
    -1,
    2,
    -2,
    -3,
    -0.5,
    -1.5,
    0.5,
    3.5,
    -40,
    40,
    800,
    -800,
    5e-324,
    1e-310,
    1e-300,
    -1e-300,
]
EDGES += [1e17, -1e17, 1e306, -1e306, INF, -INF, NAN]


def wide(random):
    """Numbers of all sizes and both signs."""
    powers = random.choice([-1, 1], 1000) * 10 ** random.uniform(-30, 30, 1000)
    return np.concatenate([random.normal(scale=3, size=3000), powers])


def moderate(random):
    """Numbers of both signs, a few standard deviations of the normal distribution."""
    return random.uniform(-5, 5, 4000)


def inside(random):
    """Numbers in (-1, 1), many of them near its ends."""
    ends = 1 - 10 ** random.uniform(-7, 0, 1000)
    return np.concatenate([random.uniform(-1, 1, 2000), ends, -ends])


def probabilities(random):
    """Numbers in (0, 1), many of them near 0."""
    return np.concatenate([random.uniform(0, 1, 2000), 10 ** random.uniform(-30, 0, 2000)])


def positive(random):
    """Numbers of all sizes from 1e-30 on."""
    return np.concatenate([random.uniform(0, 20, 3000), 10 ** random.uniform(-30, 10, 1000)])


def left(random):
    """Numbers left of 0, not near a pole."""
    x = random.uniform(-20, 0, 4000)
    return x[np.abs(x - np.rint(x)) > 0.05]


class Case(NamedTuple):
    """A function, torch's name for it, where to compare them, and how far apart they may be.

    The distances are in units in the last place of the dtype, of the value or of ``least`` if that is bigger.
    Where they are more than a few, it is torch that is off: tests/ops/special compares with 30 digits.
    """

    name: str
    torch_name: str
    sample: Callable[[np.random.Generator], np.ndarray]
    ulps64: float
    ulps32: float
    order: tuple[int, ...] = ()
    least: float = 0.0


CASES = [
    Case("erf", "erf", wide, 3, 2),
    Case("erfc", "erfc", wide, 6, 2),
    Case("erfcx", "erfcx", wide, 500, 100),  # torch does not make up for the rounding of x² where x < 0
    Case("erfinv", "erfinv", inside, 4, 2),
    Case("ndtr", "ndtr", moderate, 5, 2, least=1.0),  # torch's lower tail is half of 1 + erf, and so cancels
    Case("log_ndtr", "log_ndtr", moderate, 30, 25),
    Case("ndtri", "ndtri", probabilities, 6, 5),
    Case("lgamma", "gammaln", positive, 5, 2),
    Case("lgamma", "gammaln", left, 6, 2, least=1.0),
    Case("digamma", "digamma", positive, 6, 5, least=1.0),  # torch is accurate only absolutely near the zeros
    Case("digamma", "digamma", left, 100, 100, least=1.0),
    Case("polygamma", "polygamma", positive, 5e6, 6, (1,)),  # torch's trigamma is accurate to 1e-9
    Case("polygamma", "polygamma", positive, 6, 2, (2,)),
    Case("polygamma", "polygamma", positive, 10, 80, (5,)),
    Case("polygamma", "polygamma", left, 8, 2, (3,)),
    Case("i0", "i0", wide, 6, 5),
    Case("i0e", "i0e", wide, 7, 5),
    Case("i1", "i1", wide, 10, 15),
    Case("i1e", "i1e", wide, 8, 10),
]


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize(
    "case", CASES, ids=lambda case: f"{case.name}{case.order or ''}-{case.sample.__name__}"
)
def test_random_arguments(case, dtype):
    x = case.sample(np.random.default_rng(0)).astype(dtype)
    got = getattr(special, case.name)(*case.order, x)
    want = getattr(torch.special, case.torch_name)(*case.order, torch.from_numpy(x)).numpy()
    assert got.dtype == want.dtype
    np.testing.assert_array_equal(np.isfinite(got), np.isfinite(want))
    finite = np.isfinite(want)
    scale = np.maximum(np.abs(want[finite]), dtype(case.least))
    distance = np.abs(got[finite].astype(np.float64) - want[finite]) / np.spacing(scale)
    assert distance.max() <= (case.ulps64 if dtype == np.float64 else case.ulps32)


# The edges at which the two differ: torch has NaN or, at poles of trigamma, big numbers instead of limits.
DEPARTURES = {
    ("i0", ()): np.isinf,
    ("i1", ()): np.isinf,
    ("polygamma", (1,)): lambda x: (x < 0) & (x == np.floor(x)),
    ("polygamma", (2,)): np.isposinf,
    ("polygamma", (3,)): np.isposinf,
    ("polygamma", (5,)): np.isposinf,
}


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize(
    ("name", "torch_name", "order"), sorted({(c.name, c.torch_name, c.order) for c in CASES})
)
def test_edges(name, torch_name, order, dtype):
    with np.errstate(over="ignore"):
        x = np.array(EDGES).astype(dtype)
    if (name, order) in DEPARTURES:
        x = x[~DEPARTURES[name, order](x)]
    got = getattr(special, name)(*order, x)
    want = getattr(torch.special, torch_name)(*order, torch.from_numpy(x)).numpy()
    np.testing.assert_allclose(got, want, rtol=2e-6, atol=1e-44 if dtype == np.float32 else 1e-322)


@pytest.mark.parametrize("p", [1, 2, 5])
@pytest.mark.parametrize(("dtype", "rtol"), [(np.float64, 1e-13), (np.float32, 1e-5)])
def test_multigammaln(p, dtype, rtol):
    x = np.random.default_rng(0).uniform((p - 1) / 2, 30, (40, 50)).astype(dtype)
    want = torch.special.multigammaln(torch.from_numpy(x), p).numpy()
    np.testing.assert_allclose(special.multigammaln(x, p), want, rtol=rtol, atol=rtol)


@pytest.mark.parametrize("dtype", ["bool", "uint8", "int64", "float16", "float32", "float64", "complex64"])
@pytest.mark.parametrize(
    ("name", "torch_name", "order"), sorted({(c.name, c.torch_name, c.order) for c in CASES})
)
def test_dtypes(name, torch_name, order, dtype):
    x = np.ones(3, dtype)

    def kind(function, argument):
        try:
            return str(function(*order, argument).dtype).removeprefix("torch.")
        except NotImplementedError:
            return "refused"

    want = kind(getattr(torch.special, torch_name), torch.from_numpy(x))
    if dtype == "float16" and name in ("erfcx", "log_ndtr", "ndtri"):
        assert want == "refused"  # on the CPU only; there is no reason to follow
        want = "float16"
    assert kind(getattr(special, name), x) == want


@pytest.mark.parametrize(("ours", "theirs"), [
    (lambda x: special.polygamma(-1, x), lambda t: torch.special.polygamma(-1, t)),
    (lambda x: special.multigammaln(x, 0), lambda t: torch.special.multigammaln(t, 0)),
])  # fmt: skip
def test_refusals(ours, theirs):
    x = np.ones(3, np.float32)
    with pytest.raises(RuntimeError) as reference:
        theirs(torch.from_numpy(x))
    with pytest.raises(
        RuntimeError, match=str(reference.value).rstrip(".").replace("(", r"\(").replace(")", r"\)")
    ):
        ours(x)
