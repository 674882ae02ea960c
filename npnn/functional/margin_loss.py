"""Losses that ask for a margin between right and wrong classes, or between like and unlike vectors.

`size_average` and `reduce` are torch's older way of naming a reduction; they are accepted and win over
`reduction`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from npnn._typing import Array
from npnn.functional._check import as_input, check_reduction, legacy_reduction
from npnn.functional._loss import pair, reduced, refuse_whole
from npnn.functional.distance import pairwise_distance
from npnn.ops.margin_loss import MultiLabelMarginLoss, MultiMarginLoss
from npnn.ops.pointwise_loss import BCEWithLogitsLoss
from npnn.tensors import Tensor
from npnn.tensors.arithmetic import refuse_bool, where
from npnn.tensors.promotion import check_broadcast


def multi_margin_loss(
    input: Any,
    target: Any,
    p: int = 1,
    margin: float = 1.0,
    weight: Any = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """The mean of what the score of the right class falls short of exceeding the others by a margin.

    Args:
        input: scores, (N, C) or (C,).
        target: the right classes, int64, (N,) or ().
        p: the power to which each shortfall is raised, 1 or 2.
        margin: by how much the right score should exceed the others.
        weight: (C,), a weight for each right class.
        size_average: see the top of this page.
        reduce: see the top of this page.
        reduction: "mean", "sum", or "none" for one value per row.

    Returns:
        A tensor without axes, or (N,) for "none".

    Raises:
        ValueError: an unknown reduction, another p, or a weight with more axes than one.
        RuntimeError: shapes that do not go together, targets that are not int64 or outside [0, C).

    Source: torch.nn.functional.multi_margin_loss.

    Examples:
        >>> import npnn
        >>> import npnn.functional as F
        >>> F.multi_margin_loss(npnn.tensor([[0.1, 0.2, 0.4, 0.8]]), npnn.tensor([3]))
        tensor(0.3250)
    """
    name = "multi_margin_loss"
    reduction = check_reduction(legacy_reduction(size_average, reduce, reduction))
    if p not in (1, 2):
        raise ValueError(f"only p == 1 and p == 2 supported, got p = {p}")
    x, classes = as_input(input, name), as_input(target, name).array
    w = None if weight is None else as_input(weight, name)
    if w is not None and w.array.ndim != 1:
        raise ValueError(f"weight must be one-dimensional, got one of shape {list(w.array.shape)}")
    rows, count = _rows(x)
    if classes.ndim > 1 or classes.size != rows.array.shape[0]:
        raise RuntimeError(
            "target tensor should be 1-D with size equal to the number of rows of the input. Expected target"
            f" size [{rows.array.shape[0]}], but got {list(classes.shape)}"
        )
    if w is not None and w.array.size != count:
        raise RuntimeError(f"inconsistent weight size, expected {count} but got {list(w.array.shape)}")
    _check_classes(classes, 0, count)
    losses = MultiMarginLoss.apply(rows, classes.reshape(-1), w, p=p, margin=margin)
    return reduced(losses if x.array.ndim == 2 else losses.reshape(()), reduction)


def multilabel_margin_loss(
    input: Any,
    target: Any,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """The mean of what the scores of all right classes fall short of exceeding the wrong ones by 1.

    Args:
        input: scores, (N, C) or (C,).
        target: int64, of the same shape; each row lists its right classes, up to the first -1.
        size_average: see the top of this page.
        reduce: see the top of this page.
        reduction: "mean", "sum", or "none" for one value per row.

    Returns:
        A tensor without axes, or (N,) for "none".

    Raises:
        ValueError: an unknown reduction.
        RuntimeError: shapes that do not go together, targets that are not int64 or outside [-1, C).

    Source: torch.nn.functional.multilabel_margin_loss.

    Examples:
        >>> import npnn
        >>> import npnn.functional as F
        >>> F.multilabel_margin_loss(npnn.tensor([[0.1, 0.2, 0.4, 0.8]]), npnn.tensor([[3, 0, -1, 1]]))
        tensor(0.8500)
    """
    name = "multilabel_margin_loss"
    reduction = check_reduction(legacy_reduction(size_average, reduce, reduction))
    x, classes = as_input(input, name), as_input(target, name).array
    rows, count = _rows(x)
    if classes.shape != x.array.shape and not (classes.size == rows.array.size == 1):
        raise RuntimeError(
            f"inconsistent target size: {list(classes.shape)} for input of size: {list(x.array.shape)}"
        )
    _check_classes(classes, -1, count)
    losses = MultiLabelMarginLoss.apply(rows, classes.reshape(rows.array.shape))
    return reduced(losses if x.array.ndim == 2 else losses.reshape(()), reduction)


def _rows(x: Tensor) -> tuple[Tensor, int]:
    """Scores as a matrix, and the number of classes; a vector is one row."""
    shape = x.array.shape
    if len(shape) > 2 or (shape and shape[-1] == 0):
        raise RuntimeError(
            f"Expected non-empty vector or matrix with optional 0-dim batch size, but got: {list(shape)}"
        )
    classes = shape[-1] if shape else 1
    return (x if len(shape) == 2 else x.reshape(1, classes)), classes


def _check_classes(classes: Array, least: int, count: int) -> None:
    """Classes must be int64 and lie in [least, count)."""
    if classes.dtype != np.int64:
        raise RuntimeError(
            f"expected scalar type Long but found {classes.dtype.name.capitalize()}: classes are int64"
        )
    if classes.size and not (least <= classes.min() and classes.max() < count):
        raise RuntimeError(
            f"argument 'target': target out of range: there are {count} classes, 0 to {count - 1}, but the"
            f" targets go from {classes.min()} to {classes.max()}"
        )


def multilabel_soft_margin_loss(
    input: Any,
    target: Any,
    weight: Any = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """The cross entropy of the sigmoid of each class's logit, averaged over the classes.

    Args:
        input: logits, (*, C).
        target: 1 or 0 for each class, of a shape that broadcasts with the input's.
        weight: (C,), a weight for each class.
        size_average: see the top of this page.
        reduce: see the top of this page.
        reduction: "mean", "sum", or "none" for one value per row.

    Returns:
        A tensor without axes, or (*) for "none".

    Raises:
        ValueError: an unknown reduction.
        RuntimeError: shapes that do not broadcast.

    Source: torch.nn.functional.multilabel_soft_margin_loss.

    Examples:
        >>> import npnn
        >>> import npnn.functional as F
        >>> F.multilabel_soft_margin_loss(npnn.tensor([[0.0, 0.0]]), npnn.tensor([[1.0, 0.0]]))
        tensor(0.6931)
    """
    reduction = legacy_reduction(size_average, reduce, reduction)
    if reduction not in ("none", "mean", "sum"):
        raise ValueError(f"{reduction} is not valid: reduction must be 'none', 'mean' or 'sum'")
    refuse_whole("multilabel_soft_margin_loss", as_input(input, "multilabel_soft_margin_loss"))
    refuse_bool("Subtraction, the `-` operator,", target)
    x, t = pair(input, target, "multilabel_soft_margin_loss")
    w = None if weight is None else as_input(weight, "multilabel_soft_margin_loss", x.array.dtype)
    if w is not None:
        check_broadcast(x, w)
    losses: Tensor = BCEWithLogitsLoss.apply(x, t, w, None)
    return reduced(losses.sum(-1) / x.array.shape[-1], reduction)


def margin_ranking_loss(
    input1: Any,
    input2: Any,
    target: Any,
    margin: float = 0,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """The mean of max(0, margin - target · (input1 - input2)).

    Args:
        input1: scores, of any shape.
        input2: scores, of the same number of axes.
        target: 1 where input1 should rank higher and -1 where input2 should, likewise.
        margin: by how much.
        size_average: see the top of this page.
        reduce: see the top of this page.
        reduction: "mean", "sum", or "none" for one value per element.

    Returns:
        A tensor without axes, or of the broadcast shape for "none".

    Raises:
        ValueError: an unknown reduction.
        RuntimeError: different numbers of axes, or shapes that do not broadcast.

    Source: torch.nn.functional.margin_ranking_loss.

    Examples:
        >>> import npnn
        >>> import npnn.functional as F
        >>> F.margin_ranking_loss(npnn.tensor([0.5]), npnn.tensor([0.75]), npnn.tensor([1.0]))
        tensor(0.2500)
    """
    reduction = check_reduction(legacy_reduction(size_average, reduce, reduction))
    a, b, t = (as_input(value, "margin_ranking_loss") for value in (input1, input2, target))
    if not a.array.ndim == b.array.ndim == t.array.ndim:
        raise RuntimeError(
            "margin_ranking_loss : All input tensors should have same dimension but got sizes: input1:"
            f" {list(a.array.shape)}, input2: {list(b.array.shape)}, target: {list(t.array.shape)}"
        )
    return reduced((margin - t * (a - b)).clamp(min=0), reduction)


def cosine_embedding_loss(
    input1: Any,
    input2: Any,
    target: Any,
    margin: float = 0,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """The mean of 1 - cos(input1, input2) for like pairs and max(0, cos - margin) for unlike ones.

    Args:
        input1: vectors, (N, D) or (D,).
        input2: vectors, likewise.
        target: 1 for a pair that is alike and -1 for one that is not, (N,) or ().
        margin: the cosine up to which unlike pairs cost nothing, from -1 to 1.
        size_average: see the top of this page.
        reduce: see the top of this page.
        reduction: "mean", "sum", or "none" for one value per pair.

    Returns:
        A tensor without axes, or (N,) for "none".

    Raises:
        ValueError: an unknown reduction.
        RuntimeError: shapes that do not go together.

    Source: torch.nn.functional.cosine_embedding_loss.

    Examples:
        >>> import npnn
        >>> import npnn.functional as F
        >>> x, y = npnn.tensor([[3.0, 4.0]]), npnn.tensor([[1.0, 0.0]])
        >>> F.cosine_embedding_loss(x, y, npnn.tensor([1]))
        tensor(0.4000)
    """
    name = "cosine_embedding_loss"
    reduction = check_reduction(legacy_reduction(size_average, reduce, reduction))
    a, b, labels = as_input(input1, name), as_input(input2, name), as_input(target, name).array
    if labels.ndim > 1:
        raise RuntimeError(
            f"0D or 1D target tensor expected, multi-target not supported: got {list(labels.shape)}"
        )
    if {a.array.ndim, b.array.ndim} != {labels.ndim + 1}:
        raise RuntimeError(
            f"{labels.ndim}D target tensor expects {labels.ndim + 1}D input tensors, but found inputs with"
            f" sizes {list(a.array.shape)} and {list(b.array.shape)}"
        )
    check_broadcast(a, b)
    # torch adds this to the squares of the norms, where cosine_similarity has a lower limit.
    tiny = 1e-12
    cosine = (a * b).sum(-1) / (((a * a).sum(-1) + tiny) * ((b * b).sum(-1) + tiny)).sqrt()
    check_broadcast(cosine, labels)
    unlike = where(labels == -1, (cosine - margin).clamp(min=0), 0.0)
    return reduced(where(labels == 1, 1 - cosine, unlike), reduction)


def triplet_margin_loss(
    anchor: Any,
    positive: Any,
    negative: Any,
    margin: float = 1.0,
    p: float = 2,
    eps: float = 1e-6,
    swap: bool = False,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """The mean of max(0, margin + d(anchor, positive) - d(anchor, negative)), d being a p-norm distance.

    Args:
        anchor: vectors, (N, D) or (D,).
        positive: vectors that should be nearer to the anchors, likewise.
        negative: vectors that should be farther from them, likewise.
        margin: by how much, more than 0.
        p: the order of the norm.
        eps: added to every difference.
        swap: measure the negatives from the positives where that is nearer than from the anchors.
        size_average: see the top of this page.
        reduce: see the top of this page.
        reduction: "mean", "sum", or "none" for one value per triplet.

    Returns:
        A tensor without axes, or (N,) for "none".

    Raises:
        ValueError: an unknown reduction, or a margin that is not positive.
        RuntimeError: different numbers of axes, or shapes that do not broadcast.

    Source: torch.nn.functional.triplet_margin_loss.

    Examples:
        >>> import npnn
        >>> import npnn.functional as F
        >>> a, near, far = npnn.tensor([[0.0, 0.0]]), npnn.tensor([[0.0, 1.0]]), npnn.tensor([[1.5, 0.0]])
        >>> F.triplet_margin_loss(a, near, far)
        tensor(0.5000)
    """
    reduction = legacy_reduction(size_average, reduce, reduction)

    def distance(x1: Tensor, x2: Tensor) -> Tensor:
        return pairwise_distance(x1, x2, p, eps)

    return triplet_margin_with_distance_loss(
        anchor,
        positive,
        negative,
        distance_function=distance,
        margin=margin,
        swap=swap,
        reduction=reduction,
    )


def triplet_margin_with_distance_loss(
    anchor: Any,
    positive: Any,
    negative: Any,
    *,
    distance_function: Callable[[Tensor, Tensor], Tensor] | None = None,
    margin: float = 1.0,
    swap: bool = False,
    reduction: str = "mean",
) -> Tensor:
    """The mean of max(0, margin + d(anchor, positive) - d(anchor, negative)), with any distance d.

    Args:
        anchor: of any shape that the distance takes.
        positive: what should be nearer to the anchors, with as many axes.
        negative: what should be farther from them, likewise.
        distance_function: d, of two tensors. Default: pairwise_distance.
        margin: by how much, more than 0.
        swap: measure the negatives from the positives where that is nearer than from the anchors.
        reduction: "mean", "sum", or "none" for one value per triplet.

    Returns:
        A tensor without axes, or one of the shape of the distances for "none".

    Raises:
        ValueError: an unknown reduction, or a margin that is not positive.
        RuntimeError: different numbers of axes, or shapes that do not broadcast.

    Source: torch.nn.functional.triplet_margin_with_distance_loss.

    Examples:
        >>> import npnn
        >>> import npnn.functional as F
        >>> a, near, far = npnn.tensor([[0.0, 0.0]]), npnn.tensor([[0.0, 1.0]]), npnn.tensor([[1.5, 0.0]])
        >>> def cityblock(x, y):
        ...     return (x - y).abs().sum(-1)
        >>> F.triplet_margin_with_distance_loss(a, near, far, distance_function=cityblock)
        tensor(0.5000)
    """
    check_reduction(reduction)
    if margin <= 0:
        raise ValueError(f"margin must be greater than 0, got {margin}")
    a, near, far = (as_input(v, "triplet_margin_loss") for v in (anchor, positive, negative))
    if not a.array.ndim == near.array.ndim == far.array.ndim:
        raise RuntimeError(
            "The anchor, positive, and negative tensors are expected to have the same number of dimensions,"
            f" but got: anchor {a.array.ndim}D, positive {near.array.ndim}D, and negative"
            f" {far.array.ndim}D inputs"
        )
    distance = pairwise_distance if distance_function is None else distance_function
    to_near, to_far = distance(a, near), distance(a, far)
    if swap:
        to_far = to_far.minimum(distance(near, far))
    return reduced((margin + to_near - to_far).clamp(min=0), reduction)
