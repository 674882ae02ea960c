"""Write tests/ops/special/golden.npz: arguments of the special functions and their values to 30 digits.

Run `python tools/write_special_golden.py`; it takes some seconds. Needs mpmath: `pip install mpmath`.

For each function the file holds "name.x", the arguments, and "name.high" and "name.low", two doubles whose
sum is the value. Left of zero, where some functions are a difference of two larger terms, "name.scale" is the
size of these: errors are to be measured in units of its last place.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from mpmath import (
    besseli,
    cot,
    digamma,
    erf,
    erfc,
    erfinv,
    exp,
    gamma,
    hyperu,
    log,
    log1p,
    loggamma,
    mp,
    mpf,
    pi,
    psi,
    sin,
    sqrt,
    zeta,
)

mp.dps = 60
COUNT = 40  # arguments of each kind
GOLDEN = Path(__file__).parent.parent / "tests" / "ops" / "special" / "golden.npz"

random = np.random.default_rng(20240229)


def uniform(low: float, high: float) -> np.ndarray:
    """Arguments spread evenly."""
    return random.uniform(low, high, COUNT)


def powers(low: float, high: float) -> np.ndarray:
    """Arguments of either sign whose exponents of ten are spread evenly."""
    return random.choice([-1.0, 1.0], COUNT) * 10.0 ** random.uniform(low, high, COUNT)


def near(*centres: float) -> np.ndarray:
    """Arguments at distances of all sizes from each of the centres."""
    return np.concatenate([centre + powers(-15, -1) for centre in centres])


def erfcx(x: mpf) -> mpf:
    """exp(x²) erfc(x)."""
    return exp(x * x) * erfc(x) if x < 20 else hyperu(0.5, 0.5, x * x) / sqrt(pi)


def quantile(tail: mpf) -> mpf:
    """The y with erfc(y) = tail, by Newton's iteration on the logarithm."""
    y, step = sqrt(-log(tail)), mpf(1)
    while abs(step) > mpf(10) ** -50:
        step = (log(erfc(y)) - log(tail)) * erfc(y) * exp(y * y) * sqrt(pi) / -2
        y -= step
    return y


def inverse(x: mpf, tail: mpf) -> mpf:
    """erfinv(x), given tail = 1 - |x|."""
    return erfinv(x) if abs(x) < 0.5 else quantile(tail) * (1 if x > 0 else -1)


def log_ndtr(x: mpf) -> mpf:
    """log of half erfc(-x / √2)."""
    t = x / sqrt(2)
    return log1p(-erfc(t) / 2) if x > 0 else log(erfcx(-t) / 2) - t * t


def scaled_bessel(order: int) -> Callable[[mpf], mpf]:
    """exp(-|x|) I_order(x); far out by its asymptotic series, DLMF 10.40.1."""

    def value(x: mpf) -> mpf:
        t = abs(x)
        if t < 1000:
            return exp(-t) * besseli(order, x)
        terms, term = [mpf(1)], mpf(1)
        for k in range(1, 30):
            term *= ((2 * k - 1) ** 2 - 4 * order**2) / (8 * k * t)
            terms.append(term)
        return sum(terms) / sqrt(2 * pi * t) * (1 if x > 0 or order == 0 else -1)

    return value


def log_gamma(x: mpf) -> mpf:
    """log |Γ(x)|."""
    return log(abs(gamma(x))) if x < 100 else loggamma(x)


def log_gamma_terms(x: mpf) -> mpf:
    """The larger term of the reflection formula of log |Γ|."""
    return max(abs(log(pi / abs(sin(pi * x)))), abs(loggamma(1 - x)))


def digamma_terms(x: mpf) -> mpf:
    """The larger term of the reflection formula of ψ."""
    return max(abs(digamma(1 - x)), abs(pi * cot(pi * x)))


def polygamma(n: int) -> Callable[[mpf], mpf]:
    """The n-th derivative of ψ."""
    return lambda x: psi(n, x)


def polygamma_terms(n: int) -> Callable[[mpf], mpf]:
    """The same with all terms of its series counted positive."""

    def size(x: mpf) -> mpf:
        up = x - mp.floor(x)
        return gamma(n + 1) * (zeta(n + 1, up) + zeta(n + 1, 1 - up))

    return size


def multigamma(p: int) -> Callable[[mpf], mpf]:
    """log of the multivariate gamma function."""
    return lambda x: mpf(p * (p - 1)) / 4 * log(pi) + sum(log_gamma(x - mpf(j) / 2) for j in range(p))


def main() -> None:
    """Compute and write."""
    line = [uniform(-6, 6), powers(-300, 0), uniform(-1, 1)]
    ends = np.concatenate([np.abs(powers(-16, -1)), np.abs(powers(-308, -3))])
    right = [
        uniform(0, 6),
        np.abs(powers(-307, 0)),
        np.abs(powers(0, 10)),
        near(0.5, 1, 1.4616321449683623, 2, 5),
    ]
    left = [-uniform(0, 40), -np.abs(powers(-300, 4)), -near(0.5, 1, 1.5, 2, 7)]
    series = [uniform(0, 20), np.abs(powers(-3, 4))]
    cases: dict[str, tuple[Callable[[mpf], mpf], list[np.ndarray], Callable[[mpf], mpf] | None]] = {
        "erf": (erf, line, None),
        "erfc": (erfc, [*line, uniform(-7, 27.2)], None),
        "erfcx": (erfcx, [*line, uniform(-26.6, 30), np.abs(powers(0, 300))], None),
        "erfinv": (lambda x: inverse(x, 1 - abs(x)), [*line[1:], 1 - ends[:COUNT], ends[:COUNT] - 1], None),
        "ndtr": (lambda x: erfc(-x / sqrt(2)) / 2, [*line, uniform(-38.5, 9)], None),
        "log_ndtr": (log_ndtr, [*line, uniform(-50, 38), -np.abs(powers(0, 150))], None),
        "ndtri": (
            lambda p: sqrt(2) * inverse(2 * p - 1, 2 * min(p, 1 - p)),
            [uniform(0, 1), ends, 1 - ends[:COUNT], near(0.5)],
            None,
        ),
        "lgamma": (log_gamma, right, None),
        "lgamma.left": (log_gamma, left, log_gamma_terms),
        "multigammaln.3": (multigamma(3), [uniform(3, 40), powers(-1, 8).clip(3)], None),
        "digamma": (digamma, right, None),
        "digamma.left": (digamma, left, digamma_terms),
        "trigamma": (polygamma(1), [a[np.abs(a) > 1e-153] for a in right], None),
        "trigamma.left": (polygamma(1), [a[np.abs(a) > 1e-153] for a in left], None),
        "i0": (lambda x: besseli(0, x), [*line, uniform(-20, 20), uniform(-713, 713)], None),
        "i0e": (scaled_bessel(0), [*line, uniform(-20, 20), powers(1, 300)], None),
        "i1": (lambda x: besseli(1, x), [*line, uniform(-20, 20), uniform(-713, 713)], None),
        "i1e": (scaled_bessel(1), [*line, uniform(-20, 20), powers(1, 300)], None),
    }
    for n in (2, 3, 8, 30):
        cases[f"polygamma.{n}"] = (polygamma(n), series, None)
        cases[f"polygamma.{n}.left"] = (polygamma(n), [-uniform(0, 20), -near(1, 4)], polygamma_terms(n))
    arrays = {}
    for name, (function, arguments, scale) in cases.items():
        pairs = [(a, function(mpf(float(a)))) for a in np.concatenate(arguments)]
        x, values = zip(*((a, v) for a, v in pairs if abs(v) < 1e308), strict=True)
        high = np.array([float(v) for v in values])
        arrays[f"{name}.x"], arrays[f"{name}.high"] = np.array(x), high
        arrays[f"{name}.low"] = np.array(
            [float(v - mpf(float(h))) for v, h in zip(values, high, strict=True)]
        )
        if scale is not None:
            arrays[f"{name}.scale"] = np.maximum(np.abs(high), [float(scale(mpf(float(a)))) for a in x])
    GOLDEN.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(GOLDEN, **arrays)


if __name__ == "__main__":
    main()
