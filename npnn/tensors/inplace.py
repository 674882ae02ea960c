"""In place: the methods whose names end in _, and the augmented assignments."""

from __future__ import annotations

import operator
from typing import Any

from npnn.tensors.base import TensorBase


class InPlaceMethods(TensorBase):
    """Methods that compute a result and write it over the tensor itself, whose memory and dtype stay."""

    def _replaced(self, method: str, *args: Any, **kwargs: Any) -> Any:
        """Writes what another method returns over the tensor, and returns the tensor."""
        return self._assign(getattr(self, method)(*args, **kwargs))

    # ---- augmented assignments

    def __iadd__(self, other: Any) -> Any:
        return self._assign(operator.add(self, other))

    def __isub__(self, other: Any) -> Any:
        return self._assign(operator.sub(self, other))

    def __imul__(self, other: Any) -> Any:
        return self._assign(operator.mul(self, other))

    def __itruediv__(self, other: Any) -> Any:
        return self._assign(operator.truediv(self, other))

    def __ifloordiv__(self, other: Any) -> Any:
        return self._assign(operator.floordiv(self, other))

    def __imod__(self, other: Any) -> Any:
        return self._assign(operator.mod(self, other))

    def __ipow__(self, other: Any) -> Any:
        return self._assign(operator.pow(self, other))

    def __iand__(self, other: Any) -> Any:
        return self._assign(operator.and_(self, other))

    def __ior__(self, other: Any) -> Any:
        return self._assign(operator.or_(self, other))

    def __ixor__(self, other: Any) -> Any:
        return self._assign(operator.xor(self, other))

    def __ilshift__(self, other: Any) -> Any:
        return self._assign(operator.lshift(self, other))

    def __irshift__(self, other: Any) -> Any:
        return self._assign(operator.rshift(self, other))

    # ---- methods

    def add_(self, other: Any, *, alpha: Any = 1) -> Any:
        """Adds alpha * other in place."""
        return self._replaced("add", other, alpha=alpha)

    def sub_(self, other: Any, *, alpha: Any = 1) -> Any:
        """Subtracts alpha * other in place."""
        return self._replaced("sub", other, alpha=alpha)

    def mul_(self, other: Any) -> Any:
        """Multiplies in place."""
        return self._replaced("mul", other)

    def div_(self, other: Any, *, rounding_mode: str | None = None) -> Any:
        """Divides in place."""
        return self._replaced("div", other, rounding_mode=rounding_mode)

    def pow_(self, exponent: Any) -> Any:
        """Raises to a power in place."""
        return self._replaced("pow", exponent)

    def clamp_(self, min: Any = None, max: Any = None) -> Any:
        """Limits to [min, max] in place."""
        return self._replaced("clamp", min, max)

    def masked_fill_(self, mask: Any, value: Any) -> Any:
        """Writes `value` where the mask is True."""
        return self._replaced("masked_fill", mask, value)

    def neg_(self) -> Any:
        """Negates in place."""
        return self._replaced("neg")

    def abs_(self) -> Any:
        """Takes absolute values in place."""
        return self._replaced("abs")

    def sqrt_(self) -> Any:
        """Takes square roots in place."""
        return self._replaced("sqrt")

    def exp_(self) -> Any:
        """Exponentiates in place."""
        return self._replaced("exp")

    def log_(self) -> Any:
        """Takes logarithms in place."""
        return self._replaced("log")

    def relu_(self) -> Any:
        """Sets negative values to 0 in place."""
        return self._replaced("relu")

    def sigmoid_(self) -> Any:
        """Applies the sigmoid in place."""
        return self._replaced("sigmoid")

    def tanh_(self) -> Any:
        """Applies tanh in place."""
        return self._replaced("tanh")
