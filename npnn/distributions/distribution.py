"""What all distributions have in common."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np

from npnn import dtypes
from npnn.autograd.function import wrap
from npnn.autograd.grad_mode import enable_grad, no_grad
from npnn.distributions.constraints import Constraint, is_dependent
from npnn.tensors import Size
from npnn.tensors.base import TensorBase
from npnn.tensors.combining import broadcast_tensors
from npnn.tensors.creation import arange
from npnn.tensors.promotion import check_shapes


class Distribution:
    """A distribution for each element of a batch.

    Args:
        batch_shape: the shape of its parameters.
        event_shape: the shape of one sample.
        validate_args: whether parameters and samples are checked. Default: they are.

    Attributes:
        has_rsample: whether samples have gradients with respect to the parameters.
        has_enumerate_support: whether there are few enough values to list them.
        arg_constraints: what each parameter must be.

    Raises:
        ValueError: a parameter is not what it must be.

    Source: torch.distributions.Distribution.
    """

    has_rsample = False
    has_enumerate_support = False
    arg_constraints: ClassVar[dict[str, Constraint]] = {}
    _validate_args = True

    def __init__(
        self, batch_shape: Any = (), event_shape: Any = (), validate_args: bool | None = None
    ) -> None:
        self._batch_shape, self._event_shape = Size(batch_shape), Size(event_shape)
        if validate_args is not None:
            self._validate_args = validate_args
        for name, constraint in self._constraints().items() if self._validate_args else ():
            value = vars(self).get(name)
            if value is not None and not is_dependent(constraint) and not constraint.check(value).array.all():
                raise ValueError(
                    f"Expected parameter {name} (Tensor of shape {tuple(value.shape)}) of distribution"
                    f" {self!r} to be {constraint}, but found invalid values:\n{value}"
                )

    @staticmethod
    def set_default_validate_args(value: bool) -> None:
        """Sets whether distributions that are not told check their arguments."""
        Distribution._validate_args = value

    @property
    def batch_shape(self) -> Size:
        """The shape of the parameters."""
        return self._batch_shape

    @property
    def event_shape(self) -> Size:
        """The shape of one sample."""
        return self._event_shape

    # ---- what a distribution tells

    @property
    def support(self) -> Constraint:
        """What samples are."""
        raise NotImplementedError

    @property
    def mean(self) -> Any:
        """The mean."""
        raise NotImplementedError

    @property
    def mode(self) -> Any:
        """The most likely value."""
        raise NotImplementedError

    @property
    def variance(self) -> Any:
        """The variance."""
        raise NotImplementedError

    @property
    def stddev(self) -> Any:
        """The standard deviation."""
        return self.variance.sqrt()

    def sample(self, sample_shape: Any = ()) -> Any:
        """Values drawn, of the shape sample_shape + batch_shape + event_shape, without gradients."""
        with no_grad():
            return self.rsample(sample_shape)

    def rsample(self, sample_shape: Any = ()) -> Any:
        """Values drawn, through which gradients reach the parameters."""
        raise NotImplementedError(f"{type(self).__name__} has no samples with gradients")

    def log_prob(self, value: Any) -> Any:
        """The logarithm of the probability, or density, of values.

        Raises:
            ValueError: a value is none that could be drawn, or the shape does not fit.
        """
        raise NotImplementedError

    def cdf(self, value: Any) -> Any:
        """The probability of a value up to this."""
        raise NotImplementedError

    def icdf(self, value: Any) -> Any:
        """The value up to which this probability lies."""
        raise NotImplementedError

    def entropy(self) -> Any:
        """The entropy, for each element of the batch."""
        raise NotImplementedError

    def enumerate_support(self, expand: bool = True) -> Any:
        """All values, along a new first axis.

        Args:
            expand: whether the batch axes have their lengths, or 1 each.
        """
        raise NotImplementedError(f"the values of {type(self).__name__} are not listed")

    def perplexity(self) -> Any:
        """The exponential of the entropy."""
        return self.entropy().exp()

    def expand(self, batch_shape: Any) -> Any:
        """The same distribution over a larger batch, of which this one's elements are repeated."""
        new = type(self).__new__(type(self))
        new._validate_args = self._validate_args
        extra = {name: value.shape[len(self._batch_shape) :] for name, value in self._parameters().items()}
        for name, value in self._parameters().items():
            setattr(new, name, value.expand((*batch_shape, *extra[name])))
        new._batch_shape, new._event_shape = Size(batch_shape), self._event_shape
        return new

    def __repr__(self) -> str:
        told = (
            f"{name}: {value if value.array.size == 1 else value.shape}"
            for name, value in self._parameters().items()
        )
        return f"{type(self).__name__}({', '.join(told)})"

    # ---- for those that are made of it

    def _enumerated(self, count: int, expand: bool, dtype: Any) -> Any:
        """The numbers 0 to count - 1 along a new first axis."""
        values = arange(count, dtype=dtype).reshape(-1, *(1 for _ in self._batch_shape))
        return values.expand(-1, *self._batch_shape) if expand else values

    def _constraints(self) -> dict[str, Constraint]:
        """What each parameter must be, where that depends on the others too."""
        return self.arg_constraints

    def _parameters(self) -> dict[str, Any]:
        """The parameters that were given, by name."""
        return {name: vars(self)[name] for name in self.arg_constraints if name in vars(self)}

    def _extended_shape(self, sample_shape: Any = ()) -> Size:
        return Size((*sample_shape, *self._batch_shape, *self._event_shape))

    def _validate_sample(self, value: Any) -> None:
        """Raises ValueError if a value is none that could be drawn."""
        if not self._validate_args:
            return
        if not isinstance(value, TensorBase):
            raise ValueError("The value argument to log_prob must be a Tensor")
        shape = (*self._batch_shape, *self._event_shape)
        try:
            check_shapes(value.array.shape, shape)
        except RuntimeError:
            raise ValueError(
                f"Value is not broadcastable with batch_shape+event_shape: {list(value.array.shape)} vs"
                f" {list(shape)}."
            ) from None
        if not self.support.check(value).array.all():
            raise ValueError(
                f"Expected value argument (Tensor of shape {tuple(value.array.shape)}) to be"
                f" {self.support}, the support of the distribution {self!r}, but found invalid"
                f" values:\n{value}"
            )


def kept(compute: Callable[[Any], Any]) -> Any:
    """A parameter that follows from another: computed when it is first asked for, and always on the tape.

    As a sample may be drawn without gradients before the log-probability is asked for with them.
    """

    @functools.wraps(compute)
    def recorded(self: Any) -> Any:
        with enable_grad():
            return compute(self)

    return functools.cached_property(recorded)


def broadcast_all(*values: Any) -> Any:
    """Parameters, tensors or numbers, as tensors of one shape; numbers get the dtype of the first tensor."""
    dtype = next((value.dtype for value in values if hasattr(value, "dtype")), dtypes.get_default_dtype())
    return broadcast_tensors(
        *(value if hasattr(value, "dtype") else wrap(np.asarray(value, dtype)) for value in values)
    )


def sum_rightmost(value: Any, count: int) -> Any:
    """The sum over the last axes."""
    return value.sum(tuple(range(-count, 0))) if count else value


def clamped(probabilities: Any) -> Any:
    """Probabilities, kept so far from 0 and 1 that their logarithms are finite."""
    eps = float(np.finfo(probabilities.dtype).eps)
    return probabilities.clamp(eps, 1 - eps)


EULER = 0.57721566490153286060  # Euler's constant: minus the derivative of the gamma function at 1
LOG_SQRT_TWO_PI = math.log(math.sqrt(2 * math.pi))
