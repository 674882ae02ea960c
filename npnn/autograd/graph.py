"""torch.autograd.graph: the tape's nodes, and hooks on the values that they save.

Source: torch.autograd.graph.
"""

from __future__ import annotations

import abc
import contextlib
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np

from npnn._typing import Array
from npnn.autograd import function as _function
from npnn.autograd.function import UNCHANGED, AccumulateGrad, Context, recorders, wrap
from npnn.autograd.grad_mode import no_grad

__all__ = ["Node", "disable_saved_tensors_hooks", "increment_version", "save_on_cpu", "saved_tensors_hooks"]


class Node(abc.ABC):
    """What a `grad_fn` is an instance of: a `Context`, or the AccumulateGrad of a leaf.

    Source: torch.autograd.graph.Node.

    Examples:
        >>> import npnn
        >>> y = npnn.ones(2, requires_grad=True).exp()
        >>> isinstance(y.grad_fn, Node), y.grad_fn.name()
        (True, 'ExpBackward0')
    """

    @abc.abstractmethod
    def name(self) -> str:
        """The node's name, as torch's."""


Node.register(Context)
Node.register(AccumulateGrad)


class _Active(threading.local):
    """The hooks that are in force in the current thread, the innermost last."""

    def __init__(self) -> None:
        self.hooks: list[saved_tensors_hooks] = []
        self.refusal: str | None = None


_active = _Active()


class _Packed(NamedTuple):
    """What a pack hook made of a saved value, and whether that was a tensor or an array."""

    value: Any
    was_tensor: bool


class saved_tensors_hooks:  # noqa: N801 - torch's name
    """A context in which values are saved for backward in a form of one's own.

    In place of each tensor that an operation saves, the tape keeps what `pack_hook` returns; backward calls
    `unpack_hook` on that when it needs the value. Only the innermost hooks are called. As on torch, changes
    in place are not looked for in what was packed; a packed leaf is itself in a backward that is recorded.

    Args:
        pack_hook: takes the tensor, which it must not change, and returns anything.
        unpack_hook: takes what pack_hook returned, and returns a tensor of the same values.

    Raises:
        RuntimeError: pack_hook changes its tensor in place, or `disable_saved_tensors_hooks` is in force.
        TypeError: a hook cannot be called, or unpack_hook returns no tensor.

    Source: torch.autograd.graph.saved_tensors_hooks.

    Examples:
        >>> import npnn
        >>> x = npnn.tensor([2.0, 3.0], requires_grad=True)
        >>> with saved_tensors_hooks(lambda x: x.tolist(), npnn.tensor):
        ...     y = x * x
        >>> y.sum().backward()
        >>> x.grad
        tensor([4., 6.])
    """

    def __init__(self, pack_hook: Callable[[Any], Any], unpack_hook: Callable[[Any], Any]) -> None:
        for hook in (pack_hook, unpack_hook):
            if not callable(hook):
                raise TypeError(f"saved_tensors_hooks expects two functions, but got a {type(hook).__name__}")
        self.pack_hook, self.unpack_hook = pack_hook, unpack_hook

    def __enter__(self) -> None:
        if _active.refusal is not None:
            raise RuntimeError(_active.refusal)
        _active.hooks.append(self)
        recorders.append(self._pack)

    def __exit__(self, *exc_info: object) -> None:
        _active.hooks.pop()
        recorders.remove(self._pack)

    def _pack(self, node: Context) -> None:
        """Packs what a node has saved, if these are the hooks to do so."""
        if not _active.hooks or _active.hooks[-1] is not self or node.packing is self:
            return
        node._saved = tuple([self._packed(value) for value in node._saved])
        node._origins = [origin and (origin[0], UNCHANGED, 0) for origin in node._origins]
        node.packing = self

    def _packed(self, value: Any) -> Any:
        was_tensor = isinstance(value, _function._tensor)
        if not was_tensor and not isinstance(value, np.ndarray):
            return value
        tensor = wrap(value).detach()
        version = tensor._version
        with no_grad():
            packed = _Packed(self.pack_hook(tensor), was_tensor)
        if tensor._version != version:
            raise RuntimeError(
                "A saved tensor pack hook is modifying its input in place: what it is given may be in use"
                " elsewhere; change a clone() of it"
            )
        return packed

    def opened(self, saved: tuple[Any, ...]) -> tuple[Any, ...]:
        """What a node had saved before it was packed."""
        return tuple([self._opened(value) if type(value) is _Packed else value for value in saved])

    def _opened(self, packed: _Packed) -> Any:
        tensor = self.unpack_hook(packed.value)
        if not isinstance(tensor, _function._tensor):
            raise TypeError(
                "Output of saved tensor unpack_hook expected to be a Tensor but got result of type"
                f" {type(tensor).__name__}"
            )
        return tensor if packed.was_tensor else tensor.array

    def kept(self, saved: tuple[Any, ...], array: Array) -> tuple[Any, ...]:
        """What a node has saved, with copies of what is in memory that is about to be overwritten."""
        return tuple(
            [
                value._replace(value=self.kept_apart(value.value, array)) if type(value) is _Packed else value
                for value in saved
            ]
        )

    def kept_apart(self, packed: Any, array: Array) -> Any:
        """What pack_hook returned; a copy, if that is a tensor in the memory of an array."""
        is_there = isinstance(packed, _function._tensor) and np.may_share_memory(packed.array, array)
        return packed.clone() if is_there else packed


class save_on_cpu(saved_tensors_hooks):  # noqa: N801 - torch's name
    """A context in which what is saved for backward waits in the memory of the CPU, where it is in any case.

    Args:
        pin_memory: accepted; there is no GPU to copy to from pinned memory.
        device_type: accepted.

    Source: torch.autograd.graph.save_on_cpu.
    """

    def __init__(self, pin_memory: bool = False, device_type: str = "cuda") -> None:
        super().__init__(lambda tensor: tensor, lambda tensor: tensor)


@contextlib.contextmanager
def disable_saved_tensors_hooks(error_message: str) -> Iterator[None]:
    """A context in which `saved_tensors_hooks` are refused.

    Args:
        error_message: what to say to them.

    Raises:
        RuntimeError: hooks are in force already.

    Source: torch.autograd.graph.disable_saved_tensors_hooks.
    """
    if _active.hooks:
        raise RuntimeError(error_message)
    before, _active.refusal = _active.refusal, error_message
    try:
        yield
    finally:
        _active.refusal = before


def increment_version(tensor: Any) -> None:
    """Counts a change in place that npnn has not seen, so that backward notices it in a value it needs.

    Args:
        tensor: a tensor or several, whose memory was changed.

    Source: torch.autograd.graph.increment_version.

    Examples:
        >>> import npnn
        >>> x = npnn.ones(2)
        >>> x.numpy()[0] = 5
        >>> increment_version(x)
        >>> x._version
        1
    """
    for each in tensor if isinstance(tensor, Iterable) and not hasattr(tensor, "array") else (tensor,):
        each._bump_version()
