"""Random numbers of events and of successes, as torch draws them from the same seed."""

from __future__ import annotations

from typing import Any

import numpy as np

from npnn.autograd.function import wrap
from npnn.random import Generator
from npnn.tensors.base import TensorBase
from npnn.tensors.sampling import source


def poisson(input: Any, generator: Generator | None = None) -> Any:
    """Numbers of events, Poisson distributed with the rates in `input`, in a new tensor.

    Args:
        input: the rates, floating-point and not negative.
        generator: what to draw from.

    Raises:
        TypeError: the rates are no tensor.
        RuntimeError: one is negative.
        NotImplementedError: they are no floating-point numbers.

    Source: torch.poisson.

    Examples:
        >>> import npnn
        >>> _ = npnn.manual_seed(0)
        >>> npnn.poisson(npnn.tensor([0.5, 4.0, 100.0]))
        tensor([ 2.,  5., 94.])
    """
    if not isinstance(input, TensorBase):
        raise TypeError(f"poisson(): argument 'input' must be Tensor, not {type(input).__name__}")
    return wrap(source(generator).poisson(input.array))


def binomial(count: Any, prob: Any, generator: Generator | None = None) -> Any:
    """How many of `count` trials succeed, each with probability `prob`, in a new tensor.

    Args:
        count: the numbers of trials, floating-point.
        prob: the probabilities, of the same dtype; the two broadcast.
        generator: what to draw from.

    Raises:
        ValueError: the numbers of trials are no floating-point numbers.
        RuntimeError: the dtypes differ.

    Source: torch.binomial.

    Examples:
        >>> import npnn
        >>> _ = npnn.manual_seed(0)
        >>> npnn.binomial(npnn.tensor([10.0, 90.0]), npnn.tensor([0.25, 0.75]))
        tensor([ 6., 69.])
    """
    if count.array.dtype.kind != "f":
        raise ValueError(f"binomial only supports floating-point dtypes for count, got: {count.dtype}")
    return wrap(source(generator).binomial(*np.broadcast_arrays(count.array, prob.array)))
