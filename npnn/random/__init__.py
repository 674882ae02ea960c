"""Random numbers: the streams of torch's CPU generator, drawn from the same seed in the same order.

Every method of `Generator` takes from the Mersenne Twister exactly the words that torch's method of that name
takes, so that a program which draws in torch's order reads torch's numbers. How near they are depends on what
becomes of the words:

- uniform, bernoulli, randint, random, randperm, multinomial with replacement: equal to the bit, as they need
  only integers, products and single roundings.
- exponential, geometric, cauchy, log_normal, multinomial without replacement, normal of fewer than sixteen
  values, normal in float64: float64 through the C library's log, log1p, exp, sin, cos and tan, which torch
  calls too. Equal to the bit where NumPy calls them as well, and to an ulp or so where it has its own, with
  AVX-512, which the rounding to float32 hides but for one value in 2^28.
- poisson, binomial, standard_gamma, dirichlet: accepted or rejected in float64, through the same functions. A
  rounding may decide otherwise in a rare case, and then the draws that follow differ too.
- normal of sixteen values or more in float32 or float16: to a few ulp of float32, before std and mean, as
  torch has a vectorised log, sin and cos of its own, and NumPy others.

Where torch's kernels compute x * a + b, compilers fuse product and sum into one rounding for the processors
that can, and so does npnn.

Before release 2.7 torch drew bernoulli_(p) (on Intel's processors) and exponential_ from a generator of MKL,
which it seeded with one word: runs on those releases part from npnn's at the first dropout. Later releases
draw as here on every processor; pytorch issue 132395 tells why.

Everything here takes and returns plain arrays.

References:
    torch 2.14: ATen/core/DistributionsHelper.h, ATen/core/TransformationHelper.h,
    ATen/native/DistributionTemplates.h, ATen/native/cpu/DistributionTemplates.h.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, SupportsInt

from npnn.random.generator import Generator

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

__all__ = [
    "Generator",
    "default_generator",
    "fork_rng",
    "get_rng_state",
    "initial_seed",
    "manual_seed",
    "seed",
    "set_rng_state",
]

default_generator = Generator()
default_generator.seed()


def manual_seed(seed: SupportsInt) -> Generator:
    """Starts the default generator's stream anew from a seed.

    Args:
        seed: an integer in [-2^63, 2^64), or what `int` makes one.

    Returns:
        The default generator.

    Source: torch.manual_seed.

    Examples:
        >>> manual_seed(0).randperm(5).tolist()
        [4, 0, 1, 3, 2]
    """
    return default_generator.manual_seed(int(seed))


def seed() -> int:
    """Starts the default generator's stream anew from a seed of the operating system's, which it returns.

    Source: torch.seed.
    """
    return default_generator.seed()


def initial_seed() -> int:
    """The seed from which the default generator's stream was started.

    Source: torch.initial_seed.
    """
    return default_generator.initial_seed()


def get_rng_state() -> Any:
    """Where the default generator's stream stands, as `Generator.get_state` returns it.

    Source: torch.get_rng_state.
    """
    return default_generator.get_state()


def set_rng_state(new_state: ArrayLike) -> None:
    """Sets the default generator's stream as `Generator.set_state` does.

    Args:
        new_state: what get_rng_state returned, here or in torch.

    Source: torch.set_rng_state.
    """
    default_generator.set_state(new_state)


@contextmanager
def fork_rng(devices: Iterable[Any] | None = None, enabled: bool = True) -> Iterator[None]:
    """A context after which the default generator's stream stands where it stood before.

    Args:
        devices: those to treat likewise besides the CPU, of which there are none.
        enabled: False leaves the stream alone.

    Raises:
        RuntimeError: devices are named.

    Source: torch.random.fork_rng.

    Examples:
        >>> with fork_rng():
        ...     inside = default_generator.uniform((3,))
        >>> bool((default_generator.uniform((3,)) == inside).all())
        True
    """
    if devices is not None and (named := list(devices)):
        raise RuntimeError(f"fork_rng expects no devices besides the CPU, but got {named}")
    state = get_rng_state()
    try:
        yield
    finally:
        if enabled:
            set_rng_state(state)
