"""Checks that the contenders of a case compute the same, then times them in turn.

timeit holds the stopwatch, pyperf the values and their statistics. pyperf's own runner would give each
contender processes of its own, one after the other; here they take turns in one process, so that a change in
the machine's speed meets them alike.
"""

from __future__ import annotations

import gc
import time
import timeit
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyperf

# One value averages over so many seconds at least: long beside the clock's resolution and a cold cache.
SECONDS_PER_VALUE = 0.02
CHECKED_RUNS = 3


@dataclass(frozen=True)
class Contender:
    """One way to do the work of a case.

    Attributes:
        run: does the work once.
        state: the arrays by which it can be told that two contenders have done the same work.
    """

    run: Callable[[], object]
    state: Callable[[], Sequence[np.ndarray]] = tuple


@dataclass(frozen=True)
class Case:
    """Work to be timed.

    Attributes:
        name: what `--only` and the JSON call it.
        work: what it is, in a few words.
        build: makes the contenders, among them "npnn".
        against: the contender whose time npnn's is divided by; None if the target is in seconds.
        target: the ratio, or the seconds, not to be exceeded.
        rtol: how closely the states agree after a few runs, relative to the largest element of each array.
    """

    name: str
    work: str
    build: Callable[[], Mapping[str, Contender]]
    against: str | None
    target: float
    rtol: float = 1e-5


@dataclass(frozen=True)
class Result:
    """What was measured of a case.

    Attributes:
        case: the case.
        timings: for each contender its values, in seconds for one run.
    """

    case: Case
    timings: Mapping[str, pyperf.Benchmark]

    @property
    def seconds(self) -> dict[str, float]:
        """The median of each contender's values."""
        return {name: timing.median() for name, timing in self.timings.items()}

    @property
    def ratio(self) -> float | None:
        """npnn's median over that of the contender it is held against."""
        against = self.case.against
        return None if against is None else self.seconds["npnn"] / self.seconds[against]

    @property
    def reached(self) -> bool:
        """Whether the target is."""
        return (self.seconds["npnn"] if self.ratio is None else self.ratio) <= self.case.target


def measure(case: Case, seconds: float, least_values: int) -> Result:
    """Checks a case and times it.

    Args:
        case: the case.
        seconds: how long to go on timing, for all contenders together.
        least_values: how many values each contender gets at least, however long that takes.

    Returns:
        The result.

    Raises:
        AssertionError: two contenders do not compute the same.
    """
    contenders = case.build()
    check_same(case, contenders)
    values = alternate({name: contender.run for name, contender in contenders.items()}, seconds, least_values)
    timings = {
        name: pyperf.Benchmark([pyperf.Run(values[name], metadata={"name": f"{case.name}/{name}"})])
        for name in contenders
    }
    return Result(case, timings)


def check_same(case: Case, contenders: Mapping[str, Contender]) -> None:
    """Runs each contender a few times, which also warms it up, and compares what they have arrived at.

    Args:
        case: says how close they must be.
        contenders: by their names.

    Raises:
        AssertionError: two contenders do not compute the same.
    """
    for contender in contenders.values():
        for _ in range(CHECKED_RUNS):
            contender.run()
    expected = contenders["npnn"].state()
    for name, contender in contenders.items():
        for ours, theirs in zip(expected, contender.state(), strict=True):
            np.testing.assert_allclose(
                theirs,
                ours,
                rtol=0,
                atol=case.rtol * np.abs(ours).max(),
                err_msg=f"{case.name}: {name} and npnn differ after {CHECKED_RUNS} runs",
            )


def alternate(
    runs: Mapping[str, Callable[[], object]], seconds: float, least_values: int
) -> dict[str, list[float]]:
    """Times functions in turn.

    Args:
        runs: the functions, by the names of their contenders.
        seconds: how long to go on, for all of them together.
        least_values: how many values each gets at least.

    Returns:
        For each name the seconds for one run, as many values for one as for the other.
    """
    # timeit switches garbage collection off; in a training loop it is on, and whoever makes garbage pays.
    timers = {name: timeit.Timer(run, setup=gc.enable) for name, run in runs.items()}
    loops = {name: max(1, round(SECONDS_PER_VALUE / timer.timeit(1))) for name, timer in timers.items()}
    values: dict[str, list[float]] = {name: [] for name in runs}
    order = list(timers)
    end = time.perf_counter() + seconds
    while time.perf_counter() < end or len(values[order[0]]) < least_values:
        for name in order:
            values[name].append(timers[name].timeit(loops[name]) / loops[name])
        order.reverse()  # who comes second inherits the other's cache: share that out
    return values
