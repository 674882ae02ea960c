"""What the losses share: operands that belong together, classes and their weights, a reduction at the end."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from npnn._typing import Array, Shape
from npnn.functional._check import as_input
from npnn.tensors import Tensor
from npnn.tensors.promotion import check_broadcast, promoted

CLASS_DTYPES = (np.dtype(np.int64), np.dtype(np.uint8))
"""Of targets that are classes, as on torch."""


def pair(input: Any, target: Any, name: str, *, alike: bool = False) -> tuple[Tensor, Tensor]:
    """A prediction and a target as tensors of one dtype, whose shapes broadcast.

    Args:
        input: the prediction.
        target: the target.
        name: the function that was called.
        alike: whether the shapes should be the same, and a warning is due if they are not.

    Raises:
        TypeError: one of them is neither a tensor nor an array.
        RuntimeError: the shapes do not broadcast.
    """
    x, t = as_input(input, name), as_input(target, name)
    if x.array.shape != t.array.shape:
        if alike:
            warnings.warn(
                f"Using a target size ({list(t.array.shape)}) that is different to the input size"
                f" ({list(x.array.shape)}): {name} broadcasts the two, which is rarely what is meant",
                stacklevel=3,
            )
        check_broadcast(x, t)
    x, t = promoted(x, t)
    return x, t


def refuse_integers(name: str, **tensors: Tensor) -> None:
    """Refuses whole numbers, of which none is a probability or the logarithm of one but by chance."""
    for argument, tensor in tensors.items():
        if tensor.array.dtype.kind not in "fc":
            raise RuntimeError(
                f"{name}: Integral inputs not supported: expected {argument} of a floating-point dtype, but "
                f"got {tensor.array.dtype}"
            )


def refuse_whole(name: str, x: Tensor) -> None:
    """Refuses to compute in whole numbers what torch has for floating-point numbers only."""
    if x.array.dtype.kind not in "fc":
        raise NotImplementedError(
            f"{name} is not implemented for {x.array.dtype}: expected floating-point numbers"
        )


def as_given(losses: Tensor, input: Any, name: str) -> Tensor:
    """Losses in the dtype of the input, where torch takes it though the target's may be a wider one."""
    dtype = as_input(input, name).array.dtype
    if dtype.kind not in "fc":
        raise RuntimeError(
            f"{name}: result type {losses.array.dtype} can't be cast to the desired output type {dtype}"
        )
    return losses if losses.array.dtype == dtype else losses.to(dtype)


def without_backward(losses: Tensor, error: Exception) -> Tensor:
    """Losses whose backward raises an error, as torch computes them but not their gradient."""

    def refuse(gradient: Tensor) -> None:
        raise error

    if losses.requires_grad:
        losses.register_hook(refuse)
    return losses


def reduced(losses: Tensor, reduction: str) -> Tensor:
    """The losses, or their mean, or their sum.

    Args:
        losses: one for each element.
        reduction: "none", "mean" or "sum".
    """
    if reduction == "none":
        return losses
    total: Tensor = losses.mean() if reduction == "mean" else losses.sum()
    return total


def refuse_gradient(value: Tensor | None, argument: str, name: str) -> None:
    """Raises RuntimeError if a gradient is asked for by something that is a constant of the loss."""
    if value is not None and value.requires_grad:
        raise RuntimeError(
            f"The function '{name}' is not differentiable with respect to argument '{argument}': detach() it"
        )


def class_weight(shape: Shape, dtype: Any, weight: Any, name: str) -> Tensor | None:
    """A weight for each class, in the dtype of the scores.

    Args:
        shape: that of the scores, classes last.
        dtype: that of the scores.
        weight: (C,), or None.
        name: the function that was called.

    Raises:
        ValueError: the scores have no axis of classes.
        RuntimeError: a weight of another length or dtype.
    """
    if not shape:
        raise ValueError(f"{name}: expected an input with a class axis, got one without axes")
    if weight is None:
        return None
    w = as_input(weight, name)
    classes = shape[-1]
    if w.array.shape != (classes,):
        raise RuntimeError(
            f"weight tensor should be defined either for all {classes} classes or no classes but got weight"
            f" tensor of shape: {list(w.array.shape)}"
        )
    if w.array.dtype != dtype:
        raise RuntimeError(f"{name}: weight: expected scalar type {dtype} but found {w.array.dtype}")
    return w


def class_targets(scores: Shape, target: Tensor, ignore_index: int, name: str) -> tuple[Array, int | None]:
    """Targets that are classes, one for each row of scores.

    Args:
        scores: the shape of the scores, classes last.
        target: the classes.
        ignore_index: what may stand there beside classes.
        name: the function that was called.

    Returns:
        An array of the shape of the scores without their last axis; and `ignore_index`, or None where it is
        known that no target is ignored.

    Raises:
        ValueError: batches of different sizes.
        RuntimeError: another shape or dtype.
        IndexError: a target that is no class.
    """
    shape, classes = scores[:-1], scores[-1]
    given, dtype = target.array.shape, target.array.dtype
    if not shape:
        if given not in ((), (1,)):
            raise ValueError(
                f"{name}: For 1D input, 1D target must have size 1, but got target size: {list(given)}"
            )
    elif given[:1] != shape[:1]:
        raise ValueError(
            f"Expected input batch_size ({shape[0]}) to match target batch_size ({given[0] if given else 0})."
        )
    elif given != shape:
        raise RuntimeError(
            f"{name}: Expected target size {list(shape)}, got {list(given)} for an input of shape"
            f" {list(scores)}, classes last"
        )
    if dtype not in CLASS_DTYPES:
        raise RuntimeError(
            f"{name}: expected target dtype to be Long or Byte (int64 or uint8) for classes, but got {dtype}"
        )
    labels = target.array if given == shape else target.array.reshape(shape)
    # As unsigned numbers negative classes are huge ones, so one comparison finds both kinds.
    if labels.size and np.maximum.reduce(labels.astype(np.uint64), axis=None) >= classes:
        wrong = ((labels < 0) | (labels >= classes)) & (labels != ignore_index)
        if wrong.any():
            raise IndexError(
                f"Target {labels[wrong].flat[0]} is out of bounds: there are {classes} classes, 0 to"
                f" {classes - 1}"
            )
    elif not 0 <= ignore_index < classes:
        return labels, None
    return labels, ignore_index
