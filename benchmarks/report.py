"""The table, the JSON and the machine."""

from __future__ import annotations

import importlib.metadata
import os
from collections.abc import Sequence

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
    "MALLOC_MMAP_MAX_",
    "MALLOC_TRIM_THRESHOLD_",
)

UNITS = {"s": 1.0, "ms": 1e3, "us": 1e6}


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


def table(results: Sequence[Result]) -> Table:
    """The figures for people.

    Args:
        results: one for each case.

    Returns:
        A table, medians with their median absolute deviation.
    """
    view = Table(title="Median for one run ± median absolute deviation")
    view.add_column("case", no_wrap=True)
    for heading in ("npnn", "torch", "NumPy", "ratio", "at most"):
        view.add_column(heading, justify="right")
    view.add_column("reached")
    for result in results:
        case = result.case
        view.add_row(
            case.name,
            *(_timing(result.timings.get(name)) for name in ("npnn", "torch", "numpy")),
            "" if result.ratio is None else f"{result.ratio:.2f}",
            _time(case.target) if case.against is None else f"{case.target} {case.against}",
            "yes" if result.reached else "no",
        )
    return view


def _timing(benchmark: pyperf.Benchmark | None) -> str:
    if benchmark is None:
        return ""
    spread = benchmark.median_abs_dev() if benchmark.get_nvalue() > 1 else 0.0
    return f"{_time(benchmark.median())} ±{spread / benchmark.median():.0%}"


def _time(seconds: float) -> str:
    unit, factor = next((row for row in UNITS.items() if seconds * row[1] >= 1), ("us", 1e6))
    return f"{seconds * factor:.3g} {unit}"


def as_json(results: Sequence[Result]) -> list[dict[str, object]]:
    """The figures for programs.

    Args:
        results: one for each case.

    Returns:
        An object for each case: times in seconds, and null where a case does not have that contender.
    """
    return [
        {
            "case": result.case.name,
            "npnn_s": result.seconds.get("npnn"),
            "torch_s": result.seconds.get("torch"),
            "numpy_s": result.seconds.get("numpy"),
            "against": result.case.against,
            "ratio": result.ratio,
            "target": result.case.target,
            "reached": result.reached,
        }
        for result in results
    ]
