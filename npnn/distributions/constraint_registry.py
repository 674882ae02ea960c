"""From real numbers to what a constraint allows: the transform for each constraint.

Source: torch.distributions.constraint_registry.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from npnn.distributions import constraints, transforms
from npnn.distributions.constraints import Constraint
from npnn.distributions.transforms import Transform

Factory = Callable[[Any], Transform]


class ConstraintRegistry:
    """A table of transforms, called with a constraint.

    Source: torch.distributions.constraint_registry.ConstraintRegistry.

    Examples:
        >>> import npnn
        >>> from npnn.distributions import constraints, transform_to
        >>> transform_to(constraints.interval(-1, 3))(npnn.tensor([-1.0, 0.0, 1.0]))
        tensor([0.0758, 1.0000, 1.9242])
    """

    def __init__(self) -> None:
        self._factories: dict[Any, Factory] = {}

    def register(self, constraint: Any, factory: Factory | None = None) -> Any:
        """Enters the transform for a constraint, or for all of a class; without a factory, a decorator.

        Args:
            constraint: a constraint, or a class of them.
            factory: makes the transform for a constraint.

        Raises:
            TypeError: it is neither.
        """
        if factory is None:
            return lambda factory: self.register(constraint, factory)
        if not isinstance(constraint, Constraint) and not (
            isinstance(constraint, type) and issubclass(constraint, Constraint)
        ):
            raise TypeError(
                f"Expected constraint to be either a Constraint subclass or instance, but got {constraint}"
            )
        self._factories[constraint] = factory
        return factory

    def __call__(self, constraint: Constraint) -> Transform:
        """The transform from real numbers to what the constraint allows.

        Raises:
            NotImplementedError: there is none.
        """
        factory = self._factories.get(constraint) or self._factories.get(type(constraint))
        if factory is None:
            raise NotImplementedError(
                f"Cannot transform {constraint!r} constraints: no transform is registered"
            )
        return factory(constraint)


biject_to = ConstraintRegistry()
"""The bijective transform for a constraint."""

transform_to = ConstraintRegistry()
"""The transform for a constraint that suits optimizers: of several ways the one that treats values alike."""


def _beyond(constraint: Any) -> Transform:
    return transforms.ComposeTransform(
        [transforms.ExpTransform(), transforms.AffineTransform(constraint.lower_bound, 1)]
    )


def _below(constraint: Any) -> Transform:
    return transforms.ComposeTransform(
        [transforms.ExpTransform(), transforms.AffineTransform(constraint.upper_bound, -1)]
    )


def _between(constraint: Any) -> Transform:
    low, high = constraint.lower_bound, constraint.upper_bound
    if isinstance(low, (int, float)) and isinstance(high, (int, float)) and (low, high) == (0, 1):
        return transforms.SigmoidTransform()
    return transforms.ComposeTransform(
        [transforms.SigmoidTransform(), transforms.AffineTransform(low, high - low)]
    )


def _inside(registry: ConstraintRegistry) -> Factory:
    return lambda constraint: transforms.IndependentTransform(
        registry(constraint.base_constraint), constraint.reinterpreted_batch_ndims
    )


for _registry in (biject_to, transform_to):
    for _constraint, _factory in {
        constraints.real: lambda _: transforms.identity_transform,
        constraints.positive: lambda _: transforms.ExpTransform(),
        constraints.nonnegative: lambda _: transforms.ExpTransform(),
        constraints.greater_than: _beyond,
        constraints.greater_than_eq: _beyond,
        constraints.less_than: _below,
        constraints.interval: _between,
        constraints.half_open_interval: _between,
        constraints.independent: _inside(_registry),
    }.items():
        _registry.register(_constraint, _factory)
biject_to.register(constraints.simplex, lambda _: transforms.StickBreakingTransform())
transform_to.register(constraints.simplex, lambda _: transforms.SoftmaxTransform())
transform_to.register(constraints.lower_cholesky, lambda _: transforms.LowerCholeskyTransform())
for _constraint in (constraints.positive_definite, constraints.positive_semidefinite):
    transform_to.register(_constraint, lambda _: transforms.PositiveDefiniteTransform())
