"""The multinomial distribution."""

from __future__ import annotations

import math
from typing import Any, ClassVar

from npnn.distributions import constraints
from npnn.distributions.binomial import Binomial
from npnn.distributions.categorical import Categorical
from npnn.distributions.distribution import Distribution, broadcast_all
from npnn.tensors.creation import ones_like, zeros


class Multinomial(Distribution):
    """How often each of K classes comes up in several draws.

    Args:
        total_count: how many draws.
        probs: (*, K), in proportion to the probabilities.
        logits: instead of it, their logarithms, up to a summand.
        validate_args: whether arguments are checked. Default: they are.

    Raises:
        NotImplementedError: total_count is no int.
        ValueError: as `Categorical` raises it.

    Source: torch.distributions.Multinomial.

    Examples:
        >>> import npnn
        >>> from npnn.distributions import Multinomial
        >>> Multinomial(8, probs=npnn.tensor([1.0, 3.0])).mean
        tensor([2., 6.])
    """

    arg_constraints: ClassVar[dict[str, constraints.Constraint]] = {
        "probs": constraints.simplex,
        "logits": constraints.real_vector,
    }

    def __init__(
        self,
        total_count: int = 1,
        probs: Any = None,
        logits: Any = None,
        validate_args: bool | None = None,
    ) -> None:
        if not isinstance(total_count, int):
            raise NotImplementedError(
                f"inhomogeneous total_count is not supported: expected an int, got {total_count}"
            )
        self.total_count = total_count
        self._categorical = Categorical(probs, logits, validate_args=validate_args)
        super().__init__(
            self._categorical.batch_shape, self._categorical.param_shape[-1:], validate_args=validate_args
        )

    @property
    def probs(self) -> Any:
        """The probabilities, which sum up to 1 along the last axis."""
        return self._categorical.probs

    @property
    def logits(self) -> Any:
        """Their logarithms."""
        return self._categorical.logits

    @property
    def param_shape(self) -> Any:
        """The shape of the probabilities."""
        return self._categorical.param_shape

    @property
    def support(self) -> constraints.Constraint:
        """Whole numbers with a sum of at most total_count."""
        return constraints.multinomial(self.total_count)

    @property
    def mean(self) -> Any:
        """total_count · p."""
        return self.probs * self.total_count

    @property
    def variance(self) -> Any:
        """total_count · p (1 - p)."""
        return self.total_count * self.probs * (1 - self.probs)

    def sample(self, sample_shape: Any = ()) -> Any:
        """The classes drawn, counted."""
        drawn = self._categorical.sample((self.total_count, *sample_shape)).movedim(0, -1)
        counts: Any = zeros(self._extended_shape(sample_shape), dtype=drawn.dtype)
        return counts.scatter_add(-1, drawn, ones_like(drawn)).type_as(self.probs)

    def log_prob(self, value: Any) -> Any:
        """The logarithm of the probability."""
        self._validate_sample(value)
        logits, value = broadcast_all(self.logits, value)
        logits = logits.masked_fill((value == 0) & (logits == -math.inf), 0.0)
        arrangements = (value.sum(-1) + 1).lgamma() - (value + 1).lgamma().sum(-1)
        return arrangements + (logits * value).sum(-1)

    def entropy(self) -> Any:
        """By the binomial distribution of each count: n H(p) - ln n! + Σ E ln k!."""
        n = self.total_count
        each = Binomial(n, probs=self.probs)
        counts = each.enumerate_support(expand=False)[1:]
        expected = (each.log_prob(counts).exp() * (counts + 1).lgamma()).sum((0, -1))
        return n * self._categorical.entropy() - math.lgamma(n + 1) + expected

    def expand(self, batch_shape: Any) -> Any:
        """The same distribution over a larger batch, of which this one's elements are repeated."""
        new = super().expand(batch_shape)
        new.total_count, new._categorical = self.total_count, self._categorical.expand(batch_shape)
        return new
