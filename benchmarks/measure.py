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
from typing import TypeAlias

import numpy as np
import pyperf

from benchmarks.memory import peak_bytes

# One value averages over so many seconds at least: long beside the clock's resolution and a cold cache.
SECONDS_PER_VALUE = 0.02
# OpenMP's threads, which torch uses, spin for 9 ms after their work, and would take a core from whoever comes
# next: that long a contender rests, or, if its runs are short, goes through a value's worth of them untimed.
# After a rest the processor's caches and clock take some milliseconds to come back.
REST = 0.012
CHECKED_RUNS = 2

Timer: TypeAlias = Callable[[], float]
"""A clock, in seconds."""


@dataclass(frozen=True)
class Contender:
    """One way to do the work of a case.

    Attributes:
        run: does the work once.
        state: the arrays by which it can be told that two contenders have done the same work.
        in_process: whether the work is done in this process, so that its memory can be told.
    """

    run: Callable[[], object]
    state: Callable[[], Sequence[np.ndarray]] = tuple
    in_process: bool = True


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
        memory_target: npnn's peak memory over that of the other, not to be exceeded; None if it may be any.
    """

    name: str
    work: str
    build: Callable[[], Mapping[str, Contender]]
    against: str | None
    target: float
    rtol: float = 1e-5
    memory_target: float | None = None


@dataclass(frozen=True)
class Result:
    """What was measured of a case.

    Attributes:
        case: the case.
        timings: for each contender its values, in seconds for one run.
        peaks: for each contender the bytes that a run takes, or None.
    """

    case: Case
    timings: Mapping[str, pyperf.Benchmark]
    peaks: Mapping[str, int | None]

    @property
    def seconds(self) -> dict[str, float]:
        """The median of each contender's values."""
        return {name: timing.median() for name, timing in self.timings.items()}

    @property
    def rival(self) -> str | None:
        """The contender that npnn is held against: of torch's memory formats the faster one."""
        against = self.case.against
        formats = [name for name in self.timings if against and name.startswith(against)]
        return min(formats, key=self.seconds.__getitem__, default=None)

    @property
    def ratio(self) -> float | None:
        """npnn's median over that of the contender it is held against."""
        return None if self.rival is None else self.seconds["npnn"] / self.seconds[self.rival]

    @property
    def memory_ratio(self) -> float | None:
        """npnn's peak memory over that of the contender it is held against."""
        ours, theirs = self.peaks.get("npnn"), self.peaks.get(self.rival or "")
        return ours / theirs if ours is not None and theirs else None

    @property
    def reached(self) -> bool:
        """Whether the targets are."""
        if (self.seconds["npnn"] if self.ratio is None else self.ratio) > self.case.target:
            return False
        limit = self.case.memory_target
        return limit is None or self.memory_ratio is None or self.memory_ratio <= limit


def measure(case: Case, seconds: float, least_values: int, timer: Timer = time.perf_counter) -> Result:
    """Checks a case, times it, and asks how much memory it takes.

    Args:
        case: the case.
        seconds: how long to go on timing, for all contenders together.
        least_values: how many values each contender gets at least, however long that takes.
        timer: the clock; for work in other processes it is always that on the wall.

    Returns:
        The result.

    Raises:
        AssertionError: two contenders do not compute the same.
    """
    contenders = case.build()
    check_same(case, contenders)
    if not all(contender.in_process for contender in contenders.values()):
        timer = time.perf_counter
    runs = {name: contender.run for name, contender in contenders.items()}
    values = alternate(runs, seconds, least_values, timer)
    timings = {
        name: pyperf.Benchmark([pyperf.Run(values[name], metadata={"name": f"{case.name}/{name}"})])
        for name in contenders
    }
    gc.collect()
    peaks = {
        name: peak_bytes(contender.run) for name, contender in contenders.items() if contender.in_process
    }
    return Result(case, timings, peaks)


def check_same(case: Case, contenders: Mapping[str, Contender]) -> None:
    """Runs each contender a few times, which also warms it up, and compares what they have arrived at.

    A single one has nothing to agree with, and is not run.

    Args:
        case: says how close they must be.
        contenders: by their names.

    Raises:
        AssertionError: two contenders do not compute the same.
    """
    if len(contenders) == 1:
        return
    for contender in contenders.values():
        for _ in range(CHECKED_RUNS if contender.in_process else 1):
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
    runs: Mapping[str, Callable[[], object]],
    seconds: float,
    least_values: int,
    timer: Timer = time.perf_counter,
) -> dict[str, list[float]]:
    """Times functions in turn.

    Args:
        runs: the functions, by the names of their contenders.
        seconds: how long to go on, for all of them together.
        least_values: how many values each gets at least.
        timer: the clock.

    Returns:
        For each name the seconds for one run, as often as asked for or oftener.
    """
    # timeit switches garbage collection off; in a training loop it is on, and whoever makes garbage pays.
    timers = {name: timeit.Timer(run, setup=gc.enable, timer=timer) for name, run in runs.items()}
    firsts = {name: timer.timeit(1) for name, timer in timers.items()}
    loops = {name: max(1, round(SECONDS_PER_VALUE / first)) for name, first in firsts.items()}
    # A run that is long enough for a value is one: of the longest works --quick has no time for many.
    values = {name: [first] if loops[name] == 1 else [] for name, first in firsts.items()}
    order = list(timers)
    end = time.perf_counter() + seconds
    while time.perf_counter() < end or min(map(len, values.values())) < least_values:
        for name in order:
            if loops[name] > 1:
                timers[name].timeit(loops[name])
            else:
                time.sleep(REST)
            values[name].append(timers[name].timeit(loops[name]) / loops[name])
        order.reverse()  # who comes second inherits the other's cache: share that out
    return values
