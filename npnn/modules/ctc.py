"""The loss of connectionist temporal classification, as a module."""

from __future__ import annotations

from typing import Any

from npnn import functional as F
from npnn.modules.loss import _Loss
from npnn.tensors import Tensor


class CTCLoss(_Loss):
    """The negative log-likelihood of sequences of labels, whatever their alignment with the time steps.

    Args:
        blank: the class that stands for no label.
        reduction: "mean" over the samples of the loss per label, "sum", or "none" for one value per sample.
        zero_infinity: 0 instead of inf, and no gradient, where the labels do not fit into the time steps.

    Shape:
        - Log_probs: (T, N, C) or (T, C), as log_softmax gives them.
        - Targets: (N, S), or one sequence after the other; (S) without a batch.
        - Input_lengths, target_lengths: (N); () without a batch.
        - Output: (), or (N) for "none".

    Source: torch.nn.CTCLoss.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> even = npnn.full((2, 1, 4), 0.25).log()
        >>> nn.CTCLoss()(even, npnn.tensor([[1]]), [2], [1])
        tensor(1.6740)
    """

    def __init__(self, blank: int = 0, reduction: str = "mean", zero_infinity: bool = False) -> None:
        super().__init__(reduction=reduction)
        self.blank = blank
        self.zero_infinity = zero_infinity

    def forward(self, log_probs: Tensor, targets: Tensor, input_lengths: Any, target_lengths: Any) -> Tensor:
        """Returns the loss."""
        return F.ctc_loss(
            log_probs,
            targets,
            input_lengths,
            target_lengths,
            self.blank,
            self.reduction,
            self.zero_infinity,
        )
