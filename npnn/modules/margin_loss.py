"""Losses that ask for a margin, as modules.

`size_average` and `reduce` are torch's older way of naming a reduction; they are accepted and win over
`reduction`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from npnn import functional as F
from npnn.modules.distance import PairwiseDistance
from npnn.modules.loss import _Loss, _WeightedLoss
from npnn.tensors import Tensor


class MultiMarginLoss(_WeightedLoss):
    """The mean of what the score of the right class falls short of exceeding the others by a margin.

    Args:
        p: the power to which each shortfall is raised, 1 or 2.
        margin: by how much the right score should exceed the others.
        weight: (C,), a weight for each right class.
        size_average: see the top of this page.
        reduce: see the top of this page.
        reduction: "mean", "sum", or "none" for one value per row.

    Shape:
        - Input: (N, C) or (C). Target: (N) or (), integers in [0, C). Output: (), or (N) for "none".

    Raises:
        ValueError: another p, or a weight with more axes than one.

    Source: torch.nn.MultiMarginLoss.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> nn.MultiMarginLoss()(npnn.tensor([[0.1, 0.2, 0.4, 0.8]]), npnn.tensor([3]))
        tensor(0.3250)
    """

    def __init__(
        self,
        p: int = 1,
        margin: float = 1.0,
        weight: Any = None,
        size_average: bool | None = None,
        reduce: bool | None = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(weight, size_average, reduce, reduction)
        if p not in (1, 2):
            raise ValueError(f"only p == 1 and p == 2 supported, got p = {p}")
        if weight is not None and weight.ndim != 1:
            raise ValueError(
                f"MultiMarginLoss: expected weight to be None or 1D tensor, got {weight.ndim}D instead"
            )
        self.p = p
        self.margin = margin

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Returns the loss."""
        return F.multi_margin_loss(
            input, target, p=self.p, margin=self.margin, weight=self.weight, reduction=self.reduction
        )


class MultiLabelMarginLoss(_Loss):
    """The mean of what the scores of all right classes fall short of exceeding the wrong ones by 1.

    Args:
        size_average: see the top of this page.
        reduce: see the top of this page.
        reduction: "mean", "sum", or "none" for one value per row.

    Shape:
        - Input: (N, C) or (C). Target: the same, each row listing its right classes, up to the first -1.
        - Output: (), or (N) for "none".

    Source: torch.nn.MultiLabelMarginLoss.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> nn.MultiLabelMarginLoss()(npnn.tensor([[0.1, 0.2, 0.4, 0.8]]), npnn.tensor([[3, 0, -1, 1]]))
        tensor(0.8500)
    """

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Returns the loss."""
        return F.multilabel_margin_loss(input, target, reduction=self.reduction)


class MultiLabelSoftMarginLoss(_WeightedLoss):
    """The cross entropy of the sigmoid of each class's logit, averaged over the classes.

    Args:
        weight: (C,), a weight for each class.
        size_average: see the top of this page.
        reduce: see the top of this page.
        reduction: "mean", "sum", or "none" for one value per row.

    Shape:
        - Input: (N, C). Target: (N, C), of 0 and 1. Output: (), or (N) for "none".

    Source: torch.nn.MultiLabelSoftMarginLoss.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> nn.MultiLabelSoftMarginLoss()(npnn.tensor([[0.0, 0.0]]), npnn.tensor([[1.0, 0.0]]))
        tensor(0.6931)
    """

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Returns the loss."""
        return F.multilabel_soft_margin_loss(input, target, weight=self.weight, reduction=self.reduction)


class MarginRankingLoss(_Loss):
    """The mean of max(0, margin - target · (input1 - input2)).

    Args:
        margin: by how much the higher score should exceed the lower.
        size_average: see the top of this page.
        reduce: see the top of this page.
        reduction: "mean", "sum", or "none" for one value per pair.

    Shape:
        - Input1, Input2: (N) or (). Target: the same, 1 where input1 should rank higher, -1 where input2.
        - Output: (), or (N) for "none".

    Source: torch.nn.MarginRankingLoss.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> nn.MarginRankingLoss()(npnn.tensor([0.5]), npnn.tensor([0.75]), npnn.tensor([1.0]))
        tensor(0.2500)
    """

    def __init__(
        self,
        margin: float = 0.0,
        size_average: bool | None = None,
        reduce: bool | None = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        self.margin = margin

    def forward(self, input1: Tensor, input2: Tensor, target: Tensor) -> Tensor:
        """Returns the loss."""
        return F.margin_ranking_loss(input1, input2, target, margin=self.margin, reduction=self.reduction)


class CosineEmbeddingLoss(_Loss):
    """The mean of 1 - cos(input1, input2) for like pairs and max(0, cos - margin) for unlike ones.

    Args:
        margin: the cosine up to which unlike pairs cost nothing, from -1 to 1.
        size_average: see the top of this page.
        reduce: see the top of this page.
        reduction: "mean", "sum", or "none" for one value per pair.

    Shape:
        - Input1, Input2: (N, D) or (D). Target: (N) or (), of 1 and -1. Output: (), or (N) for "none".

    Source: torch.nn.CosineEmbeddingLoss.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> x, y = npnn.tensor([[3.0, 4.0]]), npnn.tensor([[1.0, 0.0]])
        >>> nn.CosineEmbeddingLoss()(x, y, npnn.tensor([1]))
        tensor(0.4000)
    """

    def __init__(
        self,
        margin: float = 0.0,
        size_average: bool | None = None,
        reduce: bool | None = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        self.margin = margin

    def forward(self, input1: Tensor, input2: Tensor, target: Tensor) -> Tensor:
        """Returns the loss."""
        return F.cosine_embedding_loss(input1, input2, target, margin=self.margin, reduction=self.reduction)


class TripletMarginLoss(_Loss):
    """The mean of max(0, margin + d(anchor, positive) - d(anchor, negative)), d being a p-norm distance.

    Args:
        margin: by how much the positive should be nearer than the negative, more than 0.
        p: the order of the norm.
        eps: added to every difference.
        swap: measure the negatives from the positives where that is nearer than from the anchors.
        size_average: see the top of this page.
        reduce: see the top of this page.
        reduction: "mean", "sum", or "none" for one value per triplet.

    Shape:
        - Anchor, Positive, Negative: (N, D) or (D). Output: (), or (N) for "none".

    Raises:
        ValueError: a margin that is not positive.

    Source: torch.nn.TripletMarginLoss.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> a, near, far = npnn.tensor([[0.0, 0.0]]), npnn.tensor([[0.0, 1.0]]), npnn.tensor([[1.5, 0.0]])
        >>> nn.TripletMarginLoss()(a, near, far)
        tensor(0.5000)
    """

    def __init__(
        self,
        margin: float = 1.0,
        p: float = 2.0,
        eps: float = 1e-6,
        swap: bool = False,
        size_average: bool | None = None,
        reduce: bool | None = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        if margin <= 0:
            raise ValueError(f"TripletMarginLoss: expected margin to be greater than 0, got {margin} instead")
        self.margin = margin
        self.p = p
        self.eps = eps
        self.swap = swap

    def forward(self, anchor: Tensor, positive: Tensor, negative: Tensor) -> Tensor:
        """Returns the loss."""
        return F.triplet_margin_loss(
            anchor,
            positive,
            negative,
            margin=self.margin,
            p=self.p,
            eps=self.eps,
            swap=self.swap,
            reduction=self.reduction,
        )


class TripletMarginWithDistanceLoss(_Loss):
    """The mean of max(0, margin + d(anchor, positive) - d(anchor, negative)), with any distance d.

    Args:
        distance_function: d, of two tensors. Default: a PairwiseDistance.
        margin: by how much the positive should be nearer than the negative, more than 0.
        swap: measure the negatives from the positives where that is nearer than from the anchors.
        reduction: "mean", "sum", or "none" for one value per triplet.

    Shape:
        - Anchor, Positive, Negative: what the distance takes. Output: (), or that of d for "none".

    Raises:
        ValueError: a margin that is not positive.

    Source: torch.nn.TripletMarginWithDistanceLoss.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> a, near, far = npnn.tensor([[0.0, 0.0]]), npnn.tensor([[0.0, 1.0]]), npnn.tensor([[1.5, 0.0]])
        >>> nn.TripletMarginWithDistanceLoss(distance_function=nn.PairwiseDistance(p=1))(a, near, far)
        tensor(0.5000)
    """

    def __init__(
        self,
        *,
        distance_function: Callable[[Tensor, Tensor], Tensor] | None = None,
        margin: float = 1.0,
        swap: bool = False,
        reduction: str = "mean",
    ) -> None:
        super().__init__(reduction=reduction)
        if margin <= 0:
            raise ValueError(
                f"TripletMarginWithDistanceLoss: expected margin to be greater than 0, got {margin} instead"
            )
        self.distance_function: Callable[[Tensor, Tensor], Tensor] = (
            PairwiseDistance() if distance_function is None else distance_function
        )
        self.margin = margin
        self.swap = swap

    def forward(self, anchor: Tensor, positive: Tensor, negative: Tensor) -> Tensor:
        """Returns the loss."""
        return F.triplet_margin_with_distance_loss(
            anchor,
            positive,
            negative,
            distance_function=self.distance_function,
            margin=self.margin,
            swap=self.swap,
            reduction=self.reduction,
        )
