"""Distances and similarities of vectors, as modules."""

from __future__ import annotations

from npnn import functional as F
from npnn.modules.module import Module
from npnn.tensors import Tensor


class PairwiseDistance(Module):
    """The p-norm of the differences of vectors, one pair at a time: ‖x1 - x2 + ε‖_p over the last axis.

    Args:
        p: the order of the norm; it may be inf, -inf, 0 or negative.
        eps: added to every difference, which keeps the gradient of a distance of 0 finite.
        keepdim: keep the last axis, with length 1.

    Shape:
        - Input1, Input2: (N, D) or (D). Output: (N) or (), with `keepdim` (N, 1) or (1).

    Source: torch.nn.PairwiseDistance.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> nn.PairwiseDistance(p=1)(npnn.tensor([[3.0, 0.0]]), npnn.tensor([[0.0, 4.0]]))
        tensor([7.])
    """

    def __init__(self, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False) -> None:
        super().__init__()
        self.norm = p
        self.eps = eps
        self.keepdim = keepdim

    def forward(self, x1: Tensor, x2: Tensor) -> Tensor:
        """Returns the distances."""
        return F.pairwise_distance(x1, x2, self.norm, self.eps, self.keepdim)


class CosineSimilarity(Module):
    """The cosine of the angle between vectors: their product over the product of their norms.

    Args:
        dim: the axis that is summed over.
        eps: what a smaller norm is raised to.

    Shape:
        - Input1, Input2: shapes that broadcast. Output: the common shape without `dim`.

    Source: torch.nn.CosineSimilarity.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> nn.CosineSimilarity()(npnn.tensor([[3.0, 4.0]]), npnn.tensor([[1.0, 0.0]]))
        tensor([0.6000])
    """

    def __init__(self, dim: int = 1, eps: float = 1e-8) -> None:
        super().__init__()
        self.dim = dim
        self.eps = eps

    def forward(self, x1: Tensor, x2: Tensor) -> Tensor:
        """Returns the cosines."""
        return F.cosine_similarity(x1, x2, self.dim, self.eps)
