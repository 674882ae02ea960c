"""torch's older way to make and to name tensors, by a class for each dtype: `npnn.FloatTensor(2, 3)`.

Source: torch.Tensor, which is the class of the default dtype; torch.FloatTensor and its like.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from npnn import devices, dtypes
from npnn.autograd.function import wrap
from npnn.tensors.base import TensorBase, array_of
from npnn.tensors.conversion import TYPE_NAMES, as_array
from npnn.tensors.core import Tensor
from npnn.tensors.creation import zeros
from npnn.tensors.shapes import Size

# ---- making tensors


def construct(dtype: np.dtype[Any] | None, /, *args: Any, device: Any = None, **named: Any) -> Any:
    """What a class of tensors makes of its arguments: lengths of axes, numbers, or another tensor.

    Of lengths it makes zeros, where torch leaves what lay in the memory. Numbers are copied in the dtype, but
    an array that has it already shares its memory. Of a tensor it makes a view of the whole.

    Args:
        dtype: the dtype of the class; None for Tensor itself, which takes tensors of any dtype and makes the
            default one of all else.
        *args: lengths one by one, or one Size, one sequence of numbers, or one tensor.
        device: "cpu".
        **named: instead of these, one of size, data and other.

    Raises:
        TypeError: it was given something else, or a tensor of another dtype.
        RuntimeError: another device, a device beside a tensor, or a negative length.

    Examples:
        >>> construct(np.dtype(np.int64), [1.0, 2.5])
        tensor([1, 2])
        >>> construct(None, 2, 1)
        tensor([[0.],
                [0.]])
    """
    if device is not None:
        devices.device(device)
    wanted = dtypes.get_default_dtype() if dtype is None else dtype
    way, value = _way(args, named)
    if way == "size":
        return zeros(value, dtype=wanted)
    if way == "data":
        return wrap(as_array(_sequence(value), wanted))
    if device is not None:
        raise RuntimeError("a tensor cannot be made of another and a device: use npnn.as_tensor(...)")
    if dtype is not None and dtype != value.dtype:
        raise TypeError(
            f"expected a tensor of {dtype}, got one of {value.dtype}: convert it by its type(...)"
        )
    return value[...]


def _way(args: tuple[Any, ...], named: dict[str, Any]) -> tuple[str, Any]:
    """Which of torch's three ways to call a class this is, by the name of its argument, and that argument."""
    if not named:
        if not args:
            return "size", (0,)
        first = args[0]
        if len(args) == 1 and isinstance(first, TensorBase):
            return "other", first
        if len(args) == 1 and isinstance(first, Size):
            return "size", first
        if _is_length(first):
            return "size", args
        if len(args) == 1:
            return "data", first
    elif not args and len(named) == 1:
        [(way, value)] = named.items()
        if isinstance(value, _WAYS.get(way, ())):
            return way, value
    given = [type(value).__name__ for value in args]
    given += [f"{name}={type(value).__name__}" for name, value in named.items()]
    raise TypeError(
        f"new() received an invalid combination of arguments - got ({', '.join(given)}), but expected"
        " lengths, a sequence of numbers, or a tensor: npnn.tensor(...) takes a dtype and requires_grad"
    )


_WAYS: dict[str, Any] = {"size": (tuple, list), "data": object, "other": TensorBase}
"""What may be given by name."""


def _is_length(value: Any) -> bool:
    value = array_of(value)
    if isinstance(value, np.ndarray):
        return value.ndim == 0 and value.dtype.kind in "iu"
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool)


def _sequence(data: Any) -> Any:
    if isinstance(data, (str, bytes)):
        raise TypeError(f"new(): invalid data type '{type(data).__name__}'")
    is_array = hasattr(data, "__array__") and not isinstance(data, (np.generic, TensorBase))
    if not (is_array or isinstance(data, Sequence)):
        raise TypeError(f"new(): data must be a sequence (got {type(data).__name__})")
    return data


def new(input: Any, *args: Any, **kwargs: Any) -> Any:
    """A tensor of the same dtype: zeros of given lengths, or of a sequence of numbers.

    Args:
        input: the tensor whose dtype to take.
        *args: lengths one by one, or one Size, one sequence of numbers, or one tensor of the same dtype.
        **kwargs: as `npnn.Tensor` takes them.

    Source: torch.Tensor.new.

    Examples:
        >>> import npnn
        >>> npnn.arange(2).new([1.5, 2.5])
        tensor([1, 2])
    """
    return construct(input.dtype, *args, **kwargs)


# ---- the classes


class tensortype(type):  # noqa: N801 - torch's name
    """The class of classes such as FloatTensor, which have no objects: what they make is of class Tensor.

    An object is said to be an instance if it is a tensor of the dtype.

    Attributes:
        dtype: the dtype.
        is_cuda: whether it is a class of tensors on a GPU, of which there are none.

    Examples:
        >>> import npnn
        >>> npnn.LongTensor([1, 2])
        tensor([1, 2])
        >>> isinstance(npnn.ones(2), npnn.FloatTensor), isinstance(npnn.ones(2), npnn.LongTensor)
        (True, False)
    """

    dtype: np.dtype[Any]
    is_cuda: bool

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        """A tensor, as `construct` makes it."""
        if cls.is_cuda:
            devices.device("cuda")
        return construct(cls.dtype, *args, **kwargs)

    def __instancecheck__(cls, instance: Any) -> bool:
        return isinstance(instance, Tensor) and instance.dtype == cls.dtype and not cls.is_cuda

    def __repr__(cls) -> str:
        return f"<class '{name_of(cls)}'>"


def _class_of(dtype: str, is_cuda: bool = False) -> tensortype:
    place = "npnn.cuda" if is_cuda else "npnn"
    doc = f"Makes tensors of {dtype}, of lengths or of numbers; tensors of that dtype are its instances."
    members = {"dtype": np.dtype(dtype), "is_cuda": is_cuda, "__module__": place, "__doc__": doc}
    return tensortype(TYPE_NAMES[dtype], (), members)


FloatTensor, DoubleTensor, HalfTensor = _class_of("float32"), _class_of("float64"), _class_of("float16")
LongTensor, IntTensor, ShortTensor = _class_of("int64"), _class_of("int32"), _class_of("int16")
CharTensor, ByteTensor, BoolTensor = _class_of("int8"), _class_of("uint8"), _class_of("bool")

CUDA_CLASSES = {
    kind.__name__: _class_of(kind.dtype.name, is_cuda=True)
    for kind in (
        *(FloatTensor, DoubleTensor, HalfTensor, LongTensor, IntTensor, ShortTensor),
        *(CharTensor, ByteTensor, BoolTensor),
    )
}
"""Those of npnn.cuda, by name."""


# ---- what is meant by a class, or by its name


def dtype_of(kind: Any) -> np.dtype[Any]:
    """The dtype that a class of tensors stands for, or torch's name for one; a dtype itself.

    Args:
        kind: the class, its name, or the dtype.

    Raises:
        ValueError: it is another class, or a name of none.
        TypeError: it is none of these.
        RuntimeError: the class is one of tensors on a GPU.

    Examples:
        >>> import npnn
        >>> dtype_of(npnn.LongTensor), dtype_of("torch.HalfTensor"), dtype_of(npnn.Tensor)
        (dtype('int64'), dtype('float16'), dtype('float32'))
    """
    if isinstance(kind, np.dtype) or (isinstance(kind, type) and issubclass(kind, np.generic)):
        return np.dtype(kind)
    if not isinstance(kind, (str, type)):
        raise TypeError(f"dtype must be a type, str, or dtype object, got {kind!r}")
    name = kind if isinstance(kind, str) else name_of(kind)
    if name.startswith("torch.cuda."):
        devices.device("cuda")
    if name == "torch.Tensor":
        return dtypes.get_default_dtype()
    for dtype, class_name in TYPE_NAMES.items():
        if name == f"torch.{class_name}":
            return np.dtype(dtype)
    raise ValueError(f"invalid type: {name!r}; expected one such as 'torch.FloatTensor'")


def name_of(kind: type) -> str:
    """torch's name for a class of tensors, and Python's for any other."""
    if kind is Tensor:
        return "torch.Tensor"
    if isinstance(kind, tensortype):
        return f"{kind.__module__}.{kind.__name__}".replace("npnn", "torch")
    return kind.__qualname__


def set_default_tensor_type(t: Any) -> None:
    """Sets the default dtype to that of a class of tensors.

    Args:
        t: the class, or torch's name for it.

    Raises:
        TypeError: the dtype is not floating point, or `t` is a dtype, which `set_default_dtype` takes.

    Source: torch.set_default_tensor_type.

    Examples:
        >>> import npnn
        >>> npnn.set_default_tensor_type(npnn.DoubleTensor)
        >>> npnn.zeros(1).dtype
        dtype('float64')
        >>> npnn.set_default_tensor_type("torch.FloatTensor")
    """
    if isinstance(t, np.dtype):
        raise TypeError(f"expected a class of tensors such as FloatTensor, got the dtype {t}")
    dtypes.set_default_dtype(dtype_of(t))
