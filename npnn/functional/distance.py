"""Distances and similarities of vectors."""

from __future__ import annotations

from typing import Any

import numpy as np

from npnn.functional._check import as_input
from npnn.tensors import Tensor
from npnn.tensors.arithmetic import refuse_bool
from npnn.tensors.promotion import check_broadcast, promoted


def pairwise_distance(x1: Any, x2: Any, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False) -> Tensor:
    """The p-norm of the differences of vectors, one pair at a time: ‖x1 - x2 + ε‖_p over the last axis.

    Args:
        x1: (*, D).
        x2: (*, D), or any shape that broadcasts.
        p: the order of the norm; it may be inf, -inf, 0 or negative.
        eps: added to every difference, which keeps the gradient of a distance of 0 finite.
        keepdim: keep the last axis, with length 1.

    Returns:
        (*), or (*, 1).

    Raises:
        RuntimeError: shapes that do not broadcast, or integers.

    Source: torch.nn.functional.pairwise_distance.

    Examples:
        >>> import npnn
        >>> import npnn.functional as F
        >>> F.pairwise_distance(npnn.tensor([[3.0, 0.0]]), npnn.tensor([[0.0, 4.0]]))
        tensor([5.])
    """
    refuse_bool("Subtraction, the `-` operator,", x1, x2)
    a, b = _vectors(x1, x2, "pairwise_distance")
    distance: Tensor = (a - b + eps).norm(p, -1, keepdim)
    return distance


def cosine_similarity(x1: Any, x2: Any, dim: int = 1, eps: float = 1e-8) -> Tensor:
    """The cosine of the angle between vectors: their product over the product of their norms.

    Args:
        x1: vectors along the axis `dim`.
        x2: the same; the shapes broadcast, and `dim` counts in the common shape.
        dim: the axis that is summed over.
        eps: what a smaller norm is raised to; its gradient is that at this value.

    Returns:
        The common shape without `dim`.

    Raises:
        RuntimeError: shapes that do not broadcast, or integers.
        IndexError: there is no such axis.

    Source: torch.nn.functional.cosine_similarity.

    Examples:
        >>> import npnn
        >>> import npnn.functional as F
        >>> F.cosine_similarity(npnn.tensor([[3.0, 4.0]]), npnn.tensor([[1.0, 0.0]]))
        tensor([0.6000])
    """
    a, b = _vectors(x1, x2, "cosine_similarity")
    if a.array.dtype.kind not in "fc":
        raise RuntimeError(
            f"expected common dtype to be floating point, yet cosine_similarity got {a.array.dtype}"
        )
    common = np.broadcast_shapes(a.array.shape, b.array.shape)
    units = [_unit(v if v.array.shape == common else v.expand(common), dim, eps) for v in (a, b)]
    cosine: Tensor = (units[0] * units[1]).sum(dim)
    return cosine


def pdist(input: Any, p: float = 2.0) -> Tensor:
    """The p-norm distance of every two rows of a matrix, in the order (0, 1), (0, 2), ..., (1, 2), ...

    Args:
        input: (N, D).
        p: the order of the norm, 0 or more.

    Returns:
        (N (N - 1) / 2,).

    Raises:
        RuntimeError: not a matrix of floating-point numbers, or a negative p.

    Source: torch.nn.functional.pdist.

    Examples:
        >>> import npnn
        >>> import npnn.functional as F
        >>> F.pdist(npnn.tensor([[0.0, 0.0], [3.0, 0.0], [0.0, 4.0]]))
        tensor([3., 4., 5.])
    """
    x = as_input(input, "pdist")
    if x.array.ndim != 2:
        raise RuntimeError(f"pdist only supports 2D tensors, got: {x.array.ndim}D")
    if x.array.dtype.kind != "f":
        raise RuntimeError(f"pdist only supports floating-point dtypes, got {x.array.dtype}")
    if p < 0:
        raise RuntimeError(f"pdist only supports non-negative p values, got {p}")
    first, second = np.triu_indices(x.array.shape[0], 1)
    if not x.array.shape[1]:
        # Rows of no numbers are all the same; no norm is taken of nothing.
        return x.sum(-1)[first]
    difference = x[first] - x[second]
    # By how many places two rows differ has a gradient here, of zeros; as a norm it would have none.
    distance: Tensor = difference.sign().abs().sum(-1) if p == 0 else difference.norm(p, -1)
    return distance


def _vectors(x1: Any, x2: Any, name: str) -> tuple[Tensor, Tensor]:
    """Two operands of one dtype whose shapes broadcast."""
    a, b = as_input(x1, name), as_input(x2, name)
    check_broadcast(a, b)
    a, b = promoted(a, b)
    return a, b


def _unit(x: Tensor, dim: int, eps: float) -> Tensor:
    """Vectors over their norms; norms below eps are raised to it by a constant, which has no gradient."""
    norm = x.norm(2, dim, True)
    return x / (norm + np.maximum(np.asarray(eps, norm.array.dtype) - norm.array, 0))
