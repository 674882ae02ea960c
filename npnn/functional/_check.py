"""What every functional asks of its arguments."""

from __future__ import annotations

from typing import Any

import numpy as np

from npnn.dtypes import get_default_dtype
from npnn.tensors import Tensor
from npnn.tensors.creation import as_tensor


def as_input(value: Any, name: str, dtype: Any = None) -> Tensor:
    """An argument as a tensor, in a dtype if one is given.

    Raises:
        TypeError: it is neither a tensor nor an array.
    """
    if not isinstance(value, Tensor):
        if not isinstance(value, (np.ndarray, np.generic)):
            raise TypeError(f"{name}(): argument must be a Tensor or an ndarray, not {type(value).__name__}")
        value = as_tensor(value)
    return value if dtype is None else value.to(dtype)


def as_floating(value: Any, name: str, dtype: Any = None, from_integers: bool = False) -> Tensor:
    """An argument as a floating-point tensor, in a dtype if one is given.

    Args:
        value: the argument.
        name: the function's, for messages.
        dtype: what to convert to first.
        from_integers: make integers the default floating-point dtype, rather than refuse them.

    Raises:
        TypeError: it is neither a tensor nor an array.
        NotImplementedError: it has another dtype.
    """
    x = as_input(value, name, dtype)
    if from_integers and x.dtype.kind in "iu":
        x = x.to(get_default_dtype())
    if x.dtype.kind != "f":
        raise NotImplementedError(f'"{name}" not implemented for {x.dtype}: expected a floating-point dtype')
    return x


def check_reduction(reduction: str) -> str:
    """`reduction`, if it is one of the three there are.

    Raises:
        ValueError: it is not.
    """
    if reduction not in ("none", "mean", "sum"):
        raise ValueError(f"{reduction} is not a valid value for reduction: expected 'none', 'mean' or 'sum'")
    return reduction


def legacy_reduction(size_average: bool | None, reduce: bool | None, reduction: str) -> str:
    """The reduction that torch's older arguments stand for, when they are given."""
    if size_average is None and reduce is None:
        return reduction
    if reduce is False:
        return "none"
    return "sum" if size_average is False else "mean"
