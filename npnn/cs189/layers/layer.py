"""Layer: what all layers of the homework have in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from npnn._typing import Array
from npnn.autograd.function import Context
from npnn.cs189.activations import Activation
from npnn.random import Generator

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


class Layer(ABC):
    """A step of a network, with parameters of its own; forward keeps in `cache` what backward needs.

    Beside the arrays that the homework names, the cache holds "ctx": the Context of the operation of
    `npnn.ops` that the layer has run, which takes it back.

    Attributes:
        activation: what follows the layer's own step, or None.
        n_in: number of features, or channels, of the input; None before the first forward.
        n_out: the same of the output; None if it is what comes out.
        parameters: name of each parameter -> its value.
        cache: name -> what the last forward left for backward.
        gradients: name of each parameter -> what the last backward found, of the same shape.
        generator: what the first values of the parameters are drawn from; None is npnn's default generator.
    """

    def __init__(self) -> None:
        self.activation: Activation | None = None
        self.n_in: int | None = None
        self.n_out: int | None = None
        self.parameters: OrderedDict[str, Array] = OrderedDict()
        self.cache: OrderedDict[str, Any] = OrderedDict()
        self.gradients: OrderedDict[str, Array] = OrderedDict()
        self.generator: Generator | None = None

    def __call__(self, X: ArrayLike) -> Array:
        """The same as forward."""
        return self.forward(X)

    @abstractmethod
    def forward(self, X: ArrayLike) -> Array:
        """Computes the output, and keeps what backward needs.

        Args:
            X: the input, one example in each row.

        Returns:
            The output.
        """

    @abstractmethod
    def backward(self, dLdY: ArrayLike) -> Array:
        """Goes back through the last forward, and leaves the gradients of the parameters in `gradients`.

        Args:
            dLdY: the gradient of the loss by the output.

        Returns:
            The gradient of the loss by the input.

        Raises:
            RuntimeError: there was no forward.
        """

    def clear_gradients(self) -> None:
        """Empties the cache, and sets the gradients to zeros."""
        self.cache = OrderedDict((name, []) for name in self.cache)
        self.gradients = OrderedDict((name, np.zeros_like(value)) for name, value in self.gradients.items())

    def forward_with_param(self, name: str, X: ArrayLike) -> Callable[[Array], Array]:
        """The forward of a fixed input as a function of one parameter, for checking its gradient.

        Args:
            name: of the parameter; the layer must have run forward once.
            X: the input.

        Returns:
            A function of the parameter's value. It leaves the layer as it found it, cache and all.

        Raises:
            KeyError: the layer has no such parameter.
        """
        if name not in self.parameters:
            raise KeyError(
                f"{type(self).__name__} has no parameter {name!r}, only {list(self.parameters)}; the first"
                " forward makes them"
            )

        def forward(value: Array) -> Array:
            own, cache = self.parameters[name], self.cache.copy()
            self.parameters[name] = value
            try:
                return self.forward(X)
            finally:
                self.parameters[name], self.cache = own, cache

        return forward

    def _set_parameters(self, **parameters: Array) -> None:
        """Takes the parameters' first values, with zeros for their gradients."""
        self.parameters = OrderedDict(parameters)
        self.gradients = OrderedDict((name, np.zeros_like(value)) for name, value in parameters.items())

    def _cached(self, name: str) -> Any:
        """What the last forward left under a name."""
        value = self.cache.get(name, [])
        if isinstance(value, list) and not value:
            raise RuntimeError(
                f"{type(self).__name__}.backward goes back through the last forward, but there was none since"
                " the layer was made or cleared"
            )
        return value

    def _context(self) -> Context:
        """The record of the operation that the last forward ran."""
        ctx: Context = self._cached("ctx")
        return ctx

    def _get_parameters(self) -> list[Array]:
        return list(self.parameters.values())

    def _get_cache(self) -> list[Any]:
        return list(self.cache.values())

    def _get_gradients(self) -> list[Array]:
        return list(self.gradients.values())
