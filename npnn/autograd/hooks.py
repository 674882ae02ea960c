"""The handle of a registered hook."""

from __future__ import annotations

import weakref
from collections import OrderedDict
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Any


class RemovableHandle:
    """What registering a hook returns: `remove` takes the hook away again, as leaving a `with` block does.

    Args:
        hooks_dict: the registry that holds the hook, which is to be stored there under `handle.id`.
        extra_dict: further registries, one or a list of them, from which the same key is to be removed.

    Source: torch.utils.hooks.RemovableHandle.

    Examples:
        >>> from collections import OrderedDict
        >>> hooks = OrderedDict()
        >>> handle = RemovableHandle(hooks)
        >>> hooks[handle.id] = print
        >>> handle.remove()
        >>> len(hooks)
        0
    """

    id: int
    next_id: int = 0

    def __init__(
        self,
        hooks_dict: OrderedDict[int, Any],
        *,
        extra_dict: OrderedDict[int, Any] | Sequence[OrderedDict[int, Any]] = (),
    ) -> None:
        extra = (extra_dict,) if isinstance(extra_dict, OrderedDict) else tuple(extra_dict)
        self.id = RemovableHandle.next_id
        RemovableHandle.next_id += 1
        self._watch((hooks_dict, *extra))

    def _watch(self, registries: Sequence[OrderedDict[int, Any]]) -> None:
        # Weak references: a handle that someone keeps must not keep the hooked module alive.
        self._registries = tuple(weakref.ref(registry) for registry in registries)

    def remove(self) -> None:
        """Takes the hook away; a second call does nothing."""
        for reference in self._registries:
            registry = reference()
            if registry is not None:
                registry.pop(self.id, None)

    def __getstate__(self) -> tuple[Any, ...]:
        return self.id, tuple(reference() for reference in self._registries)

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        self.id, registries = state
        RemovableHandle.next_id = max(RemovableHandle.next_id, self.id + 1)
        self._watch([OrderedDict() if registry is None else registry for registry in registries])

    def __enter__(self) -> RemovableHandle:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.remove()


def register(hooks: OrderedDict[int, Any], hook: Callable[..., Any]) -> RemovableHandle:
    """Adds a hook to a registry, and returns the handle that takes it away again."""
    handle = RemovableHandle(hooks)
    hooks[handle.id] = hook
    return handle
