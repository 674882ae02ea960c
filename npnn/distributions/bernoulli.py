"""The distribution of 0 and 1."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from npnn.autograd.function import wrap
from npnn.autograd.grad_mode import no_grad
from npnn.distributions import constraints
from npnn.distributions._binary import OfTrials
from npnn.distributions.distribution import broadcast_all
from npnn.functional.binary_loss import binary_cross_entropy_with_logits


class Bernoulli(OfTrials):
    """1 with probability p, else 0.

    Args:
        probs: the probability of 1, a number or a tensor.
        logits: instead of it, ln(p / (1 - p)).
        validate_args: whether arguments are checked. Default: they are.

    Attributes:
        probs: the probabilities.
        logits: the same as logits.

    Raises:
        ValueError: both are given, or neither; or a probability is not between 0 and 1.

    Source: torch.distributions.Bernoulli.

    Examples:
        >>> from npnn.distributions import Bernoulli
        >>> Bernoulli(probs=0.5).entropy()
        tensor(0.6931)
    """

    has_enumerate_support = True

    def __init__(self, probs: Any = None, logits: Any = None, validate_args: bool | None = None) -> None:
        (given,) = self._set(probs, logits)
        super().__init__(given.shape, validate_args=validate_args)

    @property
    def support(self) -> constraints.Constraint:
        """0 and 1."""
        return constraints.boolean

    @property
    def mean(self) -> Any:
        """p."""
        return self.probs

    @property
    def mode(self) -> Any:
        """The likelier of 0 and 1, nan where they are equal."""
        p = self.probs.array
        return wrap(np.where(p == 0.5, math.nan, p >= 0.5).astype(p.dtype))

    @property
    def variance(self) -> Any:
        """p (1 - p)."""
        return self.probs * (1 - self.probs)

    def sample(self, sample_shape: Any = ()) -> Any:
        """Zeros and ones drawn, without gradients."""
        with no_grad():
            return self.probs.expand(self._extended_shape(sample_shape)).bernoulli()

    def log_prob(self, value: Any) -> Any:
        """ln p for 1, ln(1 - p) for 0."""
        self._validate_sample(value)
        logits, value = broadcast_all(self.logits, value)
        return -binary_cross_entropy_with_logits(logits, value, reduction="none")

    def entropy(self) -> Any:
        """-p ln p - (1 - p) ln(1 - p)."""
        return binary_cross_entropy_with_logits(self.logits, self.probs, reduction="none")

    def enumerate_support(self, expand: bool = True) -> Any:
        """0 and 1, along a new first axis."""
        return self._enumerated(2, expand, self.probs.dtype)
