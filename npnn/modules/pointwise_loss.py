"""Losses of one element at a time, as modules.

`size_average` and `reduce` are torch's older way of naming a reduction; they are accepted and win over
`reduction`.
"""

from __future__ import annotations

from typing import Any

from npnn import functional as F
from npnn.modules.loss import _Loss, _WeightedLoss
from npnn.tensors import Tensor


class L1Loss(_Loss):
    """The mean of the absolute differences.

    Args:
        size_average: see the top of this page.
        reduce: see the top of this page.
        reduction: "mean", "sum", or "none" for one value per element.

    Shape:
        - Input: (*). Target: (*). Output: (), or (*) for "none".

    Source: torch.nn.L1Loss.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> nn.L1Loss()(npnn.tensor([1.0, 2.0]), npnn.tensor([1.0, 4.0]))
        tensor(1.)
    """

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Returns the loss."""
        return F.l1_loss(input, target, reduction=self.reduction)


class SmoothL1Loss(_Loss):
    """The mean of the absolute differences, rounded to a parabola below `beta`: HuberLoss over `beta`.

    Args:
        size_average: see the top of this page.
        reduce: see the top of this page.
        reduction: "mean", "sum", or "none" for one value per element.
        beta: the difference at which the parabola becomes a line; at 0 this is L1Loss.

    Shape:
        - Input: (*). Target: (*). Output: (), or (*) for "none".

    Source: torch.nn.SmoothL1Loss.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> nn.SmoothL1Loss(beta=0.5)(npnn.tensor([1.0, 2.0]), npnn.tensor([1.0, 4.0]))
        tensor(0.8750)
    """

    def __init__(
        self,
        size_average: bool | None = None,
        reduce: bool | None = None,
        reduction: str = "mean",
        beta: float = 1.0,
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        self.beta = beta

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Returns the loss."""
        return F.smooth_l1_loss(input, target, reduction=self.reduction, beta=self.beta)


class HuberLoss(_Loss):
    """The mean of half the squared differences, which grow only linearly from `delta` on.

    Args:
        reduction: "mean", "sum", or "none" for one value per element.
        delta: the difference at which the square becomes a line, positive.

    Shape:
        - Input: (*). Target: (*). Output: (), or (*) for "none".

    Raises:
        TypeError: delta is not a number.

    Source: torch.nn.HuberLoss.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> nn.HuberLoss(delta=0.5)(npnn.tensor([1.0, 2.0]), npnn.tensor([1.0, 4.0]))
        tensor(0.4375)
    """

    def __init__(self, reduction: str = "mean", delta: float = 1.0) -> None:
        if not isinstance(delta, (float, int)):
            raise TypeError(f"delta must be a float or int, got: {type(delta)}")
        super().__init__(reduction=reduction)
        self.delta = delta

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Returns the loss."""
        return F.huber_loss(input, target, reduction=self.reduction, delta=self.delta)


class PoissonNLLLoss(_Loss):
    """The negative log-likelihood of counts with Poisson distributions.

    Args:
        log_input: whether the input is the logarithm of the mean, rather than the mean.
        full: add Stirling's approximation of the constant, ln target!, where the target is above 1.
        size_average: see the top of this page.
        eps: added to a mean before its logarithm is taken.
        reduce: see the top of this page.
        reduction: "mean", "sum", or "none" for one value per element.

    Shape:
        - Input: (*). Target: (*). Output: (), or (*) for "none".

    Source: torch.nn.PoissonNLLLoss.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> nn.PoissonNLLLoss()(npnn.tensor([0.0, 0.0]), npnn.tensor([1.0, 3.0]))
        tensor(1.)
    """

    def __init__(
        self,
        log_input: bool = True,
        full: bool = False,
        size_average: bool | None = None,
        eps: float = 1e-8,
        reduce: bool | None = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        self.log_input = log_input
        self.full = full
        self.eps = eps

    def forward(self, log_input: Tensor, target: Tensor) -> Tensor:
        """Returns the loss."""
        return F.poisson_nll_loss(
            log_input,
            target,
            log_input=self.log_input,
            full=self.full,
            eps=self.eps,
            reduction=self.reduction,
        )


class GaussianNLLLoss(_Loss):
    """The negative log-likelihood of targets with normal distributions.

    Args:
        full: add the constant, ln(2π) / 2.
        eps: what smaller variances are raised to; their gradient is that at this value.
        reduction: "mean", "sum", or "none" for one value per element.

    Shape:
        - Input: (*), the means. Target: (*), or a shape that broadcasts with it.
        - Variances: a number; (*); (*) without its last axis; or (*) with one axis of length 1.
        - Output: (), or (*) for "none".

    Source: torch.nn.GaussianNLLLoss.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> nn.GaussianNLLLoss()(npnn.tensor([1.0, 2.0]), npnn.tensor([1.0, 4.0]), 1.0)
        tensor(1.)
    """

    def __init__(self, *, full: bool = False, eps: float = 1e-6, reduction: str = "mean") -> None:
        super().__init__(reduction=reduction)
        self.full = full
        self.eps = eps

    def forward(self, input: Tensor, target: Tensor, var: Any) -> Tensor:
        """Returns the loss."""
        return F.gaussian_nll_loss(input, target, var, full=self.full, eps=self.eps, reduction=self.reduction)


class KLDivLoss(_Loss):
    """The Kullback-Leibler divergence of predicted log-probabilities from target probabilities.

    Args:
        size_average: see the top of this page.
        reduce: see the top of this page.
        reduction: "batchmean" for the divergence itself, the sum over the length of the first axis; "sum";
            "mean" over elements, with a warning; or "none" for one value per element.
        log_target: whether the target holds log-probabilities too.

    Shape:
        - Input: (*). Target: (*). Output: (), or (*) for "none".

    Source: torch.nn.KLDivLoss.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> p = npnn.tensor([[0.5, 0.5]])
        >>> nn.KLDivLoss(reduction="batchmean")(npnn.tensor([[0.25, 0.75]]).log(), p)
        tensor(0.1438)
    """

    def __init__(
        self,
        size_average: bool | None = None,
        reduce: bool | None = None,
        reduction: str = "mean",
        log_target: bool = False,
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        self.log_target = log_target

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Returns the loss."""
        return F.kl_div(input, target, reduction=self.reduction, log_target=self.log_target)


class BCELoss(_WeightedLoss):
    """The mean cross entropy between targets and predicted probabilities of yes.

    Args:
        weight: a factor for each element, of a shape that broadcasts with the input's.
        size_average: see the top of this page.
        reduce: see the top of this page.
        reduction: "mean", "sum", or "none" for one value per element.

    Shape:
        - Input: (*). Target: (*). Output: (), or (*) for "none".

    Source: torch.nn.BCELoss.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> nn.BCELoss(reduction="sum")(npnn.tensor([0.5, 0.25]), npnn.tensor([1.0, 0.0]))
        tensor(0.9808)
    """

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Returns the loss."""
        return F.binary_cross_entropy(input, target, weight=self.weight, reduction=self.reduction)


class BCEWithLogitsLoss(_Loss):
    """The mean cross entropy between targets and the sigmoid of logits.

    Args:
        weight: a factor for each element, of a shape that broadcasts with the input's.
        size_average: see the top of this page.
        reduce: see the top of this page.
        reduction: "mean", "sum", or "none" for one value per element.
        pos_weight: the weight of positive targets, likewise; above 1 it favours recall, below 1 precision.

    Shape:
        - Input: (*). Target: (*). Output: (), or (*) for "none".

    Source: torch.nn.BCEWithLogitsLoss.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> nn.BCEWithLogitsLoss()(npnn.tensor([0.0, 0.0]), npnn.tensor([1.0, 0.0]))
        tensor(0.6931)
    """

    weight: Tensor | None
    pos_weight: Tensor | None

    def __init__(
        self,
        weight: Any = None,
        size_average: bool | None = None,
        reduce: bool | None = None,
        reduction: str = "mean",
        pos_weight: Any = None,
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        self.register_buffer("weight", weight)
        self.register_buffer("pos_weight", pos_weight)

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Returns the loss."""
        return F.binary_cross_entropy_with_logits(
            input, target, self.weight, pos_weight=self.pos_weight, reduction=self.reduction
        )


class SoftMarginLoss(_Loss):
    """The mean of ln(1 + exp(-target · input)), which is the cross entropy of two classes called ±1.

    Args:
        size_average: see the top of this page.
        reduce: see the top of this page.
        reduction: "mean", "sum", or "none" for one value per element.

    Shape:
        - Input: (*). Target: (*), of 1 and -1. Output: (), or (*) for "none".

    Source: torch.nn.SoftMarginLoss.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> nn.SoftMarginLoss()(npnn.tensor([0.0, 0.0]), npnn.tensor([1.0, -1.0]))
        tensor(0.6931)
    """

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Returns the loss."""
        return F.soft_margin_loss(input, target, reduction=self.reduction)


class HingeEmbeddingLoss(_Loss):
    """The mean of the distances of like pairs, and of what those of unlike pairs fall short of a margin.

    Args:
        margin: how far apart unlike pairs should be.
        size_average: see the top of this page.
        reduce: see the top of this page.
        reduction: "mean", "sum", or "none" for one value per element.

    Shape:
        - Input: (*), distances. Target: (*), of 1 and -1. Output: (), or (*) for "none".

    Source: torch.nn.HingeEmbeddingLoss.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> nn.HingeEmbeddingLoss()(npnn.tensor([0.25, 0.25]), npnn.tensor([1, -1]))
        tensor(0.5000)
    """

    def __init__(
        self,
        margin: float = 1.0,
        size_average: bool | None = None,
        reduce: bool | None = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        self.margin = margin

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Returns the loss."""
        return F.hinge_embedding_loss(input, target, margin=self.margin, reduction=self.reduction)
