"""Draws from a distribution that does not depend on the shape of the tensor."""

from __future__ import annotations

import math
import warnings
from typing import Any, cast

import numpy as np

from npnn._typing import Array, Shape
from npnn.init.layout import in_torch_order
from npnn.random import Generator, default_generator
from npnn.tensors import Tensor


def uniform_(tensor: Tensor, a: float = 0.0, b: float = 1.0, generator: Generator | None = None) -> Tensor:
    """Fills a tensor with draws from the uniform distribution on [a, b).

    Args:
        tensor: the tensor to fill.
        a: the lower bound.
        b: the upper bound.
        generator: the generator to draw from; None is the default one.

    Returns:
        The tensor.

    Source: torch.nn.init.uniform_.

    Examples:
        >>> import npnn
        >>> _ = npnn.manual_seed(0)
        >>> npnn.init.uniform_(npnn.empty(3, 2))
        tensor([[0.4963, 0.7682],
                [0.0885, 0.1320],
                [0.3074, 0.6341]])
    """
    view = in_torch_order(tensor)
    view[...] = (generator or default_generator).uniform(view.shape, a, b, view.dtype)
    return tensor


def normal_(
    tensor: Tensor, mean: float = 0.0, std: float = 1.0, generator: Generator | None = None
) -> Tensor:
    """Fills a tensor with draws from the normal distribution.

    Args:
        tensor: the tensor to fill.
        mean: the mean.
        std: the standard deviation.
        generator: the generator to draw from; None is the default one.

    Returns:
        The tensor.

    Source: torch.nn.init.normal_.

    Examples:
        >>> import npnn
        >>> _ = npnn.manual_seed(0)
        >>> npnn.init.normal_(npnn.empty(3, 2))
        tensor([[ 1.5410, -0.2934],
                [-2.1788,  0.5684],
                [-1.0845, -1.3986]])
    """
    view = in_torch_order(tensor)
    view[...] = (generator or default_generator).normal(view.shape, mean, std, view.dtype)
    return tensor


def trunc_normal_(
    tensor: Tensor,
    mean: float = 0.0,
    std: float = 1.0,
    a: float = -2.0,
    b: float = 2.0,
    generator: Generator | None = None,
) -> Tensor:
    """Fills a tensor with draws from the normal distribution, given that they lie in [a, b].

    Draws are rejected and made again, for the whole tensor at a time as torch does. If [a, b] holds more than
    30% of the distribution they are normal draws, rejected outside; if not, uniform ones on [a, b], accepted
    with a probability in proportion to the density.

    Args:
        tensor: the tensor to fill.
        mean: the mean of the whole distribution.
        std: its standard deviation.
        a: the lower bound.
        b: the upper bound.
        generator: the generator to draw from; None is the default one.

    Returns:
        The tensor.

    Source: torch.nn.init.trunc_normal_.

    Examples:
        >>> import npnn
        >>> w = npnn.init.trunc_normal_(npnn.empty(30, 20), std=0.5, a=-1.0, b=0.25)
        >>> bool(w.min() >= -1.0), bool(w.max() <= 0.25)
        (True, True)
    """
    if mean < a - 2 * std or mean > b + 2 * std:
        warnings.warn(
            f"mean is more than 2 std from [a, b] in nn.init.trunc_normal_, with mean={mean}, std={std} and "
            f"[a, b]=[{a}, {b}]. The distribution of values may be incorrect.",
            stacklevel=2,
        )
    view, source = in_torch_order(tensor), generator or default_generator
    inside = _normal_cdf((b - mean) / std) - _normal_cdf((a - mean) / std)
    sample = _normal_inside if inside > 0.3 else _uniform_by_density
    view[...] = sample(source, view.shape, view.dtype, mean, std, a, b)
    return tensor


def _normal_cdf(x: float) -> float:
    return (1.0 + math.erf(x / math.sqrt(2.0))) / 2.0


def _normal_inside(
    generator: Generator, shape: Shape, dtype: np.dtype[Any], mean: float, std: float, a: float, b: float
) -> Array:
    values = generator.normal(shape, mean, std, dtype)
    while (outside := (values < a) | (values > b)).any():
        values = np.where(outside, generator.normal(shape, mean, std, dtype), values)
    return values


def _uniform_by_density(
    generator: Generator, shape: Shape, dtype: np.dtype[Any], mean: float, std: float, a: float, b: float
) -> Array:
    mode = max(a, min(mean, b))
    log_peak = -0.5 * ((mode - mean) / std) ** 2

    def rejected(candidates: Array) -> Array:
        log_density = ((candidates - mean) / std) ** 2 * -0.5 - log_peak
        with np.errstate(divide="ignore"):
            return cast(Array, np.log(generator.uniform(shape, dtype=dtype)) > log_density)

    values = generator.uniform(shape, a, b, dtype)
    pending = rejected(values)
    while pending.any():
        candidates = generator.uniform(shape, a, b, dtype)
        values = np.where(pending, candidates, values)
        pending &= rejected(candidates)
    return values
