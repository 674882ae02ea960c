"""Bernoulli distributions made continuous, so that samples have gradients."""

from __future__ import annotations

from typing import Any, ClassVar

from npnn.distributions import constraints
from npnn.distributions._binary import OfTrials
from npnn.distributions.distribution import broadcast_all, clamped
from npnn.distributions.transformed_distribution import TransformedDistribution
from npnn.distributions.transforms import SigmoidTransform
from npnn.tensors.creation import rand


class LogitRelaxedBernoulli(OfTrials):
    """The logits of `RelaxedBernoulli`: (logits + ln(u / (1 - u))) / temperature, with u uniform on [0, 1).

    Args:
        temperature: a tensor.
        probs: the probability of 1, a number or a tensor.
        logits: instead of it, ln(p / (1 - p)).
        validate_args: whether arguments are checked. Default: they are.

    Source: torch.distributions.relaxed_bernoulli.LogitRelaxedBernoulli.
    """

    has_rsample = True

    def __init__(
        self, temperature: Any, probs: Any = None, logits: Any = None, validate_args: bool | None = None
    ) -> None:
        self.temperature = temperature
        (given,) = self._set(probs, logits)
        super().__init__(given.shape, validate_args=validate_args)

    @property
    def support(self) -> constraints.Constraint:
        """Real numbers."""
        return constraints.real

    def rsample(self, sample_shape: Any = ()) -> Any:
        """The logits, with those of uniform numbers."""
        p = clamped(self.probs.expand(self._extended_shape(sample_shape)))
        u = clamped(rand(p.shape, dtype=p.dtype))
        return (u.log() - (-u).log1p() + p.log() - (-p).log1p()) / self.temperature

    def log_prob(self, value: Any) -> Any:
        """The logarithm of the density."""
        self._validate_sample(value)
        logits, value = broadcast_all(self.logits, value)
        away = logits - value * self.temperature
        return self.temperature.log() + away - 2 * away.exp().log1p()

    def expand(self, batch_shape: Any) -> Any:
        """The same distribution over a larger batch, of which this one's elements are repeated."""
        new = super().expand(batch_shape)
        new.temperature = self.temperature
        return new


class RelaxedBernoulli(TransformedDistribution):
    """Between 0 and 1, and the nearer to them the lower the temperature; more than ½ with probability p.

    Args:
        temperature: a tensor.
        probs: the probability, a number or a tensor.
        logits: instead of it, ln(p / (1 - p)).
        validate_args: whether arguments are checked. Default: they are.

    Raises:
        ValueError: both are given, or neither; or a probability is not between 0 and 1.

    Source: torch.distributions.RelaxedBernoulli.

    Examples:
        >>> import npnn
        >>> from npnn.distributions import RelaxedBernoulli
        >>> RelaxedBernoulli(npnn.tensor(2.0), probs=npnn.tensor([0.25, 0.5])).logits
        tensor([-1.0986,  0.0000])
    """

    arg_constraints: ClassVar[dict[str, constraints.Constraint]] = OfTrials.arg_constraints

    def __init__(
        self, temperature: Any, probs: Any = None, logits: Any = None, validate_args: bool | None = None
    ) -> None:
        base = LogitRelaxedBernoulli(temperature, probs, logits, validate_args=validate_args)
        super().__init__(base, SigmoidTransform(), validate_args=validate_args)

    @property
    def temperature(self) -> Any:
        """The temperature."""
        return self.base_dist.temperature

    @property
    def probs(self) -> Any:
        """The probabilities."""
        return self.base_dist.probs

    @property
    def logits(self) -> Any:
        """The same as logits."""
        return self.base_dist.logits
