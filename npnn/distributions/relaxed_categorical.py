"""Categorical distributions made continuous, so that samples have gradients."""

from __future__ import annotations

import math
from typing import Any, ClassVar

from npnn.distributions import constraints
from npnn.distributions.categorical import Categorical
from npnn.distributions.distribution import Distribution, broadcast_all, clamped
from npnn.distributions.transformed_distribution import TransformedDistribution
from npnn.distributions.transforms import ExpTransform
from npnn.tensors.creation import rand


class ExpRelaxedCategorical(Distribution):
    """The logarithms of `RelaxedOneHotCategorical`: log-softmax of (logits + Gumbel noise) / temperature.

    Args:
        temperature: a tensor.
        probs: (*, K), in proportion to the probabilities.
        logits: instead of it, their logarithms, up to a summand.
        validate_args: whether arguments are checked. Default: they are.

    Source: torch.distributions.relaxed_categorical.ExpRelaxedCategorical.
    """

    has_rsample = True
    arg_constraints: ClassVar[dict[str, constraints.Constraint]] = {
        "probs": constraints.simplex,
        "logits": constraints.real_vector,
    }

    def __init__(
        self, temperature: Any, probs: Any = None, logits: Any = None, validate_args: bool | None = None
    ) -> None:
        self.temperature = temperature
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
    def support(self) -> constraints.Constraint:
        """Vectors of real numbers."""
        return constraints.real_vector

    def rsample(self, sample_shape: Any = ()) -> Any:
        """The logits with noise -ln(-ln u), for u uniform between 0 and 1."""
        u = clamped(rand(self._extended_shape(sample_shape), dtype=self.logits.dtype))
        return ((self.logits - (-u.log()).log()) / self.temperature).log_softmax(-1)

    def log_prob(self, value: Any) -> Any:
        """The logarithm of the density."""
        self._validate_sample(value)
        count = self._event_shape[0]
        logits, value = broadcast_all(self.logits, value)
        scores = (logits - value * self.temperature).log_softmax(-1).sum(-1)
        return scores + (math.lgamma(count) + (count - 1) * self.temperature.log())

    def expand(self, batch_shape: Any) -> Any:
        """The same distribution over a larger batch, of which this one's elements are repeated."""
        new = super().expand(batch_shape)
        new.temperature, new._categorical = self.temperature, self._categorical.expand(batch_shape)
        return new


class RelaxedOneHotCategorical(TransformedDistribution):
    """Shares of 1, the nearer to a single 1 the lower the temperature: the Gumbel-softmax distribution.

    Args:
        temperature: a tensor.
        probs: (*, K), in proportion to the probabilities.
        logits: instead of it, their logarithms, up to a summand.
        validate_args: whether arguments are checked. Default: they are.

    Raises:
        ValueError: as `Categorical` raises it.

    Source: torch.distributions.RelaxedOneHotCategorical; Jang, Gu and Poole, "Categorical reparameterization
    with Gumbel-softmax", ICLR 2017.

    Examples:
        >>> import npnn
        >>> from npnn.distributions import RelaxedOneHotCategorical
        >>> relaxed = RelaxedOneHotCategorical(npnn.tensor(0.5), logits=npnn.zeros(4, 3))
        >>> relaxed.rsample().shape
        torch.Size([4, 3])
    """

    arg_constraints: ClassVar[dict[str, constraints.Constraint]] = ExpRelaxedCategorical.arg_constraints

    def __init__(
        self, temperature: Any, probs: Any = None, logits: Any = None, validate_args: bool | None = None
    ) -> None:
        base = ExpRelaxedCategorical(temperature, probs, logits, validate_args=validate_args)
        super().__init__(base, ExpTransform(), validate_args=validate_args)

    @property
    def support(self) -> constraints.Constraint:
        """Vectors of positive numbers with the sum 1."""
        return constraints.simplex

    @property
    def temperature(self) -> Any:
        """The temperature."""
        return self.base_dist.temperature

    @property
    def probs(self) -> Any:
        """The probabilities, which sum up to 1 along the last axis."""
        return self.base_dist.probs

    @property
    def logits(self) -> Any:
        """Their logarithms."""
        return self.base_dist.logits
