"""Clipping gradients, by their common norm or value by value."""

from __future__ import annotations

import types
import warnings
from collections.abc import Iterable
from typing import TypeAlias

import numpy as np

from npnn._typing import Array
from npnn.autograd.function import wrap
from npnn.tensors import Tensor

Tensors: TypeAlias = Tensor | Iterable[Tensor]


def get_total_norm(
    tensors: Tensors, norm_type: float = 2.0, error_if_nonfinite: bool = False, foreach: bool | None = None
) -> Tensor:
    """The p-norm of several tensors, as if they were one long vector.

    Args:
        tensors: one tensor or several.
        norm_type: p, a number or "inf"; 0 counts the elements that are not zero.
        error_if_nonfinite: whether a norm that is infinite or NaN is an error.
        foreach: accepted for torch's sake; there is one implementation.

    Shape:
        Output: scalar.

    Returns:
        The norm; 0 of no tensors.

    Raises:
        RuntimeError: the norm is not finite, and `error_if_nonfinite` is true.

    Source:
        torch.nn.utils.get_total_norm.

    Examples:
        >>> import npnn
        >>> get_total_norm([npnn.tensor([3.0]), npnn.tensor([[0.0, 4.0]])])
        tensor(5.)
    """
    arrays = [tensor.array for tensor in _as_list(tensors)]
    order = float(norm_type)
    if not arrays:
        return wrap(np.zeros((), np.float32))
    # As torch does it, the norm of the norms, which also keeps powers of large values from adding up.
    total = _vector_norm(np.stack([_vector_norm(array, order) for array in arrays]), order)
    if error_if_nonfinite and not np.isfinite(total):
        raise RuntimeError(
            f"The total norm of order {order} for gradients from `parameters` is non-finite, so it cannot be "
            f"clipped: it is {total}. With error_if_nonfinite=False they are scaled by it all the same."
        )
    return wrap(total)


def clip_grads_with_norm_(
    parameters: Tensors, max_norm: float, total_norm: Tensor, foreach: bool | None = None
) -> None:
    """Scales gradients, in place, by max_norm / (total_norm + 1e-6) where that is less than 1.

    Args:
        parameters: one parameter or several; those without a gradient are left aside.
        max_norm: what the norm may be.
        total_norm: what it is, from `get_total_norm`.
        foreach: accepted for torch's sake; there is one implementation.

    Source:
        torch.nn.utils.clip_grads_with_norm_.

    Examples:
        >>> import npnn
        >>> p = npnn.zeros(2, requires_grad=True)
        >>> p.grad = npnn.tensor([3.0, 4.0])
        >>> clip_grads_with_norm_(p, 10.0, npnn.tensor(20.0))
        >>> p.grad
        tensor([1.5000, 2.0000])
    """
    # minimum hands NaN on, as torch's clamp does: a NaN norm makes every gradient NaN.
    coefficient = np.minimum(float(max_norm) / (total_norm.array + 1e-6), 1.0)
    with np.errstate(invalid="ignore"):
        for grad in _grads(_as_list(parameters)):
            # In the gradient's own dtype: torch lets a scalar tensor not widen a product.
            np.multiply(grad.array, coefficient.astype(grad.dtype), out=grad.array)
            grad._bump_version()


def clip_grad_norm_(
    parameters: Tensors,
    max_norm: float,
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
    foreach: bool | None = None,
) -> Tensor:
    """Scales gradients, in place, so that their common norm is at most max_norm.

    Args:
        parameters: one parameter or several; those without a gradient are left aside.
        max_norm: what the norm may be.
        norm_type: p of the norm, a number or "inf".
        error_if_nonfinite: whether a norm that is infinite or NaN is an error.
        foreach: accepted for torch's sake; there is one implementation.

    Shape:
        Output: scalar.

    Returns:
        The norm before clipping.

    Raises:
        RuntimeError: the norm is not finite, and `error_if_nonfinite` is true; no gradient has been changed.

    Source:
        torch.nn.utils.clip_grad_norm_.

    Examples:
        >>> import npnn
        >>> p = npnn.zeros(2, requires_grad=True)
        >>> p.grad = npnn.tensor([3.0, 4.0])
        >>> clip_grad_norm_([p], max_norm=1.0)
        tensor(5.)
        >>> p.grad
        tensor([0.6000, 0.8000])
    """
    listed = _as_list(parameters)
    if isinstance(parameters, types.GeneratorType) and not listed:
        warnings.warn("`parameters` is an empty generator, no gradient clipping will occur.", stacklevel=2)
    total_norm = get_total_norm(_grads(listed), norm_type, error_if_nonfinite, foreach)
    clip_grads_with_norm_(listed, max_norm, total_norm, foreach)
    return total_norm


def clip_grad_norm(
    parameters: Tensors,
    max_norm: float,
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
    foreach: bool | None = None,
) -> Tensor:
    """The deprecated name of `clip_grad_norm_`.

    Args:
        parameters: as there.
        max_norm: as there.
        norm_type: as there.
        error_if_nonfinite: as there.
        foreach: as there.

    Returns:
        The norm before clipping.

    Source:
        torch.nn.utils.clip_grad_norm.
    """
    warnings.warn(
        "`clip_grad_norm` is now deprecated in favor of `clip_grad_norm_`.", FutureWarning, stacklevel=2
    )
    return clip_grad_norm_(parameters, max_norm, norm_type, error_if_nonfinite, foreach)


def clip_grad_value_(parameters: Tensors, clip_value: float, foreach: bool | None = None) -> None:
    """Clips every element of the gradients, in place, to [-clip_value, clip_value].

    Args:
        parameters: one parameter or several; those without a gradient are left aside.
        clip_value: the greatest value.
        foreach: accepted for torch's sake; there is one implementation.

    Source:
        torch.nn.utils.clip_grad_value_.

    Examples:
        >>> import npnn
        >>> p = npnn.zeros(3, requires_grad=True)
        >>> p.grad = npnn.tensor([-7.0, 0.5, 2.0])
        >>> clip_grad_value_([p], 1.0)
        >>> p.grad
        tensor([-1.0000,  0.5000,  1.0000])
    """
    bound = float(clip_value)
    for grad in _grads(_as_list(parameters)):
        np.clip(grad.array, -bound, bound, out=grad.array)
        grad._bump_version()


def _as_list(tensors: Tensors) -> list[Tensor]:
    return [tensors] if isinstance(tensors, Tensor) else list(tensors)


def _grads(parameters: list[Tensor]) -> list[Tensor]:
    return [parameter.grad for parameter in parameters if parameter.grad is not None]


def _vector_norm(array: Array, order: float) -> Array:
    """The norm of all elements; |x| below is real for complex x too."""
    with np.errstate(over="ignore"):
        return np.asarray(np.linalg.norm(np.abs(array).reshape(-1), order))
