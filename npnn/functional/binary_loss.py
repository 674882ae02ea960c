"""Losses of targets that are yes or no, one element at a time, reduced at the end.

`size_average` and `reduce` are torch's older way of naming a reduction; they are accepted and win over
`reduction`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from npnn._typing import Array
from npnn.functional._check import as_input, check_reduction, legacy_reduction
from npnn.functional._loss import (
    as_given,
    pair,
    reduced,
    refuse_gradient,
    refuse_integers,
    refuse_whole,
    without_backward,
)
from npnn.ops import pointwise_loss as ops
from npnn.tensors import Tensor
from npnn.tensors.arithmetic import refuse_bool
from npnn.tensors.promotion import check_broadcast


def binary_cross_entropy(
    input: Any,
    target: Any,
    weight: Any = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """The mean cross entropy between targets and predicted probabilities of yes.

    Args:
        input: probabilities, of any shape.
        target: probabilities, of the same shape.
        weight: a factor for each element, of a shape that broadcasts with theirs.
        size_average: see the top of this page.
        reduce: see the top of this page.
        reduction: "mean", "sum", or "none" for one value per element.

    Returns:
        A tensor without axes, or of the input's shape for "none".

    Raises:
        ValueError: shapes that are not the same, or an unknown reduction.
        RuntimeError: an input outside [0, 1], a target of another dtype, a weight that does not broadcast, or
            one that requires grad.

    Source: torch.nn.functional.binary_cross_entropy.

    Examples:
        >>> import npnn
        >>> import npnn.functional as F
        >>> F.binary_cross_entropy(npnn.tensor([0.5, 0.25]), npnn.tensor([1.0, 0.0]), reduction="sum")
        tensor(0.9808)
    """
    name = "binary_cross_entropy"
    reduction = check_reduction(legacy_reduction(size_average, reduce, reduction))
    x, t = as_input(input, name), as_input(target, name)
    if x.array.shape != t.array.shape:
        raise ValueError(
            f"Using a target size ({list(t.array.shape)}) that is different to the input size"
            f" ({list(x.array.shape)}) is not possible: {name} needs a target for each element"
        )
    if x.array.dtype != t.array.dtype:
        raise RuntimeError(
            f"Found dtype {t.array.dtype} but expected {x.array.dtype}: {name} needs a target of the input's"
            " dtype"
        )
    refuse_whole(name, x)
    w = None if weight is None else as_input(weight, name, x.array.dtype)
    refuse_gradient(w, "weight", name)
    if w is not None:
        check_broadcast(x, w)
    if not ((x.array >= 0) & (x.array <= 1)).all():
        raise RuntimeError(
            f"all elements of input should be between 0 and 1: got probabilities from {x.array.min()} to"
            f" {x.array.max()}"
        )
    return reduced(ops.BCELoss.apply(x, t, w), reduction)


def binary_cross_entropy_with_logits(
    input: Any,
    target: Any,
    weight: Any = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    pos_weight: Any = None,
) -> Tensor:
    """The mean cross entropy between targets and the sigmoid of logits.

    Args:
        input: logits, of any shape.
        target: probabilities, of the same shape.
        weight: a factor for each element, of a shape that broadcasts to theirs.
        size_average: see the top of this page.
        reduce: see the top of this page.
        reduction: "mean", "sum", or "none" for one value per element.
        pos_weight: the weight of positive targets, likewise; above 1 it favours recall, below 1 precision.

    Returns:
        A tensor without axes, or of the input's shape for "none".

    Raises:
        ValueError: shapes that are not the same, or an unknown reduction.
        RuntimeError: integers, or weights that do not broadcast.

    Source: torch.nn.functional.binary_cross_entropy_with_logits.

    Examples:
        >>> import npnn
        >>> import npnn.functional as F
        >>> F.binary_cross_entropy_with_logits(npnn.tensor([0.0, 0.0]), npnn.tensor([1.0, 0.0]))
        tensor(0.6931)
    """
    name = "binary_cross_entropy_with_logits"
    reduction = check_reduction(legacy_reduction(size_average, reduce, reduction))
    x, t = as_input(input, name), as_input(target, name)
    if x.array.shape != t.array.shape:
        raise ValueError(
            f"Target size ({list(t.array.shape)}) must be the same as input size ({list(x.array.shape)})"
        )
    refuse_whole(name, x)
    refuse_bool("Subtraction, the `-` operator,", t)
    refuse_integers(name, target=t)
    x, t = pair(x, t, name)
    weights = [None if w is None else as_input(w, name, x.array.dtype) for w in (weight, pos_weight)]
    for w in weights:
        if w is not None:
            check_broadcast(x, w)
            if np.broadcast_shapes(x.array.shape, w.array.shape) != x.array.shape:
                raise RuntimeError(
                    f"{name}: expected weights that broadcast to the input's shape, {list(x.array.shape)},"
                    f" but got shape {list(w.array.shape)}"
                )
    return reduced(ops.BCEWithLogitsLoss.apply(x, t, *weights), reduction)


def soft_margin_loss(
    input: Any,
    target: Any,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """The mean of ln(1 + exp(-target · input)), which is the cross entropy of two classes called ±1.

    Args:
        input: scores, of any shape.
        target: 1 or -1 for each, of a shape that broadcasts with the input's.
        size_average: see the top of this page.
        reduce: see the top of this page.
        reduction: "mean", "sum", or "none" for one value per element.

    Returns:
        A tensor without axes, or of the broadcast shape for "none".

    Raises:
        ValueError: an unknown reduction.
        RuntimeError: shapes that do not broadcast, a target that requires grad, or an input of whole numbers.
        NotImplementedError: an input of bools; or, in backward, a target of them.

    Source: torch.nn.functional.soft_margin_loss.

    Examples:
        >>> import npnn
        >>> import npnn.functional as F
        >>> F.soft_margin_loss(npnn.tensor([0.0, 2.0]), npnn.tensor([1.0, -1.0]), reduction="none")
        tensor([0.6931, 2.1269])
    """
    reduction = check_reduction(legacy_reduction(size_average, reduce, reduction))
    refuse_bool("Negation, the `-` operator,", input)
    x, t = pair(input, target, "soft_margin_loss")
    refuse_gradient(t, "target", "soft_margin_loss")
    losses = as_given(ops.SoftMarginLoss.apply(x, t), input, "soft_margin_loss")
    if as_input(target, "soft_margin_loss").array.dtype.kind == "b":
        losses = without_backward(
            losses, NotImplementedError("soft_margin_loss has no gradient for bools as targets")
        )
    return reduced(losses, reduction)


def hinge_embedding_loss(
    input: Any,
    target: Any,
    margin: float = 1.0,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """The mean of the distances of like pairs, and of what those of unlike pairs fall short of a margin.

    Args:
        input: distances, of any shape.
        target: 1 for a pair that is alike and -1 for one that is not, of a shape that broadcasts.
        margin: how far apart unlike pairs should be.
        size_average: see the top of this page.
        reduce: see the top of this page.
        reduction: "mean", "sum", or "none" for one value per element.

    Returns:
        A tensor without axes, or of the broadcast shape for "none".

    Raises:
        ValueError: an unknown reduction.
        RuntimeError: shapes that do not broadcast.

    Source: torch.nn.functional.hinge_embedding_loss.

    Examples:
        >>> import npnn
        >>> import npnn.functional as F
        >>> F.hinge_embedding_loss(npnn.tensor([0.25, 0.25]), npnn.tensor([1, -1]), reduction="none")
        tensor([0.2500, 0.7500])
    """
    reduction = check_reduction(legacy_reduction(size_average, reduce, reduction))
    x, t = as_input(input, "hinge_embedding_loss"), as_input(target, "hinge_embedding_loss")
    check_broadcast(t, x)
    labels: Array = t.array
    return reduced(ops.HingeEmbeddingLoss.apply(x, labels, margin=margin), reduction)
