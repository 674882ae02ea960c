"""torch.cuda.amp: the older names of `npnn.amp`, for the GPU that is not there.

Source: torch.cuda.amp.
"""

from __future__ import annotations

from typing import Any

from npnn import amp


def autocast(enabled: bool = True, dtype: Any = None, cache_enabled: bool = True) -> amp.autocast:
    """`npnn.amp.autocast("cuda")`: without a GPU it warns and changes nothing."""
    return amp.autocast("cuda", dtype, enabled, cache_enabled)


class GradScaler(amp.GradScaler):
    """`npnn.amp.GradScaler("cuda")`: without a GPU it warns and hands everything through."""

    def __init__(
        self,
        init_scale: float = 2.0**16,
        growth_factor: float = 2.0,
        backoff_factor: float = 0.5,
        growth_interval: int = 2000,
        enabled: bool = True,
    ) -> None:
        super().__init__("cuda", init_scale, growth_factor, backoff_factor, growth_interval, enabled)
