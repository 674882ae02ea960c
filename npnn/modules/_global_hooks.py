"""Hooks that every module shares, to debug or profile a whole program without touching its modules."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Any, TypeAlias

from npnn.utils.hooks import RemovableHandle

Hook: TypeAlias = Callable[..., Any]
HookRegistry: TypeAlias = "OrderedDict[int, Hook]"
Marks: TypeAlias = "OrderedDict[int, bool]"
"""The ids of those hooks of a registry that were registered with some option; the values are all True."""

# A module call reads these on every call, by name: they are emptied and filled, never replaced.
_global_forward_pre_hooks: HookRegistry = OrderedDict()
_global_forward_hooks: HookRegistry = OrderedDict()
_global_forward_hooks_with_kwargs: Marks = OrderedDict()
_global_forward_hooks_always_called: Marks = OrderedDict()
_global_backward_pre_hooks: HookRegistry = OrderedDict()
_global_backward_hooks: HookRegistry = OrderedDict()
_global_non_full_backward_hooks: Marks = OrderedDict()
_global_parameter_registration_hooks: HookRegistry = OrderedDict()
_global_buffer_registration_hooks: HookRegistry = OrderedDict()
_global_module_registration_hooks: HookRegistry = OrderedDict()


def register(registry: HookRegistry, hook: Hook, *marks: Marks, prepend: bool = False) -> RemovableHandle:
    """Adds a hook to a registry, last or first, and marks its id in `marks`; the handle undoes both."""
    handle = RemovableHandle(registry, extra_dict=marks)
    registry[handle.id] = hook
    for mark in marks:
        mark[handle.id] = True
    if prepend:
        registry.move_to_end(handle.id, last=False)
    return handle


def refuse_mixture(registry: HookRegistry, non_full: Marks, full: bool, where: str) -> None:
    """Full and non-full hooks see different gradients: torch refuses both in one place, and so does npnn."""
    if registry and bool(non_full) is full:
        raise RuntimeError(
            f"Cannot use both regular backward hooks and full backward hooks {where}. "
            "Please use only one of them."
        )


def run_registration_hooks(registry: HookRegistry, module: Any, name: str, value: Any) -> Any:
    """What is to be registered as `module.<name>`, after the hooks have seen and perhaps replaced it."""
    for hook in registry.values():
        replacement = hook(module, name, value)
        value = value if replacement is None else replacement
    return value


def register_module_parameter_registration_hook(hook: Hook) -> RemovableHandle:
    """Calls `hook(module, name, parameter)` whenever a parameter is registered on any module.

    Args:
        hook: may return a parameter to register instead, or None.

    Returns:
        A handle whose `remove()` takes the hook away.

    Source: torch.nn.modules.module.register_module_parameter_registration_hook.

    Examples:
        >>> from npnn import nn
        >>> from npnn.modules.module import register_module_parameter_registration_hook
        >>> def show(module, name, parameter):
        ...     print(type(module).__name__, name, tuple(parameter.shape))
        >>> with register_module_parameter_registration_hook(show):
        ...     layer = nn.Linear(2, 3)
        Linear weight (2, 3)
        Linear bias (3,)
    """
    return register(_global_parameter_registration_hooks, hook)


def register_module_buffer_registration_hook(hook: Hook) -> RemovableHandle:
    """Calls `hook(module, name, buffer)` whenever a buffer is registered on any module.

    Args:
        hook: may return a buffer to register instead, or None.

    Returns:
        A handle whose `remove()` takes the hook away.

    Source: torch.nn.modules.module.register_module_buffer_registration_hook.
    """
    return register(_global_buffer_registration_hooks, hook)


def register_module_module_registration_hook(hook: Hook) -> RemovableHandle:
    """Calls `hook(module, name, submodule)` whenever a submodule is registered on any module.

    Args:
        hook: may return a submodule to register instead, or None.

    Returns:
        A handle whose `remove()` takes the hook away.

    Source: torch.nn.modules.module.register_module_module_registration_hook.
    """
    return register(_global_module_registration_hooks, hook)


def register_module_forward_pre_hook(hook: Hook) -> RemovableHandle:
    """Calls `hook(module, args)` before the forward of any module, ahead of the module's own pre-hooks.

    Args:
        hook: gets the positional arguments as a tuple; may return others, a tuple or a single value, or None.

    Returns:
        A handle whose `remove()` takes the hook away.

    Source: torch.nn.modules.module.register_module_forward_pre_hook.
    """
    return register(_global_forward_pre_hooks, hook)


def register_module_forward_hook(
    hook: Hook, *, with_kwargs: bool = False, always_call: bool = False
) -> RemovableHandle:
    """Calls `hook(module, args, output)` after the forward of any module, ahead of the module's own hooks.

    Args:
        hook: may return another output, or None.
        with_kwargs: call `hook(module, args, kwargs, output)`.
        always_call: call the hook even if forward raises an error; output is then None.

    Returns:
        A handle whose `remove()` takes the hook away.

    Source: torch.nn.modules.module.register_module_forward_hook.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> from npnn.modules.module import register_module_forward_hook
        >>> net = nn.Sequential(nn.Linear(2, 3), nn.ReLU())
        >>> with register_module_forward_hook(lambda module, args, output: print(type(module).__name__)):
        ...     _ = net(npnn.ones(1, 2))
        Linear
        ReLU
        Sequential
    """
    marks = [_global_forward_hooks_with_kwargs] * with_kwargs + [
        _global_forward_hooks_always_called
    ] * always_call
    return register(_global_forward_hooks, hook, *marks)


def register_module_full_backward_pre_hook(hook: Hook) -> RemovableHandle:
    """Calls `hook(module, grad_output)` before gradients pass back through any module.

    Args:
        hook: may return other gradients of the outputs, or None. See
            `Module.register_full_backward_pre_hook`.

    Returns:
        A handle whose `remove()` takes the hook away.

    Source: torch.nn.modules.module.register_module_full_backward_pre_hook.
    """
    return register(_global_backward_pre_hooks, hook)


def register_module_full_backward_hook(hook: Hook) -> RemovableHandle:
    """Calls `hook(module, grad_input, grad_output)` when gradients have passed back through any module.

    Args:
        hook: may return other gradients of the inputs, or None. See `Module.register_full_backward_hook`.

    Returns:
        A handle whose `remove()` takes the hook away.

    Raises:
        RuntimeError: a non-full global hook is registered.

    Source: torch.nn.modules.module.register_module_full_backward_hook.
    """
    refuse_mixture(_global_backward_hooks, _global_non_full_backward_hooks, True, "as a global Module hook")
    return register(_global_backward_hooks, hook)


def register_module_backward_hook(hook: Hook) -> RemovableHandle:
    """Calls `hook(module, grad_input, grad_output)` with the gradients of the last operation of any module.

    Deprecated on torch, as `Module.register_backward_hook` is: use `register_module_full_backward_hook`.

    Args:
        hook: may return other gradients of that operation's inputs, or None.

    Returns:
        A handle whose `remove()` takes the hook away.

    Raises:
        RuntimeError: a full global hook is registered.

    Source: torch.nn.modules.module.register_module_backward_hook.
    """
    refuse_mixture(_global_backward_hooks, _global_non_full_backward_hooks, False, "as a global Module hook")
    return register(_global_backward_hooks, hook, _global_non_full_backward_hooks)
