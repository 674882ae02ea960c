"""Normalisation, channels last.

batch_norm, instance_norm, group_norm and local_response_norm have their channels on the last axis.
layer_norm, rms_norm and normalize know no channels: they work along the axes that they are told, of the array
as it is. So layer_norm over the last axis of an image (N, H, W, C) normalises the channels of each pixel, and
a normalized_shape that is (C, H, W) on torch is (H, W, C) here.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from npnn._typing import Shape
from npnn.autograd.grad_mode import is_grad_enabled, no_grad
from npnn.functional._check import as_input
from npnn.ops import local_response
from npnn.ops.normalization import Normalize, NormalizeBy, RMSNorm, in_float32
from npnn.tensors import Tensor


def batch_norm(
    input: Any,
    running_mean: Any,
    running_var: Any,
    weight: Any = None,
    bias: Any = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    """Brings each channel to mean 0 and variance 1: y = w (x - μ) / √(σ² + ε) + b.

    In training, μ and σ² are those of the batch, over samples and positions; σ² is the biased variance, a sum
    divided by its n terms. The running statistics then become (1 - momentum) running + momentum batch, for
    which the batch's variance is the unbiased one, divided by n - 1. Otherwise the running statistics are μ
    and σ².

    Args:
        input: x, (N, *spatial, C).
        running_mean: (C,), changed in place in training; or None in training, to keep no statistics.
        running_var: (C,), likewise.
        weight: w, (C,), or None for ones.
        bias: b, (C,), or None for zeros.
        training: whether to take the statistics of the batch.
        momentum: the part of the batch in the running statistics.
        eps: ε, which keeps the root away from 0.

    Returns:
        y, (N, *spatial, C).

    Raises:
        ValueError: eps is negative, or 0 in training; there is but one value for each channel in training; or
            one running statistic is given without the other.
        RuntimeError: running statistics are missing outside training, an argument has not C elements, or
            dtypes do not go together: all must be the same, or float32 beside a float16 input.
        NotImplementedError: the input is not floating point.

    Source: torch.nn.functional.batch_norm.

    Examples:
        >>> import npnn
        >>> import npnn.functional as F
        >>> x = npnn.tensor([[1.0, 10.0], [3.0, 30.0]])
        >>> F.batch_norm(x, None, None, training=True)
        tensor([[-1.0000, -1.0000],
                [ 1.0000,  1.0000]])
        >>> F.batch_norm(x, npnn.tensor([2.0, 20.0]), npnn.tensor([4.0, 4.0]))
        tensor([[-0.5000, -5.0000],
                [ 0.5000,  5.0000]])
    """
    x = as_input(input, "batch_norm")
    shape = x.array.shape
    values = math.prod(shape[:-1]) if x.array.size else 0
    if training and values == 1:
        raise ValueError(
            f"Expected more than 1 value per channel when training, got input size {list(shape)}"
        )
    if training and eps <= 0:
        raise ValueError(f"batch_norm eps must be positive during training, but got {eps}")
    if eps < 0:
        raise ValueError(f"batch_norm eps must be non-negative, but got {eps}")
    mean, var, w, b = _channelwise("batch_norm", x, running_mean, running_var, weight, bias, training)
    if not training:
        return NormalizeBy.apply(x, w, b, mean, var, eps=eps)
    y, batch_mean, batch_var = Normalize.apply(x, w, b, groups=(1, values, shape[-1], 1), eps=eps)
    if values:
        _move(mean, batch_mean, momentum)
        _move(var, batch_var, momentum, values / (values - 1))
    return y


def instance_norm(
    input: Any,
    running_mean: Any = None,
    running_var: Any = None,
    weight: Any = None,
    bias: Any = None,
    use_input_stats: bool = True,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    """Brings each channel of each sample to mean 0 and variance 1: y = w (x - μ) / √(σ² + ε) + b.

    μ and σ², the biased variance, are those of one channel of one sample, over its positions. Running
    statistics, if given, move towards their means over the samples, as in `batch_norm`; they are μ and σ²
    without `use_input_stats`.

    Args:
        input: x, (N, *spatial, C).
        running_mean: (C,), changed in place with `use_input_stats`; or None, to keep no statistics.
        running_var: (C,), likewise.
        weight: w, (C,), or None for ones.
        bias: b, (C,), or None for zeros.
        use_input_stats: whether to take the statistics of the input.
        momentum: the part of the input in the running statistics.
        eps: ε, which keeps the root away from 0.

    Returns:
        y, (N, *spatial, C).

    Raises:
        ValueError: with `use_input_stats`, there is but one position; or one running statistic is given
            without the other.
        RuntimeError: running statistics are missing without `use_input_stats`, an argument has not C
            elements, or dtypes do not go together: all must be the same, or float32 beside a float16 input.
        NotImplementedError: the input is not floating point.

    Source: torch.nn.functional.instance_norm.

    Examples:
        >>> import npnn
        >>> import npnn.functional as F
        >>> F.instance_norm(npnn.tensor([[[1.0, 10.0], [3.0, 30.0]]]))
        tensor([[[-1.0000, -1.0000],
                 [ 1.0000,  1.0000]]])
    """
    x = as_input(input, "instance_norm")
    shape = x.array.shape
    positions = math.prod(shape[1:-1])
    if use_input_stats and positions == 1:
        raise ValueError(f"Expected more than 1 spatial element when training, got input size {list(shape)}")
    if not use_input_stats and (running_mean is None or running_var is None):
        raise RuntimeError(
            "Expected running_mean and running_var to be defined when use_input_stats is false"
        )
    mean, var, w, b = _channelwise(
        "instance_norm", x, running_mean, running_var, weight, bias, use_input_stats
    )
    if not use_input_stats:
        return NormalizeBy.apply(x, w, b, mean, var, eps=eps)
    groups = (shape[0], positions, shape[-1], 1)
    y, own_mean, own_var = Normalize.apply(x, w, b, groups=groups, eps=eps)
    if positions:
        _move(mean, own_mean, momentum)
        _move(var, own_var, momentum, positions / (positions - 1))
    return y


def group_norm(
    input: Any, num_groups: int, weight: Any = None, bias: Any = None, eps: float = 1e-5
) -> Tensor:
    """Brings each group of channels of each sample to mean 0 and variance 1.

    y = w (x - μ) / √(σ² + ε) + b, with μ and σ², the biased variance, of C / num_groups neighbouring channels
    and all positions of one sample.

    Args:
        input: x, (N, *spatial, C).
        num_groups: into how many groups the channels are dealt.
        weight: w, (C,), or None for ones.
        bias: b, (C,), or None for zeros.
        eps: ε, which keeps the root away from 0.

    Returns:
        y, (N, *spatial, C).

    Raises:
        ValueError: all that is in a group of a single sample is one value.
        RuntimeError: there are no channels or no positions, the channels cannot be dealt into the groups,
            weight or bias is no vector with an element for each channel, or dtypes do not go together: all
            must be the same, or float32 beside a float16 input.
        ZeroDivisionError: there are no groups.
        NotImplementedError: the input is not floating point.

    Source: torch.nn.functional.group_norm.

    Examples:
        >>> import npnn
        >>> import npnn.functional as F
        >>> F.group_norm(npnn.tensor([[1.0, 3.0, 10.0, 30.0]]), 2)
        tensor([[-1.0000,  1.0000, -1.0000,  1.0000]])
    """
    x = as_input(input, "group_norm")
    shape = x.array.shape
    if len(shape) < 2:
        raise RuntimeError(f"Expected at least 2 dimensions for input tensor but received {len(shape)}")
    if num_groups == 0:
        raise ZeroDivisionError("group_norm expected num_groups to be greater than 0, got 0")
    samples, positions, channels = shape[0], math.prod(shape[1:-1]), shape[-1]
    if samples * channels // num_groups * positions == 1:
        raise ValueError(
            f"Expected more than 1 value per channel when training, got input size {list(shape)} and"
            f" num_groups={num_groups}"
        )
    if num_groups < 0:
        raise RuntimeError(f"Expected num groups to be greater than 0, got {num_groups}")
    if channels % num_groups:
        raise RuntimeError(
            "Expected number of channels in input to be divisible by num_groups, but got input of shape"
            f" {list(shape)}, with channels last, and num_groups={num_groups}"
        )
    if channels == 0:
        raise RuntimeError(f"Expected number of channels to be greater than 0, got  {list(shape)}")
    if positions == 0:
        raise RuntimeError(f"Expected HxW to be greater than 0, got  {list(shape)}")
    w, b = _optional("group_norm", weight), _optional("group_norm", bias)
    for name, vector in (("weight", w), ("bias", b)):
        if vector is not None and vector.array.shape != (channels,):
            raise RuntimeError(
                f"Expected {name} to be a vector of size equal to the number of channels in input, but got"
                f" {name} of shape {list(vector.array.shape)} and input of shape {list(shape)}"
            )
    _check_dtypes("group_norm", x, w, b)
    groups = (samples, positions, num_groups, channels // num_groups)
    y: Tensor = Normalize.apply(x, w, b, groups=groups, eps=eps)[0]
    return y


def layer_norm(
    input: Any, normalized_shape: Any, weight: Any = None, bias: Any = None, eps: float = 1e-5
) -> Tensor:
    """Brings what lies along the last axes to mean 0 and variance 1: y = w (x - μ) / √(σ² + ε) + b.

    μ and σ², the biased variance, are taken along the axes that `normalized_shape` gives the lengths of.

    Args:
        input: x, (*, *normalized_shape).
        normalized_shape: the lengths of the axes, which are the last ones of the array as it is given.
        weight: w, of that shape, or None for ones.
        bias: b, of that shape, or None for zeros.
        eps: ε, which keeps the root away from 0.

    Returns:
        y, of the shape of x.

    Raises:
        TypeError: normalized_shape is no sequence.
        RuntimeError: normalized_shape is empty or not the shape of the last axes, weight or bias has another
            shape, or dtypes do not go together: all must be the same, or float32 beside a float16 input.
        NotImplementedError: the input is not floating point.

    Source: torch.nn.functional.layer_norm.

    Examples:
        >>> import npnn
        >>> import npnn.functional as F
        >>> F.layer_norm(npnn.tensor([[1.0, 3.0], [10.0, 30.0]]), (2,))
        tensor([[-1.0000,  1.0000],
                [-1.0000,  1.0000]])
    """
    x, w, b = as_input(input, "layer_norm"), _optional("layer_norm", weight), _optional("layer_norm", bias)
    axes = _check_normalized_shape("layer_norm", x, normalized_shape, w, b)
    _check_dtypes("layer_norm", x, w, b)
    shape = x.array.shape
    groups = (math.prod(shape[: len(shape) - axes]), 1, 1, math.prod(shape[len(shape) - axes :]))
    y: Tensor = Normalize.apply(x, w, b, groups=groups, eps=eps)[0]
    return y


def rms_norm(input: Any, normalized_shape: Any, weight: Any = None, eps: float | None = None) -> Tensor:
    """Brings what lies along the last axes to root mean square 1: y = w x / √(m + ε), with m the mean of x².

    Args:
        input: x, (*, *normalized_shape).
        normalized_shape: the lengths of the axes, which are the last ones of the array as it is given.
        weight: w, of that shape, or None for ones.
        eps: ε. Default: the rounding unit of float64 for a float64 input, else that of float32.

    Returns:
        y, of the shape and dtype of x.

    Raises:
        TypeError: normalized_shape is no sequence.
        RuntimeError: normalized_shape is empty or not the shape of the last axes, or weight has another
            shape.
        NotImplementedError: the input is not floating point.

    Source: torch.nn.functional.rms_norm.

    Examples:
        >>> import npnn
        >>> import npnn.functional as F
        >>> F.rms_norm(npnn.tensor([[1.0, 7.0]]), (2,))
        tensor([[0.2000, 1.4000]])
    """
    x, w = as_input(input, "rms_norm"), _optional("rms_norm", weight)
    axes = _check_normalized_shape("rms_norm", x, normalized_shape, w)
    _check_floating("rms_norm", x)
    if eps is None:
        eps = float(np.finfo(np.float64 if x.array.dtype == np.float64 else np.float32).eps)
    y: Tensor = RMSNorm.apply(x, w, axes=axes, eps=eps)[0]
    return y


def local_response_norm(
    input: Any, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0
) -> Tensor:
    """Divides each channel by a power of the squares of the channels around it.

    y_c = x_c / (k + α/size Σ x_c'²)^β, over a window of `size` channels c', size // 2 of them before c; those
    that there are not count as zeros.

    Args:
        input: x, (N, *spatial, C), with at least one spatial axis.
        size: the number of channels in the window.
        alpha: α.
        beta: β.
        k: k.

    Returns:
        y, of the shape of x.

    Raises:
        ValueError: there are less than three axes.
        RuntimeError: size is not positive.
        NotImplementedError: the input is not floating point.

    Source: torch.nn.functional.local_response_norm.

    Examples:
        >>> import npnn
        >>> import npnn.functional as F
        >>> F.local_response_norm(npnn.ones(1, 1, 4), 3, alpha=3.0, beta=1.0)
        tensor([[[0.3333, 0.2500, 0.2500, 0.3333]]])
    """
    x = as_input(input, "local_response_norm")
    if x.array.ndim < 3:
        raise ValueError(
            f"Expected 3D or higher dimensionality input (got {x.array.ndim} dimensions): (N, *spatial, C)"
        )
    _check_floating("local_response_norm", x)
    if x.array.size == 0:
        return x
    if size < 1:
        raise RuntimeError(f"kernel size should be greater than zero, but got a window of {size} channels")
    operation = local_response.LocalResponseNorm
    y: Tensor = operation.apply(x, size=size, alpha=alpha, beta=beta, k=k)[0]
    return y


def normalize(input: Any, p: float = 2.0, dim: Any = 1, eps: float = 1e-12, out: Any = None) -> Tensor:
    """Divides vectors by their p-norms: y = x / max(‖x‖_p, ε).

    Args:
        input: x, of any shape.
        p: which norm: (Σ |x_i|^p)^(1/p).
        dim: the axis along which the vectors lie, or several, of the array as it is given; None for all. The
            channels of an image are on the last, -1.
        eps: ε, which keeps the norm away from 0.
        out: a tensor to write the result into, which is then not recorded.

    Returns:
        y, of the shape of x.

    Raises:
        IndexError: there is no such axis.
        RuntimeError: the input is neither floating point nor complex, or `out` has another shape or is given
            while x requires grad.

    Source: torch.nn.functional.normalize.

    Examples:
        >>> import npnn
        >>> import npnn.functional as F
        >>> F.normalize(npnn.tensor([[3.0, 4.0], [0.0, 2.0]]))
        tensor([[0.6000, 0.8000],
                [0.0000, 1.0000]])
    """
    x = as_input(input, "normalize")
    y: Tensor = x / x.norm(p, dim, keepdim=True).clamp(min=eps)
    if out is None:
        return y
    if y.requires_grad:
        raise RuntimeError(
            "normalize(): functions with out=... arguments don't support automatic differentiation, but one"
            " of the arguments requires grad."
        )
    written: Tensor = as_input(out, "normalize")._assign(y)
    return written


def _optional(name: str, value: Any) -> Tensor | None:
    return None if value is None else as_input(value, name)


def _channelwise(
    name: str, x: Tensor, running_mean: Any, running_var: Any, weight: Any, bias: Any, own_statistics: bool
) -> tuple[Any, ...]:
    """What goes with an input of batch_norm or instance_norm, as tensors, checked."""
    shape = x.array.shape
    if len(shape) < 2 and x.array.size:
        raise RuntimeError(
            f"{name} expected an input with at least 2 axes, (N, *spatial, C), got shape {list(shape)}"
        )
    if own_statistics and (running_mean is None) != (running_var is None):
        raise ValueError("running_mean and running_var must either both be None or neither be None")
    given = {"running_mean": running_mean, "running_var": running_var, "weight": weight, "bias": bias}
    tensors = {label: _optional(name, value) for label, value in given.items()}
    for label, tensor in tensors.items():
        if tensor is None:
            if label.startswith("running") and not own_statistics:
                raise RuntimeError(f"{label} must be defined in evaluation mode")
        elif label.startswith("running") and tensor.requires_grad and is_grad_enabled():
            raise RuntimeError(
                f"{name} is not differentiable with respect to {label}, which cannot have requires_grad True"
            )
        elif tensor.array.size != shape[-1]:
            raise RuntimeError(
                f"{label} should contain {shape[-1]} elements not {tensor.array.size}: the input, of shape"
                f" {list(shape)}, has its channels on the last axis"
            )
    _check_dtypes(name, x, *tensors.values())
    return tuple(tensors.values())


def _check_floating(name: str, x: Tensor) -> None:
    if x.array.dtype.kind != "f":
        raise NotImplementedError(f'"{name}" not implemented for {x.array.dtype}: give it floating point')


def _check_dtypes(name: str, x: Tensor, *others: Tensor | None) -> None:
    """Refuses an input that is not floating point, or what is of another dtype than it."""
    _check_floating(name, x)
    dtypes = {other.array.dtype for other in others if other is not None}
    mixed = x.array.dtype == np.float16 and dtypes == {np.dtype(np.float32)}
    if dtypes - {x.array.dtype} and not mixed:
        raise RuntimeError(
            f"mixed dtype (CPU): {name} expected all in the dtype of the input, {x.array.dtype}, or all but a"
            f" float16 input in float32; got {', '.join(sorted(map(str, dtypes)))}"
        )


def _check_normalized_shape(
    name: str, x: Tensor, normalized_shape: Any, weight: Tensor | None, bias: Tensor | None = None
) -> int:
    """How many axes `normalized_shape` names, if they are the last of x and weight and bias have them too."""
    if not isinstance(normalized_shape, (tuple, list)):
        kind = type(normalized_shape).__name__
        raise TypeError(f"{name}(): argument 'normalized_shape' must be tuple of ints, not {kind}")
    wanted: Shape = tuple(normalized_shape)
    if not wanted:
        raise RuntimeError(
            "Expected normalized_shape to be at least 1-dimensional, i.e., containing at least one element,"
            " but got normalized_shape = []"
        )
    for label, tensor in (("weight", weight), ("bias", bias)):
        if tensor is not None and tensor.array.shape != wanted:
            raise RuntimeError(
                f"Expected {label} to be of same shape as normalized_shape, but got {label} of shape"
                f" {list(tensor.array.shape)} and normalized_shape = {list(wanted)}"
            )
    if x.array.shape[-len(wanted) :] != wanted:
        raise RuntimeError(
            f"Given normalized_shape={list(wanted)}, expected input with shape"
            f" [*, {', '.join(map(str, wanted))}], but got input of size {list(x.array.shape)}"
        )
    return len(wanted)


def _move(running: Tensor | None, own: Tensor, momentum: float, correction: float = 1.0) -> None:
    """Moves a running statistic towards the mean over samples of (N, 1, C, 1), times a correction."""
    if running is None:
        return
    rows = own.array.reshape(own.array.shape[0], own.array.shape[2])
    with np.errstate(invalid="ignore"), no_grad():  # as on torch, the mean over no samples is nan
        target = rows.sum(axis=0) / len(rows) * correction
        moved = (1 - momentum) * in_float32(running.array).reshape(-1) + momentum * target
        running.copy_(moved.reshape(running.array.shape))
