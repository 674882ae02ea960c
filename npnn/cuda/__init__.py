"""torch.cuda, as far as a library without a GPU can answer.

What asks for a GPU raises RuntimeError, as torch does where there is none.

Source: torch.cuda.
"""

from __future__ import annotations

import importlib
from typing import Any, NoReturn


def __getattr__(name: str) -> Any:
    """Loads the older names of mixed precision, and the classes of tensors, on first use."""
    if name == "amp":
        return importlib.import_module(f"{__name__}.amp")
    if name.endswith("Tensor"):
        classes: dict[str, Any] = importlib.import_module("npnn.tensors.legacy").CUDA_CLASSES
        if name in classes:
            return classes[name]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def is_available() -> bool:
    """Always False: npnn computes in NumPy, on the CPU.

    Examples:
        >>> import npnn
        >>> npnn.cuda.is_available()
        False
    """
    return False


def is_initialized() -> bool:
    """Always False."""
    return False


def is_bf16_supported(including_emulation: bool = True) -> bool:
    """Always False."""
    return False


def device_count() -> int:
    """Always 0.

    Examples:
        >>> import npnn
        >>> npnn.cuda.device_count()
        0
    """
    return 0


# ---- what does nothing where there is no GPU


def manual_seed(seed: int) -> None:
    """Seeds the generator of the GPU, of which there is none; `npnn.manual_seed` seeds that of the CPU."""


def manual_seed_all(seed: int) -> None:
    """Seeds the generators of all GPUs, of which there are none."""


def empty_cache() -> None:
    """Gives back memory of the GPU, of which none is held."""


def memory_allocated(device: Any = None) -> int:
    """The bytes on the GPU: 0."""
    return 0


def memory_reserved(device: Any = None) -> int:
    """The bytes held on the GPU: 0."""
    return 0


def max_memory_allocated(device: Any = None) -> int:
    """The most bytes that were on the GPU: 0."""
    return 0


def max_memory_reserved(device: Any = None) -> int:
    """The most bytes that were held on the GPU: 0."""
    return 0


# ---- what there must be a GPU for


def _refuse() -> NoReturn:
    raise RuntimeError(
        "npnn computes in NumPy, on the CPU: there is no GPU. Ask npnn.cuda.is_available() first."
    )


def current_device() -> int:
    """Raises RuntimeError: there is no GPU."""
    _refuse()


def set_device(device: Any) -> None:
    """Raises RuntimeError: there is no GPU."""
    _refuse()


def synchronize(device: Any = None) -> None:
    """Raises RuntimeError: there is no GPU whose work could be waited for."""
    _refuse()


def get_device_name(device: Any = None) -> str:
    """Raises RuntimeError: there is no GPU."""
    _refuse()


def get_device_properties(device: Any = None) -> Any:
    """Raises RuntimeError: there is no GPU."""
    _refuse()


def get_device_capability(device: Any = None) -> tuple[int, int]:
    """Raises RuntimeError: there is no GPU."""
    _refuse()
