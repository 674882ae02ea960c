"""Losses as modules.

`size_average` and `reduce` are torch's older way of naming a reduction; they are accepted and win over
`reduction`.
"""

from __future__ import annotations

import warnings
from typing import Any

from npnn import functional as F
from npnn.functional._check import legacy_reduction
from npnn.modules.module import Module
from npnn.tensors import Tensor


class _Loss(Module):
    """What all losses share: a reduction."""

    def __init__(
        self, size_average: bool | None = None, reduce: bool | None = None, reduction: str = "mean"
    ) -> None:
        super().__init__()
        self.reduction = legacy_reduction(size_average, reduce, reduction)


class _WeightedLoss(_Loss):
    """What losses with a weight for each class share: a buffer, saved and converted with the module."""

    weight: Tensor | None

    def __init__(
        self,
        weight: Any = None,
        size_average: bool | None = None,
        reduce: bool | None = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        self.register_buffer("weight", weight)


class MSELoss(_Loss):
    """The mean of the squared differences.

    Args:
        size_average: see the top of this page.
        reduce: see the top of this page.
        reduction: "mean", "sum", or "none" for one value per element.

    Shape:
        - Input: (*). Target: (*). Output: (), or (*) for "none".

    Source: torch.nn.MSELoss.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> nn.MSELoss()(npnn.tensor([1.0, 2.0]), npnn.tensor([1.0, 4.0]))
        tensor(2.)
    """

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Returns the loss."""
        return F.mse_loss(input, target, reduction=self.reduction)


class NLLLoss(_WeightedLoss):
    """The negative log-likelihood of the target classes, given log-probabilities.

    Args:
        weight: (C,), a weight for each class; the mean is divided by the sum of the weights that took part.
        size_average: see the top of this page.
        ignore_index: a target that counts for nothing.
        reduce: see the top of this page.
        reduction: "mean", "sum", or "none" for one value per target.

    Shape:
        - Input: (C,), (N, C) or, channels last, (N, *d, C). Target: (), (N,) or (N, *d), integers in [0, C).
        - Output: (), or the target's shape for "none".

    Source: torch.nn.NLLLoss.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> nn.NLLLoss()(npnn.tensor([[-0.5, -1.0]]), npnn.tensor([1]))
        tensor(1.)
    """

    def __init__(
        self,
        weight: Any = None,
        size_average: bool | None = None,
        ignore_index: int = -100,
        reduce: bool | None = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(weight, size_average, reduce, reduction)
        self.ignore_index = ignore_index

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Returns the loss."""
        return F.nll_loss(
            input, target, weight=self.weight, ignore_index=self.ignore_index, reduction=self.reduction
        )


class NLLLoss2d(NLLLoss):
    """NLLLoss under the name that it once had for images; creating one warns.

    Args:
        weight: see NLLLoss, as all of these.
        size_average: see the top of this page.
        ignore_index: a target that counts for nothing.
        reduce: see the top of this page.
        reduction: "mean", "sum", or "none".

    Shape:
        - Input: (N, H, W, C). Target: (N, H, W). Output: (), or (N, H, W) for "none".

    Source: torch.nn.NLLLoss2d.

    Examples:
        >>> import warnings
        >>> from npnn import nn
        >>> with warnings.catch_warnings():
        ...     warnings.simplefilter("ignore")
        ...     nn.NLLLoss2d()
        NLLLoss2d()
    """

    def __init__(
        self,
        weight: Any = None,
        size_average: bool | None = None,
        ignore_index: int = -100,
        reduce: bool | None = None,
        reduction: str = "mean",
    ) -> None:
        warnings.warn(
            "`NLLLoss2d` has been deprecated: `NLLLoss` does all that it did", FutureWarning, stacklevel=2
        )
        super().__init__(weight, size_average, ignore_index, reduce, reduction)


class CrossEntropyLoss(_WeightedLoss):
    """The cross entropy between targets and the softmax of logits.

    Args:
        weight: (C,), a weight for each class.
        size_average: see the top of this page.
        ignore_index: a target class that counts for nothing; not for probabilities.
        reduce: see the top of this page.
        reduction: "mean", "sum", or "none" for one value per target.
        label_smoothing: in [0, 1], the part of each target that is spread evenly over all classes.

    Shape:
        - Input: (C,), (N, C) or, channels last, (N, *d, C).
        - Target: classes, (), (N,) or (N, *d), integers in [0, C); or probabilities, of the input's shape.
        - Output: (), or the input's shape without its classes for "none".

    Source: torch.nn.CrossEntropyLoss.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> nn.CrossEntropyLoss()(npnn.tensor([[0.0, 0.0]]), npnn.tensor([1]))
        tensor(0.6931)
    """

    def __init__(
        self,
        weight: Any = None,
        size_average: bool | None = None,
        ignore_index: int = -100,
        reduce: bool | None = None,
        reduction: str = "mean",
        label_smoothing: float = 0.0,
    ) -> None:
        super().__init__(weight, size_average, reduce, reduction)
        self.ignore_index = ignore_index
        self.label_smoothing = label_smoothing

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Returns the loss."""
        return F.cross_entropy(
            input,
            target,
            weight=self.weight,
            ignore_index=self.ignore_index,
            reduction=self.reduction,
            label_smoothing=self.label_smoothing,
        )
