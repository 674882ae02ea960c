"""What the distributions of trials that succeed or fail have in common: a probability, or its logit."""

from __future__ import annotations

from typing import Any, ClassVar

from npnn.distributions import constraints
from npnn.distributions.distribution import Distribution, broadcast_all, clamped, kept


class OfTrials(Distribution):
    """A distribution with the probability of a success as one of its parameters, given as such or as logits.

    Attributes:
        probs: the probabilities.
        logits: the same as logits.
    """

    arg_constraints: ClassVar[dict[str, constraints.Constraint]] = {
        "probs": constraints.unit_interval,
        "logits": constraints.real,
    }

    def _set(self, probs: Any, logits: Any, *others: Any) -> tuple[Any, ...]:
        """Sets what is given, and returns it and the other parameters, of its dtype, all of one shape.

        Raises:
            ValueError: both are given, or neither.
        """
        if (probs is None) == (logits is None):
            raise ValueError("Either `probs` or `logits` must be specified, but not both.")
        name, given = ("logits", logits) if probs is None else ("probs", probs)
        given, *others = broadcast_all(given, *others)
        setattr(self, name, given)
        return given, *(other.type_as(given) for other in others)

    @kept
    def probs(self) -> Any:
        """The probabilities."""
        return self.logits.sigmoid()

    @kept
    def logits(self) -> Any:
        """ln(p / (1 - p)), kept finite."""
        p = clamped(self.probs)
        return p.log() - (-p).log1p()

    @property
    def param_shape(self) -> Any:
        """The shape of the probabilities."""
        return self._batch_shape
