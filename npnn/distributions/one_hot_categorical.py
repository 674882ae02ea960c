"""Categorical distributions whose values are vectors with a single 1."""

from __future__ import annotations

from typing import Any, ClassVar

from npnn.distributions import constraints
from npnn.distributions.categorical import Categorical
from npnn.distributions.distribution import Distribution
from npnn.functional.sparse import one_hot
from npnn.tensors.creation import eye


class OneHotCategorical(Distribution):
    """One class among K, as a vector of zeros with a 1 in its place.

    Args:
        probs: (*, K), in proportion to the probabilities.
        logits: instead of it, their logarithms, up to a summand.
        validate_args: whether arguments are checked. Default: they are.

    Raises:
        ValueError: as `Categorical` raises it.

    Source: torch.distributions.OneHotCategorical.

    Examples:
        >>> import npnn
        >>> from npnn.distributions import OneHotCategorical
        >>> OneHotCategorical(probs=npnn.tensor([1.0, 3.0])).mode
        tensor([0., 1.])
    """

    has_enumerate_support = True
    arg_constraints: ClassVar[dict[str, constraints.Constraint]] = {
        "probs": constraints.simplex,
        "logits": constraints.real_vector,
    }

    def __init__(self, probs: Any = None, logits: Any = None, validate_args: bool | None = None) -> None:
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
        """Vectors of zeros with a single 1."""
        return constraints.one_hot

    @property
    def mean(self) -> Any:
        """The probabilities."""
        return self.probs

    @property
    def mode(self) -> Any:
        """The likeliest class."""
        return self._one_hot(self.probs.argmax(-1))

    @property
    def variance(self) -> Any:
        """p (1 - p)."""
        return self.probs * (1 - self.probs)

    def sample(self, sample_shape: Any = ()) -> Any:
        """Classes drawn, without gradients."""
        return self._one_hot(self._categorical.sample(sample_shape))

    def _one_hot(self, classes: Any) -> Any:
        return one_hot(classes, self._event_shape[0]).type_as(self.probs)

    def log_prob(self, value: Any) -> Any:
        """The logarithm of the probability of the class whose place has the 1."""
        self._validate_sample(value)
        return self._categorical.log_prob(value.argmax(-1))

    def entropy(self) -> Any:
        """-Σ p ln p."""
        return self._categorical.entropy()

    def enumerate_support(self, expand: bool = True) -> Any:
        """All classes, along a new first axis."""
        count = self._event_shape[0]
        values = eye(count, dtype=self.probs.dtype).reshape(count, *(1 for _ in self._batch_shape), count)
        return values.expand(count, *self._batch_shape, count) if expand else values

    def expand(self, batch_shape: Any) -> Any:
        """The same distribution over a larger batch, of which this one's elements are repeated."""
        new = super().expand(batch_shape)
        new._categorical = self._categorical.expand(batch_shape)
        return new


class OneHotCategoricalStraightThrough(OneHotCategorical):
    """The same, with samples through which gradients reach the probabilities as if these were the samples.

    Args:
        probs: (*, K), in proportion to the probabilities.
        logits: instead of it, their logarithms, up to a summand.
        validate_args: whether arguments are checked. Default: they are.

    Source: torch.distributions.OneHotCategoricalStraightThrough.
    """

    has_rsample = True

    def rsample(self, sample_shape: Any = ()) -> Any:
        """Classes drawn, plus the probabilities less themselves."""
        return self.sample(sample_shape) + (self.probs - self.probs.detach())
