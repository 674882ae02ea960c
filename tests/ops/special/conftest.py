"""The golden values, and errors measured against them."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

GOLDEN = Path(__file__).with_name("golden.npz")


@pytest.fixture(scope="session")
def golden_error() -> Callable[[str, Callable[[np.ndarray], np.ndarray]], np.ndarray]:
    """The error of a function at the golden arguments, in units in the last place of float64.

    The values are sums of two doubles, written by tools/write_special_golden.py from mpmath's 60 digits. The
    bounds that tests set are what was seen and a unit more, because NumPy's exp, log, sin, tan and power have
    an error of up to a unit, or of several where they use wide vector instructions.
    """
    with np.load(GOLDEN) as file:
        arrays = dict(file)

    def error(name: str, function: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
        high, low = arrays[f"{name}.high"], arrays[f"{name}.low"]
        scale = arrays.get(f"{name}.scale", np.abs(high))
        return np.abs((function(arrays[f"{name}.x"]) - high) - low) / np.spacing(scale)

    return error
