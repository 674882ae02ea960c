"""torch's functions of tensors, by name: `npnn.exp(x)` is `x.exp()`.

Those that mirror a method are made from it, in a table; those that take several tensors stand below.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from npnn.ops import shape
from npnn.tensors.arithmetic import matmul, where
from npnn.tensors.core import Tensor
from npnn.tensors.creation import as_tensor
from npnn.tensors.protocol import same_dtype

FROM_METHODS = tuple(
    "abs absolute acos add all amax amin any arccos arcsin arctan argmax argmin argsort asin atan ceil chunk clamp clip clone "
    "cos cosh cumsum detach div divide dot eq exp expm1 flatten flip floor floor_divide gather ge gt index_select is_complex "
    "is_floating_point isfinite isinf isnan le log log10 log1p log2 log_softmax logical_and logical_not logical_or logsumexp lt "
    "masked_fill max maximum mean min minimum mm moveaxis movedim mul multinomial multiply narrow ne neg negative norm numel permute "
    "pow prod reciprocal relu remainder reshape round rsqrt select sigmoid sign sin sinh softmax sort split sqrt square "
    "squeeze std sub subtract sum swapaxes t tan tanh topk transpose true_divide trunc unbind unflatten unsqueeze var".split()
)


def _from_method(name: str) -> Callable[..., Any]:
    method = getattr(Tensor, name)

    def function(input: Any, *args: Any, **kwargs: Any) -> Any:
        return method(input if isinstance(input, Tensor) else as_tensor(input), *args, **kwargs)

    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"{method.__doc__}\n\nThe method `Tensor.{name}` of the first argument."
    return function


globals().update({name: _from_method(name) for name in FROM_METHODS})


def cat(tensors: Any, dim: int = 0) -> Tensor:
    """Tensors joined end to end along an axis.

    Args:
        tensors: tensors of one shape, but for the axis.
        dim: the axis.

    Raises:
        ValueError: there are none.
        RuntimeError: their shapes differ elsewhere.

    Examples:
        >>> import npnn
        >>> npnn.cat([npnn.ones(1, 2), npnn.zeros(2, 2)]).shape
        torch.Size([3, 2])
    """
    if not len(tensors):
        raise ValueError("cat expects a non-empty list of Tensors")
    shapes = [list(t.array.shape) for t in tensors]
    for sizes in shapes[1:]:
        if len(sizes) != len(shapes[0]) or any(
            a != b for axis, (a, b) in enumerate(zip(shapes[0], sizes, strict=True)) if axis != dim % len(sizes)
        ):
            raise RuntimeError(f"Sizes of tensors must match except in dimension {dim}, got {shapes[0]} and {sizes}")
    result: Tensor = shape.Concatenate.apply(*same_dtype(tensors), axis=dim)
    return result


def stack(tensors: Any, dim: int = 0) -> Tensor:
    """Tensors of one shape side by side along a new axis.

    Examples:
        >>> import npnn
        >>> npnn.stack([npnn.ones(2), npnn.zeros(2)], dim=1).shape
        torch.Size([2, 2])
    """
    if not len(tensors):
        raise RuntimeError("stack expects a non-empty list of Tensors")
    shapes = [list(t.array.shape) for t in tensors]
    if any(sizes != shapes[0] for sizes in shapes):
        other = next(sizes for sizes in shapes if sizes != shapes[0])
        raise RuntimeError(f"stack expects each tensor to be equal size, but got {shapes[0]} and {other}")
    return cat([t.unsqueeze(dim) for t in tensors], dim if dim >= 0 else dim)


def equal(input: Tensor, other: Tensor) -> bool:
    """Whether two tensors have the same shape and the same values."""
    return bool(np.array_equal(input.array, other.array))


def allclose(input: Tensor, other: Tensor, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> bool:
    """Whether all values agree to within atol + rtol |other|."""
    return bool(np.allclose(input.array, other.array, rtol, atol, equal_nan))


def is_tensor(obj: Any) -> bool:
    """Whether an object is a tensor."""
    return isinstance(obj, Tensor)


__all__ = [*FROM_METHODS, "allclose", "cat", "equal", "is_tensor", "matmul", "stack", "where"]  # noqa: PLE0604
