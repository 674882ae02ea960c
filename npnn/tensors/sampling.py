"""Filling tensors with random numbers, as torch does from the same seed."""

from __future__ import annotations

from collections.abc import Callable
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
        return _fill(self, _source(generator).uniform, from_, to)

    def normal_(self, mean: float = 0.0, std: float = 1.0, *, generator: Generator | None = None) -> Any:
        """Normal with a mean and a standard deviation."""
        return _fill(self, _source(generator).normal, mean, std)

    def bernoulli_(self, p: Any = 0.5, *, generator: Generator | None = None) -> Any:
        """1 with probability p, else 0."""
        return self._assign(_source(generator).bernoulli(array_of(p), self.array.shape, self.array.dtype))

    def random_(self, from_: int = 0, to: int | None = None, *, generator: Generator | None = None) -> Any:
        """Integers, uniform on [from_, to); one number alone is `to`."""
        source = _source(generator)
        if to is None:
            if from_ == 0:
                return self._assign(source.random(self.array.shape, self.array.dtype))
            from_, to = 0, from_
        return self._assign(source.randint(from_, to, self.array.shape, self.array.dtype))

    def exponential_(self, lambd: float = 1.0, *, generator: Generator | None = None) -> Any:
        """Exponential with rate lambd."""
        return _fill(self, _source(generator).exponential, lambd)

    def geometric_(self, p: float, *, generator: Generator | None = None) -> Any:
        """How many trials it takes until the first of probability p succeeds."""
        return _fill(self, _source(generator).geometric, p)

    def cauchy_(self, median: float = 0.0, sigma: float = 1.0, *, generator: Generator | None = None) -> Any:
        """Cauchy distributed, with a median and half the width at half the height."""
        return _fill(self, _source(generator).cauchy, median, sigma)

    def log_normal_(self, mean: float = 1.0, std: float = 2.0, *, generator: Generator | None = None) -> Any:
        """The exponential of a normal variable with a mean and a standard deviation."""
        return _fill(self, _source(generator).log_normal, mean, std)

    def bernoulli(self, *, generator: Generator | None = None) -> Any:
        """1 with the probability that each element gives, else 0, in a new tensor."""
        result: Any = np.zeros_like(self)
        return result.bernoulli_(self, generator=generator)

    def multinomial(
        self, num_samples: int, replacement: bool = False, *, generator: Generator | None = None
    ) -> Any:
        """Indices drawn with probabilities in proportion to each row."""
        return wrap(_source(generator).multinomial(self.array, num_samples, replacement))


def _source(generator: Generator | None) -> Generator:
    return default_generator if generator is None else generator


def _fill(tensor: Any, draw: Callable[..., Array], *parameters: float) -> Any:
    """Draws into a tensor: into a layer's weight, or its `data`, in the order in which torch stores it."""
    axes, shape, dtype = tensor.torch_axes, tensor.array.shape, tensor.array.dtype
    if axes is None:
        return tensor._assign(draw(shape, *parameters, dtype))
    drawn = draw(tuple(shape[axis] for axis in axes), *parameters, dtype)
    return tensor._assign(drawn.transpose(np.argsort(axes)))
