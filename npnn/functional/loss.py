"""Loss functions.

`size_average` and `reduce` are torch's older way of naming a reduction; they are accepted and win over
`reduction`.
"""

from __future__ import annotations

import math
from typing import Any

from npnn.functional._check import as_input, check_reduction, legacy_reduction
from npnn.functional._loss import class_targets, class_weight, pair, reduced, refuse_whole
from npnn.ops.activation import LogSoftmax
from npnn.ops.loss import CrossEntropy, MSELoss, NLLLoss
from npnn.tensors import Tensor
from npnn.tensors.arithmetic import refuse_bool


def mse_loss(
    input: Any,
    target: Any,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    weight: Any = None,
) -> Tensor:
    """The mean of the squared differences.

    Args:
        input: the prediction, of any shape.
        target: what was to be predicted, of the same shape; other shapes broadcast, with a warning.
        size_average: see the top of this page.
        reduce: see the top of this page.
        reduction: "mean", "sum", or "none" for one value per element.
        weight: a factor for each element; the mean is then divided by the sum of the weights.

    Returns:
        A tensor without axes, or of the input's shape for "none".

    Raises:
        ValueError: an unknown reduction, or a weight of another shape.
        RuntimeError: shapes that do not broadcast.
        NotImplementedError: both are whole numbers.

    Source: torch.nn.functional.mse_loss.

    Examples:
        >>> import npnn
        >>> import npnn.functional as F
        >>> F.mse_loss(npnn.tensor([1.0, 2.0]), npnn.tensor([1.0, 4.0]))
        tensor(2.)
    """
    reduction = check_reduction(legacy_reduction(size_average, reduce, reduction))
    x, t = pair(input, target, "mse_loss", alike=True)
    if weight is None:
        refuse_whole("mse_loss", x)
        result: Tensor = MSELoss.apply(x, t, reduction=reduction)
        return result
    refuse_bool("Subtraction, the `-` operator,", input, target)
    w = as_input(weight, "mse_loss")
    if w.array.shape != x.array.shape:
        raise ValueError(
            f"Weights and input must have the same size: got {list(w.array.shape)} and {list(x.array.shape)}"
        )
    losses: Tensor = w * MSELoss.apply(x, t, reduction="none")
    if reduction == "mean":
        return losses.sum() / w.expand(losses.shape).sum()
    return losses.sum() if reduction == "sum" else losses


def nll_loss(
    input: Any,
    target: Any,
    weight: Any = None,
    size_average: bool | None = None,
    ignore_index: int = -100,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """The negative log-likelihood of the target classes, given log-probabilities.

    Args:
        input: log-probabilities, (C,), (N, C) or, channels last, (N, *d, C).
        target: classes, integers in [0, C), of shape (), (N,) or (N, *d).
        weight: (C,), a weight for each class; the mean is divided by the sum of the weights that took part.
        ignore_index: a target that counts for nothing.
        size_average: see the top of this page.
        reduce: see the top of this page.
        reduction: "mean", "sum", or "none" for one value per target.

    Returns:
        A tensor without axes, or of the target's shape for "none".

    Raises:
        ValueError: batches of different sizes, or an unknown reduction.
        RuntimeError: other shapes that do not go together, targets that are neither int64 nor uint8, or a
            weight of another length or dtype.
        IndexError: a target outside [0, C).

    Source: torch.nn.functional.nll_loss.

    Examples:
        >>> import npnn
        >>> import npnn.functional as F
        >>> F.nll_loss(npnn.tensor([[-0.5, -1.0]]), npnn.tensor([1]))
        tensor(1.)
    """
    reduction = check_reduction(legacy_reduction(size_average, reduce, reduction))
    x, t = as_input(input, "nll_loss"), as_input(target, "nll_loss")
    w = class_weight(x.array.shape, x.array.dtype, weight, "nll_loss")
    classes, ignored = class_targets(x.array.shape, t, ignore_index, "nll_loss")
    return NLLLoss.apply(x, classes, w, ignore_index=ignored, reduction=reduction)


def cross_entropy(
    input: Any,
    target: Any,
    weight: Any = None,
    size_average: bool | None = None,
    ignore_index: int = -100,
    reduce: bool | None = None,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Tensor:
    """The cross entropy between targets and the softmax of logits.

    Args:
        input: logits, (C,), (N, C) or, channels last, (N, *d, C).
        target: classes, integers in [0, C), of shape (), (N,) or (N, *d); or probabilities, floating point,
            of the input's shape.
        weight: (C,), a weight for each class.
        ignore_index: a target class that counts for nothing; not for probabilities.
        size_average: see the top of this page.
        reduce: see the top of this page.
        reduction: "mean", "sum", or "none" for one value per target.
        label_smoothing: in [0, 1], the part of each target that is spread evenly over all classes.

    Returns:
        A tensor without axes, or of the input's shape without its classes for "none".

    Raises:
        ValueError: batches of different sizes, or an unknown reduction.
        RuntimeError: other shapes that do not go together, a smoothing outside [0, 1], targets of another
            dtype, or a weight of another length or dtype.
        IndexError: a target outside [0, C).

    Source: torch.nn.functional.cross_entropy.

    Examples:
        >>> import npnn
        >>> import npnn.functional as F
        >>> F.cross_entropy(npnn.tensor([[0.0, 0.0]]), npnn.tensor([1]))
        tensor(0.6931)
    """
    reduction = check_reduction(legacy_reduction(size_average, reduce, reduction))
    x, t = as_input(input, "cross_entropy"), as_input(target, "cross_entropy")
    refuse_whole("cross_entropy", x)
    if not 0.0 <= label_smoothing <= 1.0:
        raise RuntimeError(f"label_smoothing must be between 0.0 and 1.0. Got: {label_smoothing}")
    w = class_weight(x.array.shape, x.array.dtype, weight, "cross_entropy")
    if t.array.shape == x.array.shape:
        if t.array.dtype.kind != "f":
            raise RuntimeError(
                f"Expected floating point type for target with class probabilities, got {t.array.dtype}"
            )
        return _soft_cross_entropy(x, t, w, reduction, label_smoothing, ignore_index)
    classes, ignored = class_targets(x.array.shape, t, ignore_index, "cross_entropy")
    if label_smoothing == 0.0:
        return CrossEntropy.apply(x, classes, w, ignore_index=ignored, reduction=reduction)[0]
    log_p: Tensor = LogSoftmax.apply(x, axis=-1)
    hard: Tensor = NLLLoss.apply(log_p, classes, w, ignore_index=ignored, reduction=reduction)
    kept = classes != ignore_index
    spread = -(log_p if w is None else log_p * w).sum(-1).masked_fill(~kept, 0)
    if reduction == "sum":
        spread = spread.sum()
    elif reduction == "mean":
        counted = float(kept.sum() if w is None else w.array[classes[kept]].sum())
        spread = spread.sum() * (1 / counted if counted else math.nan)
    return hard * (1 - label_smoothing) + spread * (label_smoothing / x.array.shape[-1])


def _soft_cross_entropy(
    x: Tensor,
    target: Tensor,
    weight: Tensor | None,
    reduction: str,
    label_smoothing: float,
    ignore_index: int,
) -> Tensor:
    """-Σ_c w_c t_c ln softmax(x)_c for targets that are probabilities; the mean is over targets."""
    if ignore_index >= 0:
        raise RuntimeError("ignore_index is not supported for floating point target")
    classes = x.array.shape[-1]
    if label_smoothing > 0.0:
        target = target * (1 - label_smoothing) + label_smoothing / classes
    log_p: Tensor = LogSoftmax.apply(x, axis=-1)
    product = log_p * target if weight is None else log_p * target * weight
    return reduced(-product.sum(-1), reduction)
