"""Loss functions.

`size_average` and `reduce` are torch's older way of naming a reduction; they are accepted and win over `reduction`.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from npnn.functional._check import as_input, check_reduction, legacy_reduction
from npnn.ops.activation import LogSoftmax
from npnn.ops.loss import CrossEntropy, MSELoss, NLLLoss
from npnn.tensors import Tensor


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
        reduction: "mean", "sum", or "none" for one value per element.
        weight: a factor for each element; the mean is then divided by the sum of the weights.

    Returns:
        A tensor without axes, or of the input's shape for "none".

    Raises:
        ValueError: an unknown reduction, or a weight of another shape.
        RuntimeError: shapes that do not broadcast.

    Source: torch.nn.functional.mse_loss.

    Examples:
        >>> import npnn
        >>> import npnn.functional as F
        >>> F.mse_loss(npnn.tensor([1.0, 2.0]), npnn.tensor([1.0, 4.0]))
        tensor(2.)
    """
    reduction = check_reduction(legacy_reduction(size_average, reduce, reduction))
    x, t = as_input(input, "mse_loss"), as_input(target, "mse_loss")
    if x.array.shape != t.array.shape:
        _warn_of_broadcast(x, t)
    if x.array.dtype != t.array.dtype:
        dtype = np.result_type(x.array.dtype, t.array.dtype)
        x, t = x.to(dtype), t.to(dtype)
    if weight is None:
        result: Tensor = MSELoss.apply(x, t, reduction=reduction)
        return result
    w = as_input(weight, "mse_loss")
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
        reduction: "mean", "sum", or "none" for one value per target.

    Returns:
        A tensor without axes, or of the target's shape for "none".

    Raises:
        ValueError: shapes that do not go together, or an unknown reduction.
        RuntimeError: targets that are no integers, or a weight of another length.
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
    w = _class_weight(x, weight, "nll_loss")
    _check_classes(x, t, ignore_index, "nll_loss")
    result: Tensor = NLLLoss.apply(x, t.array, w, ignore_index=ignore_index, reduction=reduction)
    return result


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
        target: classes, integers in [0, C), of shape (), (N,) or (N, *d); or probabilities, floating point, of the
            input's shape.
        weight: (C,), a weight for each class.
        ignore_index: a target class that counts for nothing; not for probabilities.
        reduction: "mean", "sum", or "none" for one value per target.
        label_smoothing: in [0, 1], the part of each target that is spread evenly over all classes.

    Returns:
        A tensor without axes, or of the input's shape without its classes for "none".

    Raises:
        ValueError: shapes that do not go together, or an unknown reduction.
        RuntimeError: a smoothing outside [0, 1], targets of a wrong dtype, or a weight of another length.
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
    if not 0.0 <= label_smoothing <= 1.0:
        raise RuntimeError(f"label_smoothing must be between 0.0 and 1.0. Got: {label_smoothing}")
    w = _class_weight(x, weight, "cross_entropy")
    if t.array.shape == x.array.shape and t.array.dtype.kind == "f":
        return _soft_cross_entropy(x, t, w, reduction, label_smoothing, ignore_index)
    _check_classes(x, t, ignore_index, "cross_entropy")
    hard: Tensor
    log_p: Tensor
    hard, log_p = CrossEntropy.apply(x, t.array, w, ignore_index=ignore_index, reduction=reduction)
    if label_smoothing == 0.0:
        return hard
    kept = t.array != ignore_index
    spread = -(log_p if w is None else log_p * w).sum(-1) * kept
    if reduction == "sum":
        spread = spread.sum()
    elif reduction == "mean":
        counted = kept.sum() if w is None else w.array[np.where(kept, t.array, 0)][kept].sum()
        spread = spread.sum() / float(counted)
    classes = x.array.shape[-1]
    return hard * (1 - label_smoothing) + spread * (label_smoothing / classes)


def _soft_cross_entropy(
    x: Tensor, target: Tensor, weight: Tensor | None, reduction: str, label_smoothing: float, ignore_index: int
) -> Tensor:
    """-Σ_c w_c t_c ln softmax(x)_c for targets that are probabilities; the mean is over targets, not weights."""
    if ignore_index >= 0:
        raise RuntimeError("ignore_index is not supported for floating point target")
    classes = x.array.shape[-1]
    if label_smoothing > 0.0:
        target = target * (1 - label_smoothing) + label_smoothing / classes
    log_p: Tensor = LogSoftmax.apply(x, axis=-1)
    product = log_p * target if weight is None else log_p * target * weight
    losses = -product.sum(-1)
    if reduction == "none":
        return losses
    total: Tensor = losses.sum()
    return total / losses.array.size if reduction == "mean" else total


def _class_weight(x: Tensor, weight: Any, name: str) -> Tensor | None:
    if x.array.ndim == 0:
        raise ValueError(f"{name}: expected an input with a class axis, got one without axes")
    if weight is None:
        return None
    w = as_input(weight, name)
    classes = x.array.shape[-1]
    if w.array.shape != (classes,):
        raise RuntimeError(
            f"weight tensor should be defined either for all {classes} classes or no classes but got weight tensor of "
            f"shape: {list(w.array.shape)}"
        )
    if w.array.dtype != x.array.dtype:
        raise RuntimeError(f"{name}: expected scalar type {x.array.dtype} for weight but found {w.array.dtype}")
    return w


def _check_classes(x: Tensor, target: Tensor, ignore_index: int, name: str) -> None:
    """Class targets must have the input's shape without its last axis, and lie in range."""
    shape, classes = x.array.shape[:-1], x.array.shape[-1]
    if target.array.dtype.kind not in "iu":
        raise RuntimeError(
            f"{name}: expected scalar type Long for class targets of shape {list(shape)} (or probabilities of the input's shape "
            f"{list(x.array.shape)}), but found {target.array.dtype} of shape {list(target.array.shape)}"
        )
    if target.array.shape != shape:
        if x.array.ndim > 1 and target.array.ndim and target.array.shape[0] != shape[0]:
            raise ValueError(
                f"Expected input batch_size ({shape[0]}) to match target batch_size ({target.array.shape[0]})."
            )
        raise ValueError(
            f"{name}: Expected target size {list(shape)}, got {list(target.array.shape)} for an input of shape "
            f"{list(x.array.shape)}, classes last"
        )
    # As unsigned numbers negative classes are huge ones, so one comparison finds both kinds.
    if target.array.size and target.array.astype(np.uint64).max() >= classes:
        wrong = ((target.array < 0) | (target.array >= classes)) & (target.array != ignore_index)
        if wrong.any():
            raise IndexError(
                f"Target {target.array[wrong].flat[0]} is out of bounds: there are {classes} classes, 0 to {classes - 1}"
            )


def _warn_of_broadcast(x: Tensor, target: Tensor) -> None:
    warnings.warn(
        f"Using a target size ({list(target.array.shape)}) that is different to the input size ({list(x.array.shape)}). This will "
        "likely lead to incorrect results due to broadcasting. Please ensure they have the same size.",
        stacklevel=3,
    )
    try:
        np.broadcast_shapes(x.array.shape, target.array.shape)
    except ValueError:
        raise RuntimeError(
            f"The size of the input {list(x.array.shape)} and of the target {list(target.array.shape)} do not broadcast"
        ) from None
