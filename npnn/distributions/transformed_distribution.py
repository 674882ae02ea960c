"""The distribution of a function of a sample."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from npnn.autograd.grad_mode import no_grad
from npnn.distributions import constraints
from npnn.distributions.distribution import Distribution, sum_rightmost
from npnn.distributions.independent import Independent
from npnn.distributions.transforms import ComposeTransform, Transform
from npnn.tensors import Size


class TransformedDistribution(Distribution):
    """The distribution of t(x), for x of a distribution and a transform t, or several one after the other.

    Args:
        base_distribution: the distribution of x.
        transforms: the transform, or a list of them.
        validate_args: whether arguments are checked. Default: they are.

    Attributes:
        base_dist: the distribution of x, in the shape that the transforms take.
        transforms: the list.

    Raises:
        ValueError: something is no transform, or x has fewer axes than the transforms take.

    Source: torch.distributions.TransformedDistribution.

    Examples:
        >>> import npnn
        >>> from npnn.distributions import Normal, TransformedDistribution
        >>> from npnn.distributions.transforms import TanhTransform
        >>> squashed = TransformedDistribution(Normal(npnn.zeros(3), 1.0), TanhTransform())
        >>> squashed.log_prob(npnn.tensor([0.0, 0.5, -0.5]))
        tensor([-0.9189, -0.7821, -0.7821])
    """

    def __init__(
        self,
        base_distribution: Distribution,
        transforms: Transform | list[Transform],
        validate_args: bool | None = None,
    ) -> None:
        self.transforms = [transforms] if isinstance(transforms, Transform) else transforms
        if not isinstance(self.transforms, Sequence) or not all(
            isinstance(each, Transform) for each in self.transforms
        ):
            raise ValueError(f"transforms must be a Transform or a list of Transforms, but was {transforms}")
        whole = ComposeTransform(self.transforms)
        shape = Size((*base_distribution.batch_shape, *base_distribution.event_shape))
        events, taken = len(base_distribution.event_shape), whole.domain.event_dim
        if len(shape) < taken:
            raise ValueError(
                f"base_distribution needs to have shape with size at least {taken}, but got {shape}."
            )
        given = whole.forward_shape(shape)
        full = whole.inverse_shape(given)
        if full != shape:
            base_distribution = base_distribution.expand(full[: len(full) - events])
        if taken > events:
            base_distribution = Independent(base_distribution, taken - events)
        self.base_dist: Any = base_distribution
        cut = len(given) - max(whole.codomain.event_dim, events + whole.codomain.event_dim - taken)
        super().__init__(given[:cut], given[cut:], validate_args=validate_args)

    def expand(self, batch_shape: Any) -> Any:
        """The same distribution over a larger batch, of which this one's elements are repeated."""
        new = super().expand(batch_shape)
        shape = Size((*batch_shape, *self._event_shape))
        for transform in reversed(self.transforms):
            shape = transform.inverse_shape(shape)
        new.base_dist = self.base_dist.expand(shape[: len(shape) - len(self.base_dist.event_shape)])
        new.transforms = self.transforms
        return new

    @property
    def has_rsample(self) -> bool:  # type: ignore[override]
        """Whether samples of the base have gradients."""
        return bool(self.base_dist.has_rsample)

    @property
    def support(self) -> constraints.Constraint:
        """What the last transform gives."""
        if not self.transforms:
            own: constraints.Constraint = self.base_dist.support
            return own
        last: constraints.Constraint = self.transforms[-1].codomain
        more = len(self._event_shape) - last.event_dim
        return constraints.independent(last, more) if more > 0 else last

    def sample(self, sample_shape: Any = ()) -> Any:
        """Samples of the base, transformed, without gradients."""
        with no_grad():
            return self._transformed(self.base_dist.sample(sample_shape))

    def rsample(self, sample_shape: Any = ()) -> Any:
        """Samples of the base, transformed, through which gradients reach the parameters."""
        return self._transformed(self.base_dist.rsample(sample_shape))

    def _transformed(self, x: Any) -> Any:
        for transform in self.transforms:
            x = transform(x)
        return x

    def log_prob(self, value: Any) -> Any:
        """The logarithm of the density of x, less ln |det dt(x)/dx|."""
        self._validate_sample(value)
        count = len(self._event_shape)
        total: Any = 0.0
        for transform in reversed(self.transforms):
            x = transform.inv(value)
            count += transform.domain.event_dim - transform.codomain.event_dim
            taken = transform.log_abs_det_jacobian(x, value)
            total = total - sum_rightmost(taken, count - transform.domain.event_dim)
            value = x
        base = self.base_dist.log_prob(value)
        return total + sum_rightmost(base, count - len(self.base_dist.event_shape))

    def cdf(self, value: Any) -> Any:
        """The probability of a value up to this."""
        for transform in reversed(self.transforms):
            value = transform.inv(value)
        return self._turned(self.base_dist.cdf(value))

    def icdf(self, value: Any) -> Any:
        """The value up to which this probability lies."""
        return self._transformed(self.base_dist.icdf(self._turned(value)))

    def _turned(self, probability: Any) -> Any:
        """A probability p, or 1 - p if the transforms turn the order of values round."""
        sign: Any = 1
        for transform in self.transforms:
            sign = sign * transform.sign
        return probability if isinstance(sign, int) and sign == 1 else sign * (probability - 0.5) + 0.5
