"""The table, on the terminal and in Markdown, the JSON, the plot, and the machine."""

from __future__ import annotations

import importlib.metadata
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyperf
from rich.table import Table

from benchmarks.measure import Result

# Environment variables that change how fast NumPy or torch are.
VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "OPENBLAS_CORETYPE",
    "OPENBLAS_L2_SIZE",
    "OPENBLAS_THREAD_TIMEOUT",
    "MALLOC_MMAP_MAX_",
    "MALLOC_TRIM_THRESHOLD_",
)

UNITS = {"s": 1.0, "ms": 1e3, "us": 1e6}
HEADINGS = ("case", "npnn", "the other", "ratio", "to reach", "reached", "memory, npnn / other")
GROWTH_HEADINGS = ("what grows", "sizes", "exponent of npnn", "of torch", "at most above it", "reached")
MEAN_TARGET = 1.0
WIDTH = 150


def machine() -> list[str]:
    """What the figures hang on.

    Returns:
        Lines of text: processor, system, releases, environment and load.
    """
    facts = pyperf.Run([1.0]).get_metadata()
    blas = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
    releases = [f"{name} {_release(name)}" for name in ("npnn-reference", "numpy", "torch")]
    processor = facts.get("cpu_model_name", "unknown processor")
    return [
        f"{processor}, {facts['cpu_count']} logical cores, {facts['platform']}",
        f"Python {facts['python_version']}, {', '.join(releases)}, BLAS {blas['name']} {blas['version']}",
        " ".join(f"{name}={os.environ[name]}" for name in VARIABLES if name in os.environ),
        f"load average at the start: {facts.get('load_avg_1min', 'unknown')}",
    ]


def _release(distribution: str) -> str:
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"


def geometric_mean(results: Sequence[Result]) -> float | None:
    """The geometric mean of npnn / torch.

    Args:
        results: one for each case.

    Returns:
        The mean over the cases that torch takes part in, or None if there is none.
    """
    ratios = [result.ratio for result in results if result.case.against == "torch" and result.ratio]
    return float(np.exp(np.mean(np.log(ratios)))) if ratios else None


def rows(results: Sequence[Result]) -> list[tuple[str, ...]]:
    """The figures for people.

    Args:
        results: one for each case.

    Returns:
        The cells of each row under HEADINGS: medians with their median absolute deviation; torch in the
        faster of its memory formats. The last row is the geometric mean.
    """
    cells = [
        (
            result.case.name,
            _timing(result.timings["npnn"]),
            f"{_timing(result.timings[result.rival])} {result.rival}" if result.rival else "",
            "" if result.ratio is None else f"{result.ratio:.3g}",
            _target(result),
            ("yes" if result.reached else "no") if np.isfinite(result.case.target) else "",
            _memory(result),
        )
        for result in results
    ]
    mean = geometric_mean(results)
    if mean is not None:
        reached = "yes" if mean <= MEAN_TARGET else "no"
        cells.append(("geometric mean over torch", "", "", f"{mean:.3g}", f"{MEAN_TARGET:.3g}", reached, ""))
    return cells


def line(result: Result) -> str:
    """What a case is, and what came of it: told as soon as it is known.

    Args:
        result: that of the case.

    Returns:
        A line of text.
    """
    figure = (
        _time(result.seconds["npnn"]) if result.ratio is None else f"{result.ratio:.3g} of {result.rival}"
    )
    return f"{result.case.name} ({result.case.work}): {figure}"


def table(results: Sequence[Result]) -> Table:
    """The figures for the terminal.

    Args:
        results: one for each case.

    Returns:
        A table of `rows`.
    """
    view = Table(title="Median for one run ± median absolute deviation")
    for heading in HEADINGS:
        view.add_column(heading, justify="left" if heading == "case" else "right", no_wrap=True)
    for cells in rows(results):
        view.add_row(*cells)
    return view


def growth_rows(growths: Sequence[Mapping[str, Any]]) -> list[tuple[str, ...]]:
    """The exponents for people.

    Args:
        growths: what `measure_growth` found.

    Returns:
        The cells of each row under GROWTH_HEADINGS.
    """
    return [
        (
            growth["case"],
            ", ".join(map(str, growth["sizes"])),
            f"{growth['npnn_exponent']:.2f}",
            f"{growth['torch_exponent']:.2f}",
            f"{growth['target']:.3g}",
            "yes" if growth["reached"] else "no",
        )
        for growth in growths
    ]


def growth_table(growths: Sequence[Mapping[str, Any]]) -> Table:
    """The exponents for the terminal.

    Args:
        growths: what `measure_growth` found.

    Returns:
        A table of `growth_rows`.
    """
    view = Table(title="Seconds grow with the size to the power of")
    for heading in GROWTH_HEADINGS:
        view.add_column(heading)
    for cells in growth_rows(growths):
        view.add_row(*cells)
    return view


def markdown(results: Sequence[Result], growths: Sequence[Mapping[str, Any]], lines: Sequence[str]) -> str:
    """The figures for a page.

    Args:
        results: one for each case.
        growths: what `measure_growth` found, if anything.
        lines: what `machine` says.

    Returns:
        Markdown: the machine, a table of `rows`, and one of `growth_rows`.
    """
    text = [*(f"- {line}" for line in lines if line), "", *_ruled(HEADINGS, rows(results)), ""]
    return "\n".join([*text, *_ruled(GROWTH_HEADINGS, growth_rows(growths)), ""] if growths else text)


def _ruled(headings: Sequence[str], cells: Sequence[Sequence[str]]) -> list[str]:
    rule = ("---", *("---:",) * (len(headings) - 1))
    return [f"| {' | '.join(row)} |" for row in (headings, rule, *cells)]


def plot(results: Sequence[Result], file: Path) -> None:
    """Draws the ratios on a logarithmic axis, with a mark for each figure to reach.

    Args:
        results: one for each case; those in seconds alone are left out.
        file: what to write, in the format that its suffix names.
    """
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    drawn = [result for result in results if result.ratio is not None][::-1]
    figure, axes = pyplot.subplots(figsize=(8, 1 + 0.25 * len(drawn)), layout="constrained")
    colours = ["tab:blue" if result.reached else "tab:orange" for result in drawn]
    axes.barh(range(len(drawn)), [result.ratio for result in drawn], color=colours)
    axes.scatter(
        [result.case.target for result in drawn], range(len(drawn)), marker="|", s=120, color="black"
    )
    axes.axvline(1, color="grey", linewidth=1)
    axes.set_yticks(range(len(drawn)), [result.case.name for result in drawn])
    axes.set_xscale("log")
    axes.set_xlabel("seconds of npnn / seconds of the other; black: to reach")
    figure.savefig(file)
    pyplot.close(figure)


def as_json(results: Sequence[Result]) -> list[dict[str, object]]:
    """The figures for programs.

    Args:
        results: one for each case.

    Returns:
        An object for each case: times in seconds, memory in bytes, and null where a case does not have that
        contender. torch is in the faster of its memory formats; `seconds` has all contenders.
    """
    return [
        {
            "case": result.case.name,
            "npnn_s": result.seconds.get("npnn"),
            "torch_s": _of_torch(result, result.seconds),
            "ratio": result.ratio,
            "npnn_peak_bytes": result.peaks.get("npnn"),
            "torch_peak_bytes": _of_torch(result, result.peaks),
            "against": result.rival,
            "target": result.case.target if np.isfinite(result.case.target) else None,
            "reached": result.reached,
            "seconds": result.seconds,
        }
        for result in results
    ]


def _of_torch(result: Result, figures: Mapping[str, float | None]) -> float | None:
    return figures.get(result.rival or "") if result.case.against == "torch" else None


def _target(result: Result) -> str:
    target = result.case.target
    if not np.isfinite(target):
        return ""
    return _time(target) if result.case.against is None else f"{target:.3g}"


def _timing(benchmark: pyperf.Benchmark) -> str:
    spread = benchmark.median_abs_dev() if benchmark.get_nvalue() > 1 else 0.0
    return f"{_time(benchmark.median())} ±{spread / benchmark.median():.0%}"


def _time(seconds: float) -> str:
    unit, factor = next((row for row in UNITS.items() if seconds * row[1] >= 1), ("us", 1e6))
    return f"{seconds * factor:.3g} {unit}"


def _memory(result: Result) -> str:
    ratio, ours = result.memory_ratio, result.peaks.get("npnn")
    if ratio is None or ours is None:
        return ""
    limit = "" if result.case.memory_target is None else f", to reach {result.case.memory_target:.3g}"
    return f"{ratio:.2f} ({ours / 2**20:.3g} MiB{limit})"
