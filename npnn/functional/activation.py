"""Activation functions."""

from __future__ import annotations

import warnings
from typing import Any

from npnn.functional._check import as_input
from npnn.ops import activation as ops
from npnn.tensors import Tensor


def relu(input: Any, inplace: bool = False) -> Tensor:
    """max(x, 0), element by element.

    Args:
        input: a tensor or array of any shape.
        inplace: write the result into `input`, which must then be a tensor.

    Returns:
        A tensor of the same shape.

    Source: torch.nn.functional.relu.

    Examples:
        >>> import npnn
        >>> import npnn.functional as F
        >>> F.relu(npnn.tensor([-1.0, 2.0]))
        tensor([0., 2.])
    """
    x = as_input(input, "relu")
    result: Tensor = x.relu_() if inplace else ops.ReLU.apply(x)
    return result


def sigmoid(input: Any) -> Tensor:
    """1 / (1 + exp(-x)), element by element.

    Args:
        input: a tensor or array of any shape.

    Returns:
        A tensor of the same shape.

    Source: torch.nn.functional.sigmoid.

    Examples:
        >>> import npnn
        >>> import npnn.functional as F
        >>> F.sigmoid(npnn.tensor([0.0]))
        tensor([0.5000])
    """
    result: Tensor = as_input(input, "sigmoid").sigmoid()
    return result


def tanh(input: Any) -> Tensor:
    """The hyperbolic tangent, element by element.

    Args:
        input: a tensor or array of any shape.

    Returns:
        A tensor of the same shape.

    Source: torch.nn.functional.tanh.

    Examples:
        >>> import npnn
        >>> import npnn.functional as F
        >>> F.tanh(npnn.tensor([0.0, 1.0]))
        tensor([0.0000, 0.7616])
    """
    result: Tensor = as_input(input, "tanh").tanh()
    return result


def softmax(input: Any, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None) -> Tensor:
    """exp(x) divided by its sum along an axis: numbers between 0 and 1 that add up to 1.

    Args:
        input: a tensor or array of any shape.
        dim: the axis. As on torch it may be left out, with a warning: it is then 0 for 0, 1 or 3 axes, else 1.
        dtype: compute in this dtype.

    Returns:
        A tensor of the same shape.

    Raises:
        IndexError: there is no such axis.

    Source: torch.nn.functional.softmax.

    Examples:
        >>> import npnn
        >>> import npnn.functional as F
        >>> F.softmax(npnn.tensor([1.0, 1.0]), dim=0)
        tensor([0.5000, 0.5000])
    """
    x = as_input(input, "softmax", dtype)
    result: Tensor = ops.Softmax.apply(x, axis=_softmax_axis("softmax", x, dim, _stacklevel))
    return result


def log_softmax(input: Any, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None) -> Tensor:
    """The logarithm of `softmax`, without overflow and without the loss of small values.

    Args:
        input: a tensor or array of any shape.
        dim: the axis. As on torch it may be left out, with a warning: it is then 0 for 0, 1 or 3 axes, else 1.
        dtype: compute in this dtype.

    Returns:
        A tensor of the same shape.

    Raises:
        IndexError: there is no such axis.

    Source: torch.nn.functional.log_softmax.

    Examples:
        >>> import npnn
        >>> import npnn.functional as F
        >>> F.log_softmax(npnn.tensor([1.0, 1.0]), dim=0)
        tensor([-0.6931, -0.6931])
    """
    x = as_input(input, "log_softmax", dtype)
    result: Tensor = ops.LogSoftmax.apply(x, axis=_softmax_axis("log_softmax", x, dim, _stacklevel))
    return result


def _softmax_axis(name: str, x: Tensor, dim: int | None, stacklevel: int) -> int:
    if dim is None:
        warnings.warn(
            f"Implicit dimension choice for {name} has been deprecated. Change the call to include dim=X as an argument.",
            stacklevel=stacklevel,
        )
        return 0 if x.ndim in (0, 1, 3) else 1
    bound = max(x.ndim, 1)
    if not -bound <= dim < bound:
        raise IndexError(f"Dimension out of range (expected to be in range of [{-bound}, {bound - 1}], but got {dim})")
    return dim
