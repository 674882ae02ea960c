"""Transforms of each element by itself."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from npnn.distributions import constraints
from npnn.distributions.distribution import Distribution, broadcast_all, sum_rightmost
from npnn.distributions.transforms.transform import Parameterless, Transform
from npnn.functional.activation import softplus
from npnn.tensors import Size
from npnn.tensors.base import array_of
from npnn.tensors.creation import full_like


class _Growing(Parameterless):
    """A growing function of real numbers."""

    domain = constraints.real
    bijective = True
    sign = 1


class ExpTransform(_Growing):
    """y = exp x.

    Source: torch.distributions.transforms.ExpTransform.
    """

    codomain = constraints.positive

    def _call(self, x: Any) -> Any:
        return x.exp()

    def _inverse(self, y: Any) -> Any:
        return y.log()

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        """Which is x."""
        return x


class SigmoidTransform(_Growing):
    """y = 1 / (1 + exp(-x)), kept apart from 0 and 1.

    Source: torch.distributions.transforms.SigmoidTransform.
    """

    codomain = constraints.unit_interval

    def _call(self, x: Any) -> Any:
        return _inside(x.sigmoid())

    def _inverse(self, y: Any) -> Any:
        y = _inside(y)
        return y.log() - (-y).log1p()

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        """ln y + ln(1 - y)."""
        return -softplus(-x) - softplus(x)


def _inside(y: Any) -> Any:
    limits = np.finfo(y.dtype)
    return y.clamp(float(limits.tiny), 1 - float(limits.eps))


class TanhTransform(_Growing):
    """y = tanh x. With a cache, values that are rounded to 1 keep their x.

    Source: torch.distributions.transforms.TanhTransform.
    """

    codomain = constraints.interval(-1.0, 1.0)

    def _call(self, x: Any) -> Any:
        return x.tanh()

    def _inverse(self, y: Any) -> Any:
        return y.atanh()

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        """ln(1 - y²), from x, so that it is exact where y is near 1."""
        return 2 * (math.log(2) - x - softplus(-2 * x))


class SoftplusTransform(_Growing):
    """y = ln(1 + exp x).

    Source: torch.distributions.transforms.SoftplusTransform.
    """

    codomain = constraints.positive

    def _call(self, x: Any) -> Any:
        return softplus(x)

    def _inverse(self, y: Any) -> Any:
        return (-(-y).expm1()).log() + y

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        """The logarithm of the sigmoid of x."""
        return -softplus(-x)


class AbsTransform(Parameterless):
    """y = |x|, of which -y and y are the origins; the inverse returns y.

    Source: torch.distributions.transforms.AbsTransform.
    """

    domain = constraints.real
    codomain = constraints.positive

    def _call(self, x: Any) -> Any:
        return x.abs()

    def _inverse(self, y: Any) -> Any:
        return y


class PowerTransform(Transform):
    """y = x to a power, for positive x.

    Args:
        exponent: the power, a number or a tensor.
        cache_size: as `Transform` takes it.

    Source: torch.distributions.transforms.PowerTransform.
    """

    domain = codomain = constraints.positive
    bijective = True

    def __init__(self, exponent: Any, cache_size: int = 0) -> None:
        super().__init__(cache_size)
        (self.exponent,) = broadcast_all(exponent)

    @property
    def sign(self) -> Any:
        """The sign of the exponent."""
        return self.exponent.sign()

    def _call(self, x: Any) -> Any:
        return x**self.exponent

    def _inverse(self, y: Any) -> Any:
        return y ** (1 / self.exponent)

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        """ln |exponent · y / x|."""
        return (self.exponent * y / x).abs().log()

    def forward_shape(self, shape: Any) -> Any:
        """The shape, as it broadcasts with the exponent's."""
        return Size(np.broadcast_shapes(tuple(shape), self.exponent.shape))

    inverse_shape = forward_shape

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PowerTransform) and _same(self.exponent, other.exponent)

    __hash__ = Transform.__hash__


class AffineTransform(Transform):
    """y = loc + scale · x.

    Args:
        loc: a number or a tensor.
        scale: a number or a tensor.
        event_dim: how many of the last axes count as one value.
        cache_size: as `Transform` takes it.

    Source: torch.distributions.transforms.AffineTransform.
    """

    bijective = True

    def __init__(self, loc: Any, scale: Any, event_dim: int = 0, cache_size: int = 0) -> None:
        super().__init__(cache_size)
        self.loc, self.scale, self._event_dim = loc, scale, event_dim

    @property
    def domain(self) -> constraints.Constraint:
        """Real numbers."""
        return (
            constraints.independent(constraints.real, self._event_dim)
            if self._event_dim
            else constraints.real
        )

    codomain = domain

    @property
    def sign(self) -> Any:
        """The sign of scale."""
        return self.scale.sign() if hasattr(self.scale, "sign") else int(np.sign(self.scale))

    def _call(self, x: Any) -> Any:
        return self.loc + self.scale * x

    def _inverse(self, y: Any) -> Any:
        return (y - self.loc) / self.scale

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        """ln |scale|."""
        if hasattr(self.scale, "abs"):
            each = self.scale.abs().log()
            each = each.expand(np.broadcast_shapes(x.shape, each.shape))
        else:
            each = full_like(x, math.log(abs(self.scale)))
        return sum_rightmost(each, self._event_dim)

    def forward_shape(self, shape: Any) -> Any:
        """The shape, as it broadcasts with those of loc and scale."""
        return Size(np.broadcast_shapes(tuple(shape), np.shape(self.loc), np.shape(self.scale)))

    inverse_shape = forward_shape

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, AffineTransform)
            and _same(self.loc, other.loc)
            and _same(self.scale, other.scale)
        )

    __hash__ = Transform.__hash__


def _same(one: Any, other: Any) -> bool:
    return bool(np.all(array_of(one) == array_of(other)))


class CumulativeDistributionTransform(Transform):
    """y = F(x), for the cumulative distribution function F of a distribution.

    Args:
        distribution: the distribution, which has `cdf` and `icdf`.
        cache_size: as `Transform` takes it.

    Source: torch.distributions.transforms.CumulativeDistributionTransform.
    """

    bijective = True
    codomain = constraints.unit_interval
    sign = 1

    def __init__(self, distribution: Distribution, cache_size: int = 0) -> None:
        super().__init__(cache_size)
        self.distribution = distribution

    @property
    def domain(self) -> constraints.Constraint:
        """What samples are."""
        return self.distribution.support

    def _call(self, x: Any) -> Any:
        return self.distribution.cdf(x)

    def _inverse(self, y: Any) -> Any:
        return self.distribution.icdf(y)

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        """The logarithm of the density."""
        return self.distribution.log_prob(x)
