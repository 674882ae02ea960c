"""The state of a module as a flat dictionary of tensors: state_dict gives it, load_state_dict takes it."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import numpy as np

from npnn._typing import Shape
from npnn.autograd.grad_mode import no_grad
from npnn.modules._global_hooks import Hook, HookRegistry, register
from npnn.modules._traversal import Traversal
from npnn.parameter import Parameter
from npnn.tensors import Size, Tensor
from npnn.tensors.creation import as_tensor
from npnn.utils.hooks import RemovableHandle

if TYPE_CHECKING:
    from npnn.modules.module import Module

_EXTRA_STATE_KEY = "_extra_state"


class _IncompatibleKeys(NamedTuple):
    """What load_state_dict found amiss.

    Attributes:
        missing_keys: what the module has and the state_dict lacks.
        unexpected_keys: what the state_dict has and the module lacks.
    """

    missing_keys: list[str]
    unexpected_keys: list[str]

    def __repr__(self) -> str:
        if not self.missing_keys and not self.unexpected_keys:
            return "<All keys matched successfully>"
        return (
            f"_IncompatibleKeys(missing_keys={self.missing_keys!r}, unexpected_keys={self.unexpected_keys!r})"
        )


class StateDict(Traversal):
    """The part of Module that saves and loads its state."""

    _version: int = 1
    """Saved with the state. A module whose state has changed counts it up, to tell old states from new."""

    T_destination = TypeVar("T_destination", bound=dict[str, Any])

    _state_dict_hooks: HookRegistry
    _state_dict_pre_hooks: HookRegistry
    _load_state_dict_pre_hooks: HookRegistry
    _load_state_dict_post_hooks: HookRegistry

    def state_dict(
        self, *, destination: dict[str, Any] | None = None, prefix: str = "", keep_vars: bool = False
    ) -> dict[str, Any]:
        """The parameters and persistent buffers of the module and of those below it, by dotted name.

        The tensors share memory with the module's own: copy what must not change with further training.

        Args:
            destination: a dictionary to add the entries to, instead of a new one.
            prefix: what every key starts with.
            keep_vars: give the parameters themselves, rather than tensors detached from them.

        Returns:
            An OrderedDict, or `destination`. Its attribute `_metadata` holds each module's version.

        Source: torch.nn.Module.state_dict.

        Examples:
            >>> from npnn import nn
            >>> list(nn.Sequential(nn.Linear(2, 3), nn.ReLU()).state_dict())
            ['0.weight', '0.bias']
        """
        if destination is None:
            destination = OrderedDict()
            destination._metadata = OrderedDict()  # type: ignore[attr-defined]
        local_metadata: dict[str, Any] = {"version": self._version}
        if hasattr(destination, "_metadata"):
            destination._metadata[prefix[:-1]] = local_metadata
        for hook in self._state_dict_pre_hooks.values():
            hook(self, prefix, keep_vars)
        self._save_to_state_dict(destination, prefix, keep_vars)
        for name, module in self._modules.items():
            if module is not None:
                module.state_dict(destination=destination, prefix=f"{prefix}{name}.", keep_vars=keep_vars)
        for hook in self._state_dict_hooks.values():
            if hook(self, destination, prefix, local_metadata) is not None:
                raise RuntimeError(
                    "state_dict post-hook must return None: it may change the state_dict in place"
                )
        return destination

    def _save_to_state_dict(self, destination: dict[str, Any], prefix: str, keep_vars: bool) -> None:
        """Adds this module's own state, without that of the modules below, to `destination`."""
        for name, tensor in self._own_state().items():
            destination[prefix + name] = tensor if keep_vars else tensor.detach()
        if _overrides(self, "get_extra_state"):
            destination[prefix + _EXTRA_STATE_KEY] = self.get_extra_state()

    def _own_state(self) -> dict[str, Tensor]:
        """This module's parameters and persistent buffers."""
        temporary = self._non_persistent_buffers_set
        buffers = {name: tensor for name, tensor in self._buffers.items() if name not in temporary}
        state: dict[str, Tensor | None] = {**self._parameters, **buffers}
        return {name: tensor for name, tensor in state.items() if tensor is not None}

    def load_state_dict(
        self, state_dict: Mapping[str, Any], strict: bool = True, assign: bool = False
    ) -> _IncompatibleKeys:
        """Copies saved state into the module and the modules below it.

        Args:
            state_dict: what `state_dict` gave, or any mapping of the same names to tensors or arrays, such as
                what `numpy.load` reads from an .npz file.
            strict: refuse a state_dict that lacks a name, or has one too many.
            assign: make the given tensors the module's own, with their dtype, rather than copy their values.
                Whether a parameter requires grad stays as it was. An optimizer made before that holds the old
                parameters.

        Returns:
            The names that are missing and those that are unexpected.

        Raises:
            TypeError: `state_dict` is no mapping.
            RuntimeError: names do not match and `strict` is set, or shapes differ. All that was found is
                listed; what did match has been loaded.

        Source: torch.nn.Module.load_state_dict.

        Examples:
            >>> from npnn import nn
            >>> layer = nn.Linear(2, 3)
            >>> layer.load_state_dict(nn.Linear(2, 3).state_dict())
            <All keys matched successfully>
            >>> layer.load_state_dict({"bias": layer.bias}, strict=False)
            _IncompatibleKeys(missing_keys=['weight'], unexpected_keys=[])
        """
        if not isinstance(state_dict, Mapping):
            raise TypeError(f"Expected state_dict to be dict-like, got {type(state_dict)}.")
        metadata = getattr(state_dict, "_metadata", {})
        result = _IncompatibleKeys([], [])
        errors: list[str] = []
        # A copy, so that hooks and overrides of _load_from_state_dict may change it.
        _load(self, OrderedDict(state_dict), "", metadata, assign, result, errors)
        if strict:
            listed = {"Missing": result.missing_keys, "Unexpected": result.unexpected_keys}
            errors[:0] = [
                f"{kind} key(s) in state_dict: {', '.join(map(_quoted, keys))}. "
                for kind, keys in listed.items()
                if keys
            ]
        if errors:
            raise RuntimeError(
                "Error(s) in loading state_dict for {}:\n\t{}".format(self._get_name(), "\n\t".join(errors))
            )
        return result

    def _load_from_state_dict(
        self,
        state_dict: dict[str, Any],
        prefix: str,
        local_metadata: dict[str, Any],
        strict: bool,
        missing_keys: list[str],
        unexpected_keys: list[str],
        error_msgs: list[str],
    ) -> None:
        """Loads this module's own state, not that of the modules below. Override it to read older versions.

        Args:
            state_dict: the entries whose keys start with `prefix`; may be changed.
            prefix: the module's dotted name and a dot.
            local_metadata: what `_metadata` says of this module: its "version", and whether to
                "assign_to_params_buffers".
            strict: report keys that are missing or unexpected.
            missing_keys: to be added to.
            unexpected_keys: to be added to.
            error_msgs: to be added to.
        """
        for hook in self._load_state_dict_pre_hooks.values():
            hook(self, state_dict, prefix, local_metadata, strict, missing_keys, unexpected_keys, error_msgs)
        own_state = self._own_state()
        assign = local_metadata.get("assign_to_params_buffers", False)
        for name, tensor in own_state.items():
            key = prefix + name
            if key not in state_dict:
                missing_keys.extend([key] * strict)
                continue
            error = self._load_tensor(name, tensor, key, state_dict[key], assign)
            error_msgs.extend([error] if error else [])

        extra_key = prefix + _EXTRA_STATE_KEY
        takes_extra = _overrides(self, "set_extra_state")
        if takes_extra and extra_key in state_dict:
            self.set_extra_state(state_dict[extra_key])
        elif takes_extra:
            missing_keys.extend([extra_key] * strict)

        if strict:
            expected = {*own_state, *([_EXTRA_STATE_KEY] if takes_extra else [])}
            for key in state_dict:
                if key.startswith(prefix):
                    name, dot, _ = key[len(prefix) :].partition(".")
                    if name not in (self._modules if dot else expected):
                        unexpected_keys.append(key)

    def _load_tensor(self, name: str, own: Tensor, key: str, saved: Any, assign: bool) -> str | None:
        """Loads one parameter or buffer; returns what is wrong with it, if anything is."""
        if not isinstance(saved, (Tensor, np.ndarray)):
            return (
                f'While copying the parameter named "{key}", expected a Tensor or an array from the '
                f"checkpoint but received {type(saved)}"
            )
        if saved.shape == (1,) and own.shape == ():
            saved = saved[0]
        if saved.shape != own.shape:
            return (
                f"size mismatch for {key}: copying a param with shape {Size(saved.shape)} from checkpoint, "
                f"the shape in current model is {Size(own.shape)}.{_layout_hint(saved.shape, own.shape)}"
            )
        try:
            with no_grad():
                if assign:
                    setattr(self, name, _assigned(saved, own))
                else:
                    own.copy_(saved)
        except Exception as error:
            return (
                f'While copying the parameter named "{key}", whose dimensions in the model are '
                f"{Size(own.shape)} and whose dimensions in the checkpoint are {Size(saved.shape)}, "
                f"an exception occurred : {error.args}."
            )
        return None

    def get_extra_state(self) -> Any:
        """What else is to be saved with the module's state. Override it, together with `set_extra_state`.

        Returns:
            Any object; plain values and arrays are the safest to save.

        Raises:
            RuntimeError: the module has no such state, having overridden nothing.

        Source: torch.nn.Module.get_extra_state.

        Examples:
            >>> from npnn import nn
            >>> class Counter(nn.Module):
            ...     steps = 7
            ...     def get_extra_state(self):
            ...         return self.steps
            ...     def set_extra_state(self, state):
            ...         self.steps = state
            >>> dict(Counter().state_dict())
            {'_extra_state': 7}
        """
        raise RuntimeError(
            "Reached a code path in Module.get_extra_state() that should never be called: "
            f"{self._get_name()} has no extra state, since it does not override get_extra_state."
        )

    def set_extra_state(self, state: Any) -> None:
        """Takes back what `get_extra_state` gave. Override it, together with `get_extra_state`.

        Args:
            state: what the state_dict holds.

        Raises:
            RuntimeError: the module has no such state, having overridden nothing.

        Source: torch.nn.Module.set_extra_state.
        """
        raise RuntimeError(
            "Reached a code path in Module.set_extra_state() that should never be called: "
            f"{self._get_name()} has no extra state, since it does not override set_extra_state."
        )

    def register_state_dict_pre_hook(self, hook: Hook) -> RemovableHandle:
        """Calls `hook(module, prefix, keep_vars)` before `state_dict` collects this module's state.

        Args:
            hook: the function to call.

        Returns:
            A handle whose `remove()` takes the hook away.

        Source: torch.nn.Module.register_state_dict_pre_hook.
        """
        return register(self._state_dict_pre_hooks, hook)

    def register_state_dict_post_hook(self, hook: Hook) -> RemovableHandle:
        """Calls a hook after `state_dict` has collected this module's state.

        Args:
            hook: called as `hook(module, state_dict, prefix, local_metadata)`; may change the state_dict in
                place; must return None.

        Returns:
            A handle whose `remove()` takes the hook away.

        Source: torch.nn.Module.register_state_dict_post_hook.

        Examples:
            >>> from npnn import nn
            >>> layer = nn.Linear(2, 3)
            >>> def drop_bias(module, state_dict, prefix, local_metadata):
            ...     del state_dict[prefix + "bias"]
            >>> handle = layer.register_state_dict_post_hook(drop_bias)
            >>> list(layer.state_dict())
            ['weight']
        """
        return register(self._state_dict_hooks, hook)

    def register_load_state_dict_pre_hook(self, hook: Hook) -> RemovableHandle:
        """Calls a hook before this module's state is loaded.

        Args:
            hook: called as `hook(module, state_dict, prefix, local_metadata, strict, missing_keys,
                unexpected_keys, error_msgs)`; may change the state_dict and the lists in place.

        Returns:
            A handle whose `remove()` takes the hook away.

        Source: torch.nn.Module.register_load_state_dict_pre_hook.
        """
        return register(self._load_state_dict_pre_hooks, hook)

    def register_load_state_dict_post_hook(self, hook: Hook) -> RemovableHandle:
        """Calls a hook after the state of this module and of those below it is loaded.

        Args:
            hook: called as `hook(module, incompatible_keys)`; may change the two lists of keys in place, and
                so make strict loading pass or fail; must return None.

        Returns:
            A handle whose `remove()` takes the hook away.

        Source: torch.nn.Module.register_load_state_dict_post_hook.
        """
        return register(self._load_state_dict_post_hooks, hook)


def _load(
    module: StateDict | Module,
    state_dict: dict[str, Any],
    prefix: str,
    metadata: Mapping[str, Any],
    assign: bool,
    result: _IncompatibleKeys,
    errors: list[str],
) -> None:
    """Loads a module's own state, then those of the modules below it."""
    local_metadata = metadata.get(prefix[:-1], {})
    if assign:
        local_metadata = {**local_metadata, "assign_to_params_buffers": True}
    module._load_from_state_dict(
        state_dict, prefix, local_metadata, True, result.missing_keys, result.unexpected_keys, errors
    )
    for name, child in module._modules.items():
        if child is not None:
            below = f"{prefix}{name}."
            entries = {key: value for key, value in state_dict.items() if key.startswith(below)}
            _load(child, entries, below, metadata, assign, result, errors)
    for hook in module._load_state_dict_post_hooks.values():
        if hook(module, result) is not None:
            raise AssertionError(
                "Hooks registered with ``register_load_state_dict_post_hook`` are not expected to return new "
                "values: incompatible_keys may be changed in place."
            )


def _assigned(saved: Any, own: Tensor) -> Tensor:
    """The saved tensor as what is to replace a module's own one: a Parameter if that is one."""
    tensor = as_tensor(saved)
    if not isinstance(own, Parameter):
        return tensor
    if isinstance(tensor, Parameter):
        return tensor.requires_grad_(own.requires_grad)
    return Parameter(tensor, own.requires_grad, torch_axes=own.torch_axes)


def _overrides(module: StateDict, name: str) -> bool:
    return getattr(type(module), name) is not getattr(StateDict, name)


def _quoted(key: str) -> str:
    return f'"{key}"'


def _layout_hint(saved: Shape, own: Shape) -> str:
    if len(own) > 1 and sorted(saved) == sorted(own):
        return " The sizes agree in another order: npnn keeps weights (in, out), kernels (*kernel, in, out)."
    return ""
