"""Changing all of a module's tensors at once: their dtype, their memory, whether they are trained."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

from npnn import dtypes
from npnn.autograd.function import wrap
from npnn.autograd.grad_mode import no_grad
from npnn.devices import device as Device
from npnn.modules._traversal import Traversal
from npnn.tensors import Tensor

T = TypeVar("T", bound="Conversion")

_TO_OPTIONS = ("device", "dtype", "non_blocking", "tensor", "memory_format")


class Conversion(Traversal):
    """The part of Module that converts its parameters, their gradients and its buffers, in place."""

    def _apply(self: T, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> T:
        """Replaces the values of every parameter, gradient and buffer by `fn` of them.

        Parameters stay the same objects, so that an optimizer that holds them still does.
        """
        if recurse:
            for module in self.children():
                module._apply(fn)
        with no_grad():
            for param in self._parameters.values():
                if param is not None:
                    param.data = fn(param)
                    if param.grad is not None:
                        param.grad.data = fn(param.grad)
            for name, buffer in self._buffers.items():
                if buffer is not None:
                    self._buffers[name] = fn(buffer)
        return self

    def _cast_floating(self: T, dtype: np.dtype[Any] | None) -> T:
        return self._apply(lambda t: t.to(dtype) if t.is_floating_point() or t.is_complex() else t)

    def to(self: T, *args: Any, **kwargs: Any) -> T:
        """Casts the floating-point parameters and buffers to a dtype; those of integers stay as they are.

        Args:
            *args: a dtype, a tensor whose dtype to take, or the device "cpu", the only one; then perhaps the
                flag non_blocking.
            **kwargs: the same by name: dtype, tensor, device, non_blocking, and memory_format. The last two
                change nothing here.

        Returns:
            The module itself, changed in place.

        Raises:
            TypeError: the dtype is not floating point, or an argument is unknown.
            RuntimeError: another device.

        Source: torch.nn.Module.to.

        Examples:
            >>> import npnn
            >>> from npnn import nn
            >>> nn.Linear(2, 3).to("cpu", npnn.float64).weight.dtype
            dtype('float64')
        """
        dtype = _wanted_dtype(args, kwargs)
        if dtype is not None and dtype.kind not in "fc":
            raise TypeError(
                f"nn.Module.to only accepts floating point or complex dtypes, but got desired dtype={dtype}"
            )
        return self._cast_floating(dtype)

    def type(self: T, dst_type: Any) -> T:
        """Casts all parameters and buffers, those of integers too, to a dtype.

        Args:
            dst_type: the dtype, or torch's name for it, such as "torch.DoubleTensor".

        Returns:
            The module itself, changed in place.

        Source: torch.nn.Module.type.

        Examples:
            >>> import npnn
            >>> from npnn import nn
            >>> nn.Linear(2, 3).type(npnn.float64).bias.dtype
            dtype('float64')
        """
        return self._apply(lambda t: t.type(dst_type))

    def float(self: T) -> T:
        """Casts the floating-point parameters and buffers to float32.

        Returns:
            The module itself, changed in place.

        Source: torch.nn.Module.float.
        """
        return self._cast_floating(np.dtype(np.float32))

    def double(self: T) -> T:
        """Casts the floating-point parameters and buffers to float64.

        Returns:
            The module itself, changed in place.

        Source: torch.nn.Module.double.

        Examples:
            >>> from npnn import nn
            >>> nn.Linear(2, 3).double().weight.dtype
            dtype('float64')
        """
        return self._cast_floating(np.dtype(np.float64))

    def half(self: T) -> T:
        """Casts the floating-point parameters and buffers to float16, in which NumPy computes slowly.

        Returns:
            The module itself, changed in place.

        Source: torch.nn.Module.half.
        """
        return self._cast_floating(np.dtype(np.float16))

    def bfloat16(self: T) -> T:
        """Raises an error: NumPy has no bfloat16.

        Raises:
            NotImplementedError: always.

        Source: torch.nn.Module.bfloat16.
        """
        raise NotImplementedError("NumPy has no bfloat16: use half() for 16 bits, or float()")

    def cpu(self: T) -> T:
        """Does nothing: the CPU is where every array is.

        Returns:
            The module itself.

        Source: torch.nn.Module.cpu.
        """
        return self

    def cuda(self: T, device: Any = None) -> T:
        """Raises an error: NumPy runs on the CPU.

        Args:
            device: the device's number, which makes no difference.

        Raises:
            RuntimeError: always.

        Source: torch.nn.Module.cuda.
        """
        return self.to("cuda")

    def ipu(self: T, device: Any = None) -> T:
        """Raises an error: NumPy runs on the CPU.

        Args:
            device: the device's number, which makes no difference.

        Raises:
            RuntimeError: always.

        Source: torch.nn.Module.ipu.
        """
        return self.to("ipu")

    def xpu(self: T, device: Any = None) -> T:
        """Raises an error: NumPy runs on the CPU.

        Args:
            device: the device's number, which makes no difference.

        Raises:
            RuntimeError: always.

        Source: torch.nn.Module.xpu.
        """
        return self.to("xpu")

    def mtia(self: T, device: Any = None) -> T:
        """Raises an error: NumPy runs on the CPU.

        Args:
            device: the device's number, which makes no difference.

        Raises:
            RuntimeError: always.

        Source: torch.nn.Module.mtia.
        """
        return self.to("mtia")

    def to_empty(self: T, *, device: Any, recurse: bool = True) -> T:
        """Gives all parameters and buffers new memory of the same shape, with nothing written to it.

        Args:
            device: "cpu", or None.
            recurse: include the modules below.

        Returns:
            The module itself, changed in place.

        Raises:
            RuntimeError: another device.

        Source: torch.nn.Module.to_empty.
        """
        _check_device(device)
        return self._apply(lambda t: wrap(np.empty_like(t.array)), recurse)

    def share_memory(self: T) -> T:
        """Moves all parameters, gradients and buffers to memory that processes forked from this one share.

        What a child made by `os.fork`, or by multiprocessing's "fork" method, writes into them in place is
        then seen by its parent and siblings, as training by Hogwild wants. It reaches no further: tensors
        that are pickled, sent through a queue, or handed to a process that was started by "spawn" are copies,
        where torch's would be shared. Threads share memory anyway.

        Returns:
            The module itself, changed in place.

        Source: torch.nn.Module.share_memory.
        """
        return self._apply(_in_shared_memory)

    def requires_grad_(self: T, requires_grad: bool = True) -> T:
        """Says whether the parameters, those of the modules below included, are to be trained.

        Args:
            requires_grad: False freezes them: backward gives them no gradient.

        Returns:
            The module itself.

        Source: torch.nn.Module.requires_grad_.

        Examples:
            >>> from npnn import nn
            >>> nn.Linear(2, 3).requires_grad_(False).weight.requires_grad
            False
        """
        for param in self.parameters():
            param.requires_grad_(requires_grad)
        return self

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forgets the gradients of all parameters, those of the modules below included.

        Args:
            set_to_none: set them to None; False fills them with zeros.

        Source: torch.nn.Module.zero_grad.

        Examples:
            >>> import npnn
            >>> from npnn import nn
            >>> layer = nn.Linear(2, 3)
            >>> layer(npnn.ones(4, 2)).sum().backward()
            >>> layer.zero_grad(set_to_none=False)
            >>> layer.bias.grad
            tensor([0., 0., 0.])
        """
        for param in self.parameters():
            if param.grad is not None:
                param.grad = None if set_to_none else param.grad.detach().zero_()


def _wanted_dtype(args: tuple[Any, ...], kwargs: dict[str, Any]) -> np.dtype[Any] | None:
    """The dtype among the arguments of `to`, if there is one; a device other than the CPU is refused."""
    unknown = [name for name in kwargs if name not in _TO_OPTIONS]
    if unknown:
        raise TypeError(
            f"to() received an invalid combination of arguments - got {unknown}, "
            f"but expected some of {', '.join(_TO_OPTIONS)}"
        )
    dtype = None
    for value in (*args, *(value for name, value in kwargs.items() if name != "memory_format")):
        if isinstance(value, Tensor):
            dtype = value.dtype
        elif dtypes.is_dtype(value):
            dtype = np.dtype(value)
        elif not isinstance(value, bool):
            _check_device(value)
    return dtype


def _check_device(value: Any) -> None:
    if value is not None:
        Device(value)


def _in_shared_memory(tensor: Tensor) -> Tensor:
    import mmap  # seldom needed, and slow to load

    array = tensor.array
    # An anonymous map survives a fork as the same memory, where ordinary memory would be copied on the first
    # write.
    memory = mmap.mmap(-1, max(array.nbytes, 1))
    shared = np.frombuffer(memory, array.dtype, array.size).reshape(array.shape)
    shared[...] = array
    return wrap(shared)
