"""Variable: what tensors that take part in differentiation were called before they became Tensor.

Source: torch.autograd.Variable.
"""

from __future__ import annotations

import warnings
from typing import Any

from npnn.autograd import function as _function

__all__ = ["Variable"]


class _IsTensor(type):
    def __instancecheck__(cls, other: object) -> bool:
        return isinstance(other, _function._tensor)


class Variable(metaclass=_IsTensor):
    """The older way to put a tensor on the tape: it returns a tensor, and every tensor is an instance of it.

    Args:
        data: a tensor, whose memory the result shares; None is an empty one.
        requires_grad: whether a gradient flows to the result.
        volatile: warns that it has no effect any more.

    Raises:
        TypeError: data is no tensor.
        RuntimeError: `requires_grad` is set for values that are not floating point.

    Source: torch.autograd.Variable.

    Examples:
        >>> import npnn
        >>> from npnn.autograd import Variable
        >>> Variable(npnn.ones(2), requires_grad=True)
        tensor([1., 1.], requires_grad=True)
        >>> isinstance(npnn.ones(2), Variable)
        True
    """

    def __new__(cls, data: Any = None, requires_grad: bool = False, volatile: Any = None) -> Any:
        """A tensor, off the tape or a leaf of its own."""
        if volatile is not None:
            warnings.warn(
                "volatile was removed and now has no effect. Use `with no_grad():` instead.", stacklevel=2
            )
        if data is None:
            data = _function.wrap([]).float()
        if not isinstance(data, _function._tensor):
            raise TypeError(f"Variable data has to be a tensor, but got {type(data).__name__}")
        return data.detach().requires_grad_(bool(requires_grad))
