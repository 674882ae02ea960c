"""How often values are there: unique ones, membership, histograms. Each function takes the tensor first.

Nothing here has a gradient.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from npnn._typing import Array
from npnn.autograd.function import wrap
from npnn.tensors.base import array_of, axis_of
from npnn.tensors.results import return_type


def unique(
    input: Any,
    sorted: bool = True,
    return_inverse: bool = False,
    return_counts: bool = False,
    dim: int | None = None,
) -> Any:
    """The values that are there, each once and in order; or the slices along an axis.

    Args:
        input: the tensor.
        sorted: they are in order anyway.
        return_inverse: give also where in the result each element is.
        return_counts: give also how often each value is there.
        dim: the axis.

    Returns:
        The values, or a tuple of all that was asked for.

    Source: torch.unique.

    Examples:
        >>> import npnn
        >>> npnn.tensor([3, 1, 3]).unique(return_counts=True)
        (tensor([1, 3]), tensor([1, 2]))
    """
    axis = None if dim is None else axis_of(dim, input.array.ndim)
    options: dict[str, Any] = {"return_inverse": return_inverse, "return_counts": return_counts}
    found = np.unique(input.array, axis=axis, equal_nan=False, **options)
    if not (return_inverse or return_counts):
        return wrap(found)
    results = [wrap(array) for array in found]
    if return_inverse:
        results[1] = results[1].reshape(input.array.shape if axis is None else input.array.shape[axis])
    return tuple(results)


def unique_consecutive(
    input: Any, return_inverse: bool = False, return_counts: bool = False, dim: int | None = None
) -> Any:
    """The values without those that are equal to the one before; or the slices along an axis.

    Args:
        input: the tensor.
        return_inverse: give also where in the result each element is.
        return_counts: give also how long each run is.
        dim: the axis.

    Returns:
        The values, or a tuple of all that was asked for.

    Source: torch.unique_consecutive.

    Examples:
        >>> import npnn
        >>> npnn.tensor([1, 1, 2, 1]).unique_consecutive()
        tensor([1, 2, 1])
    """
    axis = 0 if dim is None else axis_of(dim, input.array.ndim)
    slices = input.array.reshape(-1) if dim is None else np.moveaxis(input.array, axis, 0)
    differs = (slices[1:] != slices[:-1]).any(tuple(range(1, slices.ndim)))
    new = np.concatenate([np.ones(min(len(slices), 1), bool), differs])
    inverse = np.cumsum(new) - 1
    counts = np.diff(np.append(np.flatnonzero(new), len(slices)))
    values = np.moveaxis(slices[new], 0, axis)
    if dim is None:
        inverse = inverse.reshape(input.array.shape)
    results = [values, *([inverse] if return_inverse else []), *([counts] if return_counts else [])]
    tensors = tuple(wrap(np.array(result, order="C")) for result in results)
    return tensors if len(tensors) > 1 else tensors[0]


def isin(elements: Any, test_elements: Any, *, assume_unique: bool = False, invert: bool = False) -> Any:
    """Which elements are among others.

    Args:
        elements: a tensor or a number.
        test_elements: a tensor or a number.
        assume_unique: both hold each value only once, which may make it faster.
        invert: which are not.

    Source: torch.isin.

    Examples:
        >>> import npnn
        >>> npnn.isin(npnn.tensor([1, 2, 3]), npnn.tensor([2, 5]))
        tensor([False,  True, False])
    """
    a, b = np.asarray(array_of(elements)), np.asarray(array_of(test_elements))
    return wrap(np.isin(a, b, assume_unique=assume_unique, invert=invert).reshape(a.shape))


def bincount(input: Any, weights: Any = None, minlength: int = 0) -> Any:
    """How often each of the numbers 0, 1, ... is there.

    Args:
        input: a vector of integers that are not negative.
        weights: how much each of them counts.
        minlength: how long the result has to be at least.

    Raises:
        RuntimeError: the tensor is something else, the weights have another length, or minlength is negative.

    Source: torch.bincount.

    Examples:
        >>> import npnn
        >>> npnn.tensor([1, 1, 3]).bincount()
        tensor([0, 2, 0, 1])
    """
    x = input.array
    if minlength < 0:
        raise RuntimeError("minlength should be >= 0")
    if x.ndim != 1 or x.dtype.kind not in "iu" or (x.size and x.min() < 0):
        raise RuntimeError("bincount only supports 1-d non-negative integral inputs.")
    if weights is None:
        return wrap(np.bincount(x, minlength=minlength))
    if weights.array.shape != x.shape:
        raise RuntimeError("weights should be 1-d and have the same length as input")
    counted = np.bincount(x, weights.array, minlength)
    return wrap(counted.astype(np.float32 if weights.array.dtype == np.float32 else np.float64))


def histc(input: Any, bins: int = 100, min: float = 0, max: float = 0) -> Any:
    """How many elements are in each of equal bins between two bounds; what is outside does not count.

    Args:
        input: the tensor.
        bins: how many.
        min: the lower bound.
        max: the upper bound; if it equals the lower one, both are taken from the elements.

    Raises:
        RuntimeError: there is no bin, or the bounds are not finite or in the wrong order.

    Source: torch.histc.

    Examples:
        >>> import npnn
        >>> npnn.tensor([1.0, 2.0, 1.0]).histc(bins=4, min=0, max=3)
        tensor([0., 2., 1., 0.])
    """
    if bins < 1:
        raise RuntimeError(f"bins must be > 0, but got {bins}")
    counted, _ = np.histogram(input.array, bins, _bounds("histc", input.array, min, max, 1.0))
    return wrap(counted.astype(input.array.dtype))


def histogram(input: Any, bins: Any, *, range: Any = None, weight: Any = None, density: bool = False) -> Any:
    """How many elements are in each bin, and the edges of the bins; what is outside does not count.

    Args:
        input: the tensor.
        bins: how many equal ones; or the edges, a vector in order.
        range: the bounds of equal bins; by default from the smallest to the largest element.
        weight: how much each element counts.
        density: give, in the place of counts, a density that integrates to 1.

    Raises:
        RuntimeError: there is no bin, the bounds are not finite or in the wrong order, or dtypes differ.

    Source: torch.histogram.

    Examples:
        >>> import npnn
        >>> npnn.tensor([1.0, 2.0, 1.0]).histogram(2, range=(0.0, 3.0)).hist
        tensor([2., 1.])
    """
    x = input.array
    if isinstance(bins, int):
        if bins < 1:
            raise RuntimeError(f"torch.histogram(): bins must be > 0, but got {bins}")
        low, high = range or ((0.0, 0.0) if x.size else (0.0, 1.0))
        edges = np.linspace(*_bounds("torch.histogram", x, low, high, 0.5), bins + 1, dtype=x.dtype)
    else:
        edges = bins.array
    if edges.dtype != x.dtype:
        raise RuntimeError(
            "torch.histogram(): input tensor and bins tensors should have the same dtype, but got input with"
            f" dtype {x.dtype} and bins with dtype {edges.dtype}"
        )
    shares = None if weight is None else weight.array.reshape(-1)
    with np.errstate(invalid="ignore"):  # where nothing counts there is no density
        counted, _ = np.histogram(x.reshape(-1), edges, weights=shares, density=density)
    results = return_type("histogram", "hist", "bin_edges")
    return results(wrap(counted.astype(x.dtype)), wrap(edges.copy()))


def _bounds(name: str, x: Array, low: float, high: float, margin: float) -> tuple[float, float]:
    """The bounds of equal bins: of the elements where none are given, and if they agree, a margin apart."""
    if low == high and x.size:
        low, high = x.min().item(), x.max().item()
    if low == high:
        low, high = low - margin, high + margin
    if not np.isfinite([low, high]).all():
        raise RuntimeError(f"{name}: range of [{low}, {high}] is not finite")
    if low > high:
        raise RuntimeError(f"{name}: max must be larger than min, got [{low}, {high}]")
    return low, high
