"""Several independent values as one."""

from __future__ import annotations

from typing import Any

from npnn.distributions import constraints
from npnn.distributions.distribution import Distribution, sum_rightmost


class Independent(Distribution):
    """A distribution whose last batch axes count as one value: their log-probabilities add up.

    Args:
        base_distribution: the distribution of each.
        reinterpreted_batch_ndims: how many of its last batch axes are taken together.
        validate_args: whether arguments are checked. Default: as the base does.

    Raises:
        ValueError: there are not so many axes.

    Source: torch.distributions.Independent.

    Examples:
        >>> import npnn
        >>> from npnn.distributions import Independent, Normal
        >>> Independent(Normal(npnn.zeros(4, 3), 1.0), 1).log_prob(npnn.zeros(3)).shape
        torch.Size([4])
    """

    def __init__(
        self,
        base_distribution: Distribution,
        reinterpreted_batch_ndims: int,
        validate_args: bool | None = None,
    ) -> None:
        batch = base_distribution.batch_shape
        if reinterpreted_batch_ndims > len(batch):
            raise ValueError(
                "Expected reinterpreted_batch_ndims <= len(base_distribution.batch_shape), actual"
                f" {reinterpreted_batch_ndims} vs {len(batch)}"
            )
        self.base_dist, self.reinterpreted_batch_ndims = base_distribution, reinterpreted_batch_ndims
        kept = len(batch) - reinterpreted_batch_ndims
        event = (*batch[kept:], *base_distribution.event_shape)
        super().__init__(batch[:kept], event, validate_args=validate_args)

    @property
    def has_rsample(self) -> bool:  # type: ignore[override]
        """Whether samples of the base have gradients."""
        return self.base_dist.has_rsample

    @property
    def support(self) -> constraints.Constraint:
        """What samples of the base are."""
        return self.base_dist.support

    @property
    def mean(self) -> Any:
        """The mean of each."""
        return self.base_dist.mean

    @property
    def mode(self) -> Any:
        """The most likely value of each."""
        return self.base_dist.mode

    @property
    def variance(self) -> Any:
        """The variance of each."""
        return self.base_dist.variance

    def sample(self, sample_shape: Any = ()) -> Any:
        """Values drawn, without gradients."""
        return self.base_dist.sample(sample_shape)

    def rsample(self, sample_shape: Any = ()) -> Any:
        """Values drawn, through which gradients reach the parameters."""
        return self.base_dist.rsample(sample_shape)

    def log_prob(self, value: Any) -> Any:
        """The sum of the logarithms of the densities."""
        return sum_rightmost(self.base_dist.log_prob(value), self.reinterpreted_batch_ndims)

    def entropy(self) -> Any:
        """The sum of the entropies."""
        return sum_rightmost(self.base_dist.entropy(), self.reinterpreted_batch_ndims)

    def expand(self, batch_shape: Any) -> Any:
        """The same distribution over a larger batch, of which this one's elements are repeated."""
        own = self.base_dist.batch_shape[len(self._batch_shape) :]
        return Independent(self.base_dist.expand((*batch_shape, *own)), self.reinterpreted_batch_ndims)

    def __repr__(self) -> str:
        return f"Independent({self.base_dist}, {self.reinterpreted_batch_ndims})"
