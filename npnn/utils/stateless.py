"""Calling a module with other tensors in the place of its parameters and buffers."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from npnn.tensors import Tensor

if TYPE_CHECKING:
    from npnn.modules.module import Module

__all__ = ["functional_call"]

_ABSENT: Any = object()


def functional_call(
    module: Module,
    parameters_and_buffers: dict[str, Tensor],
    args: Any = None,
    kwargs: dict[str, Any] | None = None,
    *,
    tie_weights: bool = True,
    strict: bool = False,
) -> Any:
    """Calls a module as a function of its parameters and buffers.

    The given tensors stand in for the module's own during the call, which may raise, and no longer. What the
    call puts in their places, as batch norm does with its statistics, is put into `parameters_and_buffers`.
    torch has this function also as torch.func.functional_call, and deprecates it here.

    Args:
        module: the module.
        parameters_and_buffers: tensors by dotted name. The name of a parametrized tensor, as in
            "parametrizations.weight.original", is that of its original.
        args: the positional arguments, a tuple, or a single one.
        kwargs: the keyword arguments.
        tie_weights: a tensor given for a parameter that stands under several names stands in for all.
        strict: every parameter and buffer must be given, and nothing else.

    Returns:
        What the module returns.

    Raises:
        ValueError: different tensors are given for the names of one tensor, and `tie_weights` is set.
        RuntimeError: names are missing or unexpected, and `strict` is set.
        AttributeError: there is no such submodule.
        TypeError: something given is no tensor.

    Source: torch.nn.utils.stateless.functional_call.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> from npnn.utils import stateless
        >>> layer = nn.Linear(2, 1, bias=False)
        >>> stateless.functional_call(layer, {"weight": npnn.tensor([[3.0], [4.0]])}, npnn.ones(1, 2))
        tensor([[7.]])
    """
    arguments = () if args is None else args if isinstance(args, tuple) else (args,)
    given = _untied(module, parameters_and_buffers) if tie_weights else parameters_and_buffers
    if strict:
        _check_names(module, given)
    with _standing_in(module, given, parameters_and_buffers):
        return module(*arguments, **kwargs or {})


def _named_tensors(module: Module) -> dict[str, Tensor]:
    """All parameters and buffers, also under their second names."""
    named = dict(module.named_parameters(remove_duplicate=False))
    named.update(module.named_buffers(remove_duplicate=False))  # type: ignore[arg-type]
    return named  # type: ignore[return-value]


def _untied(module: Module, given: dict[str, Tensor]) -> dict[str, Tensor]:
    """The given tensors under all names of what they stand in for."""
    names_of: dict[int, list[str]] = {}
    for name, tensor in _named_tensors(module).items():
        names_of.setdefault(id(tensor), []).append(name)
    untied = dict(given)
    for names in names_of.values():
        values = [given[name] for name in names if name in given]
        if any(value is not values[0] for value in values):
            raise ValueError(
                f"functional_call got different tensors for {sorted(names)}, which are tied: give one of"
                " them, or set tie_weights=False"
            )
        untied.update(dict.fromkeys(names, values[0]) if values else {})
    return untied


def _check_names(module: Module, given: dict[str, Tensor]) -> None:
    known = _named_tensors(module)
    problems = {
        "Unexpected": sorted(given.keys() - known.keys()),
        "Missing": sorted(known.keys() - given.keys()),
    }
    listed = [f"{kind} key(s): {', '.join(map(repr, names))}." for kind, names in problems.items() if names]
    if listed:
        lines = "\n\t".join(listed)
        raise RuntimeError(f"functional_call with strict=True of a {module._get_name()}:\n\t{lines}")


@contextlib.contextmanager
def _standing_in(module: Module, given: dict[str, Tensor], record: dict[str, Tensor]) -> Iterator[None]:
    """Puts tensors into a module, and afterwards its own back, and into `record` what stood there then."""
    own: dict[str, Any] = {}
    try:
        for name, tensor in given.items():
            own[name] = _swapped(module, name, tensor)
        yield
    finally:
        left = {name: _swapped(module, name, tensor) for name, tensor in own.items()}
        record.update({name: left[name] for name in record.keys() & left.keys()})


def _swapped(module: Module, path: str, tensor: Any) -> Any:
    """Puts a tensor into a module, or takes it out if it is absent, and returns what was there before."""
    *owners, name = path.split(".")
    owner: Any = module
    for step in owners:
        owner = getattr(owner, step)
    if not (tensor is None or tensor is _ABSENT or isinstance(tensor, Tensor)):
        raise TypeError(f"functional_call takes tensors, but got a {type(tensor).__name__} for {path}")
    registry = next((r for r in (owner._parameters, owner._buffers) if name in r), None)
    before = getattr(owner, name, _ABSENT) if registry is None else registry[name]
    if not (before is None or before is _ABSENT or isinstance(before, Tensor)):
        raise TypeError(
            f"functional_call stands in for tensors, but {path} is a {type(before).__name__} in"
            f" {module._get_name()}"
        )
    if tensor is _ABSENT:
        delattr(owner, name)
    elif registry is None:
        setattr(owner, name, tensor)
    else:
        registry[name] = tensor
    return before
