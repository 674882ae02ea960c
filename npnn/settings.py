"""torch's settings that scripts touch and that change nothing here, since NumPy has no such choices.

Source: the torch function of the same name.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

from npnn import devices

_state: dict[str, Any] = {"deterministic": False, "warn_only": False, "precision": "highest"}


def use_deterministic_algorithms(mode: bool, *, warn_only: bool = False) -> None:
    """Notes the wish for the same results in each run, which npnn gives in any case."""
    _state.update(deterministic=bool(mode), warn_only=bool(mode) and warn_only)


def are_deterministic_algorithms_enabled() -> bool:
    """What `use_deterministic_algorithms` was last given."""
    return bool(_state["deterministic"])


def is_deterministic_algorithms_warn_only_enabled() -> bool:
    """Whether `use_deterministic_algorithms` was told only to warn."""
    return bool(_state["warn_only"])


def set_float32_matmul_precision(precision: str) -> None:
    """Notes how exact products in float32 need be; they are always "highest".

    Args:
        precision: "highest", "high" or "medium". Anything else is left alone with a warning, as on torch.
    """
    if precision not in ("highest", "high", "medium"):
        warnings.warn(
            f"{precision} is not one of 'highest', 'high', or 'medium'; the precision stays as it was",
            stacklevel=2,
        )
        return
    _state["precision"] = precision


def get_float32_matmul_precision() -> str:
    """What `set_float32_matmul_precision` was last given."""
    return str(_state["precision"])


def set_default_device(device: Any) -> None:
    """Sets where tensors are made, which can only be the CPU.

    Raises:
        RuntimeError: another device.
    """
    if device is not None:
        devices.device(device)


def get_default_device() -> devices.device:
    """Always the CPU."""
    return devices.CPU


def set_flush_denormal(mode: bool) -> bool:
    """Asks for the smallest numbers to become 0, which NumPy does not offer: whether it is as asked for."""
    return not mode


def compile(model: Any = None, **options: Any) -> Any:
    """The model or function itself: there is nothing to compile, and the numbers are the same.

    Args:
        model: a module or function; left out, a decorator is returned.
        **options: torch's, which mean nothing here.

    Source: torch.compile.

    Examples:
        >>> import npnn
        >>> net = npnn.Linear(2, 1)
        >>> npnn.compile(net, mode="max-autotune") is net
        True
    """
    if model is None:
        decorator: Callable[[Any], Any] = lambda one: one  # noqa: E731
        return decorator
    return model


def is_storage(obj: Any) -> bool:
    """Always False: there is no storage apart from the ndarray of a tensor."""
    return False


def is_autocast_enabled(device_type: str = "cuda") -> bool:
    """Always False."""
    return False
