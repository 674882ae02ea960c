"""Matrix products of several groups in one call."""

from __future__ import annotations

from typing import Any

import numpy as np

from npnn.functional._check import as_input
from npnn.tensors import Tensor
from npnn.tensors.creation import zeros
from npnn.tensors.functions import cat, stack


def grouped_mm(
    mat_a: Any, mat_b: Any, *, offs: Any = None, bias: Any = None, out_dtype: Any = None
) -> Tensor:
    """A matrix product for each group, of which a matrix (two axes) holds all groups side by side.

    With A a matrix and B (groups, K, N), group g is the rows of A from offs[g - 1] to offs[g], multiplied by
    B[g]: the experts of a mixture, each with tokens of its own. Likewise columns of B if B is the matrix; and
    if both are, columns of A and rows of B, the axis that is summed over.

    Args:
        mat_a: A, (M, K) or (groups, M, K).
        mat_b: B, (K, N) or (groups, K, N).
        offs: (groups,), int32: where each group ends, in ascending order. None if both have three axes.
        bias: None: torch has no bias yet either.
        out_dtype: the dtype of the result, which must be that of A.

    Shape:
        - Output: (M, N) if one of them is a matrix, and (groups, M, N) if both are or none is. What lies
          behind the last group is 0; on torch it is not initialised.

    Returns:
        The products.

    Raises:
        RuntimeError: axes, sizes or dtypes do not go together, there is a bias, or `offs` is missing or too
            much.

    Source: torch.nn.functional.grouped_mm.

    Examples:
        >>> import npnn
        >>> import npnn.functional as F
        >>> tokens, experts = npnn.ones(3, 2), npnn.tensor([[[1.0], [2.0]], [[3.0], [4.0]]])
        >>> F.grouped_mm(tokens, experts, offs=npnn.tensor([1, 3], dtype=npnn.int32)).flatten()
        tensor([3., 7., 7.])
    """
    a, b = as_input(mat_a, "grouped_mm"), as_input(mat_b, "grouped_mm")
    _check(a, b, offs, bias, out_dtype)
    if offs is None:
        return a @ b
    ends = as_input(offs, "grouped_mm").tolist()
    groups = list(zip([0, *ends], ends, strict=False))
    if a.ndim == b.ndim:
        return stack([a[:, start:end] @ b[start:end] for start, end in groups])
    if a.ndim == 2:
        parts = [a[start:end] @ matrix for (start, end), matrix in zip(groups, b, strict=True)]
        return cat([*parts, zeros(a.shape[0] - ends[-1], b.shape[2], dtype=a.dtype)])
    parts = [matrix @ b[:, start:end] for (start, end), matrix in zip(groups, a, strict=True)]
    return cat([*parts, zeros(a.shape[1], b.shape[1] - ends[-1], dtype=a.dtype)], 1)


def _check(a: Tensor, b: Tensor, offs: Any, bias: Any, out_dtype: Any) -> None:
    """Raises a RuntimeError for what cannot be multiplied."""
    if not {a.ndim, b.ndim} <= {2, 3} or a.shape[-1] != b.shape[-2]:
        raise RuntimeError(
            "grouped_mm expected matrices (M, K) or stacks of them (groups, M, K), and (K, N) or (groups, K,"
            f" N), of one K, got {list(a.shape)} and {list(b.shape)}"
        )
    if a.dtype != b.dtype or (out_dtype is not None and np.dtype(out_dtype) != a.dtype):
        raise RuntimeError(
            f"grouped_mm expected one dtype for both operands and the result, got {a.dtype}, {b.dtype} and"
            f" out_dtype={out_dtype}"
        )
    if bias is not None:
        raise RuntimeError("grouped_mm: bias is not supported yet, expected None")
    stacks = [len(one.array) for one in (a, b) if one.ndim == 3]
    if (offs is None) != (len(stacks) == 2):
        raise RuntimeError(
            "grouped_mm takes offs if there is a matrix with two axes, and only then: got offs"
            f" {'missing' if offs is None else 'given'} with {list(a.shape)} and {list(b.shape)}"
        )
    if offs is not None:
        ends = as_input(offs, "grouped_mm").array
        if ends.dtype != np.int32:
            raise RuntimeError(f"grouped_mm expected offs to be int32, got {ends.dtype}")
        stacks.append(len(ends))
    if len(set(stacks)) > 1:
        raise RuntimeError(
            f"grouped_mm expected as many groups in each argument, got {list(a.shape)}, {list(b.shape)} and"
            f" offs of {offs if offs is None else stacks[-1]}"
        )
