"""One call of a module or function on one library, and its derivatives, given as arrays in npnn's layout."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
import torch

import npnn
from torch_ref.convert import translate
from torch_ref.layouts import SAME, Array, Layout, ModuleLayout, shape_to_torch
from torch_ref.values import (
    NPNN,
    Library,
    array_of,
    is_shape,
    is_tensor,
    map_nested,
    repacked,
    seeded,
    tensors_in,
)

Key: TypeAlias = tuple[str, str]
"""A kind of difference and the name of an array, as `report.Difference` has them."""


@dataclass
class Call:
    """One call on one library.

    Attributes:
        library: whose call it is.
        function: the module or function.
        layouts: what is not the same about its arrays.
        handed: by name, the tensors that it is called on, and their layouts.
        given: copies of these from before the call, in npnn's layout.
        leaves: by kind and name, what to differentiate with respect to, and its layout.
        outputs: the tensors in the result, in order.
    """

    library: Library
    function: Callable[..., Any]
    layouts: ModuleLayout
    handed: dict[str, tuple[Any, Layout]] = field(default_factory=dict)
    given: dict[str, Array] = field(default_factory=dict)
    leaves: dict[Key, tuple[Any, Layout]] = field(default_factory=dict)
    outputs: list[Any] = field(default_factory=list)

    def run(self, names: Sequence[str], inputs: Sequence[Any], kwargs: Mapping[str, Any], seed: int) -> None:
        """Makes the call.

        Args:
            names: of forward's arguments, one for each input.
            inputs: arrays, npnn tensors and whatever else is to be handed on, in npnn's layout.
            kwargs: the same by name.
            seed: for what the call draws.
        """
        args = [self._argument(name, value, kwargs) for name, value in zip(names, inputs, strict=True)]
        named = {name: self._argument(name, value, kwargs) for name, value in kwargs.items()}
        if isinstance(self.function, (npnn.Module, torch.nn.Module)):
            for name, parameter in self.function.named_parameters():
                if parameter.requires_grad:
                    self.leaves["grad_param", name] = parameter, self.layouts.of_state(name)
        self.given = self.input_arrays()
        with seeded(seed), warnings.catch_warnings():
            # Advice, such as that a target broadcasts. What NumPy warns of is no advice, and is let through.
            warnings.simplefilter("ignore", UserWarning)
            self.outputs = tensors_in(self.function(*args, **named))

    def _argument(self, name: str, value: Any, kwargs: Mapping[str, Any]) -> Any:
        """One argument, in which arrays and tensors become new leaves of this library, in its layout."""
        layout = self.layouts.of_input(name)
        inplace = (
            getattr(self.function, "inplace", False)
            or kwargs.get("inplace", False)
            or getattr(self.function, "__name__", "").endswith("_")
        )

        if is_shape(value) and not layout.alike(SAME):
            return value if self.library is NPNN else shape_to_torch(value, layout)

        def leaf_of(entry: Any) -> Any:
            if not isinstance(entry, np.ndarray) and not is_tensor(entry):
                return entry if self.library is NPNN else translate(entry, self.library)
            label = name if name not in self.handed else f"{name}[{len(self.handed)}]"
            leaf = self._tensor(array_of(entry), layout)
            if entry.requires_grad if is_tensor(entry) else entry.dtype.kind in "fc":
                self.leaves["grad_input", label] = leaf.requires_grad_(), layout
                # A leaf may not be changed in place, but a copy of it may.
                leaf = leaf.clone() if inplace else leaf
            self.handed[label] = leaf, layout
            return leaf

        return repacked(map_nested(leaf_of, value), self.library)

    def _tensor(self, array: Array, layout: Layout) -> Any:
        """An array in npnn's layout as a tensor of this library, in its layout."""
        return self.library.tensor(array if self.library is NPNN else self.library.rearrange(array, layout))

    def _array(self, tensor: Any, layout: Layout) -> Array:
        """A tensor of this library as an array in npnn's layout."""
        array = array_of(tensor)
        return array if self.library is NPNN else NPNN.rearrange(array, layout)

    def output_arrays(self) -> list[Array]:
        """The outputs."""
        return [
            self._array(output, self.layouts.of_output(number)) for number, output in enumerate(self.outputs)
        ]

    def input_arrays(self) -> dict[str, Array]:
        """What was handed over, as it is now."""
        return {name: self._array(tensor, layout).copy() for name, (tensor, layout) in self.handed.items()}

    def state_arrays(self) -> dict[str, Array]:
        """The module's parameters and buffers, as they are now."""
        if not isinstance(self.function, (npnn.Module, torch.nn.Module)):
            return {}
        state = {**dict(self.function.named_parameters()), **dict(self.function.named_buffers())}
        return {
            name: self._array(tensor, self.layouts.of_state(name)).copy() for name, tensor in state.items()
        }

    def differentiable(self) -> list[int]:
        """The numbers of the outputs that require grad."""
        return [number for number, output in enumerate(self.outputs) if output.requires_grad]

    def gradients(self, cotangents: Sequence[Array], keep_graph: bool) -> dict[Key, Array | None]:
        """What backward leaves in the `.grad` of each leaf, which is taken away from there."""
        leaves = [leaf for leaf, _ in self.leaves.values()]
        for leaf in leaves:
            leaf.grad = None
        outputs = [self.outputs[number] for number in self.differentiable()]
        if outputs:
            self.library.root.autograd.backward(
                outputs, self._cotangents(cotangents), retain_graph=keep_graph
            )
        found = {
            key: None if leaf.grad is None else self._array(leaf.grad, layout)
            for key, (leaf, layout) in self.leaves.items()
        }
        for leaf in leaves:
            leaf.grad = None
        return found

    def second_derivatives(
        self, cotangents: Sequence[Array], seed: int
    ) -> tuple[dict[Key, Array], dict[Key, Array]]:
        """The gradients once more, now recorded, and the derivatives of their sum with random weights.

        Args:
            cotangents: dL/dY for each output that requires grad.
            seed: for the random weights.

        Returns:
            The gradients of each leaf; and the derivatives by each leaf and each cotangent, which are 0 where
            there are none.
        """
        grad = self.library.root.autograd.grad
        outputs = [self.outputs[number] for number in self.differentiable()]
        arriving = [cotangent.requires_grad_() for cotangent in self._cotangents(cotangents)]
        leaves = [leaf for leaf, _ in self.leaves.values()]
        first = (
            grad(outputs, leaves, arriving, create_graph=True, allow_unused=True)
            if outputs and leaves
            else ()
        )
        random = np.random.default_rng(seed)
        weighted = []
        gradients: dict[Key, Array] = {}
        for ((kind, name), (_, layout)), gradient in zip(self.leaves.items(), first, strict=False):
            if gradient is not None:
                array = gradients[kind, f"{name}, recorded"] = self._array(gradient, layout)
                weight = self._tensor(random_like(array, random), layout)
                weighted += [(gradient, weight)] if gradient.requires_grad else []
        sources: dict[Key, tuple[Any, Layout]] = {
            ("second", name): leaf for (_, name), leaf in self.leaves.items()
        }
        for number, cotangent in zip(self.differentiable(), arriving, strict=True):
            sources["second", f"dL/d output {number}"] = cotangent, self.layouts.of_output(number)
        found: Sequence[Any] = [None] * len(sources)
        if weighted:
            by = [source for source, _ in sources.values()]
            found = grad(
                [one for one, _ in weighted], by, [weight for _, weight in weighted], allow_unused=True
            )
        return gradients, {
            key: np.zeros_like(self._array(source, layout)) if value is None else self._array(value, layout)
            for (key, (source, layout)), value in zip(sources.items(), found, strict=True)
        }

    def _cotangents(self, cotangents: Sequence[Array]) -> list[Any]:
        return [
            self._tensor(cotangent, self.layouts.of_output(number))
            for number, cotangent in zip(self.differentiable(), cotangents, strict=True)
        ]


def has_forward(function: Callable[..., Any]) -> bool:
    """Whether something can be called: a module whose class defines no forward cannot."""
    base = next((base for base in (npnn.Module, torch.nn.Module) if isinstance(function, base)), None)
    return base is None or type(function).forward is not base.forward  # type: ignore[attr-defined]


def argument_names(function: Callable[..., Any], count: int) -> list[str]:
    """What a module's forward, or a function, calls its first arguments; if without names, numbers."""
    numbered = [str(number) for number in range(count)]
    try:
        parameters = inspect.signature(getattr(function, "forward", function)).parameters.values()
    except ValueError:  # a function written in C
        return numbered
    named = [one.name for one in parameters if one.kind in (one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD)]
    return [*named[:count], *numbered[len(named) :]]


def random_like(array: Array, random: np.random.Generator) -> Array:
    """Standard normal numbers of an array's shape and dtype."""
    values = random.standard_normal(array.shape)
    if array.dtype.kind == "c":
        return np.asarray(values + 1j * random.standard_normal(array.shape)).astype(array.dtype)
    return np.asarray(values).astype(array.dtype)
