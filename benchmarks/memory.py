"""How much memory a piece of work takes beyond what stands before it.

torch has its own allocator and NumPy another, and a profiler of one does not see the other. So the kernel is
asked, which sees both alike: the high-water mark of the process's resident memory during one run, less what
was resident before it. Before, the C library gives back what it had kept for reuse, so that a run cannot hide
in there. Weights, inputs and whatever a first run sets up stand before, and do not count; activations,
gradients, workspaces and results do.
"""

from __future__ import annotations

import ctypes
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np

STATUS, CLEAR_REFS = Path("/proc/self/status"), Path("/proc/self/clear_refs")


def peak_bytes(run: Callable[[], object]) -> int | None:
    """The most memory that a run has taken at any moment, in bytes.

    Args:
        run: the work, which has run before. Python's garbage is collected by then.

    Returns:
        The bytes, to a few pages; None where the kernel does not tell, which Linux alone does.
    """
    try:
        ctypes.CDLL(None).malloc_trim(0)
        before = _resident("VmRSS")
        CLEAR_REFS.write_text("5")  # sets the high-water mark to what is resident now
        run()
        return max(0, _resident("VmHWM") - before)
    except (AttributeError, OSError, TypeError):
        return None


def settle_allocator() -> None:
    """Brings the C library's allocator into the state of a process that has been working for a while.

    glibc takes a large block afresh from the system, which maps it page by page, until the process has given
    back one that was as large, of up to 32 MiB. Without this, figures would hang on which cases came before.
    """
    np.empty(31 * 2**20, np.uint8)


def _resident(field: str) -> int:
    found = re.search(rf"{field}:\s+(\d+) kB", STATUS.read_text())
    if found is None:
        raise OSError(f"{STATUS} has no {field}")
    return int(found[1]) * 1024
