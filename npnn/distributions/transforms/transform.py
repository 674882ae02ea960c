"""What all transforms have in common."""

from __future__ import annotations

import copy
from typing import Any

from npnn.distributions.constraints import Constraint


class Transform:
    """A function y = t(x), which can be inverted and tells ln |det dy/dx|.

    A transform of one's own defines `_call`, `_inverse` and `log_abs_det_jacobian`.

    Args:
        cache_size: 1 keeps the last x and its y, so that the inverse of that y is that x, to the bit.

    Attributes:
        domain: what x must be.
        codomain: what y is.
        bijective: whether each y has one x.

    Raises:
        ValueError: cache_size is neither 0 nor 1.

    Source: torch.distributions.transforms.Transform.
    """

    bijective: Any = False
    domain: Any
    codomain: Any

    def __init__(self, cache_size: int = 0) -> None:
        if cache_size not in (0, 1):
            raise ValueError(f"cache_size must be 0 or 1, got {cache_size}")
        self._cache_size = cache_size
        self._last: tuple[Any, Any] = (None, None)
        self._inv: Transform | None = None

    @property
    def event_dim(self) -> int:
        """How many of the last axes are transformed as one.

        Raises:
            ValueError: of x and y different numbers are.
        """
        if self.domain.event_dim != self.codomain.event_dim:
            raise ValueError("Please use either .domain.event_dim or .codomain.event_dim")
        return int(self.domain.event_dim)

    @property
    def sign(self) -> Any:
        """1 if y grows with x, -1 if it falls.

        Raises:
            NotImplementedError: neither can be said, as of vectors.
        """
        raise NotImplementedError(f"{type(self).__name__} has no sign")

    @property
    def inv(self) -> Transform:
        """The inverse transform."""
        if self._inv is None:
            self._inv = _Inverse(self)
        return self._inv

    def with_cache(self, cache_size: int = 1) -> Any:
        """The same transform with another size of cache."""
        if cache_size == self._cache_size:
            return self
        new = copy.copy(self)
        new._cache_size, new._last, new._inv = cache_size, (None, None), None
        return new

    def __call__(self, x: Any) -> Any:
        """The value y of x."""
        if self._cache_size and x is self._last[0]:
            return self._last[1]
        y = self._call(x)
        if self._cache_size:
            self._last = x, y
        return y

    def _inv_call(self, y: Any) -> Any:
        if self._cache_size and y is self._last[1]:
            return self._last[0]
        x = self._inverse(y)
        if self._cache_size:
            self._last = x, y
        return x

    def _call(self, x: Any) -> Any:
        raise NotImplementedError

    def _inverse(self, y: Any) -> Any:
        raise NotImplementedError

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        """ln |det dy/dx|, without the axes that are transformed as one.

        Args:
            x: a value.
            y: what the transform makes of it.
        """
        raise NotImplementedError

    def forward_shape(self, shape: Any) -> Any:
        """The shape of y for a shape of x."""
        return shape

    def inverse_shape(self, shape: Any) -> Any:
        """The shape of x for a shape of y."""
        return shape

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


class Parameterless(Transform):
    """A transform without parameters: one is as good as another."""

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other)

    def __hash__(self) -> int:
        return hash(type(self))


class _Inverse(Transform):
    """The inverse of a transform, which keeps the cache."""

    def __init__(self, transform: Transform) -> None:
        super().__init__(transform._cache_size)
        self._of = transform

    @property
    def domain(self) -> Constraint:
        domain: Constraint = self._of.codomain
        return domain

    @property
    def codomain(self) -> Constraint:
        codomain: Constraint = self._of.domain
        return codomain

    @property
    def bijective(self) -> Any:
        return self._of.bijective

    @property
    def sign(self) -> Any:
        return self._of.sign

    @property
    def inv(self) -> Transform:
        return self._of

    def with_cache(self, cache_size: int = 1) -> Any:
        return self._of.with_cache(cache_size).inv

    def __call__(self, x: Any) -> Any:
        return self._of._inv_call(x)

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        return -self._of.log_abs_det_jacobian(y, x)

    def forward_shape(self, shape: Any) -> Any:
        return self._of.inverse_shape(shape)

    def inverse_shape(self, shape: Any) -> Any:
        return self._of.forward_shape(shape)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Inverse) and self._of == other._of

    def __hash__(self) -> int:
        return hash((_Inverse, self._of))

    def __repr__(self) -> str:
        return f"_InverseTransform({self._of!r})"
