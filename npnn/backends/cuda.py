"""torch.backends.cuda, for a library without a GPU. Its switches change nothing.

Source: torch.backends.cuda.
"""

from __future__ import annotations

from types import SimpleNamespace

matmul = SimpleNamespace(
    allow_tf32=False,
    allow_fp16_reduced_precision_reduction=True,
    allow_bf16_reduced_precision_reduction=True,
)


def is_built() -> bool:
    """Always False."""
    return False
