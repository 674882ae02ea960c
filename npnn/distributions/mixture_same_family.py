"""Mixtures of distributions of one kind."""

from __future__ import annotations

from typing import Any

from npnn.autograd.grad_mode import no_grad
from npnn.distributions import constraints
from npnn.distributions.categorical import Categorical
from npnn.distributions.distribution import Distribution


class MixtureSameFamily(Distribution):
    """A class is drawn, and then a value of that class's distribution.

    Args:
        mixture_distribution: of the classes, a `Categorical` over K of them.
        component_distribution: the K distributions, along the last axis of its batch.
        validate_args: whether arguments are checked. Default: they are.

    Raises:
        ValueError: the mixture is no `Categorical`, the components no distribution, or their numbers differ.

    Source: torch.distributions.MixtureSameFamily.

    Examples:
        >>> import npnn
        >>> from npnn.distributions import Categorical, MixtureSameFamily, Normal
        >>> classes = Categorical(probs=npnn.tensor([0.5, 0.5]))
        >>> mixture = MixtureSameFamily(classes, Normal(npnn.tensor([-1.0, 3.0]), 1.0))
        >>> mixture.mean, mixture.variance
        (tensor(1.), tensor(5.))
    """

    def __init__(
        self,
        mixture_distribution: Categorical,
        component_distribution: Distribution,
        validate_args: bool | None = None,
    ) -> None:
        for name, given, wanted in (
            ("Mixture", mixture_distribution, Categorical),
            ("Component", component_distribution, Distribution),
        ):
            if not isinstance(given, wanted):
                raise ValueError(
                    f"The {name} distribution needs to be an instance of {wanted.__name__}, got {given!r}"
                )
        batch = component_distribution.batch_shape
        own = mixture_distribution.batch_shape
        for one, other in zip(reversed(own), reversed(batch[:-1]), strict=False):
            if one != other and 1 not in (one, other):
                raise ValueError(
                    f"`mixture_distribution.batch_shape` ({own}) is not compatible with"
                    f" `component_distribution.batch_shape` ({batch[:-1]})"
                )
        count = mixture_distribution.logits.shape[-1]
        if count != batch[-1]:
            raise ValueError(
                f"`mixture_distribution component` ({count}) does not equal"
                f" `component_distribution.batch_shape[-1]` ({batch[-1]})"
            )
        self._mixture, self._component = mixture_distribution, component_distribution
        super().__init__(batch[:-1], component_distribution.event_shape, validate_args=validate_args)

    @property
    def mixture_distribution(self) -> Categorical:
        """The distribution of the classes."""
        return self._mixture

    @property
    def component_distribution(self) -> Distribution:
        """The distributions of the values."""
        return self._component

    @property
    def support(self) -> constraints.Constraint:
        """What samples of the components are, for each of them at once."""
        return _OfComponents(self._component.support)

    @property
    def mean(self) -> Any:
        """The mean of the components' means."""
        return self._averaged(self._component.mean)

    @property
    def variance(self) -> Any:
        """The mean of the components' variances, and the variance of their means."""
        apart = self._component.mean - self._over_components(self.mean)
        return self._averaged(self._component.variance) + self._averaged(apart**2)

    def _averaged(self, values: Any) -> Any:
        """The mean of the values of the components, weighted with their probabilities."""
        events = len(self._event_shape)
        weights = self._mixture.probs
        return (weights.reshape(*weights.shape, *(1 for _ in range(events))) * values).sum(-1 - events)

    def _over_components(self, value: Any) -> Any:
        return value.unsqueeze(-1 - len(self._event_shape))

    def cdf(self, value: Any) -> Any:
        """The mean of the components'."""
        return (self._component.cdf(self._over_components(value)) * self._mixture.probs).sum(-1)

    def log_prob(self, value: Any) -> Any:
        """The logarithm of the mean of the densities."""
        self._validate_sample(value)
        each = self._component.log_prob(self._over_components(value))
        return (each + self._mixture.logits.log_softmax(-1)).logsumexp(-1)

    def sample(self, sample_shape: Any = ()) -> Any:
        """A class and a value of each component are drawn, and that of the class is taken."""
        with no_grad():
            classes = self._mixture.sample(sample_shape)
            values = self._component.sample(sample_shape)
            axis = len(sample_shape) + len(self._batch_shape)
            classes = classes.reshape(*classes.shape, *(1 for _ in range(values.ndim - axis)))
            wanted = [*values.shape]
            wanted[axis] = 1
            return values.gather(axis, classes.expand(wanted)).squeeze(axis)

    def expand(self, batch_shape: Any) -> Any:
        """The same distribution over a larger batch, of which this one's elements are repeated."""
        new = super().expand(batch_shape)
        new._component = self._component.expand((*batch_shape, self._component.batch_shape[-1]))
        new._mixture = self._mixture.expand(batch_shape)
        return new

    def __repr__(self) -> str:
        return f"MixtureSameFamily(\n  {self._mixture},\n  {self._component})"


class _OfComponents(constraints.Constraint):
    """A constraint of the components, all of which a value must meet."""

    def __init__(self, base_constraint: constraints.Constraint) -> None:
        self.base_constraint = base_constraint
        self.is_discrete, self.event_dim = base_constraint.is_discrete, base_constraint.event_dim

    def check(self, value: Any) -> Any:
        return self.base_constraint.check(value.unsqueeze(-1 - self.event_dim)).all(-1)

    def __str__(self) -> str:
        return str(self.base_constraint)
