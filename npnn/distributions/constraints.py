"""torch.distributions.constraints: what parameters and samples must be.

Source: torch.distributions.constraints.

Examples:
    >>> import npnn
    >>> from npnn.distributions import constraints
    >>> constraints.positive.check(npnn.tensor([0.5, 0.0]))
    tensor([ True, False])
    >>> constraints.interval(-1, 1).check(npnn.tensor([0.5, 2.0]))
    tensor([ True, False])
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from npnn._typing import Array
from npnn.autograd.function import wrap
from npnn.tensors.base import array_of


class Constraint:
    """What numbers must be, and a test of it.

    Attributes:
        is_discrete: whether they are apart from each other, as integers are.
        event_dim: how many of the last axes are tested as one, as those of a vector or a matrix are.

    Source: torch.distributions.constraints.Constraint.
    """

    is_discrete = False
    event_dim = 0

    def check(self, value: Any) -> Any:
        """Whether each value, or vector or matrix of values, is as it must be.

        Args:
            value: (*, *event).

        Returns:
            A tensor of bools, of the shape (*).
        """
        raise NotImplementedError

    def __str__(self) -> str:
        return f"as {type(self).__name__} wants it"


class _Tested(Constraint):
    """A constraint that is a test of an array, and says in words what it tests."""

    def __init__(
        self, words: str, holds: Callable[[Array], Any], event_dim: int = 0, is_discrete: bool = False
    ) -> None:
        self._words, self._holds = words, holds
        self.event_dim, self.is_discrete = event_dim, is_discrete

    def check(self, value: Any) -> Any:
        return wrap(np.asarray(self._holds(value.array)))

    def __str__(self) -> str:
        return self._words

    __repr__ = __str__


class independent(Constraint):  # noqa: N801 - torch's name
    """A constraint under which the last axes, beside those of its own events, are tested as one."""

    def __init__(self, base_constraint: Constraint, reinterpreted_batch_ndims: int) -> None:
        self.base_constraint, self.reinterpreted_batch_ndims = base_constraint, reinterpreted_batch_ndims
        self.is_discrete = base_constraint.is_discrete
        self.event_dim = base_constraint.event_dim + reinterpreted_batch_ndims

    def check(self, value: Any) -> Any:
        """Whether all the values that are tested as one are as they must be.

        Raises:
            ValueError: there are not so many axes.
        """
        each = self.base_constraint.check(value)
        count = self.reinterpreted_batch_ndims
        if each.ndim < count:
            raise ValueError(f"Expected value.dim() >= {self.event_dim} but got {value.ndim}")
        return wrap(each.array.all(tuple(range(-count, 0)))) if count else each

    def __str__(self) -> str:
        return str(self.base_constraint)


def is_dependent(constraint: Any) -> bool:
    """Whether what is asked depends on other parameters, so that a class alone cannot tell."""
    return constraint is dependent


def dependent_property(
    function: Callable[[Any], Any] | None = None, *, is_discrete: bool = False, event_dim: int = 0
) -> Any:
    """A property that is a constraint, as the support of a distribution of one's own may be.

    Args:
        function: the method that tells it.
        is_discrete: what a class says of it before there is an object; not used here.
        event_dim: likewise.

    Source: torch.distributions.constraints.dependent_property.
    """
    return dependent_property if function is None else property(function)


def _whole(x: Array) -> Any:
    return x == np.floor(x)


def _is_square(x: Array) -> Any:
    return np.full(x.shape[:-2], x.shape[-2] == x.shape[-1])


def _is_symmetric(x: Array) -> Any:
    if x.shape[-2] != x.shape[-1]:
        return _is_square(x)
    return np.isclose(x, np.swapaxes(x, -1, -2), atol=1e-6).all((-2, -1))


def _is_positive_definite(x: Array) -> Any:
    symmetric = _is_symmetric(x)
    if not symmetric.all():
        return symmetric
    return np.array([_has_factor(matrix) for matrix in x.reshape(-1, *x.shape[-2:])]).reshape(symmetric.shape)


def _has_factor(matrix: Array) -> bool:
    try:
        np.linalg.cholesky(matrix)
    except np.linalg.LinAlgError:
        return False
    return True


def _is_positive_semidefinite(x: Array) -> Any:
    symmetric = _is_symmetric(x)
    return (np.linalg.eigvalsh(x) >= 0).all(-1) if symmetric.all() else symmetric


def _is_triangular(x: Array) -> Any:
    return (np.tril(x) == x).all((-2, -1))


def _is_cholesky(x: Array) -> Any:
    return _is_triangular(x) & (np.diagonal(x, axis1=-2, axis2=-1) > 0).all(-1)


def _is_share(x: Array) -> Any:
    return (x >= 0).all(-1) & (np.abs(x.sum(-1) - 1) < 1e-6)


def _is_one_hot(x: Array) -> Any:
    return ((x == 0) | (x == 1)).all(-1) & (x.sum(-1) == 1)


dependent: Constraint = Constraint()
real: Constraint = _Tested("real numbers", lambda x: ~np.isnan(x))
positive: Constraint = _Tested("positive", lambda x: x > 0)
nonnegative: Constraint = _Tested("not negative", lambda x: x >= 0)
OPEN_AT_ZERO: Constraint = _Tested("greater than 0 and at most 1", lambda x: (x > 0) & (x <= 1))
boolean: Constraint = _Tested("0 or 1", lambda x: (x == 0) | (x == 1), is_discrete=True)
nonnegative_integer: Constraint = _Tested(
    "whole numbers from 0 on", lambda x: _whole(x) & (x >= 0), is_discrete=True
)
positive_integer: Constraint = _Tested(
    "whole numbers from 1 on", lambda x: _whole(x) & (x >= 1), is_discrete=True
)
real_vector: Constraint = independent(real, 1)
simplex: Constraint = _Tested("not negative with the sum 1 along the last axis", _is_share, 1)
one_hot: Constraint = _Tested("0 but for a single 1 along the last axis", _is_one_hot, 1, True)
square: Constraint = _Tested("square matrices", _is_square, 2)
symmetric: Constraint = _Tested("symmetric matrices", _is_symmetric, 2)
positive_definite: Constraint = _Tested(
    "symmetric matrices with positive eigenvalues", _is_positive_definite, 2
)
positive_semidefinite: Constraint = _Tested(
    "symmetric matrices without negative eigenvalues", _is_positive_semidefinite, 2
)
lower_triangular: Constraint = _Tested("lower triangular matrices", _is_triangular, 2)
lower_cholesky: Constraint = _Tested("lower triangular matrices with a positive diagonal", _is_cholesky, 2)


class greater_than(_Tested):  # noqa: N801 - torch's names, here and below
    """Numbers greater than a bound."""

    def __init__(self, lower_bound: Any) -> None:
        self.lower_bound, low = lower_bound, array_of(lower_bound)
        super().__init__(f"greater than {lower_bound}", lambda x: x > low)


class greater_than_eq(_Tested):  # noqa: N801
    """Numbers not less than a bound."""

    def __init__(self, lower_bound: Any) -> None:
        self.lower_bound, low = lower_bound, array_of(lower_bound)
        super().__init__(f"not less than {lower_bound}", lambda x: x >= low)


class less_than(_Tested):  # noqa: N801
    """Numbers less than a bound."""

    def __init__(self, upper_bound: Any) -> None:
        self.upper_bound, high = upper_bound, array_of(upper_bound)
        super().__init__(f"less than {upper_bound}", lambda x: x < high)


class interval(_Tested):  # noqa: N801
    """Numbers between two bounds, both included."""

    def __init__(self, lower_bound: Any, upper_bound: Any) -> None:
        self.lower_bound, self.upper_bound = lower_bound, upper_bound
        low, high = array_of(lower_bound), array_of(upper_bound)
        super().__init__(f"between {lower_bound} and {upper_bound}", lambda x: (x >= low) & (x <= high))


class half_open_interval(_Tested):  # noqa: N801
    """Numbers between two bounds, of which the upper one is not included."""

    def __init__(self, lower_bound: Any, upper_bound: Any) -> None:
        self.lower_bound, self.upper_bound = lower_bound, upper_bound
        low, high = array_of(lower_bound), array_of(upper_bound)
        super().__init__(f"from {lower_bound} to below {upper_bound}", lambda x: (x >= low) & (x < high))


class integer_interval(_Tested):  # noqa: N801
    """Whole numbers between two bounds, both included."""

    def __init__(self, lower_bound: Any, upper_bound: Any) -> None:
        self.lower_bound, self.upper_bound = lower_bound, upper_bound
        low, high = array_of(lower_bound), array_of(upper_bound)
        super().__init__(
            f"whole numbers from {lower_bound} to {upper_bound}",
            lambda x: _whole(x) & (x >= low) & (x <= high),
            is_discrete=True,
        )


class multinomial(_Tested):  # noqa: N801
    """Vectors of counts whose sum is at most a bound; that they are whole is not checked, as on torch."""

    def __init__(self, upper_bound: Any) -> None:
        self.upper_bound, high = upper_bound, array_of(upper_bound)
        super().__init__(
            f"not negative with a sum of at most {upper_bound} along the last axis",
            lambda x: (x >= 0).all(-1) & (x.sum(-1) <= high),
            1,
            True,
        )


unit_interval: Constraint = interval(0, 1)

__all__ = [
    "Constraint",
    "boolean",
    "dependent",
    "dependent_property",
    "greater_than",
    "greater_than_eq",
    "half_open_interval",
    "independent",
    "integer_interval",
    "interval",
    "is_dependent",
    "less_than",
    "lower_cholesky",
    "lower_triangular",
    "multinomial",
    "nonnegative",
    "nonnegative_integer",
    "one_hot",
    "positive",
    "positive_definite",
    "positive_integer",
    "positive_semidefinite",
    "real",
    "real_vector",
    "simplex",
    "square",
    "symmetric",
    "unit_interval",
]
