"""torch.amp where nothing is computed in lower precision: what a script asks of the GPU is switched off.

On torch, autocast on the CPU computes in bfloat16, which NumPy has not, and prints other numbers; so npnn
refuses it rather than run on in silence.

Source: torch.amp.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any


class autocast:  # noqa: N801 - torch's name
    """A context, or decorator, in which torch would choose the precision of each operation.

    Args:
        device_type: "cuda", which warns that there is none and changes nothing; or "cpu", which must not be
            enabled.
        dtype: the lower precision.
        enabled: False changes nothing, on either device.
        cache_enabled: accepted; there is nothing to be kept.

    Raises:
        NotImplementedError: it is enabled on the CPU.

    Source: torch.autocast.

    Examples:
        >>> import npnn
        >>> with npnn.autocast("cpu", enabled=False):
        ...     (npnn.ones(2) / 3).dtype
        dtype('float32')
    """

    def __init__(
        self, device_type: str, dtype: Any = None, enabled: bool = True, cache_enabled: bool | None = None
    ) -> None:
        if enabled and device_type != "cpu":
            warnings.warn(
                f"User provided device_type of {device_type!r}, which npnn does not have. Disabling autocast",
                UserWarning,
                stacklevel=2,
            )
        elif enabled:
            raise NotImplementedError(
                "autocast on the CPU computes in bfloat16, which NumPy does not have: pass enabled=False"
            )

    def __enter__(self) -> autocast:
        return self

    def __exit__(self, *exc_info: object) -> None:
        return None

    def __call__(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function itself."""
        return function


class GradScaler:
    """Scales losses so that gradients in float16 do not vanish; without a GPU everything is handed through.

    Args:
        device: "cuda", which warns that there is none and switches the scaler off; or "cpu", for which it
            must not be enabled.
        init_scale: accepted, as the rest, and not used.
        growth_factor: likewise.
        backoff_factor: likewise.
        growth_interval: likewise.
        enabled: False is what it comes to in any case.

    Raises:
        NotImplementedError: it is enabled for the CPU.

    Source: torch.amp.GradScaler.

    Examples:
        >>> import npnn
        >>> scaler = npnn.amp.GradScaler("cuda", enabled=False)
        >>> scaler.scale(3.0), scaler.get_scale(), scaler.is_enabled()
        (3.0, 1.0, False)
    """

    def __init__(
        self,
        device: str = "cuda",
        init_scale: float = 2.0**16,
        growth_factor: float = 2.0,
        backoff_factor: float = 0.5,
        growth_interval: int = 2000,
        enabled: bool = True,
    ) -> None:
        if enabled and device == "cpu":
            raise NotImplementedError(
                "a GradScaler for the CPU serves float16 under autocast, which npnn has not: pass"
                " enabled=False"
            )
        if enabled:
            warnings.warn(
                f"GradScaler is enabled, but {device} is not available. Disabling.", UserWarning, stacklevel=2
            )

    def is_enabled(self) -> bool:
        """Always False."""
        return False

    def get_scale(self) -> float:
        """Always 1."""
        return 1.0

    def scale(self, outputs: Any) -> Any:
        """The outputs as they are."""
        return outputs

    def unscale_(self, optimizer: Any) -> None:
        """Does nothing: the gradients are not scaled."""

    def step(self, optimizer: Any, *args: Any, **kwargs: Any) -> Any:
        """`optimizer.step(*args, **kwargs)`."""
        return optimizer.step(*args, **kwargs)

    def update(self, new_scale: Any = None) -> None:
        """Does nothing: there is no scale."""

    def state_dict(self) -> dict[str, Any]:
        """Always empty."""
        return {}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Does nothing: there is no state."""
