"""Linear functions."""

from __future__ import annotations

from typing import Any

from npnn.functional._check import as_input
from npnn.ops.bilinear import Bilinear
from npnn.ops.linear import Linear
from npnn.tensors import Tensor


def linear(input: Any, weight: Any, bias: Any = None) -> Tensor:
    """y = x W + b, over the last axis.

    Args:
        input: x, (*, in_features).
        weight: W, (in_features, out_features): torch's weight, transposed. (in_features,) gives y of shape
            (*).
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
            f"mat1 and mat2 shapes cannot be multiplied: linear got an input of shape {list(shape)} and a"
            f" weight of shape {list(wanted)}; the input's last axis must be as long as the weight's first"
        )
    if x.array.dtype != w.array.dtype:
        raise RuntimeError(
            f"mat1 and mat2 must have the same dtype, but got an input of {x.array.dtype} and a weight of"
            f" {w.array.dtype}"
        )
    if len(wanted) == 1:
        vector = x @ w
        return vector if bias is None else vector + bias
    if bias is None:
        return Linear.apply(x, w, None)
    b = as_input(bias, "linear")
    if b.array.shape not in ((wanted[1],), (1,), ()) and b.array.shape != (1, wanted[1]):
        raise RuntimeError(
            f"linear expected a bias of shape [{wanted[1]}] for a weight of shape {list(wanted)}, got"
            f" {list(b.array.shape)}"
        )
    if b.array.dtype != w.array.dtype:
        raise RuntimeError(
            f"linear expected the bias in the weight's dtype {w.array.dtype}, got {b.array.dtype}"
        )
    return Linear.apply(x, w, b if b.array.ndim < 2 else b.reshape(-1))


def bilinear(input1: Any, input2: Any, weight: Any, bias: Any = None) -> Tensor:
    """y_o = Σ_ij x_i W_ijo z_j + b_o, over the last axes.

    Args:
        input1: x, (*, in1_features).
        input2: z, (*, in2_features).
        weight: W, (in1_features, in2_features, out_features): torch's weight with its first axis last.
        bias: b, (out_features,), or None.

    Returns:
        y, (*, out_features).

    Raises:
        RuntimeError: shapes or dtypes do not go together.

    Source: torch.nn.functional.bilinear.

    Examples:
        >>> import npnn
        >>> import npnn.functional as F
        >>> F.bilinear(npnn.tensor([1.0, 2.0]), npnn.tensor([3.0]), npnn.ones(2, 1, 4))
        tensor([9., 9., 9., 9.])
    """
    x, z, w = (as_input(value, "bilinear") for value in (input1, input2, weight))
    b = None if bias is None else as_input(bias, "bilinear")
    one, two, wanted = x.array.shape, z.array.shape, w.array.shape
    if len(one) != len(two):
        raise RuntimeError(f"bilinear(): input dimensions do not match: got {len(one)} and {len(two)}")
    for axis, (left, right) in enumerate(zip(one[:-1], two[:-1], strict=True)):
        if left != right:
            raise RuntimeError(
                f"bilinear(): input batch dimensions do not match at dim {axis}: got {left} and {right}"
            )
    if len(wanted) != 3:
        raise IndexError(
            "Dimension out of range: bilinear() expected a weight of 3 axes, (in1_features, in2_features,"
            f" out_features), got shape {list(wanted)}"
        )
    for name, shape, size in (("input1", one, wanted[0]), ("input2", two, wanted[1])):
        if not shape or shape[-1] != size:
            raise RuntimeError(
                f"bilinear(): {name} size does not match weight size: got an input of shape {list(shape)} but"
                f" expected {size} on its last axis"
            )
    if b is not None and b.array.shape != wanted[2:]:
        raise RuntimeError(
            f"bilinear(): bias size does not match weight size: got {list(b.array.shape)} but expected"
            f" {list(wanted[2:])}"
        )
    if len({tensor.array.dtype for tensor in (x, z, w, b) if tensor is not None}) > 1:
        raise RuntimeError(
            f"All tensors must have the same dtype, got input1: {x.array.dtype}, input2: {z.array.dtype},"
            f" weight: {w.array.dtype}" + ("" if b is None else f", bias: {b.array.dtype}")
        )
    return Bilinear.apply(x, z, w, b)
