"""`python -m benchmarks`: times npnn beside torch, and prints medians, ratios and the machine."""

from __future__ import annotations

import json
import os
from fnmatch import fnmatch
from importlib import import_module
from pathlib import Path
from time import perf_counter, process_time

import click
from rich.console import Console


def default_threads() -> int:
    """As many as OMP_NUM_THREADS says, which torch and OpenBLAS go by; otherwise one for each core."""
    return int(os.environ.get("OMP_NUM_THREADS") or os.cpu_count() or 1)


@click.command()
@click.option("--only", metavar="PATTERN", default="*", help="Only the cases that match, such as 'iris*'.")
@click.option("--quick", is_flag=True, help="Fewer values: rougher figures in less than a minute.")
@click.option("--peers", is_flag=True, help="Other libraries too, where installed.")
@click.option("--growth", is_flag=True, help="Also how the cost grows with batch, image and width.")
@click.option(
    "--threads",
    type=click.IntRange(min=1),
    default=default_threads,
    help="Threads of both libraries.  [default: OMP_NUM_THREADS, or the number of cores]",
)
@click.option(
    "--cpu-time",
    is_flag=True,
    help="Seconds of processors, not of the clock: with --threads 1, fair on a busy machine.",
)
@click.option("--json", "json_file", type=click.Path(path_type=Path), help="Write the figures to this file.")
@click.option(
    "--markdown", "markdown_file", type=click.Path(path_type=Path), help="Write the table as Markdown."
)
@click.option("--plot", "plot_file", type=click.Path(path_type=Path), help="Draw the ratios.")
@click.option(
    "--pyperf",
    "pyperf_file",
    type=click.Path(path_type=Path),
    help="Write all values, for `pyperf compare_to`.",
)
def main(
    only: str,
    quick: bool,
    peers: bool,
    growth: bool,
    threads: int,
    cpu_time: bool,
    json_file: Path | None,
    markdown_file: Path | None,
    plot_file: Path | None,
    pyperf_file: Path | None,
) -> None:
    r"""Times npnn and torch alternately in one process, after checking that both compute the same.

    \b
    Examples:
      python -m benchmarks
      python -m benchmarks --only 'iris*' --threads 1
      python -m benchmarks --quick --json figures.json --markdown figures.md --plot figures.svg
    """
    # NumPy's BLAS and torch read these once, when they are loaded, and so do the processes that cases start.
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = str(threads)
    import pyperf

    from benchmarks import report
    from benchmarks.cases import CASES
    from benchmarks.measure import measure
    from benchmarks.memory import settle_allocator

    known = [*CASES, *(import_module("benchmarks.peers").CASES if peers else ())]
    cases = [case for case in known if fnmatch(case.name, only)]
    if not cases:
        raise click.UsageError(f"--only {only} matches none of: {', '.join(case.name for case in known)}")
    console = Console(width=max(Console().width, report.WIDTH))
    machine = report.machine()
    for line in machine:
        console.print(line, highlight=False, soft_wrap=True)
    settle_allocator()
    budget, least = (0.2, 2) if quick else (10.0, 15)
    results = []
    for case in cases:
        with console.status(case.name):
            results.append(measure(case, budget, least, process_time if cpu_time else perf_counter))
        console.print(report.line(results[-1]), highlight=False, soft_wrap=True)
    console.print(report.table(results))
    growths = []
    if growth:
        from benchmarks.growth import GROWTHS, measure_growth

        growths = [measure_growth(each, budget / 10) for each in GROWTHS]
        console.print(report.growth_table(growths))
    if json_file is not None:
        json_file.write_text(json.dumps([*report.as_json(results), *growths], indent=2) + "\n")
    if markdown_file is not None:
        markdown_file.write_text(report.markdown(results, growths, machine))
    if plot_file is not None:
        report.plot(results, plot_file)
    if pyperf_file is not None:
        suite = pyperf.BenchmarkSuite([timing for result in results for timing in result.timings.values()])
        suite.dump(str(pyperf_file), replace=True)


if __name__ == "__main__":
    main()
