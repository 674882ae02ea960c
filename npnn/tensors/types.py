"""What torch calls a type, limits of dtypes, and what may become what.

Source: the torch name of the same name.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from npnn import dtypes
from npnn.tensors.base import TensorBase
from npnn.tensors.conversion import TYPE_NAMES
from npnn.tensors.creation import as_tensor


class finfo:  # noqa: N801 - torch's name
    """The limits of a floating-point dtype.

    Args:
        type: the dtype. Default: the default one.

    Attributes:
        bits: how many it takes.
        eps: the distance from 1 to the next number.
        max: the largest number.
        min: the least one.
        smallest_normal: the smallest positive number of full precision, also called tiny.
        resolution: 10 to the minus the number of decimals that it holds.
        dtype: its name.

    Raises:
        TypeError: the dtype is not floating point.

    Source: torch.finfo.

    Examples:
        >>> import npnn
        >>> npnn.finfo(npnn.float32).eps
        1.1920928955078125e-07
    """

    def __init__(self, type: Any = None) -> None:
        dtype = dtypes.get_default_dtype() if type is None else np.dtype(type)
        if dtype.kind not in "fc":
            raise TypeError(f"finfo() requires a floating point input type, got {dtype}: use iinfo")
        limits = np.finfo(dtype)
        self.bits = int(limits.bits)
        self.eps, self.max, self.min = float(limits.eps), float(limits.max), float(limits.min)
        self.smallest_normal = self.tiny = float(limits.tiny)
        self.resolution = float(f"1e-{limits.precision}")
        self.dtype = limits.dtype.name

    def __repr__(self) -> str:
        return (
            f"finfo(resolution={self.resolution:g}, min={self.min:g}, max={self.max:g}, eps={self.eps:g},"
            f" smallest_normal={self.smallest_normal:g}, tiny={self.tiny:g}, dtype={self.dtype})"
        )


class iinfo:  # noqa: N801
    """The limits of an integer dtype.

    Args:
        type: the dtype.

    Attributes:
        bits: how many it takes.
        max: the largest number.
        min: the least one.
        dtype: its name.

    Raises:
        TypeError: the dtype is not one of integers.

    Source: torch.iinfo.

    Examples:
        >>> import npnn
        >>> npnn.iinfo(npnn.uint8)
        iinfo(min=0, max=255, dtype=uint8)
    """

    def __init__(self, type: Any) -> None:
        dtype = np.dtype(type)
        if dtype.kind not in "iu":
            raise TypeError(f"iinfo() requires an integer input type, got {dtype}: use finfo")
        limits = np.iinfo(dtype)
        self.bits, self.max, self.min = int(limits.bits), int(limits.max), int(limits.min)
        self.dtype = dtype.name

    def __repr__(self) -> str:
        return f"iinfo(min={self.min}, max={self.max}, dtype={self.dtype})"


def promote_types(type1: Any, type2: Any) -> np.dtype[Any]:
    """The smallest dtype that torch takes two tensors of these dtypes to.

    Examples:
        >>> import npnn
        >>> npnn.promote_types(npnn.int64, npnn.float16)
        dtype('float16')
    """
    return dtypes.result_type(np.zeros(1, type1), np.zeros(1, type2))


def can_cast(from_: Any, to: Any) -> bool:
    """Whether a dtype may become another in place: bool any, integers all but bool, reals all but integers.

    Examples:
        >>> import npnn
        >>> npnn.can_cast(npnn.float64, npnn.float16), npnn.can_cast(npnn.float16, npnn.int64)
        (True, False)
    """
    source, target = (np.dtype(one).kind.replace("u", "i") for one in (from_, to))
    return "bifc".index(source) <= "bifc".index(target)


def typename(obj: Any) -> str:
    """torch's name for the type of a tensor, and Python's for that of anything else.

    Examples:
        >>> import npnn
        >>> npnn.typename(npnn.ones(1)), npnn.typename(3)
        ('torch.FloatTensor', 'int')
    """
    if isinstance(obj, TensorBase):
        return f"torch.{TYPE_NAMES[obj.array.dtype.name]}"
    kind = type(obj)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


def asarray(
    obj: Any, *, dtype: Any = None, device: Any = None, copy: bool | None = None, requires_grad: bool = False
) -> Any:
    """A tensor of what holds numbers, in its memory where that can be and no copy is asked for."""
    tensor = as_tensor(obj, dtype=dtype, device=device)
    tensor = tensor.clone() if copy else tensor
    return tensor.requires_grad_() if requires_grad else tensor


def get_device(input: Any) -> int:
    """-1, as for every tensor on the CPU."""
    return -1


def is_inference(input: Any) -> bool:
    """Whether a tensor was made in `inference_mode`."""
    return bool(input.is_inference())
