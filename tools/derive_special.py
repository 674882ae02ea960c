"""Derive the coefficients of npnn/ops/special/_fits.py and write that file.

Run `python tools/derive_special.py > npnn/ops/special/_fits.py`; it takes a few seconds.
Needs mpmath: `pip install mpmath`.

Each table is a rational function P/Q that agrees with its target, computed by mpmath to 60 digits, at as many
Chebyshev nodes as it has coefficients, so that these solve one linear system. An interpolant at Chebyshev
nodes is nearly the best fit there is (Trefethen, "Approximation Theory and Approximation Practice", chapters
4 and 16).

Three things keep rounding errors to a unit or two in the last place, where a quotient of sums of powers loses
10:
- The target is brought close to a constant first, by a factor that costs a rounding or two, and the fit is of
  what is left above the constant: its rounding errors count only for as much as it contributes.
- P and Q are polynomials in t = (x - a) / (x + c), which is small and of either sign, rather than in x.
- Nodes are spread evenly in t, which is where a target with most of its shape near zero needs them.

Degrees, a and c were chosen by trial: the fewest coefficients for a relative error of about 3e-17 (double) or
2e-9 (single), then the least error in units of the last place over some thousands of arguments. For single
precision, which is computed in float64, rounding does not matter, so that powers of x do and c only places
the nodes.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from itertools import zip_longest
from typing import NamedTuple

from mpmath import (
    besseli,
    cos,
    digamma,
    erf,
    erfc,
    erfinv,
    euler,
    exp,
    expm1,
    findroot,
    hyperu,
    inf,
    linspace,
    log,
    loggamma,
    lu_solve,
    matrix,
    mp,
    mpf,
    pi,
    polyval,
    psi,
    sqrt,
)

mp.dps = 60
EPS = mpf(10) ** -25  # closer to a removable singularity than this, take the limit


def erf_over_x(z: mpf) -> mpf:
    """erf(x) / x in terms of z = x²."""
    return erf(sqrt(z)) / sqrt(z) if z > EPS else 2 / sqrt(pi)


def erfcx(x: mpf) -> mpf:
    """(2x + 1) exp(x²) erfc(x), which stays between 1 and 1.24; far out by DLMF 7.11.5."""
    return (2 * x + 1) * (exp(x * x) * erfc(x) if x < 20 else hyperu(0.5, 0.5, x * x) / sqrt(pi))


def normal_tail(t: mpf) -> mpf:
    """exp(t²/2) Φ(-t), with Φ the normal distribution function."""
    return exp(t * t / 2) * erfc(t / sqrt(2)) / 2


def erfinv_over_x(w: mpf) -> mpf:
    """erfinv(x) / x in terms of w = -log(1 - x²)."""
    x = sqrt(-expm1(-w))
    return erfinv(x) / x if x > EPS else sqrt(pi) / 2


def erfinv_far(s: mpf) -> mpf:
    """y / s where erfc(y) = exp(-s²), by Newton's iteration on log erfc."""
    y, step = s, mpf(1)
    while abs(step) > EPS:
        step = (log(erfc(y)) + s * s) * erfc(y) * exp(y * y) * sqrt(pi) / -2
        y -= step
    return y / s


def lgamma(y: mpf) -> mpf:
    """log Γ(1 + y) without its zeros, y = 0 and y = 1, and nearly constant."""
    if abs(y * (y - 1)) < EPS:
        return (y + 3) * (euler if y < 0.5 else 1 - euler)
    return (y + 3) * loggamma(1 + y) / (y * (y - 1))


ROOT = findroot(lambda y: digamma(1 + y), 0.46)  # ψ(1 + y) has one zero with y > -1
SPLIT = float(ROOT), float(ROOT - mpf(float(ROOT)))  # ROOT to 106 bits, as the sum of two doubles


def psi0(y: mpf) -> mpf:
    """ψ(1 + y) without its zero and nearly constant."""
    return (y + 1) * (digamma(1 + y) / (y - ROOT) if abs(y - ROOT) > EPS else psi(1, 1 + ROOT))


def psi1(y: mpf) -> mpf:
    """ψ′(1 + y), nearly constant."""
    return (y + 0.6875) * psi(1, 1 + y)


def far(remainder: Callable[[mpf], mpf]) -> Callable[[mpf], mpf]:
    """What Stirling's formula and its derivatives leave at ½ + z, in terms of v = 1 / z²."""
    return lambda v: remainder(1 / sqrt(max(v, EPS / 10**5)))


def lgamma_far(z: mpf) -> mpf:
    """z (log Γ(½ + z) - z log z + z - ½ log 2π)."""
    return z * (loggamma(z + 0.5) - z * log(z) + z - log(2 * pi) / 2)


def psi0_far(z: mpf) -> mpf:
    """z² (ψ(½ + z) - log z)."""
    return z * z * (digamma(z + 0.5) - log(z))


def psi1_far(z: mpf) -> mpf:
    """z³ (ψ′(½ + z) - 1/z)."""
    return z**3 * (psi(1, z + 0.5) - 1 / z)


def bessel(order: int) -> Callable[[mpf], mpf]:
    """I_order(x) / x^order in terms of z = x²."""
    return lambda z: besseli(order, sqrt(z)) / sqrt(z) ** order if z > EPS else mpf(1) / 2**order


def bessel_far(order: int) -> Callable[[mpf], mpf]:
    """exp(-x) I_order(x) sqrt(x) in terms of u = 1 / x."""
    return lambda u: besseli(order, 1 / u) * exp(-1 / u) / sqrt(u) if u > EPS else 1 / sqrt(2 * pi)


class Fit(NamedTuple):
    """P of degree p over Q of degree q on [low, high], in powers of x or, given a, of t."""

    low: float
    high: float
    p: int
    q: int = 0
    c: float = inf
    a: float | None = None

    def variable(self, x: mpf) -> mpf:
        """What P and Q are polynomials in."""
        return x if self.a is None else (x - self.a) / (x + self.c)

    def points(self, angles: list[mpf]) -> list[mpf]:
        """The points at these angles of the circle whose shadow, in x / (x + c), is [low, high]."""
        c = mpf(min(self.c, 1e30))
        low, high = self.low / (self.low + c), self.high / (self.high + c)
        shadows = [(low + high) / 2 + (high - low) / 2 * cos(angle) for angle in angles]
        return [c * u / (1 - u) for u in shadows]


class Table(NamedTuple):
    """The fits of one function, less a constant."""

    target: Callable[[mpf], mpf]
    constant: float
    meaning: str
    double: Fit
    single: Fit


class SingleTable(NamedTuple):
    """The fit of one function that is evaluated in float32: positive coefficients lose the least there."""

    target: Callable[[mpf], mpf]
    meaning: str
    fit: Fit


SINGLE_TABLES = {
    "NORMAL_TAIL": SingleTable(
        normal_tail, "exp(t²/2) Φ(-t), in t, up to where exp(-t²/2) is 0", Fit(0, 14.5, 4, 5, 3)
    ),
}


TABLES = {
    "ERF": Table(erf_over_x, 1, "erf(x) / x - 1, in x²", Fit(0, 1, 4, 5), Fit(0, 15.6, 6, 5, 12)),
    "ERFCX": Table(
        erfcx, 1, "(2x + 1) exp(x²) erfc(x) - 1, in x", Fit(0, 1e9, 11, 11, 3, 1), Fit(0, 1e9, 6, 6, 2)
    ),
    "ERFINV": Table(
        erfinv_over_x, 1, "erfinv(x) / x - 1, in -log(1 - x²)", Fit(0, 6, 9, 8, 30, 0.5), Fit(0, 6, 5, 5, 10)
    ),
    "ERFINV_FAR": Table(
        erfinv_far,
        1,
        "y / s - 1 with erfc(y) = exp(-s²), in s",
        Fit(2.5, 27.3, 11, 10, 4, 8),
        Fit(2.5, 27.3, 5, 5, 2),
    ),
    "LGAMMA": Table(
        lgamma,
        1.75,
        "log Γ(1 + y) (y + 3) / (y (y - 1)) - 1.75, in y",
        Fit(-0.5, 4, 10, 10, 3, 0.5),
        Fit(-0.5, 4, 5, 6, 3),
    ),
    "DIGAMMA": Table(
        psi0,
        1.5,
        "ψ(1 + y) (y + 1) / (y - root) - 1.5, in y",
        Fit(-0.5, 4, 8, 8, 3, 2),
        Fit(-0.5, 4, 5, 5, 3),
    ),
    "TRIGAMMA": Table(
        psi1, 1, "ψ′(1 + y) (y + 0.6875) - 1, in y", Fit(-0.5, 4, 8, 8, 2, 0.5), Fit(-0.5, 4, 5, 5, 2)
    ),
    "LGAMMA_FAR": Table(
        far(lgamma_far),
        0,
        "z (log Γ(½ + z) - z log z + z - ½ log 2π), in 1 / z²",
        Fit(0, 0.05, 7),
        Fit(0, 0.05, 2),
    ),
    "DIGAMMA_FAR": Table(
        far(psi0_far), 0, "z² (ψ(½ + z) - log z), in 1 / z²", Fit(0, 0.05, 8), Fit(0, 0.05, 3)
    ),
    "TRIGAMMA_FAR": Table(
        far(psi1_far), 0, "z³ (ψ′(½ + z) - 1 / z), in 1 / z²", Fit(0, 0.05, 10), Fit(0, 0.05, 4)
    ),
    "I0": Table(bessel(0), 0, "I₀(x), in x²", Fit(0, 81, 16, 0, 200), Fit(0, 81, 11, 0, 200)),
    "I1": Table(bessel(1), 0, "I₁(x) / x, in x²", Fit(0, 81, 16, 0, 200), Fit(0, 81, 10, 0, 200)),
    "I0_FAR": Table(bessel_far(0), 0, "exp(-x) I₀(x) √x, in 1 / x", Fit(0, 1 / 9, 22), Fit(0, 1 / 9, 6)),
    "I1_FAR": Table(bessel_far(1), 0, "exp(-x) I₁(x) √x, in 1 / x", Fit(0, 1 / 9, 22), Fit(0, 1 / 9, 6)),
}


def interpolate(target: Callable[[mpf], mpf], fit: Fit) -> tuple[list[mpf], list[mpf], mpf]:
    """P and Q, lowest power first and Q(0) = 1, and the largest relative error between the nodes."""
    size = fit.p + fit.q + 1
    system, values = matrix(size, size), matrix(size, 1)
    for i, x in enumerate(fit.points([pi * (2 * i + 1) / (2 * size) for i in range(size)])):
        t = fit.variable(x)
        values[i] = target(x)  # P(t) - target(x) (Q(t) - 1) = target(x), linear in the coefficients
        for j in range(fit.p + 1):
            system[i, j] = t**j
        for j in range(1, fit.q + 1):
            system[i, fit.p + j] = -values[i] * t**j
    solution = list(lu_solve(system, values))
    p, q = solution[: fit.p + 1], [mpf(1), *solution[fit.p + 1 :]]
    between = {x: fit.variable(x) for x in fit.points(linspace(0, pi, 4 * size))}
    return (
        p,
        q,
        max(abs(polyval(p[::-1], t) / polyval(q[::-1], t) / target(x) - 1) for x, t in between.items()),
    )


def literal(coefficients: list[mpf]) -> str:
    """The coefficients as a tuple of doubles, four to a line."""
    numbers = [f"{float(c)!r}," for c in coefficients]
    lines = [" ".join(numbers[i : i + 4]) for i in range(0, len(numbers), 4)]
    return "(\n        " + "\n        ".join(lines) + "\n    )"


HEADER = '''"""Coefficients of the fits behind npnn.ops.special, lowest power first.

Written by tools/derive_special.py, which says how they were obtained: derive them anew rather than edit them.
"max error" is the largest relative error of the fit that was seen, before rounding to float64.
"""

# fmt: off
from typing import Literal, NamedTuple, TypeAlias

Precision: TypeAlias = Literal["double", "single"]
Polynomial: TypeAlias = tuple[float, ...]


class Rational(NamedTuple):
    """P/Q, in powers of x or, with a and c, of t = (x - a) / (x + c)."""

    p: Polynomial
    q: Polynomial
    a: float = 0.0
    c: float = 0.0
'''


def main() -> None:
    """Print the module."""
    print(HEADER)
    print(f"\n# The zero of ψ(1 + y) as the sum of two doubles.\nDIGAMMA_ROOT = {SPLIT}")
    for name, table in TABLES.items():
        kind = "Rational" if table.double.q else "Polynomial"
        print(f"\n# {table.meaning}\n{name}: dict[Precision, {kind}] = {{")
        for precision, fit in {"double": table.double, "single": table.single}.items():
            p, q, error = interpolate(cache(table.target), fit)
            p = [a - table.constant * b for a, b in zip_longest(p, q, fillvalue=mpf(0))]
            variable = "" if fit.a is None else f", {fit.a}, {fit.c}"
            body = f"Rational({literal(p)}, {literal(q)}{variable})" if fit.q else literal(p)
            print(
                f"    # [{fit.low:.4g}, {fit.high:.4g}], degree {fit.p}/{fit.q}, max error {float(error):.1e}"
            )
            print(f'    "{precision}": {body},')
        print("}")
    print("\n# For float32 arithmetic.")
    for name, single in SINGLE_TABLES.items():
        p, q, error = interpolate(single.target, single.fit)
        print(f"# {single.meaning}: degree {single.fit.p}/{single.fit.q}, max error {float(error):.1e}")
        print(f"{name}_END = {single.fit.high}")
        # Q begins with 1 t^n, which is one product less.
        p, q = ([coefficient / q[-1] for coefficient in each] for each in (p, q))
        print(f"{name} = Rational({literal(p)}, {literal(q)})")


if __name__ == "__main__":
    main()
