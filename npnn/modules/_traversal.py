"""Walking the tree of modules: by dotted name, and in order over all submodules, parameters and buffers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, TypeVar, cast

from npnn.modules._members import Members
from npnn.parameter import Parameter
from npnn.tensors import Tensor

if TYPE_CHECKING:
    from npnn.modules.module import Module

T = TypeVar("T")


class Traversal(Members):
    """The part of Module that finds and lists members, its own and those of its submodules."""

    def get_submodule(self, target: str) -> Module:
        """The submodule at a dotted path.

        Args:
            target: the path, such as `"encoder.layers.0"`; the empty string stands for the module itself.

        Raises:
            AttributeError: a name on the path does not exist, or is no module.

        Source: torch.nn.Module.get_submodule.

        Examples:
            >>> from npnn import nn
            >>> net = nn.Sequential(nn.Flatten(), nn.Sequential(nn.ReLU(), nn.Tanh()))
            >>> net.get_submodule("1.0")
            ReLU()
        """
        module: Any = self
        for name in target.split(".") if target else ():
            module = _attribute(module, name)
            if not isinstance(module, Traversal):
                raise AttributeError(f"`{name}` is not an nn.Module")
        return cast("Module", module)

    def set_submodule(self, target: str, module: Module, strict: bool = False) -> None:
        """Puts a module at a dotted path, in place of the one that is there or as a new one.

        Args:
            target: the path; all but its last name must exist.
            module: the module to put there.
            strict: refuse a path at which there is no module yet.

        Raises:
            ValueError: the path is empty, or `module` is no module.
            AttributeError: a name on the path does not exist, or is no module.

        Source: torch.nn.Module.set_submodule.

        Examples:
            >>> from npnn import nn
            >>> net = nn.Sequential(nn.Flatten(), nn.Sequential(nn.ReLU(), nn.Tanh()))
            >>> net.set_submodule("1.0", nn.Sigmoid())
            >>> net.get_submodule("1.0")
            Sigmoid()
        """
        if target == "":
            raise ValueError("Cannot set the submodule without a target name!")
        if not isinstance(module, Traversal):
            raise ValueError(f"`module` is not an nn.Module, found {type(module)}")
        path, _, name = target.rpartition(".")
        parent = self.get_submodule(path)
        if (strict or hasattr(parent, name)) and not isinstance(_attribute(parent, name), Traversal):
            raise AttributeError(f"`{name}` is not an nn.Module")
        setattr(parent, name, module)

    def get_parameter(self, target: str) -> Parameter:
        """The parameter at a dotted path.

        Args:
            target: the path, such as `"encoder.layers.0.weight"`.

        Raises:
            AttributeError: a name on the path does not exist, or the last is no parameter.

        Source: torch.nn.Module.get_parameter.

        Examples:
            >>> from npnn import nn
            >>> net = nn.Sequential(nn.Linear(2, 3))
            >>> net.get_parameter("0.weight") is net[0].weight
            True
        """
        path, _, name = target.rpartition(".")
        parameter = _attribute(self.get_submodule(path), name)
        if not isinstance(parameter, Parameter):
            raise AttributeError(f"`{name}` is not an nn.Parameter")
        return parameter

    def get_buffer(self, target: str) -> Tensor:
        """The buffer at a dotted path.

        Args:
            target: the path, such as `"encoder.norm.running_mean"`.

        Raises:
            AttributeError: a name on the path does not exist, or the last is no buffer.

        Source: torch.nn.Module.get_buffer.

        Examples:
            >>> import npnn
            >>> from npnn import nn
            >>> net = nn.Sequential(nn.Module())
            >>> net[0].register_buffer("mean", npnn.zeros(2))
            >>> net.get_buffer("0.mean")
            tensor([0., 0.])
        """
        path, _, name = target.rpartition(".")
        module = self.get_submodule(path)
        buffer = _attribute(module, name)
        if name not in module._buffers:
            raise AttributeError(f"`{name}` is not a buffer")
        return cast(Tensor, buffer)

    def named_modules(
        self, memo: set[Module] | None = None, prefix: str = "", remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Module]]:
        """The module itself and all modules below it, each before its children, with their dotted names.

        Args:
            memo: the modules that are taken for seen; those met on the way are added to it.
            prefix: what every name starts with.
            remove_duplicate: give a module that stands in several places only once.

        Returns:
            An iterator of (name, module); the module's own name is the prefix.

        Source: torch.nn.Module.named_modules.

        Examples:
            >>> from npnn import nn
            >>> shared = nn.ReLU()
            >>> for name, module in nn.Sequential(nn.Tanh(), shared, shared).named_modules():
            ...     print(repr(name), type(module).__name__)
            '' Sequential
            '0' Tanh
            '1' ReLU
        """
        memo = set() if memo is None else memo
        module = cast("Module", self)
        if module in memo:
            return
        if remove_duplicate:
            memo.add(module)
        yield prefix, module
        for name, child in self._modules.items():
            if child is not None:
                yield from child.named_modules(memo, _joined(prefix, name), remove_duplicate)

    def modules(self, remove_duplicate: bool = True) -> Iterator[Module]:
        """The module itself and all modules below it, each before its children.

        Args:
            remove_duplicate: give a module that stands in several places only once.

        Source: torch.nn.Module.modules.

        Examples:
            >>> from npnn import nn
            >>> [type(module).__name__ for module in nn.Sequential(nn.Tanh(), nn.ReLU()).modules()]
            ['Sequential', 'Tanh', 'ReLU']
        """
        for _, module in self.named_modules(remove_duplicate=remove_duplicate):
            yield module

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """The modules directly below, each once, with their names.

        Source: torch.nn.Module.named_children.

        Examples:
            >>> from npnn import nn
            >>> [name for name, child in nn.Sequential(nn.Tanh(), nn.Sequential(nn.ReLU())).named_children()]
            ['0', '1']
        """
        seen = set()
        for name, module in self._modules.items():
            if module is not None and module not in seen:
                seen.add(module)
                yield name, module

    def children(self) -> Iterator[Module]:
        """The modules directly below, each once.

        Source: torch.nn.Module.children.

        Examples:
            >>> from npnn import nn
            >>> list(nn.Sequential(nn.Tanh(), nn.ReLU()).children())
            [Tanh(), ReLU()]
        """
        for _, module in self.named_children():
            yield module

    def named_parameters(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Parameter]]:
        """The parameters with their dotted names, the module's own first.

        Args:
            prefix: what every name starts with.
            recurse: go on to the modules below.
            remove_duplicate: give a parameter that several modules share only once, under its first name.

        Source: torch.nn.Module.named_parameters.

        Examples:
            >>> from npnn import nn
            >>> net = nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 1, bias=False))
            >>> [(name, tuple(parameter.shape)) for name, parameter in net.named_parameters()]
            [('0.weight', (2, 3)), ('0.bias', (3,)), ('1.weight', (3, 1))]
        """
        return self._named_members("_parameters", prefix, recurse, remove_duplicate)

    def parameters(self, recurse: bool = True) -> Iterator[Parameter]:
        """The parameters, each once: what an optimizer is given.

        Args:
            recurse: include those of the modules below.

        Source: torch.nn.Module.parameters.

        Examples:
            >>> from npnn import nn
            >>> sum(parameter.numel() for parameter in nn.Linear(2, 3).parameters())
            9
        """
        for _, parameter in self.named_parameters(recurse=recurse):
            yield parameter

    def named_buffers(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Tensor]]:
        """The buffers with their dotted names, the module's own first.

        Args:
            prefix: what every name starts with.
            recurse: go on to the modules below.
            remove_duplicate: give a buffer that several modules share only once, under its first name.

        Source: torch.nn.Module.named_buffers.

        Examples:
            >>> import npnn
            >>> from npnn import nn
            >>> net = nn.Sequential(nn.Module())
            >>> net[0].register_buffer("mean", npnn.zeros(2))
            >>> list(net.named_buffers())
            [('0.mean', tensor([0., 0.]))]
        """
        return self._named_members("_buffers", prefix, recurse, remove_duplicate)

    def buffers(self, recurse: bool = True) -> Iterator[Tensor]:
        """The buffers, each once.

        Args:
            recurse: include those of the modules below.

        Source: torch.nn.Module.buffers.

        Examples:
            >>> import npnn
            >>> from npnn import nn
            >>> norm = nn.Module()
            >>> norm.register_buffer("mean", npnn.zeros(2))
            >>> list(norm.buffers())
            [tensor([0., 0.])]
        """
        for _, buffer in self.named_buffers(recurse=recurse):
            yield buffer

    def _named_members(
        self, registry: str, prefix: str, recurse: bool, remove_duplicate: bool
    ) -> Iterator[tuple[str, Any]]:
        """The entries, but for those that are None, of one registry of this module and of those below."""
        seen = set()
        modules: Iterable[tuple[str, Any]] = (
            self.named_modules(prefix=prefix, remove_duplicate=remove_duplicate)
            if recurse
            else [(prefix, self)]
        )
        for module_name, module in modules:
            for name, member in getattr(module, registry).items():
                if member is None or id(member) in seen:
                    continue
                if remove_duplicate:
                    seen.add(id(member))
                yield _joined(module_name, name), member


def _joined(prefix: str, name: str) -> str:
    return f"{prefix}.{name}" if prefix else name


def _attribute(module: Any, name: str) -> Any:
    """An attribute on a dotted path, or an error which names the module that lacks it."""
    if not hasattr(module, name):
        raise AttributeError(f"{module._get_name()} has no attribute `{name}`")
    return getattr(module, name)
