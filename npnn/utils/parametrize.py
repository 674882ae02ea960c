"""Parametrizations: a parameter as a function of others, computed whenever it is read.

`register_parametrization(layer, "weight", function)` moves the weight of a layer to
`layer.parametrizations.weight.original` and makes `layer.weight` a property that gives `function(original)`.
A property belongs to a class, so the layer becomes the only member of a class made for it, which derives from
the one that it was of.
"""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TypeVar

from npnn.autograd.grad_mode import no_grad
from npnn.modules.container import ModuleDict, ModuleList
from npnn.modules.module import Module
from npnn.parameter import Parameter
from npnn.tensors import Tensor
from npnn.utils._layout import carry_axes

__all__ = [
    "ParametrizationList",
    "cached",
    "is_parametrized",
    "register_parametrization",
    "remove_parametrizations",
    "transfer_parametrizations_and_params",
    "type_before_parametrizations",
]

T = TypeVar("T", bound=Module)

_cache: dict[tuple[int, str], Tensor] = {}
_cache_users = 0


@contextlib.contextmanager
def cached() -> Iterator[None]:
    """Within this context every parametrized tensor is computed once, when it is first read, and then kept.

    For a weight that is used several times in a forward, such as that of a recurrent cell.

    Source: torch.nn.utils.parametrize.cached.

    Examples:
        >>> from npnn import nn
        >>> from npnn.utils import parametrize
        >>> layer = parametrize.register_parametrization(nn.Linear(2, 3), "weight", nn.Tanh())
        >>> layer.weight is layer.weight
        False
        >>> with parametrize.cached():
        ...     layer.weight is layer.weight
        True
    """
    global _cache_users
    _cache_users += 1
    try:
        yield
    finally:
        _cache_users -= 1
        if not _cache_users:
            _cache.clear()


class ParametrizationList(ModuleList):
    """The parametrizations of one tensor, first to last, and the tensors that the first of them starts from.

    `register_parametrization` makes it. If the `right_inverse` of the parametrizations gives one tensor, that
    is kept as `original`; if it gives several, they are kept as `original0`, `original1` and so on.

    Args:
        modules: the parametrizations.
        original: the parameter or buffer.
        unsafe: whether they may change the shape and the dtype of the tensor; then nothing is checked.

    Attributes:
        is_tensor: whether there is one original.
        ntensors: how many there are.
        unsafe: as given.

    Raises:
        ValueError: there are no modules, or what they or their inverses give is no tensor, or of another
            shape or dtype.

    Source: torch.nn.utils.parametrize.ParametrizationList.
    """

    original: Tensor

    def __init__(self, modules: Sequence[Module], original: Tensor, unsafe: bool = False) -> None:
        if len(modules) == 0:
            raise ValueError("a ParametrizationList is made of at least one parametrization, got none")
        super().__init__(modules)
        self.unsafe = unsafe
        self.torch_axes = getattr(original, "torch_axes", None)
        shape, dtype = original.shape, original.dtype
        with no_grad():
            start = _inverted(self, original)
        self.is_tensor = isinstance(start, Tensor)
        if isinstance(start, Tensor):
            _check_dtype("right_inverse(original)", start, dtype)
            # The parameter itself stays, with new values: an optimizer may hold it already.
            original.data = start.data
            _register(self, "original", original)
        else:
            _check_sequence(start)
            for number, tensor in enumerate(start):
                _register(self, f"original{number}", _in_the_role_of(original, tensor))
        self.ntensors = 1 if self.is_tensor else len(start)
        if not unsafe:
            _check("a parametrization", self(), shape, dtype)

    def _originals(self) -> list[Tensor]:
        names = ["original"] if self.is_tensor else [f"original{i}" for i in range(self.ntensors)]
        return [getattr(self, name) for name in names]

    def right_inverse(self, value: Tensor) -> None:
        """Sets the originals to what gives a value, as far as the inverses of the parametrizations know.

        Args:
            value: the value.

        Raises:
            RuntimeError: a parametrization has no `right_inverse`.
            ValueError: the inverses give another number of tensors than at first, or another dtype.

        Source: torch.nn.utils.parametrize.ParametrizationList.right_inverse.
        """
        with no_grad():
            start: Any = value
            for module in reversed(list(self)):
                inverse: Any = getattr(module, "right_inverse", None)
                if inverse is None:
                    raise RuntimeError(
                        f"{type(module).__name__} has no right_inverse, so no value can be assigned"
                    )
                start = inverse(start)
        if self.is_tensor:
            start = [start]
        _check_sequence(start)
        if len(start) != self.ntensors:
            raise ValueError(
                f"right_inverse gave {self.ntensors} tensors when it was registered, but {len(start)} for"
                " this value"
            )
        for original, tensor in zip(self._originals(), start, strict=True):
            _check_dtype("a tensor returned by right_inverse", tensor, original.dtype)
        for original, tensor in zip(self._originals(), start, strict=True):
            original.data = tensor.data

    def forward(self) -> Tensor:
        """Computes the tensor from its originals.

        Returns:
            The tensor, on the tape.
        """
        first, *others = self
        value = first(*self._originals())
        for module in others:
            value = module(value)
        # It is laid out as the parameter was that it stands for.
        return carry_axes(value, self) if isinstance(value, Tensor) else value


def _inverted(modules: Iterable[Module], value: Any) -> Any:
    """A value taken back through the inverses, last first; one that is missing counts as the identity."""
    for module in reversed(list(modules)):
        inverse: Any = getattr(module, "right_inverse", None)
        if inverse is not None:
            with contextlib.suppress(NotImplementedError):
                value = inverse(value)
    return value


def _in_the_role_of(original: Tensor, tensor: Tensor) -> Tensor:
    """One of several new originals, trained or not as the one that they replace."""
    if isinstance(original, Parameter):
        axes = getattr(tensor, "torch_axes", None)
        return Parameter(tensor, original.requires_grad, torch_axes=axes)
    return tensor.requires_grad_(original.requires_grad)


def _register(module: Module, name: str, tensor: Tensor) -> None:
    if isinstance(tensor, Parameter):
        module.register_parameter(name, tensor)
    else:
        module.register_buffer(name, tensor)


def _check_sequence(values: Any) -> None:
    if not isinstance(values, Sequence):
        raise ValueError(
            f"right_inverse must give a tensor or a sequence of tensors, got {type(values).__name__}"
        )
    for number, value in enumerate(values):
        if not isinstance(value, Tensor):
            raise ValueError(
                f"right_inverse must give nothing but tensors, got {type(value).__name__} at {number}"
            )


def _check_dtype(what: str, value: Tensor, dtype: Any) -> None:
    if value.dtype != dtype:
        raise ValueError(f"{what} must have the dtype of the tensor, {dtype}, got {value.dtype}")


def _check(what: str, value: Any, shape: Any, dtype: Any) -> None:
    if not isinstance(value, Tensor):
        raise ValueError(f"{what} must give a tensor, got {type(value).__name__}")
    for kind, given, expected in (("dtype", value.dtype, dtype), ("shape", value.shape, shape)):
        if given != expected:
            raise ValueError(
                f"{what} changes the {kind} of the tensor from {expected} to {given}, which only unsafe=True"
                " allows"
            )


def _give_own_class(module: Module) -> None:
    """Makes a module the only member of a class, derived from its own, that can be given properties."""
    base = type(module)

    def refuse_state(self: Module) -> Any:
        raise RuntimeError(
            f"a {type(self).__name__} cannot be pickled, since its class was made at run time: save its"
            " state_dict()"
        )

    def deep_copy(self: Module, memo: dict[int, Any]) -> Module:
        twin = base.__new__(base)
        memo[id(self)] = twin
        twin.__setstate__(copy.deepcopy(base.__getstate__(self), memo))
        # A class of its own: what is done to one of the two must not show in the other.
        _give_own_class(twin)
        for name in _parametrizations(twin):
            _add_property(twin, name)
        return twin

    methods: dict[str, Any] = {"__getstate__": refuse_state}
    if not hasattr(base, "__deepcopy__"):
        methods["__deepcopy__"] = deep_copy
    module.__class__ = type(f"Parametrized{base.__name__}", (base,), methods)


def _add_property(module: Module, name: str) -> None:
    """Makes an attribute of a module, whose class is its own, a property that computes a tensor."""

    def get(self: Module) -> Tensor:
        parametrization = _parametrizations(self)[name]
        if not _cache_users:
            value: Tensor = parametrization()
            return value
        key = (id(self), name)
        if key not in _cache:
            _cache[key] = parametrization()
        return _cache[key]

    def set(self: Module, value: Tensor) -> None:
        _parametrizations(self)[name].right_inverse(value)

    setattr(type(module), name, property(get, set))


def _parametrizations(module: Module) -> dict[str, Any]:
    """The ParametrizationList of each parametrized tensor of a module, by name."""
    found = getattr(module, "parametrizations", None)
    return found._modules if isinstance(found, ModuleDict) else {}


def register_parametrization(
    module: T, tensor_name: str, parametrization: Module, *, unsafe: bool = False
) -> T:
    """Makes a parameter or buffer of a module a function of what it was, computed whenever it is read.

    The original is kept in `module.parametrizations.<name>`, and is what is trained and saved. Several
    parametrizations of one tensor are applied one after the other. If the parametrization has a method
    `right_inverse`, the original is what that gives for the present value, and a tensor that is assigned to
    the attribute goes through it; without one the original is the present value.

    Args:
        module: the module.
        tensor_name: the name of the parameter or buffer.
        parametrization: a module whose forward takes the original, laid out as npnn has it, and gives the
            tensor. If its `right_inverse` gives several tensors, its forward takes as many.
        unsafe: let it change the tensor's shape and dtype, and check nothing.

    Returns:
        The module, which is now of a class `Parametrized...`.

    Raises:
        ValueError: there is no such parameter or buffer, or the parametrization or its inverse gives no
            tensor, or one of another shape or dtype.

    Source: torch.nn.utils.parametrize.register_parametrization.

    Examples:
        >>> import numpy as np
        >>> import npnn
        >>> from npnn import nn
        >>> from npnn.utils import parametrize
        >>> class Symmetric(nn.Module):
        ...     def forward(self, x):
        ...         return (x + x.T) / 2
        >>> layer = parametrize.register_parametrization(nn.Linear(3, 3), "weight", Symmetric())
        >>> np.array_equal(layer.weight.detach(), layer.weight.detach().T)
        True
        >>> layer
        ParametrizedLinear(
          in_features=3, out_features=3, bias=True
          (parametrizations): ModuleDict(
            (weight): ParametrizationList(
              (0): Symmetric()
            )
          )
        )
        >>> list(layer.state_dict())
        ['bias', 'parametrizations.weight.original']
    """
    parametrization.train(module.training)
    if is_parametrized(module, tensor_name):
        _append(module, tensor_name, parametrization, unsafe)
    elif tensor_name in module._buffers or tensor_name in module._parameters:
        entries = ParametrizationList([parametrization], getattr(module, tensor_name), unsafe)
        delattr(module, tensor_name)
        if not is_parametrized(module):
            _give_own_class(module)
            module.parametrizations = ModuleDict()
        _parametrizations(module)[tensor_name] = entries
        _add_property(module, tensor_name)
    else:
        raise ValueError(f"there is no parameter, buffer or parametrized tensor '{tensor_name}' in {module}")
    return module


def _append(module: Module, name: str, parametrization: Module, unsafe: bool) -> None:
    """Adds a parametrization after those that a tensor already has."""
    entries = _parametrizations(module)[name]
    if not unsafe:
        present = getattr(module, name)
        value = parametrization(present)
        _check("a parametrization", value, present.shape, present.dtype)
        original = _inverted([parametrization], value)
        _check("parametrization.right_inverse", original, present.shape, present.dtype)
    entries.append(parametrization)
    entries.unsafe |= unsafe


def is_parametrized(module: Module, tensor_name: str | None = None) -> bool:
    """Whether a module has a parametrization.

    Args:
        module: the module.
        tensor_name: the name of a tensor; None asks for any.

    Returns:
        Whether it has.

    Source: torch.nn.utils.parametrize.is_parametrized.

    Examples:
        >>> from npnn import nn
        >>> from npnn.utils import parametrize
        >>> layer = parametrize.register_parametrization(nn.Linear(2, 3), "bias", nn.Tanh())
        >>> [parametrize.is_parametrized(layer, name) for name in ("bias", "weight", None)]
        [True, False, True]
    """
    entries = _parametrizations(module)
    return bool(entries) if tensor_name is None else tensor_name in entries


def remove_parametrizations(module: T, tensor_name: str, leave_parametrized: bool = True) -> T:
    """Makes a parametrized tensor a parameter or buffer again.

    Args:
        module: the module.
        tensor_name: the tensor's name.
        leave_parametrized: whether it keeps its present value, rather than get back that of its original. An
            original that is the only one remains the same object in both cases, so that an optimizer need not
            be told.

    Returns:
        The module, of the class that it was of if this was the last parametrization.

    Raises:
        ValueError: the tensor is not parametrized, or there are several originals to go back to.

    Source: torch.nn.utils.parametrize.remove_parametrizations.

    Examples:
        >>> from npnn import nn
        >>> from npnn.utils import parametrize
        >>> layer = parametrize.register_parametrization(nn.Linear(2, 3), "bias", nn.Tanh())
        >>> parametrize.remove_parametrizations(layer, "bias")
        Linear(in_features=2, out_features=3, bias=True)
    """
    if not is_parametrized(module, tensor_name):
        raise ValueError(f"'{tensor_name}' is not parametrized in {module}")
    entries = _parametrizations(module)[tensor_name]
    if not (leave_parametrized or entries.is_tensor):
        raise ValueError(
            f"leave_parametrized=False goes back to the one original, but {tensor_name} has"
            f" {entries.ntensors} of them"
        )
    if entries.is_tensor:
        tensor = entries.original
        if leave_parametrized:
            with no_grad():
                tensor.data = getattr(module, tensor_name).data
    else:
        value = getattr(module, tensor_name)
        tensor = _parameter_like(value) if value.requires_grad else value
    delattr(type(module), tensor_name)
    del _parametrizations(module)[tensor_name]
    _register(module, tensor_name, tensor)
    if not is_parametrized(module):
        del module.parametrizations
        module.__class__ = type(module).__bases__[0]
    return module


def _parameter_like(value: Tensor) -> Parameter:
    """A new parameter with the values of a computed tensor."""
    return Parameter(value.detach(), torch_axes=getattr(value, "torch_axes", None))


def type_before_parametrizations(module: Module) -> type:
    """The class of a module, not counting that which a parametrization made for it.

    Args:
        module: the module.

    Returns:
        The class.

    Source: torch.nn.utils.parametrize.type_before_parametrizations.

    Examples:
        >>> from npnn import nn
        >>> from npnn.utils import parametrize
        >>> layer = parametrize.register_parametrization(nn.Linear(2, 3), "bias", nn.Tanh())
        >>> parametrize.type_before_parametrizations(layer).__name__
        'Linear'
    """
    return type(module).__bases__[0] if is_parametrized(module) else type(module)


def transfer_parametrizations_and_params(
    from_module: Module, to_module: T, tensor_name: str | None = None
) -> T:
    """Gives a module the parametrizations of another one, and the originals that belong to them.

    Both modules then share them. A tensor that the second module has not is added to it.

    Args:
        from_module: the module that has them; nothing is done if it has none.
        to_module: the module that gets them.
        tensor_name: the name of the only tensor that is to be parametrized so; None for all.

    Returns:
        `to_module`.

    Source: torch.nn.utils.parametrize.transfer_parametrizations_and_params.

    Examples:
        >>> from npnn import nn
        >>> from npnn.utils import parametrize
        >>> source = parametrize.register_parametrization(nn.Linear(2, 3), "bias", nn.Tanh())
        >>> layer = parametrize.transfer_parametrizations_and_params(source, nn.Linear(2, 3))
        >>> layer.parametrizations.bias.original is source.parametrizations.bias.original
        True
    """
    if not is_parametrized(from_module):
        return to_module
    for name in list(_parametrizations(from_module)) if tensor_name is None else [tensor_name]:
        if not hasattr(to_module, name):
            setattr(to_module, name, _parameter_like(getattr(from_module, name)))
        source = _parametrizations(from_module)[name]
        for parametrization in source:
            register_parametrization(to_module, name, parametrization)
        target = _parametrizations(to_module)[name]
        for kind in ("_parameters", "_buffers"):
            getattr(target, kind).update(getattr(source, kind))
    return to_module
