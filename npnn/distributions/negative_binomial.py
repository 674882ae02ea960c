"""The negative binomial distribution."""

from __future__ import annotations

from typing import Any, ClassVar

from npnn.autograd.grad_mode import no_grad
from npnn.distributions import constraints
from npnn.distributions._binary import OfTrials
from npnn.distributions.gamma import Gamma
from npnn.functional.activation import logsigmoid
from npnn.tensors.counts import poisson


class NegativeBinomial(OfTrials):
    """How many trials of probability p succeed before a number of them have failed.

    Args:
        total_count: the number of failures, which may be a fraction; a number or a tensor.
        probs: the probability of success, a number or a tensor.
        logits: instead of it, ln(p / (1 - p)).
        validate_args: whether arguments are checked. Default: they are.

    Raises:
        ValueError: both probs and logits are given, or neither; or a parameter is not what it must be.

    Source: torch.distributions.NegativeBinomial.

    Examples:
        >>> import npnn
        >>> from npnn.distributions import NegativeBinomial
        >>> NegativeBinomial(3.0, probs=0.5).mean
        tensor(3.)
    """

    arg_constraints: ClassVar[dict[str, constraints.Constraint]] = {
        "total_count": constraints.greater_than_eq(0),
        "probs": constraints.half_open_interval(0.0, 1.0),
        "logits": constraints.real,
    }

    def __init__(
        self, total_count: Any, probs: Any = None, logits: Any = None, validate_args: bool | None = None
    ) -> None:
        given, self.total_count = self._set(probs, logits, total_count)
        super().__init__(given.shape, validate_args=validate_args)

    @property
    def support(self) -> constraints.Constraint:
        """Whole numbers from 0 on."""
        return constraints.nonnegative_integer

    @property
    def mean(self) -> Any:
        """total_count · p / (1 - p)."""
        return self.total_count * self.logits.exp()

    @property
    def mode(self) -> Any:
        """⌊(total_count - 1) p / (1 - p)⌋, or 0."""
        return ((self.total_count - 1) * self.logits.exp()).floor().clamp(min=0.0)

    @property
    def variance(self) -> Any:
        """mean / (1 - p)."""
        return self.mean / (-self.logits).sigmoid()

    def sample(self, sample_shape: Any = ()) -> Any:
        """Poisson distributed, with a rate that is gamma distributed."""
        with no_grad():
            # The number of failures may be 0, which Gamma would refuse.
            rates = Gamma(self.total_count, (-self.logits).exp(), validate_args=False)
            return poisson(rates.sample(sample_shape))

    def log_prob(self, value: Any) -> Any:
        """The logarithm of the probability."""
        self._validate_sample(value)
        n = self.total_count
        normalizer = (1.0 + value).lgamma() + n.lgamma() - (n + value).lgamma()
        # None of none has the probability 1, but ln Γ(0) is infinite.
        normalizer = normalizer.masked_fill(n + value == 0.0, 0.0)
        return n * logsigmoid(-self.logits) + value * logsigmoid(self.logits) - normalizer
