"""The few type names that all of npnn shares."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np

Array: TypeAlias = np.ndarray[Any, np.dtype[Any]]
Shape: TypeAlias = tuple[int, ...]
Gradients: TypeAlias = tuple[Any, ...]
"""One gradient, or None, for each input of an operation: arrays, or tensors while backward is recorded."""
