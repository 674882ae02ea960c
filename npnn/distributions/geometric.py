"""The geometric distribution."""

from __future__ import annotations

from typing import Any

import numpy as np

from npnn.autograd.grad_mode import no_grad
from npnn.distributions import constraints
from npnn.distributions._binary import OfTrials
from npnn.distributions.distribution import broadcast_all
from npnn.functional.binary_loss import binary_cross_entropy_with_logits
from npnn.tensors.creation import empty, zeros_like


class Geometric(OfTrials):
    """How many trials of probability p fail before the first that succeeds: k with probability (1 - p)ᵏ p.

    Args:
        probs: the probability of success, a number or a tensor.
        logits: instead of it, ln(p / (1 - p)).
        validate_args: whether arguments are checked. Default: they are.

    Raises:
        ValueError: both are given, or neither; or a probability is 0, or not between 0 and 1.

    Source: torch.distributions.Geometric.

    Examples:
        >>> from npnn.distributions import Geometric
        >>> Geometric(0.25).mean
        tensor(3.)
    """

    def __init__(self, probs: Any = None, logits: Any = None, validate_args: bool | None = None) -> None:
        (given,) = self._set(probs, logits)
        super().__init__(given.shape, validate_args=validate_args)

    def _constraints(self) -> dict[str, constraints.Constraint]:
        return {**self.arg_constraints, "probs": constraints.OPEN_AT_ZERO}

    @property
    def support(self) -> constraints.Constraint:
        """Whole numbers from 0 on."""
        return constraints.nonnegative_integer

    @property
    def mean(self) -> Any:
        """1 / p - 1."""
        return 1.0 / self.probs - 1.0

    @property
    def mode(self) -> Any:
        """0."""
        return zeros_like(self.probs)

    @property
    def variance(self) -> Any:
        """(1 / p - 1) / p."""
        return (1.0 / self.probs - 1.0) / self.probs

    def sample(self, sample_shape: Any = ()) -> Any:
        """⌊ln u / ln(1 - p)⌋, with u uniform between 0 and 1."""
        dtype = self.probs.dtype
        with no_grad():
            u = empty(self._extended_shape(sample_shape), dtype=dtype).uniform_()
            return (u.clamp(min=float(np.finfo(dtype).tiny)).log() / (-self.probs).log1p()).floor()

    def log_prob(self, value: Any) -> Any:
        """The logarithm of the probability."""
        self._validate_sample(value)
        value, probs = broadcast_all(value, self.probs)
        failing = probs.masked_fill((probs == 1) & (value == 0), 0.0)
        return value * (-failing).log1p() + self.probs.log()

    def entropy(self) -> Any:
        """That of one trial, over p."""
        return binary_cross_entropy_with_logits(self.logits, self.probs, reduction="none") / self.probs
