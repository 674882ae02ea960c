"""Anomaly mode: says which call a NaN, or an error, of backward comes from.

Source: torch.autograd.anomaly_mode.
"""

from __future__ import annotations

import os
import traceback
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from npnn.autograd.engine import watchers
from npnn.autograd.function import Context, recorders

__all__ = ["detect_anomaly", "set_detect_anomaly"]

_HOME = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


class _State:
    enabled = False
    check_nan = True


state = _State()
"""Whether the mode is on: of the whole process, as on torch."""


def is_anomaly_enabled() -> bool:
    """Whether anomaly mode is on.

    Source: torch.is_anomaly_enabled.
    """
    return state.enabled


def is_anomaly_check_nan_enabled() -> bool:
    """Whether anomaly mode, when it is on, looks for NaN.

    Source: torch.is_anomaly_check_nan_enabled.
    """
    return state.check_nan


def set_anomaly_enabled(mode: bool, check_nan: bool = True) -> None:
    """Switches anomaly mode on or off.

    Args:
        mode: on or off.
        check_nan: whether a NaN in what a backward returns is an error.

    Source: torch.set_anomaly_enabled.
    """
    if mode and not state.enabled:
        recorders.append(_note_place)
        watchers.append(_watched)
    elif not mode and state.enabled:
        recorders.remove(_note_place)
        watchers.remove(_watched)
    state.enabled, state.check_nan = bool(mode), bool(check_nan)


class set_detect_anomaly:  # noqa: N801 - torch's name
    """Switches anomaly mode on or off at once, and puts it back when used as a context manager.

    Args:
        mode: on or off.
        check_nan: whether a NaN in what a backward returns is an error.

    Source: torch.autograd.set_detect_anomaly.

    Examples:
        >>> import npnn
        >>> x = npnn.zeros(2, requires_grad=True)
        >>> y = (x.sqrt() * 0).sum()
        >>> import warnings
        >>> with warnings.catch_warnings(), npnn.autograd.set_detect_anomaly(True):
        ...     warnings.simplefilter("ignore")
        ...     y.backward()
        Traceback (most recent call last):
        ...
        RuntimeError: Function 'SqrtBackward0' returned nan values in its 0th output.
    """

    def __init__(self, mode: bool, check_nan: bool = True) -> None:
        self._before = (state.enabled, state.check_nan)
        set_anomaly_enabled(mode, check_nan)

    def __enter__(self) -> None:
        return None

    def __exit__(self, *exc_info: object) -> None:
        set_anomaly_enabled(*self._before)


class detect_anomaly:  # noqa: N801 - torch's name
    """A context in which an error in backward is traced to the call in forward that it belongs to.

    Each call notes where it was made. When its backward raises an error, or returns a NaN, a warning says
    where that was. It is slow, and says so.

    Args:
        check_nan: whether a NaN in what a backward returns is an error.

    Source: torch.autograd.detect_anomaly.
    """

    def __init__(self, check_nan: bool = True) -> None:
        self._check_nan = check_nan
        self._before = (state.enabled, state.check_nan)
        warnings.warn(
            "Anomaly Detection has been enabled. It slows down every operation: use it to find errors, and"
            " then switch it off.",
            stacklevel=2,
        )

    def __enter__(self) -> None:
        set_anomaly_enabled(True, self._check_nan)

    def __exit__(self, *exc_info: object) -> None:
        set_anomaly_enabled(*self._before)


def _watched(run: Callable[..., tuple[Any, ...]]) -> Callable[..., tuple[Any, ...]]:
    """What runs a node's backward, with an eye on what comes of it."""

    def watching(node: Context, *args: Any) -> tuple[Any, ...]:
        try:
            results = run(node, *args)
            if state.check_nan:
                _refuse_nan(node, results)
        except Exception:
            warnings.warn(f"Error detected in {node.name()}. {_place_of(node)}", stacklevel=2)
            raise
        return results

    return watching


def _refuse_nan(node: Context, gradients: tuple[Any, ...]) -> None:
    for number, gradient in enumerate(gradients):
        if gradient is not None and np.isnan(getattr(gradient, "array", gradient)).any():
            raise RuntimeError(f"Function '{node.name()}' returned nan values in its {number}th output.")


def _note_place(node: Context) -> None:
    """Notes which lines led to a call, without those of npnn itself."""
    node.made_at = [frame for frame in traceback.extract_stack() if not frame.filename.startswith(_HOME)]


def _place_of(node: Context) -> str:
    if node.made_at is None:
        return "No forward pass information available: have anomaly mode on during the forward pass, too."
    return "Traceback of forward call that caused the error:\n" + "".join(traceback.format_list(node.made_at))
