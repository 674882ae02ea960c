"""The loss of connectionist temporal classification."""

from __future__ import annotations

from typing import Any

import numpy as np

from npnn._typing import Array
from npnn.functional._check import as_input, check_reduction
from npnn.functional._loss import reduced
from npnn.ops.ctc import CTCLoss
from npnn.tensors import Tensor
from npnn.tensors.base import array_of


def ctc_loss(
    log_probs: Any,
    targets: Any,
    input_lengths: Any,
    target_lengths: Any,
    blank: int = 0,
    reduction: str = "mean",
    zero_infinity: bool = False,
) -> Tensor:
    """The negative log-likelihood of sequences of labels, whatever their alignment with the time steps.

    Args:
        log_probs: log-probabilities of the classes at each time step, as log_softmax gives them, (T, N, C) or
            (T, C).
        targets: labels, none of them blank: (N, S), padded; (sum of target_lengths,), one sequence after the
            other; or (S,) where log_probs is (T, C).
        input_lengths: how many time steps count, at most T, for each sample: a tensor, an array or a list.
        target_lengths: how many labels, likewise.
        blank: the class that stands for no label.
        reduction: "mean" over the samples of the loss per label, "sum", or "none" for one value per sample.
        zero_infinity: 0 instead of inf, and no gradient, where the labels do not fit into the time steps.

    Returns:
        A tensor without axes, or (N,) for "none".

    Raises:
        ValueError: an unknown reduction.
        RuntimeError: lengths or labels that do not fit, or a blank that is no class.

    Source: torch.nn.functional.ctc_loss.

    Examples:
        >>> import npnn
        >>> import npnn.functional as F
        >>> even = npnn.full((2, 1, 4), 0.25).log()
        >>> F.ctc_loss(even, npnn.tensor([[1]]), [2], [1])  # 1-, -1 and 11 are 3 alignments of 16
        tensor(1.6740)
    """
    check_reduction(reduction)
    x, labels = as_input(log_probs, "ctc_loss"), as_input(targets, "ctc_loss").array
    batched = x.array.ndim == 3
    if not batched:
        if x.array.ndim != 2:
            raise RuntimeError(
                f"ctc_loss: expected log_probs of shape (T, N, C) or (T, C), got {list(x.array.shape)}"
            )
        x = x.unsqueeze(1)
    steps, count, classes = x.array.shape
    if not 0 <= blank < classes:
        raise RuntimeError(f"blank must be in label range: got {blank}, with {classes} classes")
    if labels.dtype.kind not in "iu":
        raise RuntimeError(f"ctc_loss: targets must be integers, got {labels.dtype}")
    inputs = _lengths("input_lengths", input_lengths, count, steps)
    lengths = _lengths("target_lengths", target_lengths, count, None)
    padded = _padded(labels, lengths, batched)
    if padded.size and not (padded.min() >= 0 and padded.max() < classes):
        raise RuntimeError(
            f"ctc_loss: targets out of range: there are {classes} classes, 0 to {classes - 1}, but the labels"
            f" go from {padded.min()} to {padded.max()}"
        )
    losses: Tensor = CTCLoss.apply(x, padded, inputs, lengths, blank=blank, zero_infinity=zero_infinity)
    if reduction == "mean":
        losses = losses / np.maximum(lengths, 1).astype(x.array.dtype)
    return reduced(losses if batched else losses.reshape(()), reduction)


def _lengths(name: str, lengths: Any, count: int, most: int | None) -> Array:
    """One length for each sample, none of them negative or above the limit."""
    found = np.atleast_1d(np.asarray(array_of(lengths)))
    if found.dtype.kind not in "iu":
        raise RuntimeError(f"{name} must be integral, got {found.dtype}")
    if found.shape != (count,):
        raise RuntimeError(f"{name} must be of size batch_size: expected {count}, got {list(found.shape)}")
    if (found < 0).any():
        raise RuntimeError(f"Expected {name} to have value at least 0, but got value {found.min()}")
    if most is not None and (found > most).any():
        raise RuntimeError(f"Expected {name} to have value at most {most}, but got value {found.max()}")
    return found.astype(np.int64)


def _padded(labels: Array, lengths: Array, batched: bool) -> Array:
    """The labels as a matrix with one row for each sample; what lies behind the end of a row is label 0."""
    longest = int(lengths.max(initial=0))
    if not batched:
        labels = labels.reshape(1, -1)
    if labels.ndim == 2 and labels.shape[0] == lengths.size:
        if labels.shape[1] < longest:
            raise RuntimeError(
                f"Expected tensor to have size at least {longest} at dimension 1, but got size"
                f" {labels.shape[1]} for argument targets of ctc_loss"
            )
        labels = labels[:, :longest]
        inside = np.arange(longest) < lengths[:, None]
        return np.where(inside, labels, 0).astype(np.int64)
    if labels.shape != (int(lengths.sum()),):
        raise RuntimeError(
            f"ctc_loss: expected targets of shape [{lengths.size}, S] or [{lengths.sum()}], the sum of the"
            f" target_lengths, got {list(labels.shape)}"
        )
    inside = np.arange(longest) < lengths[:, None]
    padded = np.zeros(inside.shape, np.int64)
    padded[inside] = labels
    return padded
