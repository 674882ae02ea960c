"""The distributions of `npnn.random` that draw until a value is accepted: counts, gamma and Dirichlet.

A proposal is drawn and accepted or not, so the values come one after another, each from float64 uniform and
normal numbers. They are torch's, but for a rounding of the C library's logarithm that decides otherwise.

References:
    [1] Hörmann, "The transformed rejection method for generating Poisson random variables", Insurance:
        Mathematics and Economics 12(1), 1993.
    [2] Hörmann, "The generation of binomial random variates", J. Statist. Comput. Simulation 46, 1993.
    [3] Marsaglia and Tsang, "A simple method for generating gamma variables", ACM TOMS 26(3), 2000.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np

from npnn._typing import Array
from npnn.random.continuous import ContinuousGenerator, supported

_WIDE = (np.dtype(np.float32), np.dtype(np.float64))  # torch draws binomial and gamma numbers in these only
_AHEAD = 512  # uniform numbers drawn at a time
_FEW = 10.0  # the mean from which proposals are rejected; below it, events are counted one by one
_HALF_LOG_TWO_PI = math.log(2 * math.pi) / 2
# The constants of [3] as torch has them, in float32.
_THIRD, _SQUEEZE = float(np.float32(1) / np.float32(3)), float(np.float32(0.0331))


class RejectionGenerator(ContinuousGenerator):
    """The part of `npnn.random.Generator` that draws until a value is accepted."""

    def poisson(self, rate: Array) -> Array:
        """Numbers of events, Poisson distributed with the rate of each element.

        A rate below 10: events are counted until a product of uniform numbers falls below exp(-rate).
        Otherwise by transformed rejection [1].

        Args:
            rate: the means, float16, float32 or float64.

        Returns:
            An array of the shape and dtype of the rates.

        Raises:
            RuntimeError: a rate is negative.
            NotImplementedError: another dtype.

        Source: torch.poisson.

        Examples:
            >>> RejectionGenerator().manual_seed(0).poisson(np.array([0.5, 4.0, 100.0]))
            array([ 2.,  5., 94.])
        """
        supported("poisson", rate.dtype)
        if not (rate >= 0).all():
            raise RuntimeError("invalid Poisson rate, expected rate to be non-negative")
        with self._one_by_one() as (uniform, _):
            counts = [_poisson(mean, uniform) for mean in rate.reshape(-1).tolist()]
        return np.array(counts, np.float64).astype(rate.dtype).reshape(rate.shape)

    def binomial(self, count: Array, prob: Array) -> Array:
        """How many of `count` trials succeed, each with probability `prob`.

        For fewer than ten expected successes (or failures, if these are fewer), waiting times are added up
        until they exceed the count. Otherwise by transformed rejection [2].

        Args:
            count: the numbers of trials, float32 or float64.
            prob: the probabilities, of the same dtype and shape.

        Returns:
            An array of that shape and dtype.

        Raises:
            RuntimeError: the dtypes differ.
            NotImplementedError: another dtype.

        Source: torch.binomial.

        Examples:
            >>> RejectionGenerator().manual_seed(0).binomial(np.array([10.0, 90.0]), np.array([0.25, 0.75]))
            array([ 6., 69.])
        """
        supported("binomial", count.dtype, _WIDE)
        if count.dtype != prob.dtype:
            raise RuntimeError(f"Found dtype {prob.dtype} of prob but expected {count.dtype}, that of count")
        with self._one_by_one() as (uniform, _):
            successes = [
                _binomial(n, p, uniform)
                for n, p in zip(count.reshape(-1).tolist(), prob.reshape(-1).tolist(), strict=True)
            ]
        return np.array(successes, np.float64).astype(count.dtype).reshape(count.shape)

    def standard_gamma(self, concentration: Array) -> Array:
        """Gamma distributed with the concentration of each element and rate 1, by rejection [3].

        Args:
            concentration: float32 or float64.

        Returns:
            An array of the same shape and dtype, of positive numbers.

        Raises:
            NotImplementedError: another dtype.

        Source: torch.distributions.Gamma.

        Examples:
            >>> RejectionGenerator().manual_seed(0).standard_gamma(np.array([0.5, 4.0]))
            array([7.89358206e-04, 1.97524177e+00])
        """
        dtype = supported("standard_gamma", concentration.dtype, _WIDE)
        real = dtype.type
        flat = concentration.reshape(-1)
        small = flat < 1
        shifted = flat + small.astype(dtype) - real(_THIRD)  # rounded to the dtype, as torch does
        with np.errstate(divide="ignore"):
            powers = np.where(small, real(1) / flat, real(0))
        with self._one_by_one() as (uniform, normal):
            drawn = [
                _gamma(d, power, uniform, normal) if power < math.inf else 0.0
                for d, power in zip(shifted.tolist(), powers.tolist(), strict=True)
            ]
        values = np.maximum(np.array(drawn, np.float64).astype(dtype), np.finfo(dtype).tiny)
        return values.reshape(concentration.shape)

    def dirichlet(self, concentration: Array) -> Array:
        """Gamma distributed float64 numbers over their sum along the last axis.

        Args:
            concentration: (*, k), float32 or float64.

        Returns:
            An array of the same shape and dtype, of numbers between 0 and 1.

        Raises:
            NotImplementedError: another dtype.

        Source: torch.distributions.Dirichlet.

        Examples:
            >>> RejectionGenerator().manual_seed(0).dirichlet(np.array([0.5, 4.0, 2.0])).round(4)
            array([2.000e-04, 5.119e-01, 4.879e-01])
        """
        dtype = supported("dirichlet", concentration.dtype, _WIDE)
        gammas = self.standard_gamma(concentration.astype(np.float64))
        shares = (gammas / gammas.sum(-1, keepdims=True)).astype(dtype)
        limits = np.finfo(dtype)
        return np.clip(shares, limits.tiny, np.nextafter(dtype.type(1), dtype.type(0)))

    @contextmanager
    def _one_by_one(self) -> Iterator[tuple[Callable[[], float], Callable[[], float]]]:
        """Functions for the next uniform and the next normal number, both float64.

        Uniform numbers are drawn ahead; in the end the stream is set to where those that were taken end.
        """
        before, ahead = self._mt19937.state, list[float]()

        def uniform() -> float:
            nonlocal before
            if not ahead:
                before = self._mt19937.state
                ahead.extend(self._unit(_AHEAD, np.float64)[::-1].tolist())
            return ahead.pop()

        def normal() -> float:
            waiting, self._next_normal = self._next_normal, None
            if waiting is not None:
                return waiting
            theta = 2 * math.pi * uniform()
            radius = math.sqrt(-2 * math.log1p(-uniform()))
            self._next_normal = radius * math.sin(theta)
            return radius * math.cos(theta)

        try:
            yield uniform, normal
        finally:
            if ahead:
                self._mt19937.state = before
                self._random64(_AHEAD - len(ahead))


def _poisson(rate: float, uniform: Callable[[], float]) -> float:
    if rate == 0:
        return 0.0
    if rate < _FEW:
        count, product, least = 0, uniform(), math.exp(-rate)
        while product > least:
            count, product = count + 1, product * uniform()
        return float(count)
    # The names are those of the algorithm PTRS in [1].
    b = 0.931 + 2.53 * math.sqrt(rate)
    a = -0.059 + 0.02483 * b
    inverse_alpha, v_r, log_rate = 1.1239 + 1.1328 / (b - 3.4), 0.9277 - 3.6224 / (b - 2), math.log(rate)
    while True:
        u, v = uniform() - 0.5, uniform()
        us = 0.5 - abs(u)
        k = math.floor((2 * a / us + b) * u + rate + 0.43)
        if us >= 0.07 and v <= v_r:
            return float(k)
        if k < 0 or (us < 0.013 and v > us):
            continue
        if math.log(v) + math.log(inverse_alpha) - math.log(a / (us * us) + b) <= (
            k * log_rate - rate - math.lgamma(k + 1)
        ):
            return float(k)


def _binomial(count: float, p: float, uniform: Callable[[], float]) -> float:
    if count <= 0 or p <= 0:
        return 0.0
    if p >= 1:
        return count
    if math.isnan(count * p):
        return math.nan
    if p > 0.5:
        return count - _successes(count, 1 - p, uniform)
    return _successes(count, p, uniform)


def _successes(count: float, p: float, uniform: Callable[[], float]) -> float:
    """As `_binomial`, for p of at most a half."""
    if count * p < _FEW:
        log_failure, successes = math.log1p(-p), 0
        trials = _waiting(uniform(), log_failure)
        while trials <= count:
            successes, trials = successes + 1, trials + _waiting(uniform(), log_failure)
        return float(successes)
    # The names are those of the algorithm BTRS in [2].
    spq = math.sqrt(count * p * (1 - p))
    b = 1.15 + 2.53 * spq
    a = -0.0873 + 0.0248 * b + 0.01 * p
    c, v_r, r = count * p + 0.5, 0.92 - 4.2 / b, p / (1 - p)
    alpha, m = (2.83 + 5.1 / b) * spq, math.floor((count + 1) * p)
    while True:
        u, v = uniform() - 0.5, uniform()
        us = 0.5 - abs(u)
        k = math.floor((2 * a / us + b) * u + c)
        if us >= 0.07 and v <= v_r:
            return float(k)
        if k < 0 or k > count:
            continue
        bound = (
            (m + 0.5) * math.log((m + 1) / (r * (count - m + 1)))
            + (count + 1) * math.log((count - m + 1) / (count - k + 1))
            + (k + 0.5) * math.log(r * (count - k + 1) / (k + 1))
            + _stirling_error(m)
            + _stirling_error(count - m)
            - _stirling_error(k)
            - _stirling_error(count - k)
        )
        if math.log(v * alpha / (a / (us * us) + b)) <= bound:
            return float(k)


def _waiting(u: float, log_failure: float) -> float:
    """Trials to the first success."""
    return float(math.ceil(math.log(u) / log_failure)) if u > 0 else math.inf


def _stirling_error(k: float) -> float:
    """How much ln k! exceeds Stirling's approximation of it."""
    n = k + 1
    if k < 10:
        return math.lgamma(n) - (k + 0.5) * math.log(n) + n - _HALF_LOG_TWO_PI
    return (1 / 12 - (1 / 360 - 1 / 1260 / n**2) / n**2) / n


def _gamma(d: float, power: float, uniform: Callable[[], float], normal: Callable[[], float]) -> float:
    """One value of concentration d + 1/3, times u^power; the names are those of [3]."""
    scale = (1 - uniform()) ** power if power else 1.0
    c = 1 / math.sqrt(9 * d)
    while True:
        x = normal()
        v = 1 + c * x
        if v <= 0:
            continue
        v, u, xx = v * v * v, 1 - uniform(), x * x
        if u < 1 - _SQUEEZE * xx * xx or math.log(u) < 0.5 * xx + d * (1 - v + math.log(v)):
            return scale * d * v
