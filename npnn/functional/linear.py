"""Linear functions."""

from __future__ import annotations

from typing import Any

from npnn.functional._check import as_input
from npnn.ops.linear import Linear
from npnn.tensors import Tensor


def linear(input: Any, weight: Any, bias: Any = None) -> Tensor:
    """y = x W + b, over the last axis.

    Args:
        input: x, (*, in_features).
        weight: W, (in_features, out_features): torch's weight, transposed. (in_features,) gives y of shape (*).
        bias: b, (out_features,), or None.

    Returns:
        y, (*, out_features).

    Raises:
        RuntimeError: shapes or dtypes do not go together.

    Source: torch.nn.functional.linear.

    Examples:
        >>> import npnn
        >>> import npnn.functional as F
        >>> F.linear(npnn.tensor([[1.0, 2.0]]), npnn.tensor([[1.0, 0.0, 1.0], [0.0, 1.0, 1.0]]))
        tensor([[1., 2., 3.]])
    """
    x, w = as_input(input, "linear"), as_input(weight, "linear")
    shape, wanted = x.array.shape, w.array.shape
    if not shape or not 1 <= len(wanted) <= 2 or shape[-1] != wanted[0]:
        raise RuntimeError(
            f"mat1 and mat2 shapes cannot be multiplied: linear got an input of shape {list(shape)} and a weight of shape "
            f"{list(wanted)}; the input's last axis must be as long as the weight's first"
        )
    if x.array.dtype != w.array.dtype:
        raise RuntimeError(
            f"mat1 and mat2 must have the same dtype, but got an input of {x.array.dtype} and a weight of {w.array.dtype}"
        )
    if len(wanted) == 1:
        vector: Tensor = x @ w
        return vector if bias is None else vector + bias
    if bias is None:
        result: Tensor = Linear.apply(x, w)
        return result
    b = as_input(bias, "linear")
    if b.array.shape not in ((wanted[1],), (1,), ()) and b.array.shape != (1, wanted[1]):
        raise RuntimeError(
            f"linear expected a bias of shape [{wanted[1]}] for a weight of shape {list(wanted)}, got {list(b.array.shape)}"
        )
    if b.array.dtype != w.array.dtype:
        raise RuntimeError(
            f"linear expected the bias in the weight's dtype {w.array.dtype}, got {b.array.dtype}"
        )
    result = Linear.apply(x, w, b)
    return result
