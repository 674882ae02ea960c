"""Looking up rows of a table, and the other way round: classes as rows of zeros and a one."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from npnn._typing import Array
from npnn.autograd.grad_mode import no_grad
from npnn.functional._check import as_input
from npnn.ops.embedding import BagMax, BagSum, Embedding, renormalized
from npnn.tensors import Tensor
from npnn.tensors.creation import as_tensor


def embedding(
    input: Any,
    weight: Any,
    padding_idx: int | None = None,
    max_norm: float | None = None,
    norm_type: float = 2.0,
    scale_grad_by_freq: bool = False,
    sparse: bool = False,
) -> Tensor:
    """Rows of a table, looked up by index.

    Args:
        input: the indices, (*), int32 or int64.
        weight: the table, (num, dim): as torch's.
        padding_idx: a row that gets no gradient.
        max_norm: rows that are looked up and longer than this are first scaled down to it, in the table
            itself.
        norm_type: the p of that norm.
        scale_grad_by_freq: divide the gradient of a row by how often it was looked up.
        sparse: taken for torch's sake, and without effect: the gradient is always dense.

    Returns:
        A tensor, (*, dim).

    Raises:
        RuntimeError: the indices are of another dtype, or the table has not two axes.
        IndexError: an index is out of range.
        AssertionError: padding_idx is out of range.

    Source: torch.nn.functional.embedding.

    Examples:
        >>> import npnn
        >>> import npnn.functional as F
        >>> F.embedding(npnn.tensor([[2, 0]]), npnn.tensor([[0.0, 1.0], [2.0, 3.0], [4.0, 5.0]]))
        tensor([[[4., 5.],
                 [0., 1.]]])
    """
    x, w = as_input(input, "embedding"), as_input(weight, "embedding")
    if w.array.ndim != 2:
        raise RuntimeError(f"'weight' must be 2-D, (num, dim), got shape {list(w.array.shape)}")
    padding = padding_row(padding_idx, w.array.shape[0], "Padding_idx")
    index = _checked_index("embedding", x, w.array.shape[0])
    if max_norm is not None:
        _renormalize(w, index, max_norm, norm_type)
    factor = _factor(index, w, padding, scale_grad_by_freq)
    result: Tensor = Embedding.apply(w, index=index, factor=None if factor is None else factor[..., None])
    return result


def embedding_bag(
    input: Any,
    weight: Any,
    offsets: Any = None,
    max_norm: float | None = None,
    norm_type: float = 2,
    scale_grad_by_freq: bool = False,
    mode: str = "mean",
    sparse: bool = False,
    per_sample_weights: Any = None,
    include_last_offset: bool = False,
    padding_idx: int | None = None,
) -> Tensor:
    """The sum, mean or maximum of bags of rows of a table.

    Args:
        input: the indices, (B, n): B bags of n; or (n,): bags one after the other.
        weight: the table, (num, dim): as torch's.
        offsets: where in (n,) each bag begins, (B,); the first at 0.
        max_norm: rows that are looked up and longer than this are first scaled down to it, in the table
            itself.
        norm_type: the p of that norm.
        scale_grad_by_freq: divide the gradient of a row by how often it was looked up. Not in mode "max".
        mode: "sum", "mean" or "max".
        sparse: taken for torch's sake, and without effect: the gradient is always dense.
        per_sample_weights: a factor for each index, of the same shape. Only in mode "sum".
        include_last_offset: offsets has one more entry than there are bags: the end of the last one.
        padding_idx: a row that no bag counts.

    Returns:
        A tensor, (B, dim), of zeros where a bag is empty.

    Raises:
        ValueError: shapes do not go together, or options do not.
        NotImplementedError: there are per_sample_weights in another mode than "sum".
        RuntimeError: dtypes do not go together, or offsets, indices or padding_idx are out of range.

    Source: torch.nn.functional.embedding_bag.

    Examples:
        >>> import npnn
        >>> import npnn.functional as F
        >>> table = npnn.tensor([[0.0, 1.0], [2.0, 3.0], [4.0, 5.0]])
        >>> F.embedding_bag(npnn.tensor([2, 1, 0]), table, npnn.tensor([0, 2]), mode="sum")
        tensor([[6., 8.],
                [0., 1.]])
    """
    x, w = as_input(input, "embedding_bag"), as_input(weight, "embedding_bag")
    if w.array.dtype == np.int64 and x.array.dtype.kind == "f":
        warnings.warn(
            "Argument order of nn.functional.embedding_bag was changed: the deprecated"
            " embedding_bag(weight, input, ...) should now be embedding_bag(input, weight, ...).",
            stacklevel=2,
        )
        x, w = w, x
    scale = None if per_sample_weights is None else as_input(per_sample_weights, "embedding_bag")
    if scale is not None and scale.array.shape != x.array.shape:
        raise ValueError(
            f"embedding_bag: If per_sample_weights ({list(scale.array.shape)}) is not None, then it must have"
            f" the same shape as the input ({list(x.array.shape)})"
        )
    if w.array.ndim != 2:
        raise ValueError(f"weight has to be a 2D Tensor, but got Tensor of dimension {w.array.ndim}")
    starts = _starts(x, offsets, include_last_offset)
    if mode not in ("sum", "mean", "max"):
        raise ValueError(f"mode has to be one of sum, mean or max, but got {mode!r}")
    if mode == "max" and scale_grad_by_freq:
        raise ValueError("max mode does not support scaling the gradient by the frequency")
    if mode == "max" and sparse:
        raise ValueError("max mode does not support sparse weights")
    index = _checked_index("embedding_bag", x, w.array.shape[0]).reshape(-1)
    if max_norm is not None:
        _renormalize(w, index, max_norm, norm_type)
    if scale is not None and mode != "sum":
        raise NotImplementedError(
            "embedding_bag: per_sample_weights was not None. per_sample_weights is only supported for"
            f" mode='sum' (got mode='{mode}')."
        )
    if scale is not None and scale.array.dtype != w.array.dtype:
        raise RuntimeError(
            "Expected tensor for argument #1 'weight' to have the same type as tensor for argument #1"
            f" 'per_sample_weights'; but type {w.array.dtype} does not equal {scale.array.dtype}"
        )
    padding = padding_row(padding_idx, w.array.shape[0], "padding_idx", RuntimeError)

    bag = np.searchsorted(starts, np.arange(index.size), side="right") - 1
    factor = _factor(index, w, None, scale_grad_by_freq)
    counted = slice(None) if padding is None else np.flatnonzero(index != padding)
    index, bag = index[counted], bag[counted]
    result: Tensor
    if mode == "max":
        result = BagMax.apply(w, index=index, bag=bag, bags=starts.size)
        return result
    scales: Any = np.ones(index.size, w.array.dtype) if scale is None else scale.reshape(-1)[counted]
    factor = None if factor is None else factor[counted]
    result = BagSum.apply(w, scales, index=index, bag=bag, bags=starts.size, factor=factor)
    if mode == "mean":
        counts = np.maximum(np.bincount(bag, minlength=starts.size), 1)
        result = result / counts[:, None].astype(w.array.dtype)
    return result


def one_hot(tensor: Any, num_classes: int = -1) -> Tensor:
    """Classes as rows of zeros with a single one.

    Args:
        tensor: classes, (*), int64.
        num_classes: how many there are. Default: one more than the largest.

    Returns:
        A tensor, (*, num_classes), int64.

    Raises:
        RuntimeError: the classes are of another dtype or out of range, or there is none to tell how many
            there are.

    Source: torch.nn.functional.one_hot.

    Examples:
        >>> import npnn
        >>> import npnn.functional as F
        >>> F.one_hot(npnn.tensor([2, 0]))
        tensor([[0, 0, 1],
                [1, 0, 0]])
    """
    classes = as_input(tensor, "one_hot").array
    if classes.dtype != np.int64:
        raise RuntimeError(
            f"one_hot is only applicable to index tensor of type LongTensor (int64), got {classes.dtype}"
        )
    if not classes.size:
        if num_classes <= 0:
            raise RuntimeError("Can not infer total number of classes from empty tensor.")
        return as_tensor(np.zeros((*classes.shape, num_classes), np.int64))
    if classes.min() < 0:
        raise RuntimeError(f"Class values must be non-negative, got {classes.min()}.")
    count = int(classes.max()) + 1
    if num_classes != -1:
        if num_classes < 1:
            raise RuntimeError(f"num_classes should be positive, got {num_classes}")
        if count > num_classes:
            raise RuntimeError(
                f"Class values must be smaller than num_classes, got {count - 1} for {num_classes} classes."
            )
        count = num_classes
    return as_tensor((classes[..., None] == np.arange(count)).astype(np.int64, order="C"))


def padding_row(
    padding_idx: int | None, num: int, name: str, error: type[Exception] = AssertionError
) -> int | None:
    """padding_idx counted from the first row, if it is in range.

    Raises:
        Exception: of the type `error`: it is not.
    """
    if padding_idx is None:
        return None
    if not -num <= padding_idx < max(num, 1):
        raise error(f"{name} must be within num_embeddings: got {padding_idx} for {num} rows")
    return padding_idx % num if num else padding_idx


def _checked_index(name: str, x: Tensor, num: int) -> Array:
    index = x.array
    if index.dtype not in (np.int32, np.int64):
        raise RuntimeError(
            "Expected tensor for argument #1 'indices' to have one of the following scalar types: Long, Int;"
            f" but got {index.dtype} instead (while checking arguments for {name})"
        )
    if index.size and not (index.min() >= 0 and index.max() < num):
        wrong = int(index.max() if index.max() >= num else index.min())
        message = f"index {wrong} is not one of the {num} rows of the weight"
        if name == "embedding":
            raise IndexError(f"index out of range in self: {message}")
        raise RuntimeError(f"{name}: Expected idx >= 0 && idx < num_embeddings: {message}")
    # The caller may change its array between now and backward.
    return index.astype(np.int64)


def _factor(index: Array, weight: Tensor, padding: int | None, by_frequency: bool) -> Array | None:
    """What the gradient of each looked-up row is multiplied by; None if by 1."""
    if padding is None and not by_frequency:
        return None
    factor = np.ones(index.shape, weight.array.dtype)
    if by_frequency:
        factor /= np.bincount(index.reshape(-1), minlength=1)[index]
    if padding is not None:
        factor[index == padding] = 0
    return factor


def _starts(x: Tensor, offsets: Any, include_last_offset: bool) -> Array:
    """Where in the flat indices each bag begins."""
    shape = x.array.shape
    if len(shape) == 2:
        if offsets is not None:
            raise ValueError(
                "if input is 2D, then offsets has to be None, as input is treated is a mini-batch of fixed"
                f" length sequences. However, found offsets of type {type(offsets)}"
            )
        return np.arange(shape[0]) * shape[1]
    if len(shape) != 1:
        raise ValueError(f"input has to be 1D or 2D Tensor, but got Tensor of dimension {len(shape)}")
    if offsets is None:
        raise ValueError("offsets has to be a 1D Tensor but got None")
    starts = as_input(offsets, "embedding_bag").array
    if starts.ndim != 1:
        raise ValueError(f"offsets has to be a 1D Tensor, but got shape {list(starts.shape)}")
    if starts.dtype not in (np.int32, np.int64):
        raise RuntimeError(
            "Expected tensor for argument #1 'offsets' to have one of the following scalar types: Long, Int;"
            f" but got {starts.dtype} instead (while checking arguments for embedding_bag)"
        )
    if include_last_offset and not starts.size:
        raise RuntimeError("include_last_offset: number of offsets should be at least 1, got 0")
    if starts.size and starts[0] != 0:
        raise RuntimeError(
            "offsets[0] has to be 0, i.e., the first sequence in the mini-batch has to start from position 0."
            f" However, got {starts[0]}"
        )
    if starts.size and starts[-1] > shape[0]:
        raise RuntimeError(
            f"offsets[-1] can not be greater than input's length {shape[0]} but got offsets[-1] of"
            f" {starts[-1]}"
        )
    return starts[:-1] if include_last_offset else starts


def _renormalize(weight: Tensor, index: Array, max_norm: float, norm_type: float) -> None:
    """Scales down, in the table itself, the rows that are looked up and too long."""
    rows, shorter = renormalized(weight.array, index, max_norm, norm_type)
    if rows.size:
        with no_grad():
            weight[rows] = shorter
