"""Statistics of tensors: sums that pass over nan, spreads with their means, covariances, both extremes.

Sources: the torch function of the same name.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from npnn.autograd.function import wrap
from npnn.ops.arithmetic import Where
from npnn.tensors.base import array_of, axis_of
from npnn.tensors.results import return_type

# ---- without nan


def nansum(input: Any, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Any:
    """The sum along axes, or of everything, with nan counted as 0."""
    return _without_nan(input).sum(dim, keepdim, dtype=dtype)


def nanmean(input: Any, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Any:
    """The mean along axes, or of everything, of those values that are not nan."""
    x = wrap(input)
    if x.array.dtype.kind not in "fc":
        raise RuntimeError(
            f"nanmean(): expected input to have floating point or complex dtype but got {x.array.dtype}"
        )
    count = wrap(~np.isnan(x.array)).sum(dim, keepdim)
    return nansum(x, dim, keepdim, dtype=dtype) / count


def count_nonzero(input: Any, dim: Any = None) -> Any:
    """How many values along axes, or of all, are not 0."""
    return wrap(array_of(input) != 0).sum(dim)


def _without_nan(input: Any) -> Any:
    x = wrap(input)
    if x.array.dtype.kind != "f":
        return x
    return Where.apply(np.isnan(x.array), np.zeros((), x.array.dtype), x)


# ---- spread


def std_mean(
    input: Any,
    dim: Any = None,
    unbiased: bool = True,
    keepdim: bool = False,
    *,
    correction: float | None = None,
) -> tuple[Any, Any]:
    """The standard deviation, and the mean; the arguments are those of `Tensor.std`."""
    x = wrap(input)
    return x.std(dim, unbiased, keepdim, correction=correction), _mean(x, dim, keepdim)


def var_mean(
    input: Any,
    dim: Any = None,
    unbiased: bool = True,
    keepdim: bool = False,
    *,
    correction: float | None = None,
) -> tuple[Any, Any]:
    """The variance, and the mean; the arguments are those of `Tensor.var`."""
    x = wrap(input)
    return x.var(dim, unbiased, keepdim, correction=correction), _mean(x, dim, keepdim)


def _mean(x: Any, dim: Any, keepdim: bool) -> Any:
    # The second argument may be `unbiased`, as std(unbiased) stands beside std(dim, unbiased).
    return x.mean(None if isinstance(dim, bool) else dim, keepdim)


def cov(input: Any, *, correction: int = 1, fweights: Any = None, aweights: Any = None) -> Any:
    """The covariances of the rows of a matrix, each a variable, its columns being observations.

    Args:
        input: (variables, observations), or a vector of observations of one variable.
        correction: what is taken off the number of observations.
        fweights: how often each observation was made, integers.
        aweights: the weight of each observation.

    Returns:
        (variables, variables), or a tensor without axes for one variable.

    Raises:
        RuntimeError: there are more than two axes, the weights are not one for each observation, or one is
            negative.

    Source: torch.cov.

    Examples:
        >>> import npnn
        >>> npnn.cov(npnn.tensor([[0.0, 1.0, 2.0], [2.0, 1.0, 0.0]]))
        tensor([[ 1., -1.],
                [-1.,  1.]])
    """
    x = wrap(input)
    if x.array.ndim > 2:
        raise RuntimeError(
            f"cov(): expected input to have two or fewer dimensions but got an input with {x.array.ndim}"
            " dimensions"
        )
    if x.array.dtype.kind == "b":
        raise NotImplementedError("cov(): bool dtype is not supported for input")
    rows = x if x.array.ndim == 2 else x.reshape(1, -1)
    count = rows.array.shape[1]
    _check_weights(fweights, count, "fweights", "iu")
    _check_weights(aweights, count, "aweights", "f")
    weights: Any = None if fweights is None else wrap(fweights)
    if aweights is not None:
        weights = wrap(aweights) if weights is None else weights * aweights
    total = count if weights is None else weights.sum()
    mean = (rows if weights is None else rows * weights).sum(1, keepdim=True) / total
    freedom = total
    if weights is not None and aweights is not None and correction:
        freedom = total - correction * (weights * aweights).sum() / total
    else:
        freedom = total - correction
    freedom = freedom.clamp(min=0) if hasattr(freedom, "array") else max(freedom, 0)
    centred = rows - mean
    products = centred @ (centred if weights is None else centred * weights).t()
    with np.errstate(all="ignore"):  # over no degrees of freedom it is nan
        scaled = products / wrap(
            np.asarray(freedom, products.array.dtype) if isinstance(freedom, int) else freedom
        )
    return scaled if rows.array.shape[0] != 1 else scaled.reshape(())


def _check_weights(weights: Any, count: int, name: str, kinds: str) -> None:
    if weights is None:
        return
    array = array_of(weights)
    if array.dtype.kind not in kinds:
        raise RuntimeError(f"cov(): expected {name} to have another dtype, got {array.dtype}")
    if array.ndim > 1 or array.size != count:
        raise RuntimeError(
            f"cov(): expected {name} to have one weight for each of the {count} observations, got shape"
            f" {list(array.shape)}"
        )
    if (array < 0).any():
        raise RuntimeError(f"cov(): {name} cannot be negative")


def corrcoef(input: Any) -> Any:
    """The correlation coefficients of the rows of a matrix, each a variable; see `cov`."""
    x = wrap(input)
    if x.array.ndim > 2:
        raise RuntimeError(
            "corrcoef(): expected input to have two or fewer dimensions but got an input with"
            f" {x.array.ndim} dimensions"
        )
    covariance = cov(x)
    if not covariance.array.ndim:
        with np.errstate(all="ignore"):
            return covariance / covariance
    places = np.arange(covariance.array.shape[0])
    spread = covariance[places, places].sqrt()
    with np.errstate(all="ignore"):
        return (covariance / spread.unsqueeze(1) / spread).clamp(-1, 1)


# ---- extremes, and lengths


def aminmax(input: Any, *, dim: int | None = None, keepdim: bool = False) -> Any:
    """The smallest and the largest value along an axis, or of all; ties share the gradient."""
    x = wrap(input)
    if dim is None and not x.array.size:
        raise RuntimeError(
            "aminmax(): cannot compute aminmax over an empty dimension as the operation has no identity."
        )
    dims: Any = () if dim is None else dim
    return return_type("aminmax", "min", "max")(x.amin(dims, keepdim), x.amax(dims, keepdim))


def renorm(input: Any, p: float, dim: int, maxnorm: float) -> Any:
    """The slices along an axis, each scaled down to a p-norm of `maxnorm` if it has a greater one.

    Raises:
        RuntimeError: p is not positive, maxnorm is negative, or there are fewer than two axes.
    """
    x = wrap(input)
    if p <= 0:
        raise RuntimeError(f"non-positive-norm not supported: got {p}")
    if maxnorm < 0:
        raise RuntimeError(f"expected maxnorm to be >= 0 but got {maxnorm}")
    if x.array.ndim < 2:
        raise RuntimeError(f"input needs at least 2 dimensions, got {x.array.ndim} dimensions")
    axis = axis_of(dim, x.array.ndim)
    # Of a copy, so that x itself may be overwritten with the result.
    norm = x.clone().norm(p, [other for other in range(x.array.ndim) if other != axis], True)
    # The 1e-7 is torch's.
    factor = Where.apply(norm.array > maxnorm, maxnorm / (norm + 1e-7), np.ones((), x.array.dtype))
    return (x * factor).contiguous()
