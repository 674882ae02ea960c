"""The binomial distribution."""

from __future__ import annotations

from typing import Any, ClassVar

from npnn.distributions import constraints
from npnn.distributions._binary import OfTrials
from npnn.tensors.counts import binomial


class Binomial(OfTrials):
    """How many of several trials of probability p succeed.

    Args:
        total_count: how many trials, a number or a tensor.
        probs: the probability of success, a number or a tensor.
        logits: instead of it, ln(p / (1 - p)).
        validate_args: whether arguments are checked. Default: they are.

    Raises:
        ValueError: both probs and logits are given, or neither; or a parameter is not what it must be.

    Source: torch.distributions.Binomial.

    Examples:
        >>> import npnn
        >>> from npnn.distributions import Binomial
        >>> Binomial(2, probs=npnn.tensor([0.5])).enumerate_support().flatten()
        tensor([0., 1., 2.])
    """

    has_enumerate_support = True
    arg_constraints: ClassVar[dict[str, constraints.Constraint]] = {
        "total_count": constraints.nonnegative_integer,
        **OfTrials.arg_constraints,
    }

    def __init__(
        self,
        total_count: Any = 1,
        probs: Any = None,
        logits: Any = None,
        validate_args: bool | None = None,
    ) -> None:
        given, self.total_count = self._set(probs, logits, total_count)
        super().__init__(given.shape, validate_args=validate_args)

    @property
    def support(self) -> constraints.Constraint:
        """Whole numbers up to total_count."""
        return constraints.integer_interval(0, self.total_count)

    @property
    def mean(self) -> Any:
        """total_count · p."""
        return self.total_count * self.probs

    @property
    def mode(self) -> Any:
        """⌊(total_count + 1) p⌋, at most total_count."""
        return ((self.total_count + 1) * self.probs).floor().minimum(self.total_count)

    @property
    def variance(self) -> Any:
        """total_count · p (1 - p)."""
        return self.total_count * self.probs * (1 - self.probs)

    def sample(self, sample_shape: Any = ()) -> Any:
        """Numbers drawn, without gradients."""
        shape = self._extended_shape(sample_shape)
        return binomial(self.total_count.detach().expand(shape), self.probs.detach().expand(shape))

    def log_prob(self, value: Any) -> Any:
        """The logarithm of the probability: k ln p + (n - k) ln(1 - p), plus ln n over k."""
        self._validate_sample(value)
        n, logits = self.total_count, self.logits
        log_coefficient = (n + 1).lgamma() - (value + 1).lgamma() - (n - value + 1).lgamma()
        # -ln(1 - p) is the softplus of the logits: the positive part and a small rest.
        softplus = (logits + logits.abs()) / 2 + (-logits.abs()).exp().log1p()
        return value * logits - n * softplus + log_coefficient

    def entropy(self) -> Any:
        """The sum over all numbers.

        Raises:
            NotImplementedError: the numbers of trials differ.
        """
        log_prob = self.log_prob(self.enumerate_support(False))
        return -(log_prob.exp() * log_prob).sum(0)

    def enumerate_support(self, expand: bool = True) -> Any:
        """The numbers 0 to total_count, along a new first axis.

        Raises:
            NotImplementedError: the numbers of trials differ.
        """
        count = int(self.total_count.max().item())
        if self.total_count.min().item() != count:
            raise NotImplementedError("Inhomogeneous total count not supported: the numbers of trials differ")
        return self._enumerated(count + 1, expand, self.total_count.dtype)
