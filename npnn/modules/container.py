"""Containers: modules and parameters held in sequences and dictionaries."""

from __future__ import annotations

import warnings
from collections import OrderedDict
from collections.abc import ItemsView, Iterable, Iterator, KeysView, ValuesView
from itertools import chain
from typing import Any, TypeVar, cast

from npnn.modules._members import typename
from npnn.modules._parameter_container import ParameterDict, ParameterList, checked_index, pairs
from npnn.modules.module import Module

__all__ = ["Container", "ModuleDict", "ModuleList", "ParameterDict", "ParameterList", "Sequential"]

_Sequence = TypeVar("_Sequence", bound="_ModuleSequence")
_List = TypeVar("_List", bound="ModuleList")
_Chain = TypeVar("_Chain", bound="Sequential")


class Container(Module):
    """A module with the given submodules: what there was before Module could hold submodules itself.

    Args:
        **kwargs: the submodules by name.

    Source: torch.nn.Container, which is deprecated.
    """

    def __init__(self, **kwargs: Any) -> None:
        warnings.warn(
            "`nn.Container` is deprecated: subclass `nn.Module`, which does all that it does.",
            FutureWarning,
            stacklevel=2,
        )
        super().__init__()
        for name, module in kwargs.items():
            self.add_module(name, module)


class _ModuleSequence(Module):
    """Modules in a row, by number: what Sequential and ModuleList share."""

    def __len__(self) -> int:
        return len(self._modules)

    def __iter__(self) -> Iterator[Module]:
        return iter(self._listed())

    def _listed(self) -> ValuesView[Module]:
        return cast("ValuesView[Module]", self._modules.values())

    def _names(self, index: Any) -> list[str]:
        """The names of the modules at an index or in a slice."""
        names = list(self._modules)
        return names[index] if isinstance(index, slice) else [names[checked_index(index, len(names))]]

    def __getitem__(self, index: Any) -> Any:
        names = self._names(index)
        if isinstance(index, slice):
            return self._sliced(names)
        return self._modules[names[0]]

    def _sliced(self, names: list[str]) -> Module:
        raise NotImplementedError

    def __setitem__(self, index: int, module: Module) -> None:
        setattr(self, self._names(index)[0], module)

    def __delitem__(self, index: int | slice) -> None:
        for name in self._names(index):
            del self._modules[name]
        self._replace(self._listed())

    def _replace(self, modules: Iterable[Module]) -> None:
        """Holds these modules, numbered from 0, instead of those it holds."""
        self._modules = {str(number): module for number, module in enumerate(modules)}

    def append(self: _Sequence, module: Module) -> _Sequence:
        """Adds a module at the end.

        Args:
            module: the module.

        Returns:
            The container itself.

        Raises:
            TypeError: it is no module.

        Source: torch.nn.Sequential.append, torch.nn.ModuleList.append.

        Examples:
            >>> from npnn import nn
            >>> nn.Sequential(nn.Tanh()).append(nn.ReLU())
            Sequential(
              (0): Tanh()
              (1): ReLU()
            )
        """
        self.add_module(str(len(self)), module)
        return self

    def _insert(self, index: int, module: Module) -> None:
        modules = list(self._listed())
        modules.insert(index, module)
        self._replace(modules)

    def pop(self, key: Any) -> Any:
        """Takes a module out; those after it move up.

        Args:
            key: its index, or a slice.

        Returns:
            The module, or for a slice a container of those taken out.

        Raises:
            IndexError: there is no such index.

        Source: torch.nn.Sequential.pop, torch.nn.ModuleList.pop.

        Examples:
            >>> from npnn import nn
            >>> nn.Sequential(nn.Tanh(), nn.ReLU()).pop(0)
            Tanh()
        """
        modules = self[key]
        del self[key]
        return modules


class Sequential(_ModuleSequence):
    """Modules in a chain: each is called on the output of the one before.

    Args:
        *args: the modules, or one OrderedDict of them, whose keys become their names.

    Source: torch.nn.Sequential.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> net = nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 2))
        >>> net
        Sequential(
          (0): Linear(in_features=4, out_features=3, bias=True)
          (1): ReLU()
          (2): Linear(in_features=3, out_features=2, bias=True)
        )
        >>> net(npnn.ones(5, 4)).shape
        torch.Size([5, 2])
        >>> net[:2] + nn.Sequential(nn.Tanh())
        Sequential(
          (0): Linear(in_features=4, out_features=3, bias=True)
          (1): ReLU()
          (2): Tanh()
        )
    """

    def __init__(self, *args: Any) -> None:
        super().__init__()
        named = args[0].items() if len(args) == 1 and isinstance(args[0], OrderedDict) else enumerate(args)
        for name, module in named:
            self.add_module(str(name), module)

    def forward(self, input: Any) -> Any:
        """Calls the modules one after the other.

        Args:
            input: what the first is called on.

        Returns:
            The output of the last.
        """
        for module in self._listed():
            input = module(input)
        return input

    def _sliced(self, names: list[str]) -> Sequential:
        return type(self)(OrderedDict((name, self._modules[name]) for name in names))

    def insert(self: _Chain, index: int, module: Module) -> _Chain:
        """Puts a module in before the one at an index.

        Args:
            index: from -len to len.
            module: the module.

        Returns:
            The container itself.

        Raises:
            AssertionError: it is no module.
            IndexError: there is no such index.

        Source: torch.nn.Sequential.insert.

        Examples:
            >>> from npnn import nn
            >>> nn.Sequential(nn.Tanh(), nn.ReLU()).insert(1, nn.Sigmoid())
            Sequential(
              (0): Tanh()
              (1): Sigmoid()
              (2): ReLU()
            )
        """
        if not isinstance(module, Module):
            raise AssertionError(f"module should be of type: {Module}, got {typename(module)}")
        if not -len(self) <= index <= len(self):
            raise IndexError(f"Index out of range: {index}")
        self._insert(index, module)
        return self

    def extend(self: _Chain, sequential: Iterable[Module]) -> _Chain:
        """Adds modules at the end.

        Args:
            sequential: the modules.

        Returns:
            The container itself.

        Raises:
            TypeError: one is no module.

        Source: torch.nn.Sequential.extend.

        Examples:
            >>> from npnn import nn
            >>> nn.Sequential(nn.Tanh()).extend([nn.ReLU(), nn.Sigmoid()])
            Sequential(
              (0): Tanh()
              (1): ReLU()
              (2): Sigmoid()
            )
        """
        for module in list(sequential):
            self.append(module)
        return self

    def __add__(self, other: Any) -> Sequential:
        return Sequential(*self, *_other_chain(other))

    def __iadd__(self: _Chain, other: Any) -> _Chain:
        return self.extend(_other_chain(other))

    def __mul__(self, other: int) -> Sequential:
        return Sequential(*list(self) * self._repetitions(other))

    def __rmul__(self, other: int) -> Sequential:
        return self * other

    def __imul__(self: _Chain, other: int) -> _Chain:
        return self.extend(list(self) * (self._repetitions(other) - 1))

    def _repetitions(self, other: Any) -> int:
        if not isinstance(other, int):
            raise TypeError(f"unsupported operand type(s) for *: {type(self)} and {type(other)}")
        if other <= 0:
            raise ValueError(f"Non-positive multiplication factor {other} for {type(self)}")
        return other


class ModuleList(_ModuleSequence):
    """A list of modules, each of them registered. It is indexed, not called.

    Args:
        modules: the modules.

    Source: torch.nn.ModuleList.

    Examples:
        >>> from npnn import nn
        >>> layers = nn.ModuleList([nn.Linear(4, 4) for _ in range(3)])
        >>> layers += [nn.ReLU()]
        >>> layers
        ModuleList(
          (0-2): 3 x Linear(in_features=4, out_features=4, bias=True)
          (3): ReLU()
        )
        >>> len(list(layers.parameters()))
        6
    """

    def __init__(self, modules: Iterable[Module] | None = None) -> None:
        super().__init__()
        if modules is not None:
            self.extend(modules)

    def _sliced(self, names: list[str]) -> ModuleList:
        return type(self)([cast(Module, self._modules[name]) for name in names])

    def insert(self, index: int, module: Module) -> None:
        """Puts a module in before the one at an index.

        Args:
            index: as list.insert takes it.
            module: the module.

        Raises:
            TypeError: it is no module.

        Source: torch.nn.ModuleList.insert.

        Examples:
            >>> from npnn import nn
            >>> layers = nn.ModuleList([nn.Tanh(), nn.ReLU()])
            >>> layers.insert(1, nn.Sigmoid())
            >>> list(layers)
            [Tanh(), Sigmoid(), ReLU()]
        """
        if not isinstance(module, Module):
            raise TypeError(f"{typename(module)} is not a Module subclass")
        self._insert(index, module)

    def extend(self: _List, modules: Iterable[Module]) -> _List:
        """Adds modules at the end.

        Args:
            modules: the modules.

        Returns:
            The container itself.

        Raises:
            TypeError: `modules` cannot be iterated over, or one of them is no module.

        Source: torch.nn.ModuleList.extend.

        Examples:
            >>> from npnn import nn
            >>> list(nn.ModuleList([nn.Tanh()]).extend([nn.ReLU()]))
            [Tanh(), ReLU()]
        """
        if not isinstance(modules, Iterable):
            raise TypeError(
                f"ModuleList.extend should be called with an iterable, but got {type(modules).__name__}"
            )
        for module in list(modules):
            self.append(module)
        return self

    def __iadd__(self: _List, modules: Iterable[Module]) -> _List:
        return self.extend(modules)

    def __add__(self, other: Iterable[Module]) -> ModuleList:
        return ModuleList(chain(self, other))

    def __repr__(self) -> str:
        # A run of modules that print alike is printed once.
        runs: list[tuple[int, int, str]] = []
        for number, text in enumerate(map(repr, self)):
            if runs and runs[-1][2] == text:
                runs[-1] = (runs[-1][0], number, text)
            else:
                runs.append((number, number, text))
        return self._repr_of(
            [],
            [
                (f"({first})", text)
                if first == last
                else (f"({first}-{last})", f"{last - first + 1} x {text}")
                for first, last, text in runs
            ],
        )


class ModuleDict(Module):
    """A dictionary of modules, each of them registered, in the order in which they were added.

    Args:
        modules: a mapping of names to modules, or an iterable of such pairs.

    Source: torch.nn.ModuleDict.

    Examples:
        >>> from npnn import nn
        >>> activations = nn.ModuleDict({"relu": nn.ReLU(), "tanh": nn.Tanh()})
        >>> activations["tanh"]
        Tanh()
        >>> activations
        ModuleDict(
          (relu): ReLU()
          (tanh): Tanh()
        )
    """

    def __init__(self, modules: Any = None) -> None:
        super().__init__()
        if modules is not None:
            self.update(modules)

    def __getitem__(self, key: str) -> Module:
        return cast(Module, self._modules[key])

    def __setitem__(self, key: str, module: Module) -> None:
        self.add_module(key, module)

    def __delitem__(self, key: str) -> None:
        del self._modules[key]

    def __len__(self) -> int:
        return len(self._modules)

    def __iter__(self) -> Iterator[str]:
        return iter(self._modules)

    def __contains__(self, key: object) -> bool:
        return key in self._modules

    def clear(self) -> None:
        """Takes all modules out.

        Source: torch.nn.ModuleDict.clear.
        """
        self._modules.clear()

    def pop(self, key: str) -> Module:
        """Takes a module out.

        Args:
            key: its name.

        Returns:
            The module.

        Raises:
            KeyError: there is none of that name.

        Source: torch.nn.ModuleDict.pop.

        Examples:
            >>> from npnn import nn
            >>> nn.ModuleDict({"relu": nn.ReLU()}).pop("relu")
            ReLU()
        """
        module = self[key]
        del self[key]
        return module

    def keys(self) -> KeysView[str]:
        """The names.

        Source: torch.nn.ModuleDict.keys.
        """
        return self._modules.keys()

    def items(self) -> ItemsView[str, Module]:
        """The names with the modules.

        Source: torch.nn.ModuleDict.items.
        """
        return cast("ItemsView[str, Module]", self._modules.items())

    def values(self) -> ValuesView[Module]:
        """The modules.

        Source: torch.nn.ModuleDict.values.
        """
        return cast("ValuesView[Module]", self._modules.values())

    def update(self, modules: Any) -> None:
        """Adds modules; one whose name is there already takes the other's place.

        Args:
            modules: a mapping of names to modules, or an iterable of such pairs.

        Raises:
            TypeError: `modules`, or one of the pairs, cannot be iterated over, or a value is no module.
            ValueError: something in it is not a pair.

        Source: torch.nn.ModuleDict.update.

        Examples:
            >>> from npnn import nn
            >>> activations = nn.ModuleDict({"relu": nn.ReLU()})
            >>> activations.update([("tanh", nn.Tanh())])
            >>> list(activations)
            ['relu', 'tanh']
        """
        for key, module in pairs(modules, "ModuleDict"):
            self[key] = module


def _other_chain(other: Any) -> Sequential:
    if not isinstance(other, Sequential):
        raise ValueError(
            f"add operator supports only objects of Sequential class, but {type(other)} is given."
        )
    return other
