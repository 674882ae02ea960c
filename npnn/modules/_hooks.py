"""Hooks around a module's forward and backward: registering them, and the call of a module that has some."""

from __future__ import annotations

import functools
import warnings
from typing import TYPE_CHECKING, Any

from npnn.modules import _global_hooks as shared
from npnn.modules._global_hooks import Hook, HookRegistry, Marks, refuse_mixture, register
from npnn.modules._members import Members
from npnn.tensors import Tensor
from npnn.utils.hooks import BackwardHook, RemovableHandle

if TYPE_CHECKING:
    from npnn.modules.module import Module


class Hooks(Members):
    """The part of Module that registers hooks."""

    _forward_pre_hooks: HookRegistry
    _forward_pre_hooks_with_kwargs: Marks
    _forward_hooks: HookRegistry
    _forward_hooks_with_kwargs: Marks
    _forward_hooks_always_called: Marks
    _backward_pre_hooks: HookRegistry
    _backward_hooks: HookRegistry
    _non_full_backward_hooks: Marks

    def register_forward_pre_hook(
        self, hook: Hook, *, prepend: bool = False, with_kwargs: bool = False
    ) -> RemovableHandle:
        """Calls `hook(module, args)` before every forward.

        Args:
            hook: gets the positional arguments as a tuple; may return others, a tuple or a single value, or
                None.
            prepend: call it before this module's other pre-hooks, rather than after them.
            with_kwargs: call `hook(module, args, kwargs)`, which may return (args, kwargs) or None.

        Returns:
            A handle whose `remove()` takes the hook away.

        Source: torch.nn.Module.register_forward_pre_hook.

        Examples:
            >>> import npnn
            >>> from npnn import nn
            >>> layer = nn.Identity()
            >>> handle = layer.register_forward_pre_hook(lambda module, args: args[0] * 10)
            >>> layer(npnn.tensor([1.0, 2.0]))
            tensor([10., 20.])
        """
        marks = [self._forward_pre_hooks_with_kwargs] * with_kwargs
        return register(self._forward_pre_hooks, hook, *marks, prepend=prepend)

    def register_forward_hook(
        self, hook: Hook, *, prepend: bool = False, with_kwargs: bool = False, always_call: bool = False
    ) -> RemovableHandle:
        """Calls `hook(module, args, output)` after every forward.

        Args:
            hook: may return another output, or None.
            prepend: call it before this module's other hooks, rather than after them.
            with_kwargs: call `hook(module, args, kwargs, output)`.
            always_call: call it even if forward raises an error; output is then None.

        Returns:
            A handle whose `remove()` takes the hook away.

        Source: torch.nn.Module.register_forward_hook.

        Examples:
            >>> import npnn
            >>> from npnn import nn
            >>> layer = nn.Linear(2, 3)
            >>> with layer.register_forward_hook(lambda module, args, output: print(output.shape)):
            ...     _ = layer(npnn.ones(4, 2))
            torch.Size([4, 3])
        """
        marks = [self._forward_hooks_with_kwargs] * with_kwargs + [
            self._forward_hooks_always_called
        ] * always_call
        return register(self._forward_hooks, hook, *marks, prepend=prepend)

    def register_full_backward_pre_hook(self, hook: Hook, prepend: bool = False) -> RemovableHandle:
        """Calls `hook(module, grad_output)` before gradients pass back through the module.

        Args:
            hook: gets a tuple with the gradient of each output; may return others, or None.
            prepend: call it before this module's other backward pre-hooks, rather than after them.

        Returns:
            A handle whose `remove()` takes the hook away.

        Source: torch.nn.Module.register_full_backward_pre_hook.

        Examples:
            >>> import npnn
            >>> from npnn import nn
            >>> layer, x = nn.Identity(), npnn.ones(1, requires_grad=True)
            >>> def times_five(module, grad_output):
            ...     return (grad_output[0] * 5,)
            >>> handle = layer.register_full_backward_pre_hook(times_five)
            >>> layer(x).backward()
            >>> x.grad
            tensor([5.])
        """
        return register(self._backward_pre_hooks, hook, prepend=prepend)

    def register_full_backward_hook(self, hook: Hook, prepend: bool = False) -> RemovableHandle:
        """Calls `hook(module, grad_input, grad_output)` when gradients have passed back through the module.

        The two are tuples with one gradient for each positional input and for each output, and None for those
        that are no tensors. If no input requires grad, the hook is called, with a warning, once the gradients
        of the outputs are known.

        Args:
            hook: may return a tuple of other gradients of the inputs, or None.
            prepend: call it before this module's other backward hooks, rather than after them.

        Returns:
            A handle whose `remove()` takes the hook away.

        Raises:
            RuntimeError: the module has a hook that `register_backward_hook` registered.

        Source: torch.nn.Module.register_full_backward_hook.

        Examples:
            >>> import npnn
            >>> from npnn import nn
            >>> layer, x = nn.ReLU(), npnn.tensor([-1.0, 1.0], requires_grad=True)
            >>> def show(module, grad_input, grad_output):
            ...     print(grad_input[0])
            >>> with layer.register_full_backward_hook(show):
            ...     layer(x).sum().backward()
            tensor([0., 1.])
        """
        refuse_mixture(self._backward_hooks, self._non_full_backward_hooks, True, "on a single Module")
        return register(self._backward_hooks, hook, prepend=prepend)

    def register_backward_hook(self, hook: Hook) -> RemovableHandle:
        """Calls `hook(module, grad_input, grad_output)` with the gradients of the module's last operation.

        Deprecated on torch, since these are the module's gradients only if it computes a single operation:
        use `register_full_backward_hook`.

        Args:
            hook: may return other gradients of that operation's inputs, or None.

        Returns:
            A handle whose `remove()` takes the hook away.

        Raises:
            RuntimeError: the module has a full backward hook.

        Source: torch.nn.Module.register_backward_hook.
        """
        refuse_mixture(self._backward_hooks, self._non_full_backward_hooks, False, "on a single Module")
        return register(self._backward_hooks, hook, self._non_full_backward_hooks)


def call_with_hooks(module: Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Calls a module's forward with all hooks around it, those that every module shares before its own."""
    result = None
    called: set[int] = set()
    try:
        args, kwargs = _run_forward_pre_hooks(module, args, kwargs)
        full, non_full = _backward_hooks_of(module)
        pre_hooks = [*shared._global_backward_pre_hooks.values(), *module._backward_pre_hooks.values()]
        backward_hook = BackwardHook(module, full, pre_hooks) if full or pre_hooks else None
        if backward_hook is not None:
            args = backward_hook.setup_input_hook(args)
        result = module.forward(*args, **kwargs)
        for hook_id, hook in _forward_hooks_of(module):
            called.add(hook_id)
            result = _run_forward_hook(hook_id, hook, module, args, kwargs, result)
        if backward_hook is not None:
            if not isinstance(result, (Tensor, tuple)):
                warnings.warn(
                    "For backward hooks to be called, module output should be a Tensor or a tuple of Tensors "
                    f"but received {type(result)}",
                    stacklevel=3,
                )
            result = backward_hook.setup_output_hook(result)
        if non_full:
            _hook_last_operation(module, non_full, args, result)
        return result
    except Exception:
        for hook_id, hook in _forward_hooks_of(module):
            always = module._forward_hooks_always_called, shared._global_forward_hooks_always_called
            if hook_id not in called and _is_marked(hook_id, *always):
                try:
                    result = _run_forward_hook(hook_id, hook, module, args, kwargs, result)
                except Exception as error:
                    # The error of forward is the one to raise.
                    warnings.warn(
                        "module forward hook with ``always_call=True`` raised an exception that was silenced "
                        f"as another error was raised in forward: {error}",
                        stacklevel=3,
                    )
        raise


def _run_forward_pre_hooks(
    module: Module, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    for hook_id, hook in [*shared._global_forward_pre_hooks.items(), *module._forward_pre_hooks.items()]:
        if hook_id in module._forward_pre_hooks_with_kwargs:
            replacement = hook(module, args, kwargs)
            if replacement is not None:
                if not (isinstance(replacement, tuple) and len(replacement) == 2):
                    raise RuntimeError(
                        "forward pre-hook must return None or a tuple of (new_args, new_kwargs), "
                        f"but got {replacement}."
                    )
                args, kwargs = replacement
        else:
            replacement = hook(module, args)
            if replacement is not None:
                args = replacement if isinstance(replacement, tuple) else (replacement,)
    return args, kwargs


def _forward_hooks_of(module: Module) -> list[tuple[int, Hook]]:
    return [*shared._global_forward_hooks.items(), *module._forward_hooks.items()]


def _run_forward_hook(
    hook_id: int, hook: Hook, module: Module, args: tuple[Any, ...], kwargs: dict[str, Any], result: Any
) -> Any:
    """The output after a forward hook has seen and perhaps replaced it."""
    with_kwargs = module._forward_hooks_with_kwargs, shared._global_forward_hooks_with_kwargs
    replacement = hook(module, args, *((kwargs,) if _is_marked(hook_id, *with_kwargs) else ()), result)
    return result if replacement is None else replacement


def _is_marked(hook_id: int, *marks: Marks) -> bool:
    return any(hook_id in ids for ids in marks)


def _backward_hooks_of(module: Module) -> tuple[list[Hook], list[Hook]]:
    """The full backward hooks and the others."""
    full: list[Hook] = []
    non_full: list[Hook] = []
    marks = module._non_full_backward_hooks, shared._global_non_full_backward_hooks
    for hook_id, hook in [*shared._global_backward_hooks.items(), *module._backward_hooks.items()]:
        (non_full if _is_marked(hook_id, *marks) else full).append(hook)
    return full, non_full


def _hook_last_operation(module: Module, hooks: list[Hook], args: Any, result: Any) -> None:
    """Puts non-full backward hooks on the node that made the (first) output."""
    output = result
    while not isinstance(output, Tensor):
        output = next(iter(output.values())) if isinstance(output, dict) else output[0]
    node = output.grad_fn
    if node is not None:
        for hook in hooks:
            node.register_hook(functools.partial(hook, module))
        problem = _what_non_full_hooks_miss(node, args, result)
        if problem is not None:
            warnings.warn(
                f"Using a non-full backward hook {problem}; the hook sees other gradients than those of the "
                "module's inputs and outputs. Use register_full_backward_hook, which sees those.",
                FutureWarning,
                stacklevel=4,
            )


def _what_non_full_hooks_miss(node: Any, args: Any, result: Any) -> str | None:
    """Why the gradients that pass the node `node` are not those of the module as a whole, if they are not."""
    outputs = result if isinstance(result, tuple) else (result,)
    for values, where in ((outputs, "return"), (args, "take as input")):
        if not all(isinstance(value, Tensor) for value in values):
            return f"on a Module that does not {where} a single Tensor or a tuple of Tensors is deprecated"
    output_nodes = {id(value.grad_fn) for value in outputs if value.grad_fn is not None}
    if len(output_nodes) > 1:
        return "when outputs are generated by different autograd Nodes is deprecated"
    input_nodes = {id(value.grad_fn) for value in args if value.grad_fn is not None}
    if input_nodes != {id(source) for source, _ in node.next_functions}:
        return "when the forward contains multiple autograd Nodes is deprecated"
    return None
