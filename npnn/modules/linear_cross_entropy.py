"""A linear layer and the cross entropy of what it gives, in one."""

from __future__ import annotations

import math
from typing import Any

from npnn import functional as F
from npnn.functional.linear_cross_entropy import LinearCrossEntropyOptions
from npnn.modules.linear import Linear
from npnn.modules.loss import _WeightedLoss
from npnn.tensors import Tensor


class LinearCrossEntropyLoss(_WeightedLoss):
    """The cross entropy between targets and the softmax of logits that a linear layer makes of the input.

    Args:
        in_features: the length of the input's last axis.
        num_classes: the number of classes, C.
        out_features: the sizes *d of further axes of the logits.
        bias: whether the layer has a bias.
        device: "cpu".
        dtype: the dtype of the parameters.
        reduction: "mean", "sum", or "none" for one value per target.
        weight: (C,), a weight for each class.
        ignore_index: a target class that counts for nothing, -100 unless given; not for probabilities.
        label_smoothing: in [0, 1], the part of each target that is spread evenly over all classes.
        options: go through the batch in chunks; see `npnn.functional.linear_cross_entropy`.

    Shape:
        - Input: (N, in_features) or (in_features).
        - Target: classes, (N, *d) or (), integers in [0, C); or probabilities, (N, *d, C) or (C).
        - Output: (), or (N, *d) for "none".

    Attributes:
        linear: the layer. Its columns are in torch's order, with *d inside of each class: as a weight of
            shape (in_features, C, *d) seen flat.

    Raises:
        RuntimeError: a weight of another length, or a smoothing outside [0, 1].

    Source: torch.nn.LinearCrossEntropyLoss.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> loss = nn.LinearCrossEntropyLoss(5, 10, out_features=(4, 3), reduction="none")
        >>> loss(npnn.randn(2, 5), npnn.randint(0, 10, (2, 4, 3))).shape
        torch.Size([2, 4, 3])
    """

    def __init__(
        self,
        in_features: int,
        num_classes: int,
        *,
        out_features: tuple[int, ...] = (),
        bias: bool = False,
        device: Any = None,
        dtype: Any = None,
        reduction: str = "mean",
        weight: Any = None,
        ignore_index: int | None = None,
        label_smoothing: float = 0.0,
        options: LinearCrossEntropyOptions | None = None,
    ) -> None:
        if weight is not None and tuple(weight.shape) != (num_classes,):
            raise RuntimeError(
                f"expected weight shape to be {(num_classes,)}, got {tuple(weight.shape)}: one for each class"
            )
        if not 0 <= label_smoothing <= 1:
            raise RuntimeError(f"expected label_smoothing to be in range [0, 1], got {label_smoothing}")
        super().__init__(weight, reduction=reduction)
        self.num_classes = num_classes
        self.out_features = out_features
        self.ignore_index = ignore_index
        self.label_smoothing = label_smoothing
        self.linear = Linear(
            in_features, math.prod(out_features, start=num_classes), bias=bias, device=device, dtype=dtype
        )
        self.options = options

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Returns the loss."""
        layer = self.linear
        return F.linear_cross_entropy(
            input,
            self._classes_last(layer.weight, layer.in_features),
            target,
            linear_bias=None if layer.bias is None else self._classes_last(layer.bias),
            weight=self.weight,
            reduction=self.reduction,
            ignore_index=self.ignore_index,
            label_smoothing=self.label_smoothing,
            options=self.options,
        )

    def _classes_last(self, parameter: Tensor, *before: int) -> Tensor:
        """The weight as (in_features, *d, C), the bias as (*d, C)."""
        apart = parameter.reshape(*before, self.num_classes, *self.out_features)
        moved: Tensor = apart.movedim(len(before), -1)
        return moved

    def extra_repr(self) -> str:
        """The arguments, for repr."""
        return (
            f"in_features={self.linear.in_features}, num_classes={self.num_classes},"
            f" out_features={self.out_features}, bias={self.linear.bias is not None},"
            f" reduction={self.reduction}, ignore_index={self.ignore_index},"
            f" label_smoothing={self.label_smoothing}, options={self.options}"
        )
