"""Piecewise activation functions: ReLU and its relatives, thresholds, the hard and the shrinking ones."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from npnn.functional._check import as_floating, as_input
from npnn.ops import piecewise as ops
from npnn.random import Generator
from npnn.tensors import Tensor


def relu(input: Any, inplace: bool = False) -> Tensor:
    """max(x, 0), element by element.

    Args:
        input: a tensor or array of any shape.
        inplace: write the result into `input`, which must then be a tensor.

    Returns:
        A tensor of the same shape.

    Raises:
        NotImplementedError: the input is bool.

    Source: torch.nn.functional.relu.

    Examples:
        >>> import npnn
        >>> import npnn.functional as F
        >>> F.relu(npnn.tensor([-1.0, 2.0]))
        tensor([0., 2.])
    """
    x = as_input(input, "relu")
    return x.relu_() if inplace else x.relu()


def relu_(input: Any) -> Tensor:
    """`relu` in place. Source: torch.nn.functional.relu_."""
    return relu(input, inplace=True)


def threshold(input: Any, threshold: float, value: float, inplace: bool = False) -> Tensor:
    """x where x > threshold, else a value.

    Args:
        input: a tensor or array of any shape.
        threshold: what x must exceed.
        value: what stands where it does not.
        inplace: write the result into `input`.

    Returns:
        A tensor of the same shape.

    Raises:
        RuntimeError: the input is of integers, and its dtype cannot hold one of the numbers.
        NotImplementedError: the input is bool.

    Source: torch.nn.functional.threshold.

    Examples:
        >>> import npnn
        >>> import npnn.functional as F
        >>> F.threshold(npnn.tensor([-1.0, 2.0]), 0.1, 20.0)
        tensor([20.,  2.])
    """
    x = _not_bool(input, "threshold")
    limit, filling = _in_dtype("threshold", threshold, x.dtype), _in_dtype("value", value, x.dtype)
    return _result(x, ops.Threshold.apply(x, threshold=limit, value=filling), inplace)


def threshold_(input: Any, threshold: float, value: float) -> Tensor:
    """`threshold` in place. Source: torch.nn.functional.threshold_."""
    return _threshold(input, threshold, value, inplace=True)


_threshold = threshold  # which the argument of that name hides


def hardtanh(input: Any, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False) -> Tensor:
    """x limited to [min_val, max_val].

    Args:
        input: a tensor or array of any shape.
        min_val: the least value.
        max_val: the largest.
        inplace: write the result into `input`.

    Returns:
        A tensor of the same shape.

    Raises:
        ValueError: min_val is greater than max_val.
        RuntimeError: the input is of integers, and its dtype cannot hold one of the limits.
        NotImplementedError: the input is bool.

    Source: torch.nn.functional.hardtanh.

    Examples:
        >>> import npnn
        >>> import npnn.functional as F
        >>> F.hardtanh(npnn.tensor([-2.0, 0.5, 2.0]))
        tensor([-1.0000,  0.5000,  1.0000])
    """
    if min_val > max_val:
        raise ValueError(f"min_val cannot be greater than max_val, got {min_val} > {max_val}")
    return _hardtanh(input, min_val, max_val, inplace)


def hardtanh_(input: Any, min_val: float = -1.0, max_val: float = 1.0) -> Tensor:
    """`hardtanh` in place. Source: torch.nn.functional.hardtanh_."""
    return hardtanh(input, min_val, max_val, inplace=True)


def relu6(input: Any, inplace: bool = False) -> Tensor:
    """x limited to [0, 6].

    Args:
        input: a tensor or array of any shape.
        inplace: write the result into `input`.

    Returns:
        A tensor of the same shape.

    Raises:
        NotImplementedError: the input is bool.

    Source: torch.nn.functional.relu6.

    Examples:
        >>> import npnn
        >>> import npnn.functional as F
        >>> F.relu6(npnn.tensor([-2.0, 0.5, 7.0]))
        tensor([0.0000, 0.5000, 6.0000])
    """
    return _hardtanh(input, 0.0, 6.0, inplace)


def _hardtanh(input: Any, low: float, high: float, inplace: bool) -> Tensor:
    x = _not_bool(input, "hardtanh")
    if x.dtype.kind == "u" and low <= -1:
        raise RuntimeError(
            f"cannot do hardtanh on an unsigned type with negative limits, got {x.dtype} and {low}"
        )
    low, high = _in_dtype("min_val", low, x.dtype), _in_dtype("max_val", high, x.dtype)
    return _result(x, ops.Hardtanh.apply(x, low=low, high=high), inplace)


def hardsigmoid(input: Any, inplace: bool = False) -> Tensor:
    """(x + 3) / 6 limited to [0, 1].

    Args:
        input: a floating-point tensor or array of any shape.
        inplace: write the result into `input`.

    Returns:
        A tensor of the same shape.

    Raises:
        NotImplementedError: the input is not floating-point.

    Source: torch.nn.functional.hardsigmoid.

    Examples:
        >>> import npnn
        >>> import npnn.functional as F
        >>> F.hardsigmoid(npnn.tensor([-4.0, 0.0, 1.5]))
        tensor([0.0000, 0.5000, 0.7500])
    """
    x = as_floating(input, "hardsigmoid")
    return _result(x, ops.Hardsigmoid.apply(x), inplace)


def hardswish(input: Any, inplace: bool = False) -> Tensor:
    """x times the hard sigmoid of x.

    Args:
        input: a floating-point tensor or array of any shape.
        inplace: write the result into `input`.

    Returns:
        A tensor of the same shape.

    Raises:
        NotImplementedError: the input is not floating-point.

    Source: torch.nn.functional.hardswish.

    Examples:
        >>> import npnn
        >>> import npnn.functional as F
        >>> F.hardswish(npnn.tensor([-3.0, 1.5, 4.0]))
        tensor([-0.0000,  1.1250,  4.0000])
    """
    x = as_floating(input, "hardswish")
    return _result(x, ops.Hardswish.apply(x), inplace)


def hardshrink(input: Any, lambd: float = 0.5) -> Tensor:
    """0 where |x| <= λ, else x.

    Args:
        input: a floating-point tensor or array of any shape.
        lambd: λ.

    Returns:
        A tensor of the same shape.

    Raises:
        NotImplementedError: the input is not floating-point.

    Source: torch.nn.functional.hardshrink.

    Examples:
        >>> import npnn
        >>> import npnn.functional as F
        >>> F.hardshrink(npnn.tensor([-2.0, 0.5, 1.0]))
        tensor([-2.,  0.,  1.])
    """
    return ops.Hardshrink.apply(as_floating(input, "hardshrink"), lambd=lambd)


def softshrink(input: Any, lambd: float = 0.5) -> Tensor:
    """0 where |x| <= λ, else x moved towards 0 by λ.

    Args:
        input: a floating-point tensor or array of any shape.
        lambd: λ, at least 0.

    Returns:
        A tensor of the same shape.

    Raises:
        RuntimeError: λ is negative.
        NotImplementedError: the input is not floating-point.

    Source: torch.nn.functional.softshrink.

    Examples:
        >>> import npnn
        >>> import npnn.functional as F
        >>> F.softshrink(npnn.tensor([-2.0, 0.5, 1.0]))
        tensor([-1.5000,  0.0000,  0.5000])
    """
    x = as_floating(input, "softshrink")
    largest = float(np.finfo(x.dtype).max)
    if not 0 <= lambd <= largest:
        raise RuntimeError(
            f"lambda must be in range [0, {largest:g}] for input dtype {x.dtype}, but found {lambd}"
        )
    return ops.Softshrink.apply(x, lambd=lambd)


def leaky_relu(input: Any, negative_slope: float = 0.01, inplace: bool = False) -> Tensor:
    """x where x > 0, else negative_slope x.

    Args:
        input: a floating-point tensor or array of any shape.
        negative_slope: the slope below 0.
        inplace: write the result into `input`.

    Returns:
        A tensor of the same shape.

    Raises:
        NotImplementedError: the input is not floating-point.

    Source: torch.nn.functional.leaky_relu.

    Examples:
        >>> import npnn
        >>> import npnn.functional as F
        >>> F.leaky_relu(npnn.tensor([-2.0, 2.0]))
        tensor([-0.0200,  2.0000])
    """
    x = as_floating(input, "leaky_relu")
    return _result(x, ops.LeakyReLU.apply(x, slope=negative_slope), inplace)


def leaky_relu_(input: Any, negative_slope: float = 0.01) -> Tensor:
    """`leaky_relu` in place. Source: torch.nn.functional.leaky_relu_."""
    return leaky_relu(input, negative_slope, inplace=True)


def prelu(input: Any, weight: Any) -> Tensor:
    """x where x > 0, else w x, with a weight w for each channel, or one for all.

    Channels are on the last axis, where torch has them on axis 1. As on torch, an input of fewer than two
    axes has one channel.

    Args:
        input: a floating-point tensor or array, (*, C).
        weight: (C,), (1,) or ().

    Returns:
        A tensor of the same shape.

    Raises:
        RuntimeError: the dtypes differ, the weight has more than one axis or another length than 1 or C, or
            the input has no axes though the weight has several elements.

    Source: torch.nn.functional.prelu.

    Examples:
        >>> import npnn
        >>> import npnn.functional as F
        >>> F.prelu(npnn.tensor([[-1.0, -1.0, 2.0]]), npnn.tensor([0.25, 0.5, 0.75]))
        tensor([[-0.2500, -0.5000,  2.0000]])
    """
    x, w = as_input(input, "prelu"), as_input(weight, "prelu")
    if x.dtype != w.dtype:
        raise RuntimeError(f"prelu: Type promoting not supported. Got {x.dtype} and {w.dtype}")
    if w.ndim > 1:
        raise RuntimeError(f"prelu: Expected `weight` to be a scalar or 1D tensor, but got: ndim = {w.ndim}")
    if w.array.size != 1:
        if x.ndim == 0:
            raise RuntimeError("Not allow zero-dim input tensor with a weight of several elements.")
        channels = x.shape[-1] if x.ndim > 1 else 1
        if w.array.size != channels:
            raise RuntimeError(
                "Mismatch of parameter numbers and input channel size. Found parameter numbers ="
                f" {w.array.size} and channel size = {channels}."
            )
    return ops.PReLU.apply(as_floating(x, "prelu"), w if w.array.size != 1 else w.reshape(()))


def rrelu(
    input: Any, lower: float = 1.0 / 8, upper: float = 1.0 / 3, training: bool = False, inplace: bool = False
) -> Tensor:
    """x where x > 0, else r x: in training with an r for each element, drawn uniformly from [lower, upper].

    The draws are torch's from the same seed for an array with the same axes: of an image, whose channels are
    last here, the elements come in another order.

    Args:
        input: a floating-point tensor or array of any shape.
        lower: the least slope.
        upper: the largest.
        training: whether to draw; otherwise r is the mean of the two.
        inplace: write the result into `input`.

    Returns:
        A tensor of the same shape.

    Raises:
        RuntimeError: lower is greater than upper.
        NotImplementedError: the input is not floating-point.

    Source: torch.nn.functional.rrelu.

    Examples:
        >>> import npnn
        >>> import npnn.functional as F
        >>> F.rrelu(npnn.tensor([-2.0, 2.0]), 0.125, 0.375)
        tensor([-0.5000,  2.0000])
    """
    return _rrelu(input, lower, upper, training, inplace, None)


def rrelu_(
    input: Any,
    lower: float = 1.0 / 8,
    upper: float = 1.0 / 3,
    training: bool = False,
    generator: Generator | None = None,
) -> Tensor:
    """`rrelu` in place, drawing from a generator or the default one. Source: torch.nn.functional.rrelu_."""
    return _rrelu(input, lower, upper, training, True, generator)


def _rrelu(
    input: Any, lower: float, upper: float, training: bool, inplace: bool, generator: Generator | None
) -> Tensor:
    x = as_floating(input, "rrelu")
    if lower > upper:
        raise RuntimeError(
            f"Lower bound should be less than or equal to the upper bound, got {lower} > {upper}"
        )
    if training:
        y = ops.RReLU.apply(x, lower=lower, upper=upper, generator=generator)
    else:
        y = ops.LeakyReLU.apply(x, slope=(lower + upper) / 2)
    return _result(x, y, inplace)


def _not_bool(input: Any, name: str) -> Tensor:
    x = as_input(input, name)
    if x.dtype.kind == "b":
        raise NotImplementedError(f"Bool inputs not supported for {name}")
    return x


def _in_dtype(name: str, number: float, dtype: np.dtype[Any]) -> float:
    """A number as one of the dtype: of integers the next towards 0, if there is one."""
    if dtype.kind == "f":
        return float(number)
    limits = np.iinfo(dtype)
    if not math.isfinite(number) or not limits.min <= int(number) <= limits.max:
        raise RuntimeError(f"value cannot be converted to type {dtype} without overflow: {name} is {number}")
    return int(number)


def _result(x: Tensor, y: Tensor, inplace: bool) -> Tensor:
    """y, or x with y written into it."""
    result: Tensor = x._assign(y) if inplace else y
    return result
