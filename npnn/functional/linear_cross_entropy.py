"""The cross entropy of a linear layer's output, at once or in chunks."""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np

from npnn.functional._check import as_input, check_reduction
from npnn.functional._loss import class_targets, class_weight, reduced
from npnn.functional.linear import linear
from npnn.functional.loss import cross_entropy
from npnn.ops.linear_cross_entropy import LinearCrossEntropy
from npnn.tensors import Tensor


@dataclass(frozen=True)
class LinearCrossEntropyOptions:
    """How linear_cross_entropy is to go through a batch in chunks, so that few logits exist at a time.

    Args:
        allow_retain_graph: torch allows a second backward only with this; here it always works.
        batch_chunk_size: rows per chunk; None leaves it to `chunking_method`, or takes all rows at once.
        chunking_method: "aspect_ratio" makes the logits of a chunk about as large as the input, and
            "aspect_ratio:n" n times smaller; "auto" is the first, or batch_chunk_size if that is given; None
            takes batch_chunk_size.
        acc_policy: "accurate", "compact" or "auto"; they differ on torch alone.
        acc_dtype: the dtype of the logits and of sums over chunks. Default: float32 for float16 under
            "auto", else the input's.

    Raises:
        ValueError: one of these is none of what it may be.

    Source: torch.nn.LinearCrossEntropyOptions.

    Examples:
        >>> from npnn import nn
        >>> nn.LinearCrossEntropyOptions(batch_chunk_size=32).chunk_size(256, 64, 50000)
        32
        >>> nn.LinearCrossEntropyOptions().chunk_size(256, 64, 50000)
        1
    """

    allow_retain_graph: bool = False
    batch_chunk_size: int | None = None
    chunking_method: str | None = "auto"
    acc_policy: str = "auto"
    acc_dtype: Any = None

    def __post_init__(self) -> None:
        if self.acc_policy not in ("auto", "accurate", "compact"):
            raise ValueError(
                f"invalid acc_policy: {self.acc_policy!r}; expected 'auto', 'accurate' or 'compact'"
            )
        name, _, factor = (self.chunking_method or "").partition(":")
        if self.chunking_method not in (None, "auto", "aspect_ratio") and not (
            name == "aspect_ratio" and factor.isdigit() and int(factor) > 0
        ):
            raise ValueError(
                f"invalid chunking_method: {self.chunking_method!r}; expected 'auto', 'aspect_ratio',"
                " 'aspect_ratio:n' or None"
            )
        size = self.batch_chunk_size
        if size is not None and not (isinstance(size, int) and size > 0):
            raise ValueError(f"batch_chunk_size must be positive int or None, got {size!r}")
        if self.acc_dtype is not None and np.dtype(self.acc_dtype).kind != "f":
            raise ValueError(f"acc_dtype must be a floating-point dtype or None, got {self.acc_dtype!r}")

    def chunk_size(self, batch: int, in_features: int, classes: int) -> int:
        """The number of rows per chunk.

        Args:
            batch: the number of rows.
            in_features: the length of each.
            classes: the number of logits that each gives.

        Raises:
            ValueError: batch_chunk_size and chunking_method are both given, and differ.
        """
        given = None if self.batch_chunk_size is None else min(self.batch_chunk_size, batch)
        if self.chunking_method is None or (self.chunking_method == "auto" and given is not None):
            return max(1, batch if given is None else given)
        factor = int(self.chunking_method.partition(":")[2] or 1)
        wanted = -(-batch // max(1, -(-classes // max(1, in_features))))
        size = min((1 << (max(wanted, 1) - 1).bit_length()) // factor, batch)
        if self.chunking_method == "auto":
            # With fewer classes than features a chunk as large as the input would be all of the batch.
            size = min(size, _power_of_two_up_to(batch * classes // (4 * max(1, in_features))))
        if self.batch_chunk_size not in (None, size):
            raise ValueError(
                f"batch_chunk_size (={self.batch_chunk_size}) and chunking_method ('{self.chunking_method}')"
                f" give different chunk sizes ({self.batch_chunk_size} vs {size}): pass only one of them"
            )
        return max(1, size)

    def dtype(self, input_dtype: Any) -> Any:
        """The dtype of the logits and of sums over chunks, for an input of some dtype."""
        if self.acc_dtype is not None:
            return np.dtype(self.acc_dtype)
        narrow = self.acc_policy == "auto" and input_dtype == np.float16
        return np.dtype(np.float32) if narrow else input_dtype


def _power_of_two_up_to(most: int) -> int:
    return 1 << (most.bit_length() - 1) if most >= 1 else 1


def linear_cross_entropy(
    input: Any,
    linear_weight: Any,
    target: Any,
    *,
    linear_bias: Any = None,
    weight: Any = None,
    reduction: str = "mean",
    ignore_index: int | None = None,
    label_smoothing: float = 0.0,
    options: LinearCrossEntropyOptions | None = None,
) -> Tensor:
    """cross_entropy(linear(input, linear_weight, linear_bias), target), if need be without all its logits.

    Args:
        input: (N, in_features) or (in_features,).
        linear_weight: (in_features, *d, C): one linear layer for each of the positions *d, classes last.
        target: classes, integers in [0, C), of shape (N, *d), or () without a batch; or probabilities,
            (N, *d, C) or (C,).
        linear_bias: (*d, C), or None.
        weight: (C,), a weight for each class.
        reduction: "mean", "sum", or "none" for one value per target.
        ignore_index: a target class that counts for nothing, -100 unless given; not for probabilities.
        label_smoothing: in [0, 1], the part of each target that is spread evenly over all classes.
        options: go through the batch in chunks, each of whose logits is dropped when its losses are known and
            computed again in backward. There is then no second derivative, nor a gradient for the target.
            Ignored, with a warning, with label smoothing, positions *d, targets that require grad, and
            probabilities with reduction "none".

    Returns:
        A tensor without axes, or one loss for each target for "none".

    Raises:
        ValueError: batches of different sizes, or an unknown reduction.
        RuntimeError: other shapes that do not go together, ignore_index beside probabilities, a smoothing
            outside [0, 1], or targets of another dtype.
        IndexError: a target outside [0, C).

    Source: torch.nn.functional.linear_cross_entropy.

    Examples:
        >>> import npnn
        >>> import npnn.functional as F
        >>> F.linear_cross_entropy(npnn.ones(3, 4), npnn.zeros(4, 2), npnn.tensor([0, 1, 0]))
        tensor(0.6931)
    """
    name = "linear_cross_entropy"
    x, columns, t = as_input(input, name), as_input(linear_weight, name), as_input(target, name)
    bias = None if linear_bias is None else as_input(linear_bias, name)
    shape = _logits_shape(x, columns, bias)
    soft = t.array.shape == shape
    if soft and ignore_index is not None:
        raise RuntimeError(
            f"ignore_index cannot be specified when target contains probabilities: got {ignore_index}"
        )
    ignored = -100 if ignore_index is None else ignore_index
    if options is not None:
        if (
            columns.array.ndim == 2
            and label_smoothing == 0.0
            and (
                t.array.dtype == np.int64
                or (soft and reduction in ("mean", "sum") and t.dtype == x.dtype and not t.requires_grad)
            )
        ):
            return _in_chunks(x, columns, bias, t, weight, reduction, ignored, options)
        warnings.warn(
            "linear_cross_entropy: ``options`` ignored: chunks need targets of int64, or probabilities of the"
            " input's dtype with reduction 'mean' or 'sum' and no gradient; no label_smoothing; and a weight"
            f" of two axes. Got targets of {t.array.dtype}, reduction={reduction!r},"
            f" label_smoothing={label_smoothing} and a weight of shape {list(columns.array.shape)}",
            stacklevel=2,
        )
    flat = (columns.array.shape[0], math.prod(columns.array.shape[1:]))
    logits = linear(x, columns.reshape(flat), None if bias is None else bias.reshape(flat[1]))
    return cross_entropy(
        logits.reshape(shape),
        t,
        weight=weight,
        reduction=reduction,
        ignore_index=ignored,
        label_smoothing=label_smoothing,
    )


def _logits_shape(x: Tensor, columns: Tensor, bias: Tensor | None) -> tuple[int, ...]:
    """The shape of the logits, classes last."""
    given, wanted = x.array.shape, columns.array.shape
    if not 1 <= len(given) <= 2:
        raise RuntimeError(f"expected input with dimensionality 1 or 2, got {len(given)}")
    if len(wanted) < 2:
        raise RuntimeError(f"expected linear_weight with dimensionality at least 2, got {len(wanted)}")
    if given[-1] != wanted[0]:
        raise RuntimeError(
            "expected equal input and linear_weight last dimensions (in_features), got"
            f" {given[-1]} and {wanted[0]}, respectively: in_features are the first axis of npnn's weight"
        )
    if bias is not None and bias.array.shape != wanted[1:]:
        raise RuntimeError(f"expected linear_bias shape {wanted[1:]}, got {bias.array.shape}")
    if len(wanted) > 2 and len(given) == 1:
        raise RuntimeError(
            f"K-dimensional loss defined by linear_weight shape {wanted} requires batched input,"
            f" (N, {given[-1]}), got unbatched input with shape {given}"
        )
    return (*given[:-1], *wanted[1:])


def _in_chunks(
    x: Tensor,
    columns: Tensor,
    bias: Tensor | None,
    target: Tensor,
    weight: Any,
    reduction: str,
    ignore_index: int,
    options: LinearCrossEntropyOptions,
) -> Tensor:
    """The loss by way of the operation that goes through the batch in chunks."""
    check_reduction(reduction)
    logits_shape = (*x.array.shape[:-1], columns.array.shape[-1])
    classes = columns.array.shape[-1]
    w = class_weight(logits_shape, x.array.dtype, weight, "linear_cross_entropy")
    soft = target.array.dtype.kind == "f"
    labels = target.array
    if not soft:
        labels, _ = class_targets(logits_shape, target, ignore_index, "linear_cross_entropy")
    batch = x if x.array.ndim == 2 else x.unsqueeze(0)
    labels = labels.reshape(-1, classes) if soft else labels.reshape(-1)
    losses: Tensor = LinearCrossEntropy.apply(
        batch,
        columns,
        bias,
        labels,
        w,
        ignore_index=ignore_index,
        chunk=options.chunk_size(batch.array.shape[0], batch.array.shape[1], classes),
        dtype=options.dtype(x.array.dtype),
    )
    if x.array.ndim == 1:
        losses = losses.reshape(())
    if reduction != "mean" or soft:
        return reduced(losses, reduction)
    kept = labels[labels != ignore_index]
    counted = float(kept.size if w is None else w.array[kept].sum())
    total: Tensor = losses.sum() * (1 / counted if counted else math.nan)
    return total
