"""Losses of one element at a time, reduced at the end: of regression, and of likelihoods.

`size_average` and `reduce` are torch's older way of naming a reduction; they are accepted and win over
`reduction`.
"""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np

from npnn.functional._check import as_input, check_reduction, legacy_reduction
from npnn.functional._loss import (
    as_given,
    pair,
    reduced,
    refuse_integers,
    refuse_whole,
    without_backward,
)
from npnn.ops import pointwise_loss as ops
from npnn.tensors import Tensor
from npnn.tensors.arithmetic import refuse_bool
from npnn.tensors.creation import full as full_of
from npnn.tensors.promotion import in_dtype


def l1_loss(
    input: Any,
    target: Any,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    weight: Any = None,
) -> Tensor:
    """The mean of the absolute differences.

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
        NotImplementedError: one of them is of bools.

    Source: torch.nn.functional.l1_loss.

    Examples:
        >>> import npnn
        >>> import npnn.functional as F
        >>> F.l1_loss(npnn.tensor([1.0, 2.0]), npnn.tensor([1.0, 4.0]))
        tensor(1.)
    """
    reduction = check_reduction(legacy_reduction(size_average, reduce, reduction))
    refuse_bool("Subtraction, the `-` operator,", input, target)
    x, t = pair(input, target, "l1_loss", alike=True)
    losses: Tensor = ops.L1Loss.apply(x, t)
    if weight is None:
        return reduced(losses, reduction)
    w = _element_weight(x, weight, "l1_loss")
    if reduction == "mean":
        total: Tensor = (losses * w).sum() / w.sum()
        return total
    return reduced(losses * w, reduction)


def huber_loss(
    input: Any, target: Any, reduction: str = "mean", delta: float = 1.0, weight: Any = None
) -> Tensor:
    """The mean of half the squared differences, which grow only linearly from `delta` on.

    Args:
        input: the prediction, of any shape.
        target: what was to be predicted, of the same shape; other shapes broadcast, with a warning.
        reduction: "mean", "sum", or "none" for one value per element.
        delta: the difference at which the square becomes a line, positive.
        weight: a factor for each element; the mean is divided by the number of elements all the same.

    Returns:
        A tensor without axes, or of the input's shape for "none".

    Raises:
        ValueError: an unknown reduction, or a weight of another shape.
        RuntimeError: shapes that do not broadcast, a delta that is not positive, or an input of
            whole numbers; in backward, an input and a target of different dtypes.
        NotImplementedError: both are whole numbers.

    Source: torch.nn.functional.huber_loss.

    Examples:
        >>> import npnn
        >>> import npnn.functional as F
        >>> F.huber_loss(npnn.tensor([1.0, 2.0]), npnn.tensor([2.0, 5.0]), reduction="none")
        tensor([0.5000, 2.5000])
    """
    check_reduction(reduction)
    x, t = pair(input, target, "huber_loss", alike=True)
    if delta <= 0:
        raise RuntimeError(f"huber_loss does not support non-positive values for delta. Got {delta}")
    refuse_whole("huber_loss", x)
    losses = as_given(ops.HuberLoss.apply(x, t, delta=delta), input, "huber_loss")
    given = [as_input(each, "huber_loss").array.dtype for each in (input, target)]
    if given[0] != given[1]:
        losses = without_backward(
            losses,
            RuntimeError(
                f"Found dtype {given[1]} but expected {given[0]}: huber_loss of both has no gradient"
            ),
        )
    if weight is not None:
        losses = losses * _element_weight(x, weight, "huber_loss")
    return reduced(losses, reduction)


def smooth_l1_loss(
    input: Any,
    target: Any,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    beta: float = 1.0,
) -> Tensor:
    """The mean of the absolute differences, rounded to a parabola below `beta`: huber_loss over `beta`.

    Args:
        input: the prediction, of any shape.
        target: what was to be predicted, of the same shape; other shapes broadcast, with a warning.
        size_average: see the top of this page.
        reduce: see the top of this page.
        reduction: "mean", "sum", or "none" for one value per element.
        beta: the difference at which the parabola becomes a line; at 0 this is l1_loss.

    Returns:
        A tensor without axes, or of the input's shape for "none".

    Raises:
        ValueError: an unknown reduction.
        RuntimeError: shapes that do not broadcast, or a negative beta.
        NotImplementedError: both are whole numbers.

    Source: torch.nn.functional.smooth_l1_loss.

    Examples:
        >>> import npnn
        >>> import npnn.functional as F
        >>> F.smooth_l1_loss(npnn.tensor([1.0, 2.0]), npnn.tensor([2.0, 5.0]), reduction="none")
        tensor([0.5000, 2.5000])
    """
    reduction = check_reduction(legacy_reduction(size_average, reduce, reduction))
    x, t = pair(input, target, "smooth_l1_loss", alike=True)
    if beta < 0:
        raise RuntimeError(f"smooth_l1_loss does not support negative values for beta. Got {beta}")
    refuse_whole("smooth_l1_loss", x)
    if beta == 0:
        return reduced(ops.L1Loss.apply(x, t), reduction)
    return reduced(ops.HuberLoss.apply(x, t, delta=beta) / beta, reduction)


def poisson_nll_loss(
    input: Any,
    target: Any,
    log_input: bool = True,
    full: bool = False,
    size_average: bool | None = None,
    eps: float = 1e-8,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """The negative log-likelihood of counts with Poisson distributions.

    Args:
        input: the mean of each distribution, or its logarithm.
        target: the counts, of a shape that broadcasts with the input's.
        log_input: whether the input is a logarithm.
        full: add Stirling's approximation of the constant, ln target!, where the target is above 1.
        size_average: see the top of this page.
        eps: added to a mean before its logarithm is taken.
        reduce: see the top of this page.
        reduction: "mean", "sum", or "none" for one value per element.

    Returns:
        A tensor without axes, or of the broadcast shape for "none".

    Raises:
        ValueError: an unknown reduction.
        RuntimeError: shapes that do not broadcast.

    Source: torch.nn.functional.poisson_nll_loss.

    Examples:
        >>> import npnn
        >>> import npnn.functional as F
        >>> F.poisson_nll_loss(npnn.tensor([0.0, 0.0]), npnn.tensor([1.0, 3.0]))
        tensor(1.)
    """
    reduction = check_reduction(legacy_reduction(size_average, reduce, reduction))
    t, x = pair(target, input, "poisson_nll_loss")
    return reduced(ops.PoissonNLLLoss.apply(x, t, log_input=log_input, full=full, eps=eps), reduction)


def gaussian_nll_loss(
    input: Any, target: Any, var: Any, full: bool = False, eps: float = 1e-6, reduction: str = "mean"
) -> Tensor:
    """The negative log-likelihood of targets with normal distributions.

    Args:
        input: the mean of each distribution.
        target: what was to be predicted, of a shape that broadcasts with the input's.
        var: the variances: one number for all; a tensor of the input's shape; of that without its last axis;
            or of that with one axis of length 1.
        full: add the constant, ln(2π) / 2.
        eps: what smaller variances are raised to; their gradient is that at this value.
        reduction: "mean", "sum", or "none" for one value per element.

    Returns:
        A tensor without axes, or of the broadcast shape for "none".

    Raises:
        ValueError: a negative variance, variances of another shape, or an unknown reduction.
        RuntimeError: shapes that do not broadcast.

    Source: torch.nn.functional.gaussian_nll_loss.

    Examples:
        >>> import npnn
        >>> import npnn.functional as F
        >>> F.gaussian_nll_loss(npnn.tensor([1.0, 2.0]), npnn.tensor([1.0, 4.0]), npnn.tensor([1.0, 1.0]))
        tensor(1.)
    """
    x, t = as_input(input, "gaussian_nll_loss"), as_input(target, "gaussian_nll_loss")
    v = _variances(x, var)
    if reduction not in ("none", "mean", "sum"):
        raise ValueError(f"{reduction} is not valid: reduction must be 'none', 'mean' or 'sum'")
    refuse_bool("Subtraction, the `-` operator,", x, t)
    x, t = pair(x, t, "gaussian_nll_loss")
    v = v + np.maximum(np.asarray(eps, v.array.dtype) - v.array, 0)
    losses: Tensor = ops.GaussianNLLLoss.apply(x, t, in_dtype(v, x.array.dtype))
    return reduced(losses + math.log(2 * math.pi) / 2 if full else losses, reduction)


def _variances(x: Tensor, var: Any) -> Tensor:
    """Variances as a tensor that broadcasts with the means, none of them negative."""
    v = (
        full_of(x.array.shape, var, dtype=x.array.dtype)
        if isinstance(var, (int, float))
        else as_input(var, "gaussian_nll_loss")
    )
    if (v.array < 0).any():
        raise ValueError("var has negative entry/entries, got a variance below 0")
    mean, given = x.array.shape, v.array.shape
    if given == mean:
        return v
    if given == mean[:-1]:
        return v.unsqueeze(-1)
    unlike = [size for size, other in zip(given, mean, strict=False) if size != other]
    if len(given) == len(mean) and unlike == [1]:
        return v
    raise ValueError(
        f"var is of incorrect size: got {list(given)} for an input of shape {list(mean)}, expected the same,"
        " the same without its last axis, or with one axis of length 1"
    )


def kl_div(
    input: Any,
    target: Any,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    log_target: bool = False,
) -> Tensor:
    """The Kullback-Leibler divergence of predicted log-probabilities from target probabilities.

    Args:
        input: log-probabilities, of any shape.
        target: probabilities, of a shape that broadcasts with the input's.
        size_average: see the top of this page.
        reduce: see the top of this page.
        reduction: "batchmean" for the divergence itself, the sum over the length of the first axis; "sum";
            "mean" over elements, with a warning; or "none" for one value per element.
        log_target: whether the target holds log-probabilities too.

    Returns:
        A tensor without axes, or of the broadcast shape for "none".

    Raises:
        ValueError: an unknown reduction.
        RuntimeError: shapes that do not broadcast, or integers.

    Source: torch.nn.functional.kl_div.

    Examples:
        >>> import npnn
        >>> import npnn.functional as F
        >>> p = npnn.tensor([[0.5, 0.5]])
        >>> F.kl_div(npnn.tensor([[0.25, 0.75]]).log(), p, reduction="batchmean")
        tensor(0.1438)
    """
    if size_average is None and reduce is None and reduction == "mean":
        warnings.warn(
            "reduction: 'mean' divides the total loss by the number of elements; 'batchmean' divides by the"
            " batch size, which gives the Kullback-Leibler divergence",
            stacklevel=2,
        )
    reduction = legacy_reduction(size_average, reduce, reduction)
    if reduction != "batchmean":
        check_reduction(reduction)
    x, t = as_input(input, "kl_div"), as_input(target, "kl_div")
    refuse_integers("kl_div", input=x, target=t)
    t, x = pair(t, x, "kl_div")
    losses: Tensor = ops.KLDivLoss.apply(x, t, log_target=log_target)
    if reduction != "batchmean":
        return reduced(losses, reduction)
    total: Tensor = losses.sum()
    return total / x.array.shape[0] if x.array.ndim else total


def _element_weight(x: Tensor, weight: Any, name: str) -> Tensor:
    """A factor for each element of the input."""
    w = as_input(weight, name)
    if w.array.shape != x.array.shape:
        raise ValueError(
            f"Weights and input must have the same size. {name} got {list(w.array.shape)} and"
            f" {list(x.array.shape)}"
        )
    return w
