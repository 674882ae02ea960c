"""Filling tensors with random numbers, as torch does from the same seed."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from npnn._typing import Array
from npnn.autograd.function import wrap
from npnn.random import Generator, default_generator
from npnn.tensors.base import TensorBase, array_of


class SamplingMethods(TensorBase):
    """In-place sampling; each method draws from `generator`, or the default one."""

    def uniform_(self, from_: float = 0.0, to: float = 1.0, *, generator: Generator | None = None) -> Any:
        """Uniform on [from_, to)."""
        return _fill(self, source(generator).uniform, from_, to)

    def normal_(self, mean: float = 0.0, std: float = 1.0, *, generator: Generator | None = None) -> Any:
        """Normal with a mean and a standard deviation."""
        contiguous = self.torch_axes is not None or self.array.flags.c_contiguous
        return _fill(self, partial(source(generator).normal, contiguous=contiguous), mean, std)

    def bernoulli_(self, p: Any = 0.5, *, generator: Generator | None = None) -> Any:
        """1 with probability p, else 0."""
        p = array_of(p)
        if isinstance(p, np.ndarray) and p.ndim <= self.array.ndim:
            p = p.reshape((1,) * (self.array.ndim - p.ndim) + p.shape).transpose(_order(self))
        return _fill(self, partial(source(generator).bernoulli, p))

    def random_(self, from_: int = 0, to: int | None = None, *, generator: Generator | None = None) -> Any:
        """Integers, uniform on [from_, to); one number alone is `to`."""
        drawn_from = source(generator)
        if to is None:
            if from_ == 0:
                return _fill(self, drawn_from.random)
            from_, to = 0, from_
        return _fill(self, partial(drawn_from.randint, from_, to))

    def exponential_(self, lambd: float = 1.0, *, generator: Generator | None = None) -> Any:
        """Exponential with rate lambd."""
        return _fill(self, source(generator).exponential, lambd)

    def geometric_(self, p: float, *, generator: Generator | None = None) -> Any:
        """How many trials it takes until the first of probability p succeeds."""
        return _fill(self, source(generator).geometric, p)

    def cauchy_(self, median: float = 0.0, sigma: float = 1.0, *, generator: Generator | None = None) -> Any:
        """Cauchy distributed, with a median and half the width at half the height."""
        return _fill(self, source(generator).cauchy, median, sigma)

    def log_normal_(self, mean: float = 1.0, std: float = 2.0, *, generator: Generator | None = None) -> Any:
        """The exponential of a normal variable with a mean and a standard deviation."""
        return _fill(self, source(generator).log_normal, mean, std)

    def bernoulli(self, p: Any = None, *, generator: Generator | None = None) -> Any:
        """1 with probability p, or else with that which each element gives, else 0, in a new tensor."""
        result: Any = wrap(np.zeros(self.array.shape, self.array.dtype))
        return result.bernoulli_(self if p is None else float(p), generator=generator)

    def multinomial(
        self, num_samples: int, replacement: bool = False, *, generator: Generator | None = None
    ) -> Any:
        """Indices drawn with probabilities in proportion to each row."""
        return wrap(source(generator).multinomial(self.array, num_samples, replacement))


def source(generator: Generator | None) -> Generator:
    """What to draw from: a generator, or the default one where none is given."""
    return default_generator if generator is None else generator


def _fill(tensor: Any, draw: Callable[..., Array], *parameters: float) -> Any:
    return tensor._assign(drawn_like(tensor, draw, *parameters, dtype=tensor.array.dtype))


def drawn_like(tensor: Any, draw: Callable[..., Array], *parameters: float, dtype: Any) -> Array:
    """Draws an array of a tensor's shape in the order in which torch goes through the tensor."""
    axes, shape = _order(tensor), tensor.array.shape
    drawn = draw(tuple(shape[axis] for axis in axes), *parameters, dtype)
    return drawn.transpose(np.argsort(axes))


def in_order(tensor: Any) -> bool:
    """Whether that is the order of the axes, so that torch makes a contiguous tensor like this one."""
    return tensor.torch_axes is not None or _order(tensor) == tuple(range(tensor.array.ndim))


def _order(tensor: Any) -> tuple[int, ...]:
    """The axes, slowest first, as torch stores a layer's weight, or as they lie in memory."""
    if tensor.torch_axes is not None:
        return tuple(tensor.torch_axes)
    strides, axes = tensor.array.strides, range(tensor.array.ndim)
    if tensor.array.flags.c_contiguous:
        return tuple(axes)
    repeated = any(strides[axis] == 0 and tensor.array.shape[axis] > 1 for axis in axes)
    # Elements that are repeated have no place of their own in memory.
    return tuple(axes if repeated else sorted(axes, key=lambda axis: -abs(strides[axis])))
