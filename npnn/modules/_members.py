"""What a module is made of: parameters, buffers and submodules, and how they become its attributes."""

from __future__ import annotations

import weakref
from collections.abc import Iterable, Mapping, MutableMapping
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from npnn.modules._global_hooks import (
    _global_buffer_registration_hooks,
    _global_module_registration_hooks,
    _global_parameter_registration_hooks,
    run_registration_hooks,
)
from npnn.parameter import Buffer, Parameter, is_lazy
from npnn.tensors import Tensor

if TYPE_CHECKING:
    from npnn.modules.module import Module

T = TypeVar("T")


class Registry(dict[str, T]):
    """One of a module's three tables of members, each entry of which is an attribute of the module as well.

    torch finds `self.weight` in `__getattr__`, which Python tries only when ordinary lookup has failed: that
    costs as much as the arithmetic of a small layer. Here an entry also stands in the module's `__dict__`,
    where lookup is some fifteen times quicker. Every change goes through `__setitem__` or `__delitem__`,
    which keep the two in step, also when it is made behind the module's back, as in `net._modules["head"] =
    nn.Identity()`.

    Args:
        module: whose members they are. It is held weakly: a cycle would keep the arrays of a network that is
            no longer used in memory until the garbage collector's next full pass.
        entries: the first members.
    """

    __slots__ = ("_module",)

    def __init__(self, module: Members, entries: Mapping[str, T] | Iterable[tuple[str, T]] = ()) -> None:
        super().__init__()
        self._module = weakref.ref(module)
        self.update(entries)

    def __setitem__(self, name: str, value: T) -> None:
        super().__setitem__(name, value)
        module = self._module()
        if module is not None:
            module.__dict__[name] = value

    def __delitem__(self, name: str) -> None:
        super().__delitem__(name)
        module = self._module()
        if module is not None:
            module.__dict__.pop(name, None)

    # dict's own versions of what follows would not call the two methods above.
    clear = MutableMapping.clear
    setdefault = MutableMapping.setdefault
    update = MutableMapping.update

    def pop(self, name: str, *default: Any) -> Any:
        value = self.get(name, *default) if default else self[name]
        if name in self:
            del self[name]
        return value

    def popitem(self) -> tuple[str, T]:
        name = next(reversed(self), None)
        if name is None:
            raise KeyError("popitem(): dictionary is empty")
        return name, self.pop(name)

    def __ior__(self, entries: Any) -> Registry[T]:  # type: ignore[override,misc]
        self.update(entries)
        return self

    def __reduce__(self) -> Any:
        # A copy of the table alone belongs to no module. Module.__setstate__ makes the tables of a copied
        # module.
        return dict, (dict(self),)


class Members:
    """The part of Module that holds its members: registration and the attribute protocol."""

    training: bool
    _parameters: dict[str, Parameter | None]
    _buffers: dict[str, Tensor | None]
    _modules: dict[str, Module | None]
    _non_persistent_buffers_set: set[str]

    def _get_name(self) -> str:
        return type(self).__name__

    def register_parameter(self, name: str, param: Parameter | None) -> None:
        """Adds a parameter, which is then the attribute of that name. Assigning a Parameter does the same.

        Args:
            name: the attribute's name; no dots.
            param: the parameter. None keeps the name for a parameter that this module does without, as
                `bias=False` does.

        Raises:
            AttributeError: `Module.__init__` has not been called yet.
            TypeError: the name is no string, or `param` no Parameter.
            KeyError: the name is empty, has a dot, or is taken by another attribute.
            ValueError: `param` was computed from other tensors.

        Source: torch.nn.Module.register_parameter.

        Examples:
            >>> import npnn
            >>> from npnn import nn
            >>> scale = nn.Module()
            >>> scale.register_parameter("factor", nn.Parameter(npnn.ones(2)))
            >>> scale.factor
            Parameter containing:
            tensor([1., 1.], requires_grad=True)
        """
        self._check_name("parameter", name, "_parameters")
        if param is not None:
            if not isinstance(param, Parameter):
                raise TypeError(
                    f"cannot assign '{typename(param)}' object to parameter '{name}' "
                    "(nn.Parameter or None required)"
                )
            if param.grad_fn is not None:
                raise ValueError(
                    f"Cannot assign non-leaf Tensor to parameter '{name}'. Model parameters must be created "
                    f"explicitly; to have '{name}' follow from another tensor, compute it in forward()."
                )
            param = run_registration_hooks(_global_parameter_registration_hooks, self, name, param)
            # Of what takes the place of a layer's weight the axes mean the same.
            axes = getattr(self._parameters.get(name), "torch_axes", None)
            if axes and param.torch_axes is None and not is_lazy(param) and param.ndim == len(axes):
                param.torch_axes = axes
        self._parameters[name] = param

    def register_buffer(self, name: str, tensor: Tensor | None, persistent: bool = True) -> None:
        """Adds a buffer: a tensor of the module's state that is not trained, such as a running mean.

        Args:
            name: the attribute's name; no dots.
            tensor: the buffer. None keeps the name for a buffer that this module does without.
            persistent: whether the buffer is part of `state_dict`.

        Raises:
            AttributeError: `Module.__init__` has not been called yet.
            TypeError: the name is no string, or `tensor` no Tensor.
            KeyError: the name is empty, has a dot, or is taken by another attribute.

        Source: torch.nn.Module.register_buffer.

        Examples:
            >>> import npnn
            >>> from npnn import nn
            >>> counter = nn.Module()
            >>> counter.register_buffer("seen", npnn.zeros(1))
            >>> dict(counter.state_dict())
            {'seen': tensor([0.])}
        """
        self._check_name("buffer", name, "_buffers")
        if not (tensor is None or isinstance(tensor, Tensor)):
            raise TypeError(
                f"cannot assign '{typename(tensor)}' object to buffer '{name}' (Tensor or None required)"
            )
        self._buffers[name] = run_registration_hooks(_global_buffer_registration_hooks, self, name, tensor)
        if persistent:
            self._non_persistent_buffers_set.discard(name)
        else:
            self._non_persistent_buffers_set.add(name)

    def add_module(self, name: str, module: Module | None) -> None:
        """Adds a submodule, which is then the attribute of that name. Assigning a Module does the same.

        Args:
            name: the attribute's name; no dots.
            module: the submodule. None keeps the name for a submodule that this module does without.

        Raises:
            AttributeError: `Module.__init__` has not been called yet.
            TypeError: the name is no string, or `module` no Module.
            KeyError: the name is empty, has a dot, or is taken by another attribute.

        Source: torch.nn.Module.add_module.

        Examples:
            >>> from npnn import nn
            >>> net = nn.Module()
            >>> net.add_module("activation", nn.ReLU())
            >>> net.activation
            ReLU()
        """
        if not (module is None or isinstance(module, Members)):
            raise TypeError(f"{typename(module)} is not a Module subclass")
        self._check_name("module", name, "_modules")
        self._modules[name] = run_registration_hooks(_global_module_registration_hooks, self, name, module)

    def register_module(self, name: str, module: Module | None) -> None:
        """The same as `add_module`.

        Args:
            name: the attribute's name; no dots.
            module: the submodule, or None.

        Source: torch.nn.Module.register_module.
        """
        self.add_module(name, module)

    def _check_name(self, kind: str, name: Any, registry: str) -> None:
        """Refuses a name that cannot be the attribute of a new member, or the key of its state."""
        self._check_initialised(kind, registry)
        if not isinstance(name, str):
            raise TypeError(f"{kind} name should be a string. Got {typename(name)}")
        if name == "":
            raise KeyError(f'{kind} name can\'t be empty string ""')
        if "." in name:
            raise KeyError(f'{kind} name can\'t contain ".", got: {name}')
        if name not in self.__dict__[registry] and hasattr(self, name):
            raise KeyError(f"attribute '{name}' already exists")

    def _check_initialised(self, kind: str, registry: str) -> None:
        if registry not in self.__dict__:
            raise AttributeError(f"cannot assign {kind} before Module.__init__() call")

    def __setattr__(self, name: str, value: Any) -> None:
        """Registers what is a Parameter, Buffer or Module; anything else is an attribute like any other."""
        attributes = self.__dict__
        if isinstance(value, Parameter):
            self._check_initialised("parameters", "_parameters")
            self._forget(name, "_parameters")
            self.register_parameter(name, value)
        elif name in attributes.get("_parameters", ()):
            if value is not None:
                _refuse("parameter", name, value, "nn.Parameter")
            self.register_parameter(name, None)
        elif isinstance(value, Members) or name in attributes.get("_modules", ()):
            if not (value is None or isinstance(value, Members)):
                _refuse("child module", name, value, "nn.Module")
            self._check_initialised("module", "_modules")
            self._forget(name, "_modules")
            self._modules[name] = run_registration_hooks(_global_module_registration_hooks, self, name, value)
        elif isinstance(value, Buffer) or name in attributes.get("_buffers", ()):
            if not (value is None or isinstance(value, Tensor)):
                _refuse("buffer", name, value, "nn.Buffer, Tensor")
            persistent = name not in attributes.get("_non_persistent_buffers_set", ())
            self.register_buffer(name, value, value.persistent if isinstance(value, Buffer) else persistent)
        elif name in REGISTRIES and name in attributes:
            entries = dict(value)
            attributes[name].clear()
            attributes[name].update(entries)
        else:
            object.__setattr__(self, name, value)

    def _forget(self, name: str, keeper: str) -> None:
        """Drops what a name stands for; what is in the registry `keeper` stays, to be replaced in place."""
        if name in self.__dict__[keeper]:
            return
        for registry in REGISTRIES:
            self.__dict__[registry].pop(name, None)
        self._non_persistent_buffers_set.discard(name)
        self.__dict__.pop(name, None)

    if TYPE_CHECKING:
        # For type checkers alone: what an attribute that a class does not declare may be. A class with a real
        # __getattr__ has slower attributes altogether, since Python can no longer specialise their lookup.
        def __getattr__(self, name: str) -> Tensor | Module: ...

    def __delattr__(self, name: str) -> None:
        for registry in REGISTRIES:
            members = self.__dict__.get(registry, ())
            if name in members:
                del members[name]
                self._non_persistent_buffers_set.discard(name)
                return
        object.__delattr__(self, name)

    def __dir__(self) -> list[str]:
        names = {*dir(type(self)), *self.__dict__}
        return sorted(name for name in names if not name[0].isdigit())


REGISTRIES = ("_parameters", "_buffers", "_modules")


def typename(value: Any) -> str:
    """The name of a value's type as torch's error messages give it."""
    if isinstance(value, Tensor):
        return str(value.type())
    kind = type(value)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


def _refuse(kind: str, name: str, value: Any, expected: str) -> NoReturn:
    raise TypeError(f"cannot assign '{typename(value)}' as {kind} '{name}' ({expected} or None expected)")
