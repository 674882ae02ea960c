"""The distribution of 0 and 1."""

from __future__ import annotations

import math
from typing import Any, ClassVar

import numpy as np

from npnn.autograd.function import wrap
from npnn.autograd.grad_mode import no_grad
from npnn.distributions.distribution import (
    BINARY,
    PROBABILITY,
    REAL,
    Constraint,
    Distribution,
    broadcast_all,
    kept,
)
from npnn.functional.pointwise_loss import binary_cross_entropy_with_logits


class Bernoulli(Distribution):
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

    arg_constraints: ClassVar[dict[str, Constraint]] = {"probs": PROBABILITY, "logits": REAL}

    def __init__(self, probs: Any = None, logits: Any = None, validate_args: bool | None = None) -> None:
        if (probs is None) == (logits is None):
            raise ValueError("Either `probs` or `logits` must be specified, but not both.")
        if probs is not None:
            (self.probs,) = (given,) = broadcast_all(probs)
        else:
            (self.logits,) = (given,) = broadcast_all(logits)
        super().__init__(given.shape, validate_args=validate_args)

    @kept
    def probs(self) -> Any:
        """The probabilities."""
        return self.logits.sigmoid()

    @kept
    def logits(self) -> Any:
        """ln(p / (1 - p)), kept finite."""
        eps = float(np.finfo(self.probs.dtype).eps)
        p = self.probs.clamp(eps, 1 - eps)
        return p.log() - (-p).log1p()

    @property
    def support(self) -> Constraint:
        """0 and 1."""
        return BINARY

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
