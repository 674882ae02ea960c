"""The distribution of one class among several."""

from __future__ import annotations

import math
from typing import Any, ClassVar

import numpy as np

from npnn import dtypes
from npnn.distributions import constraints
from npnn.distributions.distribution import Distribution, clamped, kept
from npnn.tensors.combining import broadcast_tensors
from npnn.tensors.creation import full


class Categorical(Distribution):
    """The numbers 0 to K - 1 with given probabilities.

    Args:
        probs: (*, K), in proportion to the probabilities.
        logits: instead of it, their logarithms, up to a summand.
        validate_args: whether arguments are checked. Default: they are.

    Attributes:
        probs: the probabilities, which sum up to 1 along the last axis.
        logits: their logarithms.

    Raises:
        ValueError: both are given, or neither; they have no axis; or a probability is negative.

    Source: torch.distributions.Categorical.

    Examples:
        >>> import npnn
        >>> from npnn.distributions import Categorical
        >>> Categorical(probs=npnn.tensor([1.0, 3.0])).log_prob(npnn.tensor(1))
        tensor(-0.2877)
    """

    has_enumerate_support = True
    arg_constraints: ClassVar[dict[str, constraints.Constraint]] = {
        "probs": constraints.nonnegative,
        "logits": constraints.real,
    }

    def __init__(self, probs: Any = None, logits: Any = None, validate_args: bool | None = None) -> None:
        if (probs is None) == (logits is None):
            raise ValueError("Either `probs` or `logits` must be specified, but not both.")
        name, given = ("logits", logits) if probs is None else ("probs", probs)
        if given.ndim < 1:
            raise ValueError(f"`{name}` parameter must be at least one-dimensional.")
        if probs is not None:
            self.probs = given = probs / probs.sum(-1, keepdim=True)
        else:
            self.logits = given = logits - logits.logsumexp(-1, keepdim=True)
        self._num_events = given.shape[-1]
        super().__init__(given.shape[:-1], validate_args=validate_args)

    @kept
    def probs(self) -> Any:
        """The probabilities."""
        return self.logits.softmax(-1)

    @kept
    def logits(self) -> Any:
        """The logarithms of the probabilities, kept finite."""
        return clamped(self.probs).log()

    @property
    def support(self) -> constraints.Constraint:
        """The numbers of the classes."""
        return constraints.integer_interval(0, self._num_events - 1)

    @property
    def mean(self) -> Any:
        """Nan: classes are not added up."""
        return full(self._batch_shape, math.nan, dtype=self.probs.dtype)

    @property
    def mode(self) -> Any:
        """The likeliest class."""
        return self.probs.argmax(-1)

    @property
    def variance(self) -> Any:
        """Nan: classes are not added up."""
        return self.mean

    def sample(self, sample_shape: Any = ()) -> Any:
        """Classes drawn."""
        rows = self.probs.detach().reshape(-1, self._num_events)
        drawn = rows.multinomial(math.prod(sample_shape), True).t()
        return drawn.reshape(self._extended_shape(sample_shape))

    def log_prob(self, value: Any) -> Any:
        """The logarithms of the probabilities of classes."""
        self._validate_sample(value)
        value, logits = broadcast_tensors(value.long().unsqueeze(-1), self.logits)
        return logits.gather(-1, value[..., :1]).squeeze(-1)

    def entropy(self) -> Any:
        """-Σ p ln p."""
        logits = self.logits.clamp(min=float(np.finfo(self.logits.dtype).min))
        return -(logits * self.probs).sum(-1)

    def enumerate_support(self, expand: bool = True) -> Any:
        """The numbers of the classes, along a new first axis."""
        return self._enumerated(self._num_events, expand, dtypes.int64)

    @property
    def param_shape(self) -> Any:
        """The shape of the probabilities."""
        return next(iter(self._parameters().values())).shape

    def expand(self, batch_shape: Any) -> Any:
        """The same distribution over a larger batch, of which this one's elements are repeated."""
        new = super().expand(batch_shape)
        new._num_events = self._num_events
        return new
